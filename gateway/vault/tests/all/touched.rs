//! Another hand on the files of a running vault: it stops, within a second also when nobody asks, and says "done" to nobody.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use qaqpa_vault::{Error, Vault};

use crate::fixture::{Place, consent, iin, now, options};

type Hand = fn(&Path);
const HANDS: [(&str, Hand); 6] = [
    ("removed", |file| std::fs::remove_file(file).unwrap()),
    ("replaced by a copy", |file| swapped(file)),
    ("cut off", |file| cut(file)),
    ("the log removed", |file| std::fs::remove_file(log(file)).unwrap()),
    ("the log replaced by a copy", |file| swapped(&log(file))),
    ("the log cut off", |file| cut(&log(file))),
];

fn log(file: &Path) -> std::path::PathBuf {
    file.with_extension("sqlite-wal")
}

fn swapped(file: &Path) {
    let copy = file.with_extension("copy");
    std::fs::copy(file, &copy).unwrap();
    std::fs::rename(copy, file).unwrap();
}

fn cut(file: &Path) {
    let bytes = file.metadata().unwrap().len();
    std::fs::OpenOptions::new().write(true).open(file).unwrap().set_len(bytes / 2).unwrap();
}

#[tokio::test]
async fn a_touched_file_stops_the_vault_at_the_next_call() {
    for (row, hand) in HANDS {
        let place = Place::new();
        let (vault, _) = place.open();
        let subject = vault.subject(&iin(1), now()).await.unwrap();
        vault.put_consent(&subject, consent(1)).await.unwrap();
        hand(&place.file());
        let refused = vault.put_consent(&subject, consent(2)).await.unwrap_err();
        assert!(matches!(refused, Error::Touched(_)), "{row}: {refused}");
        assert!(matches!(vault.subject(&iin(1), now()).await, Err(Error::Stopped(_))), "{row}: not from memory either");
        assert!(vault.health().is_err(), "{row}");
    }
}

#[tokio::test]
async fn it_is_noticed_also_when_nobody_asks() {
    let place = Place::new();
    let (vault, _) = place.open();
    vault.subject(&iin(1), now()).await.unwrap();
    std::fs::remove_file(place.file()).unwrap();
    for _ in 0..100 {
        if vault.health().is_err() {
            assert!(matches!(vault.subject(&iin(1), now()).await, Err(Error::Stopped(_))));
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("nobody noticed");
}

/// What another hand put in the vault's place is left as it is, its log too.
#[tokio::test]
async fn what_stands_in_its_place_is_not_touched_by_closing() {
    let (place, other) = (Place::new(), Place::new());
    let (vault, _) = place.open();
    vault.subject(&iin(1), now()).await.unwrap();
    std::fs::write(other.file(), "another file").unwrap();
    std::fs::write(log(&other.file()), "another log").unwrap();
    std::fs::rename(other.file(), place.file()).unwrap();
    std::fs::rename(log(&other.file()), log(&place.file())).unwrap();
    assert!(vault.subject(&iin(2), now()).await.is_err());
    vault.close();
    assert_eq!(std::fs::read_to_string(place.file()).unwrap(), "another file");
    assert_eq!(std::fs::read_to_string(log(&place.file())).unwrap(), "another log");
}

/// A process that merely opens and closes the file releases SQLite's own lock of this process; a second gateway must be refused
/// all the same.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the second gateway is this test itself")]
async fn another_process_is_refused_also_after_a_look_at_the_file() {
    let place = Place::new();
    if let Ok(key) = std::fs::read_to_string(ORDER) {
        let refused = Vault::open(options(Path::new("vault.sqlite"), &key)).map(drop);
        std::fs::write("said", format!("{refused:?}")).unwrap();
        return;
    }
    let (vault, _) = place.open();
    drop(std::fs::File::open(place.file()).unwrap());
    std::fs::write(place.dir.path().join(ORDER), &place.key).unwrap();
    let mut second = Command::new(std::env::current_exe().unwrap());
    second.args(["--exact", "touched::another_process_is_refused_also_after_a_look_at_the_file"]);
    second.current_dir(place.dir.path()).output().unwrap();
    let said = std::fs::read_to_string(place.dir.path().join("said")).unwrap();
    assert!(said.contains("Locked"), "{said}");
    vault.subject(&iin(1), now()).await.unwrap();
}

/// In the current folder, it holds the key and makes the test the second gateway.
const ORDER: &str = "second-gateway";
