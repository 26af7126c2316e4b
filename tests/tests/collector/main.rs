//! What a collector of telemetry gets: metrics and spans of every exchange, and no personal datum; a collector abroad gets nothing.
//!
//! It is a test binary of its own, because [`qaqpa_gateway::telemetry::install`] sets up the whole process.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use prost::Message as _;
use qaqpa_tests::people::{self, GET_STUDENT_STATUS, STATE_EXCHANGE, SUBMIT_GROUP};
use qaqpa_tests::{World, code};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// Remembers all it gets, as text of the decoded messages.
#[derive(Clone, Default)]
struct Collector {
    metrics: Arc<Mutex<String>>,
    spans: Arc<Mutex<String>>,
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.metrics.lock().unwrap().push_str(&format!("{:?}", request.into_inner()));
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.spans.lock().unwrap().push_str(&format!("{:?}", request.into_inner()));
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    /// Listens on loopback, without TLS.
    async fn start() -> (Self, SocketAddr) {
        let collector = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tonic::transport::Server::builder()
            .add_service(MetricsServiceServer::new(collector.clone()))
            .add_service(TraceServiceServer::new(collector.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        (collector, address)
    }
}

fn otlp(url: &str, kind: &str, addresses: &str) -> String {
    format!(
        "[telemetry]\notlp = \"collector\"\n[endpoints.collector]\nplane = \"telemetry\"\nurl = \"{url}\"\nkind = \"{kind}\"\naddresses = [{addresses}]\nca = \"pki/ca.pem\""
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_gets_metrics_and_spans_and_no_personal_datum() {
    let (collector, address) = Collector::start().await;
    let url = format!("http://localhost:{}", address.port());
    let world = World::with(&otlp(&url, "development-loopback", "\"127.0.0.1\"")).await;
    let traces =
        qaqpa_gateway::telemetry::install(&world.config.telemetry, world.running.gateway.door()).unwrap().unwrap();
    let school = world.caller("clients/school");
    let today = world.site.time.clock().today();
    let group = people::submit("TOKEN-REQUEST-ID", vec![people::student(1, today)]);
    let ask = people::status_of("", STATE_EXCHANGE, &people::iin(1));
    let refused = people::status_of("", "support", &people::iin(1));
    let told = school.wire(SUBMIT_GROUP, group.encode_to_vec().into()).await;
    assert_eq!(code(&told), "answered");
    assert_eq!(code(&school.wire(GET_STUDENT_STATUS, ask.encode_to_vec().into()).await), "answered");
    assert_eq!(code(&school.wire(GET_STUDENT_STATUS, refused.encode_to_vec().into()).await), "purpose.not_allowed");
    tokio::task::spawn_blocking(move || traces.shutdown().unwrap()).await.unwrap();
    world.running.stop().await; // sends what metrics there are
    let (metrics, spans) = (collector.metrics.lock().unwrap().clone(), collector.spans.lock().unwrap().clone());
    for wanted in ["qaqpa.exchanges", "qaqpa.exchange.duration", "purpose.not_allowed", "service.name", SUBMIT_GROUP] {
        assert!(metrics.contains(wanted), "{wanted} in metrics");
    }
    for wanted in ["exchange_id", "service.name", GET_STUDENT_STATUS, "state-exchange", "purpose.not_allowed"] {
        assert!(spans.contains(wanted), "{wanted} in spans");
    }
    for (place, text) in [("metrics", metrics), ("spans", spans)] {
        for token in [people::iin(1).as_str(), "991231", "ТЕСТОВ", "TOKEN-REQUEST-ID", "127.0.0.1:"] {
            assert!(!text.contains(token), "{token} in {place}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_abroad_gets_no_connection_and_exchanges_go_on() {
    let listener = TcpListener::bind("127.0.0.3:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let host = "collector.example";
    let world = World::start().await;
    for addresses in [["8.8.8.8"], ["127.0.0.3"]] {
        world.site.names.resolve_to(host, &[&addresses]);
        let world = world.beside(&otlp(&format!("https://{host}:{port}"), "internet", "")).await;
        let school = world.caller("clients/school");
        let call = school.wire(people::GET_SCHOOL, people::school("", STATE_EXCHANGE).into()).await;
        assert_eq!(code(&call), "answered");
        let stopped = tokio::time::timeout(Duration::from_secs(20), world.running.stop_listening()).await;
        assert!(stopped.is_ok(), "a collector that cannot be reached does not hold up the end");
        assert!(world.site.names.asked(host) > 0, "the exporter asked, and was refused");
    }
    assert!(listener.accept().is_err(), "nobody has connected");
}
