//! Telemetry: logs and traces by `tracing`, metrics by OpenTelemetry, both over OTLP where an endpoint is declared,
//! metrics also as Prometheus text at `/metrics`.
//!
//! Ids and decisions only. Spans carry the exchange id and the gRPC path, metrics the path and the reason: fields are
//! written by name in this crate, nothing is captured, so a personal datum has no way in. The OTLP exporter's
//! connections come through [`Door`], and `OTEL_*` variables neither add nor change an endpoint, a header or an attribute:
//! they are set here, and what the library has read from the environment is taken off again.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::metrics::{Counter, Gauge, Histogram, MeterProvider as _, UpDownCounter};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{WithExportConfig as _, WithTonicConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use prometheus::{Registry, TextEncoder};
use qaqpa_proto::reason::Reason;
use serde::Deserialize;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::dial::Door;
use crate::refusal::NotDone;

const SERVICE: &str = "qaqpa";
/// Interval of metric exports to the OTLP collector: 15 s.
const EXPORT_INTERVAL: Duration = Duration::from_secs(15);

/// `[telemetry]`: level and form of logs, and the OTLP collector.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct Output {
    /// Log level: `error`, `warn`, `info` (default), `debug` or `trace`.
    pub level: String,
    /// Form of the log: `text` or `json`.
    pub format: String,
    /// Id of the endpoint (plane telemetry) that takes OTLP traces and metrics; none: no export.
    pub otlp: Option<String>,
}

impl Default for Output {
    fn default() -> Self {
        Self { level: "info".into(), format: "json".into(), otlp: None }
    }
}

/// One exchange in the corridor, as the gauge counts it.
pub struct InFlightGauge(UpDownCounter<i64>);

impl Drop for InFlightGauge {
    fn drop(&mut self) {
        self.0.add(-1, &[]);
    }
}

/// The instruments of one gateway.
pub struct Telemetry {
    registry: Registry,
    meters: SdkMeterProvider,
    exchanges: Counter<u64>,
    seconds: Histogram<f64>,
    alerts: Counter<u64>,
    in_flight: UpDownCounter<i64>,
    decisions: Counter<u64>,
    inbound: Counter<u64>,
    table_ages: Gauge<i64>,
    table_days_left: Gauge<i64>,
    certificate_days_left: Gauge<i64>,
    tables_refused: Counter<u64>,
    exceptions: Gauge<i64>,
    revocations: Counter<u64>,
    circuits: Gauge<i64>,
    under_way: Gauge<i64>,
}

