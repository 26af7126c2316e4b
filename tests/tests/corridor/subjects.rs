//! The rights of a person, over exchanges that took place: what an officer is told, and that it is true, complete, their own
//! operator's, and on record; and what is left when the person has been erased, which is nothing that leads to them.

use qaqpa_proto::moment::moment;
use std::path::Path;

use prost::Message as _;
use qaqpa_gateway::evidence::marks::mark;
use qaqpa_gateway::persons::named;
use qaqpa_journal::Trust;
use qaqpa_journal::verify::{Request, Verdict, verify};
use qaqpa_policy::Iin;
use qaqpa_policy::{Transform, category};
use qaqpa_proto::consent::v1::Form;
use qaqpa_proto::subject::v1::{
    Basis, CorrectRequest, CorrectResponse, CorrectionNote, DueRequest, DueResponse, EraseRequest, Field,
    FindUsageRequest, FindUsageResponse, ObjectRequest, Outcome, ReportRequest, ReportResponse, RestrictRequest,
    UnrestrictRequest, UnrestrictResponse, Usage,
};
use qaqpa_tests::people::{self, REPORTING, STATE_EXCHANGE, SUBMIT_GROUP};
use qaqpa_tests::{Caller, World, code, exchange_id, receipt};
use tonic::Status;

use crate::rights::{self, OFFICER, OFFICER_OF_MYVERIFY, SCHOOL, person, report};

/// `path category transform`, of each field.
fn fields(fields: &[Field]) -> Vec<String> {
    fields
        .iter()
        .map(|field| {
            format!("{} {} {}", field.path, category::name(field.category()), form(field)).trim_end().to_owned()
        })
        .collect()
}

/// As packs spell it.
fn form(field: &Field) -> String {
    let told = field.transform.as_ref();
    told.map(|told| Transform::heard(told).unwrap().to_string()).unwrap_or_default()
}

