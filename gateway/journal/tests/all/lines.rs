//! Reading leaf lines back: complete on closed and live lanes, and never silently short.

use std::path::Path;
use std::time::Duration;

use qaqpa_journal::{Error, Journal, Options, export, lines};

use crate::fixture::{exchange, filled, intent, large, open, options, single};

#[tokio::test]
async fn the_lines_of_a_closed_lane_are_those_of_the_export() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 900).await;
    assert!(dir.path().join("seg-000001.log").exists());
    let mut exported = Vec::new();
    export::jsonl(dir.path(), None, &mut exported).unwrap();
    let mut read = Vec::new();
    for (expected, leaf) in (0..).zip(lines(dir.path()).unwrap()) {
        let leaf = leaf.unwrap();
        assert_eq!(leaf.index, expected);
        assert_eq!(leaf.seconds, Some(1_795_168_800 + expected % 2));
        assert!(!format!("{leaf:?}").contains("enrolment"));
        read.extend([leaf.line, vec![b'\n']].concat());
    }
    assert_eq!(read, exported);
}

#[tokio::test]
async fn an_empty_folder_has_no_lines_and_a_record_need_not_have_a_time() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(lines(dir.path()).unwrap().count(), 0);
    let journal = open(dir.path());
    assert_eq!(lines(dir.path()).unwrap().count(), 0);
    journal.append(single(1)).await.unwrap();
    assert_eq!(lines(dir.path()).unwrap().next().unwrap().unwrap().seconds, None);
    assert!(lines(&dir.path().join("nowhere")).is_err());
}

/// A reader beside a busy writer always sees at least what was durable when it began, in order, across segments.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beside_a_live_writer_nothing_durable_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(Options { segment_bytes: 1 << 20, ..options(dir.path()) }).unwrap();
    let writers: Vec<_> = (0..8)
        .map(|task| {
            let journal = journal.clone();
            tokio::spawn(async move {
                for n in 0..150 {
                    while let Err(Error::NoRoom | Error::Busy) = journal.append(large(2_000 + task * 7 + n)).await {
                        tokio::time::sleep(Duration::from_millis(2)).await;
                    }
                }
            })
        })
        .collect();
    while journal.health().size < 1_200 {
        let durable = journal.health().size;
        let path = dir.path().to_owned();
        let read = tokio::task::spawn_blocking(move || count(&path)).await.unwrap();
        assert!(read >= durable, "{read} of {durable}");
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(dir.path().join("seg-000002.log").exists());
    assert_eq!(count(dir.path()), 1_200);
}

fn count(dir: &Path) -> u64 {
    lines(dir).unwrap().map(|leaf| leaf.unwrap().index).zip(0..).map(|(index, n)| u64::from(index == n)).sum()
}

#[tokio::test]
async fn a_lane_with_something_missing_is_an_error_and_not_a_short_answer() {
    /// What is done to a lane of several segments, and whether a reader may go on.
    type Row = (&'static str, bool, fn(&Path));
    let rows: [Row; 6] = [
        ("nothing", true, |_| {}),
        ("a torn write at the very end", true, |dir| flip(dir, "seg-000002.log", |bytes| bytes.len() - 4)),
        ("a segment removed", false, |dir| std::fs::remove_file(dir.join("seg-000001.log")).unwrap()),
        ("a segment emptied", false, |dir| {
            let path = dir.join("seg-000001.log");
            std::fs::write(&path, vec![0; std::fs::read(&path).unwrap().len()]).unwrap();
        }),
        ("a byte of a frame in the middle", false, |dir| flip(dir, "seg-000000.log", |_| 50_000)),
        ("a byte behind the last frame of a full segment", false, |dir| {
            flip(dir, "seg-000000.log", |bytes| bytes.len() - 1);
        }),
    ];
    for (row, fine, damage) in rows {
        let dir = tempfile::tempdir().unwrap();
        let journal = open(dir.path());
        for n in 0..30 {
            while let Err(Error::NoRoom) = journal.append(large(20_000 + n)).await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        journal.close();
        damage(dir.path());
        let read = lines(dir.path()).and_then(|lines| lines.map(|leaf| leaf.map(|leaf| leaf.index)).collect());
        let read: Result<Vec<_>, Error> = read;
        assert_eq!(read.as_ref().is_ok_and(|read| read.len() == 30), fine, "{row}: {read:?}");
        assert_eq!(read.is_ok(), fine, "{row}");
    }
}

fn flip(dir: &Path, name: &str, place: fn(&[u8]) -> usize) {
    let path = dir.join(name);
    let mut bytes = std::fs::read(&path).unwrap();
    let place = place(&bytes);
    bytes[place] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn an_open_exchange_is_a_line_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    exchange(&journal, "a").await;
    let owed = journal.reserve().unwrap().intent(intent("b")).await.unwrap();
    assert_eq!(count(dir.path()), 3);
    drop(owed);
}
