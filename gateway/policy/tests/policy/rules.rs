//! Rules as plans understand them: for a system, for some paths, with a transform. What does not fit is a problem of the
//! pack, told with its line, and never a plan that does less than it says.

use qaqpa_policy::plan::{FieldFate, PlannedField};
use qaqpa_policy::{Direction, Pack, PlanProblem, Plans};

use crate::rich::{self, ASK, World};

/// The rich pack with rules of its own for requests, or for replies.
fn compiled(direction: Direction, rules: &str) -> Result<Plans, Vec<PlanProblem>> {
    let (disclose, receive) = match direction {
        Direction::Request => (rules, "[]"),
        Direction::Reply => ("[]", rules),
    };
    let (head, rest) = rich::PACK.split_once("    disclose:").unwrap();
    let (_, tail) = rest.split_once("withhold:").unwrap();
    let text = format!("{head}    disclose: {disclose}\n    receive: {receive}\nwithhold:{tail}");
    Plans::compile(&rich::contract(), &Pack::parse(&text, "pack.yaml").unwrap())
}

/// Paths that move, with their transforms.
fn moves(direction: Direction, rules: &str) -> Vec<String> {
    let plans = compiled(direction, rules).unwrap();
    let plan = plans.plan(ASK, "exchange", direction).unwrap();
    let transform =
        |field: PlannedField<'_>| field.transform.map(|transform| format!(" {transform}")).unwrap_or_default();
    let released = plan.fields().filter(|field| field.fate == FieldFate::Released);
    released.map(|field| format!("{}{}", field.path, transform(field))).collect()
}

#[test]
fn a_rule_reaches_the_fields_it_names() {
    for (wanted, rules, why) in [
        (vec!["record.surname"], "[{ category: name, clause: '1' }]", "all of a category"),
        (vec![], "[{ category: name, systems: [other], clause: '1' }]", "for another system"),
        (vec!["record.surname"], "[{ category: name, systems: [rich], clause: '1' }]", "for this one"),
        (vec![], "[{ category: name, transform: drop, clause: '1' }]", "dropped by a rule"),
        (vec!["record.device"], "[{ category: device, only: [record.device], clause: '1' }]", "one of two fields"),
        (
            vec!["record.address.city prefix 3"],
            "[{ category: address, only: [record.address.city], transform: { prefix: 3 }, clause: '1' }]",
            "a value within a message, which is entered for its sake alone",
        ),
        (
            vec!["record.address.city", "record.address.street", "record.address.region"],
            "[{ category: address, only: [record.address], clause: '1' }]",
            "a message and all in it",
        ),
        (
            vec![
                "record.documents.number suffix 4",
                "record.documents.issuer suffix 4",
                "record.extra.document.number suffix 4",
                "record.extra.document.issuer suffix 4",
            ],
            "[{ category: certificate, transform: { suffix: 4 }, clause: '1' }]",
            "a transform for a message whose values all are of the category; no map moves without its key",
        ),
        (
            vec!["record.hours.key", "record.hours.value"],
            "[{ category: education, only: [record.hours], clause: '1' }]",
            "a map and all in it",
        ),
        (vec![], "[{ category: education, only: [record.hours.value], clause: '1' }]", "no map without its key"),
        (
            vec!["record.hours.key pseudonym", "record.hours.value bucket 10"],
            "[{ category: education, only: [record.hours.key], transform: pseudonym, clause: '1' },
              { category: education, only: [record.hours.value], transform: { bucket: 10 }, clause: '1' }]",
            "a rule for the keys, another for the values",
        ),
        (
            vec!["record.extra.detail.staff"],
            "[{ category: staff, only: [record.extra.detail.staff], clause: '1' }]",
            "a value in an Any",
        ),
    ] {
        assert_eq!(moves(Direction::Reply, rules), wanted, "{why}");
    }
}

