//! SyncStudents: one stream of many records, with a look at the gateway's memory as it runs.

use std::time::Instant;

use prost::Message as _;
use qaqpa::client::{Access, Client};
use qaqpa_gateway::clock::Clock;
use qaqpa_gateway::start::Environment;
use qaqpa_proto::avtoshkola::v1::SyncStudentsResponse;
use serde_json::{Value, json};
use tokio_stream::iter;

use crate::Outcome;
use crate::caller::Caller;
use crate::messages::record;
use crate::process::Process;

/// Samples over the run.
const SAMPLES: usize = 10;

pub(crate) async fn run(caller: Caller, records: usize, pid: u32) -> Outcome<Value> {
    let process = Process::with_children(pid)?;
    let client = client(&caller)?;
    let (began, before) = (Instant::now(), process.cpu()?);
    let mut replies =
        client.sync_students(iter((0..records).map(record))).await.map_err(|status| status.to_string())?;
    let (mut answered, mut refused, mut samples) = (0, 0, Vec::new());
    let every = (records / SAMPLES).max(1);
    let mut last = began;
    while let Some(reply) = replies.message().await.map_err(|status| status.to_string())? {
        answered += 1;
        refused += usize::from(is_refused(&reply));
        if answered % every == 0 {
            let now = Instant::now();
            samples.push(json!({
                "records": answered,
                "per_second": every as f64 / (now - last).as_secs_f64(),
                "rss_mib": process.resident_kib()? as f64 / 1024.0,
            }));
            last = now;
        }
    }
    let cpu = process.cpu()? - before;
    Ok(json!({
        "records": records,
        "answered": answered,
        "refused": refused,
        "seconds": began.elapsed().as_secs_f64(),
        "per_second": answered as f64 / began.elapsed().as_secs_f64(),
        "cpu_us": cpu.as_secs_f64() * 1e6 / answered as f64,
        "request_bytes": record(0).encoded_len(),
        "samples": samples,
    }))
}

fn is_refused(reply: &SyncStudentsResponse) -> bool {
    reply.receipt.as_ref().is_none_or(|receipt| receipt.error.is_some())
}

#[expect(clippy::disallowed_methods, reason = "the one clock of this process")]
fn client(caller: &Caller) -> Outcome<Client> {
    let environment = Environment { clock: Clock::new(std::time::SystemTime::now), resolver: None };
    let file = |name: &str| caller.pki.join(name);
    let access = Access {
        url: &format!("https://localhost:{}", caller.address.port()),
        ca: &file("ca.pem"),
        certificate: Some((&file("clients/school.pem"), &file("clients/school.key"))),
        dial: &qaqpa::DialArgs::default(),
    };
    Ok(Client::new(&access, &environment)?)
}
