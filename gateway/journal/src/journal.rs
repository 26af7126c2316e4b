//! The writer's side of a journal: open, reserve, append, checkpoint, close.
//!
//! An exchange goes through three values, so that a skipped step does not compile:
//! [`Reservation`] (room for both records), then [`OutcomeOwed`] (the INTENT is durable, an OUTCOME is owed), then its [`Receipt`].
//!
//! ```
//! # use qaqpa_journal::{Entry, Error, Journal, Options, Signer};
//! # async fn exchange(dir: &std::path::Path) -> Result<(), Error> {
//! let signer = Signer::from_seed("gw-almaty-1.example.kz/audit/2026", &[7; 32])?;
//! let (journal, opening) = Journal::open(Options::new(dir, signer))?;
//! let room = journal.reserve()?;
//! let intent = Entry::new(br#"{"phase":"INTENT","txn":"0191-a"}"#.to_vec(), None)?;
//! let owed = room.intent(intent).await?;
//! // ... only now may anything leave ...
//! let outcome = Entry::new(br#"{"phase":"OUTCOME","txn":"0191-a"}"#.to_vec(), None)?;
//! let receipt = owed.outcome(outcome).await?;
//! # Ok(()) }
//! ```
//! Refused: a directory of another lane or in use, INTENT and OUTCOME records that go round the reservation.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::entry::{Entry, EntryError, MAX_LEAF};
use crate::error::{Doing, Error};
use crate::files::{Files, RealFiles, sync_folder};
use crate::keeper::{Keeper, spare, watchdog};
use crate::lane::{EXCHANGE_BYTES, Health, Lane, Published, RECORD_BYTES, Receipt, Room, State};
use crate::line::Phase;
use crate::line::head::Head;
use crate::note::{Signer, Vkey};
use crate::opened::OpenedSegment;
use crate::recover::{OpenIntent, Opening, Recovered, recover};
use crate::sealed_salt::SealedSalt;
use crate::segment::{self, Tail};
use crate::writer::Writer;

/// Options for opening a journal.
pub struct Options {
    /// The lane's own directory; made if missing.
    pub dir: PathBuf,
    /// The lane's key; its name is the lane's origin.
    pub signer: Signer,
    /// Size of new segments, 256 KiB to 1 GiB. Two of them (and half as much for salts) stand on disk in advance, and they
    /// bound the exchanges that may be under way at once: about one per 16 KiB. Too small: exchanges are refused under load.
    pub segment_bytes: u64,
    /// Longest wait of a caller for the disk, 50 ms to 60 s; default 2 s. Too long: calls pile up behind a hanging
    /// disk.
    pub deadline: Duration,
    /// The disk operations; [`RealFiles`] outside tests.
    pub files: Arc<dyn Files>,
}

impl Options {
    /// 32-MiB segments, two seconds, the real disk.
    pub fn new(dir: &Path, signer: Signer) -> Self {
        let (segment_bytes, deadline) = (32 << 20, Duration::from_secs(2));
        Self { dir: dir.to_owned(), signer, segment_bytes, deadline, files: Arc::new(RealFiles) }
    }

    fn check(&self) -> Result<(), Error> {
        if !(256 << 10..=1 << 30).contains(&self.segment_bytes) {
            return Err(Error::Options("a segment has between 256 KiB and 1 GiB"));
        }
        if !(Duration::from_millis(50)..=Duration::from_secs(60)).contains(&self.deadline) {
            return Err(Error::Options("the deadline is between 50 ms and 60 s"));
        }
        Ok(())
    }
}

/// A handle to the one writer of a lane; clones share it. The last one to be dropped closes it.
#[derive(Clone)]
pub struct Journal {
    inner: Arc<Inner>,
}

impl Journal {
    /// Locks the directory, recovers what is in it, makes the spare segment, and starts the lane's threads.
    ///
    /// On a full disk it opens all the same, to be read and closed properly; [`Health::no_spare`] says why it takes no exchange.
    ///
    /// # Errors
    /// [`Error::Options`], out of range; [`Error::Locked`] and [`Error::OtherLane`], a directory that is not this writer's;
    /// [`Error::Corrupt`], [`Error::Rollback`] and [`Error::Rewritten`], records that are not as they were written or signed;
    /// [`Error::File`], [`Error::Note`] and [`Error::Io`]. Nothing that was durable is changed then.
    pub fn open(options: Options) -> Result<(Self, Opening), Error> {
        options.check()?;
        if !options.dir.exists() {
            let made = std::fs::create_dir_all(&options.dir).and_then(|()| sync_folder(&options.dir));
            made.doing(|| "making the journal directory".to_owned())?;
        }
        let locks = lock(&options.dir)?;
        let recovered = recover(&options.dir, &options.signer, options.segment_bytes, options.files.as_ref())?;
        Inner::start(options, recovered, locks)
    }