fn withheld(usage: &Usage) -> Vec<(&str, u32)> {
    usage.withheld.iter().map(|count| (category::name(count.category()), count.count)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_says_who_what_for_what_and_to_whom() {
    let world = rights::world("").await;
    let (school, myverify) = (world.caller(SCHOOL), world.caller("clients/myverify"));
    let iin = person(4);
    let today = world.site.time.clock().today();
    let student = qaqpa_proto::avtoshkola::v1::Student { phone: "+77005550199".into(), ..people::student(4, today) };
    let group = people::submit("", vec![student, people::student(9, today)]).encode_to_vec();
    school.wire(SUBMIT_GROUP, group.into()).await.unwrap();
    let consent = rights::give(&world, SCHOOL, &[REPORTING], &iin, Form::Written).await;
    let reporting = receipt(&rights::status(&school, REPORTING, &iin).await.unwrap()).exchange_id;
    assert_eq!(code(&rights::status(&school, "statistics", &iin).await), "consent.missing");
    let of_myverify = rights::give(&world, "clients/myverify", &["statistics"], &iin, Form::Kdp).await;
    rights::ask(&myverify, "statistics", &iin).await.unwrap();

    let told = report(&world.caller(OFFICER), &iin).await;
    assert!(!format!("{told:?}").contains(&iin) && !format!("{told:?}").contains("ТЕСТОВ"), "no value is told");
    assert!(told.journal.is_some() && told.next_page_token.is_empty());
    let [newest, oldest] = told.entries.as_slice() else { panic!("a refusal is no exchange: {:?}", told.entries) };
    assert_eq!((newest.purpose.as_str(), &newest.exchange_id, &newest.consent), (REPORTING, &reporting, &consent));
    assert_eq!(fields(&newest.request_fields), ["iin iin"]);
    let came: Vec<_> = fields(&newest.reply_fields);
    assert!(!came.is_empty() && came.iter().all(|field| !field.contains("iin")), "{came:?}");
    assert_eq!((newest.outcome(), newest.caller.as_str()), (Outcome::Answered, "school"));
    assert_eq!((newest.operator.as_str(), newest.acting_for.as_str()), ("avtomektep", people::SCHOOL));
    let why = (oldest.purpose.as_str(), oldest.dpv.as_str(), oldest.legal_basis.as_str(), oldest.clause.as_str());
    assert_eq!(why, (STATE_EXCHANGE, "dpv:LegalCompliance", "dpv:LegalObligation", "3(3), 6, 7"));
    assert_eq!((oldest.system.as_str(), oldest.recipient.as_str()), ("avtoshkola", "ІІМ «Автошкола» АИС"));
    assert_eq!((oldest.operation.as_str(), oldest.consent.as_str()), (SUBMIT_GROUP, ""));
    let left = fields(&oldest.request_fields);
    for wanted in ["student.iin iin", "student.surname name", "student.birth_date birth_date"] {
        assert!(left.iter().any(|field| field == wanted), "{wanted} in {left:?}");
    }
    assert!(left.iter().all(|field| !field.starts_with("context.") && !field.contains("phone")), "{left:?}");
    assert_eq!(withheld(oldest), [("phone", 1)]);
    assert!(oldest.at.as_ref().and_then(moment) < newest.at.as_ref().and_then(moment));

    let told = report(&world.caller(OFFICER_OF_MYVERIFY), &iin).await;
    let [only] = told.entries.as_slice() else { panic!("an officer sees another operator's: {:?}", told.entries) };
    assert_eq!((only.operator.as_str(), &only.consent), ("myverify", &of_myverify));
    let came = fields(&only.reply_fields);
    for wanted in [
        "persons.person.iin iin pseudonym",
        "persons.person.birth_date birth_date age-band 18,25,35,45,55,65",
        "persons.person.gender.code sex",
        "persons.person.reg_address.district.code address",
    ] {
        assert!(came.iter().any(|field| field == wanted), "{wanted} in {came:?}");
    }
    let counts = withheld(only);
    for category in ["name", "nationality", "legal_status", "identity_document"] {
        assert!(counts.iter().any(|(named, count)| *named == category && *count > 0), "{category} in {counts:?}");
    }

    assert_eq!(report(&world.caller(OFFICER), &person(9)).await.entries.len(), 1, "who was in the same group");
    assert_eq!(report(&world.caller(OFFICER), &person(11)).await.entries, [], "nobody ever spoke of them");
}

/// Exchanges about a person, an hour apart; their moments, newest first.
async fn five_hours(world: &World, iin: &str) -> Vec<String> {
    rights::give(world, SCHOOL, &[REPORTING], iin, Form::Written).await;
    let school = world.caller(SCHOOL);
    for _ in 0..5 {
        rights::status(&school, REPORTING, iin).await.unwrap();
        world.site.time.forward(3_600);
    }
    report(&world.caller(OFFICER), iin).await.entries.into_iter().map(|entry| entry.at.unwrap().to_string()).collect()
}

/// Exchanges that are recorded between two pages are on none of the later ones, and repeat and displace nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exchanges_between_two_pages_move_no_row() {
    let world = rights::world("").await;
    let (iin, officer) = (person(12), world.caller(OFFICER));
    five_hours(&world, &iin).await;
    let mut rows = Vec::new();
    let mut request = ReportRequest { iin: iin.clone(), page_size: 2, ..ReportRequest::default() };
    loop {
        let reply: ReportResponse = officer.call(rights::REPORT, &request).await.unwrap();
        rows.extend(reply.entries.into_iter().map(|entry| entry.exchange_id));
        if reply.next_page_token.is_empty() {
            break;
        }
        request.page_token = reply.next_page_token;
        rights::status(&world.caller(SCHOOL), REPORTING, &iin).await.unwrap();
    }
    let all: Vec<_> = report(&officer, &iin).await.entries.into_iter().map(|entry| entry.exchange_id).collect();
    assert_eq!(all.len(), 7, "two came between the pages");
    assert_eq!(rows, all[2..], "every row of the first look once, in its order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_and_periods_lose_nothing_and_repeat_nothing() {
    let world = rights::world("").await;
    let (iin, officer) = (person(12), world.caller(OFFICER));
    let all = five_hours(&world, &iin).await;
    assert!(all.len() == 5 && all.is_sorted_by(|later, earlier| later > earlier), "{all:?}");
    let mut paged = Vec::new();
    let mut request = ReportRequest { iin: iin.clone(), page_size: 2, ..ReportRequest::default() };
    loop {
        let reply: ReportResponse = officer.call(rights::REPORT, &request).await.unwrap();
        paged.push(reply.entries.iter().map(|entry| entry.at.unwrap().to_string()).collect::<Vec<_>>());
        if reply.next_page_token.is_empty() {
            break;
        }
        request.page_token = reply.next_page_token;
    }
    assert_eq!((paged.iter().map(Vec::len).collect::<Vec<_>>(), paged.concat()), (vec![2, 2, 1], all.clone()));

    for (row, from, to, wanted) in [
        ("its first moment is in a period, its last is not", &all[3], &all[1], &all[2..4]),
        ("from a moment on", &all[1], &String::new(), &all[..2]),
        ("up to a moment", &String::new(), &all[1], &all[2..]),
        ("an empty period", &all[1], &all[1], &[]),
        ("all", &String::new(), &String::new(), &all[..]),
    ] {
        let request = ReportRequest {
            iin: iin.clone(),
            from: from.parse().ok(),
            to: to.parse().ok(),
            ..ReportRequest::default()
        };
        let reply: ReportResponse = officer.call(rights::REPORT, &request).await.unwrap();
        assert_eq!(
            reply.entries.iter().map(|entry| entry.at.unwrap().to_string()).collect::<Vec<_>>(),
            wanted,
            "{row}"
        );
    }

    let request = || ReportRequest { iin: iin.clone(), ..ReportRequest::default() };
    for (row, request) in [
        ("no number", ReportRequest { iin: String::new(), ..request() }),
        ("an impossible number", ReportRequest { iin: "991231500007".into(), ..request() }),
        ("a moment that cannot be", ReportRequest { from: Some(NEVER), ..request() }),
        ("an end that cannot be", ReportRequest { to: Some(NEVER), ..request() }),
        ("a page too large", ReportRequest { page_size: 1_001, ..request() }),
        ("a page that never was", ReportRequest { page_token: "x".into(), ..request() }),
    ] {
        let told = officer.call::<ReportResponse>(rights::REPORT, &request).await;
        assert_eq!(code(&told), "request.invalid", "{row}");
        assert_eq!(world.recorded(&exchange_id(&told.unwrap_err())).await, "DENIED request.invalid", "{row}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_facts_in_the_shape_of_estonia() {
    let world = rights::world("").await;
    let (iin, officer) = (person(14), world.caller(OFFICER));
    let all = five_hours(&world, &iin).await;
    let find = async |offset, limit, start: &str, end: &str| {
        let (period_start, period_end) = (start.parse().ok(), end.parse().ok());
        let request = FindUsageRequest { user_code: iin.clone(), period_start, period_end, offset, limit };
        officer.call::<FindUsageResponse>(rights::FIND_USAGE, &request).await
    };
    let reply = find(1, 2, "", "").await.unwrap();
    assert_eq!((reply.total_usages, reply.usages.len()), (5, 2));
    for (usage, at) in reply.usages.iter().zip(&all[1..]) {
        assert_eq!(usage.logtime.unwrap().to_string(), format!("{}Z", &at[..19]), "whole seconds");
        assert_eq!(
            usage.action,
            "Records, statistics and reports on training (qaqpa.avtoshkola.v1.Training/GetStudentStatus)"
        );
        let receiver = (usage.receiver_code.as_str(), usage.receiver_name.as_str(), usage.receiver_system.as_str());
        assert_eq!(receiver, (people::SCHOOL, "", "school"), "whose name the gateway does not know");
    }
    for (row, wanted, told) in [
        ("both ends are in", 3, find(0, 0, &all[3], &all[1]).await),
        ("beyond the last", 5, find(9, 1, "", "").await),
        ("all", 5, find(0, 1_000, "", "").await),
    ] {
        assert_eq!(told.unwrap().total_usages, wanted, "{row}");
    }
    assert_eq!(code(&find(0, 1_001, "", "").await), "request.invalid");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_correction_names_who_has_received_the_field() {
    let world = rights::world("").await;
    let (iin, officer) = (person(16), world.caller(OFFICER_OF_MYVERIFY));
    rights::give(&world, "clients/myverify", &["identification"], &iin, Form::Kdp).await;
    let asked = rights::ask(&world.caller("clients/myverify"), "identification", &iin).await.unwrap();
    let at = world.records_of(&receipt(&asked).exchange_id).await[0]["ts"].as_str().unwrap().to_owned();
    let at = at.parse::<prost_types::Timestamp>().unwrap().to_string(); // digits of its second as a reply has them
    let correct = async |officer: &Caller, fields: &[&str], forward| {
        let fields = fields.iter().map(|path| (*path).to_owned()).collect();
        let request = CorrectRequest { iin: iin.clone(), fields, note: CorrectionNote::Wrong.into(), forward };
        officer.call::<CorrectResponse>(rights::CORRECT, &request).await
    };
    let marked =
        correct(&officer, &["persons.person.surname", "persons.person.patronymic", "iin"], true).await.unwrap();
    let told: Vec<_> = marked
        .forwarded_to
        .iter()
        .map(|to| {
            (to.organisation.is_empty(), to.system.as_str(), to.fields.join(" "), to.last_at.unwrap().to_string())
        })
        .collect();
    assert_eq!(
        told,
        [
            (true, "gbdfl", "iin".to_owned(), at.clone()),
            (false, "", "persons.person.patronymic persons.person.surname".to_owned(), at.clone())
        ]
    );
    let line = &world.records_of(&marked.request_id).await[0];
    assert_eq!((&line["event"], &line["count"]), (&"CORRECTION_MARKED".into(), &2.into()));
    for (row, wanted, marked) in [
        ("nobody is to be told", 0, correct(&officer, &["iin"], false).await),
        ("a field that nobody received", 0, correct(&officer, &["persons.person.nationality"], true).await),
        ("another operator's officer", 0, correct(&world.caller(OFFICER), &["iin"], true).await),
    ] {
        assert_eq!(marked.unwrap().forwarded_to.len(), wanted, "{row}");
    }
    for (row, fields) in [("no field", &[][..]), ("no such field", &["iin", "persons.person.shoe_size"])] {
        assert_eq!(code(&correct(&officer, fields, true).await), "request.invalid", "{row}");
    }
}

/// Holds are seen by those whose they are, bite where they shall, and end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_bites_until_it_is_lifted_also_after_a_restart() {
    let world = rights::world("").await;
    let (iin, officer) = (person(18), world.caller(OFFICER));
    rights::give(&world, SCHOOL, &[REPORTING], &iin, Form::Written).await;
    let hold = rights::restrict(&officer, &iin, REPORTING).await.unwrap().hold.unwrap();
    let objection = rights::object(&officer, &iin, "statistics").await.unwrap().hold.unwrap();
    assert_eq!((hold.basis(), hold.purpose.as_str(), hold.lifted_at), (Basis::SubjectRequest, REPORTING, None));
    let next = world.beside(&rights::callers()).await;
    world.running.stop().await;
    let overlay = "[journal]\ndirectory = \"journal-0\"\n[vault]\nfile = \"vault-0/vault.sqlite\"\n";
    let world = next.beside(&[rights::callers(), overlay.to_owned()].concat()).await;
    let (school, officer) = (world.caller(SCHOOL), world.caller(OFFICER));
    rights::give(&world, SCHOOL, &["statistics"], &iin, Form::Written).await;
    assert_eq!(code(&rights::status(&school, REPORTING, &iin).await), "subject.restricted");
    assert_eq!(code(&rights::status(&school, "statistics", &iin).await), "subject.objected");
    let lift = async |officer: &Caller, id: &str| {
        officer.call::<UnrestrictResponse>(rights::UNRESTRICT, &UnrestrictRequest { id: id.to_owned() }).await
    };
    for (row, wanted, told) in [
        ("no such hold", "hold.unknown", lift(&officer, "0").await),
        ("another operator's", "hold.stranger", lift(&world.caller(OFFICER_OF_MYVERIFY), &hold.id).await),
        ("lifted", "answered", lift(&officer, &hold.id).await),
        ("lifted before", "hold.already_lifted", lift(&officer, &hold.id).await),
        ("an objection", "answered", lift(&officer, &objection.id).await),
    ] {
        assert_eq!(code(&told), wanted, "{row}");
    }
    for purpose in [REPORTING, "statistics"] {
        assert_eq!(code(&rights::status(&school, purpose, &iin).await), "answered", "{purpose}");
    }
    for (row, wanted, told) in [
        (
            "no ground",
            "request.invalid",
            officer
                .call(rights::RESTRICT, &RestrictRequest { basis: 0, iin: iin.clone(), ..RestrictRequest::default() })
                .await,
        ),
        ("no such purpose", "purpose.unknown", rights::restrict(&officer, &iin, "shoes").await),
    ] {
        assert_eq!(code(&told), wanted, "{row}");
    }
    assert_eq!(code(&rights::object(&officer, &iin, "").await), "request.invalid", "an objection is to a purpose");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_the_erased_nothing_is_left_that_leads_to_them() {
    let world = rights::world("").await;
    let (school, officer) = (world.caller(SCHOOL), world.caller(OFFICER));
    let (iin, other) = (person(22), person(24));
    let consent = rights::give(&world, SCHOOL, &[REPORTING], &iin, Form::Written).await;
    rights::give(&world, SCHOOL, &[REPORTING], &other, Form::Written).await;
    let asked = receipt(&rights::status(&school, REPORTING, &iin).await.unwrap());
    rights::status(&school, REPORTING, &other).await.unwrap();
    let hold = rights::object(&officer, &iin, "statistics").await.unwrap().hold.unwrap();
    let vault = world.running.gateway.persons().vault().clone();
    let intent = world.records_of(&asked.exchange_id).await.remove(0);
    let subject = vault.known(&known_as(&iin)).await.unwrap().unwrap();
    assert_eq!(intent["subjects"]["marks"][0], mark(&subject, &asked.exchange_id), "found by the person's key");
    let leaf = intent["n"].as_u64().or_else(|| asked.intent.map(|entry| entry.index)).unwrap();
    let salted = || qaqpa_journal::salts::held(world.journal()).unwrap();
    assert!(salted().contains(&leaf));
    let folder = world.config.vault.file.parent().unwrap().to_owned();
    assert!(holds(&folder, &consent) && holds(&folder, &hold.id), "the vault's ids stand in its file");
    drop(subject);

    let erased = rights::erase(&officer, &iin).await.unwrap();
    assert_eq!((erased.found, erased.consents, erased.holds), (true, 1, 1));
    assert_eq!(report(&officer, &iin).await.entries, []);
    assert_eq!(report(&officer, &other).await.entries.len(), 1, "others are as they were");
    assert!(vault.known(&known_as(&iin)).await.unwrap().is_none(), "the key is gone");
    for (what, id) in [("the consent", &consent), ("the objection", &hold.id), ("the number", &iin)] {
        assert!(!holds(&folder, id), "{what} is still in the vault's file");
    }
    assert!(!salted().contains(&leaf), "the salt is destroyed");
    assert_eq!(salted().len(), 1, "the other person's is not");

    // The person comes back, as somebody new whom nothing joins with before.
    rights::give(&world, SCHOOL, &[REPORTING], &iin, Form::Written).await;
    rights::status(&school, REPORTING, &iin).await.unwrap();
    assert_eq!(report(&officer, &iin).await.entries.len(), 1);
    let anew = vault.known(&known_as(&iin)).await.unwrap().unwrap();
    assert_ne!(intent["subjects"]["marks"][0], mark(&anew, &asked.exchange_id));
    let again = rights::erase(&officer, &iin).await.unwrap();
    assert_eq!((again.found, again.consents), (true, 1));
    let never = rights::erase(&officer, &iin).await.unwrap();
    assert_eq!((never.found, never.consents, never.holds, never.requests), (false, 0, 0, 0));
    verified(&world).await;
    let lines: Vec<_> = world.records().await.into_iter().filter(|line| line["event"] == "ERASED").collect();
    let marks: Vec<_> = lines.iter().filter_map(|line| line["marks"][0].as_str()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(marks.len(), 2, "of those who were found, made while there was a key: {lines:?}");
}

/// The journal is whole, for whoever audits it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_operator_erases_is_its_own() {
    let world = rights::world("").await;
    let iin = person(31);
    rights::give(&world, SCHOOL, &[REPORTING], &iin, Form::Written).await;
    rights::give(&world, "clients/smartustaz", &["verification"], &iin, Form::Written).await;
    let vault = world.running.gateway.persons().vault().clone();
    let elsewhere = named("smartustaz", &Iin::parse(&iin).unwrap());
    let erased = rights::erase(&world.caller(OFFICER), &iin).await.unwrap();
    assert_eq!((erased.found, erased.consents), (true, 1));
    assert!(vault.known(&known_as(&iin)).await.unwrap().is_none());
    assert!(vault.known(&elsewhere).await.unwrap().is_some(), "another operator's key of the same person");
}

/// The journal fails, or the gateway dies, between the vault and the line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_without_its_line_has_it_after_the_next_start() {
    let world = rights::world("").await;
    let iin = person(33);
    rights::give(&world, SCHOOL, &[REPORTING], &iin, Form::Written).await;
    let at = world.site.time.clock().now();
    let order = qaqpa_vault::Erasure { id: "erasure-33".into(), at, basis: "subject-request".into() };
    world.running.gateway.persons().vault().erase(&known_as(&iin), order).await.unwrap();
    world.records().await;
    let next = world.beside(&rights::callers()).await;
    world.running.stop().await;
    let overlay = "[journal]\ndirectory = \"journal-0\"\n[vault]\nfile = \"vault-0/vault.sqlite\"\n";
    for row in ["made up for", "once"] {
        let again = next.beside(&[rights::callers(), overlay.to_owned()].concat()).await;
        let lines = again.records().await;
        let erased: Vec<_> = lines.iter().filter(|line| line["event"] == "ERASED").collect();
        assert_eq!(erased.len(), 1, "{row}");
        assert_eq!((&erased[0]["id"], &erased[0]["basis"]), (&"erasure-33".into(), &"subject-request".into()), "{row}");
        again.running.stop().await;
    }
}

/// How the vault knows a person at the officer's operator.
fn known_as(iin: &str) -> String {
    named("avtomektep", &Iin::parse(iin).unwrap()).to_string()
}

async fn verified(world: &World) {
    world.records().await;
    let trust = Trust::parse(&std::fs::read_to_string(world.site.file("trust.toml")).unwrap()).unwrap();
    let bundle = world.site.file("bundle.zip");
    let mut file = std::fs::File::create(&bundle).unwrap();
    qaqpa_journal::export::bundle(world.journal(), None, &mut file).unwrap();
    let verdict = verify(&Request { trust: Some(&trust), ..Request::new(&bundle) });
    assert_eq!(verdict.verdict(), Verdict::Valid, "{verdict}");
}

/// Whether any file of a folder holds this text.
fn holds(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

/// Every right once, by whom; what each call came to.
async fn all_rights(caller: &Caller, iin: &str) -> Vec<(&'static str, Result<(), Status>)> {
    let iin = || iin.to_owned();
    let basis = Basis::SubjectRequest.into();
    let correct = CorrectRequest { iin: iin(), fields: vec!["iin".into()], note: 1, forward: true };
    let find = FindUsageRequest { user_code: iin(), ..FindUsageRequest::default() };
    let report = ReportRequest { iin: iin(), ..ReportRequest::default() };
    let (restrict, lift) =
        (RestrictRequest { iin: iin(), basis, purpose: REPORTING.into() }, UnrestrictRequest { id: "0".into() });
    let object = ObjectRequest { iin: iin(), purpose: REPORTING.into() };
    let erase = EraseRequest { iin: iin(), basis };
    let mut told = Vec::new();
    for (path, message) in [
        (rights::REPORT, report.encode_to_vec()),
        (rights::FIND_USAGE, find.encode_to_vec()),
        (rights::RESTRICT, restrict.encode_to_vec()),
        (rights::UNRESTRICT, lift.encode_to_vec()),
        (rights::OBJECT, object.encode_to_vec()),
        (rights::CORRECT, correct.encode_to_vec()),
        (rights::DUE, DueRequest::default().encode_to_vec()),
        (rights::ERASE, erase.encode_to_vec()),
    ] {
        told.push((path, caller.wire(path, message.into()).await.map(drop)));
    }
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rights_are_exercised_by_officers_alone() {
    let world = rights::world("").await;
    for who in ["clients/school", "clients/auditor", "clients/admin", "clients/myverify"] {
        for (path, told) in all_rights(&world.caller(who), &person(26)).await {
            assert_eq!(code(&told), "caller.role", "{who} at {path}");
            let id = exchange_id(&told.unwrap_err());
            let line = world.records_of(&id).await.remove(0);
            assert_eq!((&line["code"], &line["method"]), (&"caller.role".into(), &path.into()));
        }
    }
    assert!(
        world.running.gateway.persons().vault().known(&known_as(&person(26))).await.unwrap().is_none(),
        "nobody was looked up"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_is_a_line_and_no_line_names_anybody() {
    let world = rights::world("").await;
    let (iin, officer) = (person(28), world.caller(OFFICER));
    rights::give(&world, SCHOOL, &[REPORTING], &iin, Form::Written).await;
    let before = world.records().await.len();
    let told = all_rights(&officer, &iin).await;
    let due: DueResponse = officer.call(rights::DUE, &DueRequest::default()).await.unwrap();
    assert_eq!(due.items, [], "whose consent was erased");
    let lines = world.records().await.split_off(before);
    let words = |line: &serde_json::Value| {
        let word = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
        format!("{} {}{}", word("method").rsplit('/').next().unwrap(), word("event"), word("code"))
    };
    assert_eq!(
        lines.iter().map(words).collect::<Vec<_>>(),
        [
            "Report REPORTED",
            "FindUsage REPORTED",
            "Restrict RESTRICTED",
            "Unrestrict hold.unknown",
            "Object OBJECTED",
            "Correct CORRECTION_MARKED",
            "Due DUE_LISTED",
            "Erase ERASED",
            "Due DUE_LISTED"
        ],
        "{told:?}"
    );
    let text = serde_json::to_string(&lines).unwrap();
    assert!(!text.contains(&iin), "{text}");
    let marks: Vec<_> = lines.iter().filter_map(|line| line["marks"][0].as_str()).collect();
    let distinct: std::collections::BTreeSet<_> = marks.iter().collect();
    assert_eq!((marks.len(), distinct.len()), (6, 6), "each line has a mark of its own, that of the erasure too");
}

/// No moment at all.
const NEVER: prost_types::Timestamp = prost_types::Timestamp { seconds: 0, nanos: -1 };
