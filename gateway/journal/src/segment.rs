//! Segment files: pre-zeroed, append-only, read front to back.
//!
//! ```text
//! seg-000000.log   frame frame frame 0 0 0 …        frame = length (u32 LE) | crc32c (u32 LE) | leaf | zeros up to 88 bytes
//! side-000000.log  slot  slot  slot  0 0 0 …        slot  = seq (7 bytes LE) | form (1 byte)
//!                                                 | sealed salt (32 bytes) | crc32c (u32 LE); zeros = no salt, form 0 = in the clear
//! ```
//! The crc covers length and leaf. A frame takes at least 88 bytes so that the sidecar, half as large and with a slot per
//! frame, can never fill up first. Length 0 ends a segment. The sidecar may be deleted once its segment is full.
//! Refused: a bad frame with good records after it, gaps in the numbering, data after an empty segment.

use std::path::{Path, PathBuf};

use crate::entry::MAX_LEAF;
use crate::error::{Doing, Error};
use crate::sealed_salt::{HeldSalt, SealedSalt};

/// Path of a segment.
pub(crate) fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("seg-{number:06}.log"))
}

/// Path of the sidecar with its salts.
pub(crate) fn side_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("side-{number:06}.log"))
}

/// The bytes that a leaf of this length takes in a segment.
pub(crate) fn stride(leaf: usize) -> u64 {
    (HEADER + leaf).max(MIN_FRAME) as u64
}

/// The size of the sidecar of a segment of `bytes`.
pub(crate) fn side_bytes(bytes: u64) -> u64 {
    bytes / (MIN_FRAME / SLOT) as u64
}

/// Bytes that surely fit into `left` bytes of a segment, whatever the frames: the last one may not fit.
pub(crate) fn usable(left: u64) -> u64 {
    left.saturating_sub(MAX_FRAME)
}

/// Appends a frame whose leaf `splice` writes; returns the range of the leaf in `buffer`.
pub(crate) fn push_frame(buffer: &mut Vec<u8>, splice: impl FnOnce(&mut Vec<u8>)) -> std::ops::Range<usize> {
    let start = buffer.len();
    buffer.extend_from_slice(&[0; HEADER]);
    splice(buffer);
    let (leaf, end) = (start + HEADER, buffer.len());
    let length = (end - leaf) as u32;
    let crc = checksum(length, buffer.get(leaf..end).unwrap_or_default());
    if let Some((head, tail)) = buffer.get_mut(start..leaf).and_then(|header| header.split_at_mut_checked(4)) {
        head.copy_from_slice(&length.to_le_bytes());
        tail.copy_from_slice(&crc.to_le_bytes());
    }
    buffer.resize(end.max(start + MIN_FRAME), 0);
    leaf..end
}

/// Appends a slot.
pub(crate) fn push_slot(buffer: &mut Vec<u8>, seq: u64, salt: Option<&SealedSalt>) {
    let Some(salt) = salt else { return buffer.extend_from_slice(&[0; SLOT]) };
    let start = buffer.len();
    // A lane has fewer than 2^56 records: above stands the form.
    buffer.extend_from_slice(&(seq | (u64::from(salt.form()) << 56)).to_le_bytes());
    buffer.extend_from_slice(salt.bytes());
    let crc = crc32c::crc32c(buffer.get(start..).unwrap_or_default());
    buffer.extend_from_slice(&crc.to_le_bytes());
}

/// The salt in a slot; `None` for an empty or unfinished one.
pub(crate) fn slot(slot: &[u8; SLOT]) -> Option<HeldSalt> {
    let (body, crc) = slot.split_last_chunk()?;
    let (word, rest) = body.split_first_chunk()?;
    let (word, bytes) = (u64::from_le_bytes(*word), *rest.first_chunk()?);
    let whole = crc32c::crc32c(body) == u32::from_le_bytes(*crc) && *slot != [0; SLOT];
    whole.then_some(HeldSalt { index: word & (u64::MAX >> 8), form: (word >> 56) as u8, bytes })
}

/// The end of the records of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tail {
    /// The segment that takes the next record.
    pub(crate) segment: u64,
    /// Its first free byte.
    pub(crate) offset: u64,
    /// Its size.
    pub(crate) bytes: u64,
    /// The index of its first record.
    pub(crate) first: u64,
    /// Bytes from `offset` up to the last one that is not zero: a torn write.
    pub(crate) torn: u64,
    /// The number of records in all segments.
    pub(crate) count: u64,
    /// The empty segments after it, with their sizes.
    pub(crate) spares: Vec<(u64, u64)>,
}

