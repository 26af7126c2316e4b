//! What a report says of one exchange, in words: the same for the page and for the terminal.
//!
//! Fields are told by kind of data, not by path; fields of one kind and form stand together, positions in lists left out.
//!
//! ```text
//! [IIN: student.iin, BIRTH_DATE by YEAR: student.birth_date]  ->  ИИН · дата рождения: только год
//! ```

use std::collections::{BTreeMap, BTreeSet};

use prost_types::Timestamp as Stamp;
use qaqpa_policy::category;
use qaqpa_proto::language::text;
use qaqpa_proto::subject::v1::{Field, Outcome, ReportResponse, Usage, WithheldCount};
use qaqpa_proto::v1::Category;

use super::names::Names;

/// Fields of one kind that moved in one form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Moved {
    /// The kind of data, for people.
    pub(super) what: String,
    /// In what coarser form; empty where as it was.
    pub(super) form: String,
    /// Where in the message, for an auditor.
    pub(super) paths: Vec<String>,
}

impl Moved {
    /// `birth date: year only`.
    pub(super) fn words(&self) -> String {
        if self.form.is_empty() { self.what.clone() } else { format!("{}: {}", self.what, self.form) }
    }
}

/// Fields by kind and form.
pub(super) fn moved(fields: &[Field], names: &Names) -> Vec<Moved> {
    let mut groups: BTreeMap<(&str, String), (Category, BTreeSet<String>)> = BTreeMap::new();
    for field in fields {
        let form = field.transform.as_ref().map(|transform| names.transform(transform)).unwrap_or_default();
        let group = groups.entry((category::name(field.category()), form)).or_default();
        group.0 = field.category();
        group.1.insert(without_positions(&field.path));
    }
    let moved = |((_, form), (category, paths)): ((&str, String), (Category, BTreeSet<String>))| Moved {
        what: names.category(category),
        form,
        paths: paths.into_iter().collect(),
    };
    groups.into_iter().map(moved).collect()
}

/// `phone: 2`, one for each kind.
pub(super) fn withheld(counts: &[WithheldCount], names: &Names) -> Vec<String> {
    counts.iter().map(|count| format!("{}: {}", names.category(count.category()), count.count)).collect()
}

/// How it ended.
pub(super) fn outcome(usage: &Usage, names: &Names) -> &'static str {
    names.say(match usage.outcome() {
        Outcome::Answered => text("жауап келді", "ответ получен", "answered"),
        Outcome::Failed => text(
            "сәтсіз аяқталды, жауап берілмеді",
            "завершилось неудачей, ответ не выдан",
            "failed, no answer was handed over",
        ),
        Outcome::Unknown | Outcome::Unspecified => text(
            "жауап келген-келмегені белгісіз",
            "неизвестно, был ли ответ",
            "it is not known whether an answer came",
        ),
    })
}

/// On which consent it rested, or why on none.
pub(super) fn consent(usage: &Usage, names: &Names) -> String {
    let needed = names.known_purpose(&usage.purpose).map(|purpose| purpose.consent.is_some());
    let words = match (usage.consent.as_str(), needed) {
        ("", Some(false)) => {
            text("бұл мақсатқа келісім қажет емес", "для этой цели согласие не требуется", "this purpose needs none")
        }
        ("", _) => text("жазбасы сақталмаған", "запись о нём не хранится", "no record of it is kept"),
        (id, _) => return id.to_owned(),
    };
    names.say(words).to_owned()
}

/// Clauses in words: `3(3): exchange with state systems`.
pub(super) fn clauses(usage: &Usage, names: &Names) -> Vec<String> {
    let line = |(number, says): (String, String)| {
        let clause = names.say(text("{}-тармақ", "пункт {}", "clause {}")).replace("{}", &number);
        if says.is_empty() { clause } else { format!("{clause}: {says}") }
    };
    names.clauses(&usage.clause).into_iter().map(line).collect()
}

/// One line of the summary: a purpose and a system.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) purpose: String,
    pub(super) system: String,
    pub(super) exchanges: usize,
    pub(super) answered: usize,
    pub(super) last: Option<Stamp>,
}

/// Exchanges by purpose and system, those with the most first.
pub(super) fn summary(reply: &ReportResponse, names: &Names) -> Vec<Line> {
    let mut lines: BTreeMap<(&str, &str), Line> = BTreeMap::new();
    for usage in &reply.entries {
        let line = lines.entry((&usage.purpose, &usage.system)).or_insert_with(|| Line {
            purpose: names.purpose(&usage.purpose),
            system: names.system(&usage.system),
            exchanges: 0,
            answered: 0,
            last: usage.at, // newest first
        });
        line.exchanges += 1;
        line.answered += usize::from(usage.outcome() == Outcome::Answered);
    }
    let mut lines: Vec<Line> = lines.into_values().collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.exchanges));
    lines
}

/// How many fields stayed behind, by kind, in all exchanges.
pub(super) fn all_withheld(reply: &ReportResponse) -> Vec<WithheldCount> {
    let mut counts: BTreeMap<&str, WithheldCount> = BTreeMap::new();
    for withheld in reply.entries.iter().flat_map(|usage| &usage.withheld) {
        let sum = counts.entry(category::name(withheld.category())).or_default();
        *sum = WithheldCount { category: withheld.category, count: sum.count.saturating_add(withheld.count) };
    }
    counts.into_values().collect()
}

/// `outcomes[17].iin` is `outcomes.iin`: which of a list a field was says something of other people.
fn without_positions(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut depth = 0_u32;
    for character in path.chars() {
        match character {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            other if depth == 0 => plain.push(other),
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use qaqpa_proto::language::Language;
    use qaqpa_proto::v1::{Transform, TransformKind};

    use super::*;

    #[test]
    fn positions_are_left_out() {
        for (wanted, path) in [("a.b", "a.b"), ("a.b", "a[3].b"), ("a", "a{\"k\"}"), ("", ""), ("a", "a[1][2]")] {
            assert_eq!(without_positions(path), wanted);
        }
    }

    #[test]
    fn fields_of_one_kind_and_form_stand_together() {
        let field = |path: &str, category: Category, transform: Option<Transform>| Field {
            path: path.to_owned(),
            category: category.into(),
            transform,
        };
        let of = |kind: i32, parameters| Some(Transform { kind, parameters });
        let names = Names::new(None, None, Language::En).unwrap();
        let fields = [
            field("rows[1].iin", Category::Iin, None),
            field("rows[0].iin", Category::Iin, None),
            field("birth_date", Category::BirthDate, of(TransformKind::AgeBand.into(), vec![14, 18])),
            field("odd", Category::Unspecified, of(99, Vec::new())),
        ];
        let told: Vec<String> = moved(&fields, &names).iter().map(Moved::words).collect();
        assert_eq!(told, ["birth date: age band 14, 18", "IIN", "unknown: in an unknown form"]);
        assert_eq!(moved(&fields, &names)[1].paths, ["rows.iin"]);
    }
}
