//! Policy cases: what a pack does with one message, written beside the pack so that a lawyer can read it, and run.
//!
//! Refuses what would make a case prove less than it says: unknown keys, fields, operations and clauses, a value of
//! another kind, two cases of one name, a case that expects nothing.
//!
//! ```yaml
//! cases:
//!   - name: a phone number stays behind
//!     clause: "3(5)"
//!     operation: qaqpa.avtoshkola.v1.Training/SyncStudents
//!     purpose: state-exchange
//!     given: { student: { iin: "991231500006", phone: "+77010000000", ... } }
//!     withheld: [student.phone]
//! ```

mod encode;
mod flat;
mod run;
mod shape;

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::Date;
use qaqpa_policy::consent::form::Form;
use qaqpa_policy::minimise::Mode;
use qaqpa_policy::pack::Pack;
use qaqpa_policy::plan::Direction;
use qaqpa_policy::standing::HoldKind;
use qaqpa_policy::suggest::nearest;
use qaqpa_policy::unread;
use qaqpa_proto::reason::{Reason, Refusal};
use qaqpa_proto::{Contract, MessageIndex, Operation};
use serde_saphyr::Spanned;

use shape::{CaseShape, ConsentShape, FileShape, HeldShape, ModeShape, Node};

pub use run::{Difference, Verdict};

/// All cases of one file, checked against the contract and the pack.
#[derive(Debug)]
pub struct Cases(Vec<Case>);

/// One case. Its message is synthetic, so that it may be printed.
#[derive(Debug)]
pub struct Case {
    /// One sentence.
    pub name: String,
    /// Clauses of the policy that it proves.
    pub clauses: Vec<String>,
    /// Line in the file, from 1.
    pub line: u64,
    operation: Operation,
    purpose: String,
    direction: Direction,
    mode: Option<Mode>,
    today: Date,
    known: Known,
    given: Vec<u8>,
    expected: Expected,
}

/// What the ledger holds of everybody the message names.
#[derive(Debug)]
struct Known {
    consent: ConsentShape,
    form: Option<Form>,
    held: Option<HoldKind>,
    /// Purposes and days ago.
    used: Vec<(String, u16)>,
}

#[derive(Debug)]
enum Expected {
    Refused { reason: Reason, fields: Option<BTreeSet<String>> },
    Passed { moves: Option<flat::Lines>, withheld: Option<BTreeSet<String>>, transformed: Option<BTreeSet<String>> },
}

impl Cases {
    /// Reads a file of at most 1 MiB; `file` is only for messages.
    ///
    /// # Errors
    /// Everything that is wrong with it; the author of the cases is at fault.
    pub fn parse(text: &str, file: &str, contract: &Contract, pack: &Pack) -> Result<Self, Vec<CaseProblem>> {
        let mut check = Check { file, contract, pack, problems: Vec::new() };
        let shape = match check.read(text) {
            Ok(shape) => shape,
            Err(problem) => return Err(vec![problem]),
        };
        let mut cases: Vec<Case> = Vec::new();
        for shape in shape.cases {
            if cases.iter().any(|case| case.name == shape.name.value) {
                check.at(&shape.name, "two cases have this name", None);
            }
            cases.extend(check.case(shape));
        }
        if check.problems.is_empty() { Ok(Self(cases)) } else { Err(check.problems) }
    }

    /// In the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Case> {
        self.0.iter()
    }

    /// The cases that prove a clause.
    pub fn citing(&self, clause: &str) -> impl Iterator<Item = &Case> {
        self.0.iter().filter(move |case| case.clauses.iter().any(|cited| cited == clause))
    }
}

/// One thing that is wrong with a case file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseProblem {
    /// Name of the file.
    pub file: String,
    /// From 1; 0 when it concerns the whole file.
    pub line: u64,
    /// From 1; 0 when it concerns the whole file.
    pub column: u64,
    /// One sentence.
    pub message: String,
    /// What was perhaps meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for CaseProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, "; did you mean `{suggestion}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for CaseProblem {}

const MAX_BYTES: usize = 1 << 20;
/// The day of a case that names none.
const TODAY: Date = jiff::civil::date(2026, 11, 20);

struct Check<'a> {
    file: &'a str,
    contract: &'a Contract,
    pack: &'a Pack,
    problems: Vec<CaseProblem>,
}

