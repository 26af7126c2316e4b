//! While connected: judged again when tables or rules change, asked to go when they no longer pass.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::caller::{call, connect, tls};
use super::*;
use crate::listen::Trust;
use crate::listen::connection::serve;
use crate::listen::lifetime::Lifetime;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn rules() -> Vec<PeerRule> {
    vec![balancer(&["127.0.0.3/32"]), laptop(&["127.0.0.1/32"]), office(), anyone()]
}

async fn direct(world: &World) -> TlsStream<TcpStream> {
    tls(connect("127.0.0.1", world.address).await.unwrap()).await.unwrap()
}

async fn behind(world: &World, header: &str) -> TlsStream<TcpStream> {
    let mut stream = connect("127.0.0.3", world.address).await.unwrap();
    stream.write_all(header.as_bytes()).await.unwrap();
    tls(stream).await.unwrap()
}

/// A direct caller, one from Kazakhstan and one from the office behind the balancer: who of them is still there after `change`.
async fn staying(change: impl FnOnce(&World)) -> ([bool; 3], Vec<String>) {
    let world = World::open("127.0.0.1:0", rules()).await;
    let mut callers = [
        direct(&world).await,
        behind(&world, "PROXY TCP4 195.12.113.29 10.0.0.5 51234 443\r\n").await,
        behind(&world, "PROXY TCP4 10.20.0.9 10.0.0.5 51234 443\r\n").await,
    ];
    for caller in &mut callers {
        call(caller, "/", "").await.unwrap();
    }
    change(&world);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut stay = [false; 3];
    for (caller, stay) in callers.iter_mut().zip(&mut stay) {
        *stay = call(caller, "/", "").await.is_ok();
    }
    (stay, world.refused())
}

#[tokio::test]
async fn who_passes_stays_and_who_does_not_goes() {
    let without = |name: &str| rules().into_iter().filter(|rule| rule.name != name).collect::<Vec<_>>();
    let with_peers = |rules: Vec<PeerRule>| move |world: &World| world.filter.replace_peers(tables::peers(rules));
    let (stay, refused) = staying(|world| world.filter.judge_again()).await;
    assert_eq!((stay, refused.len()), ([true; 3], 0), "nothing changed");

    let (stay, refused) = staying(|world| world.filter.replace_tables(abroad())).await;
    assert_eq!(stay, [true, false, true], "a table places 195.12.113.29 abroad");
    assert!(matches!(refused.as_slice(), [line] if line.contains("code=residency.disagree ")), "{refused:?}");

    let (stay, refused) = staying(with_peers(without("laptop"))).await;
    assert_eq!(stay, [false, true, true], "the laptop's rule is gone");
    assert!(matches!(refused.as_slice(), [line] if line.contains("addresses=127.0.0.1 ")), "{refused:?}");

    let (stay, refused) = staying(with_peers(without("office"))).await;
    assert_eq!((stay, refused.len()), ([true, true, false], 1), "the office's rule is gone");

    let (stay, refused) = staying(with_peers(without("balancer"))).await;
    assert_eq!((stay, refused.len()), ([true, false, false], 2), "the balancer's rule is gone");

    let everyone = laptop(&["127.0.0.0/8"]);
    let (stay, refused) = staying(with_peers(vec![everyone, office(), anyone()])).await;
    assert_eq!(stay, [true, false, false], "the balancer may call, but no more for others");
    assert!(refused.iter().all(|line| line.ends_with(" note=not_declared")), "{refused:?}");

    let both = balancer(&["127.0.0.0/8"]);
    let (stay, refused) = staying(with_peers(vec![both, office(), anyone()])).await;
    assert_eq!(stay, [false, true, true], "the laptop's address became a balancer's");
    assert!(refused.iter().all(|line| line.ends_with(" note=missing")), "{refused:?}");
}

