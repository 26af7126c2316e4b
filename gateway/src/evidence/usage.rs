//! Every exchange about one person, found in the journal by the person's own key: who, when, for what, which fields, to whom.
//!
//! The journal names nobody. Each intent carries marks, and only who has a person's key can say which of them are theirs;
//! this walks the lines, makes the mark of each exchange anew and compares. Whoever's key is destroyed has no exchanges.
//! Nothing is kept in between, so a report costs one walk through the lane.

use std::collections::BTreeMap;
use std::path::Path;

use qaqpa_journal::{Journal, Leaf};
use qaqpa_proto::{Contract, FieldKind, MessageIndex};
use qaqpa_vault::Subject;
use serde::Deserialize;

use crate::evidence::exchange::journal_error;
use crate::persons::mark;
use crate::refusal::denial::Denial;

/// One exchange about a person.
#[derive(Debug, Clone)]
pub struct Usage {
    /// What the journal says of it before anything left.
    pub intent: IntentLine,
    /// And afterwards; absent while it is under way.
    pub outcome: Option<OutcomeLine>,
    /// Numbers of its lines in the lane.
    pub leaves: Vec<u64>,
}

/// An intent, as far as it matters here.
#[derive(Debug, Clone, Deserialize)]
pub struct IntentLine {
    /// UUIDv7 of the exchange.
    pub txn: String,
    /// RFC 3339.
    pub ts: String,
    /// Who asked.
    pub who: WhoLine,
    /// gRPC path.
    pub method: String,
    /// Why.
    pub why: WhyLine,
    /// System that was asked.
    pub system: String,
    /// Whom it is about.
    pub subjects: SubjectsLine,
    /// Counts by category.
    #[serde(default)]
    pub withheld: BTreeMap<String, u32>,
    /// Paths of the fields that left.
    #[serde(default)]
    pub commitments: BTreeMap<String, serde::de::IgnoredAny>,
}

/// Who asked.
#[derive(Debug, Clone, Deserialize)]
pub struct WhoLine {
    /// Id in the configuration.
    pub caller: String,
    /// Operator id.
    pub operator: String,
}

/// Why.
#[derive(Debug, Clone, Deserialize)]
pub struct WhyLine {
    /// Purpose id.
    pub purpose: String,
    /// W3C DPV term.
    pub dpv: String,
    /// Legal basis.
    pub legal_basis: String,
    /// Clause of the operator's policy.
    pub clause: String,
    /// SHA-256 of the pack.
    pub policy_sha256: String,
    /// BIN of the organisation acted for.
    pub acting_for: String,
}

/// Whom it is about.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct SubjectsLine {
    /// One for each person.
    #[serde(default)]
    pub marks: Vec<String>,
    /// One for each consent that was relied on.
    #[serde(default)]
    pub consents: Vec<String>,
}

/// An outcome, as far as it matters here.
#[derive(Debug, Clone, Deserialize)]
pub struct OutcomeLine {
    /// `answered`, `failed` or `unknown`.
    pub result: String,
    /// Stable word that narrows a failure down.
    #[serde(default)]
    pub detail: Option<String>,
    /// Counts by category.
    #[serde(default)]
    pub withheld: BTreeMap<String, u32>,
    /// Paths of the fields that were handed to the caller.
    #[serde(default)]
    pub commitments: BTreeMap<String, serde::de::IgnoredAny>,
}

impl Usage {
    /// The gate held its message back: there was an intent, and nothing left.
    #[must_use]
    pub fn was_held_back(&self) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| outcome.detail.as_deref() == Some(HELD_BACK))
    }
}

/// The word in the outcome of an exchange whose message the gate held back.
pub const HELD_BACK: &str = "held_back";

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The lane itself.
    #[error(transparent)]
    Journal(#[from] qaqpa_journal::Error),
    /// A line that this program did not write.
    #[error("line {0} of the journal is not as this program writes it")]
    Line(u64),
}

