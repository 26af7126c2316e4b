//! The last exchange about a person for each purpose of each operator: what separation of purposes is judged by.
//!
//! A row is found by a tag that only the person's key gives; operator and purpose are sealed, the time stands in the clear.
//! A later use replaces an earlier one, an earlier one changes nothing.
//!
//! Example: `record(session, subject, "qyzmet-desk", "marketing", at)`.

use jiff::Timestamp;

use crate::error::{Doing, Error};
use crate::record::UseRecord;
use crate::seal::Place;
use crate::session::Session;
use crate::subject::{Lookup, Subject};
use crate::table::person;
use crate::table::sealed_table::{json, parse};

pub(crate) fn record(
    session: &Session,
    subject: &Subject,
    operator: &str,
    purpose: &str,
    at: Timestamp,
) -> Result<(), Error> {
    person::still_there(session, subject)?;
    let tag = subject.0.tag(operator, purpose);
    let words = json(&(operator, purpose), TABLE)?;
    let sealed = subject.0.sealer.seal(place(&row(&tag), &subject.0.lookup), &words)?;
    let sql = "INSERT INTO last_use (subject, tag, at, sealed) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (subject, tag) DO UPDATE SET at = max(at, excluded.at)";
    let mut insert = session.connection.prepare_cached(sql).doing("storing a use")?;
    insert.execute((subject.0.id, tag, at.as_microsecond(), sealed)).doing("storing a use").map(drop)
}

pub(crate) fn delete_before(session: &Session, at: Timestamp) -> Result<u64, Error> {
    let mut delete =
        session.connection.prepare_cached("DELETE FROM last_use WHERE at < ?1").doing("destroying uses")?;
    let deleted = delete.execute([at.as_microsecond()]).doing("destroying uses")?;
    if deleted > 0 {
        session.owe_scrub()?;
    }
    Ok(deleted as u64)
}

pub(crate) fn delete_all(session: &Session, subject: i64) -> Result<(), Error> {
    session.connection.execute("DELETE FROM last_use WHERE subject = ?1", [subject]).doing("destroying uses").map(drop)
}

pub(crate) fn all(session: &Session) -> Result<Vec<(Lookup, UseRecord)>, Error> {
    let sql = "SELECT subject, tag, at, sealed FROM last_use ORDER BY subject, id";
    let mut select = session.connection.prepare_cached(sql).doing("reading uses")?;
    let mut rows = select.query([]).doing("reading uses")?;
    let (mut uses, mut last): (Vec<_>, Option<Subject>) = Default::default();
    while let Some(found) = rows.next().doing("reading uses")? {
        let found = <(i64, [u8; 32], i64, Vec<u8>)>::try_from(found).doing("reading uses")?;
        let (person, tag, at, sealed) = found;
        let subject = match last.take() {
            Some(subject) if subject.0.id == person => subject,
            _ => person::of_row(session, person)?,
        };
        let words = subject.0.sealer.open(place(&row(&tag), &subject.0.lookup), &sealed)?;
        let (operator, purpose) = parse(&words, TABLE)?;
        let at = Timestamp::from_microsecond(at).map_err(|_| Error::Sealed(TABLE))?;
        uses.push((subject.lookup(), UseRecord { operator, purpose, at }));
        last = Some(subject);
    }
    Ok(uses)
}

/// The tag names the row, so that sealed words cannot be moved to another tag.
fn row(tag: &[u8; 32]) -> String {
    tag.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn place<'a>(row: &'a str, lookup: &'a Lookup) -> Place<'a> {
    Place { table: TABLE, row, lookup: &lookup.0 }
}

const TABLE: &str = "last_use";
