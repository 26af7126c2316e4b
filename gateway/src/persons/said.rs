//! What a lane says of persons and of their vault, read once: at start, and by `qaqpa vault restore`.
//!
//! Ids, moments and marks; whose they are, only the vault can tell. A line that only a later version can read is passed over.
//!
//! Example: of `{"phase":"CONSENT","event":"WITHDRAWN","consent":"c-1","vault":412,...}` it keeps that `c-1` is withdrawn, and that
//! the vault counted 412 by then.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;
use qaqpa_journal::line::{Acted, ConsentChanged, ConsentEvent, Event, Phase, SubjectEvent};
use qaqpa_journal::{Journal, Leaf};
use qaqpa_vault::{Bond, HoldKind, Withdrawal};

use crate::evidence::marks;
use crate::persons::not_settled::NotSettled;

/// What a lane says.
#[derive(Default)]
pub struct Said {
    /// Seconds of its first line.
    pub(crate) began: Option<i64>,
    /// Whether any line is about a person, or speaks of a vault.
    pub(crate) needs_a_vault: bool,
    /// Name of the vault it spoke of last, and the highest counter of that one.
    pub(crate) vault: Option<(String, u64)>,
    /// Consents that were given, with their ends.
    pub(crate) given: BTreeMap<String, Option<Timestamp>>,
    pub(crate) withdrawn: BTreeMap<String, Withdrawal>,
    pub(crate) destroyed: BTreeMap<String, Timestamp>,
    pub(crate) held: BTreeMap<String, SaidHold>,
    pub(crate) lifted: BTreeSet<String>,
    pub(crate) erased: BTreeMap<String, SaidErasure>,
    /// The last moment of the lane, but for what the clock said while it was away.
    pub(crate) last: Option<Timestamp>,
    /// Whether the clock is away, by the lane's last word on it.
    pub(crate) clock_is_away: bool,
}

/// A restriction or an objection.
pub(crate) struct SaidHold {
    pub(crate) bearer: Bearer,
    pub(crate) operator: String,
    pub(crate) kind: HoldKind,
    pub(crate) purpose: Option<String>,
    pub(crate) since: Timestamp,
    pub(crate) basis: String,
    pub(crate) recorded_by: String,
}

/// An erasure.
pub(crate) struct SaidErasure {
    pub(crate) bearer: Bearer,
    pub(crate) at: Timestamp,
    pub(crate) basis: String,
}

/// Whom a line is about: the id that the mark was made under, and the mark where the line bears one.
#[derive(Clone)]
pub(crate) struct Bearer {
    pub(crate) txn: String,
    pub(crate) mark: Option<[u8; 16]>,
}

impl Said {
    /// Reads the lane of a journal, beside the threads that serve.
    ///
    /// # Errors
    /// A lane that cannot be read to its end.
    pub async fn read(journal: &Journal) -> Result<Self, NotSettled> {
        let directory = journal.directory().to_owned();
        Ok(tokio::task::spawn_blocking(move || Self::of(&directory)).await??)
    }

    fn of(directory: &Path) -> Result<Self, qaqpa_journal::Error> {
        let mut said = Self::default();
        for leaf in qaqpa_journal::lines(directory)? {
            let leaf = leaf?;
            let at = leaf.seconds.and_then(|seconds| Timestamp::from_second(i64::try_from(seconds).ok()?).ok());
            said.began = said.began.or_else(|| at.map(Timestamp::as_second));
            match leaf.phase {
                Some(Phase::Consent) => said.consent(&leaf),
                Some(Phase::Subject) => said.subject(&leaf),
                Some(Phase::Recovery) => said.event(&leaf),
                Some(Phase::Admin) => said.clock(&leaf),
                _ => {}
            }
            if !said.clock_is_away {
                said.last = at.or(said.last);
            }
            said.needs_a_vault |= matches!(leaf.phase, Some(Phase::Intent | Phase::Consent | Phase::Subject));
        }
        Ok(said)
    }

