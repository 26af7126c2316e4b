//! Receipts: what the caller holds in its hand agrees with the journal, opens its commitments, and opens no others.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use prost::Message as _;
use qaqpa_journal::commitment::FieldSalt;
use qaqpa_proto::avtoshkola::v1::{GetStudentStatusResponse, Student, SyncStudentsResponse};
use qaqpa_proto::v1::Receipt;
use qaqpa_tests::people::{self, GET_STUDENT_STATUS, REPORTING, SUBMIT_GROUP, SYNC_STUDENTS};
use qaqpa_tests::{World, consents, receipt};
use serde_json::Value;

/// Whether `value` at `path` is what the record committed to.
fn opens(receipt: &Receipt, record: &Value, path: &str, value: &str) -> bool {
    let salt: [u8; 32] = receipt.commitment_salt.clone().try_into().unwrap();
    let commitment = URL_SAFE_NO_PAD.decode(record["commitments"][without_positions(path)].as_str().unwrap()).unwrap();
    FieldSalt::derive(&salt, path).open(&commitment.try_into().unwrap(), path, value.as_bytes()).is_ok()
}

fn without_positions(path: &str) -> String {
    path.replace("[0]", "")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_agrees_with_the_journal_and_opens_its_commitments() {
    let world = World::start().await;
    let today = world.site.time.clock().today();
    let student = Student { email: "a@example.kz".into(), ..people::student(1, today) };
    let message = people::sync("proof-1", student.clone()).encode_to_vec().into();
    let replies = world.caller("clients/school").send(SYNC_STUDENTS, vec![message]).await.unwrap();
    let receipt = SyncStudentsResponse::decode(replies[0].clone()).unwrap().receipt.unwrap();
    let records = world.records_of(&receipt.exchange_id).await;
    let [intent, outcome] = records.as_slice() else { panic!("{records:?}") };
    for (entry, record) in [(&receipt.intent, intent), (&receipt.outcome, outcome)] {
        let entry = entry.as_ref().unwrap();
        assert_eq!(record["seq"].as_u64(), Some(entry.index), "{record}");
        assert_eq!(record["lane"].as_str(), Some(entry.lane.as_str()));
        let line = leaf(&world, entry.index);
        assert_eq!(qaqpa_journal::tree::leaf_hash(&line).to_vec(), entry.leaf_hash);
    }
    let policy = receipt.policy.clone().unwrap();
    assert_eq!(intent["why"]["policy_sha256"].as_str(), Some(policy.sha256.as_str()));
    assert_eq!((receipt.request_id.as_str(), receipt.shep.as_ref().unwrap().code.as_str()), ("proof-1", "SCSS001"));
    for (wanted, path, value) in [
        (true, "student.iin", student.iin.as_str()),
        (true, "student.surname", &student.surname),
        (true, "student.birth_date", &student.birth_date),
        (true, "context.request_id", "proof-1"),
        (false, "student.iin", &people::iin(2)),
        (false, "student.surname", &student.name),
        (false, "context.request_id", "proof-2"),
    ] {
        assert_eq!(opens(&receipt, intent, path, value), wanted, "{path}");
    }
    assert_eq!(intent["commitments"].get("student.email"), None, "what stayed behind is not committed to");
    assert_eq!(intent["withheld"]["email"].as_u64(), Some(1));
    let other = Receipt { commitment_salt: vec![7; 32], ..receipt.clone() };
    assert!(!opens(&other, intent, "student.iin", &student.iin), "another salt opens nothing");
    let withheld: Vec<_> = receipt.withheld_from_request.iter().map(|w| (w.path.as_str(), w.clause.as_str())).collect();
    assert_eq!(withheld, [("student.email", "3")]);
}

/// The exact bytes of a leaf.
fn leaf(world: &World, index: u64) -> Bytes {
    let mut lines = Vec::new();
    qaqpa_journal::export::jsonl(world.journal(), Some(index..index + 1), &mut lines).unwrap();
    lines.pop();
    lines.into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reply_is_committed_to_as_it_was_handed_on() {
    let world = World::start().await;
    let school = world.caller("clients/school");
    let today = world.site.time.clock().today();
    let group = people::submit("", vec![people::student(1, today)]).encode_to_vec();
    school.wire(SUBMIT_GROUP, group.into()).await.unwrap();
    school.gives(consents::own(&people::iin(1), REPORTING, world.site.time.now())).await;
    let ask = people::status_of("", REPORTING, &people::iin(1)).encode_to_vec();
    let reply = school.wire(GET_STUDENT_STATUS, ask.into()).await.unwrap();
    let receipt = receipt(&reply);
    let certificate = GetStudentStatusResponse::decode(reply).unwrap().certificate.pop().unwrap();
    assert_eq!((certificate.iin.as_str(), certificate.certificate_number.as_str()), ("", ""), "reporting names nobody");
    let outcome = world.records_of(&receipt.exchange_id).await.pop().unwrap();
    assert!(opens(&receipt, &outcome, "certificate[0].group_id", &certificate.group_id), "{outcome}");
    assert!(!opens(&receipt, &outcome, "certificate[0].group_id", "RG-999999"));
    assert_eq!(outcome["commitments"].get("certificate.iin"), None);
    let withheld: Vec<_> = receipt.withheld_from_reply.iter().map(|withheld| withheld.path.as_str()).collect();
    assert_eq!(withheld, ["certificate.certificate_number", "certificate.iin", "certificate.issue_date"]);
}