/// Shows the first `limit` leaves in order to `visit` (segment, index, leaf) and finds the tail; `None` when there is no segment.
/// What lies behind `limit` is not judged: a live writer may be at work there. Only `u64::MAX` gives the true tail.
pub(crate) fn walk(
    dir: &Path,
    limit: u64,
    mut visit: impl FnMut(u64, u64, &[u8]) -> Result<(), Error>,
) -> Result<Option<Tail>, Error> {
    let mut tail: Option<Tail> = None;
    let mut count = 0;
    for segment in numbers(dir)? {
        if count >= limit {
            break;
        }
        let bytes = std::fs::read(path(dir, segment)).doing(|| format!("reading segment {segment}"))?;
        let empty = bytes.iter().all(|byte| *byte == 0);
        if let Some(tail) = &mut tail {
            if empty {
                tail.spares.push((segment, bytes.len() as u64));
                continue;
            }
            if tail.torn > 0 || tail.offset == 0 || !tail.spares.is_empty() {
                let fault = "the frame is damaged and later records follow".to_owned();
                return Err(Error::Corrupt { segment: tail.segment, index: count, fault });
            }
        }
        let first = count;
        let offset = frames(&bytes, |leaf| {
            if count < limit {
                visit(segment, count, leaf)?;
            }
            count += 1;
            Ok(())
        })?;
        let rest = bytes.get(offset..).unwrap_or_default();
        let torn = rest.iter().rposition(|byte| *byte != 0).map_or(0, |last| last as u64 + 1);
        let (offset, bytes) = (offset as u64, bytes.len() as u64);
        tail = Some(Tail { segment, offset, bytes, first, torn, count, spares: Vec::new() });
    }
    Ok(tail)
}

/// Shows the leaves of one segment and returns where the good frames end.
fn frames(bytes: &[u8], mut visit: impl FnMut(&[u8]) -> Result<(), Error>) -> Result<usize, Error> {
    let mut offset = 0;
    while let Some(leaf) = bytes.get(offset..).and_then(frame) {
        visit(leaf)?;
        offset += (HEADER + leaf.len()).max(MIN_FRAME);
    }
    Ok(offset)
}

/// The leaf of the frame at the start of `bytes`, if it is whole.
pub(crate) fn frame(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (crc, rest) = rest.split_first_chunk()?;
    let length = u32::from_le_bytes(*length);
    let leaf = rest.get(..length as usize).filter(|leaf| (1..=MAX_LEAF).contains(&leaf.len()))?;
    let padding = rest.get(leaf.len()..(MIN_FRAME - HEADER).max(leaf.len()))?;
    (checksum(length, leaf) == u32::from_le_bytes(*crc) && padding.iter().all(|byte| *byte == 0)).then_some(leaf)
}

/// The numbers of the segments, which must have no gap.
pub(crate) fn numbers(dir: &Path) -> Result<Vec<u64>, Error> {
    let mut numbers = Vec::new();
    for file in std::fs::read_dir(dir).doing(|| "listing the journal directory".to_owned())? {
        let name = file.doing(|| "listing the journal directory".to_owned())?.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix("seg-")?.strip_suffix(".log"));
        numbers.extend(number.and_then(|number| number.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    match numbers.iter().zip(0..).find(|(number, expected)| **number != *expected) {
        Some((_, missing)) => Err(Error::File { file: format!("seg-{missing:06}.log"), fault: "it is missing" }),
        None => Ok(numbers),
    }
}

fn checksum(length: u32, leaf: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&length.to_le_bytes()), leaf)
}

const HEADER: usize = 8;
const MIN_FRAME: usize = 88;
/// The bytes of one salt slot.
pub(crate) const SLOT: usize = 44;
/// The most bytes that a frame can have.
pub(crate) const MAX_FRAME: u64 = (HEADER + MAX_LEAF) as u64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_reads_back_and_any_changed_bit_ends_the_segment() {
        for leaf in [&b"{\"a\":1}"[..], &[b'x'; 200]] {
            let mut buffer = Vec::new();
            push_frame(&mut buffer, |buffer| buffer.extend_from_slice(leaf));
            assert_eq!(buffer.len() as u64, stride(leaf.len()));
            assert_eq!(frame(&buffer), Some(leaf));
            for bit in 0..buffer.len() * 8 {
                let mut broken = buffer.clone();
                broken[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(frame(&broken), None, "bit {bit}");
            }
        }
    }
}
