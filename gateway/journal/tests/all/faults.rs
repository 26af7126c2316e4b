//! Disks that fill up, fail, hang, or lose their files.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use qaqpa_journal::{Condition, Error, Journal, Options, Reservation};

use crate::fixture::{Faulty, exchange, intent, large, open, options, outcome, single, until};

fn on(disk: &Arc<Faulty>, dir: &Path) -> Journal {
    Journal::open(Options { files: disk.clone(), ..options(dir) }).unwrap().0
}

#[tokio::test]
async fn on_a_full_disk_running_exchanges_end_and_new_ones_do_not_begin() {
    let (dir, disk) = (tempfile::tempdir().unwrap(), Faulty::disk());
    let journal = on(&disk, dir.path());
    until(|| dir.path().join("seg-000001.log").exists()).await;
    disk.full.store(true, SeqCst);
    let mut running = Vec::new();
    while let Ok(room) = journal.reserve() {
        let txn = format!("txn-{}", running.len());
        running.push((room.intent(intent(&txn)).await.unwrap(), txn));
    }
    // Records that stand alone take what is left, and nothing that was promised.
    while journal.append(large(8_000)).await.is_ok() {}
    assert!(running.len() > 20, "{}", running.len());
    let fits = Reservation::RECORD_BYTES as usize - 400;
    for (owed, txn) in running {
        let body = format!(r#"{{"phase":"OUTCOME","txn":"{txn}","pad":"{}"}}"#, "x".repeat(fits));
        owed.outcome(qaqpa_journal::Entry::new(body.into_bytes(), None).unwrap()).await.unwrap();
    }
    // What they did not use is free again, until that is gone too.
    let mut more = 0;
    while let Ok(room) = journal.reserve() {
        let txn = format!("more-{more}");
        room.intent(intent(&txn)).await.unwrap().outcome(outcome(&txn)).await.unwrap();
        more += 1;
    }
    until(|| journal.health().no_spare.is_some()).await;
    assert!(matches!(journal.reserve().map(drop), Err(Error::NoRoom)));
    assert_eq!(journal.health().condition, Condition::Serving);
    disk.full.store(false, SeqCst);
    until(|| journal.reserve().is_ok()).await;
    exchange(&journal, "after").await;
    drop(journal);
    assert!(Journal::open(options(dir.path())).unwrap().1.open_intents.is_empty());
}

#[tokio::test]
async fn without_a_spare_no_exchange_begins() {
    let (dir, disk) = (tempfile::tempdir().unwrap(), Faulty::disk());
    drop(on(&disk, dir.path()));
    for spare in 1..3 {
        let _ = std::fs::remove_file(dir.path().join(format!("seg-{spare:06}.log")));
    }
    disk.full.store(true, SeqCst);
    let journal = on(&disk, dir.path());
    until(|| journal.health().no_spare.is_some()).await;
    assert!(matches!(journal.reserve().map(drop), Err(Error::NoRoom)));
    journal.append(single(0)).await.unwrap();
    assert!(matches!(journal.checkpoint().await, Err(Error::Io { .. })));
    assert!(journal.health().no_checkpoint.is_some());
    disk.full.store(false, SeqCst);
    assert_eq!(journal.checkpoint().await.unwrap().checkpoint.size, 1);
    assert!(journal.health().no_checkpoint.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_answered_before_the_sync_and_one_sync_answers_many() {
    let (dir, disk) = (tempfile::tempdir().unwrap(), Faulty::disk());
    let journal = on(&disk, dir.path());
    disk.sync_takes_ms.store(300, SeqCst);
    let callers: Vec<_> = (0..100)
        .map(|n| {
            let (journal, disk) = (journal.clone(), disk.clone());
            tokio::spawn(async move {
                let before = disk.syncs.load(SeqCst);
                journal.append(single(n)).await.unwrap();
                assert!(disk.syncs.load(SeqCst) > before);
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    assert!(disk.syncs.load(SeqCst) <= 4, "{:?}", disk.syncs);
}

#[tokio::test]
async fn a_failed_sync_poisons_the_lane_for_good() {
    let (dir, disk) = (tempfile::tempdir().unwrap(), Faulty::disk());
    let journal = on(&disk, dir.path());
    let owed = journal.reserve().unwrap().intent(intent("a")).await.unwrap();
    disk.no_sync.store(true, SeqCst);
    assert!(matches!(journal.append(single(0)).await, Err(Error::Poisoned(_))));
    disk.no_sync.store(false, SeqCst);
    assert!(matches!(journal.append(single(0)).await, Err(Error::Poisoned(_))), "no retry");
    assert!(matches!(owed.outcome(outcome("a")).await, Err(Error::Poisoned(_))));
    assert!(matches!(journal.reserve().map(drop), Err(Error::Poisoned(_))));
    assert!(matches!(journal.checkpoint().await, Err(Error::Poisoned(_))));
    assert!(matches!(journal.health().condition, Condition::Poisoned(_)));
    drop(journal);
    // What failed may be there or not; what was promised is.
    let (_, opening) = Journal::open(options(dir.path())).unwrap();
    assert!((1..=2).contains(&opening.size));
    assert_eq!(opening.open_intents[0].txn(), "a");
}

#[tokio::test]
async fn a_removed_or_replaced_file_poisons_the_lane() {
    type Hand = fn(&Path);
    let rows: [(&str, Hand); 5] = [
        ("removed", |dir| std::fs::remove_file(dir.join("seg-000000.log")).unwrap()),
        ("replaced", |dir| {
            std::fs::copy(dir.join("seg-000000.log"), dir.join("copy")).unwrap();
            std::fs::rename(dir.join("copy"), dir.join("seg-000000.log")).unwrap();
        }),
        ("cut off", |dir| cut(&dir.join("seg-000000.log"))),
        ("salts removed", |dir| std::fs::remove_file(dir.join("side-000000.log")).unwrap()),
        ("salts cut off", |dir| cut(&dir.join("side-000000.log"))),
    ];
    for (row, hand) in rows {
        let dir = tempfile::tempdir().unwrap();
        let journal = open(dir.path());
        exchange(&journal, "before").await;
        hand(dir.path());
        let refused = journal.reserve().unwrap().intent(intent("after")).await.map(drop);
        assert!(matches!(refused, Err(Error::Poisoned(_))), "{row}: {refused:?}");
    }
}

fn cut(file: &Path) {
    std::fs::OpenOptions::new().write(true).open(file).unwrap().set_len(40).unwrap();
}

/// The keeper of a disk that makes files slowly would not have been ready for the first record of the start.
#[tokio::test]
async fn after_a_full_disk_it_starts_again_as_soon_as_there_is_room() {
    for _ in 0..6 {
        let (dir, disk) = (tempfile::tempdir().unwrap(), Faulty::disk());
        let journal = on(&disk, dir.path());
        disk.full.store(true, SeqCst);
        while journal.append(large(8_000)).await.is_ok() {}
        until(|| journal.health().no_spare.is_some()).await;
        drop(journal);
        let still_full = on(&disk, dir.path());
        assert!(matches!(still_full.append(large(8_000)).await, Err(Error::NoRoom)), "and says so");
        drop(still_full);
        disk.full.store(false, SeqCst);
        disk.making_takes_ms.store(200, SeqCst);
        let journal = on(&disk, dir.path());
        journal.append(large(8_000)).await.unwrap();
        exchange(&journal, "after").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hanging_disk_is_an_answer_after_the_deadline_and_may_come_back() {
    let (dir, disk) = (tempfile::tempdir().unwrap(), Faulty::disk());
    let deadline = Duration::from_millis(200);
    let (journal, _) = Journal::open(Options { files: disk.clone(), deadline, ..options(dir.path()) }).unwrap();
    journal.append(single(0)).await.unwrap();
    disk.sync_takes_ms.store(3_000, SeqCst);
    let start = std::time::Instant::now();
    let other = journal.clone();
    let queued = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        other.append(single(2)).await
    });
    assert!(matches!(journal.append(single(1)).await, Err(Error::Deadline)));
    assert!(matches!(queued.await.unwrap(), Err(Error::Deadline)));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert!(matches!(journal.append(single(3)).await, Err(Error::Deadline)), "at once while it hangs");
    assert_eq!(journal.health().condition, Condition::Stalled);
    disk.sync_takes_ms.store(0, SeqCst);
    until(|| journal.health().condition == Condition::Serving).await;
    let receipt = journal.append(single(4)).await.unwrap();
    assert_eq!(receipt.index, 2, "the record in flight became durable, the queued ones did not");
}

#[tokio::test]
async fn room_that_is_dropped_is_given_back() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    until(|| dir.path().join("seg-000001.log").exists()).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let all = || std::iter::from_fn(|| journal.reserve().ok()).collect::<Vec<_>>();
    let first = all();
    let count = first.len();
    assert!(count > 0 && journal.reserve().is_err());
    drop(first);
    assert_eq!(all().len(), count);
    for n in 0..3 * count {
        exchange(&journal, &format!("txn-{n}")).await;
    }
}