#[tokio::test]
async fn a_call_under_way_is_answered_before_the_connection_ends() {
    let world = World::open("127.0.0.1:0", rules()).await;
    let mut stream = direct(&world).await;
    let calling = tokio::spawn(async move {
        let answer = call(&mut stream, "/slow", "").await;
        (answer, stream.read(&mut [0]).await.unwrap_or_default())
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    world.filter.replace_peers(tables::peers(vec![anyone()]));
    let (answer, after) = calling.await.unwrap();
    assert!(answer.unwrap().contains(" addresses=127.0.0.1 "));
    assert_eq!(after, 0);
    let again = connect("127.0.0.1", world.address).await.unwrap();
    assert_eq!(tls(again).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

pub(super) fn stay(filter: &PeerFilter, caller: [u8; 4]) -> PeerWatch {
    let address = SocketAddr::from((caller, 51234));
    let arrival = Arrival { address, admitted: filter.0.admitted(address.ip()).unwrap(), proxy: None };
    filter.stay(arrival, filter.changes())
}

#[tokio::test(start_paused = true)]
async fn a_table_that_grows_stale_ends_a_stay_within_the_hour() {
    let centuries = Arc::new(AtomicU32::new(0));
    let (passed, day) = (centuries.clone(), clock());
    let clock = Clock::new(move || {
        UNIX_EPOCH + Duration::from_millis(day.unix_millis()) + 36_525 * DAY * passed.load(Ordering::Relaxed)
    });
    let refused = Arc::new(Mutex::new(Vec::new()));
    let noted = refused.clone();
    let on_refused = Arc::new(move |why: &NotAdmitted| noted.lock().unwrap().push(why.code()));
    let filter = PeerFilter::new(tables::peers(vec![anyone()]), at_home(), clock, on_refused);
    let mut stay = stay(&filter, [195, 12, 113, 29]);
    assert!(tokio::time::timeout(3 * DAY, stay.over()).await.is_err());
    centuries.store(1, Ordering::Relaxed);
    assert!(tokio::time::timeout(AGAIN, stay.over()).await.is_ok());
    stay.over().await;
    assert_eq!(*refused.lock().unwrap(), ["residency.stale"]);
}

/// A connection with a call that never ends, on a clock of its own; and what ends it.
struct Endless {
    near: tokio::io::DuplexStream,
    filter: PeerFilter,
    stop: watch::Sender<bool>,
    _trust: watch::Sender<Trust>,
}

impl Endless {
    async fn open() -> Self {
        let filter = PeerFilter::new(tables::peers(vec![laptop(&[])]), at_home(), clock(), Arc::new(|_| {}));
        let endless = tower::service_fn(|_| std::future::pending::<Result<http::Response<Body>, Infallible>>());
        let (mut near, far) = tokio::io::duplex(1024);
        let ((stop, stopped), trust) = (watch::channel(false), watch::Sender::new(PKI.server.clone()));
        let proven = (PKI.chain.clone(), trust.subscribe());
        let lifetime = Lifetime::new(proven, stopped, stay(&filter, [127, 0, 0, 1]), Terms::default());
        tokio::spawn(serve(far, endless, lifetime));
        near.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        tokio::time::sleep(Duration::from_secs(600)).await;
        Self { near, filter, stop, _trust: trust }
    }

    /// Seconds until the connection is cut.
    async fn lasts(mut self, change: impl FnOnce(&Self)) -> u64 {
        let changed = tokio::time::Instant::now();
        change(&self);
        assert_eq!(self.near.read(&mut [0]).await.unwrap(), 0);
        changed.elapsed().as_secs()
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_never_ends_is_cut_in_time() {
    let leaves = |world: &Endless| world.filter.replace_peers(tables::peers(vec![anyone()]));
    let stops = |world: &Endless| _ = world.stop.send_replace(true);
    assert_eq!(Endless::open().await.lasts(leaves).await, 10, "its peer passes no more");
    assert_eq!(Endless::open().await.lasts(stops).await, 75, "the gateway stops");
    assert_eq!(Endless::open().await.lasts(|_| {}).await, 3_000 + 10, "it is an hour old");
    let both = |world: &Endless| {
        stops(world);
        leaves(world);
    };
    assert_eq!(Endless::open().await.lasts(both).await, 10, "whichever comes first");
}

#[tokio::test]
async fn a_reload_leaves_connections_that_it_would_let_in() {
    let world = World::open("127.0.0.1:0", rules()).await;
    let mut stream = direct(&world).await;
    call(&mut stream, "/", "").await.unwrap();
    world.reloader.reload(PKI.server.clone());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(call(&mut stream, "/", "").await.is_ok());
}
