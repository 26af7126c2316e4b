//! The SQLite file of the vault: created atomically, and validated before use.
//!
//! A new vault is made beside its place, synced, and linked there in one step; so an empty or short file is never a new vault
//! but a damaged one. Pragmas: WAL with `synchronous = FULL` (an answered write survives a power cut), `secure_delete = ON`,
//! `locking_mode = EXCLUSIVE` (one process; the log's index stays in memory, there is no `-shm`), temporary data in memory.
//! Refused: what the crate's head lists. Nothing is written to a file before it was found to be a vault.
//!
//! Example: the first 16 bytes are `SQLite format 3\0`, bytes 68 to 71 are `QVLT`.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, ffi};

use crate::error::{Doing, Error};
use crate::key::VaultKey;
use crate::seal::{NOBODY, Place, Sealer};
use crate::session::{Session, WRAP};
use crate::watched::Watched;

/// Opens the vault at `path`; where there is nothing, makes it if `may_make`.
pub(crate) fn open(path: &Path, key: &VaultKey, may_make: bool) -> Result<Session, Error> {
    let missing = std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound);
    match (missing, may_make) {
        (true, true) => make(path, key)?,
        (true, false) => return Err(Error::Missing(path.to_owned())),
        (false, _) => {}
    }
    let locked = lock(inspect(path)?, path)?;
    let connection = connect(path)?;
    let known = |result: rusqlite::Result<()>| {
        result.map_err(|error| match error.sqlite_error().map(|error| error.extended_code & 0xFF) {
            Some(ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED) => Error::Locked(path.to_owned()),
            Some(ffi::SQLITE_NOTADB | ffi::SQLITE_CORRUPT) => damaged(path, "it is no whole database"),
            code => Error::Storage { what: "opening the vault file", code: code.unwrap_or(ffi::SQLITE_MISMATCH) },
        })
    };
    known(connection.execute_batch(LOCK))?;
    known(connection.execute_batch(PRAGMAS))?;
    whole(&connection, path)?;
    version(&connection)?;
    check_value(&connection, key)?;
    upgrade(&connection)?;
    let session = Session::new(connection, key, Watched::new(path, locked)?)?;
    session.load_bond()?;
    // A crash may have come between a destruction and its scrubbing.
    session.scrub(RETRY_SCRUB)?;
    session.files.written()?;
    Ok(session)
}

/// Whether this key is that of the vault at `path`, or nothing is there yet. Locks and changes nothing: a gateway may be at work
/// in it, and its log is not looked at, since what tells the key is written once, when the vault is made.
///
/// # Errors
/// [`Error::WrongKey`]; [`Error::Foreign`], [`Error::Damaged`], [`Error::Exposed`], [`Error::Newer`]; of the disk.
pub fn check(path: &Path, key: &VaultKey) -> Result<(), Error> {
    if std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return Ok(());
    }
    inspect(path)?;
    let uri: String = path.as_os_str().as_bytes().iter().map(|octet| format!("%{octet:02x}")).collect();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(format!("file:{uri}?immutable=1"), flags).doing("opening the vault file")?;
    version(&connection)?;
    check_value(&connection, key)
}

/// Makes a vault beside `path` and links it there; an older one that appears meanwhile stays.
fn make(path: &Path, key: &VaultKey) -> Result<(), Error> {
    let draft = draft(path)?;
    // Linked, not renamed: a vault that another process made meanwhile is not replaced. A crash before the removal
    // leaves a draft that nothing reads.
    let made = fill(&draft, key).and_then(|()| match std::fs::hard_link(&draft, path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error).doing("naming the new vault file"),
        _ => Ok(()),
    });
    let removed = std::fs::remove_file(&draft).doing("removing the draft of the vault file");
    made.and(removed)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).doing("syncing the vault's folder")
}

fn fill(draft: &Path, key: &VaultKey) -> Result<(), Error> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft);
    made.and_then(|file| file.set_permissions(Permissions::from_mode(0o600))).doing("making the vault file")?;
    let connection = connect(draft)?;
    connection.execute_batch(SCHEMA).doing("making the vault's tables")?;
    upgrade(&connection)?;
    let sealed = Sealer::new(&key.own(WRAP))?.seal(CHECK, CHECK_VALUE)?;
    connection
        .execute("INSERT INTO vault (id, check_value, scrub) VALUES (1, ?1, 0)", [sealed])
        .doing("making the vault's tables")?;
    connection.close().map_err(|(_, error)| error).doing("closing the new vault file")?;
    // Synced before it has its name: after a power cut there is a whole vault or none.
    File::open(draft).and_then(|file| file.sync_all()).doing("syncing the new vault file")
}

fn draft(path: &Path) -> Result<std::path::PathBuf, Error> {
    let random = crate::key::random()?;
    let suffix: String = random.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".draft-{suffix}"));
    Ok(name.into())
}

/// Validates the file header and permissions without SQLite, which would make a journal beside a foreign file.
fn inspect(path: &Path) -> Result<File, Error> {
    let mut file = File::open(path).doing("opening the vault file")?;
    let metadata = file.metadata().doing("opening the vault file")?;
    let mut header = [0; 100];
    let mut read = 0;
    while let Some(rest) = header.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == ErrorKind::IsADirectory => return Err(Error::Foreign(path.to_owned())),
            Err(error) => return Err(error).doing("reading the vault file"),
        }
    }
    let head = header.get(..read).unwrap_or_default();
    if head.is_empty() {
        return Err(damaged(path, "it is empty"));
    }
    if !head.starts_with(MAGIC) || header.get(68..72) != Some(&APPLICATION.to_be_bytes()) {
        return Err(Error::Foreign(path.to_owned()));
    }
    match metadata.permissions().mode() & 0o777 {
        mode if mode & 0o077 != 0 => Err(Error::Exposed { file: path.to_owned(), mode }),
        _ => Ok(file),
    }
}

