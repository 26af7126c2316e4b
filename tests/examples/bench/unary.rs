//! A closed loop: every stream sends its next request when it has the answer to the last.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Outcome;
use crate::caller::{Caller, Connection};
use crate::messages::Shape;
use crate::process::Process;

/// Before the window opens: connections are made, pools filled, pages touched.
const WARM_UP: Duration = Duration::from_millis(700);

/// How much, and whom to look at.
pub(crate) struct Load {
    pub(crate) shape: Shape,
    pub(crate) connections: usize,
    /// Calls under way on each connection.
    pub(crate) streams: usize,
    pub(crate) window: Duration,
    pub(crate) pid: u32,
}

/// From when to when answers count.
#[derive(Clone, Copy)]
struct Window {
    opens: Instant,
    closes: Instant,
}

/// What one stream has seen in the window.
#[derive(Default)]
struct Tally {
    micros: Vec<u32>,
    reply_bytes: usize,
    failures: usize,
}

pub(crate) async fn run(caller: Caller, load: Load) -> Outcome<Value> {
    let process = Process::with_children(load.pid)?;
    let number = Arc::new(AtomicUsize::new(0));
    let opens = Instant::now() + WARM_UP;
    let window = Window { opens, closes: opens + load.window };
    let mut streams = Vec::new();
    for _ in 0..load.connections {
        let connection = caller.connect().await?;
        streams.extend(
            (0..load.streams).map(|_| tokio::spawn(stream(connection.clone(), load.shape, number.clone(), window))),
        );
    }
    tokio::time::sleep_until(window.opens.into()).await;
    let (began, before) = (Instant::now(), process.cpu()?);
    tokio::time::sleep_until(window.closes.into()).await;
    let (cpu, lasted) = (process.cpu()? - before, began.elapsed());
    let mut total = Tally::default();
    for stream in streams {
        let tally = stream.await?;
        total.micros.extend(tally.micros);
        total.reply_bytes = total.reply_bytes.max(tally.reply_bytes);
        total.failures += tally.failures;
    }
    report(&load, total, cpu, lasted, &process)
}

async fn stream(mut connection: Connection, shape: Shape, number: Arc<AtomicUsize>, window: Window) -> Tally {
    let mut tally = Tally::default();
    while Instant::now() < window.closes {
        let request = shape.request(number.fetch_add(1, Ordering::Relaxed));
        let sent = Instant::now();
        let answered = connection.call(shape.path(), &request).await;
        let now = Instant::now();
        if now < window.opens || now >= window.closes {
            continue;
        }
        match answered {
            Ok(bytes) => {
                tally.micros.push(u32::try_from((now - sent).as_micros()).unwrap_or(u32::MAX));
                tally.reply_bytes = bytes;
            }
            Err(_) => tally.failures += 1,
        }
    }
    tally
}

fn report(load: &Load, mut total: Tally, cpu: Duration, lasted: Duration, process: &Process) -> Outcome<Value> {
    total.micros.sort_unstable();
    let exchanges = total.micros.len();
    if exchanges == 0 {
        return Err(format!("no exchange went through, {} failed", total.failures).into());
    }
    let quantile = |share: f64| total.micros.get((share * (exchanges - 1) as f64) as usize).copied();
    Ok(json!({
        "in_flight": load.connections * load.streams,
        "connections": load.connections,
        "exchanges": exchanges,
        "failures": total.failures,
        "cpu_us": cpu.as_secs_f64() * 1e6 / exchanges as f64,
        "busy": cpu.as_secs_f64() / lasted.as_secs_f64(),
        "per_second": exchanges as f64 / lasted.as_secs_f64(),
        "p50_us": quantile(0.5),
        "p99_us": quantile(0.99),
        "request_bytes": load.shape.request(0).len(),
        "reply_bytes": total.reply_bytes,
        "rss_mib": process.resident_kib()? as f64 / 1024.0,
        "peak_mib": process.peak_kib()? as f64 / 1024.0,
    }))
}
