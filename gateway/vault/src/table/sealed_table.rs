//! Tables of records that are sealed whole, each under a key of its own, found by their id.
//!
//! Replacing a record makes a new key and destroys the old one; so no earlier version opens any more, wherever SQLite left it.
//! Refused: an id that another person's record has.
//!
//! Example: `put(session, SealedTable::Hold, subject, "h-1", &json)`.

use rusqlite::{CachedStatement, OptionalExtension};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::error::{Doing, Error};
use crate::seal::{Place, Sealer};
use crate::session::Session;
use crate::subject::{Lookup, Subject};
use crate::table::person;

/// The tables of sealed records.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SealedTable {
    Consent,
    /// Of a consent, what is destroyed when it was withdrawn.
    ConsentContent,
    Hold,
    Request,
}

impl SealedTable {
    pub(crate) const ALL: [Self; 4] = [Self::Consent, Self::ConsentContent, Self::Hold, Self::Request];

    pub(crate) fn table(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::ConsentContent => "consent_content",
            Self::Hold => "hold",
            Self::Request => "request",
        }
    }
}

/// The row of a record.
#[derive(Clone, Copy)]
pub(crate) struct Slot {
    /// The row of its person.
    pub(crate) subject: i64,
    key: i64,
}

/// Stores `record` under `id`, replacing an older version.
pub(crate) fn put(
    session: &Session,
    table: SealedTable,
    subject: &Subject,
    id: &str,
    record: &impl Serialize,
) -> Result<(), Error> {
    person::still_there(session, subject)?;
    match slot(session, table, id)? {
        Some(slot) if slot.subject != subject.0.id => return Err(Error::Taken(table.table())),
        Some(slot) => session.destroy_key(slot.key)?,
        None => {}
    }
    session.count();
    let (key_id, key) = session.new_key(&subject.0.sealer, subject.lookup())?;
    let sealed = Sealer::new(&key)?.seal(place(table, id, &subject.0.lookup), &json(record, table.table())?)?;
    let sql = "INSERT INTO {} (id, subject, key, sealed) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (id) DO UPDATE SET key = excluded.key, sealed = excluded.sealed";
    let mut insert = prepare(session, table, sql)?;
    insert.execute((id, subject.0.id, key_id, sealed)).doing("storing a record").map(drop)
}

/// Destroys a record; false when there is none.
pub(crate) fn delete(session: &Session, table: SealedTable, id: &str) -> Result<bool, Error> {
    let Some(slot) = slot(session, table, id)? else { return Ok(false) };
    session.count();
    session.destroy_key(slot.key)?;
    prepare(session, table, "DELETE FROM {} WHERE id = ?1")?.execute([id]).doing("destroying a record")?;
    session.owe_scrub()?;
    Ok(true)
}

/// Destroys all records of a person; how many there were.
pub(crate) fn delete_all(session: &Session, table: SealedTable, subject: i64) -> Result<u32, Error> {
    let mut select = prepare(session, table, "SELECT key FROM {} WHERE subject = ?1")?;
    let keys = select.query_map([subject], |row| row.get(0)).doing("reading records")?;
    let keys: Vec<i64> = keys.collect::<Result<_, _>>().doing("reading records")?;
    for key in &keys {
        session.destroy_key(*key)?;
    }
    prepare(session, table, "DELETE FROM {} WHERE subject = ?1")?.execute([subject]).doing("destroying records")?;
    Ok(u32::try_from(keys.len()).unwrap_or(u32::MAX))
}

/// Finds the row of the record with this id.
pub(crate) fn slot(session: &Session, table: SealedTable, id: &str) -> Result<Option<Slot>, Error> {
    let mut select = prepare(session, table, "SELECT subject, key FROM {} WHERE id = ?1")?;
    let slot = select.query_row([id], |row| Ok(Slot { subject: row.get(0)?, key: row.get(1)? }));
    slot.optional().doing("looking a record up")
}

