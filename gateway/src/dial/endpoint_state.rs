//! The state of an endpoint: the residency judgement in force, and the leases of open connections.
//!
//! A judgement lives [`LIFETIME`]; then the name is resolved and judged anew, by whoever needs it next or, while
//! connections are open, by the watch. A refusal ends them all (silence of DNS only after [`SILENCE`]); an address that is not in the new answer ends those that
//! lead there. Replaced tables judge the last answer at once.
//!
//! Who owns what: `state` is changed under its lock alone, which is never held across an await; `asking` lets one
//! question to DNS go out at a time, and those who waited for it share its verdict.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use qaqpa_proto::reason::Refusal;
use qaqpa_residency::{Answer, Decision, EndpointKind, Host, Judged, Refused, ResidencyRefusal, Tables, judge};

use super::LIFETIME;
use super::lease::{Lease, Leases};
use super::resolver::Resolve;
use super::target::Target;
use crate::clock::Clock;
use crate::refusal::NotDone;

/// Callback for every new judgement, allowed or refused. Never blocks.
pub(super) type Observer = Box<dyn Fn(&Decision) + Send + Sync>;

/// Grace period of open connections while DNS does not answer: 5 min. Any answer is judged at once.
const SILENCE: Duration = Duration::from_secs(300);

/// Tables, DNS client, clock and observer that all endpoints share.
pub(super) struct Evidence {
    pub(super) tables: ArcSwap<Tables>,
    /// Set once, before the first question: its sockets are lines themselves.
    pub(super) resolver: OnceLock<Arc<dyn Resolve>>,
    pub(super) clock: Clock,
    pub(super) observer: OnceLock<Observer>,
}

/// Evidence that all addresses of an endpoint passed at a time.
pub(super) struct Judgement {
    pub(super) judged: Judged,
    /// The line of evidence.
    pub(super) line: String,
    /// The same for as long as no connection was ended: judgements in one row may share a pool.
    pub(super) row: u64,
    answer: Answer,
    /// By the monotonic clock: a judgement grows old whatever the wall clock is set to.
    since: Duration,
}

/// A DNS answer with the time of the question, or why there is none.
type Answered = Result<(Answer, Duration), Refused>;

/// An endpoint with its judgement and its leases.
pub(super) struct EndpointState {
    pub(super) target: Target,
    evidence: Arc<Evidence>,
    asking: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<Arc<Judgement>>,
    leases: Leases,
    is_watched: bool,
    row: u64,
    /// Since when the last judgement was good that is no longer in force.
    good: Option<Duration>,
    /// Questions that were answered, and the refusal of the last one.
    asked: u64,
    refused: Option<NotDone>,
}

impl EndpointState {
    pub(super) fn new(target: Target, evidence: Arc<Evidence>) -> Arc<Self> {
        Arc::new(Self { target, evidence, asking: tokio::sync::Mutex::default(), state: Mutex::default() })
    }

    /// The judgement in force, or a new one.
    pub(super) async fn judge(&self) -> Result<Arc<Judgement>, NotDone> {
        let before = match self.in_force() {
            Ok(judgement) => return Ok(judgement),
            Err(asked) => asked,
        };
        // One question at a time. Who has waited looks again, and shares a refusal that came meanwhile instead of
        // asking anew.
        let _asking = self.asking.lock().await;
        match self.in_force() {
            Ok(judgement) => return Ok(judgement),
            Err(asked) if asked > before => return Err(self.last_refusal()),
            Err(_) => {}
        }
        // Before the question: an answer is as old as its asking. Dropped in the await below (a caller's timeout),
        // nothing is stored, and the next one asks.
        let since = self.evidence.clock.elapsed();
        let answer = self.answer().await;
        self.settle(answer.map(|answer| (answer, since)))
    }

    /// Or else how many questions were answered so far.
    fn in_force(&self) -> Result<Arc<Judgement>, u64> {
        let now = self.evidence.clock.elapsed();
        let state = self.state();
        state.current.as_ref().filter(|judgement| judgement.age(now) < LIFETIME).cloned().ok_or(state.asked)
    }

