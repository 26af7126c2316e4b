//! Findings about what the fields of one exchange give away together.
//!
//! ```text
//! iin kept, birth_date as year       derives-void        the IIN tells the whole date
//! document kept, iin pseudonymised   document-linkable   the number leads back to the person
//! school + group + birth date        quasi-identifiers   few people share all three
//! ```

use qaqpa_policy::pack::{Place, Purpose};
use qaqpa_policy::plan::Direction;
use qaqpa_proto::Operation;
use qaqpa_proto::language::Language;
use qaqpa_proto::v1::Category;

use super::{Lint, Severity};
use crate::matrix::{self, Cell};

/// Categories that name nobody alone and somebody together.
const QUASI: [Category; 9] = [
    Category::BirthDate,
    Category::Sex,
    Category::Nationality,
    Category::Citizenship,
    Category::BirthPlace,
    Category::Address,
    Category::Education,
    Category::Employment,
    Category::Organisation,
];
/// So many of them together, at least one of them about the person's body or home.
const MANY: usize = 3;
/// A message of fewer personal fields than this may well be needed whole.
const WHOLE: usize = 8;

pub(super) fn judge(lint: &mut Lint<'_>, purpose: &Purpose, operation: &Operation) {
    let cells = matrix::cells(lint.plans, &operation.path, purpose, Language::En);
    for direction in [Direction::Request, Direction::Reply] {
        let cells: Vec<&Cell> = cells.iter().filter(|cell| cell.direction == direction).collect();
        let message = Exchange { purpose, operation, direction, cells: &cells };
        message.derives(lint);
        message.documents(lint);
        message.quasi_identifiers(lint);
        message.everything(lint);
    }
}

/// One message of one purpose.
struct Exchange<'a> {
    purpose: &'a Purpose,
    operation: &'a Operation,
    direction: Direction,
    cells: &'a [&'a Cell],
}

impl Exchange<'_> {
    /// A field that moves whole tells what the pack makes coarser or keeps back.
    fn derives(&self, lint: &mut Lint<'_>) {
        for cell in self.cells.iter().filter(|cell| cell.moves && cell.transform == "keep") {
            for derived in &cell.derives {
                let Some(guarded) = self.guarded(derived) else { continue };
                let what = if guarded.moves {
                    format!("moves only as `{}`", guarded.transform)
                } else {
                    "is withheld".to_owned()
                };
                let message = format!(
                    "`{}` {} `{derived}` through `{}`, although `{}` {what}",
                    self.purpose.id,
                    self.verb(),
                    cell.path,
                    guarded.path
                );
                let suggestion =
                    format!("pseudonymise or withhold `{}`, or say why the promise holds nevertheless", cell.category);
                lint.add("derives-void", Severity::Warning, self.place(cell.category), message, &suggestion);
            }
        }
    }

    /// A field of the category that is not handed on whole, when none of the category is.
    fn guarded(&self, category: &str) -> Option<&Cell> {
        let mut of = self.cells.iter().filter(|cell| cell.category == category);
        let whole = of.clone().any(|cell| cell.moves && cell.transform == "keep");
        if whole { None } else { of.next().copied() }
    }

    fn verb(&self) -> &'static str {
        match self.direction {
            Direction::Request => "gives away",
            Direction::Reply => "learns",
        }
    }

    /// A document's number names its owner as surely as the IIN that was taken away.
    fn documents(&self, lint: &mut Lint<'_>) {
        let names_it = |cell: &Cell| cell.path.rsplit('.').next().is_some_and(|name| name.contains("number"));
        let document = self.cells.iter().find(|cell| {
            cell.category == "identity_document" && cell.moves && cell.transform == "keep" && names_it(cell)
        });
        if let (Some(document), false) = (document, self.whole("iin")) {
            let message = format!(
                "`{}` {} `{}` whole, which leads back to the person whose IIN it keeps back",
                self.purpose.id,
                self.verb(),
                document.path
            );
            let suggestion = "use `suffix`, `present` or `pseudonym`, or disclose the IIN openly";
            lint.add("document-linkable", Severity::Warning, self.place("identity_document"), message, suggestion);
        }
    }

    fn quasi_identifiers(&self, lint: &mut Lint<'_>) {
        if self.operation.subject.iin.is_none() || self.whole("iin") || self.whole("name") {
            return;
        }
        let together: Vec<&str> =
            QUASI.into_iter().map(qaqpa_policy::category::name).filter(|name| self.whole(name)).collect();
        if together.len() >= MANY {
            let message = format!(
                "`{}` {} {} of one person together ({}): few people share all of them",
                self.purpose.id,
                self.verb(),
                together.join(", "),
                self.operation.name
            );
            let suggestion = "make dates and places coarser: `year`, `age-band`, `kato-region`";
            lint.add("quasi-identifiers", Severity::Warning, self.purpose.place, message, suggestion);
        }
    }

    fn everything(&self, lint: &mut Lint<'_>) {
        let personal = || self.cells.iter().filter(|cell| !matches!(cell.category, "technical" | "organisation"));
        if personal().count() >= WHOLE && personal().all(|cell| cell.moves && cell.transform == "keep") {
            let message = format!(
                "`{}` {} every field of {}: nothing is minimised",
                self.purpose.id,
                self.verb(),
                self.operation.name
            );
            lint.add("keeps-everything", Severity::Warning, self.purpose.place, message, "name what the purpose needs");
        }
    }

    fn whole(&self, category: &str) -> bool {
        self.cells.iter().any(|cell| cell.category == category && cell.moves && cell.transform == "keep")
    }

    /// The rule that lets a category move, else the purpose.
    fn place(&self, category: &str) -> Place {
        let rules = match self.direction {
            Direction::Request => &self.purpose.disclose,
            Direction::Reply => &self.purpose.receive,
        };
        let rule = rules.iter().find(|rule| qaqpa_policy::category::name(rule.category) == category);
        rule.map_or(self.purpose.place, |rule| rule.place)
    }
}
