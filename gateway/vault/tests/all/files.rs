//! Files that are not ours, not whole, not private, not writable; keys that are not theirs.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use qaqpa_vault::{Error, Options, Vault, VaultKey};
use rusqlite::Connection;

use crate::fixture::{GUARDIAN, IIN, Place, fill, now, options};

/// A closed vault with something in it.
async fn filled() -> Place {
    let place = Place::new();
    let (vault, _) = place.open();
    for n in 0..40 {
        fill(&vault, IIN, n).await;
    }
    vault.close();
    place
}

fn refusal(place: &Place) -> Error {
    Vault::open(place.options()).map(drop).unwrap_err()
}

#[tokio::test]
async fn whatever_is_wrong_with_the_file_is_said_and_nothing_is_written_to_it() {
    /// What is done to the file, and which error says it.
    type Row = (&'static str, fn(&Path), fn(&Error) -> bool);
    let rows: [Row; 12] = [
        ("emptied", |file| cut(file, 0), |e| matches!(e, Error::Damaged { .. })),
        ("cut within the header", |file| cut(file, 60), |e| matches!(e, Error::Foreign(_))),
        ("cut within the first page", |file| cut(file, 2_000), |e| matches!(e, Error::Damaged { .. })),
        ("cut after the first page", |file| cut(file, 4_096), |e| matches!(e, Error::Damaged { .. })),
        ("the last page cut off", |file| cut(file, length(file) - 4_096), |e| matches!(e, Error::Damaged { .. })),
        ("half of it cut off", |file| cut(file, length(file) / 2), |e| matches!(e, Error::Damaged { .. })),
        (
            "a page overwritten",
            |file| scribble(file, 3 * 4_096, &[0xA5; 4_096]),
            |e| matches!(e, Error::Damaged { .. }),
        ),
        ("a text", |file| std::fs::write(file, "a text").unwrap(), |e| matches!(e, Error::Foreign(_))),
        ("another program's database", foreign, |e| matches!(e, Error::Foreign(_))),
        ("readable by others", |file| mode(file, 0o644), |e| matches!(e, Error::Exposed { mode: 0o644, .. })),
        ("writable by the group", |file| mode(file, 0o660), |e| matches!(e, Error::Exposed { .. })),
        ("of a newer program", newer, |e| matches!(e, Error::Newer { found: 3, known: 2 })),
    ];
    for (row, damage, said) in rows {
        let place = filled().await;
        damage(&place.file());
        let before = std::fs::read(place.file()).unwrap();
        let refused = refusal(&place);
        assert!(said(&refused), "{row}: {refused:?}");
        assert!(std::fs::read(place.file()).unwrap() == before, "{row}: the file was changed");
        assert!(!refused.to_string().contains(IIN));
    }
}

fn length(file: &Path) -> u64 {
    file.metadata().unwrap().len()
}

fn cut(file: &Path, bytes: u64) {
    std::fs::OpenOptions::new().write(true).open(file).unwrap().set_len(bytes).unwrap();
}

fn scribble(file: &Path, offset: u64, bytes: &[u8]) {
    use std::os::unix::fs::FileExt;
    std::fs::OpenOptions::new().write(true).open(file).unwrap().write_all_at(bytes, offset).unwrap();
}

fn mode(file: &Path, mode: u32) {
    std::fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();
}

fn foreign(file: &Path) {
    std::fs::remove_file(file).unwrap();
    Connection::open(file).unwrap().execute_batch("CREATE TABLE vault (id INTEGER)").unwrap();
    mode(file, 0o600);
}

fn newer(file: &Path) {
    Connection::open(file).unwrap().execute_batch("PRAGMA user_version = 3").unwrap();
}

/// Every single byte that a record stands in is bound: altered, moved to another row, or given to another person.
#[tokio::test]
async fn a_record_that_was_altered_or_moved_does_not_open() {
    let rows = [
        ("an altered record", "UPDATE hold SET sealed = CAST(sealed || x'00' AS BLOB) WHERE id = 'h-7'"),
        (
            "another record's bytes",
            "UPDATE hold SET sealed = (SELECT sealed FROM hold WHERE id = 'h-8') WHERE id = 'h-7'",
        ),
        ("another id", "UPDATE hold SET id = 'h-1000' WHERE id = 'h-7'"),
        ("another record's key", "UPDATE hold SET key = (SELECT key FROM hold WHERE id = 'h-8') WHERE id = 'h-7'"),
        ("another person", "UPDATE hold SET subject = (SELECT max(id) FROM subject) WHERE id = 'h-7'"),
        ("another person's use", "UPDATE last_use SET subject = (SELECT max(id) FROM subject) WHERE id = 7"),
        ("another tag", "UPDATE last_use SET tag = zeroblob(32) WHERE id = 7"),
        (
            "another person's lookup",
            "UPDATE subject SET lookup = zeroblob(32) WHERE id = (SELECT min(id) FROM subject)",
        ),
        (
            "another table",
            "UPDATE consent SET key = (SELECT key FROM consent_content WHERE id = 'c-7'), \
          sealed = (SELECT sealed FROM consent_content WHERE id = 'c-7') WHERE id = 'c-7'",
        ),
    ];
    for (row, sql) in rows {
        let place = filled().await;
        let (vault, _) = place.open();
        vault.subject(GUARDIAN, now()).await.unwrap();
        vault.close();
        assert_eq!(Connection::open(place.file()).unwrap().execute(sql, []).unwrap(), 1, "{row}");
        assert!(matches!(refusal(&place), Error::Sealed(_)), "{row}");
    }
}

#[tokio::test]
async fn another_key_is_said_to_be_the_wrong_one() {
    let place = filled().await;
    let (_, other) = VaultKey::generate().unwrap();
    let refused = Vault::open(options(&place.file(), &other)).map(drop).unwrap_err();
    assert!(matches!(refused, Error::WrongKey), "{refused}");
    assert_eq!(place.open().1.consents.len(), 40);
}

#[tokio::test]
async fn a_vault_has_one_gateway_and_belongs_to_its_user_alone() {
    let place = Place::new();
    let (vault, _) = place.open();
    assert!(matches!(refusal(&place), Error::Locked(_)));
    fill(&vault, IIN, 1).await;
    assert!(matches!(refusal(&place), Error::Locked(_)));
    let files = std::fs::read_dir(place.dir.path()).unwrap().map(|file| file.unwrap());
    let modes: Vec<_> =
        files.map(|file| (file.file_name(), file.metadata().unwrap().permissions().mode() & 0o777)).collect();
    assert_eq!(modes.len(), 2);
    assert!(modes.iter().all(|(_, mode)| *mode == 0o600), "{modes:?}");
    vault.close();
    place.open().0.close();
}

#[tokio::test]
async fn where_nothing_can_be_written_nothing_is_opened() {
    let place = filled().await;
    // Also root cannot make a log where a folder stands.
    std::fs::create_dir(place.dir.path().join("vault.sqlite-wal")).unwrap();
    let refused = refusal(&place);
    assert!(matches!(refused, Error::Storage { .. } | Error::Damaged { .. }), "{refused:?}");
    std::fs::remove_dir(place.dir.path().join("vault.sqlite-wal")).unwrap();
    assert_eq!(place.open().1.consents.len(), 40);
    let nowhere = place.dir.path().join("nowhere").join("vault.sqlite");
    let refused = Vault::open(options(&nowhere, &place.key)).map(drop).unwrap_err();
    assert!(matches!(refused, Error::Io { .. }), "{refused:?}");
    let absent = Options { may_make: false, ..options(&place.dir.path().join("absent.sqlite"), &place.key) };
    assert!(matches!(Vault::open(absent).map(drop), Err(Error::Missing(_))));
    let folder = Vault::open(options(place.dir.path(), &place.key)).map(drop).unwrap_err();
    assert!(matches!(folder, Error::Foreign(_)), "{folder:?}");
    // For everybody but root.
    std::fs::set_permissions(place.dir.path(), Permissions::from_mode(0o500)).unwrap();
    let writable = std::fs::write(place.dir.path().join("probe"), "").is_ok();
    let opened = Vault::open(place.options());
    std::fs::set_permissions(place.dir.path(), Permissions::from_mode(0o700)).unwrap();
    assert_eq!(opened.is_ok(), writable);
}

#[tokio::test]
async fn no_draft_is_left_behind() {
    let place = filled().await;
    assert_eq!(std::fs::read_dir(place.dir.path()).unwrap().count(), 1);
}
