//! The page as its reader gets it: three reviewed files, and what must hold of any page.
//!
//! A page that has changed is written to the system's directory for temporary files; look at it in a browser, in all three
//! languages, before it takes the reviewed one's place.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use qaqpa_proto::language::Language;
use qaqpa_proto::subject::v1::{DataUsage, Field, FindUsageResponse, Outcome, ReportResponse, Usage, WithheldCount};
use qaqpa_proto::v1::{Category, JournalEntry, Transform, TransformKind};
use roxmltree::{Document, ParsingOptions};

use super::connection::{Keys, json};
use super::names::Names;
use super::number;
use super::page::{Report, page};
use super::period::{Period, moment};
use super::report;

#[test]
fn pages_are_as_reviewed() {
    let mut changed = Vec::new();
    for language in Language::ALL {
        for (name, reply) in [("report", exchanges()), ("empty", ReportResponse::default())] {
            let file = format!("{name}.{language}.html");
            let found = made(&reply, language);
            if std::fs::read_to_string(tests().join(&file)).ok().as_ref() != Some(&found) {
                let seen = std::env::temp_dir().join(format!("qaqpa-{file}"));
                std::fs::write(&seen, &found).unwrap();
                changed.push(seen);
            }
        }
    }
    assert!(changed.is_empty(), "look at {changed:?} and put them into {}", tests().display());
}

#[test]
fn pages_are_one_file_that_anybody_can_read() {
    for language in Language::ALL {
        for reply in [exchanges(), ReportResponse::default(), hostile()] {
            let page = made(&reply, language);
            let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
            let document = Document::parse_with_options(&page, options).expect("every element is closed");
            let elements = || document.descendants().filter(roxmltree::Node::is_element);

            assert_eq!(document.root_element().attribute("lang"), Some(language.tag()));
            assert!(page.contains("<meta charset=\"utf-8\"/>") && page.contains("@media print"));
            for node in elements() {
                let tag = node.tag_name().name();
                assert!(ELEMENTS.contains(&tag), "{tag} may load or run something");
                let attributes = node.attributes().map(|attribute| attribute.name());
                assert!(attributes.into_iter().all(|name| ATTRIBUTES.contains(&name)), "{tag}");
            }
            let ids: Vec<&str> = elements().filter_map(|node| node.attribute("id")).collect();
            assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "ids are unique");
            assert!(elements().filter_map(|node| node.attribute("aria-labelledby")).all(|label| ids.contains(&label)));
            assert_eq!(elements().filter(|node| node.has_tag_name(("http://www.w3.org/1999/xhtml", "h1"))).count(), 1);
            assert!(!page.contains("<script") && !page.contains("url(") && !page.contains("@import"));
            assert!(page.split_whitespace().all(|word| !number::in_arguments(&[word.into()])), "a person's number");
        }
    }
}

#[test]
fn a_style_is_not_escaped_into_another() {
    assert!(!include_str!("page.css").contains(['<', '>', '&', '"', '\'']));
}

#[test]
fn an_empty_report_says_that_nothing_can_be_told_apart() {
    for (language, wanted) in
        [(Language::Kk, "табылмады"), (Language::Ru, "не найдено"), (Language::En, "No exchange about you was found")]
    {
        assert!(made(&ReportResponse::default(), language).contains(wanted));
    }
}

#[test]
fn the_whole_story_is_told_in_words() {
    for (language, words) in [
        (
            Language::Kk,
            ["Мемлекеттік жүйемен алмасу", "туған күні: тек жылы", "телефон: 2", "заң талабы", "20.11.2026 11:00"],
        ),
        (
            Language::Ru,
            [
                "Обмен с государственной системой",
                "дата рождения: только год",
                "телефон: 2",
                "требование закона",
                "20.11.2026 11:00",
            ],
        ),
        (
            Language::En,
            [
                "Exchange with the state system",
                "birth date: year only",
                "phone: 2",
                "legal obligation",
                "20 November 2026, 11:00",
            ],
        ),
    ] {
        let (reply, names) = (exchanges(), names(language));
        let report = report_of(&reply, &names);
        for text in [page(&report), report::document(&report).text()] {
            for wanted in words.into_iter().chain(["0192f0c1-0000-7000-8000-000000000001", "consent-1"]) {
                assert!(text.contains(wanted), "{wanted} in\n{text}");
            }
        }
    }
}

#[test]
fn without_a_pack_ids_stand_for_names() {
    let names = Names::new(None, Some("nobody"), Language::En).unwrap();
    let reply = exchanges();
    let page = page(&report_of(&reply, &names));
    assert!(page.contains("specimen") && page.contains("state-exchange") && page.contains("BIN 990140000007"));
}

#[test]
fn json_has_every_key_and_estonia_its_own() {
    let reply = report::merged(&ReportResponse { journal: Some(JournalEntry::default()), ..exchanges() });
    let first = reply.get("entries").and_then(|entries| entries.get(0)).unwrap();
    for key in ["at", "exchange_id", "legal_basis", "request_fields", "reply_fields", "withheld", "consent"] {
        assert!(first.get(key).is_some(), "{key}");
    }
    assert!(reply.get("next_page_token").is_none() && reply.get("journal").is_some());

    let usage = DataUsage { logtime: "2026-11-20T06:00:00Z".parse().ok(), ..DataUsage::default() };
    let found = FindUsageResponse { total_usages: 1, usages: vec![usage] };
    let found = json("qaqpa.subject.v1.FindUsageResponse", &found, Keys::Camel);
    assert_eq!(found.get("totalUsages"), Some(&1.into()));
    let keys: Vec<&String> = found.pointer("/usages/0").unwrap().as_object().unwrap().keys().collect();
    let wanted = ["action", "logtime", "receiverCode", "receiverName", "receiverSystem"];
    assert_eq!(keys.into_iter().map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(wanted));
}

