//! The mock government under the benchmark: as `qaqpa mock up`, with replies of a wanted size and unsigned requests on demand.
//!
//! ```text
//! bench_mock DIR ADDRESS GENEROUS signed|unsigned      GENEROUS characters of a school's address, until it is killed
//! ```

use std::error::Error;
use std::path::Path;

use qaqpa::development::government;
use qaqpa_gateway::clock::Clock;
use qaqpa_mock::{Government, Options};

#[expect(clippy::disallowed_methods, reason = "the one clock of this process")]
fn main() -> Result<(), Box<dyn Error>> {
    let clock = Clock::new(std::time::SystemTime::now);
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [directory, address, generous, signing] = arguments.as_slice() else {
        return Err("usage: bench_mock DIR ADDRESS GENEROUS signed|unsigned".into());
    };
    let options = Options {
        accept_unsigned: signing == "unsigned",
        generous: generous.parse()?,
        keep: 1,
        ..government(Path::new(directory), address.parse()?, &clock)?
    };
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?.block_on(async {
        let _government = Government::start(options).await?;
        std::future::pending().await
    })
}
