//! The gateway under the benchmark (`tests/bench/run`): the one that `qaqpa serve` runs, with a choice of signing or not.
//!
//! Not signing is not in the configuration and never will be: it is put in here, by [`Setup::unsigned_for_the_benchmark`],
//! which `tests/house` lets nobody else call. Everything else comes from `gateway.toml` in the directory.
//!
//! ```text
//! bench_gateway lay-out DIR LISTEN SHEP         certificates, keys, policy and gateway.toml, as `qaqpa certs dev` does
//! bench_gateway serve DIR signed|unsigned      until it is killed
//! ```

use std::error::Error;
use std::path::Path;

use qaqpa::development::{Layout, lay_out};
use qaqpa_gateway::clock::Clock;
use qaqpa_gateway::start::config::{Config, Problem};
use qaqpa_gateway::start::setup::Setup;
use qaqpa_gateway::start::start;
use qaqpa_gateway::start::{Environment, memory};
use qaqpa_gateway::telemetry;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[expect(clippy::disallowed_methods, reason = "the one clock of this process")]
fn main() -> Outcome<()> {
    let environment = Environment { clock: Clock::new(std::time::SystemTime::now), resolver: None };
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["lay-out", directory, listen, shep] => {
            let layout = Layout { directory: directory.into(), listen: listen.parse()?, shep: shep.parse()? };
            lay_out(&layout, &environment.clock)?;
            Ok(())
        }
        ["serve", directory, signing @ ("signed" | "unsigned")] => {
            // As `qaqpa` starts it: as many workers as it has cores, TOKIO_WORKER_THREADS or `taskset` to change that.
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(serve(Path::new(directory), *signing == "unsigned", &environment))
        }
        _ => Err("usage: bench_gateway lay-out DIR LISTEN SHEP | serve DIR signed|unsigned".into()),
    }
}

async fn serve(directory: &Path, is_unsigned: bool, environment: &Environment) -> Outcome<()> {
    memory::small_pages();
    let (config, source) = Config::read(&directory.join("gateway.toml")).map_err(lines)?;
    let setup = Setup::check(&config, &source, environment).map_err(lines)?;
    let _traces = telemetry::install(&config.telemetry, setup.door())?;
    let setup = if is_unsigned { setup.unsigned_for_the_benchmark() } else { setup };
    let _running = start(&config, &source, setup, environment).await?;
    std::future::pending().await
}

fn lines(problems: Vec<Problem>) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
