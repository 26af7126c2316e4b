//! Every reason for which something is not done: one table, for all crates.
//!
//! There are two kinds. A [`Refusal`]: we said no. A [`Failure`]: it did not work. Each has a row of the table: a stable
//! code (`room.word`, `ErrorInfo.reason` on the wire), whose fault it is, a gRPC status, whether trying again helps, and
//! a text in three languages that names no value that anybody sent. Types of other crates say which reason they are and
//! repeat nothing of the row; what is no literal of a code elsewhere cannot disagree with the table (a test looks for them).
//!
//! ```
//! use qaqpa_proto::reason::{Fault, Reason, Refusal, StatusCode};
//! let reason: Reason = Refusal::PurposeMissing.into();
//! assert_eq!((reason.code(), reason.fault()), ("purpose.missing", Fault::Caller));
//! assert_eq!(reason.status(), StatusCode::InvalidArgument);
//! assert_eq!(Reason::of("purpose.missing"), Some(reason));
//! ```

mod failure;
mod refusal;
mod table;

pub use failure::Failure;
pub use refusal::{Judge, Refusal};
pub use table::Row;

use std::fmt;

use crate::language::Language;

/// The reason for which something is not done: a refusal or a failure.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A refusal: the gateway said no.
    Refusal(Refusal),
    /// A failure: it did not work.
    Failure(Failure),
}

impl Reason {
    /// The reason with this code.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        Self::all().find(|reason| reason.code() == code)
    }

    /// All of them, refusals first.
    pub fn all() -> impl Iterator<Item = Self> {
        Refusal::ALL.iter().copied().map(Self::Refusal).chain(Failure::ALL.iter().copied().map(Self::Failure))
    }

    /// What was decided, as it stands in events: `refused` or `failed`.
    #[must_use]
    pub const fn decision(self) -> &'static str {
        match self {
            Self::Refusal(_) => "refused",
            Self::Failure(_) => "failed",
        }
    }

    /// Its row of the table.
    #[must_use]
    pub const fn row(self) -> &'static Row {
        match self {
            Self::Refusal(refusal) => refusal.row(),
            Self::Failure(failure) => failure.row(),
        }
    }

    /// Stable `room.word`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.row().code
    }

    /// The party at fault, who has to act.
    #[must_use]
    pub const fn fault(self) -> Fault {
        self.row().fault
    }

    /// gRPC status.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.row().status
    }

    /// Whether trying again helps.
    #[must_use]
    pub const fn retry(self) -> Retry {
        self.row().retry
    }

    /// Text for the caller.
    #[must_use]
    pub const fn text(self, language: Language) -> &'static str {
        self.row().text.in_language(language)
    }
}

impl From<Refusal> for Reason {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl From<Failure> for Reason {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl PartialEq<Refusal> for Reason {
    fn eq(&self, refusal: &Refusal) -> bool {
        *self == Self::Refusal(*refusal)
    }
}

impl PartialEq<Failure> for Reason {
    fn eq(&self, failure: &Failure) -> bool {
        *self == Self::Failure(*failure)
    }
}

/// The stable code too: errors of libraries that wrap ours are printed by `Debug`, and people search for the code.
impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The stable code.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// The party at fault, who has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The caller: change the request, or ask for a right.
    Caller,
    /// This gateway or its configuration: its operator must act.
    Gateway,
    /// Between here and the state system.
    Network,
    /// The state system answered something unusable, or that it cannot.
    StateSystem,
}

impl Fault {
    /// As it stands in `ErrorInfo.metadata["fault"]` and in the journal.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Gateway => "gateway",
            Self::Network => "network",
            Self::StateSystem => "state-system",
        }
    }
}

/// Whether trying again, with the same message, helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retry {
    /// A retry gives the same answer until something is changed.
    No,
    /// Nothing was done; later it may succeed.
    Later,
    /// The state system may have carried it out: look first, then decide.
    Unsure,
}

