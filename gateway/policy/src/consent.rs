//! Room 6: checks holds, purpose limitation and consent of every person in an exchange. Holds, incompatible purposes,
//! consents of the ledger, guardians of minors.
//!
//! The age comes from the birth date alone, never from the IIN. A birth date in the future is a minor's. Refuses a
//! birth date that is missing or unreadable where the contract has a place for it, since silence would hide a minor,
//! a guardian who is the student, and a person whom no valid IIN names, since their holds cannot be looked up.
//!
//! ```text
//! reporting, consent in force                  -> Consent, relying on it
//! reporting, consent withdrawn yesterday       -> consent.withdrawn at student.iin
//! born 2010, guardian named, no such consent   -> consent.missing at student.consent_ref
//! ```

pub mod form;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use qaqpa_proto::Operation;
use qaqpa_proto::reason::Refusal;
use qaqpa_proto::wire::Malformed;

use crate::identifier::Iin;
use crate::pack::MinorRule;
use crate::permit::Permit;
use crate::standing::{Demand, Standing};
use crate::subject::{self, Person, Subjects};

pub use crate::lack::{Lack, LackKind};

/// Evidence that data of every person in an exchange may be processed now.
#[derive(Debug, Clone)]
pub struct Consent {
    persons: usize,
    minors: usize,
    mismatches: Vec<String>,
    reliances: Vec<Reliance>,
}

/// A person of an exchange and the consent it relies on, if one was needed.
#[derive(Debug, Clone)]
pub struct Reliance {
    /// IIN of the person.
    pub iin: Iin,
    /// Id of the consent in the ledger.
    pub consent: Option<String>,
}

/// The moment of an exchange, as an instant and as a day in Kazakhstan.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The instant.
    pub now: Timestamp,
    /// The day.
    pub today: Date,
}

/// Judges every person of a request; `cited` is the consent that the caller's context names, `known` what the ledger
/// knows of a person.
///
/// # Errors
/// All persons that lack something, by their place in the request.
pub fn check(
    permit: &Permit,
    operation: &Operation,
    cited: Option<&str>,
    subjects: &Subjects,
    known: &dyn Fn(&Iin) -> Arc<Standing>,
    moment: Moment,
) -> Result<Consent, NotConsented> {
    let mut judge =
        Judge { permit, operation, cited, subjects, moment, consent: Consent::of(subjects), lacks: Vec::new() };
    subjects.persons().iter().for_each(|person| judge.person(person, known));
    match judge.lacks.is_empty() {
        true => Ok(judge.consent),
        false => Err(NotConsented { lacks: judge.lacks, clause: permit.pack().minors().clause.clone() }),
    }
}

/// Judges the persons of a reply where the request states no birth date: a policy that refuses minors refuses them
/// here.
///
/// # Errors
/// A minor, or bytes that are no protobuf.
pub fn check_reply(
    permit: &Permit,
    operation: &Operation,
    wire: &[u8],
    today: Date,
) -> Result<ReplyJudged, NotConsented> {
    let minors = permit.pack().minors();
    let (MinorRule::Refuse, Some(path)) = (minors.rule, &operation.subject.reply_birth_date) else {
        return Ok(ReplyJudged(()));
    };
    let lack =
        |kind| NotConsented { lacks: vec![Lack { path: path.text.clone(), kind }], clause: minors.clause.clone() };
    let births = subject::texts(wire, &path.numbers).map_err(|_: Malformed| lack(LackKind::BirthDate))?;
    for born in births {
        match crate::calendar::date(born) {
            None => return Err(lack(LackKind::BirthDate)),
            Some(born) if age(born, today) < i32::from(minors.age) => return Err(lack(LackKind::MinorRefused)),
            Some(_) => {}
        }
    }
    Ok(ReplyJudged(()))
}

/// Evidence that the persons of a reply were judged by their ages. Room 15 asks for it, and only [`check_reply`] makes it:
///
/// ```no_run
/// # use qaqpa_policy::{Permit, consent::{NotConsented, ReplyJudged, check_reply}}; use qaqpa_proto::Operation;
/// fn judged(permit: &Permit, of: &Operation, reply: &[u8], day: jiff::civil::Date) -> Result<ReplyJudged, NotConsented> {
///     check_reply(permit, of, reply, day)
/// }
/// ```
/// ```compile_fail,E0603
/// let forged = qaqpa_policy::consent::ReplyJudged(());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyJudged(());

struct Judge<'a> {
    permit: &'a Permit,
    operation: &'a Operation,
    cited: Option<&'a str>,
    subjects: &'a Subjects,
    moment: Moment,
    consent: Consent,
    lacks: Vec<Lack>,
}

