//! A bundle: container, manifest, checkpoint, leaf hashes, records, each against the next.
//!
//! When a record and `hashes.bin` disagree, the signed root says which of the two was altered.
//! Refused: files that are not listed, bytes that belong to no file, a manifest that says more or less than the files.
//!
//! Example of a finding: `hashes.bin was altered at 17; the record itself is as it was signed`.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use aws_lc_rs::digest::{Context, SHA256};

use super::records::{Altered, Records};
use super::report::{Check, Report};
use super::{Request, checkpoint, previous};
use crate::checkpoint::Checkpoint;
use crate::container::{self, Member};
use crate::export::{HASHES_BIN, MANIFEST, Manifest, README, README_TEXT, RECORDS};
use crate::keeper::CHECKPOINT;
use crate::tree::{self, Hash, fixed, root};

pub(super) fn verify(request: &Request<'_>, mut file: File) -> Report {
    let mut report = Report::default();
    if let Err(error) = examine(request, &mut file, &mut report) {
        report.unusable = Some(format!("it cannot be read ({error})"));
    }
    report
}

/// Goes on as far as what was found allows; what was not reached is said to be not checked.
fn examine(request: &Request<'_>, file: &mut File, report: &mut Report) -> io::Result<()> {
    let members = container(file, report)?;
    let Some(manifest) = manifest(file, &members, report)? else {
        report.not_checked("everything else: the manifest cannot be read");
        return Ok(());
    };
    digests(file, &members, &manifest, report)?;
    let Some(note) = content(file, &members, CHECKPOINT)? else { return Ok(()) };
    let Some(now) = checkpoint(&note, request.trust, report) else {
        report.not_checked("the records: the checkpoint cannot be read");
        return Ok(());
    };
    if (&manifest.origin, manifest.size, &manifest.root) != (&now.origin, now.size, &hex::encode(now.root)) {
        report.find(Check::Manifest, "the manifest names another lane, size or root than the checkpoint");
    }
    let Some(bytes) = content(file, &members, HASHES_BIN)? else { return Ok(()) };
    let (hashes, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() || hashes.len() as u64 != now.size {
        report.find(Check::Hashes, "hashes.bin does not have 32 bytes for each leaf of the checkpoint");
    }
    let altered = records(file, &members, &manifest, hashes, report)?;
    let agree = root(hashes) == now.root;
    judge(hashes, &altered, &now, agree, report);
    if agree {
        report.checked(format!("the root of all {} leaf hashes is the root of the checkpoint", now.size));
        previous(request, &now, hashes, report);
    } else if !request.previous.is_empty() {
        report.not_checked("the earlier checkpoints: hashes.bin is not that of the checkpoint");
    }
    Ok(())
}

fn container(file: &mut File, report: &mut Report) -> io::Result<Vec<Member>> {
    let listing = container::list(file)?;
    for fault in &listing.faults {
        report.find(Check::Container, fault);
    }
    for member in listing.members.iter().filter(|member| !FILES.contains(&member.name.as_str())) {
        report.find(Check::Container, format!("there is a file that does not belong here: `{}`", member.name));
    }
    for name in FILES.iter().filter(|name| !listing.members.iter().any(|member| member.name == **name)) {
        report.find(Check::Container, format!("`{name}` is missing"));
    }
    if listing.faults.is_empty() {
        report.checked("the bundle is in its one form: no bytes before, between or behind its files");
    }
    Ok(listing.members)
}

fn manifest(file: &mut File, members: &[Member], report: &mut Report) -> io::Result<Option<Manifest>> {
    let Some(bytes) = content(file, members, MANIFEST)? else { return Ok(None) };
    let manifest: Manifest = match serde_json::from_slice(&bytes) {
        Ok(manifest) => manifest,
        Err(error) => {
            report.find(Check::Manifest, format!("the manifest cannot be read (column {})", error.column()));
            return Ok(None);
        }
    };
    if manifest.v != 1 || manifest.to_bytes().as_ref() != Some(&bytes) {
        report.find(Check::Manifest, "the manifest is not in the form of version 1");
    }
    if !manifest.files.keys().map(String::as_str).eq(LISTED) {
        report.find(Check::Manifest, "the manifest does not list exactly the four files that it must");
    }
    Ok(Some(manifest))
}

/// The sizes, crc and SHA-256 of all members.
fn digests(file: &mut File, members: &[Member], manifest: &Manifest, report: &mut Report) -> io::Result<()> {
    let before = report.findings_total;
    for member in members {
        let (crc, sha256) = digest(file, member)?;
        if crc != member.crc {
            report.find(Check::Container, format!("the bytes of `{}` do not have the crc of its header", member.name));
        }
        if member.name == README && sha256 != tree::sha256(README_TEXT.as_bytes()) {
            report.find(Check::Container, "README.txt is not the text of this version; do not follow it");
        }
        let Some(listed) = manifest.files.get(&member.name) else { continue };
        if listed.bytes != u64::from(member.bytes) || listed.sha256 != hex::encode(sha256) {
            report.find(Check::Manifest, format!("`{}` is not the file that the manifest lists", member.name));
        }
    }
    if report.findings_total == before {
        report.checked("each file has the digest that the manifest lists");
    }
    Ok(())
}

fn records(
    file: &mut File,
    members: &[Member],
    manifest: &Manifest,
    hashes: &[Hash],
    report: &mut Report,
) -> io::Result<Vec<Altered>> {
    let Some(reader) = reader(file, members, RECORDS)? else { return Ok(Vec::new()) };
    if manifest.from > manifest.to || manifest.to > manifest.size {
        report.find(Check::Manifest, "the range of the manifest is not within its size");
    }
    let mut records = Records::new(report, Some(&manifest.origin), manifest.from, Some(hashes));
    records.read(BufReader::new(reader))?;
    let (_, altered) = records.finish(Some(manifest.to));
    let (from, to) = (manifest.from, manifest.to);
    report.checked(format!("the records {from}..{to}: each line's hash, number and form, and their order"));
    if from == 0 {
        report.checked("that no exchange ends that did not begin");
    } else {
        report.remarks.push(format!("exchanges that began before record {from} cannot be paired"));
    }
    if to < manifest.size {
        report.remarks.push(format!("the bundle is an excerpt: {} of {} records", to - from.min(to), manifest.size));
    }
    Ok(altered)
}

/// Says who was altered: the records, `hashes.bin`, or the checkpoint that both must lead to.
fn judge(hashes: &[Hash], altered: &[Altered], now: &Checkpoint, agree: bool, report: &mut Report) {
    let mut mended = hashes.to_vec();
    for record in altered {
        if let Some(hash) = usize::try_from(record.index).ok().and_then(|index| mended.get_mut(index)) {
            *hash = record.hash;
        }
    }
    let hashes_altered = !agree && root(&mended) == now.root;
    for Altered { index, line, .. } in altered {
        match (agree, hashes_altered) {
            (true, _) => report.find_at(Check::Leaf, *index, *line, "its bytes are not those that were logged"),
            (_, true) => {
                let text = format!("hashes.bin was altered at {index}; the record itself is as it was signed");
                report.find_at(Check::Hashes, *index, *line, text);
            }
            _ => report.find_at(
                Check::Leaf,
                *index,
                *line,
                "its hash is not the one in hashes.bin, and neither fits the root",
            ),
        }
    }
    if !agree && !hashes_altered {
        report.find(Check::Tree, "the leaf hashes do not lead to the root of the checkpoint");
    }
}

fn digest(file: &mut File, member: &Member) -> io::Result<(u32, Hash)> {
    let (mut crc, mut sha256, mut buffer) = (crc32fast::Hasher::new(), Context::new(&SHA256), vec![0; 1 << 16]);
    let mut content = open(file, member)?;
    loop {
        let read = content.read(&mut buffer)?;
        let part = buffer.get(..read).unwrap_or_default();
        if part.is_empty() {
            return Ok((crc.finalize(), fixed(&sha256.finish())));
        }
        crc.update(part);
        sha256.update(part);
    }
}

fn content(file: &mut File, members: &[Member], name: &str) -> io::Result<Option<Vec<u8>>> {
    let Some(mut reader) = reader(file, members, name)? else { return Ok(None) };
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// The first member of this name; that there is a second one is a finding already.
fn reader<'a>(file: &'a mut File, members: &[Member], name: &str) -> io::Result<Option<io::Take<&'a mut File>>> {
    members.iter().find(|member| member.name == name).map(|member| open(file, member)).transpose()
}

fn open<'a>(file: &'a mut File, member: &Member) -> io::Result<io::Take<&'a mut File>> {
    file.seek(SeekFrom::Start(member.content()))?;
    Ok(file.take(u64::from(member.bytes)))
}

const FILES: [&str; 5] = [README, RECORDS, HASHES_BIN, CHECKPOINT, MANIFEST];
/// What the manifest lists, in the order of a JSON object with sorted names.
const LISTED: [&str; 4] = [README, CHECKPOINT, HASHES_BIN, RECORDS];
