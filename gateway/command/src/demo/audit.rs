//! The proof: the journal is exported, verified offline, and one bit is flipped to see whether anybody would notice.

use std::path::Path;

use qaqpa_journal::Trust;
use qaqpa_journal::export::{bundle, jsonl};
use qaqpa_journal::verify::{Report, Request, verify};
use serde_json::json;

use super::story::Story;
use super::world::World;

pub(super) async fn export_verify_flip(world: World, story: &mut Story) -> Result<(), String> {
    story.chapter("5. The auditor");
    let World { directory, config, running, government, .. } = world;
    running.stop().await;
    government.stop().await;
    let path = directory.join("bundle.zip");
    let mut file = std::fs::File::create(&path).map_err(|error| error.to_string())?;
    bundle(&config.journal.directory, None, &mut file).map_err(|error| error.to_string())?;
    let trust = std::fs::read_to_string(directory.join("trust.toml")).map_err(|error| error.to_string())?;
    let trust = Trust::parse(&trust).map_err(|error| error.to_string())?;
    let report = check(&path, &trust, story);
    story.promise("the exported journal verifies offline (exit code)", 0, report.verdict().exit_code());
    story.promise("records that hold a personal datum", 0, personal_data(&config.journal.directory)?);
    let mut forged = std::fs::read(&path).map_err(|error| error.to_string())?;
    let record = flip_one_bit(&mut forged).ok_or("the bundle holds no record to forge")?;
    let tampered = directory.join("tampered.zip");
    std::fs::write(&tampered, forged).map_err(|error| error.to_string())?;
    story.say(&format!("  Now one bit of record {record} is flipped:"));
    let report = check(&tampered, &trust, story);
    story.promise("one flipped bit is found (exit code)", 1, report.verdict().exit_code());
    story.promise(
        "and the record is named",
        record,
        report.findings.iter().find_map(|finding| finding.index).unwrap_or(u64::MAX),
    );
    story.fact("audit", json!({ "records": report.size, "flipped": record }));
    std::fs::remove_file(&tampered).map_err(|error| error.to_string())
}

fn check(bundle: &Path, trust: &Trust, story: &Story) -> Report {
    let report = verify(&Request { trust: Some(trust), ..Request::new(bundle) });
    report.to_string().lines().for_each(|line| story.say(&format!("  | {line}")));
    report
}

/// Records in which a value of a synthetic student stands.
fn personal_data(journal: &Path) -> Result<usize, String> {
    let mut records = Vec::new();
    jsonl(journal, None, &mut records).map_err(|error| error.to_string())?;
    let personal = ["991231", "ТЕСТ", "ҮЛГІЛІ", "+7700", "@example.kz", "GUARDIAN-", "Сынақ көшесі"];
    Ok(String::from_utf8_lossy(&records)
        .lines()
        .filter(|line| personal.iter().any(|value| line.contains(value)))
        .count())
}

/// Turns one bit of a record in the middle of the bundle, and says which record it was. The bit is the last one of a
/// digit, so that the line stays well-formed and only the proof can tell.
fn flip_one_bit(bundle: &mut [u8]) -> Option<u64> {
    const HEAD: &[u8] = b"{\"v\":1,\"lane\":";
    const TIME: &[u8] = b"\"ts\":\"20";
    let starts: Vec<usize> =
        bundle.windows(HEAD.len()).enumerate().filter(|(_, window)| *window == HEAD).map(|(at, _)| at).collect();
    let record = starts.len() / 2;
    let start = *starts.get(record)?;
    let time = bundle.get(start..)?.windows(TIME.len()).position(|window| window == TIME)?;
    *bundle.get_mut(start + time + TIME.len())? ^= 1;
    Some(record as u64)
}
