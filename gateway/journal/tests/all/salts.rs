//! The end of salts: for the records named and no others, in closed segments and the current one, beside a busy writer.

use std::path::Path;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use qaqpa_journal::{Error, Journal, Options, export, lines, salts, verify};

use crate::fixture::{Faulty, exchange, filled, intent, open, options, outcome, sealed, single, trust, until};

/// The salts that the fixture's INTENTs have, in all sidecars.
fn salts_in(dir: &Path) -> usize {
    let files = std::fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    let sides = files.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("side-"));
    sides
        .map(|side| {
            std::fs::read(side).unwrap().as_chunks::<44>().0.iter().filter(|slot| slot[8..40] == [3; 32]).count()
        })
        .sum()
}

fn lines_of(dir: &Path) -> Vec<Vec<u8>> {
    lines(dir).unwrap().map(|leaf| leaf.unwrap().line).collect()
}

fn verdict(dir: &Path) -> verify::Verdict {
    verify::verify(&verify::Request { input: dir, trust: Some(&trust()), previous: &[], checkpoint: None }).verdict()
}

#[tokio::test]
async fn the_salts_named_are_gone_the_others_and_every_leaf_stay() {
    let dir = tempfile::tempdir().unwrap();
    // Several segments, INTENTs at even numbers.
    filled(dir.path(), 1_500).await;
    assert!(dir.path().join("seg-000002.log").exists());
    let journal = open(dir.path());
    exchange(&journal, "current").await;
    let before = lines_of(dir.path());
    let evens: Vec<u64> = (0..=3_000).step_by(2).collect();
    assert_eq!(salts::held(dir.path()).unwrap(), evens);
    let named: Vec<u64> = (0..=3_000).rev().filter(|index| index % 3 == 0).chain([6, 6, 0]).collect();
    assert_eq!(journal.forget_salts(&named).await.unwrap(), 501);
    let left: Vec<u64> = evens.into_iter().filter(|index| index % 3 != 0).collect();
    assert_eq!(salts::held(dir.path()).unwrap(), left);
    assert_eq!(salts_in(dir.path()), left.len());
    assert_eq!(journal.forget_salts(&named).await.unwrap(), 0, "the second time nothing is found");
    assert_eq!(journal.forget_salts(&[]).await.unwrap(), 0);
    exchange(&journal, "after").await;
    journal.close();
    assert_eq!(lines_of(dir.path())[..3_002], before);
    assert_eq!(verdict(dir.path()), verify::Verdict::Valid);
    assert_eq!(export::jsonl(dir.path(), None, &mut Vec::new()).unwrap().size, 3_004);
    let journal = open(dir.path());
    assert_eq!(journal.forget_salts(&(0..3_004).collect::<Vec<_>>()).await.unwrap(), left.len() as u64 + 1);
    assert_eq!(salts_in(dir.path()), 0);
}

#[tokio::test]
async fn a_deleted_sidecar_counts_as_destroyed_salts() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 1_500).await;
    std::fs::remove_file(dir.path().join("side-000000.log")).unwrap();
    let journal = open(dir.path());
    let all: Vec<u64> = (0..3_000).collect();
    let held = salts::held(dir.path()).unwrap().len() as u64;
    assert!((1..1_500).contains(&held));
    assert_eq!(journal.forget_salts(&all).await.unwrap(), held);
    assert!(!dir.path().join("side-000000.log").exists());
    journal.close();
    assert_eq!(verdict(dir.path()), verify::Verdict::Valid);
}

#[tokio::test]
async fn what_cannot_be_destroyed_is_said() {
    let (dir, disk) = (tempfile::tempdir().unwrap(), Faulty::disk());
    let (journal, _) = Journal::open(Options { files: disk.clone(), ..options(dir.path()) }).unwrap();
    exchange(&journal, "a").await;
    assert!(matches!(journal.forget_salts(&[0, 2]).await, Err(Error::NoSuchRecord { index: 2, size: 2 })));
    assert_eq!(salts_in(dir.path()), 1, "nothing was destroyed");
    disk.no_sync.store(true, SeqCst);
    assert!(matches!(journal.forget_salts(&[0]).await, Err(Error::Io { .. })));
    disk.no_sync.store(false, SeqCst);
    let syncs = disk.syncs.load(SeqCst);
    assert_eq!(journal.forget_salts(&[0]).await.unwrap(), 0, "the zeros are in the file already");
    assert!(disk.syncs.load(SeqCst) > syncs, "and are made durable all the same");
    journal.append(single(1)).await.unwrap();
    assert_eq!(salts_in(dir.path()), 0);
    journal.close();
    assert!(matches!(journal.forget_salts(&[0]).await, Err(Error::Closed)));
}

