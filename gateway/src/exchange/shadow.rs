//! Shadow runs: a pending policy pack beside the live one, whose differences are counted on real traffic.
//!
//! The live pack alone decides. Of each exchange the pending plans see the same bytes, and what is kept of the comparison are
//! operation, purpose, direction, field path and a count; no value, no person, no exchange id. One run per operator at a
//! time, over when its caller hangs up or its time or number is up.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use qaqpa_policy::consent::{self, Moment};
use qaqpa_policy::minimise::Circumstances;
use qaqpa_policy::standing::Standing;
use qaqpa_policy::{Caller, Claim, Direction, Iin, Minimised, Mode, Permit, Plans, Subjects, permit};
use qaqpa_proto::Operation;
use qaqpa_proto::policy::v1::{Change, ChangeKind, Direction as WireDirection, ShadowResponse};
use qaqpa_proto::reason::{Judge, Reason, Refusal};

use crate::refusal::NotDone;

/// The runs that are under way, one an operator at most.
#[derive(Default)]
pub struct Shadows(Mutex<HashMap<String, Arc<Shadow>>>);

/// One shadow run.
pub struct Shadow {
    live_sha256: String,
    pending: Plans,
    /// By the monotonic clock.
    until: Duration,
    most: u64,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    exchanges: u64,
    changed: u64,
    changes: BTreeMap<Key, u64>,
}

/// The key of a counted change; sorts as reports are sorted.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    operation: String,
    purpose: String,
    direction: i32,
    path: String,
    change: i32,
    code: String,
}

/// One exchange's request, as live and pending pack see it.
pub(crate) struct Observed<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) operation: &'a Operation,
    pub(crate) claim: &'a Claim,
    pub(crate) wire: &'a [u8],
    pub(crate) moment: Moment,
    /// What the pending plan of a request needs to know.
    pub(crate) circumstances: &'a dyn Fn(&Permit) -> Circumstances,
    pub(crate) known: &'a dyn Fn(&Iin) -> Arc<Standing>,
    /// What the live pack made of it, or why it was refused.
    pub(crate) live: Result<&'a Minimised, &'a NotDone>,
}

/// What the pending pack says of an exchange that both packs let go, for its reply.
pub(crate) struct Pending {
    pub(crate) permit: Permit,
    /// The request already would change.
    changed: bool,
}

impl Shadows {
    /// Begins a shadow run, which is over at `until` of the monotonic clock.
    ///
    /// # Errors
    /// `quota.shadow`: there is one for this operator.
    pub fn begin(&self, live: &Plans, pending: Plans, until: Duration, most: u64) -> Result<Arc<Shadow>, NotDone> {
        let mut runs = self.runs();
        if runs.contains_key(&live.operator().id) {
            return Err(Refusal::QuotaShadow.into());
        }
        let live_sha256 = live.pack().sha256().to_owned();
        let run = Arc::new(Shadow { live_sha256, pending, until, most, seen: Mutex::default() });
        runs.insert(live.operator().id.clone(), run.clone());
        Ok(run)
    }

    /// Ends an operator's shadow run.
    pub fn end(&self, operator: &str) {
        self.runs().remove(operator);
    }

    /// An operator's run.
    pub(crate) fn of(&self, operator: &str) -> Option<Arc<Shadow>> {
        self.runs().get(operator).cloned()
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<String, Arc<Shadow>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner) // whole after each change
    }
}

impl Shadow {
    /// The report of the changes counted so far.
    #[must_use]
    pub fn report(&self, done: bool) -> ShadowResponse {
        let seen = self.seen();
        let change = |(key, count): (&Key, &u64)| Change {
            operation: key.operation.clone(),
            purpose: key.purpose.clone(),
            direction: key.direction,
            path: key.path.clone(),
            change: key.change,
            code: key.code.clone(),
            count: *count,
        };
        ShadowResponse {
            exchanges_seen: seen.exchanges,
            exchanges_changed: seen.changed,
            changes: seen.changes.iter().map(change).collect(),
            done,
            live_sha256: self.live_sha256.clone(),
            pending_sha256: self.pending.pack().sha256().to_owned(),
        }
    }

    /// Whether time or number is up.
    #[must_use]
    pub fn is_over(&self, now: Duration) -> bool {
        now >= self.until || (self.most > 0 && self.seen().exchanges >= self.most)
    }

    /// Compares one request. Returns what the reply is compared by, when both packs let it go.
    pub(crate) fn request(&self, seen: &Observed<'_>) -> Option<Pending> {
        let pending = self.judge(seen);
        let place = (seen.operation.path.as_str(), seen.claim.purpose(), Direction::Request);
        let (changes, permit) = match (seen.live, pending) {
            (Ok(live), Ok((permit, pending))) => (differences(place, live, &pending), Some(permit)),
            (Ok(_), Err(reason)) => (vec![whole(place, ChangeKind::WouldBeRefused, reason)], None),
            (Err(not_done), Ok(_)) if is_of_policy(not_done.reason) => {
                (vec![whole(place, ChangeKind::WouldBeAdmitted, not_done.reason)], None)
            }
            (Err(_), _) => (Vec::new(), None),
        };
        let changed = !changes.is_empty();
        let counted = self.count(changes, Counted { is_new: true, changed });
        permit.filter(|_| counted).map(|permit| Pending { permit, changed })
    }

