//! A file of leaf lines, with or without a checkpoint given beside it.
//!
//! Without one, only numbers and form can be checked. With one, the lines must be all that it signed, from the first to the last:
//! an excerpt needs a bundle, which brings the hashes of all leaves.
//!
//! Example: a file that begins at record 5 cannot be held against a root; the report says so instead of guessing.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek};

use super::records::Records;
use super::report::{Check, Report};
use super::{Request, checkpoint, previous};
use crate::checkpoint::Checkpoint;
use crate::line::strict;
use crate::tree::{Hash, root};

pub(super) fn verify(request: &Request<'_>, mut file: File) -> Report {
    let mut report = Report::default();
    let first = match first_line(&mut file, request.checkpoint.is_some()) {
        Ok(Some(first)) => first,
        Ok(None) => return Report::unusable("it is neither a bundle nor a file of leaf lines"),
        Err(error) => return Report::unusable(format!("it cannot be read ({error})")),
    };
    let now = request.checkpoint.and_then(|note| checkpoint(note, request.trust, &mut report));
    report.lane = now.as_ref().map(|now| now.origin.clone()).or(first.lane);
    let lane = report.lane.clone();
    let mut records = Records::new(&mut report, lane.as_deref(), first.seq, None);
    if let Err(error) = records.read(BufReader::new(file)) {
        return Report::unusable(format!("it cannot be read ({error})"));
    }
    let count = records.own.len() as u64;
    let end = now.as_ref().filter(|now| first.seq == 0 && now.size > count).map(|now| now.size);
    let (own, _) = records.finish(end);
    report.checked(format!("the numbers and the form of {count} lines, from record {}", first.seq));
    let compared = match now {
        None => {
            unproven(&mut report, "that these are the logged records: no checkpoint was given or it cannot be read")
        }
        Some(_) if first.seq != 0 => {
            unproven(&mut report, "the root: the lines do not begin with record 0, use a bundle")
        }
        Some(now) => tree(request, &now, &own, &mut report),
    };
    if !compared && !request.previous.is_empty() {
        report.not_checked("the earlier checkpoints: the lines are not shown to be those of a checkpoint");
    }
    report
}

/// Whether the lines are those of the checkpoint, so that earlier ones could be held against them.
fn tree(request: &Request<'_>, now: &Checkpoint, own: &[Hash], report: &mut Report) -> bool {
    let Some(signed) = usize::try_from(now.size).ok().and_then(|size| own.get(..size)) else {
        // That records are missing is a finding already.
        return unproven(report, "the root: there are fewer lines than the checkpoint signed");
    };
    if root(signed) != now.root {
        report.find(Check::Tree, "the lines do not lead to the root of the checkpoint; a bundle would tell which one");
        return false;
    }
    report.checked(format!("the first {} lines lead to the root of the checkpoint", now.size));
    if own.len() > signed.len() {
        report.not_checked(format!("the {} lines behind those that the checkpoint signed", own.len() - signed.len()));
    }
    previous(request, now, signed, report);
    true
}

fn unproven(report: &mut Report, what: &str) -> bool {
    report.not_checked(what);
    false
}

struct First {
    lane: Option<String>,
    seq: u64,
}

/// What the first line says about itself. A file that neither begins like a leaf nor comes with a checkpoint is not ours.
fn first_line(file: &mut File, surely: bool) -> io::Result<Option<First>> {
    let mut line = Vec::new();
    BufReader::new(io::Read::take(&mut *file, 1 << 16)).read_until(b'\n', &mut line)?;
    file.rewind()?;
    if !(surely || line.starts_with(b"{\"v\":1,\"lane\":")) {
        return Ok(None);
    }
    // A first line that cannot be read is a finding of its own; the count then begins with 0.
    let line = strict::read(line.strip_suffix(b"\n").unwrap_or(&line)).unwrap_or_default();
    Ok(Some(First { lane: line.lane.map(|lane| lane.into_owned()), seq: line.seq.unwrap_or_default() }))
}
