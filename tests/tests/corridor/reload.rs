//! New packs in a gateway that runs: a good one is in force for whatever comes next, a bad one for nothing, and the journal
//! says which it was.

use bytes::Bytes;
use prost::Message as _;
use qaqpa_gateway::start::config::Config;
use qaqpa_proto::avtoshkola::v1::Student;
use qaqpa_proto::consent::v1::Form;
use qaqpa_tests::people::{self, REPORTING, SUBMIT_GROUP};
use qaqpa_tests::{Caller, World, code, receipt};
use serde_json::Value;

use crate::rights::{self, SCHOOL, person};

fn read(world: &World, operator: &str) -> String {
    std::fs::read_to_string(world.site.file(&format!("policy/{operator}.yaml"))).unwrap()
}

fn write(world: &World, operator: &str, text: impl AsRef<[u8]>) {
    std::fs::write(world.site.file(&format!("policy/{operator}.yaml")), text).unwrap();
}

/// A text with its first `old` replaced, which must be there.
fn with(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "{old}");
    text.replacen(old, new, 1)
}

async fn submit(school: &Caller, world: &World, number: usize) -> Bytes {
    let today = world.site.time.clock().today();
    let student = Student { phone: "+77005550199".into(), ..people::student(number, today) };
    school.wire(SUBMIT_GROUP, people::submit("", vec![student]).encode_to_vec().into()).await.unwrap()
}

/// SHA-256 of the pack that judged an answer, and the paths that it kept back from the request.
fn judged(answer: &Bytes) -> (String, Vec<String>) {
    let receipt = receipt(answer);
    (receipt.policy.unwrap().sha256, receipt.withheld_from_request.into_iter().map(|withheld| withheld.path).collect())
}

