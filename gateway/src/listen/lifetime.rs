//! How long an open connection lives: never longer than its certificate would be accepted anew.
//!
//! | what happens | the connection |
//! |---|---|
//! | a reload or the calendar makes its chain one that a handshake would refuse | cut at once, with its streams |
//! | its peer passes the filter no more | asked to go (GOAWAY), cut after 10 s |
//! | no call was under way for five minutes | asked to go, cut after 10 s |
//! | it is as old as `[listen] connection_age_seconds` | asked to go, cut after 10 s |
//! | the gateway stops | asked to go, cut after `[listen] drain_seconds` |
//!
//! What is cut is not lost: an exchange is carried out in a task of its own, and its outcome recorded.

use std::time::Duration;

use rustls::pki_types::CertificateDer;
use tokio::sync::watch;
use tokio::time::Instant;

use super::alert::word;
use super::calls::Calls;
use super::inbound::PeerWatch;
use super::trust::Trust;
use crate::limits::IDLE_CONNECTION;

/// How long calls under way may go on after their connection was asked to go.
const PARTING: Duration = Duration::from_secs(10);
/// How often the wall clock is looked at while no end is near: it may have been set.
const CLOCK_LOOKED_AT: Duration = Duration::from_secs(30);

/// The longest times of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// From the handshake until a connection is asked to go.
    pub age: Duration,
    /// From SIGTERM until what is still open is cut. Longer than the slowest state system may take.
    pub drain: Duration,
}

impl Default for Terms {
    /// An hour; and a little more than the longest exchange by default (60 s), less than systemd waits (90 s).
    fn default() -> Self {
        Self { age: Duration::from_secs(3_600), drain: Duration::from_secs(75) }
    }
}

/// What has ended a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Its chain is refused now, for this reason: cut.
    Cut(&'static str),
    /// It is to go, and is cut after this time.
    Go(Duration),
}

/// What has happened to a connection.
enum Next {
    /// The gateway stops.
    Stop,
    /// The connection is as old as it may be.
    Age,
    /// It is of no use.
    Idle,
    /// Its peer passes no more.
    Peer,
    /// What let it in was replaced.
    Judge,
    /// Time has passed: an end may have come.
    Look,
}

/// What is known of one open connection.
pub(crate) struct Lifetime {
    chain: Vec<CertificateDer<'static>>,
    trust: watch::Receiver<Trust>,
    /// When the next certificate or list ends, seconds since 1970.
    next_end: Option<u64>,
    stop: watch::Receiver<bool>,
    peer: PeerWatch,
    calls: Calls,
    terms: Terms,
    opened: Instant,
    stop_told: bool,
    age_told: bool,
    idle_told: bool,
    peer_told: bool,
}

impl Lifetime {
    /// Of a connection whose chain, leaf first, was accepted by what `trust` has seen last.
    pub(crate) fn new(
        (chain, trust): (Vec<CertificateDer<'static>>, watch::Receiver<Trust>),
        stop: watch::Receiver<bool>,
        peer: PeerWatch,
        terms: Terms,
    ) -> Self {
        let (next_end, opened) = (trust.borrow().next_end(&chain), Instant::now());
        Self {
            chain,
            trust,
            next_end,
            stop,
            peer,
            calls: Calls::new(),
            terms,
            opened,
            stop_told: false,
            age_told: false,
            idle_told: false,
            peer_told: false,
        }
    }

    /// To count the connection's calls in.
    pub(super) fn calls(&self) -> Calls {
        self.calls.clone()
    }

    /// Waits for what ends the connection. Each cause is told once; may be dropped and asked again.
    pub(super) async fn end(&mut self) -> End {
        loop {
            match self.next().await {
                Next::Stop => {
                    self.stop_told = true;
                    return End::Go(self.terms.drain);
                }
                Next::Age => {
                    self.age_told = true;
                    return End::Go(PARTING);
                }
                Next::Idle => {
                    self.idle_told = true;
                    return End::Go(PARTING);
                }
                Next::Peer => {
                    self.peer_told = true;
                    return End::Go(PARTING);
                }
                Next::Look if !self.rest().is_zero() => {} // the wall clock has not come to the end yet
                Next::Look | Next::Judge => {
                    if let Err(word) = self.judge() {
                        return End::Cut(word);
                    }
                }
            }
        }
    }

    async fn next(&mut self) -> Next {
        let rest = self.rest();
        tokio::select! {
            Ok(()) = self.trust.changed() => Next::Judge,
            () = tokio::time::sleep(rest.min(CLOCK_LOOKED_AT)) => Next::Look,
            _ = self.stop.wait_for(|stop| *stop), if !self.stop_told => Next::Stop,
            () = tokio::time::sleep_until(self.opened + self.terms.age), if !self.age_told => Next::Age,
            () = self.calls.idle(IDLE_CONNECTION), if !self.idle_told => Next::Idle,
            () = self.peer.over(), if !self.peer_told => Next::Peer,
        }
    }

    /// Time until the next end, by the wall clock as it stands.
    fn rest(&self) -> Duration {
        let now = self.trust.borrow().now();
        self.next_end.map_or(CLOCK_LOOKED_AT, |end| Duration::from_secs((end + 1).saturating_sub(now)))
    }

    /// As a handshake would be judged now; the word of the alert that it would end in.
    fn judge(&mut self) -> Result<(), &'static str> {
        let trust = self.trust.borrow_and_update();
        trust.accepts(&self.chain).map_err(|refused| word(&refused))?;
        self.next_end = trust.next_end(&self.chain);
        Ok(())
    }
}