    /// The lane's public key, for receipts and for `trust.toml`.
    pub fn vkey(&self) -> &Vkey {
        &self.inner.vkey
    }

    /// Takes room for the two records of one exchange, before anything else happens.
    ///
    /// # Errors
    /// [`Error::NoRoom`]: later perhaps; [`Error::Poisoned`], [`Error::Closed`], [`Error::Deadline`]: the lane.
    pub fn reserve(&self) -> Result<Reservation, Error> {
        let room = Room::for_exchange(&self.inner.lane, EXCHANGE_BYTES)?;
        Ok(Reservation { room, head: self.inner.head.clone() })
    }

    /// Makes a record durable that stands alone (DENIED, ADMIN, EXPORT, RECOVERY, ...).
    ///
    /// # Errors
    /// [`Error::Phase`] and [`Error::Entry`], [`Error::NoRoom`] and [`Error::Busy`]: nothing was written. [`Error::Deadline`] and
    /// [`Error::Poisoned`]: it may or may not be durable. [`Error::Closed`].
    pub async fn append(&self, entry: Entry) -> Result<Receipt, Error> {
        if entry.phase().is_some_and(Phase::is_of_exchange) {
            return Err(Error::Phase("an INTENT needs a reservation, an OUTCOME needs its INTENT"));
        }
        self.write(entry).await
    }

    /// Settles an exchange that a crash left open; `outcome` says that its outcome is unknown.
    ///
    /// # Errors
    /// [`Error::Phase`], when it is no OUTCOME of this exchange; else as [`Journal::append`].
    pub async fn settle_open(&self, open: OpenIntent, outcome: Entry) -> Result<Receipt, Error> {
        expect(&outcome, Phase::Outcome, open.txn())?;
        self.write(outcome).await
    }

    /// Signs and stores a checkpoint over all records that are durable now.
    ///
    /// # Errors
    /// [`Error::Poisoned`], [`Error::Closed`], or [`Error::Io`] of the disk; the checkpoint before stays then.
    pub async fn checkpoint(&self) -> Result<Published, Error> {
        let answer = self.inner.lane.demand_checkpoint()?;
        self.inner.lane.chores.notify_all();
        answer.await.unwrap_or(Err(Error::Closed))
    }

    /// Destroys the salts of these records, durably; how many there still were. Idempotent. The commitments in the leaves stay,
    /// and nobody can check a value against them any more; every proof holds as before.
    ///
    /// A record that is being written just now (a reader may see it already) is waited for.
    ///
    /// # Errors
    /// [`Error::NoSuchRecord`]; of the disk. Some may be destroyed then; ask again.
    pub async fn forget_salts(&self, indexes: &[u64]) -> Result<u64, Error> {
        self.order_salts(indexes.iter().map(|index| (*index, None)).collect()).await
    }

    /// Puts sealed salts in the place of clear ones, durably; how many. A salt that was destroyed meanwhile, or is sealed already,
    /// stays as it is. For lanes of before.
    ///
    /// # Errors
    /// As [`Journal::forget_salts`].
    pub async fn seal_salts(&self, sealed: Vec<(u64, SealedSalt)>) -> Result<u64, Error> {
        self.order_salts(sealed.into_iter().map(|(index, sealed)| (index, Some(sealed))).collect()).await
    }

    async fn order_salts(&self, mut slots: Vec<(u64, Option<SealedSalt>)>) -> Result<u64, Error> {
        slots.sort_unstable_by_key(|(index, _)| *index);
        slots.dedup_by_key(|(index, _)| *index);
        let mut done = 0;
        // By portions, so that the keeper is not kept from its other chores for long.
        for portion in slots.chunks(PORTION) {
            done += self.inner.lane.order_salts(portion.to_vec())?.await.unwrap_or(Err(Error::Closed))?;
        }
        Ok(done)
    }

    /// The health of the lane.
    pub fn health(&self) -> Health {
        self.inner.lane.health()
    }

    /// The lane's own directory, for [`crate::lines`].
    pub fn directory(&self) -> &Path {
        &self.inner.dir
    }

    /// Writes what is queued, stores the last checkpoint, ends the threads and unlocks the directory.
    /// Blocks for as long as the disk does. Later calls on any clone are refused.
    pub fn close(&self) {
        self.inner.close();
    }

