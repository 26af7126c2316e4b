//! `qaqpa serve`: the gateway as a process. SIGHUP reloads certificates, the revocation list, the packs and the tables of
//! residency; SIGTERM and Ctrl-C stop it after the calls under way.

use std::path::Path;
use std::process::ExitCode;

use opentelemetry_sdk::trace::SdkTracerProvider;
use qaqpa_gateway::start::config::{Config, Problem};
use qaqpa_gateway::start::process;
use qaqpa_gateway::start::running::start;
use qaqpa_gateway::start::setup::Setup;
use qaqpa_gateway::start::{Environment, memory};
use qaqpa_gateway::telemetry;

use super::{CONFIGURATION, ConfigFile, failed, tell};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) async fn run(arguments: Arguments, environment: Environment) -> ExitCode {
    match serve(&arguments.config.path, &environment).await {
        Ok(code) => code,
        Err(problems) => {
            problems.iter().for_each(|problem| tell(&problem.to_string()));
            ExitCode::from(CONFIGURATION)
        }
    }
}

async fn serve(path: &Path, environment: &Environment) -> Result<ExitCode, Vec<Problem>> {
    memory::small_pages();
    process::raise_open_files();
    let (config, source) = Config::read(path)?;
    let general = |message: String| vec![Problem { file: path.to_owned(), line: None, message }];
    process::keep_memory_private()
        .map_err(|why| general(format!("the process's memory cannot be kept private: {why}")))?;
    let setup = Setup::check(&config, &source, environment)?;
    let traces = telemetry::install(&config.telemetry, setup.door()).map_err(|why| general(why.to_string()))?;
    let warnings = setup.warnings().to_vec();
    let running = start(&config, &source, setup, environment).await.map_err(|why| general(why.to_string()))?;
    for warning in &warnings {
        tracing::warn!(%warning, "configuration");
    }
    tell(&format!("qaqpa {} serves on {}", env!("CARGO_PKG_VERSION"), running.address));
    if !running.gateway.persons().ledger.calendar().covers(environment.clock.today().year()) {
        tell("[calendar] lists no day off of this year: terms in working days end earlier than they must");
    }
    let clean = running.until_stopped().await;
    flush(traces);
    Ok(if clean { ExitCode::SUCCESS } else { failed("the journal failed; recovery runs at the next start", 74) })
}

fn flush(traces: Option<SdkTracerProvider>) {
    if let Some(Err(error)) = traces.map(|provider| provider.shutdown()) {
        tracing::debug!(%error, "traces were not flushed");
    }
}