impl Judge<'_> {
    fn person(&mut self, person: &Person, known: &dyn Fn(&Iin) -> Arc<Standing>) {
        // Without a number nobody can look up holds: silence would let a blocked person through.
        let Some(iin) = person.iin else { return self.lack(person, LackKind::Unknown) };
        let standing = known(&iin);
        if let Err(kind) = standing.allows(self.permit, self.moment.now) {
            return self.lack(person, kind);
        }
        let relied_on = match self.is_minor(person, iin) {
            Err(()) => return,
            Ok(true) => self.guardians(person, &standing),
            Ok(false) => self.own(person, &standing),
        };
        if let Ok(consent) = relied_on {
            self.consent.reliances.push(Reliance { iin, consent });
        }
    }

    /// Whether the request says the person is a minor; `Err` when it must say and does not.
    fn is_minor(&mut self, person: &Person, iin: Iin) -> Result<bool, ()> {
        if !self.subjects.tells_birth_date() {
            return Ok(false);
        }
        // Missing is not adult: without the date a minor would pass unseen.
        let Some(born) = person.birth_date else {
            self.lack(person, LackKind::BirthDate);
            return Err(());
        };
        if iin.birth_date_hint().is_some_and(|hint| hint != born) {
            self.consent.mismatches.push(self.place(person, &self.subjects.paths().iin));
        }
        let minor = age(born, self.moment.today) < i32::from(self.permit.pack().minors().age);
        self.consent.minors += usize::from(minor);
        Ok(minor)
    }

    /// The person's own consent, where the purpose wants one.
    fn own(&mut self, person: &Person, standing: &Standing) -> Result<Option<String>, ()> {
        let Some(rule) = &self.permit.purpose().consent else { return Ok(None) };
        self.relied_on(person, standing, Demand::Own { rule, reference: self.cited })
    }

    /// A guardian's, for a minor, whatever the purpose; or none, where the policy refuses minors.
    fn guardians(&mut self, person: &Person, standing: &Standing) -> Result<Option<String>, ()> {
        if self.permit.pack().minors().rule == MinorRule::Refuse {
            self.lack(person, LackKind::MinorRefused);
            return Err(());
        }
        // All that the request lacks is said at once; only a request that is whole is compared with the ledger.
        let lacks = lack_of_minor(person);
        let (Some(guardian), Some(reference), true) = (&person.guardian, &person.consent, lacks.is_empty()) else {
            lacks.into_iter().for_each(|kind| self.lack(person, kind));
            return Err(());
        };
        let rule = self.permit.purpose().consent.as_ref();
        self.relied_on(person, standing, Demand::Guardian { guardian, reference, rule })
    }

    fn relied_on(&mut self, person: &Person, standing: &Standing, demand: Demand<'_>) -> Result<Option<String>, ()> {
        match standing.consent(self.permit, &self.operation.system.id, demand, self.moment.now) {
            Ok(given) => Ok(Some(given.id.clone())),
            Err(kind) => {
                self.lack(person, kind);
                Err(())
            }
        }
    }

    fn lack(&mut self, person: &Person, kind: LackKind) {
        let paths = self.subjects.paths();
        let path = match kind {
            LackKind::Guardian | LackKind::GuardianIsSubject => &paths.guardian,
            LackKind::Reference => &paths.consent,
            LackKind::BirthDate | LackKind::MinorRefused => &paths.birth_date,
            _ => &paths.iin,
        };
        self.lacks.push(Lack { path: self.place(person, path), kind });
    }

    fn place(&self, person: &Person, path: &str) -> String {
        self.permit.request_plan().place(path, &person.positions)
    }
}

impl Consent {
    fn of(subjects: &Subjects) -> Self {
        Self { persons: subjects.persons().len(), minors: 0, mismatches: Vec::new(), reliances: Vec::new() }
    }

    /// The persons of the exchange, each with the consent that is relied on.
    #[must_use]
    pub fn reliances(&self) -> &[Reliance] {
        &self.reliances
    }

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

/// The persons whose data may not move, and why. The caller is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", summary(lacks))]
pub struct NotConsented {
    lacks: Vec<Lack>,
    clause: String,
}

impl NotConsented {
    /// Row of the table, of the gravest lack.
    #[must_use]
    pub fn reason(&self) -> Refusal {
        self.kind().reason()
    }

    /// The gravest lack.
    #[must_use]
    pub fn kind(&self) -> LackKind {
        self.lacks.iter().map(|lack| lack.kind).min().unwrap_or(LackKind::Unknown)
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

fn summary(lacks: &[Lack]) -> String {
    let what = lacks.iter().map(|lack| lack.kind).min().unwrap_or(LackKind::Unknown).sentence();
    let paths: Vec<&str> = lacks.iter().map(|lack| lack.path.as_str()).take(10).collect();
    format!("{what} ({})", paths.join(", "))
}
