//! The two threads behind the writer: the *keeper* (spare segment, `hashes` file, checkpoint, orders on salts) and the *watchdog* (deadline).
//!
//! A checkpoint is stored within a second of any change, at once on demand, and at close. A crash in between costs nothing:
//! the records are in the segments, and the next open extends the older checkpoint.
//! A failing keeper never poisons the lane (no promised byte depends on it): it is retried every second and shows in `Health`.
//!
//! Example: on a full disk `Health::no_spare` says so, new exchanges are refused, running ones still end properly.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use crate::checkpoint::Checkpoint;
use crate::error::{Doing, Error};
use crate::files::Files;
use crate::lane::{Lane, Published, Reply, State};
use crate::note::Signer;
use crate::opened::OpenedSegment;
use crate::segment;

/// The keeper's own things; only its thread touches them.
pub(crate) struct Keeper {
    pub(crate) lane: Arc<Lane>,
    pub(crate) files: Arc<dyn Files>,
    pub(crate) dir: PathBuf,
    pub(crate) signer: Signer,
    pub(crate) segment_bytes: u64,
    pub(crate) hashes: File,
    /// Bytes in the `hashes` file.
    pub(crate) stored: u64,
    /// Hashes that could not be stored yet.
    pub(crate) pending: Vec<u8>,
    /// The size of the stored checkpoint.
    pub(crate) published: u64,
}

impl Keeper {
    /// Runs until the writer has ended, then stores the last checkpoint.
    pub(crate) fn run(mut self) {
        loop {
            let mut state = self.wait();
            let (drained, poisoned) = (state.drained, state.poison.is_some());
            let spare = (state.spares.is_empty() && !drained).then_some(state.next_spare);
            let orders = state.due();
            let size = state.size;
            let starts = if orders.is_empty() { Vec::new() } else { state.starts.clone() };
            drop(state);
            if let Some(number) = spare {
                self.prepare(number);
            }
            for order in orders {
                order.carry_out(self.files.as_ref(), &self.dir, &starts, size);
            }
            self.publish();
            if drained || poisoned {
                return;
            }
        }
    }

    /// Until something is demanded, a spare is missing, the lane ends, or a second has passed.
    fn wait(&self) -> MutexGuard<'_, State> {
        let urgent = |state: &State| {
            let spare = state.spares.is_empty() && state.no_spare.is_none();
            spare || !state.demands.is_empty() || state.is_due() || state.drained || state.poison.is_some()
        };
        let state = self.lane.chores.wait_timeout_while(self.lane.lock(), PACE, |state| !urgent(state));
        state.unwrap_or_else(PoisonError::into_inner).0
    }

    fn prepare(&self, number: u64) {
        let made = spare(self.files.as_ref(), &self.dir, number, self.segment_bytes);
        let mut state = self.lane.lock();
        match made {
            Ok(spare) => {
                state.spares.push_back(spare);
                state.next_spare = number + 1;
                state.no_spare = None;
            }
            Err(error) => state.no_spare = Some(error.to_string()),
        }
    }

    fn publish(&mut self) {
        let mut state = self.lane.lock();
        let demands = std::mem::take(&mut state.demands);
        let (size, root) = (state.size, state.root);
        self.pending.append(&mut state.fresh);
        let retry = state.no_checkpoint.is_some();
        drop(state);
        if size == self.published && demands.is_empty() && !retry {
            return;
        }
        let checkpoint = Checkpoint { origin: self.signer.vkey().name().to_owned(), size, root };
        let note = checkpoint.sign(&self.signer);
        let stored = self.store(&note);
        self.lane.lock().no_checkpoint = stored.as_ref().err().map(ToString::to_string);
        if stored.is_ok() {
            self.published = size;
        }
        answer(demands, stored.map(|()| Published { checkpoint, note }));
    }

    /// The `hashes` file first: it can be rebuilt, and a checkpoint never speaks about hashes that are not there.
    fn store(&mut self, note: &str) -> io::Result<()> {
        // Not synced: a crash may lose them, and the next open writes them anew from the segments.
        self.files.write_at(&self.hashes, &self.pending, self.stored)?;
        self.stored += self.pending.len() as u64;
        self.pending.clear();
        self.files.replace(&self.dir.join(CHECKPOINT), note.as_bytes())
    }
}

/// Poisons the lane when the keeper panics, so that no caller waits for it.
impl Drop for Keeper {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.lane.poison("the keeper panicked");
        }
    }
}

/// A new segment with its descriptors, which the writer takes over: changing segments opens nothing, so a process that is out of
/// descriptors goes on writing.
pub(crate) fn spare(files: &dyn Files, dir: &std::path::Path, number: u64, bytes: u64) -> io::Result<OpenedSegment> {
    prepare(files, dir, number, bytes)?;
    OpenedSegment::open(dir, number, bytes, (0, 0))
}

/// Makes a segment and its sidecar; the sidecar first, so that a segment never lacks it.
pub(crate) fn prepare(files: &dyn Files, dir: &std::path::Path, number: u64, bytes: u64) -> io::Result<()> {
    files.create_zeroed(&segment::side_path(dir, number), segment::side_bytes(bytes))?;
    files.create_zeroed(&segment::path(dir, number), bytes)
}

fn answer(demands: Vec<Reply<Published>>, stored: io::Result<Published>) {
    for demand in demands {
        let answer = match &stored {
            Ok(published) => Ok(published.clone()),
            Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
        };
        // The caller may have gone.
        let _ = demand.send(answer.doing(|| "storing the checkpoint".to_owned()));
    }
}

/// The watchdog: fails callers that wait longer than `deadline` for one commit; the lane goes on if the disk comes
/// back.
pub(crate) fn watchdog(lane: &Lane, deadline: Duration) {
    let (tick, mut seen, mut late) = (deadline / TICKS, 0, 0);
    let mut state = lane.lock();
    while !state.drained {
        late = if state.committing && state.commits == seen { late + 1 } else { 0 };
        seen = state.commits;
        if late > TICKS {
            state = fail_waiting(lane, state);
        }
        state = lane.watch.wait_timeout(state, tick).unwrap_or_else(PoisonError::into_inner).0;
    }
}

fn fail_waiting<'a>(lane: &'a Lane, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
    state.stalled = true;
    // The batch that hangs stays with the writer, and becomes durable if the disk comes back, though its callers were
    // refused.
    let mut waiting = std::mem::take(&mut state.flying);
    // What only waited is taken back and never written.
    for (job, reply) in std::mem::take(&mut state.queue) {
        state.reserved = state.reserved.saturating_sub(job.room);
        waiting.push(reply);
    }
    drop(state);
    for reply in waiting {
        // A caller who no longer waits needs no answer.
        let _ = reply.send(Err(Error::Deadline));
    }
    lane.lock()
}

/// The signed head of the tree, in the lane's directory.
pub(crate) const CHECKPOINT: &str = "checkpoint";
/// 32 bytes for every leaf, in order.
pub(crate) const HASHES: &str = "hashes";
const PACE: Duration = Duration::from_secs(1);
const TICKS: u32 = 8;
