//! One lane has one writer, whatever is removed beside it.

use std::path::Path;

use qaqpa_journal::{Error, Journal};

use crate::fixture::{exchange, open, options};

#[tokio::test]
async fn a_second_writer_is_refused_also_when_the_lock_file_is_gone() {
    type Hand = fn(&Path);
    let rows: [(&str, Hand); 3] = [
        ("as it is", |_| {}),
        ("the lock file removed", |dir| std::fs::remove_file(dir.join("lock")).unwrap()),
        ("the lock file replaced", |dir| {
            std::fs::write(dir.join("other"), "").unwrap();
            std::fs::rename(dir.join("other"), dir.join("lock")).unwrap();
        }),
    ];
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    for (row, hand) in rows {
        hand(dir.path());
        assert!(matches!(Journal::open(options(dir.path())).map(drop), Err(Error::Locked(_))), "{row}");
        exchange(&journal, row).await;
    }
    journal.close();
    assert_eq!(Journal::open(options(dir.path())).unwrap().1.size, 6);
}

/// A version of this program that knows only the file `lock` is at work.
#[tokio::test]
async fn an_earlier_version_at_work_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path()).close();
    let file = std::fs::File::open(dir.path().join("lock")).unwrap();
    file.try_lock().unwrap();
    assert!(matches!(Journal::open(options(dir.path())).map(drop), Err(Error::Locked(_))));
    file.unlock().unwrap();
    assert!(Journal::open(options(dir.path())).is_ok());
}