    fn consent(&mut self, leaf: &Leaf) {
        let Ok(line) = leaf.read::<ConsentChanged<'_>>() else { return };
        self.counted(line.vault);
        let id = line.consent.to_string();
        match line.event {
            ConsentEvent::Given => {
                // Given again under the same id, after its record had ended: what was before is over.
                self.withdrawn.remove(&id);
                self.destroyed.remove(&id);
                self.given.insert(id, line.expires_at);
            }
            ConsentEvent::Withdrawn => {
                let reason_code = line.reason.map(String::from).unwrap_or_default();
                let destroy_by = line.destroy_by.unwrap_or(line.ts);
                let by = line.who.caller.to_string();
                self.withdrawn.insert(id, Withdrawal { at: line.ts, by, reason_code, destroy_by });
            }
            ConsentEvent::Destroyed => drop(self.destroyed.insert(id, line.ts)),
            ConsentEvent::Read => {}
        }
    }

    fn subject(&mut self, leaf: &Leaf) {
        let Ok(line) = leaf.read::<Acted<'_>>() else { return };
        self.counted(line.vault);
        let Some(id) = line.id.as_ref().map(ToString::to_string) else { return };
        let bearer =
            Bearer { txn: line.txn.to_string(), mark: line.marks.first().and_then(|mark| marks::decoded(mark)) };
        let basis = line.basis.as_ref().map(ToString::to_string).unwrap_or_default();
        match line.event {
            SubjectEvent::Erased => drop(self.erased.insert(id, SaidErasure { bearer, at: line.ts, basis })),
            SubjectEvent::Unrestricted => drop(self.lifted.insert(id)),
            SubjectEvent::Restricted | SubjectEvent::Objected => {
                let kind = match line.event {
                    SubjectEvent::Objected => HoldKind::Objection,
                    _ => HoldKind::Restriction,
                };
                let (operator, recorded_by) = (line.who.operator.to_string(), line.who.caller.to_string());
                let purpose = line.purpose.as_ref().map(ToString::to_string);
                let held = SaidHold { bearer, operator, kind, purpose, since: line.ts, basis, recorded_by };
                self.held.insert(id, held);
            }
            _ => {}
        }
    }

    fn event(&mut self, leaf: &Leaf) {
        let Ok(line) = leaf.read::<Event<'_>>() else { return };
        let fact = |name: &str| line.facts.get(name).map(ToString::to_string);
        let (Some(name), Some(counter)) = (fact(VAULT), fact(VAULT_COUNTER)) else { return };
        self.needs_a_vault = true;
        // Another one than before: the counter of that one is over.
        self.vault = Some(match self.vault.take() {
            Some((before, counted)) if before == name => (name, counted.max(counter.parse().unwrap_or_default())),
            _ => (name, counter.parse().unwrap_or_default()),
        });
    }

    fn clock(&mut self, leaf: &Leaf) {
        let Ok(line) = leaf.read::<Event<'_>>() else { return };
        match &*line.event {
            CLOCK_AWAY => {
                self.clock_is_away = true;
                let expected = line.facts.get(EXPECTED).and_then(|expected| expected.parse().ok());
                self.last = expected.or(self.last);
            }
            CLOCK_BACK | CLOCK_CONFIRMED => self.clock_is_away = false,
            _ => {}
        }
    }

    fn counted(&mut self, counter: Option<u64>) {
        if let (Some((_, highest)), Some(counter)) = (&mut self.vault, counter) {
            *highest = (*highest).max(counter);
        }
    }
}

/// Whether the lane in `directory` has a line about a person. It reads up to the first; a lane that cannot be read has none here, and
/// the start says why.
pub(crate) fn is_about_persons(directory: &Path) -> bool {
    let lines = qaqpa_journal::lines(directory).into_iter().flatten().map_while(Result::ok);
    lines.into_iter().any(|leaf| matches!(leaf.phase, Some(Phase::Intent | Phase::Consent | Phase::Subject)))
}

/// How a line of the gateway itself names its vault.
pub(crate) fn facts(bond: &Bond) -> [(&'static str, String); 2] {
    [(VAULT, bond.name.clone().unwrap_or_default()), (VAULT_COUNTER, bond.counter.to_string())]
}

/// The clock jumped: what it should say is the fact `expected`.
pub(crate) const CLOCK_AWAY: &str = "clock_away";
/// The clock goes right again, by itself.
pub(crate) const CLOCK_BACK: &str = "clock_back";
/// An officer says that the clock is right.
pub(crate) const CLOCK_CONFIRMED: &str = "clock_confirmed";
pub(crate) const EXPECTED: &str = "expected";
const VAULT: &str = "vault";
const VAULT_COUNTER: &str = "vault_counter";
