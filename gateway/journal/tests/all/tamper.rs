//! Hands on a bundle: each is found, and the record that was touched is named.

use std::io::Read;
use std::path::Path;

use qaqpa_journal::checkpoint::Checkpoint;
use qaqpa_journal::verify::{Check, Report, Request, Verdict, verify};
use qaqpa_journal::{Signer, export, tree};

use crate::fixture::{Faulty, ORIGIN, exchange, filled, open, options, signer, trust};

type Files = Vec<(String, Vec<u8>)>;

/// A bundle of 20 exchanges (40 records).
async fn bundle() -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 20).await;
    let mut bundle = Vec::new();
    export::bundle(dir.path(), None, &mut bundle).unwrap();
    bundle
}

fn unzip(bundle: &[u8]) -> Files {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bundle)).unwrap();
    (0..zip.len())
        .map(|n| {
            let mut member = zip.by_index(n).unwrap();
            let mut bytes = Vec::new();
            member.read_to_end(&mut bytes).unwrap();
            (member.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

/// The form of a bundle a second time, written from its description.
fn rezip(files: &Files) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let mut core = b"\x0a\0\0\0\0\0\0\0\x21\0".to_vec();
        core.extend(crc32fast::hash(bytes).to_le_bytes());
        core.extend((bytes.len() as u32).to_le_bytes());
        core.extend((bytes.len() as u32).to_le_bytes());
        core.extend((name.len() as u16).to_le_bytes());
        core.extend([0, 0]);
        let offset = out.len() as u32;
        out.extend([b"PK\x03\x04", &core[..], name.as_bytes(), bytes].concat());
        directory.extend(
            [b"PK\x01\x02\x14\x03", &core[..], &[0; 6], b"\0\0\xa4\x81", &offset.to_le_bytes(), name.as_bytes()]
                .concat(),
        );
    }
    let (count, start) = ((files.len() as u16).to_le_bytes(), (out.len() as u32).to_le_bytes());
    let length = (directory.len() as u32).to_le_bytes();
    out.extend(directory);
    out.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &length, &start, &[0, 0]].concat());
    out
}

/// What somebody with a text editor and patience can do: change files and make the manifest fit again.
fn edited(bundle: &[u8], edit: impl FnOnce(&mut Files)) -> Vec<u8> {
    let mut files = unzip(bundle);
    edit(&mut files);
    let mut text = String::from_utf8(file(&mut files, "manifest.json").clone()).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (name, bytes) in &files {
        let listed = &manifest["files"][name];
        if listed.is_null() {
            continue;
        }
        let old =
            format!("\"{name}\": {{\n      \"bytes\": {},\n      \"sha256\": {}", listed["bytes"], listed["sha256"]);
        let new = format!(
            "\"{name}\": {{\n      \"bytes\": {},\n      \"sha256\": \"{}\"",
            bytes.len(),
            hex::encode(tree::sha256(bytes))
        );
        assert!(text.contains(&old));
        text = text.replace(&old, &new);
    }
    *file(&mut files, "manifest.json") = text.into_bytes();
    rezip(&files)
}

fn file<'a>(files: &'a mut Files, name: &str) -> &'a mut Vec<u8> {
    &mut files.iter_mut().find(|(other, _)| other == name).unwrap().1
}

fn lines(files: &mut Files, edit: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let records = file(files, "records.jsonl");
    let mut lines: Vec<_> = records.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    edit(&mut lines);
    *records = lines.concat();
}

fn judge(bundle: &[u8], previous: &[Vec<u8>]) -> Report {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bundle.zip");
    std::fs::write(&path, bundle).unwrap();
    let trust = trust();
    verify(&Request { trust: Some(&trust), previous, ..Request::new(&path) })
}

#[tokio::test]
async fn an_untouched_bundle_is_valid_also_when_written_by_somebody_else() {
    let bundle = bundle().await;
    let report = judge(&bundle, &[]);
    assert_eq!(report.verdict(), Verdict::Valid, "{report}");
    assert_eq!((report.records, report.findings.len(), report.unchecked.len()), (40, 0, 0));
    assert_eq!(rezip(&unzip(&bundle)), bundle);
    assert_eq!(edited(&bundle, |_| {}), bundle);
    assert!(report.to_string().starts_with("VALID."));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!((json["verdict"].as_str(), json["exit_code"].as_u64()), (Some("valid"), Some(0)));
}

