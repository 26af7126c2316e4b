//! The writer thread of the vault: group commit, one transaction and one fsync for all calls that wait, with a
//! savepoint each.
//!
//! While one commit syncs, the next batch gathers by itself. Nobody is answered before the commit; who asked for a destruction,
//! not before the log is emptied. The cache is changed here only, in the order of the commits.
//! Refused after the first error that may have cost a page, and once another hand touched the files: everything ([`Error::Stopped`]). A full disk costs none: what was
//! asked is refused, and the thread tries each second whether there is room again.
//!
//! Example: 64 callers who each bring a new person cost one sync.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::cache::Cache;
use crate::error::{Doing, Error};
use crate::session::Session;

/// What callers and writer share.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    work: Condvar,
    /// Whether anything may be answered, also from the cache.
    live: AtomicBool,
    /// The bond's counter, as the file has it.
    pub(crate) counter: AtomicU64,
    pub(crate) cache: Cache,
}

#[derive(Default)]
struct State {
    jobs: Vec<Box<dyn Job>>,
    closed: bool,
    stopped: Option<Arc<str>>,
    /// Why the last commit failed, until one succeeds.
    failing: Option<Error>,
}

/// One call on its way.
trait Job: Send {
    fn run(&mut self, session: &Session) -> Result<(), Error>;
    fn destroys(&self) -> Destroys;
    /// `scrubbed` is what became of the file after the commit; it concerns only those who destroy.
    fn settle(self: Box<Self>, cache: &Cache, committed: Result<(), Error>, scrubbed: Result<(), Error>);
}

struct Task<T, F> {
    work: Option<F>,
    result: Option<Result<T, Error>>,
    destroys: Destroys,
    remember: fn(&Cache, &T),
    reply: oneshot::Sender<Result<T, Error>>,
}

impl<T: Send, F: FnOnce(&Session) -> Result<T, Error> + Send> Job for Task<T, F> {
    fn run(&mut self, session: &Session) -> Result<(), Error> {
        let Some(work) = self.work.take() else { return Ok(()) };
        let result = work(session);
        let told = result.as_ref().map(drop).map_err(Clone::clone);
        self.result = Some(result);
        told
    }

    fn destroys(&self) -> Destroys {
        self.destroys
    }

    fn settle(self: Box<Self>, cache: &Cache, committed: Result<(), Error>, scrubbed: Result<(), Error>) {
        let Self { result, remember, reply, destroys, .. } = *self;
        let done = committed.and_then(|()| result.unwrap_or(Err(Error::Closed)));
        if let Ok(value) = &done {
            // After the commit only: the cache knows nobody whom the file does not.
            remember(cache, value);
        }
        let answer = match destroys {
            Destroys::Nothing => done,
            // Destroyed and not scrubbed is reported as a failure: the caller asks again, and the scrub is made good.
            _ => done.and_then(|value| scrubbed.map(|()| value)),
        };
        // A caller who no longer waits finds it done.
        let _ = reply.send(answer);
    }
}

impl Queue {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { live: AtomicBool::new(true), ..Self::default() })
    }

    /// Queues `work`; `remember` runs after its commit, on the writer thread.
    pub(crate) fn ask<T: Send + 'static>(
        &self,
        destroys: Destroys,
        work: impl FnOnce(&Session) -> Result<T, Error> + Send + 'static,
        remember: fn(&Cache, &T),
    ) -> Result<oneshot::Receiver<Result<T, Error>>, Error> {
        let (reply, answer) = oneshot::channel();
        let mut state = self.lock();
        state.refusal()?;
        if state.jobs.len() >= MOST {
            return Err(Error::Busy);
        }
        state.jobs.push(Box::new(Task { work: Some(work), result: None, destroys, remember, reply }));
        drop(state);
        self.work.notify_one();
        Ok(answer)
    }

    /// Whether the vault still answers.
    pub(crate) fn live(&self) -> Result<(), Error> {
        if self.live.load(Ordering::Acquire) { Ok(()) } else { self.lock().refusal().and(Err(Error::Closed)) }
    }

    pub(crate) fn health(&self) -> Result<(), Error> {
        let state = self.lock();
        state.refusal()?;
        state.failing.clone().map_or(Ok(()), Err)
    }

    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.live.store(false, Ordering::Release);
        self.work.notify_all();
    }

    fn stop(&self, reason: &str) {
        let mut state = self.lock();
        state.stopped.get_or_insert_with(|| reason.into());
        let jobs = std::mem::take(&mut state.jobs);
        let refusal = state.refusal().and(Err(Error::Closed));
        drop(state);
        self.live.store(false, Ordering::Release);
        for job in jobs {
            job.settle(&self.cache, refusal.clone(), Ok(()));
        }
        self.cache.clear();
    }

    /// The state is consistent after every statement that can panic, so a poisoned mutex loses nothing.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for jobs; `None` when there will be none. It returns each second, with none perhaps.
    fn take(&self) -> Option<Vec<Box<dyn Job>>> {
        let mut state = self.lock();
        while state.jobs.is_empty() {
            if state.closed || state.stopped.is_some() {
                return None;
            }
            let waited = self.work.wait_timeout(state, PACE).unwrap_or_else(PoisonError::into_inner);
            state = waited.0;
            if waited.1.timed_out() {
                break;
            }
        }
        Some(std::mem::take(&mut state.jobs))
    }
}