impl Check<'_> {
    fn read(&self, text: &str) -> Result<FileShape, CaseProblem> {
        let at =
            |line, column, message| CaseProblem { file: self.file.to_owned(), line, column, message, suggestion: None };
        if text.len() > MAX_BYTES {
            return Err(at(0, 0, format!("the file is larger than {MAX_BYTES} bytes")));
        }
        let options = serde_saphyr::options! {
            budget: serde_saphyr::budget! { max_depth: 32, max_nodes: 100_000, max_aliases: 0, max_anchors: 0, max_documents: 1, max_merge_keys: 0 },
            duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::Error,
            strict_booleans: true,
            with_snippet: false,
        };
        serde_saphyr::from_str_with_options(text, options).map_err(|error: serde_saphyr::Error| {
            let (line, column) = error.location().map_or((0, 0), |place| (place.line(), place.column()));
            at(line, column, unread::yaml(&error))
        })
    }

    fn case(&mut self, shape: CaseShape) -> Option<Case> {
        if shape.name.value.trim().is_empty() {
            self.at(&shape.name, "a case needs a name", None);
        }
        let clauses = self.clauses(&shape.clause);
        let today = self.day(shape.today.as_ref());
        let known = self.known(&shape);
        let operation = self.operation(&shape.operation)?;
        let direction = Direction::from(shape.direction);
        let root = if direction == Direction::Request { operation.request } else { operation.reply };
        let given = self.message(root, &shape.given);
        let expected = self.expected(root, &shape);
        Some(Case {
            line: shape.name.referenced.line(),
            name: shape.name.value,
            clauses,
            operation,
            purpose: shape.purpose.value,
            direction,
            mode: shape.mode.map(|mode| match mode {
                ModeShape::Strip => Mode::Strip,
                ModeShape::Strict => Mode::Strict,
            }),
            today,
            known,
            given: given?,
            expected: expected?,
        })
    }

    fn clauses(&mut self, text: &Spanned<String>) -> Vec<String> {
        let cited: Vec<String> = qaqpa_policy::pack::cited(&text.value).map(str::to_owned).collect();
        if cited.is_empty() {
            self.at(text, "a case needs the clause that it proves", None);
        }
        for clause in &cited {
            if self.pack.clause(clause).is_none() {
                let near = nearest(clause, self.pack.clauses().iter().map(|known| known.number.as_str()));
                self.at(text, format!("the pack has no clause `{clause}`"), near.map(str::to_owned));
            }
        }
        cited
    }

    fn operation(&mut self, text: &Spanned<String>) -> Option<Operation> {
        let found = self.contract.operation(&format!("/{}", text.value)).cloned();
        if found.is_none() {
            let known = self.contract.operations().iter().map(|operation| operation.path.trim_start_matches('/'));
            let near = nearest(&text.value, known).map(str::to_owned);
            self.at(text, format!("no contract has the operation `{}`", text.value), near);
        }
        found
    }

    fn day(&mut self, text: Option<&Spanned<String>>) -> Date {
        let Some(text) = text else { return TODAY };
        qaqpa_policy::calendar::date(&text.value).unwrap_or_else(|| {
            self.at(text, "`today` is a day, YYYY-MM-DD", None);
            TODAY
        })
    }

    fn known(&mut self, shape: &CaseShape) -> Known {
        let form = shape.form.as_ref().and_then(|text| {
            let form = Form::parse(&text.value);
            if form.is_none() {
                let near = nearest(&text.value, Form::ALL.into_iter().map(Form::name)).map(str::to_owned);
                self.at(text, format!("`{}` is no form of a consent", text.value), near);
            }
            form
        });
        for past in &shape.used {
            self.purpose(&past.purpose);
        }
        let used = shape.used.iter().map(|past| (past.purpose.value.clone(), past.days_ago)).collect();
        let held = shape.held.map(|held| match held {
            HeldShape::Restriction => HoldKind::Restriction,
            HeldShape::Objection => HoldKind::Objection,
        });
        Known { consent: shape.consent, form, held, used }
    }

    fn purpose(&mut self, text: &Spanned<String>) {
        if self.pack.purpose(&text.value).is_none() {
            let near = nearest(&text.value, self.pack.purposes().iter().map(|purpose| purpose.id.as_str()));
            self.at(text, format!("the pack has no purpose `{}`", text.value), near.map(str::to_owned));
        }
    }

    fn message(&mut self, root: MessageIndex, node: &Spanned<Node>) -> Option<Vec<u8>> {
        encode::message(self.contract, root, node)
            .map_err(|problems| {
                let file = self.file;
                self.problems.extend(problems.into_iter().map(|problem| CaseProblem {
                    file: file.to_owned(),
                    line: problem.line,
                    column: problem.column,
                    message: problem.message,
                    suggestion: problem.suggestion,
                }));
            })
            .ok()
    }

    fn expected(&mut self, root: MessageIndex, shape: &CaseShape) -> Option<Expected> {
        let set = |paths: &Option<Vec<Spanned<String>>>| {
            paths.as_ref().map(|paths| paths.iter().map(|path| path.value.clone()).collect::<BTreeSet<_>>())
        };
        let passes = shape.moves.is_some() || shape.withheld.is_some() || shape.transformed.is_some();
        match (&shape.refused, passes) {
            (Some(code), false) => {
                let reason = self.reason(code)?;
                if reason != Refusal::PurposeUnknown {
                    self.purpose(&shape.purpose);
                }
                Some(Expected::Refused { reason, fields: set(&shape.fields) })
            }
            (Some(code), true) => {
                self.at(code, "what is refused moves nothing: leave out `moves`, `withheld` and `transformed`", None);
                None
            }
            (None, false) => {
                self.at(
                    &shape.name,
                    "the case expects nothing: write `moves`, `withheld`, `transformed` or `refused`",
                    None,
                );
                None
            }
            (None, true) => {
                self.purpose(&shape.purpose);
                if let Some(path) = shape.fields.iter().flatten().next() {
                    self.at(path, "`fields` goes with `refused`", None);
                }
                let moves = match &shape.moves {
                    None => None,
                    Some(node) => flat::lines(self.contract, root, &self.message(root, node)?).ok(),
                };
                Some(Expected::Passed { moves, withheld: set(&shape.withheld), transformed: set(&shape.transformed) })
            }
        }
    }

    /// Only what a caller can be told: a case that expects another code would never hold.
    fn reason(&mut self, code: &Spanned<String>) -> Option<Reason> {
        let reason = Reason::of(&code.value);
        if reason.is_none() {
            let meant = nearest(&code.value, Reason::all().map(Reason::code)).map(str::to_owned);
            self.at(code, format!("unknown code `{}`", code.value), meant);
        }
        reason
    }

    fn at<T>(&mut self, place: &Spanned<T>, message: impl Into<String>, suggestion: Option<String>) {
        let (line, column) = (place.referenced.line(), place.referenced.column());
        self.problems.push(CaseProblem {
            file: self.file.to_owned(),
            line,
            column,
            message: message.into(),
            suggestion,
        });
    }
}