#[tokio::test]
async fn one_flipped_bit_names_exactly_its_record() {
    let bundle = bundle().await;
    for index in [0_u64, 1, 17, 38, 39] {
        for place in [0, 1, 9, 60, 80, 100, 120] {
            for bit in [0, 3, 6] {
                let flipped = edited(&bundle, |files| lines(files, |lines| lines[index as usize][place] ^= 1 << bit));
                let report = judge(&flipped, &[]);
                let altered: Vec<_> = report.findings.iter().filter(|finding| finding.check == Check::Leaf).collect();
                assert_eq!(report.verdict(), Verdict::Tampered);
                assert_eq!(altered.len(), 1, "{index} {place} {bit}: {report}");
                assert_eq!((altered[0].index, altered[0].line), (Some(index), Some(index + 1)));
                assert!(
                    report
                        .findings
                        .iter()
                        .all(|finding| finding.index.is_none_or(|named| named == index)
                            || finding.check == Check::Pairing),
                    "{report}"
                );
            }
        }
    }
}

#[tokio::test]
async fn each_hand_on_a_bundle_is_named() {
    type Hand = fn(&mut Files);
    let rows: [(&str, Check, Option<u64>, Hand); 14] = [
        ("a record deleted", Check::Order, Some(10), |f| lines(f, |l| drop(l.remove(10)))),
        ("a record doubled", Check::Order, Some(11), |f| lines(f, |l| l.insert(11, l[10].clone()))),
        ("two records swapped", Check::Order, Some(10), |f| lines(f, |l| l.swap(10, 11))),
        ("the last records cut off", Check::Order, None, |f| lines(f, |l| l.truncate(30))),
        ("a record put at the end", Check::Order, None, |f| lines(f, |l| l.push(l[0].clone()))),
        ("bytes put at the end", Check::Line, Some(40), |f| file(f, "records.jsonl").extend(b"x")),
        ("hashes.bin edited", Check::Hashes, Some(12), |f| file(f, "hashes.bin")[12 * 32 + 5] ^= 1),
        ("hashes.bin cut", Check::Hashes, None, |f| file(f, "hashes.bin").truncate(39 * 32)),
        ("a file not listed", Check::Container, None, |f| f.push(("note.txt".to_owned(), b"hello".to_vec()))),
        ("a file missing", Check::Container, None, |f| f.retain(|(name, _)| name != "README.txt")),
        ("another root", Check::Signature, None, |f| {
            let note = String::from_utf8(file(f, "checkpoint").clone()).unwrap();
            let mut lines: Vec<_> = note.split('\n').collect();
            lines[2] = "nNDanri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=";
            *file(f, "checkpoint") = lines.join("\n").into_bytes();
        }),
        ("a record and its hash rewritten", Check::Tree, None, |f| {
            let mut altered = Vec::new();
            lines(f, |l| {
                l[10] = String::from_utf8(l[10].clone()).unwrap().replace("enrolment", "marketing").into_bytes();
                altered = l[10][..l[10].len() - 1].to_vec();
            });
            file(f, "hashes.bin")[320..352].copy_from_slice(&tree::leaf_hash(&altered));
        }),
        ("a smaller range claimed over the same lines", Check::Order, None, |f| {
            let text = String::from_utf8(file(f, "manifest.json").clone()).unwrap().replace("\"to\": 40", "\"to\": 39");
            *file(f, "manifest.json") = text.into_bytes();
        }),
        ("another lane claimed", Check::Manifest, None, |f| {
            let text = String::from_utf8(file(f, "manifest.json").clone()).unwrap().replace("almaty", "astana");
            *file(f, "manifest.json") = text.into_bytes();
        }),
    ];
    let bundle = bundle().await;
    for (row, check, index, hand) in rows {
        let report = judge(&edited(&bundle, hand), &[]);
        assert_eq!(report.verdict(), Verdict::Tampered, "{row}");
        assert!(
            report.findings.iter().any(|f| f.check == check && (index.is_none() || f.index == index)),
            "{row}: {report}"
        );
    }
}

#[tokio::test]
async fn when_hashes_bin_was_altered_it_is_said_and_the_record_is_cleared() {
    let report = judge(&edited(&bundle().await, |files| file(files, "hashes.bin")[12 * 32] ^= 1), &[]);
    assert!(
        report.to_string().contains("hashes.bin was altered at 12; the record itself is as it was signed"),
        "{report}"
    );
    assert!(report.findings.iter().all(|finding| !matches!(finding.check, Check::Leaf | Check::Tree)), "{report}");
}

