//! The bond of a vault: its name, the lane it serves, and a counter of what became of persons' consents and holds. The lane's lines
//! bear name and counter too, so an older copy of the vault, or another vault, shows itself beside its lane.
//!
//! Sealed under the vault's own key: who has only the file cannot make an older copy look like the newest.
//! The counter grows by one with each transaction that changes consents, holds or requests, or erases somebody.
//!
//! Example: `["5d0c…","gw-1.example.kz/audit/2026+…",412]`; a vault that never served a lane has no row, and counts from 0.

use rusqlite::OptionalExtension;

use crate::error::{Doing, Error};
use crate::key::random;
use crate::record::Bond;
use crate::session::Session;
use crate::table::sealed_table::{json, parse};

impl Session {
    /// Reads the bond when the vault is opened.
    pub(crate) fn load_bond(&self) -> Result<(), Error> {
        self.bond.replace(read(self)?);
        Ok(())
    }

    /// Notes that this transaction changes something that counts.
    pub(crate) fn count(&self) {
        let bond = || Bond { counter: self.bond.borrow().counter + 1, ..self.bond.borrow().clone() };
        self.next_bond.borrow_mut().get_or_insert_with(bond);
    }

    /// Names the vault (as `name` says, else as before, else anew) and the lane it serves. The counter goes on from the larger one.
    pub(crate) fn bind(&self, lane: String, name: Option<String>, at_least: u64) -> Result<Bond, Error> {
        let before = self.bond.borrow().clone();
        let name = match name.or(before.name) {
            Some(name) => name,
            None => fresh_name()?,
        };
        let bond = Bond { name: Some(name), lane: Some(lane), counter: before.counter.max(at_least) + 1 };
        self.next_bond.replace(Some(bond.clone()));
        Ok(bond)
    }

    /// Before the commit: stores the bond if anything counted. A job that was undone may have counted; a gap does no harm.
    pub(crate) fn store_bond(&self) -> Result<(), Error> {
        self.next_bond.borrow().as_ref().map_or(Ok(()), |bond| write(self, bond))
    }

    /// After the commit, or after it failed.
    pub(crate) fn settle_bond(&self, committed: bool) {
        if let Some(bond) = self.next_bond.take().filter(|_| committed) {
            self.bond.replace(bond);
        }
    }

    /// As the file has it.
    pub(crate) fn bond(&self) -> Bond {
        self.bond.borrow().clone()
    }
}

fn read(session: &Session) -> Result<Bond, Error> {
    let sealed = session.connection.query_row("SELECT sealed FROM bond", [], |row| row.get(0));
    let Some(sealed): Option<Vec<u8>> = sealed.optional().doing("reading the vault's bond")? else {
        return Ok(Bond::default());
    };
    let (name, lane, counter) = parse(&session.open_for_nobody(TABLE, ROW, &sealed)?, TABLE)?;
    Ok(Bond { name, lane, counter })
}

fn write(session: &Session, bond: &Bond) -> Result<(), Error> {
    let plain = json(&(&bond.name, &bond.lane, bond.counter), TABLE)?;
    let sealed = session.seal_for_nobody(TABLE, ROW, &plain)?;
    let sql = "INSERT INTO bond (id, sealed) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed";
    let mut insert = session.connection.prepare_cached(sql).doing("storing the vault's bond")?;
    insert.execute([sealed]).doing("storing the vault's bond").map(drop)
}

/// A name for a vault: 16 random bytes in hexadecimal.
fn fresh_name() -> Result<String, Error> {
    Ok(random()?.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}

const TABLE: &str = "bond";
const ROW: &str = "1";
