//! The interface of the vault: every call returns when what it did is durable.
//!
//! An IIN is hashed on the caller's thread and goes no further. The calls need no runtime: they wait on a channel.
//! Refused: what [`Error`] lists. After a failed write everything, so that nobody decides on what may not be there.
//!
//! Example: `vault.subject(iin, now).await?.mark(txn)` in an exchange; about a microsecond once the person was met.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use aws_lc_rs::hmac;
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::cache::Cache;
use crate::error::{Doing, Error};
use crate::file;
use crate::key::VaultKey;
use crate::record::{Bond, ConsentRecord, Contents, Erased, Erasure, HoldRecord, RequestRecord, Tombstone};
use crate::session::Session;
use crate::subject::{self, Lookup, Subject};
use crate::table::sealed_record::{Hold, Request};
use crate::table::sealed_table::{self, SealedTable};
use crate::table::{consent, erasure, last_use, person};
use crate::writer::{self, Destroys, Queue};

/// How to open a vault.
pub struct Options {
    /// Its file. `-wal` stands beside it while it is open.
    pub file: PathBuf,
    /// Whether it is made if it is missing (its folder is not). A new vault knows of nobody who withdrew or was restricted.
    pub may_make: bool,
    /// The key it was made with.
    pub key: VaultKey,
}

/// A handle to the one writer of a vault; clones share it. The last one to be dropped closes it.
#[derive(Clone)]
pub struct Vault {
    inner: Arc<Inner>,
}