/// aws-cli PR 10324: data behind the first gzip member was accepted.
#[tokio::test]
async fn bytes_that_belong_to_no_file_are_found() {
    let bundle = bundle().await;
    let members = unzip(&bundle);
    let doubled: Files = members.iter().chain(&members[4..]).cloned().collect();
    let compressed = {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, bytes) in &members {
            zip.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut zip, bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    let rows = [
        ("behind the end", [&bundle[..], b"x"].concat()),
        ("in front", [b"x", &bundle[..]].concat()),
        ("a second bundle behind the first", [&bundle[..], &bundle[..]].concat()),
        ("a file twice", rezip(&doubled)),
        ("the end cut off", bundle[..bundle.len() - 1].to_vec()),
        ("cut in the middle", bundle[..bundle.len() / 2].to_vec()),
        ("zipped again by another tool", compressed),
    ];
    for (row, bytes) in rows {
        let report = judge(&bytes, &[]);
        assert_eq!(report.verdict(), Verdict::Tampered, "{row}: {report}");
        assert!(report.findings.iter().any(|finding| finding.check == Check::Container), "{row}: {report}");
    }
}

#[tokio::test]
async fn no_random_mutation_is_ever_valid() {
    let bundle = bundle().await;
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for round in 0..400 {
        let mut bytes = bundle.clone();
        mutate(&mut bytes, &mut dice);
        if bytes != bundle {
            let report = judge(&bytes, &[]);
            assert!(matches!(report.verdict(), Verdict::Tampered | Verdict::Unusable), "round {round}: {report}");
        }
        let name = ["records.jsonl", "hashes.bin", "checkpoint"][round % 3];
        let inside = edited(&bundle, |files| mutate(file(files, name), &mut dice));
        if inside != bundle {
            assert_eq!(judge(&inside, &[]).verdict(), Verdict::Tampered, "round {round} in {name}");
        }
    }
}

#[tokio::test]
async fn a_history_rewritten_with_the_real_key_shows_against_an_earlier_checkpoint_only() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    filled(dir.path(), 5).await;
    let kept = std::fs::read(dir.path().join("checkpoint")).unwrap();
    let forged = Checkpoint::open(&kept, signer().vkey()).unwrap();
    let journal = open(other.path());
    for n in 0..8 {
        exchange(&journal, &format!("rewritten-{n}")).await;
    }
    journal.close();
    let mut fork = Vec::new();
    export::bundle(other.path(), None, &mut fork).unwrap();
    assert_eq!(judge(&fork, &[]).verdict(), Verdict::Valid);
    let report = judge(&fork, std::slice::from_ref(&kept));
    assert_eq!((report.verdict(), report.findings[0].check), (Verdict::Tampered, Check::Consistency), "{report}");
    assert!(report.to_string().contains("an earlier checkpoint signed other first 10 records"));
    let larger = Checkpoint { size: 99, ..forged.clone() }.sign(&signer()).into_bytes();
    assert!(judge(&fork, &[larger]).to_string().contains("rolled back"));
    let strangers = forged.sign(&Signer::from_seed(ORIGIN, &[9; 32]).unwrap()).into_bytes();
    assert_eq!(judge(&fork, &[strangers]).verdict(), Verdict::Unusable);
    let mut honest = Vec::new();
    export::bundle(dir.path(), Some(3..7), &mut honest).unwrap();
    assert_eq!(judge(&honest, &[kept]).verdict(), Verdict::Valid);
}

#[tokio::test]
async fn a_bundle_signed_by_another_key_of_the_same_name_is_tampered() {
    let dir = tempfile::tempdir().unwrap();
    let stranger = Signer::from_seed(ORIGIN, &[8; 32]).unwrap();
    let options = qaqpa_journal::Options { signer: stranger, files: Faulty::disk(), ..options(dir.path()) };
    let (journal, _) = qaqpa_journal::Journal::open(options).unwrap();
    exchange(&journal, "a").await;
    journal.close();
    assert_eq!(report_of(dir.path()).findings[0].check, Check::Signature);
}

fn report_of(dir: &Path) -> Report {
    let mut bundle = Vec::new();
    export::bundle(dir, None, &mut bundle).unwrap();
    judge(&bundle, &[])
}

/// Flips a bit, overwrites, cuts, inserts, doubles or swaps, somewhere.
fn mutate(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.below(bytes.len());
    match dice.below(6) {
        0 | 1 => bytes[at] ^= 1 << dice.below(8),
        2 => bytes[at] = dice.below(256) as u8,
        3 => drop(bytes.drain(at..(at + 1 + dice.below(40)).min(bytes.len()))),
        4 => bytes.insert(at, dice.below(256) as u8),
        _ => {
            let other = dice.below(bytes.len());
            bytes.swap(at, other);
        }
    }
}

/// xorshift: the same mutations on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}
