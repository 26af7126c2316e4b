//! What is allowed in a pack and yet probably not meant. A pack that does not parse or compile has problems of its own;
//! these are told by the same table, so that an author sees everything at once.
//!
//! Refuses nothing: an error is what makes a purpose unusable, a warning what voids a promise, a note what a reader
//! should know.
//!
//! ```text
//! warning  derives-void  avtomektep.yaml:71  `state-exchange` gives away birth_date through `iin` although ...
//! ```

mod fields;

use std::fmt;

use qaqpa_policy::consent::form::Form;
use qaqpa_policy::pack::{Pack, PackProblem, Place, Purpose, Rule};
use qaqpa_policy::plan::{Direction, PlanProblem, Plans};
use qaqpa_proto::v1::Category;
use qaqpa_proto::{Contract, ContractError, Field, FieldKind, MessageIndex, Operation};

/// How bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The pack cannot do what it says.
    Error,
    /// It can, and gives away more than its author may think.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// `error`, `warning` or `note`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable code.
    pub code: &'static str,
    /// How bad.
    pub severity: Severity,
    /// Name of the file.
    pub file: String,
    /// Where; 0 when it concerns the whole file.
    pub place: Place,
    /// One sentence.
    pub message: String,
    /// What to do; empty where the sentence says it.
    pub suggestion: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column } = self.place;
        write!(f, "{}:{line}:{column}: {} [{}]: {}", self.file, self.severity.name(), self.code, self.message)?;
        if self.suggestion.is_empty() { Ok(()) } else { write!(f, "; {}", self.suggestion) }
    }
}

/// Everything there is to say about a pack's text, worst first.
#[must_use]
pub fn text(contract: &Contract, text: &str, file: &str) -> Vec<Finding> {
    let pack = match Pack::parse(text, file) {
        Ok(pack) => pack,
        Err(problems) => return problems.into_iter().map(of_pack).collect(),
    };
    let mut findings = match Plans::compile(contract, &pack) {
        Ok(plans) => Lint { contract, plans: &plans, file, findings: Vec::new() }.run(),
        Err(problems) => problems.into_iter().map(|problem| of_plan(&problem, file)).collect(),
    };
    findings.sort_by_key(|finding| (finding.severity, finding.place.line));
    findings
}

/// A contract that does not load: a field without category, first of all. A file that does not compile needs no advice.
#[must_use]
pub fn of_contract(error: &ContractError, file: &str) -> Finding {
    let (code, suggestion) = match error {
        ContractError::Source(_) => ("contract-source", ""),
        _ => ("field-untagged", "give every field `(qaqpa.v1.field) = { category: ... }`"),
    };
    Finding {
        code,
        severity: Severity::Error,
        file: file.to_owned(),
        place: Place::default(),
        message: error.to_string(),
        suggestion: suggestion.to_owned(),
    }
}

fn of_pack(problem: PackProblem) -> Finding {
    Finding {
        code: problem.code(),
        severity: Severity::Error,
        place: Place { line: problem.line, column: problem.column },
        message: problem.message,
        suggestion: problem.suggestion.map(|word| format!("did you mean `{word}`?")).unwrap_or_default(),
        file: problem.file,
    }
}

fn of_plan(problem: &PlanProblem, file: &str) -> Finding {
    let line = match problem {
        PlanProblem::UnknownOperation { line, .. }
        | PlanProblem::RulePath { line, .. }
        | PlanProblem::NotARecipient { line, .. }
        | PlanProblem::TransformUnfit { line, .. } => *line,
        PlanProblem::SubjectPaths { .. } | PlanProblem::TooLarge { .. } => 0,
    };
    Finding {
        code: problem.code(),
        severity: Severity::Error,
        file: file.to_owned(),
        place: Place { line, column: 0 },
        message: problem.to_string(),
        suggestion: String::new(),
    }
}

struct Lint<'a> {
    contract: &'a Contract,
    plans: &'a Plans,
    file: &'a str,
    findings: Vec<Finding>,
}

impl<'a> Lint<'a> {
    fn run(mut self) -> Vec<Finding> {
        let pack = self.plans.pack();
        for purpose in pack.purposes() {
            self.reach(purpose);
            self.unused(purpose, Direction::Request, &purpose.disclose);
            self.unused(purpose, Direction::Reply, &purpose.receive);
            self.forms(purpose);
            for operation in self.operations(purpose) {
                fields::judge(&mut self, purpose, operation);
            }
        }
        self.idle();
        self.findings
    }

