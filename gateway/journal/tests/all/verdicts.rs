//! What the verifier says about other inputs: what it did not check keeps it from "valid".

use std::path::{Path, PathBuf};

use qaqpa_journal::verify::{Check, Report, Request, Verdict, verify};
use qaqpa_journal::{Entry, Trust, export};

use crate::fixture::{ORIGIN, exchange, filled, intent, open, outcome, signer, trust};

async fn journal(dir: &Path) -> Vec<u8> {
    filled(dir, 5).await;
    std::fs::read(dir.join("checkpoint")).unwrap()
}

fn lines_of(dir: &Path, range: Option<std::ops::Range<u64>>) -> PathBuf {
    let path = dir.join("export.jsonl");
    export::jsonl(dir, range, &mut std::fs::File::create(&path).unwrap()).unwrap();
    path
}

fn with(input: &Path, checkpoint: Option<&[u8]>, trust: Option<&Trust>) -> Report {
    verify(&Request { checkpoint, trust, ..Request::new(input) })
}

#[tokio::test]
async fn a_file_of_lines_is_valid_only_whole_and_under_a_trusted_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let note = journal(dir.path()).await;
    let (trust, stranger) = (trust(), Trust::default());
    let path = lines_of(dir.path(), None);
    let rows = [
        (Verdict::Valid, Some(&note[..]), Some(&trust)),
        (Verdict::TrustIncomplete, None, Some(&trust)),
        (Verdict::TrustIncomplete, Some(&note), None),
        (Verdict::TrustIncomplete, Some(&note), Some(&stranger)),
        (Verdict::Tampered, Some(b"nonsense"), Some(&trust)),
    ];
    for (verdict, checkpoint, trust) in rows {
        let report = with(&path, checkpoint, trust);
        assert_eq!(report.verdict(), verdict, "{report}");
        assert_eq!(report.to_string().contains("VALID."), verdict == Verdict::Valid);
    }
    let excerpt = lines_of(dir.path(), Some(3..10));
    assert_eq!(with(&excerpt, Some(&note), Some(&trust)).verdict(), Verdict::TrustIncomplete);
    let short = lines_of(dir.path(), Some(0..9));
    assert_eq!(with(&short, Some(&note), Some(&trust)).verdict(), Verdict::Tampered);
}

#[tokio::test]
async fn lines_that_say_impossible_things_are_found_without_a_checkpoint() {
    let head = |seq: u64| format!("{{\"v\":1,\"lane\":\"{ORIGIN}\",\"seq\":{seq},");
    let rows: [(&str, Verdict, Vec<u8>); 9] = [
        ("one good line", Verdict::TrustIncomplete, format!("{}\"a\":1}}\n", head(0)).into()),
        ("a name twice", Verdict::Tampered, format!("{}\"a\":1,\"a\":2}}\n", head(0)).into()),
        (
            "not utf-8",
            Verdict::Tampered,
            [format!("{}\"a\":1}}\n{}\"a\":\"", head(0), head(1)).as_bytes(), b"\xff\"}\n"].concat(),
        ),
        ("a gap", Verdict::Tampered, format!("{}\"a\":1}}\n{}\"a\":1}}\n", head(0), head(2)).into()),
        (
            "another lane",
            Verdict::Tampered,
            format!("{}\"a\":1}}\n{}\"a\":1}}\n", head(0), head(1).replace("almaty", "aqtau")).into(),
        ),
        (
            "an end without a beginning",
            Verdict::Tampered,
            format!("{}\"phase\":\"OUTCOME\",\"txn\":\"t\"}}\n", head(0)).into(),
        ),
        ("no end of line", Verdict::Tampered, format!("{}\"a\":1}}", head(0)).into()),
        ("something else", Verdict::Unusable, b"hello\n".to_vec()),
        ("nothing", Verdict::Unusable, Vec::new()),
    ];
    for (row, verdict, bytes) in rows {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("records.jsonl");
        std::fs::write(&path, bytes).unwrap();
        let report = with(&path, None, Some(&trust()));
        assert_eq!(report.verdict(), verdict, "{row}: {report}");
    }
    assert_eq!(with("no-such-file".as_ref(), None, None).verdict(), Verdict::Unusable);
}