impl Retry {
    /// As it stands in `ErrorInfo.metadata["retry"]`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Later => "later",
            Self::Unsure => "unsure",
        }
    }
}

/// The numbers of `google.rpc.Code` that the table uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "google/rpc/code.proto says what they mean")]
#[repr(i32)]
pub enum StatusCode {
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

impl StatusCode {
    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> i32 {
        self as i32
    }
}

/// What must hold of every row, so that no reader of a code is surprised by a new one.
#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::language::{Text, text};

    /// What is wrong with a row.
    fn flaws(reason: Reason) -> Vec<&'static str> {
        let Text { kk, ru, en } = reason.row().text;
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase());
        let cyrillic = |text: &str| text.chars().any(|letter| ('А'..='я').contains(&letter));
        let [kazakh, russian] = [kk, ru].map(|text| text.chars().any(|letter| "әғқңөұүһі".contains(letter)));
        [
            (
                reason.code().split_once('.').is_none_or(|(room, word)| !is_word(room) || !is_word(word)),
                "no `room.word`",
            ),
            ([kk, ru, en].iter().any(|text| !text.ends_with('.')), "a text is no sentence"),
            (!kazakh || !cyrillic(kk), "not Kazakh"),
            (russian || !cyrillic(ru), "not Russian"),
            (!en.is_ascii(), "not English"),
        ]
        .into_iter()
        .filter_map(|(is_flawed, why)| is_flawed.then_some(why))
        .collect()
    }

    #[test]
    fn every_row_is_whole() {
        for reason in Reason::all() {
            assert_eq!(flaws(reason), Vec::<&str>::new(), "{reason}");
            assert_eq!(Reason::of(reason.code()), Some(reason), "a code stands twice");
        }
    }

    #[test]
    fn no_two_reasons_share_a_text_and_no_room_is_both_refusal_and_failure() {
        let texts: BTreeSet<&str> = Reason::all().map(|reason| reason.text(Language::En)).collect();
        assert_eq!(texts.len(), Reason::all().count());
        let rooms = |wanted: fn(&Reason) -> bool| -> BTreeSet<&str> {
            Reason::all().filter(wanted).filter_map(|reason| reason.code().split('.').next()).collect()
        };
        let (refusals, failures) = (
            rooms(|reason| matches!(reason, Reason::Refusal(_))),
            rooms(|reason| matches!(reason, Reason::Failure(_))),
        );
        assert_eq!(refusals.intersection(&failures).collect::<Vec<_>>(), Vec::<&&str>::new());
        assert!(refusals.contains("residency") && failures.contains("upstream"), "{refusals:?} {failures:?}");
    }

    /// After a message has left, whoever gets no answer is told that there may be something to look for.
    #[test]
    fn what_may_have_been_carried_out_says_so() {
        const SAYS_SO: Text = text(
            "Сұрау салу орындалған болуы мүмкін.",
            "Запрос мог быть выполнен.",
            "The request may have been carried out.",
        );
        for reason in Reason::all() {
            for language in Language::ALL {
                let says_so = reason.text(language).ends_with(SAYS_SO.in_language(language));
                assert_eq!(says_so, reason.retry() == Retry::Unsure, "{reason}");
            }
        }
    }

    #[test]
    fn what_is_the_callers_turn_is_a_refusal() {
        for reason in Reason::all() {
            let failed = matches!(reason, Reason::Failure(_));
            assert!(!failed || reason.fault() != Fault::Caller, "{reason}: a failure is nobody's request");
            assert!(failed || !matches!(reason.fault(), Fault::Network | Fault::StateSystem), "{reason}: whose no?");
            // Only a connection that is ended for its address may have carried a message by then.
            let may_have_left = failed || reason == Refusal::ResidencyRevoked;
            assert!(may_have_left || reason.retry() != Retry::Unsure, "{reason}: what is refused is not carried out");
        }
        assert_eq!(Reason::of("purpose.mising"), None, "no neighbour is taken for it");
    }
}
