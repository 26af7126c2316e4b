//! The gate of withdrawals: consents and holds of each person in memory over the vault, and the last check before a
//! message about them leaves.
//!
//! Room 6 asks it once, early. It is asked again by [`GatedBody`], the message's body, at the very moment the connection
//! takes its bytes: under the same lock that [`SubjectGate::withdraw`] and [`SubjectGate::hold`] take. So when one of
//! these has returned, no further message about the person leaves; those that had left before are named by exchange id.
//! Everything here is also in the vault; a crash loses nothing that was acknowledged.
//!
//! Who owns what: `known` is written by the consent and subject services, `uses` and `under_way` by exchanges. The lock
//! is held for lookups in memory only, never across an await.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use qaqpa_policy::consent::form::Form;
use qaqpa_policy::consent::{Consent, LackKind};
use qaqpa_policy::standing::{self, Given, Hold, HoldKind, Standing, Use};
use qaqpa_policy::{Bin, Iin, Permit};
use qaqpa_vault::{ConsentRecord, Contents, HoldRecord, Lookup, Vault};
use uuid::Uuid;

use crate::clock::Clock;
use crate::dial::Outgoing;
use crate::persons::named;

/// Consents, holds and uses of all persons, in memory.
pub struct SubjectGate {
    vault: Vault,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    known: HashMap<Lookup, Arc<Standing>>,
    /// Exchanges whose message has left and whose outcome is not yet recorded.
    under_way: HashMap<Lookup, Vec<LeftExchange>>,
}

/// A message that has left.
struct LeftExchange {
    exchange: Uuid,
    operator: Arc<str>,
    purpose: Arc<str>,
}

/// One exchange on its way out: which persons, and what it relies on. The outcome's recording ends it.
pub struct InFlight {
    gate: Arc<SubjectGate>,
    exchange: Uuid,
    operator: Arc<str>,
    purpose: Arc<str>,
    persons: Vec<(Lookup, Option<String>)>,
    refused: Mutex<Option<LackKind>>,
    left: AtomicBool,
}

impl SubjectGate {
    /// Over a vault and what it held when it was opened.
    #[must_use]
    pub fn new(vault: Vault, contents: Contents, clock: Clock) -> Arc<Self> {
        // The vault is the truth after a crash. What was under way then is not in it: those intents are settled in the
        // journal.
        let gate = Arc::new(Self { vault, clock, state: Mutex::default() });
        contents.consents.iter().for_each(|(lookup, record)| gate.given(*lookup, record));
        contents.holds.iter().for_each(|(lookup, record)| drop(gate.hold(*lookup, record)));
        for (lookup, past) in contents.uses {
            gate.change(lookup, |standing| {
                remember(standing, Use { operator: past.operator, purpose: past.purpose, at: past.at });
            });
        }
        gate
    }

    /// The vault behind it.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Consents, holds and uses that an operator has of a person.
    #[must_use]
    pub fn standing(&self, operator: &str, iin: &Iin) -> Arc<Standing> {
        let lookup = self.vault.lookup(&named(operator, iin));
        self.state().known.get(&lookup).cloned().unwrap_or_default()
    }

    /// Lets an exchange towards the door, after everything else has been checked: claims its purpose for every person,
    /// so that of two incompatible purposes that come at once only one goes on.
    ///
    /// # Errors
    /// What came between room 6 and here.
    pub fn enter(
        self: &Arc<Self>,
        permit: &Permit,
        consent: &Consent,
        exchange: Uuid,
    ) -> Result<Arc<InFlight>, LackKind> {
        let now = self.clock.now();
        let persons: Vec<_> = consent
            .reliances()
            .iter()
            .map(|reliance| (self.vault.lookup(&named(permit.operator(), &reliance.iin)), reliance.consent.clone()))
            .collect();
        // Judged and claimed under one lock, all persons or none: no other exchange comes in between.
        let mut state = self.state();
        if standing::leaves_a_trace(permit.purpose()) {
            for (lookup, _) in &persons {
                state.known.get(lookup).map_or(Ok(()), |standing| standing.allows(permit, now))?;
            }
            for (lookup, _) in &persons {
                let claim = Use { operator: permit.operator().into(), purpose: permit.purpose().id.clone(), at: now };
                // In memory only; `Gateway::marks` makes it durable. A failure in between leaves the claim until the
                // restart: it refuses more, never less.
                remember(Arc::make_mut(state.known.entry(*lookup).or_default()), claim);
            }
        }
        drop(state);
        Ok(Arc::new(InFlight {
            gate: self.clone(),
            exchange,
            operator: permit.operator().into(),
            purpose: permit.purpose().id.as_str().into(),
            persons,
            refused: Mutex::default(),
            left: AtomicBool::new(false),
        }))
    }

