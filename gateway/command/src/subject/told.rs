//! What a report says of one exchange, in words: the same for the page and for the terminal.
//!
//! Fields are told by kind of data, not by path; fields of one kind and form stand together, positions in lists left out.
//!
//! ```text
//! [("iin", ""): student.iin, ("birth_date", "year"): student.birth_date]  ->  ИИН · дата рождения: только год
//! ```

use std::collections::{BTreeMap, BTreeSet};

use prost_types::Timestamp as Stamp;
use qaqpa_proto::subject::v1::{Field, ReportResponse, Usage, WithheldCount};

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
    let mut groups: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
    for field in fields {
        groups.entry((&field.category, &field.transform)).or_default().insert(without_positions(&field.path));
    }
    let moved = |((category, transform), paths): ((&str, &str), BTreeSet<String>)| Moved {
        what: names.category(category),
        form: if transform.is_empty() { String::new() } else { names.transform(transform) },
        paths: paths.into_iter().collect(),
    };
    groups.into_iter().map(moved).collect()
}

/// `phone: 2`, one for each kind.
pub(super) fn withheld(counts: &[WithheldCount], names: &Names) -> Vec<String> {
    counts.iter().map(|count| format!("{}: {}", names.category(&count.category), count.count)).collect()
}

/// How it ended.
pub(super) fn outcome(usage: &Usage, names: &Names) -> &'static str {
    names.say(match usage.outcome.as_str() {
        "answered" => ["жауап келді", "ответ получен", "answered"],
        "failed" => [
            "сәтсіз аяқталды, жауап берілмеді",
            "завершилось неудачей, ответ не выдан",
            "failed, no answer was handed over",
        ],
        _ => ["жауап келген-келмегені белгісіз", "неизвестно, был ли ответ", "it is not known whether an answer came"],
    })
}

/// On which consent it rested, or why on none.
pub(super) fn consent(usage: &Usage, names: &Names) -> String {
    let needed = names.known_purpose(&usage.purpose).map(|purpose| purpose.consent.is_some());
    let words = match (usage.consent.as_str(), needed) {
        ("", Some(false)) => {
            ["бұл мақсатқа келісім қажет емес", "для этой цели согласие не требуется", "this purpose needs none"]
        }
        ("", _) => ["жазбасы сақталмаған", "запись о нём не хранится", "no record of it is kept"],
        (id, _) => return id.to_owned(),
    };
    names.say(words).to_owned()
}

/// Clauses in words: `3(3): exchange with state systems`.
pub(super) fn clauses(usage: &Usage, names: &Names) -> Vec<String> {
    let line = |(number, says): (String, String)| {
        let clause = names.say(["{}-тармақ", "пункт {}", "clause {}"]).replace("{}", &number);
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
        line.answered += usize::from(usage.outcome == "answered");
    }
    let mut lines: Vec<Line> = lines.into_values().collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.exchanges));
    lines
}

/// How many fields stayed behind, by kind, in all exchanges.
pub(super) fn all_withheld(reply: &ReportResponse) -> Vec<WithheldCount> {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for withheld in reply.entries.iter().flat_map(|usage| &usage.withheld) {
        let count = counts.entry(&withheld.category).or_default();
        *count = count.saturating_add(withheld.count);
    }
    counts.into_iter().map(|(category, count)| WithheldCount { category: category.to_owned(), count }).collect()
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
    use super::*;

    #[test]
    fn positions_are_left_out() {
        for (wanted, path) in [("a.b", "a.b"), ("a.b", "a[3].b"), ("a", "a{\"k\"}"), ("", ""), ("a", "a[1][2]")] {
            assert_eq!(without_positions(path), wanted);
        }
    }

    #[test]
    fn fields_of_one_kind_and_form_stand_together() {
        let field = |path: &str, category: &str, transform: &str| Field {
            path: path.to_owned(),
            category: category.to_owned(),
            transform: transform.to_owned(),
        };
        let names = Names::new(None, None, "en").unwrap();
        let fields = [
            field("rows[1].iin", "iin", ""),
            field("rows[0].iin", "iin", ""),
            field("birth_date", "birth_date", "age-band 14,18"),
            field("odd", "", "spun"),
        ];
        let told: Vec<String> = moved(&fields, &names).iter().map(Moved::words).collect();
        assert_eq!(told, ["unknown: spun", "birth date: age band 14, 18", "IIN"]);
        assert_eq!(moved(&fields, &names).last().unwrap().paths, ["rows.iin"]);
    }
}