struct Inner {
    key: VaultKey,
    lookup: hmac::Key,
    pad: Zeroizing<[u8; 32]>,
    queue: Arc<Queue>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Vault {
    /// Opens the vault, or makes it if it may, and reads what is alive in it. Blocks while it reads.
    ///
    /// # Errors
    /// A missing vault, a wrong key, a foreign, damaged, exposed or newer file, a vault that is open elsewhere, a disk that refuses.
    pub fn open(options: Options) -> Result<(Self, Contents), Error> {
        let Options { file, may_make, key } = options;
        let session = file::open(&file, &key, may_make)?;
        let contents = contents(&session)?;
        let queue = Queue::new();
        queue.counter.store(session.bond().counter, Ordering::Release);
        let shared = queue.clone();
        let thread = std::thread::Builder::new().name("vault-writer".to_owned());
        let writer = thread.spawn(move || writer::run(&shared, session)).doing("starting the vault's thread")?;
        let lookup = hmac::Key::new(hmac::HMAC_SHA256, key.own("lookup").as_ref());
        let pad = key.own("pad");
        let inner = Inner { key, lookup, pad, queue, writer: Mutex::new(Some(writer)) };
        Ok((Self { inner: Arc::new(inner) }, contents))
    }

    /// The keyed hash by which a person is found.
    pub fn lookup(&self, iin: &str) -> Lookup {
        let mut lookup = [0; 32];
        lookup.copy_from_slice(hmac::sign(&self.inner.lookup, iin.as_bytes()).as_ref());
        Lookup(lookup)
    }

    /// A further key from the vault key. Each label gives another one, none of them one of the vault's own.
    pub fn derive(&self, label: &str) -> [u8; 32] {
        self.inner.key.derived(label)
    }

    /// The vault's own pad for the exchange `txn`, as [`Subject::pad`] is a person's: what is laid over it opens with the vault key
    /// alone.
    #[must_use]
    pub fn pad(&self, txn: &str) -> Zeroizing<[u8; 32]> {
        subject::pad(&self.inner.pad, txn)
    }

    /// The person with this IIN; at first sight it gets a key, durable before this returns.
    ///
    /// # Errors
    /// Of the disk; [`Error::Busy`].
    pub async fn subject(&self, iin: &str, now: Timestamp) -> Result<Subject, Error> {
        let lookup = self.lookup(iin);
        // May be of a person who is erased at this moment: every write asks in its transaction whether the person is
        // still there.
        if let Some(subject) = self.cached(&lookup)? {
            return Ok(subject);
        }
        let work = move |session: &Session| person::find_or_make(session, lookup, now);
        self.ask(Destroys::Nothing, work, |cache, subject| cache.add(subject.clone())).await
    }

    /// The person with this IIN, if the vault knows it. It never makes one.
    ///
    /// # Errors
    /// Of the disk; [`Error::Busy`].
    pub async fn known(&self, iin: &str) -> Result<Option<Subject>, Error> {
        self.behind(self.lookup(iin)).await
    }

    /// The person behind a lookup, as it stands in [`Contents`], if the vault still knows it. It never makes one.
    ///
    /// # Errors
    /// Of the disk; [`Error::Busy`].
    pub async fn behind(&self, lookup: Lookup) -> Result<Option<Subject>, Error> {
        if let Some(subject) = self.cached(&lookup)? {
            return Ok(Some(subject));
        }
        let remember = |cache: &Cache, subject: &Option<Subject>| subject.iter().cloned().for_each(|it| cache.add(it));
        self.ask(Destroys::Nothing, move |session| person::find(session, lookup), remember).await
    }

    /// Stores a consent, replacing the one with its id. A destroyed content stays destroyed, whatever the record brings.
    ///
    /// # Errors
    /// [`Error::Erased`], [`Error::Taken`]; of the disk.
    pub async fn put_consent(&self, subject: &Subject, record: ConsentRecord) -> Result<(), Error> {
        let subject = subject.clone();
        self.write(move |session| consent::put(session, &subject, record)).await
    }

    /// Stores a restriction or an objection, replacing the one with its id.
    ///
    /// # Errors
    /// As [`Vault::put_consent`].
    pub async fn put_hold(&self, subject: &Subject, hold: HoldRecord) -> Result<(), Error> {
        let subject = subject.clone();
        let (id, hold) = Hold::split(hold);
        self.write(move |session| sealed_table::put(session, SealedTable::Hold, &subject, &id, &hold)).await
    }

    /// Stores a request, replacing the one with its id.
    ///
    /// # Errors
    /// As [`Vault::put_consent`].
    pub async fn put_request(&self, subject: &Subject, request: RequestRecord) -> Result<(), Error> {
        let subject = subject.clone();
        let (id, request) = Request::split(request);
        self.write(move |session| sealed_table::put(session, SealedTable::Request, &subject, &id, &request)).await
    }

    /// The person's requests, oldest row first.
    ///
    /// # Errors
    /// [`Error::Erased`]; of the disk.
    pub async fn requests(&self, subject: &Subject) -> Result<Vec<RequestRecord>, Error> {
        let subject = subject.clone();
        self.write(move |session| {
            let requests = sealed_table::of_subject::<Request>(session, SealedTable::Request, &subject)?;
            Ok(requests.into_iter().map(|(id, request)| request.join(id)).collect())
        })
        .await
    }

    /// The requests of everybody, for their retention.
    ///
    /// # Errors
    /// Of the disk.
    pub async fn all_requests(&self) -> Result<Vec<RequestRecord>, Error> {
        self.write(|session| {
            let requests = sealed_table::all::<Request>(session, SealedTable::Request)?;
            Ok(requests.into_iter().map(|(_, id, request)| request.join(id)).collect())
        })
        .await
    }

    /// Notes the last exchange for a purpose, to the microsecond; an earlier one than noted changes nothing.
    ///
    /// # Errors
    /// [`Error::Erased`]; of the disk.
    pub async fn record_use(
        &self,
        subject: &Subject,
        operator: &str,
        purpose: &str,
        at: Timestamp,
    ) -> Result<(), Error> {
        let (subject, operator, purpose) = (subject.clone(), operator.to_owned(), purpose.to_owned());
        self.write(move |session| last_use::record(session, &subject, &operator, &purpose, at)).await
    }

    /// Destroys the person's key and everything about the person; returns when it is gone from the file. Idempotent.
    ///
    /// A person who comes again gets a new key. A handle from before can write nothing. A minor's consent that names
    /// this person as guardian belongs to the minor and stays.
    ///
    /// # Errors
    /// [`Error::Taken`], if the erasure's id is another's; of the disk: then ask again, what was left is made good.
    pub async fn erase(&self, iin: &str, erasure: Erasure) -> Result<Erased, Error> {
        self.erase_behind(self.lookup(iin), erasure).await
    }

    /// As [`Vault::erase`], of the person behind a lookup.
    ///
    /// # Errors
    /// As [`Vault::erase`].
    pub async fn erase_behind(&self, lookup: Lookup, erasure: Erasure) -> Result<Erased, Error> {
        let work = move |session: &Session| Ok((erasure::erase(session, lookup, &erasure)?, lookup));
        self.ask(Destroys::Traces, work, |cache, (_, lookup)| cache.purge(lookup)).await.map(|(erased, _)| erased)
    }

    /// Destroys the content of a consent: guardian, document number, KDP token and evidence; the rest stays. False when
    /// there is no such consent or its content was destroyed before.
    ///
    /// # Errors
    /// Of the disk.
    pub async fn destroy_consent_content(&self, id: &str, at: Timestamp) -> Result<bool, Error> {
        let id = id.to_owned();
        self.destroy(move |session| consent::destroy_content(session, &id, at)).await
    }

    /// Destroys a consent; false when there is none.
    ///
    /// # Errors
    /// Of the disk.
    pub async fn delete_consent(&self, id: &str) -> Result<bool, Error> {
        let id = id.to_owned();
        self.destroy(move |session| consent::delete(session, &id)).await
    }

    /// Destroys a request; false when there is none.
    ///
    /// # Errors
    /// Of the disk.
    pub async fn delete_request(&self, id: &str) -> Result<bool, Error> {
        let id = id.to_owned();
        self.destroy(move |session| sealed_table::delete(session, SealedTable::Request, &id)).await
    }

    /// Destroys a restriction or an objection; false when there is none.
    ///
    /// # Errors
    /// Of the disk.
    pub async fn delete_hold(&self, id: &str) -> Result<bool, Error> {
        let id = id.to_owned();
        self.destroy(move |session| sealed_table::delete(session, SealedTable::Hold, &id)).await
    }

    /// Destroys the last uses before `at`; how many.
    ///
    /// # Errors
    /// Of the disk.
    pub async fn delete_uses_before(&self, at: Timestamp) -> Result<u64, Error> {
        self.ask(Destroys::Traces, move |session| last_use::delete_before(session, at), |_, _| {}).await
    }

    /// The tombstones of erased persons, which name nobody; oldest first.
    ///
    /// # Errors
    /// Of the disk.
    pub async fn tombstones(&self) -> Result<Vec<Tombstone>, Error> {
        self.write(erasure::tombstones).await
    }

    /// Rewrites the file after destructions, whatever its size; nothing when none is owed. For the end of a retention run, at
    /// night: it takes memory for the file and holds up new subjects for about a second per 100 MiB.
    ///
    /// Every destruction makes the keys zeros where they stand and empties the log before it returns. Copies of *sealed* bytes
    /// that no key opens may remain between rows until the file is rewritten. An erasure does that by itself in a vault of up
    /// to 8 MiB; opening does it up to 256 MiB.
    ///
    /// # Errors
    /// Of the disk.
    pub async fn scrub(&self) -> Result<(), Error> {
        self.ask(Destroys::AllTraces, |_| Ok(()), |_, _| {}).await
    }

    /// Which vault this is, and which lane it serves.
    ///
    /// # Errors
    /// Of the disk.
    pub async fn bond(&self) -> Result<Bond, Error> {
        self.write(|session| Ok(session.bond())).await
    }

    /// Binds it to a lane, and counts on from the larger of its counter and `at_least`. `name`: whose place it takes; its own, or
    /// a new one, when absent.
    ///
    /// # Errors
    /// Of the disk.
    pub async fn bind(&self, lane: &str, name: Option<String>, at_least: u64) -> Result<Bond, Error> {
        let lane = lane.to_owned();
        self.write(move |session| session.bind(lane, name, at_least)).await
    }

    /// The bond's counter: durable, and with every change in it that was answered before.
    #[must_use]
    pub fn counter(&self) -> u64 {
        self.inner.queue.counter.load(Ordering::Acquire)
    }

    /// The person behind each mark (with the id it was made under), where the vault knows one. It tries every person: for a
    /// restoration, not for an exchange.
    ///
    /// # Errors
    /// Of the disk.
    pub async fn bearers(&self, marks: Vec<(String, [u8; 16])>) -> Result<Vec<Option<Lookup>>, Error> {
        self.write(move |session| person::bearers(session, &marks)).await
    }

    /// Whether the vault answers, and the last commit succeeded. After a full disk it becomes well again by itself.
    ///
    /// # Errors
    /// Why not.
    pub fn health(&self) -> Result<(), Error> {
        self.inner.queue.health()
    }

    /// Does what is queued, ends the thread and unlocks the file. Blocks for as long as the disk does. Later calls on any clone
    /// are refused.
    pub fn close(&self) {
        self.inner.close();
    }

    fn cached(&self, lookup: &Lookup) -> Result<Option<Subject>, Error> {
        self.inner.queue.live()?;
        Ok(self.inner.queue.cache.find(lookup))
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Session) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.ask(Destroys::Nothing, work, |_, _| {}).await
    }

    async fn destroy<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Session) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.ask(Destroys::Records, work, |_, _| {}).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        destroys: Destroys,
        work: impl FnOnce(&Session) -> Result<T, Error> + Send + 'static,
        remember: fn(&Cache, &T),
    ) -> Result<T, Error> {
        // The writer answers everybody it takes; a dropped sender means that its thread is gone.
        self.inner.queue.ask(destroys, work, remember)?.await.unwrap_or(Err(Error::Closed))
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}

impl Inner {
    fn close(&self) {
        self.queue.close();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A thread that panicked has stopped the vault already.
        let _ = writer.map(JoinHandle::join);
        self.queue.cache.clear();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

fn contents(session: &Session) -> Result<Contents, Error> {
    let holds = sealed_table::all::<Hold>(session, SealedTable::Hold)?;
    let holds = holds.into_iter().map(|(lookup, id, hold)| (lookup, hold.join(id))).collect();
    Ok(Contents { consents: consent::all(session)?, holds, uses: last_use::all(session)? })
}
