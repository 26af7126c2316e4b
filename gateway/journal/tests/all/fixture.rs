//! Journals to test with: a lane with a fixed key, records of each kind, and a disk that fails on command.

use std::fs::File;
use std::io;
use std::num::NonZeroU8;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use qaqpa_journal::{Entry, Files, Journal, Options, RealFiles, Receipt, SealedSalt, Signer, Trust};

pub(crate) const ORIGIN: &str = "gw-almaty-1.example.kz/audit/2026";

pub(crate) fn signer() -> Signer {
    Signer::from_seed(ORIGIN, &[7; 32]).unwrap()
}

pub(crate) fn trust() -> Trust {
    Trust::parse(&format!("[[lane]]\norigin = \"{ORIGIN}\"\nkey = \"{}\"\n", signer().vkey())).unwrap()
}

/// Small segments, so that tests cross their borders. The deadline is long: test machines are busy.
pub(crate) fn options(dir: &Path) -> Options {
    Options { segment_bytes: 256 << 10, deadline: Duration::from_secs(30), ..Options::new(dir, signer()) }
}

pub(crate) fn open(dir: &Path) -> Journal {
    Journal::open(options(dir)).unwrap().0
}

pub(crate) fn single(n: u64) -> Entry {
    Entry::new(format!(r#"{{"phase":"ADMIN","n":{n}}}"#).into_bytes(), None).unwrap()
}

pub(crate) fn intent(txn: &str) -> Entry {
    let body = format!(r#"{{"phase":"INTENT","txn":"{txn}","ts":"2026-11-20T10:00:00Z","purpose":"enrolment"}}"#);
    Entry::new(body.into_bytes(), Some(sealed(3))).unwrap()
}

/// As a gateway would have sealed it.
pub(crate) fn sealed(byte: u8) -> SealedSalt {
    SealedSalt::new(NonZeroU8::MIN, [byte; 32])
}

pub(crate) fn outcome(txn: &str) -> Entry {
    let body = format!(r#"{{"phase":"OUTCOME","txn":"{txn}","ts":"2026-11-20T10:00:01Z","result":"ok"}}"#);
    Entry::new(body.into_bytes(), None).unwrap()
}

/// A single record of `bytes` bytes in its body.
pub(crate) fn large(bytes: usize) -> Entry {
    Entry::new(format!(r#"{{"pad":"{}"}}"#, "x".repeat(bytes - 10)).into_bytes(), None).unwrap()
}

pub(crate) async fn exchange(journal: &Journal, txn: &str) -> (Receipt, Receipt) {
    let owed = journal.reserve().unwrap().intent(intent(txn)).await.unwrap();
    let begun = owed.intent();
    (begun, owed.outcome(outcome(txn)).await.unwrap())
}

/// A closed journal of `exchanges` exchanges.
pub(crate) async fn filled(dir: &Path, exchanges: u64) {
    let journal = open(dir);
    for n in 0..exchanges {
        exchange(&journal, &format!("txn-{n}")).await;
    }
    journal.close();
}

/// A disk that is full, fails its syncs, or takes its time.
#[derive(Default)]
pub(crate) struct Faulty {
    pub(crate) full: AtomicBool,
    pub(crate) no_sync: AtomicBool,
    pub(crate) sync_takes_ms: AtomicU64,
    /// Of a new file.
    pub(crate) making_takes_ms: AtomicU64,
    pub(crate) syncs: AtomicU64,
}

impl Faulty {
    pub(crate) fn disk() -> Arc<Self> {
        Arc::new(Self::default())
    }

    fn room(&self) -> io::Result<()> {
        if self.full.load(Ordering::SeqCst) { Err(io::Error::from_raw_os_error(28)) } else { Ok(()) }
    }
}

impl Files for Faulty {
    fn create_zeroed(&self, path: &Path, bytes: u64) -> io::Result<()> {
        self.room()?;
        std::thread::sleep(Duration::from_millis(self.making_takes_ms.load(Ordering::SeqCst)));
        RealFiles.create_zeroed(path, bytes)
    }

    fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        RealFiles.write_at(file, bytes, offset)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        std::thread::sleep(Duration::from_millis(self.sync_takes_ms.load(Ordering::SeqCst)));
        if self.no_sync.load(Ordering::SeqCst) {
            return Err(io::Error::from_raw_os_error(5));
        }
        self.syncs.fetch_add(1, Ordering::SeqCst);
        RealFiles.sync(file)
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.room()?;
        RealFiles.replace(path, bytes)
    }
}

/// Waits, for at most ten seconds, until `reached`.
pub(crate) async fn until(mut reached: impl FnMut() -> bool) {
    for _ in 0..1_000 {
        if reached() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came to that");
}