/// A reader sees a record before its sync has ended; whoever then orders its salt destroyed must not be told "done" too early.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_is_being_written_is_waited_for() {
    let (dir, disk) = (tempfile::tempdir().unwrap(), Faulty::disk());
    let (journal, _) = Journal::open(Options { files: disk.clone(), ..options(dir.path()) }).unwrap();
    exchange(&journal, "a").await;
    disk.sync_takes_ms.store(300, SeqCst);
    let room = journal.reserve().unwrap();
    let writing = tokio::spawn(async move { room.intent(intent("b")).await.map(drop) });
    until(|| lines_of(dir.path()).len() == 3).await;
    assert_eq!(journal.health().size, 2, "seen, and not yet durable");
    assert_eq!(journal.forget_salts(&[0, 2]).await.unwrap(), 2);
    writing.await.unwrap().unwrap();
    assert_eq!(salts_in(dir.path()), 0);
}

#[tokio::test]
async fn a_salt_in_the_wrong_place_is_not_destroyed_by_mistake() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 3).await;
    let side = dir.path().join("side-000000.log");
    let mut bytes = std::fs::read(&side).unwrap();
    bytes.copy_within(0..44, 88);
    std::fs::write(&side, bytes).unwrap();
    let journal = open(dir.path());
    assert!(matches!(journal.forget_salts(&[2]).await, Err(Error::File { .. })));
    assert_eq!(salts_in(dir.path()), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beside_busy_writers_exactly_the_named_salts_go() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(Options { segment_bytes: 1 << 20, ..options(dir.path()) }).unwrap();
    let writers: Vec<_> = (0..16)
        .map(|task| {
            let journal = journal.clone();
            tokio::spawn(async move {
                for n in 0..150 {
                    let txn = format!("txn-{task}-{n}");
                    let room = loop {
                        match journal.reserve() {
                            Ok(room) => break room,
                            Err(_) => tokio::time::sleep(Duration::from_millis(2)).await,
                        }
                    };
                    room.intent(intent(&txn)).await.unwrap().outcome(outcome(&txn)).await.unwrap();
                }
            })
        })
        .collect();
    let (mut from, mut destroyed) = (0, 0);
    while from < 4_800 {
        let size = journal.health().size;
        let named: Vec<u64> = (from..size).filter(|index| index % 2 == 0).collect();
        destroyed += journal.forget_salts(&named).await.unwrap();
        from = size;
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    journal.close();
    let held = salts::held(dir.path()).unwrap();
    assert!(held.iter().all(|index| index % 2 == 1), "no salt of an even number");
    assert_eq!(held.len() as u64 + destroyed, 2_400, "and every other one is there");
    assert_eq!(verdict(dir.path()), verify::Verdict::Valid);
}

/// A sidecar as versions of before wrote it: the salt itself behind the number.
fn in_the_clear(dir: &Path, records: &[u64]) {
    let side = dir.join("side-000000.log");
    let mut bytes = std::fs::read(&side).unwrap();
    for record in records {
        let slot = &mut bytes.as_chunks_mut::<44>().0[*record as usize];
        slot[7] = 0;
        let crc = crc32c::crc32c(&slot[..40]);
        slot[40..].copy_from_slice(&crc.to_le_bytes());
    }
    std::fs::write(side, bytes).unwrap();
}

#[tokio::test]
async fn clear_salts_are_sealed_where_they_stand_and_what_is_destroyed_stays_so() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 4).await;
    in_the_clear(dir.path(), &[0, 2, 4]);
    let form = |index| salts::all(dir.path()).unwrap().iter().find(|held| held.index == index).map(|held| held.form);
    assert_eq!([0, 2, 4, 6].map(form), [Some(0), Some(0), Some(0), Some(1)]);
    let journal = open(dir.path());
    assert_eq!(journal.forget_salts(&[2]).await.unwrap(), 1);
    let order = [0, 2, 4, 6].map(|index| (index, sealed(8))).to_vec();
    assert_eq!(journal.seal_salts(order.clone()).await.unwrap(), 2, "neither the destroyed nor the sealed one");
    assert_eq!(journal.seal_salts(order).await.unwrap(), 0, "once");
    assert_eq!(salts::held(dir.path()).unwrap(), [0, 4, 6]);
    let bytes = |index| salts::all(dir.path()).unwrap().iter().find(|held| held.index == index).map(|held| held.bytes);
    assert_eq!([0, 4, 6].map(bytes), [Some([8; 32]), Some([8; 32]), Some([3; 32])]);
    assert!(matches!(journal.seal_salts(vec![(8, sealed(8))]).await, Err(Error::NoSuchRecord { .. })));
    exchange(&journal, "after").await;
    journal.close();
    assert_eq!(verdict(dir.path()), verify::Verdict::Valid);
}
