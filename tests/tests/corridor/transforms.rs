//! What comes back in a coarser form: of the 25 elements that the state tells, each purpose gets exactly these, in these forms.
//! Pseudonyms join nothing across purposes, recipients and years; of a minor nothing comes back at all.

use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage};
use qaqpa_proto::consent::v1::Form;
use qaqpa_tests::consents;
use qaqpa_tests::people::{self, ISSUE_CERTIFICATE, STATE_EXCHANGE};
use qaqpa_tests::{Caller, World, code, exchange_id};
use serde_json::{Value, json};

use crate::rights::{self, SCHOOL, person};

/// A man born on 1952-03-03, so that he is in the last age band whenever this runs.
const NUMBER: usize = 2;

/// The one person of a reply, with everything in it.
fn told(reply: bytes::Bytes) -> Value {
    let pool = DescriptorPool::decode(qaqpa_proto::DESCRIPTOR_SET).unwrap();
    let reply_type = pool.get_message_by_name("qaqpa.gbdfl.v1.GetPersonResponse").unwrap();
    let mut reply = serde_json::to_value(DynamicMessage::decode(reply_type, reply).unwrap()).unwrap();
    reply["persons"]["person"][0].take()
}

async fn ask(world: &World, who: &str, purpose: &str, iin: &str) -> Value {
    told(rights::ask(&world.caller(who), purpose, iin).await.unwrap())
}