fn made(reply: &ReportResponse, language: Language) -> String {
    page(&report_of(reply, &names(language)))
}

fn names(language: Language) -> Names {
    Names::new(Some(&tests().join("pack.yaml")), None, language).unwrap()
}

fn report_of<'r>(reply: &'r ReportResponse, names: &'r Names) -> Report<'r> {
    let period = Period { from: moment("2026-11-01", false).ok(), to: None };
    Report { reply, period, made: "2026-11-21T04:30:00Z".parse().unwrap(), names }
}

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/subject/tests")
}

fn exchanges() -> ReportResponse {
    let training = "/qaqpa.avtoshkola.v1.Training/";
    let first = Usage {
        at: "2026-11-20T06:00:00Z".parse().ok(),
        exchange_id: "0192f0c1-0000-7000-8000-000000000001".to_owned(),
        caller: "school".to_owned(),
        acting_for: "990140000007".to_owned(),
        operator: "specimen".to_owned(),
        purpose: "state-exchange".to_owned(),
        dpv: "dpv:LegalCompliance".to_owned(),
        legal_basis: "dpv:LegalObligation".to_owned(),
        clause: "1, 2".to_owned(),
        system: "avtoshkola".to_owned(),
        operation: format!("{training}SyncStudents"),
        outcome: Outcome::Answered.into(),
        request_fields: vec![
            field("student.iin", Category::Iin, None),
            field("student.birth_date", Category::BirthDate, as_year()),
            field("student.surname", Category::Name, None),
            field("student.name", Category::Name, None),
        ],
        reply_fields: vec![field("head.code", Category::Technical, None)],
        withheld: vec![withheld(Category::Photo, 1), withheld(Category::Phone, 2)],
        ..Usage::default()
    };
    let counted = Usage {
        at: "2026-11-19T19:30:00Z".parse().ok(),
        exchange_id: "0192f0c1-0000-7000-8000-000000000002".to_owned(),
        acting_for: "990140000017".to_owned(),
        purpose: "statistics".to_owned(),
        dpv: "dpv:ImprovePublicServices".to_owned(),
        legal_basis: "dpv:Consent".to_owned(),
        clause: "3".to_owned(),
        operation: format!("{training}GetStudentStatus"),
        request_fields: vec![field("iin", Category::Iin, None)],
        reply_fields: vec![
            field("statuses[0].iin", Category::Iin, as_pseudonym()),
            field("statuses[1].iin", Category::Iin, as_pseudonym()),
            field("statuses[0].certificate.issue_date", Category::Certificate, as_year()),
        ],
        withheld: Vec::new(),
        consent: "consent-1".to_owned(),
        ..first.clone()
    };
    let failed = Usage {
        at: "2026-11-02T03:00:00Z".parse().ok(),
        exchange_id: "0192f0c1-0000-7000-8000-000000000003".to_owned(),
        outcome: Outcome::Failed.into(),
        reply_fields: Vec::new(),
        withheld: Vec::new(),
        ..first.clone()
    };
    ReportResponse { entries: vec![first, counted, failed], ..ReportResponse::default() }
}

/// A gateway that says markup wherever it can.
fn hostile() -> ReportResponse {
    let nasty = || "</p><script src=\"https://e\">alert('1')</script>\u{0}&".to_owned();
    let usage = Usage {
        at: Some(prost_types::Timestamp { seconds: i64::MAX, nanos: -1 }),
        exchange_id: nasty(),
        caller: nasty(),
        acting_for: nasty(),
        operator: nasty(),
        purpose: nasty(),
        dpv: nasty(),
        legal_basis: nasty(),
        clause: nasty(),
        system: nasty(),
        recipient: nasty(),
        operation: nasty(),
        outcome: 99,
        request_fields: vec![Field {
            path: nasty(),
            category: 99,
            transform: Some(Transform { kind: 99, parameters: vec![u32::MAX] }),
        }],
        reply_fields: vec![Field {
            path: nasty(),
            category: 99,
            transform: Some(Transform { kind: 99, parameters: vec![u32::MAX] }),
        }],
        withheld: vec![WithheldCount { category: 99, count: u32::MAX }, WithheldCount { category: 99, count: 1 }],
        consent: nasty(),
    };
    ReportResponse { entries: vec![usage], ..ReportResponse::default() }
}

fn field(path: &str, category: Category, transform: Option<Transform>) -> Field {
    Field { path: path.to_owned(), category: category.into(), transform }
}

fn as_year() -> Option<Transform> {
    Some(Transform { kind: TransformKind::Year.into(), parameters: Vec::new() })
}

fn as_pseudonym() -> Option<Transform> {
    Some(Transform { kind: TransformKind::Pseudonym.into(), parameters: Vec::new() })
}

fn withheld(category: Category, count: u32) -> WithheldCount {
    WithheldCount { category: category.into(), count }
}

/// Elements that neither load nor run anything.
const ELEMENTS: [&str; 33] = [
    "html", "head", "meta", "title", "style", "body", "header", "main", "section", "article", "h1", "h2", "h3", "p",
    "dl", "dt", "dd", "ul", "li", "table", "caption", "thead", "tbody", "tr", "th", "td", "time", "span", "strong",
    "footer", "br", "ol", "small",
];
const ATTRIBUTES: [&str; 10] =
    ["lang", "charset", "name", "content", "http-equiv", "class", "id", "aria-labelledby", "scope", "datetime"];