async fn events(world: &World) -> Vec<Value> {
    let mut lines = world.records().await;
    lines.retain(|line| line["event"].as_str().is_some_and(|event| event.starts_with("pack")));
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_pack_is_in_force_for_what_comes_next() {
    let world = rights::world("").await;
    let (school, iin) = (world.caller(SCHOOL), person(2));
    rights::give(&world, SCHOOL, &[REPORTING], &iin, Form::Written).await;
    let (was, withheld) = judged(&submit(&school, &world, 2).await);
    assert_eq!(withheld, ["student.phone"]);
    let old = read(&world, "avtomektep");
    let phone = "      - { category: birth_date, clause: \"3\" }\n";
    let new = with(&old, phone, &[phone, "      - { category: phone, clause: \"3(5)\" }\n"].concat());
    // Of what reports get, nothing but the head stays.
    let reports =
        "      - { category: organisation, clause: \"3\" }\n      - { category: education, clause: \"3, 4\" }\n\n";
    let new = with(&new, reports, "\n");

    world.government.behave_once("slow=1500ms".parse().unwrap());
    let before = world.government.requests();
    let under_way = {
        let (school, iin) = (school.clone(), iin.clone());
        tokio::spawn(async move { rights::status(&school, REPORTING, &iin).await })
    };
    world.until_requests(before + 1).await;
    write(&world, "avtomektep", &new);
    world.running.reload().await;
    let school = world.caller(SCHOOL); // certificates were read anew too, so old connections take no new calls
    let (is, withheld) = judged(&submit(&school, &world, 4).await);
    assert_eq!(withheld, Vec::<String>::new());
    let of_old = under_way.await.unwrap().unwrap();
    let of_new = rights::status(&school, REPORTING, &iin).await.unwrap();
    assert_eq!(
        (judged(&of_old).0, judged(&of_new).0),
        (was.clone(), is.clone()),
        "what was under way ends as it began"
    );
    let kept = |answer: &Bytes| receipt(answer).withheld_from_reply.len();
    assert!(kept(&of_old) < kept(&of_new), "by the old pack's plan: {} and {}", kept(&of_old), kept(&of_new));

    world.running.reload().await;
    let lines = events(&world).await;
    let [line] = lines.as_slice() else { panic!("the same again is no news: {lines:?}") };
    let facts = &line["facts"];
    assert_eq!((&line["event"], &facts["operator"]), (&"pack_replaced".into(), &"avtomektep".into()));
    assert_eq!((&facts["was_sha256"], &facts["is_sha256"]), (&was.into(), &is.into()));
}

/// What is no pack: its name, and the bytes that would be one.
fn bad(good: &str) -> Vec<(&'static str, Vec<u8>)> {
    let marketing = "purpose: quality-security, window_days: 365";
    let bomb: String = (0..40).map(|depth| format!("a{depth}: &a{depth} [*a{0}, *a{0}]\n", depth - 1)).collect();
    let texts = [
        ("an unknown purpose", with(good, marketing, "purpose: quality-securities, window_days: 365")),
        ("an unknown category", with(good, "category: education_result", "category: education_results")),
        (
            "an unknown clause",
            with(
                good,
                "legal_basis: dpv:Contract\n    clause: \"6(2), 7(3)\"",
                "legal_basis: dpv:Contract\n    clause: \"66\"",
            ),
        ),
        (
            "two rules for one field",
            with(
                good,
                "      - { category: birth_date, clause: \"3\" }\n",
                "      - { category: birth_date, clause: \"3\" }\n      - { category: birth_date, clause: \"3\" }\n",
            ),
        ),
        (
            "parents in a circle",
            with(
                good,
                "    incompatible:\n      - { purpose: quality-security",
                "    parent: statistics\n    incompatible:\n      - { purpose: quality-security",
            ),
        ),
        ("nothing", String::new()),
        ("a comment", "# nothing\n".to_owned()),
        ("ten megabytes", [good, &"# x\n".repeat(10 << 18)].concat()),
        (
            "a number for a list",
            with(good, "withhold:\n  - category: phone", "withhold: 7\nwithheld:\n  - category: phone"),
        ),
        ("a key twice", with(good, "minors:\n", "minors:\n  age: 16\n")),
        ("an anchor", with(good, "minors:\n", "minors: &m\n")),
        ("an alias", with(good, "terms: { salts_days: 365", "terms: { salts_days: *days")),
        ("anchors that grow", [bomb.as_str(), good].concat()),
        ("a merge key", with(good, "minors:\n", "minors:\n  <<: { age: 14 }\n")),
        ("another operator", with(good, "id: avtomektep", "id: avtomektep-2")),
        ("a caller's purpose gone", with(good, "  - id: photo-identification", "  - id: photo-recognition")),
        ("two documents", [good, "\n---\n", good].concat()),
    ];
    let mut rows: Vec<_> = texts.into_iter().map(|(row, text)| (row, text.into_bytes())).collect();
    rows.push(("no text", [good.as_bytes(), &[0xff, 0xfe, 0x00]].concat()));
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_pack_leaves_the_good_one_in_force() {
    let world = rights::world("").await;
    let school = world.caller(SCHOOL);
    let good = read(&world, "avtomektep");
    let (was, _) = judged(&submit(&school, &world, 2).await);
    let rows = bad(&good);
    for (number, (row, text)) in rows.iter().enumerate() {
        assert_ne!(text, good.as_bytes(), "{row}");
        write(&world, "avtomektep", text);
        world.running.reload().await;
        let (is, withheld) = judged(&submit(&school, &world, 2).await);
        assert_eq!((is, withheld), (was.clone(), vec!["student.phone".to_owned()]), "{row}");
        let lines = events(&world).await;
        assert!(lines.iter().all(|line| line["event"] == "packs_refused"), "{row}: {lines:?}");
        assert_eq!(lines.len(), number + 1, "{row}");
    }
    // One bad pack, and the good one of another operator does not come either: all or none.
    write(&world, "avtomektep", with(&good, "age: 18", "age: 17"));
    let cpm = read(&world, "cpm");
    std::fs::remove_file(world.site.file("policy/cpm.yaml")).unwrap();
    world.running.reload().await;
    assert_eq!(judged(&submit(&school, &world, 2).await).0, was, "a file that is missing");
    write(&world, "cpm", cpm);
    world.running.reload().await;
    assert_ne!(judged(&submit(&school, &world, 2).await).0, was, "and a good one comes after any number of bad ones");
    let last = events(&world).await.pop().unwrap();
    assert_eq!((&last["event"], &last["facts"]["operator"]), (&"pack_replaced".into(), &"avtomektep".into()));
}

/// Packs come and go while everybody calls: each answer is judged by one whole pack, old or new.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_every_answer_is_of_one_pack() {
    let world = rights::world("[journal]\nsegment_mib = 64\n").await;
    let school = world.caller(SCHOOL);
    let old = read(&world, "avtomektep");
    let birth_date = "      - { category: birth_date, clause: \"3\" }\n";
    let new = with(&old, birth_date, &[birth_date, "      - { category: phone, clause: \"3(5)\" }\n"].concat());
    let today = world.site.time.clock().today();
    let student = Student { phone: "+77005550199".into(), ..people::student(2, today) };
    let message = Bytes::from(people::submit("", vec![student]).encode_to_vec());
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let (school, message) = (school.clone(), message.clone());
            tokio::spawn(async move {
                let mut seen = Vec::new();
                for _ in 0..20 {
                    let answer = school.wire(SUBMIT_GROUP, message.clone()).await;
                    assert_eq!(code(&answer), "answered");
                    seen.push(judged(&answer.unwrap()));
                }
                seen
            })
        })
        .collect();
    let (config, source) = Config::read(&world.site.file("gateway-0.toml")).unwrap();
    for text in [&new, &old, &new, &old, &new] {
        write(&world, "avtomektep", text);
        assert!(world.running.gateway.reload_packs(&config, &source).await);
    }
    let mut judgements = std::collections::BTreeSet::new();
    for call in calls {
        judgements.extend(call.await.unwrap());
    }
    let packs: std::collections::BTreeSet<_> = judgements.iter().map(|(pack, _)| pack).collect();
    assert!(judgements.len() <= 2 && packs.len() == judgements.len(), "{judgements:?}");
}