    async fn write(&self, entry: Entry) -> Result<Receipt, Error> {
        let bytes = frame_bytes(&self.inner.head, &entry)?;
        receipt(Room::take(&self.inner.lane, bytes)?.enqueue(entry, true)?).await
    }
}

/// Room for INTENT and OUTCOME of one exchange, already on the disk. Dropped, it is given back.
#[must_use = "room that is not used keeps other exchanges out"]
pub struct Reservation {
    room: Room,
    head: Head,
}

impl Reservation {
    /// Makes the INTENT durable. Only then may the request leave.
    ///
    /// The INTENT may take half of the room at most, so that the OUTCOME surely has the other half
    /// ([`Reservation::RECORD_BYTES`]).
    ///
    /// # Errors
    /// [`Error::Phase`], when it is no INTENT; [`Error::Entry`], when it is larger than its half; else as [`Journal::append`]. The
    /// room is given back; nothing may leave.
    pub async fn intent(mut self, intent: Entry) -> Result<OutcomeOwed, Error> {
        let txn = match (intent.phase(), intent.txn()) {
            (Some(Phase::Intent), Some(txn)) => txn.to_owned(),
            _ => return Err(Error::Phase("a reservation begins with an INTENT")),
        };
        let bytes = frame_bytes(&self.head, &intent)?;
        if bytes > RECORD_BYTES {
            let (bytes, limit) = (bytes as usize, RECORD_BYTES as usize);
            return Err(EntryError::TooLarge { bytes, limit }.into());
        }
        // Half of the room stays for the outcome. Dropped in this await, it is given back, and the line may still
        // become durable: an intent that never left, settled by the next start.
        let receipt = receipt(self.room.part(bytes)?.enqueue(intent, true)?).await?;
        Ok(OutcomeOwed { room: self.room, head: self.head, txn, receipt })
    }

    /// Room reserved for each of the two records: 8 KiB, head and frame (at most 320 bytes) included.
    pub const RECORD_BYTES: u64 = RECORD_BYTES;
}

/// An exchange whose INTENT is durable and whose OUTCOME is owed. Dropped, the exchange stays open on record.
///
/// ```no_run
/// # use qaqpa_journal::{Entry, Error, OutcomeOwed, Receipt};
/// async fn room_16(owed: OutcomeOwed, outcome: Entry) -> Result<Receipt, Error> {
///     owed.outcome(outcome).await
/// }
/// ```
/// Without room 11 it does not compile:
/// ```compile_fail,E0599
/// # use qaqpa_journal::{Entry, Error, Journal, Receipt};
/// async fn room_16(journal: &Journal, outcome: Entry) -> Result<Receipt, Error> {
///     journal.outcome(outcome).await
/// }
/// ```
#[must_use = "an exchange without an outcome stays open on record"]
pub struct OutcomeOwed {
    room: Room,
    head: Head,
    txn: String,
    receipt: Receipt,
}

impl OutcomeOwed {
    /// The position of the INTENT.
    pub fn intent(&self) -> Receipt {
        self.receipt
    }

    /// Makes the OUTCOME durable; only then may the reply be released. It has room even when the disk is full,
    /// as long as it keeps to [`Reservation::RECORD_BYTES`]; a larger one takes what else is free.
    ///
    /// # Errors
    /// [`Error::Phase`], when it is no OUTCOME of this exchange; else as [`Journal::append`]. The exchange then stays open on
    /// record until recovery settles it as unknown; the reply may not be released.
    pub async fn outcome(mut self, outcome: Entry) -> Result<Receipt, Error> {
        expect(&outcome, Phase::Outcome, &self.txn)?;
        let bytes = frame_bytes(&self.head, &outcome)?;
        let part = self.room.part(bytes)?;
        // Not turned away by a full queue: refused here, a message that has left would have no end on record.
        receipt(part.enqueue(outcome, false)?).await
    }
}

struct Inner {
    dir: PathBuf,
    lane: Arc<Lane>,
    head: Head,
    vkey: Vkey,
    running: Mutex<Option<Running>>,
}

struct Running {
    threads: Vec<JoinHandle<()>>,
    _locks: [File; 2],
}