/// How thoroughly a call destroys: what must be gone from the file before it is answered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Destroys {
    /// The call destroys nothing.
    Nothing,
    /// Records with keys of their own: those keys also from the log. What no key opens may stay for a while.
    Records,
    /// Every trace, if the file is not too large.
    Traces,
    /// Every trace, whatever it takes.
    AllTraces,
}

impl Destroys {
    fn scrub(self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Nothing => Ok(()),
            Self::Records => session.scrub(0),
            Self::Traces => session.scrub(SCRUB_AT_ONCE),
            Self::AllTraces => session.scrub(i64::MAX),
        }
    }
}

impl State {
    fn refusal(&self) -> Result<(), Error> {
        match (&self.stopped, self.closed) {
            (Some(reason), _) => Err(Error::Stopped(reason.clone())),
            (None, true) => Err(Error::Closed),
            (None, false) => Ok(()),
        }
    }
}

/// Runs until the vault is closed and the queue is empty, or it stops.
pub(crate) fn run(queue: &Arc<Queue>, session: Session) {
    let _end = End(queue.clone());
    let mut failing = false;
    while let Some(mut jobs) = queue.take() {
        // Commit, scrub, answer. A crash after the commit leaves a destruction that is done and a scrub that is owed in
        // the same transaction; the next open makes it good.
        let committed = match jobs.is_empty() && !failing {
            true => session.files.untouched(),
            false => commit(&session, &mut jobs),
        };
        // Before anybody is answered: whoever then reads the counter reads one that has the own change in it.
        queue.counter.store(session.bond().counter, Ordering::Release);
        let scrubbed = match jobs.iter().map(|job| job.destroys()).max() {
            Some(destroys) if committed.is_ok() => {
                let scrubbed = destroys.scrub(&session);
                session.files.written().and(scrubbed)
            }
            _ => Ok(()),
        };
        let failed = committed.clone().and(scrubbed.clone());
        failing = failed.is_err();
        let fatal = failed.as_ref().err().filter(|error| error.ends_the_vault()).cloned();
        queue.lock().failing = failed.as_ref().err().cloned();
        if let Some(fatal) = &fatal {
            // Before anybody is answered, so that nobody sees a healthy vault after an error.
            queue.stop(&fatal.to_string());
        }
        for job in jobs {
            job.settle(&queue.cache, committed.clone(), scrubbed.clone());
        }
        if let Some(fatal) = fatal {
            queue.cache.clear();
            if matches!(fatal, Error::Touched(_)) {
                session.abandon();
            }
            return;
        }
    }
    // What cannot be tidied up now is tidied up by the next open.
    let _ = session.connection.close();
}

/// Runs all jobs, on files that nobody else touched, before or meanwhile: else what was committed might be found by nobody.
fn commit(session: &Session, jobs: &mut [Box<dyn Job>]) -> Result<(), Error> {
    session.files.untouched()?;
    let done = transact(session, jobs);
    // Also after an error: a full disk may have taken a part.
    session.files.written().and(done)
}

/// Runs all jobs in one transaction. An error here is everybody's; one that is a job's own is undone and kept in the job.
fn transact(session: &Session, jobs: &mut [Box<dyn Job>]) -> Result<(), Error> {
    let committed = attempt(session, jobs);
    session.settle_bond(committed.is_ok());
    if committed.is_err() && !session.connection.is_autocommit() {
        // If even this fails, the vault stops, and closing the connection does it.
        let _ = session.execute("ROLLBACK");
    }
    committed
}

fn attempt(session: &Session, jobs: &mut [Box<dyn Job>]) -> Result<(), Error> {
    session.execute("BEGIN IMMEDIATE")?;
    if jobs.is_empty() {
        // Tries whether a full disk takes a page again.
        session.execute("UPDATE vault SET scrub = scrub")?;
    }
    for job in jobs {
        session.execute("SAVEPOINT job")?;
        if let Err(error) = job.run(session) {
            if error.ends_the_vault() || session.connection.is_autocommit() {
                // SQLite has rolled back everything, or nothing may be trusted any more.
                return Err(error);
            }
            // Refused by itself: the other jobs of the batch are committed without it.
            session.execute("ROLLBACK TO job")?;
        }
        session.execute("RELEASE job")?;
    }
    session.store_bond()?;
    session.execute("COMMIT")
}

