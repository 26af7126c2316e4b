//! What the door costs on a call that finds a pooled connection: a bare client of hyper-util with its own connector
//! against the same client with the door's, at the same server on loopback, in one process, batch by batch in turn.
//!
//! Prints nanoseconds per call (the least and the median of all batches), wall and CPU, and the door's ratio to the bare client. CPU
//! is the whole process's, so the server's share is in both. Example:
//! `cargo run --profile dist -p qaqpa-tests --example bench_connector 60 2000`.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::error::Error;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo};
use qaqpa_gateway::clock::Clock;
use qaqpa_gateway::dial::{Door, Names, Target};
use qaqpa_residency::{Endpoint, EndpointKind, EndpointRule, Plane, Tables};
use rustls::RootCertStore;

const NAME: &str = "echo";
const BODY: usize = 4 << 10;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Nanoseconds per call of one batch.
#[derive(Clone, Copy)]
struct Batch {
    wall: f64,
    cpu: f64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<usize>());
    let batches = arguments.next().transpose()?.unwrap_or(60);
    let calls = arguments.next().transpose()?.unwrap_or(2000);
    let port = serve().await?;
    let uri: http::Uri = format!("http://127.0.0.1:{port}/").parse()?;
    let door = door(&uri)?;
    let builder = || Client::builder(TokioExecutor::new());
    let bare = builder().build::<_, Full<Bytes>>(nodelay());
    let ours = builder().build::<_, Full<Bytes>>(door.connector(NAME).map_err(|not_done| not_done.reason.code())?);
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for number in 0..batches + 2 {
        // In turn, and each first as often as second; the first two only warm up.
        let pair = if number % 2 == 0 {
            let first = batch(&bare, &uri, calls).await?;
            (first, batch(&ours, &uri, calls).await?)
        } else {
            let first = batch(&ours, &uri, calls).await?;
            (batch(&bare, &uri, calls).await?, first)
        };
        if number >= 2 {
            without.push(pair.0);
            with.push(pair.1);
        }
    }
    report("wall", &without, &with, |batch| batch.wall)?;
    report("cpu", &without, &with, |batch| batch.cpu)
}

#[expect(clippy::disallowed_methods, reason = "what the door is measured against")]
fn nodelay() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector
}

#[expect(clippy::disallowed_methods, reason = "the one clock of this process")]
fn door(uri: &http::Uri) -> Outcome<Door> {
    let endpoint = Endpoint::parse(EndpointRule {
        name: NAME.to_owned(),
        url: uri.to_string(),
        plane: Plane::Upstream,
        kind: EndpointKind::DevelopmentLoopback,
        pins: Vec::new(),
        aliases: Vec::new(),
        tunnel: None,
        exceptions: Vec::new(),
    })?;
    let timeouts = (Duration::from_secs(5), Duration::from_secs(30));
    let target = Target::new(endpoint, Vec::new(), RootCertStore::empty(), timeouts)?;
    let targets = BTreeMap::from([(NAME.to_owned(), target)]);
    let names = Names::Servers(Vec::new());
    Ok(Door::new(targets, Arc::new(Tables::embedded()), names, Clock::new(SystemTime::now)))
}

/// Calls one after the other, so that each but the first finds the connection in the pool.
async fn batch<C>(client: &Client<C, Full<Bytes>>, uri: &http::Uri, calls: usize) -> Outcome<Batch>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let body = Bytes::from(vec![b'x'; BODY]);
    let (started, used) = (Instant::now(), cpu()?);
    for _ in 0..calls {
        let request = http::Request::post(uri.clone()).body(Full::new(body.clone()))?;
        let answered = client.request(request).await?.into_body().collect().await?.to_bytes();
        if answered.len() != BODY {
            return Err("the echo is not whole".into());
        }
    }
    let per_call = |nanoseconds: u128| nanoseconds as f64 / calls as f64;
    Ok(Batch { wall: per_call(started.elapsed().as_nanos()), cpu: per_call((cpu()? - used).as_nanos()) })
}

/// What this process has used so far. `/proc/self/schedstat` counts this thread's nanoseconds; there is no other thread.
fn cpu() -> Outcome<Duration> {
    std::thread::yield_now(); // or the kernel tells what it knew at its last tick
    let text = std::fs::read_to_string("/proc/self/schedstat")?;
    let first = text.split_whitespace().next().ok_or("an empty schedstat")?;
    Ok(Duration::from_nanos(first.parse()?))
}

fn report(what: &str, without: &[Batch], with: &[Batch], value: impl Fn(&Batch) -> f64) -> Outcome<()> {
    let sorted = |batches: &[Batch]| {
        let mut values: Vec<f64> = batches.iter().map(&value).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (bare, door) = (sorted(without), sorted(with));
    let at = |values: &[f64], place: usize| values.get(place).copied().unwrap_or(f64::NAN);
    for (name, place) in [("least", 0), ("median", bare.len() / 2)] {
        let (bare, door) = (at(&bare, place), at(&door, place));
        let ratio = door / bare;
        writeln!(std::io::stdout(), "{what} {name}: bare {bare:.0} ns, door {door:.0} ns, ratio {ratio:.3}")?;
    }
    Ok(())
}

/// Echoes what is posted, from this very thread, so that both clients have the same company.
async fn serve() -> Outcome<u16> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let echo = hyper::service::service_fn(|request: http::Request<hyper::body::Incoming>| async {
                let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
                Ok::<_, Infallible>(http::Response::new(Full::new(body)))
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), echo));
        }
    });
    Ok(port)
}