    /// Takes a consent into account. The vault has it already.
    pub fn given(&self, lookup: Lookup, record: &ConsentRecord) {
        let Some(given) = consent_of(record) else { return };
        self.change(lookup, |standing| {
            standing.consents.retain(|known| known.id != given.id);
            standing.consents.push(given);
        });
    }

    /// Stops everything that relies on the consents `ids`, before the vault has it. Returns the exchanges under way for
    /// their operator's purposes, whose messages had left before.
    #[must_use]
    pub fn withdraw(&self, lookup: Lookup, ids: &[String], at: Timestamp) -> Vec<Uuid> {
        // From here on `InFlight::leave` refuses. A crash before the vault has it forgets it, and nobody was told that
        // it is done.
        let mut state = self.state();
        let mut ended = Vec::new();
        if let Some(standing) = state.known.get_mut(&lookup) {
            for given in Arc::make_mut(standing).consents.iter_mut().filter(|given| ids.contains(&given.id)) {
                given.withdrawn_at.get_or_insert(at);
                ended.push((given.operator.clone(), given.purposes.clone()));
            }
        }
        let concerns = |left: &LeftExchange, operator: &str, purposes: &[String]| {
            *left.operator == *operator && purposes.iter().any(|purpose| *purpose == *left.purpose)
        };
        state.under_way(lookup, |left| ended.iter().any(|(operator, purposes)| concerns(left, operator, purposes)))
    }

    /// Takes a restriction or an objection into account, or its lifting. Returns its operator's exchanges that it came too
    /// late for.
    #[must_use]
    pub fn hold(&self, lookup: Lookup, record: &HoldRecord) -> Vec<Uuid> {
        self.change(lookup, |standing| {
            standing.holds.retain(|known| known.id != record.id);
            if record.lifted.is_none() {
                standing.holds.push(hold_of(record));
            }
        });
        // A second lock. In between nothing can leave any more, only end: an exchange that left and goes on is always
        // named.
        self.state().under_way(lookup, |left| {
            *left.operator == *record.operator
                && record.purpose.as_deref().is_none_or(|limited_to| limited_to == &*left.purpose)
        })
    }

    /// Forgets a consent whose record was deleted.
    pub fn forget_consent(&self, lookup: Lookup, id: &str) {
        self.change(lookup, |standing| standing.consents.retain(|known| known.id != id));
    }

    /// Forgets a person whose keys were destroyed. Returns the exchanges under way.
    #[must_use]
    pub fn forget(&self, lookup: Lookup) -> Vec<Uuid> {
        let mut state = self.state();
        // The person's consents go with it, so an exchange that relied on one is refused by `InFlight::leave` as
        // without consent.
        state.known.remove(&lookup);
        state.under_way(lookup, |_| true)
    }

    /// Forgets uses that no window reaches any more.
    pub fn forget_uses_before(&self, at: Timestamp) {
        let mut state = self.state();
        for standing in state.known.values_mut().filter(|standing| standing.uses.iter().any(|past| past.at < at)) {
            Arc::make_mut(standing).uses.retain(|past| past.at >= at);
        }
        state.known.retain(|_, standing| !standing.is_empty());
    }

