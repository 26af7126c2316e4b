//! Consent for minors: whoever is under the policy's age on the day of the exchange needs a guardian and a consent.
//!
//! The age comes from the birth date alone, never from the IIN. A birth date in the future is a minor's. Refuses a
//! birth date that is missing or unreadable where the contract has a place for it, since silence would hide a minor,
//! and a guardian who is the student.

use jiff::civil::Date;

use crate::permit::Permit;
use crate::subject::{Person, Subjects};

/// Evidence that nobody in an exchange lacked a guardian's consent.
#[derive(Debug, Clone)]
pub struct Consent {
    persons: usize,
    minors: usize,
    mismatches: Vec<String>,
}

/// Judges every person of a request on the day `today`.
///
/// # Errors
/// All persons that lack something, by their place in the request.
pub fn check(permit: &Permit, subjects: &Subjects, today: Date) -> Result<Consent, NotConsented> {
    let mut consent = Consent { persons: subjects.persons().len(), minors: 0, mismatches: Vec::new() };
    if !subjects.tells_birth_date() {
        return Ok(consent);
    }
    let minors = permit.pack().minors();
    let paths = subjects.paths();
    let place = |person: &Person, path: &str| permit.request_plan().place(path, &person.positions);
    let mut lacks = Vec::new();
    for person in subjects.persons() {
        let Some(born) = person.birth_date else {
            lacks.push(Lack { path: place(person, &paths.birth_date), kind: LackKind::BirthDate });
            continue;
        };
        if contradicts(person, born) {
            consent.mismatches.push(place(person, &paths.iin));
        }
        if age(born, today) < i32::from(minors.age) {
            consent.minors += 1;
            let found = lack_of_minor(person).into_iter().map(|kind| Lack {
                path: place(person, if kind == LackKind::Reference { &paths.consent } else { &paths.guardian }),
                kind,
            });
            lacks.extend(found);
        }
    }
    if lacks.is_empty() { Ok(consent) } else { Err(NotConsented { lacks, clause: minors.clause.clone() }) }
}

impl Consent {
    /// How many persons were judged.
    #[must_use]
    pub fn persons(&self) -> usize {
        self.persons
    }

    /// How many of them are minors with a guardian's consent.
    #[must_use]
    pub fn minors(&self) -> usize {
        self.minors
    }

    /// Paths of IINs whose inner date is not the birth date. A warning (`iin.birth_date_mismatch`), never a refusal:
    /// numbers need not match since 2013.
    #[must_use]
    pub fn birth_date_mismatches(&self) -> &[String] {
        &self.mismatches
    }
}

/// Who lacks what. The caller is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", summary(lacks))]
pub struct NotConsented {
    lacks: Vec<Lack>,
    clause: String,
}

impl NotConsented {
    /// Stable code, of the gravest lack.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.lacks.iter().map(|lack| lack.kind).min().unwrap_or(LackKind::BirthDate).code()
    }

    /// All of them.
    #[must_use]
    pub fn lacks(&self) -> &[Lack] {
        &self.lacks
    }

    /// Clause of the policy that demands it.
    #[must_use]
    pub fn clause(&self) -> &str {
        &self.clause
    }
}

/// One person's lack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// Field path with position, `student[3].guardian_iin`; never a value.
    pub path: String,
    /// What is lacking.
    pub kind: LackKind,
}

/// What a person can lack, gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LackKind {
    /// A minor's guardian is missing or no IIN.
    Guardian,
    /// A minor's guardian is the minor.
    GuardianIsSubject,
    /// A minor's consent reference is missing.
    Reference,
    /// Without a birth date nobody knows whether a guardian is needed.
    BirthDate,
}

impl LackKind {
    /// Stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Guardian | Self::GuardianIsSubject | Self::Reference => "consent.guardian_missing",
            Self::BirthDate => "consent.birth_date_unknown",
        }
    }
}

fn lack_of_minor(person: &Person) -> Vec<LackKind> {
    let mut lacks = Vec::new();
    match (&person.guardian, &person.iin) {
        (None, _) => lacks.push(LackKind::Guardian),
        (Some(guardian), Some(iin)) if guardian == iin => lacks.push(LackKind::GuardianIsSubject),
        (Some(_), _) => {}
    }
    if person.consent.is_none() {
        lacks.push(LackKind::Reference);
    }
    lacks
}

/// Full years on `today`; who was born on 29 February has their birthday on 1 March in other years.
fn age(born: Date, today: Date) -> i32 {
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    i32::from(today.year()) - i32::from(born.year()) - i32::from(!had_birthday)
}

fn contradicts(person: &Person, born: Date) -> bool {
    person.iin.and_then(|iin| iin.birth_date_hint()).is_some_and(|hint| hint != born)
}

fn summary(lacks: &[Lack]) -> String {
    let minors = lacks.iter().any(|lack| lack.kind != LackKind::BirthDate);
    let what = if minors {
        "a minor needs a guardian's IIN and the reference of their consent"
    } else {
        "without a birth date it is unknown whether a guardian must consent"
    };
    let paths: Vec<&str> = lacks.iter().map(|lack| lack.path.as_str()).take(10).collect();
    format!("{what} ({})", paths.join(", "))
}