    /// Compares one reply.
    pub(crate) fn reply(
        &self,
        Pending { permit, changed }: &Pending,
        operation: &Operation,
        wire: &[u8],
        live: &Minimised,
        circumstances: &Circumstances,
    ) {
        let place = (permit.operation(), permit.purpose().id.as_str(), Direction::Reply);
        let refused = consent::check_reply(permit, operation, wire, circumstances.today).err();
        let changes = match (refused, permit.reply_plan().minimise(wire, Mode::Strip, circumstances)) {
            (Some(lacking), _) => vec![whole(place, ChangeKind::WouldBeRefused, lacking.reason())],
            (None, Ok(pending)) => differences(place, live, &pending),
            (None, Err(flawed)) => vec![whole(place, ChangeKind::WouldBeRefused, flawed.reason())],
        };
        let changed = !changed && !changes.is_empty();
        self.count(changes, Counted { is_new: false, changed });
    }

    fn judge(&self, seen: &Observed<'_>) -> Result<(Permit, Minimised), Reason> {
        let permit = permit(seen.caller, seen.operation, seen.claim, &self.pending).map_err(|no| no.reason())?;
        let subjects = Subjects::read(seen.operation, seen.wire).map_err(|no| no.reason())?;
        let circumstances = (seen.circumstances)(&permit);
        let minimised =
            permit.request_plan().minimise(seen.wire, permit.mode(), &circumstances).map_err(|no| no.reason())?;
        consent::check(&permit, seen.operation, seen.claim.consent(), &subjects, seen.known, seen.moment)
            .map_err(|no| no.reason())?;
        Ok((permit, minimised))
    }

    /// False when there were enough before.
    fn count(&self, changes: Vec<Key>, counted: Counted) -> bool {
        let mut seen = self.seen();
        if counted.is_new && self.most > 0 && seen.exchanges >= self.most {
            return false;
        }
        seen.exchanges += u64::from(counted.is_new);
        seen.changed += u64::from(counted.changed);
        for key in changes {
            *seen.changes.entry(key).or_default() += 1;
        }
        true
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner) // counts only
    }
}

/// What one comparison adds to the numbers of exchanges.
struct Counted {
    is_new: bool,
    /// For the first time in its exchange.
    changed: bool,
}

/// Whether another pack could have said otherwise.
fn is_of_policy(reason: Reason) -> bool {
    matches!(reason, Reason::Refusal(refusal) if refusal.judge() == Judge::Pack)
}

type Place<'a> = (&'a str, &'a str, Direction);

fn whole(place: Place<'_>, change: ChangeKind, reason: impl Into<Reason>) -> Key {
    Key { code: reason.into().code().to_owned(), ..key(place, String::new(), change) }
}

fn key((operation, purpose, direction): Place<'_>, path: String, change: ChangeKind) -> Key {
    let direction = match direction {
        Direction::Request => WireDirection::Request,
        Direction::Reply => WireDirection::Reply,
    };
    Key {
        operation: operation.to_owned(),
        purpose: purpose.to_owned(),
        direction: direction.into(),
        path,
        change: change.into(),
        code: String::new(),
    }
}

/// Path by path, of the fields that occurred.
fn differences(place: Place<'_>, live: &Minimised, pending: &Minimised) -> Vec<Key> {
    let (was, would) = (fates(live), fates(pending));
    let paths: BTreeSet<&String> = was.keys().chain(would.keys()).collect();
    let change = |path: &String| {
        let change = match (was.get(path), would.get(path)) {
            (Some(was), Some(would)) if was == would => return None,
            (Some(None) | None, Some(Some(_))) => ChangeKind::NewlyReleased,
            (Some(Some(_)), Some(None) | None) => ChangeKind::NewlyWithheld,
            (Some(Some(_)), Some(Some(_))) => ChangeKind::TransformChanged,
            (None | Some(None), None | Some(None)) => return None,
        };
        Some(key(place, path.clone(), change))
    };
    paths.into_iter().filter_map(change).collect()
}

/// Each field that occurred: withheld, or moved, in what form.
fn fates(minimised: &Minimised) -> BTreeMap<String, Option<String>> {
    let mut fates: BTreeMap<String, Option<String>> =
        minimised.withheld().map(|withheld| (withheld.path.to_owned(), None)).collect();
    for released in minimised.released() {
        let path: Vec<_> = released.path.split('.').map(|step| step.split(['[', '{']).next().unwrap_or(step)).collect();
        fates.insert(path.join("."), Some(String::new()));
    }
    for transformed in minimised.transformed() {
        fates.insert(transformed.path.to_owned(), Some(transformed.transform.to_string()));
    }
    fates
}