    fn last_refusal(&self) -> NotDone {
        self.state().refused.clone().unwrap_or_else(|| Refusal::ResidencyNoAddress.into())
    }

    /// Resolves the name, and checks the tunnel where one is declared.
    async fn answer(&self) -> Result<Answer, Refused> {
        let endpoint = &self.target.endpoint;
        let answer = self.ask().await?;
        if endpoint.tunnel().is_some() {
            // Only for what passes otherwise: an address that does not is refused for that, in `settle`.
            let judged = judge(endpoint, &answer, &self.evidence.tables.load(), self.evidence.clock.today());
            for address in judged.iter().flat_map(|judged| judged.addresses()) {
                self.tunnel_to(*address).await?;
            }
        }
        Ok(answer)
    }

    /// Resolves the name, or takes the declared addresses.
    pub(super) async fn ask(&self) -> Result<Answer, Refused> {
        let endpoint = &self.target.endpoint;
        Ok(match endpoint.host() {
            Host::Address(literal) => Answer::from(*literal),
            Host::Name(_) if !self.target.addresses.is_empty() => {
                Answer { addresses: self.target.addresses.clone(), aliases: Vec::new() }
            }
            // RFC 6761, section 6.3: nobody is asked for this machine.
            Host::Name(name) if name == "localhost" && endpoint.kind() == EndpointKind::DevelopmentLoopback => {
                Answer { addresses: vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()], aliases: Vec::new() }
            }
            Host::Name(name) => self.resolve(name).await?,
        })
    }

    async fn resolve(&self, name: &str) -> Result<Answer, Refused> {
        let no_address = |word| {
            let endpoint = self.target.endpoint.name().to_owned();
            Refused::found(&self.target.endpoint, &[], ResidencyRefusal::NoAddress { endpoint, word })
        };
        let resolver = self.evidence.resolver.get().ok_or_else(|| no_address("no_resolver"))?;
        match tokio::time::timeout(self.target.connect_timeout, resolver.resolve(name)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(why)) => Err(no_address(why.word())),
            Err(_) => Err(no_address("timeout")),
        }
    }

    /// Checks that packets to `address` go into the declared tunnel now, if one is declared.
    pub(super) async fn tunnel_to(&self, address: SocketAddr) -> Result<(), Refused> {
        let endpoint = &self.target.endpoint;
        let Some(tunnel) = endpoint.tunnel() else { return Ok(()) };
        qaqpa_tunnel::present(tunnel, address.ip()).await.map_err(|why| {
            let (word, problem) = (why.word(), why.to_string());
            let refusal = ResidencyRefusal::NoTunnel { endpoint: endpoint.name().to_owned(), word, problem };
            Refused::found(endpoint, &[address.ip()], refusal)
        })
    }

    /// Judges an answer by the tables as they are, and ends the connections that do not pass any more.
    fn settle(&self, answer: Answered) -> Result<Arc<Judgement>, NotDone> {
        self.settle_in(self.state(), answer)
    }

    fn settle_in(&self, mut state: MutexGuard<'_, State>, answer: Answered) -> Result<Arc<Judgement>, NotDone> {
        state.asked += 1;
        // Loaded under the lock: `replace_tables` stores first and then waits for it, so no judgement by old tables
        // stays.
        let (tables, today) = (self.evidence.tables.load(), self.evidence.clock.today());
        let judged = answer.and_then(|(answer, since)| {
            judge(&self.target.endpoint, &answer, &tables, today).map(|judged| (judged, answer, since))
        });
        let (decided, decision) = match judged {
            Ok((judged, answer, since)) => {
                let same = |before: &Arc<Judgement>| before.judged.addresses() == judged.addresses();
                state.row += u64::from(!state.current.as_ref().is_some_and(same));
                let line = judged.decision().to_string();
                let judgement = Arc::new(Judgement { line, judged, row: state.row, answer, since });
                // Under the lock that `lease` takes: no connection is granted between a verdict and the end of those it
                // voids.
                state.leases.revoke_unless(|address| judgement.leads_to(address));
                state.current = Some(judgement.clone());
                let decision = judgement.judged.decision().clone();
                (Ok(judgement), decision)
            }
            Err(refused) => {
                let not_done = NotDone::from(refused.clone());
                let now = self.evidence.clock.elapsed();
                // Void at once: nobody begins on a judgement that a refusal has followed.
                let good = state.current.take().map(|judgement| judgement.since);
                state.good = good.or(state.good);
                // Silence of DNS is no verdict: who talks to a judged address may end what it says, but nobody begins.
                let silence = matches!(
                    refused.refusal(),
                    ResidencyRefusal::NoAddress { word: "timeout" | "unreachable" | "server_failure", .. }
                );
                let lately = state.good.is_some_and(|good| now.saturating_sub(good) < SILENCE);
                if !(silence && lately) {
                    state.leases.revoke_unless(|_| false);
                }
                state.refused = Some(not_done.clone());
                (Err(not_done), refused.decision().clone())
            }
        };
        drop(state);
        // After the lock: the observer takes locks of its own.
        self.tell(&decision);
        decided
    }

    /// Found while connecting: nothing that was judged so far holds.
    pub(super) fn refuse(&self, refused: Refused) -> NotDone {
        self.settle(Err(refused)).err().unwrap_or_else(|| Refusal::ResidencyRevoked.into())
    }

    /// One event per decision, never one per connection or call.
    fn tell(&self, decision: &Decision) {
        let word = if decision.is_allowed() { "allowed" } else { "refused" };
        tracing::info!(parent: None, decision = word, evidence = %decision, "an endpoint was judged");
        if let Some(observer) = self.evidence.observer.get() {
            observer(decision);
        }
    }

    /// The tables were replaced: the last answer is judged by the new ones, as old as it is.
    pub(super) fn judge_again(&self) {
        let state = self.state();
        if let Some(judgement) = state.current.clone() {
            let _ = self.settle_in(state, Ok((judgement.answer.clone(), judgement.since)));
        }
    }

    /// The right to one connection to `address`, if that address passes now.
    pub(super) fn lease(self: &Arc<Self>, address: SocketAddr) -> Result<Lease, NotDone> {
        let mut state = self.state();
        // Asked again here: the judgement may have been replaced since the caller got it.
        if !state.current.as_ref().is_some_and(|judgement| judgement.leads_to(address)) {
            return Err(Refusal::ResidencyRevoked.into());
        }
        let lease = state.leases.grant(address);
        if !std::mem::replace(&mut state.is_watched, true) {
            self.watch();
        }
        Ok(lease)
    }

    /// Judges anew whenever a judgement has ended, for as long as connections are open: one that nobody calls upon, or
    /// one that a call never leaves, is judged like any other.
    fn watch(self: &Arc<Self>) {
        // Weak, so that a door that is dropped ends its watches.
        let line = Arc::downgrade(self);
        tokio::spawn(async move {
            let mut rest = LIFETIME;
            loop {
                tokio::time::sleep(rest).await;
                let Some(line) = line.upgrade() else { return };
                if !line.look_after().await {
                    return;
                }
                rest = line.rest();
            }
        });
    }

    /// Judges anew if it is time; false when no connection is open any more.
    pub(super) async fn look_after(&self) -> bool {
        let goes_on = {
            let mut state = self.state();
            // Under the lock in which `lease` sets it: this watch goes on, or the next lease starts another one.
            state.is_watched = state.leases.are_held();
            state.is_watched
        };
        if goes_on {
            let _ = self.judge().await; // a refusal has ended the connections, and is told there
        }
        goes_on
    }

    /// Time until the judgement in force ends.
    fn rest(&self) -> Duration {
        let now = self.evidence.clock.elapsed();
        let age = self.state().current.as_ref().map_or(Duration::ZERO, |judgement| judgement.age(now));
        LIFETIME.saturating_sub(age).max(Duration::from_millis(1))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is complete when the lock is let go, also by a panic: what was not stored was not granted.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Judgement {
    pub(super) fn leads_to(&self, address: SocketAddr) -> bool {
        self.judged.addresses().contains(&address)
    }

    fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.since)
    }
}