/// The record with this id, which must be the person's.
pub(crate) fn find<T: DeserializeOwned>(
    session: &Session,
    table: SealedTable,
    subject: &Subject,
    id: &str,
) -> Result<Option<T>, Error> {
    let mut select = prepare(session, table, "SELECT key, sealed FROM {} WHERE id = ?1 AND subject = ?2")?;
    let row = select.query_row((id, subject.0.id), |row| Ok((row.get(0)?, row.get(1)?)));
    let row: Option<(i64, Vec<u8>)> = row.optional().doing("reading a record")?;
    row.map(|(key, sealed)| open(session, table, subject, id, key, &sealed)).transpose()
}

/// All records of a person, oldest row first.
pub(crate) fn of_subject<T: DeserializeOwned>(
    session: &Session,
    table: SealedTable,
    subject: &Subject,
) -> Result<Vec<(String, T)>, Error> {
    person::still_there(session, subject)?;
    let mut select = prepare(session, table, "SELECT id, key, sealed FROM {} WHERE subject = ?1 ORDER BY rowid")?;
    let mut rows = select.query([subject.0.id]).doing("reading records")?;
    let mut records = Vec::new();
    while let Some(row) = rows.next().doing("reading records")? {
        let (id, key, sealed) = <(String, i64, Vec<u8>)>::try_from(row).doing("reading records")?;
        let record = open(session, table, subject, &id, key, &sealed)?;
        records.push((id, record));
    }
    Ok(records)
}

/// All records of everybody, person by person, of each the oldest row first.
pub(crate) fn all<T: DeserializeOwned>(
    session: &Session,
    table: SealedTable,
) -> Result<Vec<(Lookup, String, T)>, Error> {
    let sql = "SELECT r.subject, r.id, r.key, r.sealed FROM {} r ORDER BY r.subject, r.rowid";
    let mut select = prepare(session, table, sql)?;
    let mut rows = select.query([]).doing("reading records")?;
    let (mut records, mut last): (Vec<_>, Option<Subject>) = Default::default();
    while let Some(row) = rows.next().doing("reading records")? {
        let row = <(i64, String, i64, Vec<u8>)>::try_from(row).doing("reading records")?;
        let (person, id, key, sealed) = row;
        let subject = match last.take() {
            Some(subject) if subject.0.id == person => subject,
            _ => person::of_row(session, person)?,
        };
        let record = open(session, table, &subject, &id, key, &sealed)?;
        records.push((subject.lookup(), id, record));
        last = Some(subject);
    }
    Ok(records)
}

fn open<T: DeserializeOwned>(
    session: &Session,
    table: SealedTable,
    subject: &Subject,
    id: &str,
    key: i64,
    sealed: &[u8],
) -> Result<T, Error> {
    let plain = session.record_sealer(key, &subject.0)?.open(place(table, id, &subject.0.lookup), sealed)?;
    parse(&plain, table.table())
}

fn place<'a>(table: SealedTable, id: &'a str, lookup: &'a Lookup) -> Place<'a> {
    Place { table: table.table(), row: id, lookup: &lookup.0 }
}

fn prepare<'a>(session: &'a Session, table: SealedTable, sql: &str) -> Result<CachedStatement<'a>, Error> {
    session.connection.prepare_cached(&sql.replacen("{}", table.table(), 1)).doing("preparing a statement")
}

/// The bytes to seal.
pub(crate) fn json(record: &impl Serialize, table: &'static str) -> Result<Zeroizing<Vec<u8>>, Error> {
    serde_json::to_vec(record).map(Zeroizing::new).map_err(|_| Error::Sealed(table))
}

/// What was sealed; serde's own words are dropped, they repeat values.
pub(crate) fn parse<T: DeserializeOwned>(plain: &[u8], table: &'static str) -> Result<T, Error> {
    serde_json::from_slice(plain).map_err(|_| Error::Sealed(table))
}