fn lock(file: File, path: &Path) -> Result<File, Error> {
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Locked(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(error).doing("locking the vault file"),
    }
}

fn connect(path: &Path) -> Result<Connection, Error> {
    // The connection stays on one thread, so SQLite need not lock it.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = Connection::open_with_flags(path, flags).doing("opening the vault file")?;
    connection.busy_timeout(Duration::ZERO).doing("opening the vault file")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn whole(connection: &Connection, path: &Path) -> Result<(), Error> {
    let answer = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    match answer {
        Ok(answer) if answer == "ok" => {}
        _ => return Err(damaged(path, "its pages contradict each other or are missing")),
    }
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).doing("opening the log")?;
    if mode == "wal" { Ok(()) } else { Err(Error::Storage { what: "opening the log", code: ffi::SQLITE_CANTOPEN }) }
}

fn version(connection: &Connection) -> Result<(), Error> {
    let found: i64 =
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).doing("reading the schema's version")?;
    if found > VERSION {
        return Err(Error::Newer { found, known: VERSION });
    }
    Ok(())
}

/// Brings a vault of an earlier version up to this one, in one transaction. Its key was checked: another's is never changed.
fn upgrade(connection: &Connection) -> Result<(), Error> {
    let found: i64 =
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).doing("reading the schema's version")?;
    if found < VERSION { connection.execute_batch(UPGRADE).doing("bringing the vault up to date") } else { Ok(()) }
}

fn check_value(connection: &Connection, key: &VaultKey) -> Result<(), Error> {
    let sealed: Vec<u8> =
        connection.query_row("SELECT check_value FROM vault", [], |row| row.get(0)).doing("reading the check value")?;
    let opened = Sealer::new(&key.own(WRAP))?.open(CHECK, &sealed).map_err(|_| Error::WrongKey)?;
    if opened.as_slice() == CHECK_VALUE { Ok(()) } else { Err(Error::WrongKey) }
}

fn damaged(path: &Path, fault: &'static str) -> Error {
    Error::Damaged { file: path.to_owned(), fault }
}

const MAGIC: &[u8] = b"SQLite format 3\0";
/// `QVLT`.
const APPLICATION: u32 = 0x5156_4C54;
const VERSION: i64 = 2;
const CHECK: Place<'static> = Place { table: "vault", row: "check", lookup: &NOBODY };
const CHECK_VALUE: &[u8] = b"the key of this vault";
/// At open nobody waits for an exchange yet, so a larger file may be rewritten than in between.
const RETRY_SCRUB: i64 = 256 << 20;

/// Takes the lock for as long as the connection lives.
const LOCK: &str = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; COMMIT;";
const PRAGMAS: &str = "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON; \
    PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;";

/// From version 1 to 2.
const UPGRADE: &str = "
BEGIN;
PRAGMA user_version = 2;
CREATE TABLE bond (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    sealed BLOB NOT NULL
) STRICT;
COMMIT;
";
/// Version 1. Everything in the clear: ids of records, times in microseconds since 1970, and which rows belong to one person.
const SCHEMA: &str = "
PRAGMA journal_mode = DELETE;
PRAGMA secure_delete = ON;
BEGIN;
PRAGMA application_id = 0x51564C54;
PRAGMA user_version = 1;
CREATE TABLE vault (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    check_value BLOB NOT NULL,
    scrub       INTEGER NOT NULL
) STRICT;
-- Appended and overwritten only, never deleted from: see session.rs.
CREATE TABLE sealed_key (
    id     INTEGER PRIMARY KEY,
    sealed BLOB NOT NULL CHECK (length(sealed) = 60)
) STRICT;
CREATE TABLE subject (
    id     INTEGER PRIMARY KEY, -- the row of its key
    lookup BLOB NOT NULL UNIQUE CHECK (length(lookup) = 32),
    since  INTEGER NOT NULL
) STRICT;
CREATE TABLE consent (
    id TEXT PRIMARY KEY NOT NULL, subject INTEGER NOT NULL REFERENCES subject (id), key INTEGER NOT NULL, sealed BLOB NOT NULL
) STRICT;
CREATE TABLE consent_content (
    id TEXT PRIMARY KEY NOT NULL, subject INTEGER NOT NULL REFERENCES subject (id), key INTEGER NOT NULL, sealed BLOB NOT NULL
) STRICT;
CREATE TABLE hold (
    id TEXT PRIMARY KEY NOT NULL, subject INTEGER NOT NULL REFERENCES subject (id), key INTEGER NOT NULL, sealed BLOB NOT NULL
) STRICT;
CREATE TABLE request (
    id TEXT PRIMARY KEY NOT NULL, subject INTEGER NOT NULL REFERENCES subject (id), key INTEGER NOT NULL, sealed BLOB NOT NULL
) STRICT;
CREATE TABLE last_use (
    id      INTEGER PRIMARY KEY,
    subject INTEGER NOT NULL REFERENCES subject (id),
    tag     BLOB NOT NULL CHECK (length(tag) = 32),
    at      INTEGER NOT NULL,
    sealed  BLOB NOT NULL,
    UNIQUE (subject, tag)
) STRICT;
CREATE TABLE tombstone (
    id TEXT PRIMARY KEY NOT NULL, sealed BLOB NOT NULL
) STRICT;
CREATE INDEX consent_by_subject ON consent (subject);
CREATE INDEX consent_content_by_subject ON consent_content (subject);
CREATE INDEX hold_by_subject ON hold (subject);
CREATE INDEX request_by_subject ON request (subject);
CREATE INDEX last_use_by_time ON last_use (at);
COMMIT;
";