impl Session {
    fn execute(&self, sql: &'static str) -> Result<(), Error> {
        let mut statement = self.connection.prepare_cached(sql).doing(sql)?;
        statement.execute([]).doing(sql).map(drop)
    }
}

/// Stops the vault when the writer panicked.
struct End(Arc<Queue>);

impl Drop for End {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop("the writer panicked");
        }
    }
}

/// Calls that may wait; more is a flood that must be refused, not remembered.
const MOST: usize = 65_536;
/// Time between two looks at the files, and at a disk that was full.
const PACE: Duration = Duration::from_secs(1);
/// Rewriting a larger file would hold up exchanges for too long; see [`crate::Vault::scrub`].
const SCRUB_AT_ONCE: i64 = 8 << 20;

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::key::VaultKey;
    use crate::subject::{Lookup, Subject};
    use crate::table::person;

    fn ask<T: Send + 'static>(
        queue: &Queue,
        work: impl FnOnce(&Session) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        queue.ask(Destroys::Nothing, work, |_, _| {})?.blocking_recv().unwrap_or(Err(Error::Closed))
    }

    fn person(n: u32) -> Lookup {
        let mut lookup = [0; 32];
        lookup[..4].copy_from_slice(&n.to_be_bytes());
        Lookup(lookup)
    }

    fn pages(queue: &Queue, most: i64) {
        let set = move |session: &Session| {
            let sql = format!("PRAGMA max_page_count = {most}");
            session.connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).doing("limiting the file")
        };
        ask(queue, set).unwrap();
    }

    /// SQLite's own limit of pages gives the result code of a full disk.
    #[test]
    fn a_full_disk_refuses_loses_nothing_and_heals() {
        let dir = tempfile::tempdir().unwrap();
        let (key, _) = VaultKey::generate().unwrap();
        let session = crate::file::open(&dir.path().join("vault.sqlite"), &key, true).unwrap();
        let queue = Queue::new();
        let shared = queue.clone();
        let writer = std::thread::spawn(move || run(&shared, session));
        let make = |n| ask(&queue, move |session| person::find_or_make(session, person(n), Timestamp::UNIX_EPOCH));
        let mark = |subject: Subject| subject.mark("t");
        pages(&queue, 40);
        let mut marks = Vec::new();
        let refused = loop {
            match make(marks.len() as u32) {
                Ok(subject) => marks.push(mark(subject)),
                Err(error) => break error,
            }
        };
        assert!(matches!(refused, Error::Storage { code: 13, .. }), "{refused:?}");
        assert!(queue.health().is_err() && queue.live().is_ok());
        assert!(marks.len() > 100, "{}", marks.len());
        let healed = (0..50).any(|_| {
            std::thread::sleep(Duration::from_millis(100));
            queue.health().is_ok()
        });
        assert!(healed, "it tries by itself");
        pages(&queue, 10_000);
        for (n, before) in marks.iter().enumerate() {
            assert_eq!(mark(make(n as u32).unwrap()), *before, "person {n}");
        }
        make(marks.len() as u32).unwrap();
        queue.close();
        writer.join().unwrap();
        assert!(matches!(make(0), Err(Error::Closed)));
    }

    #[test]
    fn one_refused_call_undoes_only_itself() {
        let dir = tempfile::tempdir().unwrap();
        let (key, _) = VaultKey::generate().unwrap();
        let session = crate::file::open(&dir.path().join("vault.sqlite"), &key, true).unwrap();
        let queue = Queue::new();
        let mut answers = Vec::new();
        for n in 0..10 {
            let work = move |session: &Session| {
                let subject = person::find_or_make(session, person(n), Timestamp::UNIX_EPOCH)?;
                if n % 2 == 0 { Ok(subject) } else { Err(Error::Taken("consent")) }
            };
            answers.push(queue.ask(Destroys::Nothing, work, |cache, subject| cache.add(subject.clone())).unwrap());
        }
        let shared = queue.clone();
        let writer = std::thread::spawn(move || run(&shared, session));
        for (n, answer) in (0..).zip(answers) {
            assert_eq!(answer.blocking_recv().unwrap().is_ok(), n % 2 == 0);
            let known = ask(&queue, move |session| person::find(session, person(n))).unwrap();
            assert_eq!((known.is_some(), queue.cache.find(&person(n)).is_some()), (n % 2 == 0, n % 2 == 0));
        }
        queue.close();
        writer.join().unwrap();
    }
}
