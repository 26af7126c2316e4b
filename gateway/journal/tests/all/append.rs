//! Appending: receipts, order, group commit, the three values of an exchange, one writer per directory.

use std::collections::BTreeSet;

use qaqpa_journal::{Condition, Entry, EntryError, Error, Journal, Options, Signer, export, tree};

use crate::fixture::{exchange, filled, intent, large, open, options, outcome, sealed, signer, single};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_concurrent_callers_each_gets_its_own_place_in_the_tree() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(Options { segment_bytes: 1 << 20, ..options(dir.path()) }).unwrap();
    let tasks: Vec<_> = (0..64_u64)
        .map(|task| {
            let journal = journal.clone();
            tokio::spawn(async move {
                let mut receipts = Vec::new();
                for n in 0..200 {
                    receipts.push(appended(&journal, task * 1_000 + n).await);
                }
                receipts
            })
        })
        .collect();
    let mut receipts = Vec::new();
    for task in tasks {
        receipts.extend(task.await.unwrap());
    }
    journal.close();
    let indices: BTreeSet<_> = receipts.iter().map(|receipt| receipt.index).collect();
    assert_eq!((indices.len(), indices.last()), (12_800, Some(&12_799)));
    let mut lines = Vec::new();
    let exported = export::jsonl(dir.path(), None, &mut lines).unwrap();
    let hashes: Vec<_> = lines.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(tree::leaf_hash).collect();
    assert_eq!(exported.size, 12_800);
    assert!(receipts.iter().all(|receipt| hashes[receipt.index as usize] == receipt.leaf_hash));
}

/// At 64 writers in debug the disk outruns the preparer of 1-MiB segments now and then: refused is refused, so ask again.
async fn appended(journal: &Journal, n: u64) -> qaqpa_journal::Receipt {
    loop {
        match journal.append(single(n)).await {
            Err(Error::NoRoom | Error::Busy) => tokio::time::sleep(std::time::Duration::from_millis(5)).await,
            answer => return answer.unwrap(),
        }
    }
}

#[tokio::test]
async fn the_leaf_is_the_head_and_the_callers_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    journal.append(Entry::new(br#"{ "phase" : "DENIED" }"#.to_vec(), Some(sealed(9))).unwrap()).await.unwrap();
    journal.close();
    let mut lines = Vec::new();
    export::jsonl(dir.path(), None, &mut lines).unwrap();
    let expected = "{\"v\":1,\"lane\":\"gw-almaty-1.example.kz/audit/2026\",\"seq\":0, \"phase\" : \"DENIED\" }\n";
    assert_eq!(String::from_utf8(lines).unwrap(), expected);
}

#[tokio::test]
async fn an_exchange_goes_through_its_reservation_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    let phase = |result: Result<_, Error>| matches!(result, Err(Error::Phase(_)));
    assert!(phase(journal.append(intent("a")).await.map(drop)), "an INTENT past its reservation");
    assert!(phase(journal.append(outcome("a")).await.map(drop)), "an OUTCOME past its INTENT");
    assert!(phase(journal.reserve().unwrap().intent(outcome("a")).await.map(drop)), "an OUTCOME first");
    let owed = journal.reserve().unwrap().intent(intent("a")).await.unwrap();
    assert!(phase(owed.outcome(outcome("b")).await.map(drop)), "the OUTCOME of another exchange");
    let (begun, ended) = exchange(&journal, "c").await;
    assert_eq!((begun.index, ended.index), (1, 2));
}

#[tokio::test]
async fn what_no_entry_bundle_can_carry_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    let refused = journal.append(large(65_530)).await;
    assert!(matches!(refused, Err(Error::Entry(EntryError::TooLarge { limit: 65_535, .. }))), "{refused:?}");
    journal.append(large(65_000)).await.unwrap();
    assert_eq!(journal.health().size, 1);
}

#[tokio::test]
async fn records_cross_segments_and_come_back_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    for n in 0..40 {
        while let Err(Error::NoRoom) = journal.append(large(20_000 + n)).await {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
    let before = journal.checkpoint().await.unwrap();
    drop(journal);
    assert!(dir.path().join("seg-000002.log").exists());
    let (journal, opening) = Journal::open(options(dir.path())).unwrap();
    assert_eq!((opening.size, opening.truncated_bytes), (40, 0));
    assert_eq!(journal.checkpoint().await.unwrap(), before);
    assert_eq!(journal.append(single(1)).await.unwrap().index, 40);
}

#[tokio::test]
async fn a_directory_has_one_writer_and_one_lane() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    assert!(matches!(Journal::open(options(dir.path())), Err(Error::Locked(_))));
    journal.close();
    assert!(matches!(journal.append(single(0)).await, Err(Error::Closed)));
    assert!(matches!(journal.checkpoint().await, Err(Error::Closed)));
    assert_eq!(journal.health().condition, Condition::Closed);
    for other in [Signer::from_seed("another/2026", &[7; 32]), Signer::from_seed(crate::fixture::ORIGIN, &[8; 32])] {
        let refused = Journal::open(Options::new(dir.path(), other.unwrap()));
        assert!(matches!(refused, Err(Error::OtherLane { .. })));
    }
    assert_eq!(open(dir.path()).vkey(), signer().vkey());
}

#[tokio::test]
async fn the_checkpoint_follows_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    journal.append(single(0)).await.unwrap();
    let path = dir.path().join("checkpoint");
    crate::fixture::until(|| {
        std::fs::read_to_string(&path).unwrap().starts_with(&format!("{}\n1\n", crate::fixture::ORIGIN))
    })
    .await;
}

#[tokio::test]
async fn options_are_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let small = Options { segment_bytes: 1, ..options(dir.path()) };
    let hasty = Options { deadline: std::time::Duration::from_millis(1), ..options(dir.path()) };
    for refused in [small, hasty] {
        assert!(matches!(Journal::open(refused), Err(Error::Options(_))));
    }
}

#[tokio::test]
async fn intents_left_open_are_reported_and_can_be_settled_once() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 3).await;
    let journal = open(dir.path());
    drop(journal.reserve().unwrap().intent(intent("lost")).await.unwrap());
    drop(journal);
    let (journal, opening) = Journal::open(options(dir.path())).unwrap();
    let open_intents: Vec<_> = opening.open_intents.iter().map(|open| (open.txn().to_owned(), open.index())).collect();
    assert_eq!(open_intents, [("lost".to_owned(), 6)]);
    for open in opening.open_intents {
        journal.settle_open(open, outcome("lost")).await.unwrap();
    }
    drop(journal);
    assert!(Journal::open(options(dir.path())).unwrap().1.open_intents.is_empty());
}

/// Prints the rate; run with `--profile dist -- --nocapture throughput` to measure.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throughput_of_64_callers() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(Options { segment_bytes: 64 << 20, ..options(dir.path()) }).unwrap();
    let each = if cfg!(debug_assertions) { 100 } else { 2_000 };
    let body = format!(r#"{{"phase":"DENIED","pad":"{}"}}"#, "x".repeat(400)).into_bytes();
    let start = std::time::Instant::now();
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let (journal, body) = (journal.clone(), body.clone());
            tokio::spawn(async move {
                for _ in 0..each {
                    journal.append(Entry::new(body.clone(), None).unwrap()).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    println!("{:.0} durable records/s", f64::from(64 * each) / start.elapsed().as_secs_f64());
    assert_eq!(journal.health().size, 64 * each as u64);
}
