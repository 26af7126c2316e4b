//! What a crash or a hand on the files leaves behind, and what opening makes of it.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;

use qaqpa_journal::{Error, Journal};

use crate::fixture::{exchange, filled, open, options, single};

/// Where the good frames of the first segment end: frames here are longer than 88 bytes, so each ends with its leaf.
fn end_of_frames(dir: &Path) -> u64 {
    let bytes = std::fs::read(dir.join("seg-000000.log")).unwrap();
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1)
}

fn scribble(path: &Path, offset: u64, bytes: &[u8]) {
    OpenOptions::new().write(true).open(path).unwrap().write_all_at(bytes, offset).unwrap();
}

/// A journal killed after `n` unsigned records behind the checkpoint: the files are copied while the writer still runs.
async fn killed(dir: &Path, signed: u64, unsigned: u64) {
    let live = tempfile::tempdir().unwrap();
    let journal = open(live.path());
    for n in 0..signed {
        exchange(&journal, &format!("signed-{n}")).await;
    }
    journal.checkpoint().await.unwrap();
    let kept = std::fs::read(live.path().join("checkpoint")).unwrap();
    for n in 0..unsigned {
        exchange(&journal, &format!("unsigned-{n}")).await;
    }
    for file in std::fs::read_dir(live.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), dir.join(file.file_name())).unwrap();
    }
    std::fs::write(dir.join("checkpoint"), kept).unwrap();
}

#[tokio::test]
async fn a_torn_tail_is_cut_off_and_reported() {
    let garbage = [0xA5; 300];
    let rows: [(&str, &[u8], i64, u64); 4] = [
        ("nothing torn", &[], 0, 10),
        ("the last byte of the last frame changed", b"!", -1, 9),
        ("half a frame behind the last one", &garbage, 0, 10),
        ("garbage behind an empty length", &garbage, 4, 10),
    ];
    for (row, bytes, shift, records) in rows {
        let dir = tempfile::tempdir().unwrap();
        killed(dir.path(), 3, 2).await;
        let end = end_of_frames(dir.path());
        scribble(&dir.path().join("seg-000000.log"), end.checked_add_signed(shift).unwrap(), bytes);
        let (journal, opening) = Journal::open(options(dir.path())).unwrap();
        assert_eq!((opening.size, opening.truncated_bytes > 0), (records, !bytes.is_empty()), "{row}");
        assert_eq!(opening.open_intents.len() as u64, 10 - records, "{row}");
        assert_eq!(journal.append(single(0)).await.unwrap().index, records, "{row}");
        drop(journal);
        let (_, again) = Journal::open(options(dir.path())).unwrap();
        assert_eq!((again.size, again.truncated_bytes), (records + 1, 0), "{row}");
    }
}

#[tokio::test]
async fn damage_before_the_tail_is_named_and_never_repaired() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 5).await;
    scribble(&dir.path().join("seg-000000.log"), 20, b"!");
    let refused = Journal::open(options(dir.path())).map(drop).unwrap_err();
    assert!(matches!(refused, Error::Corrupt { segment: 0, index: 0, .. }), "{refused}");
}

#[tokio::test]
async fn damage_in_a_full_segment_is_corruption_even_behind_the_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    let unsigned = std::fs::read(dir.path().join("checkpoint")).unwrap();
    for n in 0..30 {
        while let Err(Error::NoRoom) = journal.append(crate::fixture::large(20_000 + n)).await {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
    drop(journal);
    std::fs::write(dir.path().join("checkpoint"), unsigned).unwrap();
    scribble(&dir.path().join("seg-000000.log"), 25_000, b"!");
    let refused = Journal::open(options(dir.path())).map(drop).unwrap_err();
    assert!(matches!(refused, Error::Corrupt { segment: 0, index: 1, .. }), "{refused}");
}

#[tokio::test]
async fn a_lane_that_lost_or_changed_what_it_signed_does_not_open() {
    type Hand = fn(&Path, &Path);
    let rows: [(&str, Hand, &str); 7] = [
        (
            "an older copy under the newer checkpoint",
            |dir, older| copy(older, dir, "seg-000000.log"),
            "rolled back: the checkpoint promises 10 records, 4 were found",
        ),
        (
            "the log emptied",
            |dir, _| std::fs::remove_file(dir.join("seg-000000.log")).unwrap(),
            "`seg-000000.log` is not usable",
        ),
        (
            "a rewritten record with a good crc",
            |dir, _| rewrite(dir),
            "rewritten: the first 10 of 10 records are not those that were signed; the first altered one is 0",
        ),
        (
            "no checkpoint",
            |dir, _| std::fs::remove_file(dir.join("checkpoint")).unwrap(),
            "`checkpoint` is not usable: it is missing",
        ),
        ("no lane", |dir, _| std::fs::remove_file(dir.join("lane.vkey")).unwrap(), "`lane.vkey` is not usable"),
        ("a forged checkpoint", |dir, _| forge(dir), "does not hold"),
        (
            "the whole older state, checkpoint included",
            |dir, older| {
                copy(older, dir, "seg-000000.log");
                copy(older, dir, "checkpoint")
            },
            "",
        ),
    ];
    for (row, hand, wanted) in rows {
        let (dir, older) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        filled(older.path(), 2).await;
        filled(dir.path(), 5).await;
        hand(dir.path(), older.path());
        match Journal::open(options(dir.path())) {
            Err(error) => assert!(!wanted.is_empty() && error.to_string().contains(wanted), "{row}: {error}"),
            // Nobody can tell from inside: only a checkpoint kept elsewhere shows it (see `verdicts`).
            Ok(_) => assert!(wanted.is_empty(), "{row}"),
        }
    }
}

fn copy(from: &Path, to: &Path, file: &str) {
    std::fs::copy(from.join(file), to.join(file)).unwrap();
}

/// Changes a letter of the first record and makes its crc good again.
fn rewrite(dir: &Path) {
    let path = dir.join("seg-000000.log");
    let mut bytes = std::fs::read(&path).unwrap();
    let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
    let at = String::from_utf8_lossy(&bytes[8..8 + length]).find("enrolment").unwrap() + 8;
    bytes[at] = b'E';
    let crc = crc32c::crc32c_append(crc32c::crc32c(&bytes[..4]), &bytes[8..8 + length]);
    bytes[4..8].copy_from_slice(&crc.to_le_bytes());
    std::fs::write(path, bytes).unwrap();
}

fn forge(dir: &Path) {
    let path = dir.join("checkpoint");
    let note = std::fs::read_to_string(&path).unwrap().replace("\n10\n", "\n11\n");
    std::fs::write(path, note).unwrap();
}

#[tokio::test]
async fn salts_stand_in_the_sidecar_and_nowhere_else() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 3).await;
    let has_salt = |file: &str| std::fs::read(dir.path().join(file)).unwrap().windows(32).any(|bytes| bytes == [3; 32]);
    assert!(has_salt("side-000000.log") && !has_salt("seg-000000.log"));
}