/// Why telemetry is not set up. The operator is at fault; who starts a second log in one process is as well.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryProblem {
    /// The door has no such endpoint, or refuses it.
    #[error("{}", .0.reason.code())]
    Endpoint(NotDone),
    /// Metrics for Prometheus.
    #[error(transparent)]
    Metrics(#[from] opentelemetry_sdk::error::OTelSdkError),
    /// Metrics or traces for a collector.
    #[error(transparent)]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// The process has a log already.
    #[error(transparent)]
    Log(#[from] tracing_subscriber::util::TryInitError),
}

impl Telemetry {
    /// Instruments that Prometheus can read and, with a channel, a collector gets.
    ///
    /// # Errors
    /// [`TelemetryProblem`], when an exporter cannot be built.
    #[expect(clippy::disallowed_methods, reason = "the exporter is given a channel of the door")]
    pub fn new(collector: Option<tonic::transport::Channel>) -> Result<Self, TelemetryProblem> {
        let registry = Registry::new();
        let prometheus = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build()?;
        let mut meters = SdkMeterProvider::builder().with_resource(resource()).with_reader(prometheus);
        if let Some(channel) = collector {
            let exporter = opentelemetry_otlp::MetricExporter::builder()
                .with_tonic()
                .with_channel(channel)
                .with_interceptor(bare)
                .with_timeout(Duration::from_secs(10))
                .build()?;
            meters = meters.with_reader(PeriodicReader::builder(exporter).with_interval(EXPORT_INTERVAL).build());
        }
        let meters = meters.build();
        let meter = meters.meter_with_scope(InstrumentationScope::builder(SERVICE).build());
        Ok(Self {
            exchanges: meter
                .u64_counter("qaqpa.exchanges")
                .with_description("Exchanges by method and result (`ok` or the reason's code)")
                .build(),
            seconds: meter
                .f64_histogram("qaqpa.exchange.duration")
                .with_unit("s")
                .with_boundaries(vec![
                    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0,
                ])
                .with_description("From the complete request to the recorded outcome")
                .build(),
            alerts: meter
                .u64_counter("qaqpa.tls.alerts")
                .with_description("Handshakes that ended in an alert, by reason")
                .build(),
            in_flight: meter
                .i64_up_down_counter("qaqpa.exchanges.in_flight")
                .with_description("Exchanges in the corridor")
                .build(),
            decisions: meter
                .u64_counter("qaqpa.residency.decisions")
                .with_description("Fresh judgements of endpoints, by endpoint, plane and code")
                .build(),
            inbound: meter
                .u64_counter("qaqpa.inbound.refused")
                .with_description("Peers that were turned away by their address or by a bound on connections, by code")
                .build(),
            table_ages: meter
                .i64_gauge("qaqpa.residency.table.age")
                .with_unit("d")
                .with_description("Days since the date of a table of evidence")
                .build(),
            certificate_days_left: meter
                .i64_gauge("qaqpa.certificate.days_left")
                .with_description("Days until a certificate or a revocation list ends, by its key in gateway.toml")
                .build(),
            table_days_left: meter
                .i64_gauge("qaqpa.residency.table.days_left")
                .with_description("Days that a table of evidence is still believed; less than zero when it is too old")
                .build(),
            tables_refused: meter
                .u64_counter("qaqpa.residency.tables.refused")
                .with_description("Reloads that left the old tables in force")
                .build(),
            exceptions: meter
                .i64_gauge("qaqpa.residency.exception.left")
                .with_unit("d")
                .with_description("Days that an exception still lives, its last day included; 0 when it is over")
                .build(),
            revocations: meter
                .u64_counter("qaqpa.revocation.fetches")
                .with_description("Times the revocation list was asked for, by what came of it")
                .build(),
            circuits: meter
                .i64_gauge("qaqpa.system.circuit")
                .with_description("Circuit breaker of a state system: 0 closed, 1 half open, 2 open")
                .build(),
            under_way: meter
                .i64_gauge("qaqpa.system.under_way")
                .with_description("Exchanges with a state system that are under way")
                .build(),
            registry,
            meters,
        })
    }

    /// Counts one exchange, and how long it took.
    pub fn exchange(&self, method: &str, denied: Option<Reason>, took: Duration) {
        let labels = [
            KeyValue::new("method", method.to_owned()),
            KeyValue::new("result", denied.map_or("ok", |reason| reason.code())),
        ];
        self.exchanges.add(1, &labels);
        self.seconds.record(took.as_secs_f64(), &labels);
    }

    /// Counts a handshake that ended in an alert.
    pub fn alert(&self, word: &'static str) {
        self.alerts.add(1, &[KeyValue::new("reason", word)]);
    }

    /// An exchange is in the corridor until this is dropped, also by a panic.
    #[must_use]
    pub fn in_flight(&self) -> InFlightGauge {
        self.in_flight.add(1, &[]);
        InFlightGauge(self.in_flight.clone())
    }

    /// Counts a fresh judgement of an endpoint.
    pub fn decided(&self, endpoint: &str, plane: &'static str, code: &'static str) {
        let labels = [
            KeyValue::new("endpoint", endpoint.to_owned()),
            KeyValue::new("plane", plane),
            KeyValue::new("code", code),
        ];
        self.decisions.add(1, &labels);
    }

    /// Counts a peer that was turned away.
    pub fn turned_away(&self, code: &'static str) {
        self.inbound.add(1, &[KeyValue::new("code", code)]);
    }

    /// Sets the age of a residency table and how long it is still believed, in days.
    pub fn table(&self, table: &str, age: i64, left: i64) {
        let label = [KeyValue::new("table", table.to_owned())];
        self.table_ages.record(age, &label);
        self.table_days_left.record(left, &label);
    }

    /// A certificate or a revocation list, by its key in `gateway.toml`, and the days it has left; negative when it has ended.
    pub fn certificate(&self, of: &str, left: i64) {
        self.certificate_days_left.record(left, &[KeyValue::new("of", of.to_owned())]);
    }

    /// Counts a reload that left the old tables in force.
    pub fn tables_refused(&self) {
        self.tables_refused.add(1, &[]);
    }

    /// Sets the days that a residency exception still has, its last day included.
    pub fn exception(&self, endpoint: &str, until: &str, days: i64) {
        let labels = [KeyValue::new("endpoint", endpoint.to_owned()), KeyValue::new("until", until.to_owned())];
        self.exceptions.record(days, &labels);
    }

    /// Counts what came of asking for the revocation list.
    pub fn revocation(&self, code: &'static str) {
        self.revocations.add(1, &[KeyValue::new("code", code)]);
    }

    /// Sets how a state system is: the state of its circuit breaker, and how many exchanges are under way.
    pub fn system(&self, system: &str, circuit: i64, under_way: usize) {
        let labels = [KeyValue::new("system", system.to_owned())];
        self.circuits.record(circuit, &labels);
        self.under_way.record(i64::try_from(under_way).unwrap_or(i64::MAX), &labels);
    }

    /// All metrics in Prometheus' text format.
    #[must_use]
    pub fn prometheus(&self) -> String {
        TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap_or_default()
    }

    /// Flushes what is left to the OTLP collector.
    pub fn flush(&self) {
        if let Err(error) = self.meters.force_flush() {
            tracing::debug!(%error, "metrics were not flushed");
        }
    }
}

fn resource() -> Resource {
    Resource::builder_empty()
        .with_attributes([
            KeyValue::new("service.name", SERVICE),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        ])
        .build()
}

/// Sets up the process's log, and traces to the collector behind `telemetry.otlp`. Call once, from a command.
/// The provider returned must be kept and flushed before the process ends.
///
/// # Errors
/// [`TelemetryProblem`]: the endpoint is refused, an exporter cannot be built, or the process has a log already.
pub fn install(output: &Output, door: &Arc<Door>) -> Result<Option<SdkTracerProvider>, TelemetryProblem> {
    let filter =
        EnvFilter::new(format!("{},h2=warn,hyper=warn,rustls=warn,tower=warn,opentelemetry=warn", output.level));
    let writer = std::io::stderr;
    let log = match output.format.as_str() {
        "json" => tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .with_writer(writer)
            .boxed(),
        _ => tracing_subscriber::fmt::layer()
            .compact()
            .with_ansi(std::io::IsTerminal::is_terminal(&writer()))
            .with_writer(writer)
            .boxed(),
    };
    let traces = output.otlp.as_deref().map(|endpoint| tracer(door, endpoint)).transpose()?;
    let spans = traces.as_ref().map(|provider| {
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer(SERVICE))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_filter(tracing_subscriber::filter::filter_fn(|metadata| metadata.target().starts_with("qaqpa")))
    });
    tracing_subscriber::registry().with(log.with_filter(filter)).with(spans).try_init()?;
    Ok(traces)
}