    /// Purposes that use no state system: one note for all of them.
    fn idle(&mut self) {
        let purposes = self.plans.pack().purposes();
        let groups = |id: &str| purposes.iter().any(|other| other.parent.as_deref() == Some(id));
        let idle = || {
            purposes
                .iter()
                .filter(|purpose| purpose.operations.is_empty() && purpose.prohibited.is_none() && !groups(&purpose.id))
        };
        let Some(first) = idle().next() else { return };
        let ids: Vec<String> = idle().map(|purpose| format!("`{}`", purpose.id)).collect();
        let message =
            format!("purposes without operations are the operator's own work and pass no gateway: {}", ids.join(", "));
        self.add("purpose-without-exchange", Severity::Note, first.place, message, "");
    }

    /// Operations of the contract that a purpose uses.
    fn operations(&self, purpose: &Purpose) -> Vec<&'a Operation> {
        self.contract.operations().iter().filter(|operation| purpose.uses(&operation.path)).collect()
    }

    fn add(&mut self, code: &'static str, severity: Severity, place: Place, message: String, suggestion: &str) {
        let found =
            Finding { code, severity, file: self.file.to_owned(), place, message, suggestion: suggestion.to_owned() };
        if !self.findings.contains(&found) {
            self.findings.push(found);
        }
    }

    /// A purpose that can be claimed for nothing.
    fn reach(&mut self, purpose: &Purpose) {
        let id = &purpose.id;
        if purpose.operations.is_empty() {
            return;
        }
        let operations = self.operations(purpose);
        let refused: Vec<String> = operations
            .iter()
            .filter_map(|operation| {
                self.plans.not_offered(&operation.path, id).map(|why| format!("{}: {why}", operation.name))
            })
            .collect();
        if refused.len() == operations.len() {
            let message = format!("purpose `{id}` is offered for none of its operations; {}", refused.join("; "));
            let suggestion = "disclose what the state demands, or drop the operations";
            self.add("purpose-unreachable", Severity::Error, purpose.place, message, suggestion);
            return;
        }
        for why in refused {
            let message = format!("purpose `{id}` names an operation that it cannot use; {why}");
            let suggestion = "name the operations one by one instead of `/*`, or disclose what the state demands";
            self.add("operation-not-offered", Severity::Warning, purpose.place, message, suggestion);
        }
    }

    /// A rule for a category that none of the purpose's messages has.
    fn unused(&mut self, purpose: &Purpose, direction: Direction, rules: &[Rule]) {
        for rule in rules {
            let used = self.operations(purpose).into_iter().any(|operation| {
                let asked = rule.systems.is_empty() || rule.systems.contains(&operation.system.id);
                let root = if direction == Direction::Request { operation.request } else { operation.reply };
                asked && self.holds(root, rule.category, &mut Vec::new())
            });
            if !used {
                let (category, id) = (qaqpa_policy::category::name(rule.category), &purpose.id);
                let way = if direction == Direction::Request { "request" } else { "reply" };
                let message =
                    format!("purpose `{id}` has a rule for `{category}`, which no {way} of its operations has");
                self.add("rule-unused", Severity::Warning, rule.place, message, "remove the rule");
            }
        }
    }

    /// Whether a message has a field of this category at any depth.
    fn holds(&self, index: MessageIndex, category: Category, open: &mut Vec<MessageIndex>) -> bool {
        if open.contains(&index) {
            return false;
        }
        open.push(index);
        self.contract.message(index).fields.iter().any(|field| {
            field.category == category
                || (field.category != Category::Control
                    && inner(field).into_iter().any(|index| self.holds(index, category, open)))
        })
    }

    /// The state wants a consent of a form that the pack does not accept.
    fn forms(&mut self, purpose: &Purpose) {
        let Some(rule) = purpose.consent.as_ref().filter(|rule| !rule.forms.contains(&Form::Kdp)) else { return };
        for operation in self.operations(purpose) {
            let message = self.contract.message(operation.request);
            let token = message
                .fields
                .iter()
                .find(|field| field.category == Category::ConsentReference && field.name.contains("kdp"));
            let sent = purpose.disclose.iter().any(|rule| rule.category == Category::ConsentReference);
            if let (Some(field), true) = (token, sent) {
                let forms: Vec<&str> = rule.forms.iter().map(|form| form.name()).collect();
                let message = format!(
                    "purpose `{}` sends `{}` to {}, and accepts no consent of form `kdp` (only {})",
                    purpose.id,
                    field.name,
                    operation.system.id,
                    forms.join(", ")
                );
                self.add("consent-form", Severity::Warning, purpose.place, message, "add `kdp` to `consent.forms`");
            }
        }
    }
}

/// The messages that a field leads to.
fn inner(field: &Field) -> Vec<MessageIndex> {
    match field.kind {
        FieldKind::Message(inner) | FieldKind::Map(inner) => vec![inner],
        FieldKind::Any => field.any.iter().map(|packed| packed.message).collect(),
        _ => Vec::new(),
    }
}