impl Inner {
    fn start(options: Options, recovered: Recovered, locks: [File; 2]) -> Result<(Journal, Opening), Error> {
        let Options { dir, signer, segment_bytes, deadline, files } = options;
        let Recovered { tree, tail, signed, hashes, opening, starts } = recovered;
        let place = (tail.offset, tail.count - tail.first);
        let current =
            OpenedSegment::open(&dir, tail.segment, tail.bytes, place).doing(|| "opening the segment".to_owned())?;
        let head = Head::new(signer.vkey().name());
        let (spares, no_spare) = spares(&dir, &tail, segment_bytes, files.as_ref())?;
        let lane = Arc::new(Lane::new(State {
            current: current.usable(),
            next_spare: tail.segment + 1 + spares.len() as u64,
            spares,
            no_spare,
            size: tree.size(),
            root: tree.root(),
            starts,
            ..State::default()
        }));
        let vkey = signer.vkey().clone();
        let own = dir.clone();
        let keeper = Keeper {
            lane: lane.clone(),
            files: files.clone(),
            dir,
            signer,
            segment_bytes,
            hashes,
            stored: tree.size() * 32,
            pending: Vec::new(),
            published: signed,
        };
        let (frames, slots) = (Vec::new(), Vec::new());
        let writer =
            Writer { lane: lane.clone(), files, head: head.clone(), current, tree, frames, slots, salted: false };
        let watched = lane.clone();
        let inner = Arc::new(Self { dir: own, lane, head, vkey, running: Mutex::new(None) });
        // Should a later thread not start, dropping `inner` ends the earlier ones.
        let threads = vec![
            spawn("journal-writer", move || writer.run())?,
            spawn("journal-keeper", move || keeper.run())?,
            spawn("journal-watch", move || watchdog(&watched, deadline))?,
        ];
        *inner.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(Running { threads, _locks: locks });
        Ok((Journal { inner }, opening))
    }

    fn close(&self) {
        // From here on nothing new is taken; the writer ends after what is queued, the keeper after the last
        // checkpoint.
        self.lane.lock().closed = true;
        self.lane.work.notify_all();
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        for thread in running.into_iter().flat_map(|running| running.threads) {
            // A thread that panicked has poisoned the lane already.
            let _ = thread.join();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run).doing(|| format!("starting the thread {name}"))
}

/// The empty segments behind the tail, or a new one, before anybody asks for room: a start after a full disk finds room as soon as
/// the disk has it. Else why there is none.
fn spares(
    dir: &Path,
    tail: &Tail,
    bytes: u64,
    files: &dyn Files,
) -> Result<(VecDeque<OpenedSegment>, Option<String>), Error> {
    if tail.spares.is_empty() {
        return Ok(match spare(files, dir, tail.segment + 1, bytes) {
            Ok(spare) => (VecDeque::from([spare]), None),
            Err(error) => (VecDeque::new(), Some(error.to_string())),
        });
    }
    let open = |(number, bytes): &(u64, u64)| OpenedSegment::open(dir, *number, *bytes, (0, 0));
    let spares = tail.spares.iter().map(open).collect::<std::io::Result<_>>();
    Ok((spares.doing(|| "opening a spare segment".to_owned())?, None))
}

/// Locks the folder itself, which stands as long as the lane does: a file that anybody may delete would let a second writer in.
/// And the file `lock`, by which earlier versions of this program are kept out.
fn lock(dir: &Path) -> Result<[File; 2], Error> {
    let folder = File::open(dir).doing(|| "opening the journal directory".to_owned())?;
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(dir.join("lock"));
    let file = file.doing(|| "opening the lock file".to_owned())?;
    Ok([exclusively(folder, dir)?, exclusively(file, dir)?])
}

fn exclusively(file: File, dir: &Path) -> Result<File, Error> {
    // The lock is the kernel's and ends with the process: a crash leaves none behind.
    match rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(Error::Locked(dir.to_owned())),
        Err(error) => Err(std::io::Error::from(error)).doing(|| "locking the journal directory".to_owned()),
    }
}

fn expect(entry: &Entry, phase: Phase, txn: &str) -> Result<(), Error> {
    if entry.phase() == Some(phase) && entry.txn() == Some(txn) {
        return Ok(());
    }
    Err(Error::Phase("an exchange ends with the OUTCOME of the same `txn`"))
}

/// The most bytes that the record takes in a segment; refuses what no entry bundle can carry.
fn frame_bytes(head: &Head, entry: &Entry) -> Result<u64, Error> {
    let bytes = head.longest(entry);
    if bytes > MAX_LEAF {
        return Err(EntryError::TooLarge { bytes, limit: MAX_LEAF }.into());
    }
    Ok(segment::stride(bytes))
}

async fn receipt(answer: oneshot::Receiver<Result<Receipt, Error>>) -> Result<Receipt, Error> {
    // The writer answers everybody it takes; a dropped sender means that its thread is gone.
    answer.await.unwrap_or(Err(Error::Closed))
}

const PORTION: usize = 4_096;
