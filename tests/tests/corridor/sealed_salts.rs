//! Who copies the lane and the vault's file, and has no vault key, learns no number: no 32 bytes of either open a commitment, for the
//! true number or for any guess. Who has the key opens what was not destroyed. Lanes of before are sealed at start.

use std::collections::BTreeSet;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use prost::Message as _;
use qaqpa_gateway::evidence::salts::open;
use qaqpa_journal::commitment::FieldSalt;
use qaqpa_journal::line::Intent;
use qaqpa_journal::{HeldSalt, salts};
use qaqpa_proto::avtoshkola::v1::GetStudentStatusResponse;
use qaqpa_proto::consent::v1::Form;
use qaqpa_proto::v1::Receipt;
use qaqpa_tests::World;
use qaqpa_tests::people::{self, REPORTING, SUBMIT_GROUP};

use crate::rights::{self, OFFICER, SCHOOL, person};

const PATH: &str = "iin";
const OVERLAY: &str = "[journal]\ndirectory = \"journal-0\"\n[vault]\nfile = \"vault-0/vault.sqlite\"\n";

/// One exchange about a person: what the caller got.
async fn asked(world: &World, iin: &str) -> Receipt {
    rights::give(world, SCHOOL, &[REPORTING], iin, Form::Written).await;
    let reply = rights::status(&world.caller(SCHOOL), REPORTING, iin).await.unwrap();
    GetStudentStatusResponse::decode(reply).unwrap().receipt.unwrap()
}

fn held(world: &World, receipt: &Receipt) -> Option<HeldSalt> {
    let index = receipt.intent.as_ref().unwrap().index;
    salts::all(world.journal()).unwrap().into_iter().find(|held| held.index == index)
}

/// What the gateway, which has the vault key, makes of the salt of an exchange.
async fn opened(world: &World, receipt: &Receipt) -> Option<Vec<u8>> {
    let index = receipt.intent.as_ref().unwrap().index;
    let leaf =
        qaqpa_journal::lines(world.journal()).unwrap().map(Result::unwrap).find(|leaf| leaf.index == index).unwrap();
    let intent: Intent<'_> = leaf.read().unwrap();
    let vault = world.running.gateway.persons().vault();
    open(&held(world, receipt)?, vault, &intent).await.unwrap().map(|salt| salt.to_vec())
}

/// All bytes of all files of a folder.
fn bytes(folder: &Path) -> Vec<u8> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.flat_map(|file| std::fs::read(file).unwrap()).collect()
}

