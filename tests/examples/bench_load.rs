//! The callers of the benchmark (`tests/bench/run`), and the reader of what the measured process has used.
//!
//! CPU time is utime + stime of `/proc/PID/stat` over a window in which exchanges are counted: it is hardly disturbed by
//! what else the machine does, unlike the throughput. Results are one JSON object on standard output.
//!
//! ```text
//! bench_load unary  PKI ADDRESS SHAPE CONNECTIONS STREAMS SECONDS PID   closed loop; SHAPE: school, group, status
//! bench_load stream PKI ADDRESS RECORDS PID                             SyncStudents, one stream
//! bench_load rsa    KEY SECONDS                                         one RSA-2048 signature made and verified, bare
//! ```

#[path = "bench/caller.rs"]
mod caller;
#[path = "bench/messages.rs"]
mod messages;
#[path = "bench/process.rs"]
mod process;
#[path = "bench/rsa.rs"]
mod rsa;
#[path = "bench/stream.rs"]
mod stream;
#[path = "bench/unary.rs"]
mod unary;

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["unary", pki, address, shape, connections, streams, seconds, pid] => {
            let load = unary::Load {
                shape: messages::Shape::named(shape).ok_or("SHAPE is school, group or status")?,
                connections: connections.parse()?,
                streams: streams.parse()?,
                window: Duration::from_secs_f64(seconds.parse()?),
                pid: pid.parse()?,
            };
            wait(unary::run(caller::Caller::new(Path::new(pki), address.parse()?)?, load))?
        }
        ["stream", pki, address, records, pid] => {
            let caller = caller::Caller::new(Path::new(pki), address.parse()?)?;
            wait(stream::run(caller, records.parse()?, pid.parse()?))?
        }
        ["rsa", key, seconds] => rsa::run(Path::new(key), Duration::from_secs_f64(seconds.parse()?))?,
        _ => return Err("usage: see the head of tests/examples/bench_load.rs".into()),
    };
    writeln!(std::io::stdout(), "{result}")?;
    Ok(())
}

fn wait(run: impl Future<Output = Outcome<Value>>) -> Outcome<Value> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run)
}