/// Every exchange about a person, walked beside the threads that serve.
///
/// # Errors
/// `journal.unavailable`, when the lane cannot be read.
pub(crate) async fn usages(journal: &Journal, subject: Subject) -> Result<Vec<Usage>, Denial> {
    let directory = journal.directory().to_owned();
    let walk = move || of(&subject, &directory);
    tokio::task::spawn_blocking(walk).await.map_err(journal_error)?.map_err(journal_error)
}

/// All exchanges about a person in the lane at `journal`, oldest first.
///
/// # Errors
/// A lane that cannot be read to its end; half a report would be a wrong one.
pub fn of(subject: &Subject, journal: &Path) -> Result<Vec<Usage>, Unreadable> {
    let mut found: Vec<Usage> = Vec::new();
    let mut at: BTreeMap<String, usize> = BTreeMap::new();
    for leaf in qaqpa_journal::lines(journal)? {
        let leaf = leaf?;
        match phase(&leaf.line) {
            Phase::Intent => {
                let intent: IntentLine = parsed(&leaf)?;
                if intent.subjects.marks.contains(&mark(subject, &intent.txn)) {
                    at.insert(intent.txn.clone(), found.len());
                    found.push(Usage { intent, outcome: None, leaves: vec![leaf.index] });
                }
            }
            Phase::Outcome if !at.is_empty() => {
                let Txn { txn } = parsed(&leaf)?;
                if let Some(usage) = at.remove(&txn).and_then(|position| found.get_mut(position)) {
                    usage.outcome = Some(parsed(&leaf)?);
                    usage.leaves.push(leaf.index);
                }
            }
            Phase::Outcome | Phase::Other => {}
        }
    }
    Ok(found)
}

/// What `choose` makes of each intent in the lane at `journal`: its number, its operator and its time in seconds. The walk
/// ends at the first intent that is younger than `youngest` (seconds): a lane is written in the order of time.
///
/// # Errors
/// As [`of`].
pub fn intents<T>(
    journal: &Path,
    youngest: i64,
    choose: impl Fn(u64, &str, i64) -> Option<T>,
) -> Result<Vec<T>, Unreadable> {
    let mut chosen = Vec::new();
    for leaf in qaqpa_journal::lines(journal)? {
        let leaf = leaf?;
        if matches!(phase(&leaf.line), Phase::Intent) {
            let seconds = leaf.seconds.and_then(|seconds| i64::try_from(seconds).ok()).unwrap_or_default();
            if seconds > youngest {
                break;
            }
            let Whose { who } = parsed(&leaf)?;
            chosen.extend(choose(leaf.index, &who.operator, seconds));
        }
    }
    Ok(chosen)
}

#[derive(Deserialize)]
struct Whose {
    who: WhoLine,
}

#[derive(Deserialize)]
struct Txn {
    txn: String,
}

enum Phase {
    Intent,
    Outcome,
    Other,
}

/// By the line's first words, so that the many lines of others are not parsed.
fn phase(line: &[u8]) -> Phase {
    let holds = |words: &[u8]| line.windows(words.len()).take(FIRST_WORDS).any(|window| window == words);
    if holds(br#""phase":"INTENT""#) {
        Phase::Intent
    } else if holds(br#""phase":"OUTCOME""#) {
        Phase::Outcome
    } else {
        Phase::Other
    }
}

/// The journal puts its own keys (lane, number, time) in front of ours.
const FIRST_WORDS: usize = 512;

fn parsed<'l, T: Deserialize<'l>>(leaf: &'l Leaf) -> Result<T, Unreadable> {
    serde_json::from_slice(&leaf.line).map_err(|_| Unreadable::Line(leaf.index))
}

/// Category of the field at a path of names from `message`, as the contract has it now; none for paths it has no more.
#[must_use]
pub fn category(contract: &Contract, message: MessageIndex, path: &str) -> Option<&'static str> {
    let mut here = Some(message);
    let mut category = None;
    for name in path.split('.') {
        let name = name.split(['[', '{']).next().unwrap_or(name);
        let field = contract.message(here?).fields.iter().find(|field| field.name == name)?;
        category = Some(qaqpa_policy::category::name(field.category));
        here = match field.kind {
            FieldKind::Message(inner) => Some(inner),
            _ => None,
        };
    }
    category
}