/// Whether any 32 bytes in a row, taken for the salt of the record or of the field, open the commitment to the true number.
fn opens_somewhere(haystack: &[u8], commitment: &[u8; 32], iin: &str) -> bool {
    // Runs of zeros are empty room.
    let windows = haystack.array_windows::<32>().filter(|window| window.iter().filter(|byte| **byte == 0).count() < 16);
    let salts = windows.flat_map(|window| [FieldSalt::derive(window, PATH), FieldSalt::from_bytes(*window)]);
    salts.into_iter().any(|salt| salt.open(commitment, PATH, iin.as_bytes()).is_ok())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lane_and_vault_file_without_the_key_give_no_number() {
    let world = rights::world("").await;
    let iin = person(70);
    let receipt = asked(&world, &iin).await;
    let intent = world.records_of(&receipt.exchange_id).await.remove(0);
    let commitment = URL_SAFE_NO_PAD.decode(intent["commitments"][PATH].as_str().unwrap()).unwrap().try_into().unwrap();
    let mut copied = bytes(world.journal());
    copied.extend(bytes(world.config.vault.file.parent().unwrap()));
    assert!(!opens_somewhere(&copied, &commitment, &iin), "the true number can be recognised");
    // What stands in the slot, taken for a salt, with every number of that day and century.
    let slot = FieldSalt::derive(&held(&world, &receipt).unwrap().bytes, PATH);
    let guesses = (0..100_000).map(|serial| format!("{}{serial:05}", &iin[..7]));
    assert!(guesses.clone().any(|guess| guess == iin), "the true one is among them");
    assert!(!guesses.into_iter().any(|guess| slot.open(&commitment, PATH, guess.as_bytes()).is_ok()));
    // The search finds what there is to find, and who has the key does too.
    copied.extend(&receipt.commitment_salt);
    assert!(opens_somewhere(&copied, &commitment, &iin));
    assert_eq!(opened(&world, &receipt).await, Some(receipt.commitment_salt));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_salt_ends_with_the_key_of_each_of_its_persons() {
    let world = rights::world("").await;
    let (iin, today) = (person(72), world.site.time.clock().today());
    let alone = asked(&world, &iin).await;
    let school = world.caller(SCHOOL);
    let of_school = school.wire(people::GET_SCHOOL, people::school("", people::STATE_EXCHANGE).into()).await.unwrap();
    let of_school = qaqpa_proto::avtoshkola::v1::GetSchoolResponse::decode(of_school).unwrap().receipt.unwrap();
    let group = people::submit("", vec![people::student(74, today), people::student(76, today)]).encode_to_vec();
    let group = school.wire(SUBMIT_GROUP, group.into()).await.unwrap();
    let group = qaqpa_proto::avtoshkola::v1::SubmitGroupResponse::decode(group).unwrap().receipt.unwrap();
    for (row, receipt) in [("about nobody", &of_school), ("about one", &alone), ("about two", &group)] {
        assert_eq!(opened(&world, receipt).await.as_ref(), Some(&receipt.commitment_salt), "{row}");
        let held = held(&world, receipt).unwrap();
        assert!(!held.is_clear() && held.bytes.to_vec() != receipt.commitment_salt, "{row}");
    }
    // As an erasure does that is raced by an exchange: the key goes, and no walk has destroyed the slot.
    let vault = world.running.gateway.persons().vault().clone();
    let named =
        |number| qaqpa_gateway::persons::named("avtomektep", &qaqpa_policy::Iin::parse(&person(number)).unwrap());
    let order =
        |id: &str| qaqpa_vault::Erasure { id: id.into(), at: world.site.time.clock().now(), basis: "test".into() };
    assert!(vault.erase(&named(76), order("e-76")).await.unwrap().found);
    assert_eq!(opened(&world, &group).await, None, "with one of two keys it opens no more");
    assert_eq!(opened(&world, &alone).await.as_ref(), Some(&alone.commitment_salt), "others do");
    assert!(held(&world, &group).is_some(), "though it stands there");
    rights::erase(&world.caller(OFFICER), &iin).await.unwrap();
    assert_eq!(held(&world, &alone), None, "and an erasure destroys that too");
}

/// CRC-32C (RFC 3720, B.4), bit by bit.
fn crc32c(bytes: &[u8]) -> u32 {
    let bit = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0x82F6_3B78 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), bit))
}

/// Puts the salts of exchanges in the clear, as versions of before wrote them.
fn in_the_clear(journal: &Path, receipts: &[Receipt]) {
    let side = journal.join("side-000000.log");
    let mut slots = std::fs::read(&side).unwrap();
    for receipt in receipts {
        let index = receipt.intent.as_ref().unwrap().index;
        let slot = &mut slots.as_chunks_mut::<44>().0[usize::try_from(index).unwrap()];
        slot[..8].copy_from_slice(&index.to_le_bytes());
        slot[8..40].copy_from_slice(&receipt.commitment_salt);
        let crc = crc32c(&slot[..40]);
        slot[40..].copy_from_slice(&crc.to_le_bytes());
    }
    std::fs::write(side, slots).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lane_of_before_is_sealed_once_at_start() {
    let world = rights::world("").await;
    let mut receipts = Vec::new();
    for number in [78, 80, 82] {
        receipts.push(asked(&world, &person(number)).await);
    }
    let next = world.beside(&rights::callers()).await;
    let journal = world.journal().to_owned();
    world.running.stop().await;
    in_the_clear(&journal, &receipts[..2]);
    assert_eq!(salts::all(&journal).unwrap().iter().filter(|held| held.is_clear()).count(), 2);
    let overlay = [rights::callers(), OVERLAY.to_owned()].concat();
    let again = next.beside(&overlay).await;
    let sealed = again.until_recorded("the sealing", |line| line["event"] == "salts_sealed").await;
    assert_eq!(sealed["facts"]["count"], "2");
    for receipt in &receipts {
        assert_eq!(opened(&again, receipt).await.as_ref(), Some(&receipt.commitment_salt));
    }
    let clear: BTreeSet<_> =
        salts::all(&journal).unwrap().into_iter().filter(HeldSalt::is_clear).map(|it| it.index).collect();
    assert_eq!(clear, BTreeSet::new());
    rights::erase(&again.caller(OFFICER), &person(78)).await.unwrap();
    assert_eq!(held(&again, &receipts[0]), None, "found by the walk");
    again.running.stop().await;
    let third = next.beside(&overlay).await;
    let lines = third.records().await;
    assert_eq!(lines.iter().filter(|line| line["event"] == "salts_sealed").count(), 1, "once");
}
