//! The writer thread of a lane: group commit, one write and one fsync for all records that wait.
//!
//! While one sync runs, the next batch gathers by itself (64 waiting callers cost one sync); and while other exchanges are under
//! way, it gathers for a millisecond before it begins. A lone exchange waits for nothing.
//! Order within a commit: salts, then leaves, each synced; a full segment is synced before the next is begun, so that a crash can
//! tear only the very end. Nobody is answered before the sync and before the files were seen to be still there.
//! Refused after the first error: everything. A failed sync may have dropped pages, and retrying it would hide that.

use std::sync::{Arc, PoisonError};
use std::time::Duration;
use std::{io, mem};

use crate::files::{Files, still_there};
use crate::lane::{EXCHANGE_BYTES, Job, Lane, Receipt, Reply};
use crate::line::head::Head;
use crate::opened::OpenedSegment;
use crate::segment;
use crate::tree::{Frontier, leaf_hash};

/// The writer's own things; only its thread touches them.
pub(crate) struct Writer {
    pub(crate) lane: Arc<Lane>,
    pub(crate) files: Arc<dyn Files>,
    pub(crate) head: Head,
    pub(crate) current: OpenedSegment,
    pub(crate) tree: Frontier,
    pub(crate) frames: Vec<u8>,
    pub(crate) slots: Vec<u8>,
    pub(crate) salted: bool,
}

impl Writer {
    /// Runs until the journal is closed and the queue is empty, or the lane is poisoned.
    pub(crate) fn run(mut self) {
        let _end = End(self.lane.clone());
        let (mut jobs, mut receipts) = (Vec::new(), Vec::new());
        while take(&self.lane, &mut jobs) {
            // What the disk has of this batch is not known. Nobody in it is told "durable"; recovery reads what is
            // there.
            if let Err(error) = self.commit(&jobs, &mut receipts) {
                self.lane.poison(&format!("segment {}: {error}", self.current.number));
                break;
            }
            self.settle(jobs.iter().map(|job| job.room).sum(), &mut receipts);
            jobs.clear();
        }
    }

    fn commit(&mut self, jobs: &[Job], receipts: &mut Vec<Receipt>) -> io::Result<()> {
        for job in jobs {
            if self.current.offset + self.frames.len() as u64 + segment::stride(self.head.longest(&job.entry))
                > self.current.bytes
            {
                // The full segment is synced before the next one has a frame: a crash tears only the very last write.
                self.flush()?;
                self.roll()?;
            }
            let index = self.tree.size();
            let leaf = segment::push_frame(&mut self.frames, |buffer| self.head.splice(index, &job.entry, buffer));
            segment::push_slot(&mut self.slots, index, job.entry.salt());
            self.salted |= job.entry.salt().is_some();
            let leaf_hash = leaf_hash(self.frames.get(leaf).unwrap_or_default());
            self.tree.push(leaf_hash);
            receipts.push(Receipt { index, leaf_hash });
        }
        self.flush()
    }

    /// Makes what was gathered durable in the current segment.
    fn flush(&mut self) -> io::Result<()> {
        let current = &mut self.current;
        // Salts before leaves: no leaf without the salt of its commitments. A crash in between leaves a salt that no
        // leaf goes with.
        if self.salted {
            self.files.write_at(&current.side, &self.slots, current.side_offset)?;
            self.files.sync(&current.side)?;
            still_there(&current.side_path, &current.side, segment::side_bytes(current.bytes))?;
        }
        self.files.write_at(&current.file, &self.frames, current.offset)?;
        self.files.sync(&current.file)?;
        // An unlinked file syncs happily, and one that was cut off: only behind this check may anybody be told that the record is durable.
        still_there(&current.path, &current.file, current.bytes)?;
        current.offset += self.frames.len() as u64;
        current.side_offset += self.slots.len() as u64;
        self.frames.clear();
        self.slots.clear();
        self.salted = false;
        Ok(())
    }

    /// Goes on in the next prepared segment. Admission has promised no more room than there is, so one stands ready.
    fn roll(&mut self) -> io::Result<()> {
        let mut state = self.lane.lock();
        let spare = state.spares.pop_front();
        let spare = spare.ok_or_else(|| io::Error::new(io::ErrorKind::StorageFull, "no spare segment"))?;
        // At once, or admission would believe for the length of a sync that the room is gone.
        state.current = spare.usable();
        state.starts.push(self.tree.size());
        drop(state);
        self.current = spare;
        self.lane.chores.notify_all();
        Ok(())
    }

    /// Publishes the new tree and answers everybody in the batch.
    fn settle(&mut self, room: u64, receipts: &mut Vec<Receipt>) {
        let root = self.tree.root();
        let mut state = self.lane.lock();
        (state.size, state.root) = (self.tree.size(), root);
        for receipt in receipts.iter() {
            state.fresh.extend_from_slice(&receipt.leaf_hash);
        }
        state.current = self.current.usable();
        state.reserved = state.reserved.saturating_sub(room);
        state.commits += 1;
        (state.committing, state.stalled) = (false, false);
        // Empty when the watchdog has answered them. Their records are durable all the same: an intent among them never
        // left, and the next start settles it.
        let flying: Vec<Reply<Receipt>> = mem::take(&mut state.flying);
        let due = state.is_due();
        drop(state);
        if due {
            self.lane.chores.notify_all();
        }
        for (reply, receipt) in flying.into_iter().zip(receipts.drain(..)) {
            // A caller who no longer waits finds the record in the journal.
            let _ = reply.send(Ok(receipt));
        }
        receipts.clear();
    }
}

/// Marks the lane as drained when the writer ends, and poisons it when it panicked.
struct End(Arc<Lane>);

impl Drop for End {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.poison("the writer panicked");
        }
        self.0.lock().drained = true;
        self.0.chores.notify_all();
        self.0.watch.notify_all();
    }
}

/// Waits for records and moves them all to `jobs`; false when there will be none.
fn take(lane: &Lane, jobs: &mut Vec<Job>) -> bool {
    let mut state = lane.lock();
    while state.queue.is_empty() {
        if state.closed || state.poison.is_some() {
            return false;
        }
        state = lane.work.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
    // From here on whoever enqueues need not wake this thread.
    state.committing = true;
    if !state.closed && state.reserved > (state.queue.len() as u64 + 1) * EXCHANGE_BYTES {
        drop(state);
        std::thread::sleep(LINGER);
        state = lane.lock();
    }
    let queue = mem::take(&mut state.queue);
    for (job, reply) in queue {
        jobs.push(job);
        state.flying.push(reply);
    }
    true
}

/// Time for which a batch gathers while other exchanges are under way: 1 ms. A sync costs the machine tens of
/// microseconds of CPU (block device, interrupts, thread switches), and a state system takes a hundred times this long
/// to answer. Alone, nobody waits.
const LINGER: Duration = Duration::from_millis(1);