fn is_pseudonym(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    text.len() == 27
        && text.starts_with('p')
        && text[1..].bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

const ROWS: [(&str, &str, Form); 9] = [
    ("myverify", "data-confirmation", Form::Kdp),
    ("myverify", "anti-fraud", Form::Kdp),
    ("myverify", "statistics", Form::Kdp),
    ("qyzmet-desk", "identity-check", Form::Kdp),
    ("qyzmet-desk", "biometric-identification", Form::Written),
    ("qyzmet-desk", "statistics", Form::Kdp),
    ("cpm", "verification", Form::Kdp),
    ("smartustaz", "verification", Form::Kdp),
    ("myverify", "identification", Form::Kdp),
];

fn wanted(operator: &str, purpose: &str, iin: &str) -> Value {
    let end = format!("…{}", &iin[8..]);
    let ends = |numbers: [&str; 3]| {
        let [valid, old, passport] = numbers.map(|number| json!(number));
        let document = |number: Value, end: &str, status: &str| json!({"number": number, "endDate": end, "status": {"code": status}});
        json!({"document": [document(valid, "2034-01", "00"), document(old, "2024-01", "17"), document(passport, "2024-01", "17")]})
    };
    let without_end = |mut documents: Value| {
        for document in documents["document"].as_array_mut().unwrap() {
            document.as_object_mut().unwrap().remove("endDate");
        }
        documents
    };
    let numbers = ["…0002", "…0002", "…0002"];
    let alive = json!({"code": "0"});
    let statistics = |iin: Option<&str>, band: &str| {
        let mut person = json!({
            "birthDate": band, "gender": {"code": "1"}, "regAddress": {"district": {"code": "190000000"}}, "removed": false
        });
        iin.into_iter().for_each(|iin| person["iin"] = iin.into());
        person
    };
    match (operator, purpose) {
        ("myverify", "data-confirmation") => {
            json!({"iin": end, "surname": "ТЕСТОВ", "name": "ТЕСТ", "patronymic": "ТЕСТОВИЧ", "removed": false})
        }
        ("myverify", "anti-fraud") => {
            json!({"iin": "pseudonym", "lifeStatus": alive, "documents": ends(numbers), "removed": false})
        }
        ("myverify", "statistics") => statistics(Some("pseudonym"), "65+"),
        ("qyzmet-desk", "statistics") => statistics(None, "60+"),
        ("qyzmet-desk", "identity-check") => json!({
            "iin": end, "surname": "ТЕСТОВ", "name": "ТЕСТ", "patronymic": "ТЕСТОВИЧ", "birthDate": "1952",
            "lifeStatus": alive, "documents": without_end(ends(numbers)), "removed": false
        }),
        ("qyzmet-desk", "biometric-identification") => json!({
            "iin": end, "lifeStatus": alive, "documents": without_end(ends(["present"; 3])), "removed": false
        }),
        ("cpm", "verification") => json!({
            "iin": end, "surname": "ТЕСТОВ", "name": "ТЕСТ", "patronymic": "ТЕСТОВИЧ", "birthDate": "1952",
            "lifeStatus": alive, "documents": ends(numbers), "removed": false
        }),
        ("smartustaz", "verification") => json!({
            "iin": end, "surname": "ТЕСТОВ", "name": "ТЕСТ", "removed": false
        }),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_purpose_gets_its_fields_in_its_forms() {
    let world = rights::world("").await;
    // Purposes that may not meet are asked about people of one age and sex: their numbers are the mock's 2 and 102.
    for (operator, purpose, form) in ROWS.into_iter().filter(|(_, purpose, _)| *purpose != "identification") {
        let iin = person(if operator == "qyzmet-desk" && purpose == "statistics" { NUMBER + 100 } else { NUMBER });
        let who = format!("clients/{operator}");
        rights::give(&world, &who, &[purpose], &iin, form).await;
        let mut person = ask(&world, &who, purpose, &iin).await;
        if is_pseudonym(&person["iin"]) {
            person["iin"] = "pseudonym".into();
        }
        if operator == "smartustaz" {
            let address = person.as_object_mut().unwrap().remove("regAddress").unwrap();
            assert_eq!(address["city"], "present", "that there is a settlement, not which");
            let mut parts: Vec<_> = address.as_object().unwrap().keys().cloned().collect();
            parts.sort();
            assert_eq!(parts, ["city", "district", "region"]);
        }
        let text = person.to_string();
        assert!(
            !text.contains(&iin) && !text.contains("1952-") && !text.contains("УЛИЦА"),
            "{operator} {purpose}: {text}"
        );
        assert_eq!(person, wanted(operator, purpose, &iin), "{operator} {purpose}");
    }
}

/// The certificate's IIN as the school's statistics show it.
async fn of_school(school: &Caller, on_behalf_of: &str) -> String {
    let mut request = people::status_of("", "statistics", &person(NUMBER));
    request.context.as_mut().unwrap().on_behalf_of = on_behalf_of.to_owned();
    let reply: qaqpa_proto::avtoshkola::v1::GetStudentStatusResponse =
        school.call(people::GET_STUDENT_STATUS, &request).await.unwrap();
    reply.certificate[0].iin.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pseudonym_joins_nothing_but_its_own() {
    let world = rights::world("").await;
    let (iin, other) = (person(NUMBER), person(NUMBER + 100));
    let pseudonym = async |world: &World, purpose: &str, iin: &str| {
        ask(world, "clients/myverify", purpose, iin).await["iin"].as_str().unwrap().to_owned()
    };
    let myverify = world.caller("clients/myverify");
    for (purpose, iin) in [("statistics", &iin), ("statistics", &other), ("anti-fraud", &iin)] {
        let mut request = rights::consent(&world, &[purpose], iin, Form::Kdp);
        request.end = consents::days(400);
        let given = myverify.call::<qaqpa_proto::consent::v1::GiveResponse>(rights::GIVE, &request);
        assert_eq!(code(&given.await), "answered");
    }
    let first = pseudonym(&world, "statistics", &iin).await;
    assert_eq!(pseudonym(&world, "statistics", &iin).await, first, "one person is counted once");
    let mut different =
        vec![first.clone(), pseudonym(&world, "statistics", &other).await, pseudonym(&world, "anti-fraud", &iin).await];

    let school = world.caller(SCHOOL);
    rights::give(&world, SCHOOL, &["statistics"], &iin, Form::Written).await;
    let today = world.site.time.clock().today();
    let group = people::submit("", vec![people::student(NUMBER, today)]).encode_to_vec();
    school.wire(people::SUBMIT_GROUP, group.into()).await.unwrap();
    let certificate = qaqpa_proto::avtoshkola::v1::IssueCertificateRequest {
        context: Some(people::context("", STATE_EXCHANGE)),
        certificate: Some(people::certificate(NUMBER)),
    };
    school.wire(ISSUE_CERTIFICATE, certificate.encode_to_vec().into()).await.unwrap();
    different.push(of_school(&school, people::SCHOOL).await);
    different.push(of_school(&school, "").await);
    assert_eq!(of_school(&school, people::SCHOOL).await, different[3], "the same recipient again");

    let next = world.beside(&rights::callers()).await;
    world.running.stop().await;
    let overlay = "[journal]\ndirectory = \"journal-0\"\n[vault]\nfile = \"vault-0/vault.sqlite\"\n";
    let world = next.beside(&[rights::callers(), overlay.to_owned()].concat()).await;
    assert_eq!(pseudonym(&world, "statistics", &iin).await, first, "after a restart");
    let year = i32::from(today.year()) + 1;
    world.site.time.turn_to(format!("{year}-01-01T00:00:01+05:00").parse().unwrap());
    different.push(pseudonym(&world, "statistics", &iin).await);
    let distinct: std::collections::BTreeSet<_> = different.iter().collect();
    assert_eq!(distinct.len(), 6, "person, purpose, operator, recipient and year each make another: {different:?}");
    assert!(different.iter().all(|value| is_pseudonym(&json!(value))), "{different:?}");
}

/// Asked about a minor, whose age only the reply tells: it left, it came, and nothing of it is handed on or written down.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_minor_nothing_comes_back() {
    let world = rights::world("").await;
    for (number, (operator, purpose, form)) in ROWS.into_iter().enumerate() {
        let (iin, who) = (person(3 + 10 * number), format!("clients/{operator}"));
        rights::give(&world, &who, &[purpose], &iin, form).await;
        let answer = rights::ask(&world.caller(&who), purpose, &iin).await;
        assert_eq!(code(&answer), "consent.minor_refused", "{operator} {purpose}");
        let status = answer.unwrap_err();
        let told = format!("{status:?} {}", String::from_utf8_lossy(status.details()));
        let records = world.records_of(&exchange_id(&status)).await;
        assert_eq!(world.recorded(&exchange_id(&status)).await, "INTENT, OUTCOME failed consent.minor_refused");
        let outcome = &records[1];
        assert!(outcome["commitments"].is_null() && outcome["withheld"].is_null(), "nothing was released: {outcome}");
        let came = String::from_utf8_lossy(&world.government.seen().last().unwrap().reply).into_owned();
        for value in [iin.as_str(), "ТЕСТОВИЧ", "ОБРАЗЦОВСК", "RECON-"] {
            assert!(came.contains(value), "{value} came");
            assert!(!told.contains(value) && !format!("{records:?}").contains(value), "{value}, {operator} {purpose}");
        }
    }
}
