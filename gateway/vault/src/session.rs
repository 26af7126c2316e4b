//! The writing connection with the vault's own keys, and the rows of `sealed_key`: the one place where a key can be destroyed.
//!
//! Each person has a key, sealed under the vault's; each record has its own, sealed under the person's. Key rows have one size,
//! are only ever appended and never deleted: a key is destroyed by overwriting it with zeros *where it stands*. That matters:
//! `secure_delete` clears what is deleted, but when SQLite moves rows between pages it leaves copies of them behind
//! (`rebuildPage` in sqlite3.c). Rows that are appended in order to a table with integer keys, and overwritten at the same
//! length, are never moved. So whatever copies of sealed bytes remain somewhere, their keys do not.
//!
//! After a destruction, [`Session::scrub`] empties the write-ahead log, which holds former pages, and rewrites the file.

use std::cell::{Cell, RefCell};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use zeroize::Zeroizing;

use crate::error::{Doing, Error};
use crate::key::{VaultKey, random};
use crate::record::Bond;
use crate::seal::{NOBODY, OVERHEAD, Place, Sealer};
use crate::subject::{Keys, Lookup};
use crate::watched::Watched;

/// The writing connection with the vault's own keys. Only the writer thread has it.
pub(crate) struct Session {
    pub(crate) connection: Connection,
    /// Seals subjects' keys and tombstones.
    pub(crate) wrap: Sealer,
    next_key: Cell<i64>,
    /// See `table/bond.rs`.
    pub(crate) bond: RefCell<Bond>,
    /// The bond that the transaction at work will leave, if it changes anything that counts.
    pub(crate) next_bond: RefCell<Option<Bond>>,
    /// Behind the connection: its lock is given back last.
    pub(crate) files: Watched,
}

impl Session {
    /// A session of a vault whose key was checked.
    pub(crate) fn new(connection: Connection, key: &VaultKey, files: Watched) -> Result<Self, Error> {
        let wrap = Sealer::new(&key.own(WRAP))?;
        let last: i64 = connection
            .query_row("SELECT coalesce(max(id), 0) FROM sealed_key", [], |row| row.get(0))
            .doing("reading the last key")?;
        let next_key = Cell::new(last + 1);
        Ok(Self { connection, wrap, next_key, bond: RefCell::default(), next_bond: RefCell::default(), files })
    }

    /// Makes a random key and stores it sealed under `under`; returns its row.
    pub(crate) fn new_key(&self, under: &Sealer, lookup: Lookup) -> Result<(i64, Zeroizing<[u8; 32]>), Error> {
        let (id, key) = (self.next_key.get(), random()?);
        let sealed = under.seal(Place { table: KEY, row: &id.to_string(), lookup: &lookup.0 }, key.as_ref())?;
        let mut insert = self
            .connection
            .prepare_cached("INSERT INTO sealed_key (id, sealed) VALUES (?1, ?2)")
            .doing("storing a key")?;
        insert.execute((id, sealed)).doing("storing a key")?;
        // Also when this transaction is undone: a gap among the ids does no harm, an id given twice would.
        self.next_key.set(id + 1);
        Ok((id, key))
    }

    /// The key of row `id`; it does not open once it was destroyed.
    pub(crate) fn key(&self, id: i64, under: &Sealer, lookup: Lookup) -> Result<Zeroizing<[u8; 32]>, Error> {
        let mut select =
            self.connection.prepare_cached("SELECT sealed FROM sealed_key WHERE id = ?1").doing("reading a key")?;
        let sealed: Vec<u8> = select.query_row([id], |row| row.get(0)).doing("reading a key")?;
        let plain = under.open(Place { table: KEY, row: &id.to_string(), lookup: &lookup.0 }, &sealed)?;
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(plain.get(..32).filter(|_| plain.len() == 32).ok_or(Error::Sealed(KEY))?);
        Ok(key)
    }

    /// A record's own sealer, whose key is row `id`.
    pub(crate) fn record_sealer(&self, id: i64, keys: &Keys) -> Result<Sealer, Error> {
        Sealer::new(&*self.key(id, &keys.sealer, keys.lookup)?)
    }

    /// Overwrites a key with zeros in place.
    pub(crate) fn destroy_key(&self, id: i64) -> Result<(), Error> {
        let mut update = self
            .connection
            .prepare_cached("UPDATE sealed_key SET sealed = zeroblob(?2) WHERE id = ?1")
            .doing("destroying a key")?;
        update.execute((id, SEALED_KEY)).doing("destroying a key").map(drop)
    }

    /// Notes, in the same transaction as a destruction, that the file must be scrubbed: a crash in between changes nothing.
    pub(crate) fn owe_scrub(&self) -> Result<(), Error> {
        self.connection.execute("UPDATE vault SET scrub = 1", []).doing("noting what is to be scrubbed").map(drop)
    }

    /// Empties the write-ahead log and rewrites the file, so that no copy of a destroyed row remains in either.
    /// `most`: the size in bytes up to which the file is rewritten now; above it stays owed until [`crate::Vault::scrub`].
    pub(crate) fn scrub(&self, most: i64) -> Result<(), Error> {
        let number = |pragma| {
            self.connection.query_row(pragma, [], |row| row.get::<_, i64>(0)).doing("reading what is to be scrubbed")
        };
        if number("SELECT scrub FROM vault")? == 0 {
            return Ok(());
        }
        // The log first: it holds former pages, with keys that are zeros in the file by now.
        self.empty_log()?;
        if number("PRAGMA page_count")? * number("PRAGMA page_size")? > most {
            return Ok(());
        }
        self.connection.execute_batch("VACUUM").doing("rewriting the vault file")?;
        self.empty_log()?;
        // Last: after a crash before it the file is rewritten once more, which does no harm.
        self.connection.execute("UPDATE vault SET scrub = 0", []).doing("noting what was scrubbed").map(drop)
    }

    /// Ends the vault without a last write: what stands at its files' names is another hand's, and closing as usual would remove a
    /// log that is not ours.
    pub(crate) fn abandon(self) {
        let _ = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    }

    fn empty_log(&self) -> Result<(), Error> {
        let what = "emptying the write-ahead log";
        let busy: i64 =
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).doing(what)?;
        if busy == 0 { Ok(()) } else { Err(Error::Storage { what, code: rusqlite::ffi::SQLITE_BUSY }) }
    }

    /// Seals what belongs to no person under the vault's own key.
    pub(crate) fn seal_for_nobody(&self, table: &'static str, row: &str, plain: &[u8]) -> Result<Vec<u8>, Error> {
        self.wrap.seal(Place { table, row, lookup: &NOBODY }, plain)
    }

    pub(crate) fn open_for_nobody(
        &self,
        table: &'static str,
        row: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.wrap.open(Place { table, row, lookup: &NOBODY }, sealed)
    }
}

const KEY: &str = "sealed_key";
/// The label of the key that seals subjects' keys.
pub(crate) const WRAP: &str = "wrap";
const SEALED_KEY: i64 = 32 + OVERHEAD as i64;
