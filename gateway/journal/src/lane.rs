//! Shared state of the threads of one lane, behind one lock: queue, batch in flight, room left, health.
//!
//! The callers put [`Job`]s into `queue` and take room; the *writer* moves them to `flying`, and settles or poisons; the *keeper*
//! adds spare segments and takes what is to be published; the *watchdog* fails callers that wait for a disk that hangs.
//! No lock is ever held across a disk operation or an `.await`.
//!
//! Example: `Lane::enqueue` refuses with `Error::Poisoned` at once after a failed sync.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::checkpoint::Checkpoint;
use crate::entry::Entry;
use crate::error::Error;
use crate::opened::OpenedSegment;
use crate::sealed_salt::SealedSalt;
use crate::tree::Hash;

/// The position of a durable record in the lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The record's number in its lane, from 0.
    pub index: u64,
    /// The RFC 6962 hash of its leaf.
    pub leaf_hash: Hash,
}

/// A checkpoint that is stored durably, with its signed form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The signed checkpoint.
    pub checkpoint: Checkpoint,
    /// The signed note.
    pub note: String,
}

/// The health of a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Whether it takes records.
    pub condition: Condition,
    /// Why there is no spare segment, and so no room for new exchanges (a full disk, usually).
    pub no_spare: Option<String>,
    /// Why the last checkpoint could not be stored; it is retried every second.
    pub no_checkpoint: Option<String>,
    /// Durable records.
    pub size: u64,
}

/// Whether a lane takes records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It takes records.
    Serving,
    /// The disk has not answered for longer than the deadline; it may recover.
    Stalled,
    /// A write failed; restart.
    Poisoned(Arc<str>),
    /// It was closed.
    Closed,
}

pub(crate) type Reply<T> = oneshot::Sender<Result<T, Error>>;

/// A record on its way, with the room taken for it.
pub(crate) struct Job {
    pub(crate) entry: Entry,
    pub(crate) room: u64,
}

/// Salts to be destroyed or sealed, and who waits for it.
pub(crate) struct SaltOrder {
    /// By record, in order, each once: what to put in the place of a clear salt, or nothing at all.
    pub(crate) slots: Vec<(u64, Option<SealedSalt>)>,
    pub(crate) reply: Reply<u64>,
}

impl SaltOrder {
    /// Whether all that it names is among the first `size` records.
    pub(crate) fn names_only_below(&self, size: u64) -> bool {
        self.slots.last().is_none_or(|(last, _)| *last < size)
    }
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) queue: Vec<(Job, Reply<Receipt>)>,
    /// Replies of the batch that is being written; empty when the watchdog has already answered them.
    pub(crate) flying: Vec<Reply<Receipt>>,
    /// Commits since the start, so that the watchdog can tell one from the next.
    pub(crate) commits: u64,
    pub(crate) committing: bool,
    pub(crate) stalled: bool,
    pub(crate) closed: bool,
    /// The writer has ended; nothing will be added any more.
    pub(crate) drained: bool,
    pub(crate) poison: Option<Arc<str>>,
    /// Bytes that the current segment surely takes; set by the writer.
    pub(crate) current: u64,
    /// Empty segments, open already: a process that has no descriptor left still goes on in them.
    pub(crate) spares: VecDeque<OpenedSegment>,
    /// The number of the next spare to prepare.
    pub(crate) next_spare: u64,
    /// Room promised: to queued records and to running exchanges.
    pub(crate) reserved: u64,
    pub(crate) no_spare: Option<String>,
    pub(crate) no_checkpoint: Option<String>,
    /// The durable tree.
    pub(crate) size: u64,
    pub(crate) root: Hash,
    /// Leaf hashes that are durable in segments and not yet in the `hashes` file.
    pub(crate) fresh: Vec<u8>,
    pub(crate) demands: Vec<Reply<Published>>,
    /// The first record of each segment, up to the current one.
    pub(crate) starts: Vec<u64>,
    /// Salts that the keeper is to destroy or seal.
    pub(crate) salt_orders: Vec<SaltOrder>,
}

impl State {
    /// The bytes that can still be promised.
    fn free(&self) -> u64 {
        let spares: u64 = self.spares.iter().map(OpenedSegment::usable).sum();
        (self.current + spares).saturating_sub(self.reserved)
    }

    /// The orders on salts that can be carried out or refused now: nothing that they name is still being written.
    pub(crate) fn due(&mut self) -> Vec<SaltOrder> {
        let (size, idle) = (self.size, self.idle());
        self.salt_orders.extract_if(.., |order| idle || order.names_only_below(size)).collect()
    }

    pub(crate) fn is_due(&self) -> bool {
        let idle = self.idle();
        self.salt_orders.iter().any(|order| idle || order.names_only_below(self.size))
    }

    fn idle(&self) -> bool {
        self.drained || (!self.committing && self.queue.is_empty())
    }

    pub(crate) fn refusal(&self) -> Option<Error> {
        match (&self.poison, self.closed, self.stalled) {
            (Some(reason), ..) => Some(Error::Poisoned(reason.clone())),
            (_, true, _) => Some(Error::Closed),
            (_, _, true) => Some(Error::Deadline),
            _ => None,
        }
    }
}

/// The shared part of a lane. See the file's head for who does what.
pub(crate) struct Lane {
    state: Mutex<State>,
    pub(crate) work: Condvar,
    pub(crate) chores: Condvar,
    pub(crate) watch: Condvar,
}

impl Lane {
    pub(crate) fn new(state: State) -> Self {
        Self { state: Mutex::new(state), work: Condvar::new(), chores: Condvar::new(), watch: Condvar::new() }
    }