    fn change(&self, lookup: Lookup, how: impl FnOnce(&mut Standing)) {
        let mut state = self.state();
        how(Arc::make_mut(state.known.entry(lookup).or_default()));
        if state.known.get(&lookup).is_some_and(|standing| standing.is_empty()) {
            state.known.remove(&lookup);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one assignment or push, so a state that a panic left is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn under_way(&self, lookup: Lookup, concerns: impl Fn(&LeftExchange) -> bool) -> Vec<Uuid> {
        let exchanges = self.under_way.get(&lookup).into_iter().flatten();
        exchanges.filter(|left| concerns(left)).map(|left| left.exchange).collect()
    }
}

impl InFlight {
    /// Why the message did not leave, if the gate held it back at the last moment.
    #[must_use]
    pub fn refused(&self) -> Option<LackKind> {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a connection took the message.
    #[must_use]
    pub fn has_left(&self) -> bool {
        self.left.load(Ordering::Acquire)
    }

    /// The lookups of its persons, in the order of the request.
    pub fn persons(&self) -> impl Iterator<Item = Lookup> {
        self.persons.iter().map(|(lookup, _)| *lookup)
    }

    /// The last check before the bytes leave; notes the exchange as under way.
    fn leave(&self) -> Result<(), Held> {
        let now = self.gate.clock.now();
        // The lock that `withdraw` and `hold` take: whichever comes first wins, and the other one sees it.
        let mut state = self.gate.state();
        for (lookup, relied_on) in &self.persons {
            let verdict = match state.known.get(lookup) {
                Some(standing) => standing.still_allows(&self.operator, &self.purpose, relied_on.as_deref(), now),
                None if relied_on.is_some() => Err(LackKind::ConsentMissing), // erased meanwhile
                None => Ok(()),
            };
            if let Err(kind) = verdict {
                *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(kind);
                return Err(Held(kind));
            }
        }
        // Noted before the bytes are handed over: who withdraws from now on hears that this exchange has left.
        for (lookup, _) in &self.persons {
            let (operator, purpose) = (self.operator.clone(), self.purpose.clone());
            state.under_way.entry(*lookup).or_default().push(LeftExchange {
                exchange: self.exchange,
                operator,
                purpose,
            });
        }
        self.left.store(true, Ordering::Release);
        Ok(())
    }

    /// Ends the exchange for the gate: its outcome is recorded, or it never left.
    pub fn settled(&self) {
        let mut state = self.gate.state();
        for (lookup, _) in &self.persons {
            if let Some(exchanges) = state.under_way.get_mut(lookup) {
                exchanges.retain(|left| left.exchange != self.exchange);
                if exchanges.is_empty() {
                    state.under_way.remove(lookup);
                }
            }
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        // Also when the task panics or nothing was sent. A second time does no harm.
        self.settled();
    }
}

/// The gate held a message back.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("held back: {}", .0.reason().code())]
pub struct Held(LackKind);

/// The HTTP body of a message, gated by consents and holds. Its bytes are handed over once, and only if the gate still
/// agrees.
pub struct GatedBody {
    bytes: Option<Bytes>,
    in_flight: Arc<InFlight>,
}

impl GatedBody {
    /// A message about to leave.
    #[must_use]
    pub fn new(bytes: Bytes, in_flight: Arc<InFlight>) -> Self {
        Self { bytes: Some(bytes), in_flight }
    }
}

impl GatedBody {
    /// Converts it to the body type of the residency connector.
    #[must_use]
    pub fn boxed(self) -> Outgoing {
        self.map_err(Into::into).boxed_unsync()
    }
}

impl Body for GatedBody {
    type Data = Bytes;
    type Error = Held;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Held>>> {
        // Asked when the connection takes the body: DNS, connect and TLS lie between room 6 and here. Once: there are
        // no bytes left for a second sending.
        let Some(bytes) = self.bytes.take() else { return Poll::Ready(None) };
        Poll::Ready(Some(self.in_flight.leave().map(|()| Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

fn remember(standing: &mut Standing, claim: Use) {
    let known = standing.uses.iter_mut().find(|past| past.operator == claim.operator && past.purpose == claim.purpose);
    match known {
        Some(past) => past.at = past.at.max(claim.at),
        None => standing.uses.push(claim),
    }
}

/// A record as policy knows it; a record whose words policy does not know grants nothing.
fn consent_of(record: &ConsentRecord) -> Option<Given> {
    if record.destroyed_at.is_some() && record.withdrawn.is_none() {
        return None;
    }
    Some(Given {
        id: record.id.clone(),
        reference: record.reference.clone(),
        operator: record.operator.clone(),
        acting_for: Bin::parse(&record.acting_for).ok()?,
        form: Form::parse(&record.form)?,
        purposes: record.purposes.clone(),
        categories: record.categories.clone(),
        recipients: record.recipients.clone(),
        given_at: record.given_at,
        expires_at: record.expires_at,
        guardian: record.guardian.as_deref().and_then(|iin| Iin::parse(iin).ok()),
        withdrawn_at: record.withdrawn.as_ref().map(|withdrawn| withdrawn.at),
    })
}

fn hold_of(record: &HoldRecord) -> Hold {
    Hold {
        id: record.id.clone(),
        operator: record.operator.clone(),
        kind: match record.kind {
            qaqpa_vault::HoldKind::Restriction => HoldKind::Restriction,
            qaqpa_vault::HoldKind::Objection => HoldKind::Objection,
        },
        purpose: record.purpose.clone(),
    }
}
