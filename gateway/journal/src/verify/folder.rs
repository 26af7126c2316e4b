//! A journal directory, copied or live: its segments against its checkpoint.
//!
//! The `hashes` file, where it is complete, tells which record was altered. `lane.vkey` in the directory is never trusted.
//! Records behind the checkpoint (at most a second's worth, live) are counted and said to be not checked.
//!
//! Example: after `rm seg-000001.log` the answer is tampered: the checkpoint signed more records than are there.

use super::records::{Altered, Records};
use super::report::{Check, Finding, Report};
use super::{Request, checkpoint, previous};
use crate::error::Error;
use crate::keeper::{CHECKPOINT, HASHES};
use crate::recover::read_optional;
use crate::segment;
use crate::tree::{Hash, root};

pub(super) fn verify(request: &Request<'_>) -> Report {
    let note = match read_optional(&request.input.join(CHECKPOINT)) {
        Ok(Some(note)) => note,
        Ok(None) => return Report::unusable("the directory has no checkpoint, so it is no journal"),
        Err(error) => return Report::unusable(error.to_string()),
    };
    let mut report = Report::default();
    let Some(now) = checkpoint(&note, request.trust, &mut report) else { return report };
    let noted = noted_hashes(request, now.size).filter(|noted| root(noted) == now.root);
    let mut records = Records::new(&mut report, Some(&now.origin), 0, noted.as_deref());
    let mut behind = 0_u64;
    let walked = segment::walk(request.input, u64::MAX, |_, index, leaf| {
        if index < now.size {
            records.line(leaf);
        } else {
            behind += 1;
        }
        Ok(())
    });
    let (own, altered) = records.finish(Some(now.size));
    for Altered { index, .. } in altered {
        at(&mut report, Check::Leaf, index, "its bytes are not those that were logged".to_owned());
    }
    match walked {
        Err(Error::Corrupt { segment, index, fault }) => {
            at(&mut report, Check::Container, index, format!("segment {segment}: {fault}"));
        }
        Err(error) => report.find(Check::Container, error.to_string()),
        Ok(tail) if tail.as_ref().is_some_and(|tail| tail.torn > 0) => {
            report.remarks.push("the last segment ends with an unfinished write".to_owned());
        }
        Ok(_) => report.checked("the crc of each frame in the segments"),
    }
    report.checked("each record's number and form, their order, and that no exchange ends that did not begin");
    if behind > 0 {
        report.not_checked(format!("{behind} records behind the stored checkpoint"));
    }
    if root(&own) == now.root {
        report.checked(format!("the records lead to the root of the checkpoint over {}", now.size));
        previous(request, &now, &own, &mut report);
    } else {
        report.find(Check::Tree, "the records do not lead to the root of the checkpoint");
    }
    report
}

fn at(report: &mut Report, check: Check, index: u64, text: String) {
    report.add(Finding { check, index: Some(index), line: None, text });
}

fn noted_hashes(request: &Request<'_>, size: u64) -> Option<Vec<Hash>> {
    let bytes = read_optional(&request.input.join(HASHES)).ok()??;
    let (hashes, _) = bytes.as_chunks::<32>();
    hashes.get(..usize::try_from(size).ok()?).map(<[Hash]>::to_vec)
}