    /// Locks the state, which is consistent after every statement that can panic: a poisoned mutex loses nothing.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn health(&self) -> Health {
        let state = self.lock();
        let condition = match (&state.poison, state.closed, state.stalled) {
            (Some(reason), ..) => Condition::Poisoned(reason.clone()),
            (_, true, _) => Condition::Closed,
            (_, _, true) => Condition::Stalled,
            _ => Condition::Serving,
        };
        let (no_spare, no_checkpoint) = (state.no_spare.clone(), state.no_checkpoint.clone());
        Health { condition, no_spare, no_checkpoint, size: state.size }
    }

    /// Asks the keeper for a checkpoint; refused once the lane is closed or poisoned.
    pub(crate) fn demand_checkpoint(&self) -> Result<oneshot::Receiver<Result<Published, Error>>, Error> {
        let (demand, answer) = oneshot::channel();
        let mut state = self.lock();
        match (&state.poison, state.drained || state.closed) {
            (Some(reason), _) => Err(Error::Poisoned(reason.clone())),
            (None, true) => Err(Error::Closed),
            (None, false) => {
                state.demands.push(demand);
                Ok(answer)
            }
        }
    }

    /// Asks the keeper to destroy or seal salts (by record, in order, each once).
    pub(crate) fn order_salts(
        &self,
        slots: Vec<(u64, Option<SealedSalt>)>,
    ) -> Result<oneshot::Receiver<Result<u64, Error>>, Error> {
        let (reply, answer) = oneshot::channel();
        let mut state = self.lock();
        if let Some(refusal) = state.refusal() {
            return Err(refusal);
        }
        state.salt_orders.push(SaltOrder { slots, reply });
        drop(state);
        self.chores.notify_all();
        Ok(answer)
    }

    /// Ends the lane for good after a failed write: no record counts as durable again before a recovery.
    pub(crate) fn poison(&self, reason: &str) {
        let mut state = self.lock();
        let reason = state.poison.get_or_insert_with(|| reason.into()).clone();
        // Some of these may be durable. They hear an error all the same: an intent left open is settled, a broken
        // promise is not.
        let mut waiting = std::mem::take(&mut state.flying);
        waiting.extend(std::mem::take(&mut state.queue).into_iter().map(|(_, reply)| reply));
        let demands = std::mem::take(&mut state.demands);
        let orders = std::mem::take(&mut state.salt_orders);
        drop(state);
        for order in orders {
            let _ = order.reply.send(Err(Error::Poisoned(reason.clone())));
        }
        for demand in demands {
            let _ = demand.send(Err(Error::Poisoned(reason.clone())));
        }
        for reply in waiting {
            // A caller who no longer waits needs no answer.
            let _ = reply.send(Err(Error::Poisoned(reason.clone())));
        }
        self.chores.notify_all();
        self.work.notify_all();
    }
}

/// Room taken in the segments; given back when dropped.
pub(crate) struct Room {
    lane: Arc<Lane>,
    bytes: u64,
}

impl Room {
    /// Room for a whole exchange: not while the disk is too full for a spare segment.
    pub(crate) fn for_exchange(lane: &Arc<Lane>, bytes: u64) -> Result<Self, Error> {
        let full = lane.lock().no_spare.is_some();
        let room = Self::take(lane, bytes)?;
        if full { Err(Error::NoRoom) } else { Ok(room) }
    }

    pub(crate) fn take(lane: &Arc<Lane>, bytes: u64) -> Result<Self, Error> {
        let mut state = lane.lock();
        if let Some(refusal) = state.refusal() {
            return Err(refusal);
        }
        // Counted and taken under one lock: the same room is never promised twice.
        if state.free() < bytes {
            return Err(Error::NoRoom);
        }
        state.reserved += bytes;
        Ok(Self { lane: lane.clone(), bytes })
    }

    /// Takes `bytes` out of this room, and more from the lane if this does not suffice.
    pub(crate) fn part(&mut self, bytes: u64) -> Result<Self, Error> {
        let mut part = Self { lane: self.lane.clone(), bytes: bytes.min(self.bytes) };
        self.bytes -= part.bytes;
        let missing = bytes - part.bytes;
        if missing > 0 {
            let mut more = Self::take(&self.lane, missing)?;
            part.bytes += std::mem::take(&mut more.bytes);
        }
        Ok(part)
    }

    /// Queues `entry` on this room. `bounded`: an exchange that must end is not turned away by a full queue.
    pub(crate) fn enqueue(
        mut self,
        entry: Entry,
        bounded: bool,
    ) -> Result<oneshot::Receiver<Result<Receipt, Error>>, Error> {
        let (reply, receiver) = oneshot::channel();
        let lane = self.lane.clone();
        let mut state = lane.lock();
        let refusal = state.refusal().or_else(|| (bounded && state.queue.len() >= QUEUE).then_some(Error::Busy));
        if let Some(refusal) = refusal {
            drop(state);
            return Err(refusal);
        }
        // The room goes over to the job: from here on the writer gives it back, not the drop of this value.
        let room = std::mem::take(&mut self.bytes);
        state.queue.push((Job { entry, room }, reply));
        let idle = !state.committing;
        drop(state);
        if idle {
            lane.work.notify_one();
        }
        Ok(receiver)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if self.bytes > 0 {
            let mut state = self.lane.lock();
            state.reserved = state.reserved.saturating_sub(self.bytes);
        }
    }
}

/// Records that may wait; more is a flood that must be refused, not remembered.
const QUEUE: usize = 8_192;
/// Room reserved for each of an exchange's two records, head and frame included: 8 KiB.
pub(crate) const RECORD_BYTES: u64 = 8 << 10;
/// Room reserved before an exchange begins, so that its OUTCOME has room also on a disk that filled up meanwhile.
pub(crate) const EXCHANGE_BYTES: u64 = 2 * RECORD_BYTES;
