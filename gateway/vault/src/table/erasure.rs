//! Erasure of a person: destroys the keys first, then every row; leaves a tombstone that names nobody.
//!
//! Idempotent: the second time nothing is found, and no second tombstone is written.
//! Refused: the id of another erasure.
//!
//! Example: `Erased { found: true, consents: 2, holds: 0, requests: 1 }`.

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use crate::error::{Doing, Error};
use crate::record::{Erased, Erasure, Tombstone};
use crate::session::Session;
use crate::subject::Lookup;
use crate::table::last_use;
use crate::table::person;
use crate::table::sealed_table::{self, SealedTable, json, parse};

pub(crate) fn erase(session: &Session, lookup: Lookup, erasure: &Erasure) -> Result<Erased, Error> {
    let id = session.connection.query_row("SELECT id FROM subject WHERE lookup = ?1", [lookup.0], |row| row.get(0));
    let Some(id): Option<i64> = id.optional().doing("looking a subject up")? else { return Ok(Erased::default()) };
    let mark = person::open(session, id, lookup)?.mark(&erasure.id);
    session.count();
    // One transaction with all below: a crash leaves the whole person or nothing of them.
    session.destroy_key(id)?;
    let mut erased = Erased { found: true, ..Erased::default() };
    for table in SealedTable::ALL {
        let deleted = sealed_table::delete_all(session, table, id)?;
        match table {
            SealedTable::Consent => erased.consents = deleted,
            SealedTable::ConsentContent => {}
            SealedTable::Hold => erased.holds = deleted,
            SealedTable::Request => erased.requests = deleted,
        }
    }
    last_use::delete_all(session, id)?;
    session.connection.execute("DELETE FROM subject WHERE id = ?1", [id]).doing("destroying a subject")?;
    // In the same transaction: from it the gateway writes the line that a crash left out.
    leave_tombstone(session, erasure, erased, mark)?;
    session.owe_scrub()?;
    Ok(erased)
}

/// All tombstones, oldest row first.
pub(crate) fn tombstones(session: &Session) -> Result<Vec<Tombstone>, Error> {
    let mut select = session
        .connection
        .prepare_cached("SELECT id, sealed FROM tombstone ORDER BY rowid")
        .doing("reading tombstones")?;
    let mut rows = select.query([]).doing("reading tombstones")?;
    let mut tombstones = Vec::new();
    while let Some(row) = rows.next().doing("reading tombstones")? {
        let (id, sealed) = <(String, Vec<u8>)>::try_from(row).doing("reading tombstones")?;
        let (at, basis, counts, mark) = inscription(&session.open_for_nobody(TABLE, &id, &sealed)?)?;
        let [consents, holds, requests] = counts;
        tombstones.push(Tombstone { id, at, basis, erased: Erased { found: true, consents, holds, requests }, mark });
    }
    Ok(tombstones)
}

/// What stands on a tombstone; those of before bear no mark.
fn inscription(plain: &[u8]) -> Result<Inscription, Error> {
    let former = || parse(plain, TABLE).map(|(at, basis, counts)| (at, basis, counts, None));
    parse(plain, TABLE).or_else(|_| former())
}

fn leave_tombstone(session: &Session, erasure: &Erasure, erased: Erased, mark: [u8; 16]) -> Result<(), Error> {
    let counts = [erased.consents, erased.holds, erased.requests];
    let inscription: Inscription = (erasure.at, erasure.basis.clone(), counts, Some(mark));
    let sealed = session.seal_for_nobody(TABLE, &erasure.id, &json(&inscription, TABLE)?)?;
    let sql = "INSERT INTO tombstone (id, sealed) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    match session.connection.execute(sql, (&erasure.id, sealed)).doing("storing a tombstone")? {
        0 => Err(Error::Taken(TABLE)),
        _ => Ok(()),
    }
}

type Inscription = (Timestamp, String, [u32; 3], Option<[u8; 16]>);
const TABLE: &str = "tombstone";