#[test]
fn what_does_not_fit_is_a_problem() {
    use Direction::{Reply, Request};
    for (wanted, direction, rules) in [
        (
            "policy.transform_unfit record.birth_date: the state system demands a format that the result does not have",
            Request,
            "{ category: birth_date, transform: year, clause: '1', only: [record.birth_date] }",
        ),
        (
            "policy.transform_unfit record.iin: the state system demands a format that the result does not have",
            Request,
            "{ category: iin, transform: pseudonym, clause: '1' }",
        ),
        (
            "policy.transform_unfit record.phone: the state system demands a format that the result does not have",
            Request,
            "{ category: phone, transform: { suffix: 4 }, clause: '1' }",
        ),
        ("", Reply, "{ category: iin, transform: pseudonym, clause: '1' }"),
        ("", Request, "{ category: name, transform: { prefix: 1 }, clause: '1' }"),
        (
            "policy.transform_unfit record.surname: it is for whole numbers",
            Reply,
            "{ category: name, transform: { bucket: 10 }, clause: '1' }",
        ),
        (
            "policy.transform_unfit record.surname: it is for dates and date-times",
            Reply,
            "{ category: name, transform: year, clause: '1' }",
        ),
        (
            "policy.transform_unfit record.salary: it is for texts",
            Reply,
            "{ category: financial, transform: { prefix: 3 }, clause: '1', only: [record.salary] }",
        ),
        (
            "policy.transform_unfit record.photo: it is for texts that hold a code",
            Reply,
            "{ category: photo, transform: kato-region, clause: '1' }",
        ),
        (
            "policy.transform_unfit record.photo: it is for texts",
            Reply,
            "{ category: photo, transform: { suffix: 4 }, clause: '1' }",
        ),
        (
            "policy.transform_unfit record.level: it is for whole numbers",
            Reply,
            "{ category: technical, transform: { bucket: 10 }, clause: '1', only: [record.level] }",
        ),
        (
            "policy.transform_unfit record.single: it is for texts and bytes",
            Reply,
            "{ category: technical, transform: present, clause: '1', only: [record.single] }",
        ),
        (
            "policy.transform_unfit record.hours.key: the keys of a map must stay distinct; only `pseudonym` keeps them so",
            Reply,
            "{ category: education, transform: { prefix: 1 }, clause: '1', only: [record.hours.key] },
              { category: education, clause: '1', only: [record.hours.value] }",
        ),
        (
            "policy.transform_unfit record.mixed: the message holds values of other categories too",
            Reply,
            "{ category: address, transform: { prefix: 1 }, clause: '1', only: [record.mixed] }",
        ),
        (
            "policy.rule_path record.surnam: which none of its operations has; record.surname",
            Reply,
            "{ category: name, clause: '1', only: [record.surnam] }",
        ),
        (
            "policy.rule_path record.iin: which is of another category; -",
            Reply,
            "{ category: name, clause: '1', only: [record.iin] }",
        ),
        (
            "policy.rule_path record.surname: which none of its operations has; -",
            Reply,
            "{ category: name, clause: '1', only: [record.surname], systems: [other] }",
        ),
        (
            "policy.rule_path context.purpose: which none of its operations has; -",
            Request,
            "{ category: name, clause: '1', only: [context.purpose] }",
        ),
        ("", Reply, "{ category: staff, clause: '1', only: [record.papers.key] }"),
        (
            "policy.rule_path record.papers.clue: which none of its operations has; record.papers.key",
            Reply,
            "{ category: staff, clause: '1', only: [record.papers.clue] }",
        ),
    ] {
        let problems = compiled(direction, &format!("[{rules}]")).err().unwrap_or_default();
        let told = problems.first().map(|problem| match problem {
            PlanProblem::TransformUnfit { path, problem: why, .. } => format!("{} {path}: {why}", problem.code()),
            PlanProblem::RulePath { path, problem: why, suggestion, .. } => {
                format!("{} {path}: {why}; {}", problem.code(), suggestion.as_deref().unwrap_or("-"))
            }
            other => other.to_string(),
        });
        assert_eq!(told.unwrap_or_default(), wanted, "{rules}");
        assert!(problems.iter().all(|problem| problem.to_string().starts_with("line ")), "{problems:?}");
    }
}

#[test]
fn a_field_of_a_plan_says_what_becomes_of_it() {
    let world = World::new();
    let plan = world.plan(Direction::Reply);
    let find = |path: &str| plan.fields().find(|field| field.path == path).unwrap();
    assert_eq!(find("record.since").transform.unwrap().to_string(), "age-band 14,16,18,21");
    assert_eq!((find("record.since").fate, find("record.since").clause), (FieldFate::Released, "1"));
    assert_eq!(find("record.iin").transform, None);
    assert_eq!((find("record.photo").fate, find("record.photo").transform), (FieldFate::Withheld, None));
    assert_eq!(find("record.weight").why.reason.en, "Not needed");
    assert_eq!(find("record.extra").fate, FieldFate::Structure);
    let dropped = world.plan(Direction::Request).fields().find(|field| field.path == "record.weight").unwrap();
    assert_eq!((dropped.fate, dropped.clause), (FieldFate::Withheld, "1"), "by the clause of the rule that drops it");
}
