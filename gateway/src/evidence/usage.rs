//! Finds every exchange about one person in the journal by the person's key.
//!
//! The journal names nobody. Each intent carries marks, and only who has a person's key can say which of them are theirs;
//! this walks the lines, makes the mark of each exchange anew and compares. A person whose key is destroyed has none.
//! Nothing is kept in between, so a report costs one walk through the lane.

use std::collections::BTreeMap;
use std::path::Path;

use qaqpa_journal::Journal;
use qaqpa_journal::line::{self, Intent, Outcome, Phase, Subjects, Who};
use qaqpa_proto::{Contract, FieldKind, MessageIndex};
use qaqpa_vault::Subject;

use crate::evidence::lines::journal_error;
use crate::evidence::marks::mark;
use crate::refusal::NotDone;

/// One exchange about a person.
#[derive(Debug, Clone)]
pub struct Usage {
    /// Its INTENT line.
    pub intent: Intent<'static>,
    /// And afterwards; absent while it is under way.
    pub outcome: Option<Outcome<'static>>,
    /// Numbers of its lines in the lane.
    pub leaves: Vec<u64>,
}

impl Usage {
    /// The leaf of its intent: by it exchanges follow one another in a lane.
    #[must_use]
    pub fn began(&self) -> u64 {
        self.leaves.first().copied().unwrap_or_default()
    }

    /// Its message was held back, by the gate or by its caller's deadline: there was an intent, and nothing left.
    #[must_use]
    pub fn was_held_back(&self) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| outcome.detail.as_deref() == Some(HELD_BACK))
    }
}

/// The word in the outcome of an exchange whose message was held back.
pub const HELD_BACK: &str = "held_back";

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The lane itself.
    #[error(transparent)]
    Journal(#[from] qaqpa_journal::Error),
    /// A line that this program did not write.
    #[error(transparent)]
    Line(#[from] line::Unreadable),
}

/// Every exchange about a person, walked beside the threads that serve.
///
/// # Errors
/// `journal.unavailable`, when the lane cannot be read.
pub(crate) async fn usages(journal: &Journal, subject: Subject) -> Result<Vec<Usage>, NotDone> {
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
        match (leaf.phase, &leaf.txn) {
            (Some(Phase::Intent), Some(txn)) if leaf.part::<Subjects<'_>>()?.bear(&mark(subject, txn)) => {
                at.insert(txn.clone(), found.len());
                let intent: Intent<'_> = leaf.read()?;
                found.push(Usage { intent: intent.into_owned(), outcome: None, leaves: vec![leaf.index] });
            }
            // The lane may grow during the walk: an outcome that comes later is absent, as for an exchange under way.
            (Some(Phase::Outcome), Some(txn)) => {
                if let Some(usage) = at.remove(txn).and_then(|position| found.get_mut(position)) {
                    let outcome: Outcome<'_> = leaf.read()?;
                    usage.outcome = Some(outcome.into_owned());
                    usage.leaves.push(leaf.index);
                }
            }
            (Some(Phase::Intent | Phase::Outcome), None) => return Err(line::Unreadable(leaf.index).into()),
            _ => {}
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
        if leaf.phase == Some(Phase::Intent) {
            let seconds = leaf.seconds.and_then(|seconds| i64::try_from(seconds).ok());
            let seconds = seconds.ok_or(line::Unreadable(leaf.index))?;
            if seconds > youngest {
                break;
            }
            chosen.extend(choose(leaf.index, &leaf.part::<Who<'_>>()?.operator, seconds));
        }
    }
    Ok(chosen)
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
