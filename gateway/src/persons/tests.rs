//! Tests of the ledger over a real vault, gate and journal in a directory of their own, with a clock that is turned by hand.
//!
//! Example of a row: `("consent.not_separate", "identification", "not alone", purposes(["identification", "reporting"]))`

mod giving;
mod ledger;
mod watch;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};
use qaqpa_journal::line::Who;
use qaqpa_journal::{Journal, Options, Signer};
use qaqpa_policy::working_days::Calendar;
use qaqpa_policy::{Bin, Iin, Pack};
use qaqpa_proto::consent::v1::give_request::End;
use qaqpa_proto::consent::v1::{Form, GiveRequest};
use qaqpa_proto::moment::lasting;
use qaqpa_vault::{Vault, VaultKey};

use crate::clock::Clock;
use crate::persons::gate::SubjectGate;
use crate::persons::giving::judge;
use crate::persons::ledger::{By, Ledger, Recorded, Which, Withdrawn};
use crate::persons::reach::Reach;
use crate::refusal::NotDone;

/// Friday, 13 February 2026, 18:30 in Kazakhstan.
const FRIDAY: &str = "2026-02-13T18:30:00+05:00";
const ADULT: &str = "991231500006";
const OTHER: &str = "991231600002";
const OPERATOR_BIN: &str = "990140000007";
const SCHOOL_BIN: &str = "990141000002";

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn pack() -> Pack {
    Pack::parse(include_str!("tests/pack.yaml"), "pack.yaml").unwrap()
}

/// A written consent to reports, given this morning.
fn written(request_id: &str) -> GiveRequest {
    GiveRequest {
        iin: ADULT.into(),
        purposes: vec!["reporting".into()],
        form: Form::Written.into(),
        given_at: "2026-02-13T09:00:00+05:00".parse().ok(),
        evidence_sha256: vec![7; 32],
        reference: "K-17".into(),
        request_id: request_id.into(),
        ..GiveRequest::default()
    }
}

/// So many days from when it was given.
fn days(days: i64) -> Option<End> {
    Some(End::Term(lasting(SignedDuration::from_hours(24 * days))))
}

/// A ledger that can be closed and opened again.
struct Trial {
    directory: tempfile::TempDir,
    key: String,
    seconds: Arc<AtomicI64>,
    open: Open,
}

struct Open {
    ledger: Arc<Ledger>,
    gate: Arc<SubjectGate>,
    journal: Journal,
}

impl Trial {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (_, key) = VaultKey::generate().unwrap();
        let seconds = Arc::new(AtomicI64::new(moment(FRIDAY).as_second()));
        let open = Open::at(directory.path(), &key, seconds.clone());
        Self { directory, key, seconds, open }
    }

    /// Everything that was in memory is gone.
    fn restarted(self) -> Self {
        let Self { directory, key, seconds, open } = self;
        open.gate.vault().close();
        open.journal.close();
        drop(open);
        let open = Open::at(directory.path(), &key, seconds.clone());
        Self { directory, key, seconds, open }
    }

    fn turn_to(&self, at: &str) {
        self.seconds.store(moment(at).as_second(), Ordering::SeqCst);
    }

    fn ledger(&self) -> &Arc<Ledger> {
        &self.open.ledger
    }

    async fn give(&self, request: GiveRequest) -> Result<Recorded, NotDone> {
        self.give_for(OPERATOR_BIN, request).await
    }

    async fn give_for(&self, acting: &str, request: GiveRequest) -> Result<Recorded, NotDone> {
        let acting = Bin::parse(acting).unwrap();
        let giving = judge(request, &pack(), acting, "school", self.ledger().now())?;
        self.ledger().give(&giving, &by("give-1")).await
    }

    async fn withdraw(&self, which: Which, reach: &Reach) -> Result<Withdrawn, NotDone> {
        self.ledger().withdraw(&which, reach, "subject-request", |_| 1, &by("withdraw-1")).await
    }

    /// The journal's lines of phase CONSENT.
    async fn lines(&self) -> Vec<serde_json::Value> {
        self.open.journal.checkpoint().await.unwrap();
        let mut lines = Vec::new();
        qaqpa_journal::export::jsonl(&self.directory.path().join("journal"), None, &mut lines).unwrap();
        let lines = String::from_utf8(lines).unwrap();
        let lines = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        lines.filter(|line| line["phase"] == "CONSENT").collect()
    }

    async fn events(&self) -> Vec<String> {
        self.lines().await.iter().map(|line| line["event"].as_str().unwrap().to_owned()).collect()
    }
}

impl Open {
    fn at(directory: &Path, key: &str, seconds: Arc<AtomicI64>) -> Self {
        let clock = Clock::new(move || {
            SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.load(Ordering::SeqCst).try_into().unwrap())
        });
        let key = VaultKey::parse(key).unwrap();
        let (vault, contents) =
            Vault::open(qaqpa_vault::Options { file: directory.join("vault.db"), may_make: true, key }).unwrap();
        let consents = contents.consents.clone();
        let gate = SubjectGate::new(vault, contents, clock.clone());
        let signer = Signer::from_seed("qaqpa-test.localhost/audit/test", &[3; 32]).unwrap();
        let options = Options { segment_bytes: 1 << 20, ..Options::new(&directory.join("journal"), signer) };
        let (journal, _) = Journal::open(options).unwrap();
        let ledger = Ledger::new(gate.clone(), journal.clone(), clock, Calendar::default(), consents);
        Self { ledger, gate, journal }
    }
}

fn by(txn: &str) -> By<'_> {
    By { txn, who: Who { caller: "school".into(), certificate: "c0ffee".into(), operator: "specimen".into() } }
}

fn reach(operator: &str, bins: &[&str]) -> Reach {
    let organisations = bins.iter().map(|bin| Bin::parse(bin).unwrap()).collect();
    Reach { operator: operator.into(), organisations: Some(organisations) }
}

fn everything() -> Reach {
    Reach { operator: "specimen".into(), organisations: None }
}

fn person(iin: &str) -> Which {
    Which::Person(Iin::parse(iin).unwrap(), Vec::new())
}
