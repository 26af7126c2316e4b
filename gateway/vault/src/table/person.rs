//! The rows of persons: a keyed hash and the key's row. It never sees an IIN.
//!
//! Example: `find_or_make` twice with one lookup gives the same key, whoever asks first.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use crate::error::{Doing, Error};
use crate::session::Session;
use crate::subject::{Keys, Lookup, Subject};

/// The person of this lookup, if the vault knows it.
pub(crate) fn find(session: &Session, lookup: Lookup) -> Result<Option<Subject>, Error> {
    let mut select =
        session.connection.prepare_cached("SELECT id FROM subject WHERE lookup = ?1").doing("looking a subject up")?;
    let id = select.query_row([lookup.0], |row| row.get(0)).optional().doing("looking a subject up")?;
    id.map(|id| open(session, id, lookup)).transpose()
}

/// The person of this lookup, with a new key at first sight.
pub(crate) fn find_or_make(session: &Session, lookup: Lookup, now: Timestamp) -> Result<Subject, Error> {
    if let Some(subject) = find(session, lookup)? {
        return Ok(subject);
    }
    let (id, key) = session.new_key(&session.wrap, lookup)?;
    let mut insert = session
        .connection
        .prepare_cached("INSERT INTO subject (id, lookup, since) VALUES (?1, ?2, ?3)")
        .doing("storing a subject")?;
    insert.execute((id, lookup.0, now.as_microsecond())).doing("storing a subject")?;
    Ok(Subject(Arc::new(Keys::new(id, lookup, &key)?)))
}

/// The person of a row.
pub(crate) fn open(session: &Session, id: i64, lookup: Lookup) -> Result<Subject, Error> {
    Ok(Subject(Arc::new(Keys::new(id, lookup, &*session.key(id, &session.wrap, lookup)?)?)))
}

/// The person whose row is `id`.
pub(crate) fn of_row(session: &Session, id: i64) -> Result<Subject, Error> {
    let mut select =
        session.connection.prepare_cached("SELECT lookup FROM subject WHERE id = ?1").doing("reading a subject")?;
    let lookup = select.query_row([id], |row| row.get(0)).doing("reading a subject")?;
    open(session, id, Lookup(lookup))
}

/// Who each mark is of: `marks` are exchange or call ids with the mark under each. None where the vault knows nobody whose mark it is.
pub(crate) fn bearers(session: &Session, marks: &[(String, [u8; 16])]) -> Result<Vec<Option<Lookup>>, Error> {
    let mut select = session.connection.prepare_cached("SELECT id, lookup FROM subject").doing("looking a mark up")?;
    let mut rows = select.query([]).doing("looking a mark up")?;
    let mut bearers = vec![None; marks.len()];
    while let Some(row) = rows.next().doing("looking a mark up")? {
        let (id, lookup) = <(i64, [u8; 32])>::try_from(row).doing("looking a mark up")?;
        let subject = open(session, id, Lookup(lookup))?;
        for (bearer, (txn, mark)) in bearers.iter_mut().zip(marks) {
            if subject.mark(txn) == *mark {
                *bearer = Some(subject.lookup());
            }
        }
    }
    Ok(bearers)
}

/// Refuses a handle whose person was erased. Row ids are never used twice, so a person who came again is another one here.
pub(crate) fn still_there(session: &Session, subject: &Subject) -> Result<(), Error> {
    let mut select =
        session.connection.prepare_cached("SELECT 1 FROM subject WHERE id = ?1").doing("looking a subject up")?;
    if select.exists([subject.0.id]).doing("looking a subject up")? { Ok(()) } else { Err(Error::Erased) }
}
