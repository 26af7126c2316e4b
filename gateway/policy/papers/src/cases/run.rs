//! Runs a case through the rooms of the corridor that need no network: permit, consent, minimisation.
//!
//! The caller of a case is granted every purpose and the operator's own organisation, so that only the pack decides.
//!
//! ```text
//! a phone number stays behind   avtomektep.yaml:3   withheld   - student.phone
//!                                                              + student.email
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use qaqpa_policy::caller::{Caller, CallerMatch, CallerRule, Callers, Identity, Role};
use qaqpa_policy::consent::form::Form;
use qaqpa_policy::consent::{self, Moment};
use qaqpa_policy::context::Claim;
use qaqpa_policy::identifier::{Bin, Iin};
use qaqpa_policy::minimise::{Circumstances, Minimised, Mode, PseudonymKey};
use qaqpa_policy::pack::Pack;
use qaqpa_policy::permit::{Permit, permit};
use qaqpa_policy::plan::{Direction, PlanProblem, Plans};
use qaqpa_policy::standing::{Given, Hold, Standing, Use};
use qaqpa_policy::subject::{Person, Subjects};
use qaqpa_proto::Contract;
use qaqpa_proto::reason::{Reason, Refusal};

use super::shape::ConsentShape;
use super::{Case, Cases, Expected, encode, flat};

/// How one case went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The case's name.
    pub name: String,
    /// Its line in the file.
    pub line: u64,
    /// Clauses that it proves.
    pub clauses: Vec<String>,
    /// Operation, without leading slash.
    pub operation: String,
    /// Purpose id.
    pub purpose: String,
    /// What differs; empty when the case holds.
    pub differences: Vec<Difference>,
}

impl Verdict {
    /// Whether everything is as the case says.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.differences.is_empty()
    }
}

/// One line that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Key of the case: `moves`, `withheld`, `transformed`, `refused`, `fields`.
    pub key: &'static str,
    /// `-` expected and not found, `+` found and not expected.
    pub sign: char,
    /// A path, a path with its synthetic value, or a code.
    pub text: String,
}

impl Cases {
    /// Runs all of them. A pack that publishes no BIN gets a synthetic one, since nothing is asked of anybody.
    ///
    /// # Errors
    /// What contract and pack disagree on.
    pub fn run(&self, contract: &Contract, pack: &Pack) -> Result<Vec<Verdict>, Vec<PlanProblem>> {
        let named = Bin::parse(SYNTHETIC_BIN).ok().and_then(|bin| pack.clone().with_bin(bin).ok());
        let plans = Plans::compile(contract, named.as_ref().unwrap_or(pack))?;
        Ok(self.iter().map(|case| case.run(contract, &plans)).collect())
    }
}

/// What became of a case's message.
enum Found {
    Refused { reason: Reason, fields: BTreeSet<String> },
    Passed(Box<Minimised>),
}

impl Found {
    fn refused(reason: impl Into<Reason>) -> Self {
        Self::Refused { reason: reason.into(), fields: BTreeSet::new() }
    }
}

impl Case {
    fn run(&self, contract: &Contract, plans: &Plans) -> Verdict {
        let found = self.found(plans).unwrap_or_else(|refused| refused);
        Verdict {
            name: self.name.clone(),
            line: self.line,
            clauses: self.clauses.clone(),
            operation: self.operation.path.trim_start_matches('/').to_owned(),
            purpose: self.purpose.clone(),
            differences: self.differences(contract, &found),
        }
    }

    fn found(&self, plans: &Plans) -> Result<Found, Found> {
        let claim = Claim::read(&self.context()).map_err(|problem| Found::refused(problem.reason()))?;
        let caller = caller(plans).ok_or_else(|| Found::refused(Refusal::CallerUnknown))?;
        let permit =
            permit(&caller, &self.operation, &claim, plans).map_err(|refused| Found::refused(refused.reason()))?;
        match self.direction {
            Direction::Request => self.request(&permit),
            Direction::Reply => self.reply(&permit),
        }
    }