/// Takes off the headers of `OTEL_EXPORTER_OTLP_HEADERS`, which the library adds before it asks here.
#[expect(clippy::unnecessary_wraps, reason = "an interceptor may refuse")]
fn bare(_: tonic::Request<()>) -> Result<tonic::Request<()>, tonic::Status> {
    Ok(tonic::Request::new(()))
}

#[expect(clippy::disallowed_methods, reason = "the exporter is given a channel of the door")]
fn tracer(door: &Arc<Door>, endpoint: &str) -> Result<SdkTracerProvider, TelemetryProblem> {
    let channel = door.channel(endpoint).map_err(TelemetryProblem::Endpoint)?;
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_tonic()
        .with_channel(channel)
        .with_interceptor(bare)
        .with_timeout(Duration::from_secs(10))
        .build()?;
    let sampler = Sampler::ParentBased(Box::new(Sampler::AlwaysOn)); // whatever OTEL_TRACES_SAMPLER says
    Ok(SdkTracerProvider::builder()
        .with_resource(resource())
        .with_sampler(sampler)
        .with_batch_exporter(exporter)
        .build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_the_environment_do_not_travel() {
        let mut request = tonic::Request::new(());
        request.metadata_mut().insert("authorization", "as the environment wants".parse().unwrap());
        assert!(bare(request).unwrap().metadata().is_empty());
    }

    #[test]
    fn a_resource_is_what_is_written_here() {
        let resource = resource();
        let mut names: Vec<_> = resource.iter().map(|(key, _)| key.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["service.name", "service.version"], "nothing of OTEL_RESOURCE_ATTRIBUTES");
    }
}
