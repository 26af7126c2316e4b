//! Walks over a lane, to measure what reading its lines costs (`perf stat`, `valgrind --tool=callgrind`).
//!
//! ```text
//! walk make      LANE EXCHANGES   exchanges as a school's are, in two lines each; LANE.jsonl is its export
//! walk lines     LANE             the strict walk alone
//! walk subjects  LANE             and the persons of every intent
//! walk intents   LANE             and every intent read
//! walk exchanges LANE             and every outcome
//! walk verify    LANE.jsonl
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use qaqpa_journal::line::{Ended, Intent, Outcome, Phase, Subjects, Times, Who, Why};
use qaqpa_journal::verify::{Request, verify};
use qaqpa_journal::{Entry, Journal, Options, Signer, export, lines};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let began = Instant::now();
    let count = match words.as_slice() {
        ["make", lane, exchanges] => make(Path::new(lane), exchanges.parse()?).await?,
        ["lines", lane] => walked(Path::new(lane), |_| Ok(()))?,
        ["intents", lane] => walked(Path::new(lane), |leaf| match leaf.phase {
            Some(Phase::Intent) => Ok(leaf.read::<Intent<'_>>().map(drop)?),
            _ => Ok(()),
        })?,
        ["subjects", lane] => walked(Path::new(lane), |leaf| match leaf.phase {
            Some(Phase::Intent) => Ok(leaf.part::<Subjects<'_>>().map(drop)?),
            _ => Ok(()),
        })?,
        ["exchanges", lane] => walked(Path::new(lane), |leaf| match leaf.phase {
            Some(Phase::Intent) => Ok(leaf.read::<Intent<'_>>().map(drop)?),
            Some(Phase::Outcome) => Ok(leaf.read::<Outcome<'_>>().map(drop)?),
            _ => Ok(()),
        })?,
        ["verify", file] => verify(&Request::new(Path::new(file))).records,
        _ => return Err("walk make LANE EXCHANGES | lines|subjects|intents|exchanges LANE | verify FILE".into()),
    };
    let seconds = began.elapsed().as_secs_f64();
    Ok(writeln!(std::io::stdout(), "{count} lines in {seconds:.2} s")?)
}

fn walked(lane: &Path, each: impl Fn(&qaqpa_journal::Leaf) -> Result<()>) -> Result<u64> {
    let mut count = 0;
    for leaf in lines(lane)? {
        each(&leaf?)?;
        count += 1;
    }
    Ok(count)
}

async fn make(lane: &Path, exchanges: u32) -> Result<u64> {
    let signer = Signer::from_seed("gw-almaty-1.example.kz/audit/2026", &[7; 32])?;
    let (journal, _) = Journal::open(Options::new(lane, signer))?;
    let mut running = tokio::task::JoinSet::new();
    for number in 0..exchanges {
        while running.len() >= 256 {
            running.join_next().await;
        }
        running.spawn(exchange(journal.clone(), number));
    }
    while running.join_next().await.transpose()?.is_some() {}
    journal.close();
    let exported = export::jsonl(lane, None, &mut std::fs::File::create(lane.with_extension("jsonl"))?)?;
    Ok(exported.range.end)
}

async fn exchange(journal: Journal, number: u32) {
    let txn = format!("019e5a7c-0000-7000-8000-{number:012}");
    let room = loop {
        match journal.reserve() {
            Ok(room) => break room,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    let done = async {
        let owed = room.intent(Entry::of(&intent(&txn), None)?).await?;
        owed.outcome(Entry::of(&outcome(&txn), None)?).await?;
        Ok::<(), qaqpa_journal::Error>(())
    };
    let _ = done.await; // a lane that is shorter is measured all the same
}

fn intent(txn: &str) -> Intent<'_> {
    Intent {
        txn: txn.into(),
        ts: jiff::Timestamp::UNIX_EPOCH,
        who: Who { caller: "school".into(), certificate: DIGEST.into(), operator: "avtomektep".into() },
        peer: "peer=127.0.0.1 rule=loopback code=ok".into(),
        method: "/qaqpa.avtoshkola.v1.Training/SyncStudents".into(),
        why: Why {
            purpose: "state-exchange".into(),
            dpv: "dpv:LegalCompliance".into(),
            legal_basis: "law 94-V, article 8".into(),
            clause: "3.1".into(),
            policy: "2026-06".into(),
            policy_sha256: DIGEST.into(),
            acting_for: "990140000007".into(),
        },
        system: "avtoshkola".into(),
        service_id: "MIA_AISAS_SyncStudents".into(),
        contract: "RECONSTRUCTED".into(),
        subjects: Subjects { named: 1, minors: 0, marks: vec![MARK.into()], consents: vec![MARK.into()] },
        withheld: BTreeMap::from([("contact".into(), 3), ("location".into(), 1), ("device".into(), 1)]),
        transformed: BTreeMap::new(),
        residency: "endpoint=shep plane=state code=ok rule=internet addresses=1 tables=3".into(),
        address: "127.0.0.1:8443".into(),
        message_id: txn.into(),
        request_hmac: COMMITMENT.into(),
        signature: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256".into(),
        commitments: FIELDS.iter().map(|field| ((*field).into(), COMMITMENT.into())).collect(),
    }
}

fn outcome(txn: &str) -> Outcome<'_> {
    let at = jiff::Timestamp::UNIX_EPOCH;
    Outcome {
        times: Some(Times { accepted: at, sent: at, received: Some(at), decided: at }),
        shep: Some("SCSS001".into()),
        business: Some("00000".into()),
        reply_hmac: Some(COMMITMENT.into()),
        reply_signer: Some(DIGEST.into()),
        commitments: FIELDS.iter().take(4).map(|field| ((*field).into(), COMMITMENT.into())).collect(),
        ..Outcome::new(txn, at, Ended::Answered)
    }
}

const DIGEST: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const COMMITMENT: &str = "LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564";
const MARK: &str = "q83vEjRWeJCrze8SNFZ4kA";
const FIELDS: [&str; 16] = [
    "group.group_external_id",
    "group.school_bin",
    "group.title",
    "group.category",
    "group.start_date",
    "group.end_date",
    "group.teacher_iin",
    "student.iin",
    "student.surname",
    "student.name",
    "student.patronymic",
    "student.birth_date",
    "student.phone",
    "student.photo_sha256",
    "student.guardian_iin",
    "student.consent_ref",
];