    fn request(&self, permit: &Permit) -> Result<Found, Found> {
        let subjects =
            Subjects::read(&self.operation, &self.given).map_err(|malformed| Found::refused(malformed.reason()))?;
        let known = |iin: &Iin| Arc::new(self.standing(permit, &subjects, iin));
        let mode = self.mode.unwrap_or_else(|| permit.mode());
        let plan = permit.request_plan();
        let checked = consent::check(permit, &self.operation, None, &subjects, &known, self.moment());
        match (plan.minimise(&self.given, mode, &circumstances(self, permit)), checked) {
            (Err(refused), _) => Err(not_minimised(&refused)),
            (Ok(_), Err(lacks)) => Err(Found::Refused {
                reason: lacks.reason().into(),
                fields: lacks.lacks().iter().map(|lack| lack.path.clone()).collect(),
            }),
            (Ok(minimised), Ok(_)) => Ok(Found::Passed(Box::new(minimised))),
        }
    }

    fn reply(&self, permit: &Permit) -> Result<Found, Found> {
        consent::check_reply(permit, &self.operation, &self.given, self.today)
            .map_err(|lacks| Found::refused(lacks.reason()))?;
        let plan = permit.reply_plan();
        let mode = self.mode.unwrap_or(Mode::Strip);
        let minimised = plan.minimise(&self.given, mode, &circumstances(self, permit));
        minimised.map(Box::new).map(Found::Passed).map_err(|refused| not_minimised(&refused))
    }

    /// Field 1 of a request, with nothing but the purpose.
    fn context(&self) -> Vec<u8> {
        let mut inner = vec![0x0a];
        encode::varint(self.purpose.len() as u64, &mut inner);
        inner.extend_from_slice(self.purpose.as_bytes());
        let mut outer = vec![0x0a];
        encode::varint(inner.len() as u64, &mut outer);
        outer.extend_from_slice(&inner);
        outer
    }

    /// Noon of the case's day.
    fn moment(&self) -> Moment {
        let noon = TimeZone::UTC.to_timestamp(self.today.at(12, 0, 0, 0)).unwrap_or(Timestamp::UNIX_EPOCH);
        Moment { now: noon, today: self.today }
    }

    /// What the ledger holds of one of the persons, as the case says.
    fn standing(&self, permit: &Permit, subjects: &Subjects, iin: &Iin) -> Standing {
        let operator = permit.operator().to_owned();
        let now = self.moment().now;
        let person = subjects.persons().iter().find(|person| person.iin() == Some(iin));
        let consents =
            if self.known.consent == ConsentShape::Missing { Vec::new() } else { vec![self.consent(permit, person)] };
        let holds = self.known.held.map(|kind| Hold {
            id: "hold".to_owned(),
            operator: operator.clone(),
            kind,
            purpose: Some(self.purpose.clone()),
        });
        let uses = self.known.used.iter().map(|(purpose, days_ago)| Use {
            operator: operator.clone(),
            purpose: purpose.clone(),
            at: now - days(*days_ago),
        });
        Standing { consents, holds: holds.into_iter().collect(), uses: uses.collect() }
    }

    /// A consent that covers the exchange, but for what the case changes about it.
    fn consent(&self, permit: &Permit, person: Option<&Person>) -> Given {
        let now = self.moment().now;
        let accepted = permit.purpose().consent.as_ref().and_then(|rule| rule.forms.first().copied());
        let ended = |state| (self.known.consent == state).then(|| now - days(1));
        Given {
            id: "consent".to_owned(),
            reference: person.and_then(Person::consent).unwrap_or_default().to_owned(),
            operator: permit.operator().to_owned(),
            acting_for: *permit.acting(),
            form: self.known.form.or(accepted).unwrap_or(Form::Written),
            purposes: vec![self.purpose.clone()],
            categories: Vec::new(),
            recipients: Vec::new(),
            given_at: now - days(30),
            expires_at: ended(ConsentShape::Expired),
            guardian: person.and_then(Person::guardian).copied(),
            withdrawn_at: ended(ConsentShape::Withdrawn),
        }
    }