#[tokio::test]
async fn a_directory_is_held_against_its_checkpoint() {
    type Hand = fn(&Path);
    let flip: Hand = |dir| {
        let path = dir.join("seg-000000.log");
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[300] ^= 1;
        std::fs::write(path, bytes).unwrap();
    };
    let rows: [(&str, Verdict, Hand); 5] = [
        ("untouched", Verdict::Valid, |_| {}),
        ("a flipped bit", Verdict::Tampered, flip),
        ("a removed segment", Verdict::Tampered, |dir| std::fs::remove_file(dir.join("seg-000000.log")).unwrap()),
        ("an edited hashes file is not evidence against records", Verdict::Valid, |dir| {
            std::fs::write(dir.join("hashes"), [0; 320]).unwrap();
        }),
        ("no checkpoint", Verdict::Unusable, |dir| std::fs::remove_file(dir.join("checkpoint")).unwrap()),
    ];
    for (row, verdict, hand) in rows {
        let dir = tempfile::tempdir().unwrap();
        journal(dir.path()).await;
        hand(dir.path());
        let report = with(dir.path(), None, Some(&trust()));
        assert_eq!(report.verdict(), verdict, "{row}: {report}");
    }
}

#[tokio::test]
async fn a_rewritten_record_in_a_directory_is_named() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    journal(dir.path()).await;
    let forged = open(other.path());
    for n in 0..5 {
        let owed = forged.reserve().unwrap().intent(intent(&format!("txn-{n}"))).await.unwrap();
        let result = if n == 3 { "no" } else { "ok" };
        let body = format!(r#"{{"phase":"OUTCOME","txn":"txn-{n}","ts":"2026-11-20T10:00:01Z","result":"{result}"}}"#);
        owed.outcome(Entry::new(body.into_bytes(), None).unwrap()).await.unwrap();
    }
    forged.close();
    std::fs::copy(other.path().join("seg-000000.log"), dir.path().join("seg-000000.log")).unwrap();
    let report = with(dir.path(), None, Some(&trust()));
    let leaf: Vec<_> = report.findings.iter().filter(|finding| finding.check == Check::Leaf).map(|f| f.index).collect();
    assert_eq!((report.verdict(), leaf), (Verdict::Tampered, vec![Some(7)]), "{report}");
}

#[tokio::test]
async fn a_live_directory_is_exported_up_to_its_checkpoint_and_open_exchanges_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    exchange(&journal, "a").await;
    let owed = journal.reserve().unwrap().intent(intent("b")).await.unwrap();
    let published = journal.checkpoint().await.unwrap();
    assert_eq!(published.checkpoint.size, 3);
    let path = dir.path().join("bundle.zip");
    export::bundle(dir.path(), None, &mut std::fs::File::create(&path).unwrap()).unwrap();
    owed.outcome(outcome("b")).await.unwrap();
    let report = with(&path, None, Some(&trust()));
    assert_eq!((report.verdict(), report.open_intents.as_slice()), (Verdict::Valid, &["b".to_owned()][..]), "{report}");
    assert_eq!(signer().vkey().name(), report.lane.unwrap());
}

#[tokio::test]
async fn a_clock_that_goes_back_is_told_but_is_not_tampering() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    for ts in [r#""2026-11-20T10:00:10Z""#, r#""2026-11-20T10:00:03.9Z""#, "5", "4"] {
        journal.append(Entry::new(format!("{{\"ts\":{ts}}}").into_bytes(), None).unwrap()).await.unwrap();
    }
    journal.close();
    let report = with(dir.path(), None, Some(&trust()));
    assert_eq!(report.verdict(), Verdict::Valid);
    assert!(report.to_string().contains("the recorded time goes back at record 1"), "{report}");
}