    fn differences(&self, contract: &Contract, found: &Found) -> Vec<Difference> {
        match (&self.expected, found) {
            (Expected::Refused { reason, fields }, Found::Refused { reason: found, fields: at }) => {
                let mut rows = Vec::new();
                if reason != found {
                    rows.push(Difference { key: "refused", sign: '-', text: reason.to_string() });
                    rows.push(Difference { key: "refused", sign: '+', text: found.to_string() });
                }
                rows.extend(fields.iter().flat_map(|fields| sets("fields", fields, at)));
                rows
            }
            (Expected::Refused { reason, .. }, Found::Passed(_)) => {
                let text = format!("{reason} (it went through)");
                vec![Difference { key: "refused", sign: '-', text }]
            }
            (Expected::Passed { .. }, Found::Refused { reason, fields }) => {
                let at: Vec<&str> = fields.iter().map(String::as_str).collect();
                let text = if at.is_empty() { reason.to_string() } else { format!("{reason} at {}", at.join(", ")) };
                vec![Difference { key: "refused", sign: '+', text }]
            }
            (Expected::Passed { moves, withheld, transformed }, Found::Passed(minimised)) => {
                let mut rows = Vec::new();
                if let Some(moves) = moves {
                    rows.extend(self.moved(contract, moves, minimised));
                }
                let paths: BTreeSet<String> = minimised.withheld().map(|field| field.path.to_owned()).collect();
                rows.extend(withheld.iter().flat_map(|wanted| sets("withheld", wanted, &paths)));
                let paths: BTreeSet<String> = minimised.transformed().map(|field| field.path.to_owned()).collect();
                rows.extend(transformed.iter().flat_map(|wanted| sets("transformed", wanted, &paths)));
                rows
            }
        }
    }

    fn moved(&self, contract: &Contract, wanted: &flat::Lines, minimised: &Minimised) -> Vec<Difference> {
        let root = if self.direction == Direction::Request { self.operation.request } else { self.operation.reply };
        let found = flat::lines(contract, root, minimised.bytes()).unwrap_or_default();
        let rows = flat::difference(wanted, &found).into_iter();
        rows.map(|(sign, text)| Difference { key: "moves", sign, text }).collect()
    }
}

fn not_minimised(refused: &qaqpa_policy::minimise::NotMinimised) -> Found {
    Found::Refused {
        reason: refused.reason(),
        fields: refused.fields().iter().map(|field| field.path.clone()).collect(),
    }
}

fn sets(key: &'static str, wanted: &BTreeSet<String>, found: &BTreeSet<String>) -> Vec<Difference> {
    let missing = wanted.difference(found).map(|path| Difference { key, sign: '-', text: path.clone() });
    let more = found.difference(wanted).map(|path| Difference { key, sign: '+', text: path.clone() });
    missing.chain(more).collect()
}

fn circumstances(case: &Case, permit: &Permit) -> Circumstances {
    let key = PseudonymKey::derive(&[7; 32], permit.operator(), &case.operation.system.id, &case.purpose, "cases");
    Circumstances { today: case.today, pseudonyms: Some(key) }
}

fn days(count: u16) -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(count))
}

const SYNTHETIC_BIN: &str = "990140000007";

/// A caller of the pack's operator to whom nothing is denied but by the pack.
fn caller(plans: &Plans) -> Option<Caller> {
    let bin = Bin::parse(SYNTHETIC_BIN).ok()?;
    let rule = CallerRule {
        id: "case".to_owned(),
        matches: CallerMatch::Bin(bin),
        issuer: None,
        operator: plans.operator().id.clone(),
        role: Role::Exchange,
        purposes: plans.pack().purposes().iter().map(|purpose| purpose.id.clone()).collect(),
        on_behalf_of: Vec::new(),
    };
    let callers = Callers::new(vec![rule]).ok()?;
    callers.identify(&Identity { bin: Some(bin), ..Identity::default() }).ok()
}
