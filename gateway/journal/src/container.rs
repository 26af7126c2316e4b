//! The one form of zip that a bundle has: members stored (not compressed), one after another, no dates, no extras, no comments.
//!
//! The form fixes every byte, given names and contents. So the same query gives the same bytes for ever, whatever library
//! somebody else uses, and a reader can compare every byte that is not content with what it must be. Any unzip opens it.
//! Refused when writing: members or bundles of 4 GiB and more (ask for a smaller range). Refused when reading: anything else than
//! this form, such as bytes before, between or behind the members, a second member of the same name, other headers.
//!
//! Example: `local header "README.txt" | bytes | local header "records.jsonl" | bytes | directory | end record`.

use std::io::{self, Read, Seek, SeekFrom, Write};

/// A member's name, size and checksum; contents are read or written by others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) bytes: u32,
    pub(crate) crc: u32,
    /// Where its local header starts.
    pub(crate) offset: u32,
}

impl Member {
    /// Where its content starts.
    pub(crate) fn content(&self) -> u64 {
        u64::from(self.offset) + LOCAL as u64 + self.name.len() as u64
    }

    fn end(&self) -> u64 {
        self.content() + u64::from(self.bytes)
    }

    /// What local and central header share: version, flags, method, date, crc, sizes, length of the name, no extras.
    fn core(&self) -> Vec<u8> {
        let mut core = Vec::with_capacity(26);
        for part in [10u16, 0, 0, 0, DATE_1980] {
            core.extend_from_slice(&part.to_le_bytes());
        }
        for part in [self.crc, self.bytes, self.bytes] {
            core.extend_from_slice(&part.to_le_bytes());
        }
        core.extend_from_slice(&(self.name.len() as u16).to_le_bytes());
        core.extend_from_slice(&[0, 0]);
        core
    }

    pub(crate) fn local_header(&self) -> Vec<u8> {
        [&LOCAL_SIGNATURE[..], &self.core(), self.name.as_bytes()].concat()
    }

    fn central_header(&self) -> Vec<u8> {
        let mode = (0o100_644_u32 << 16).to_le_bytes();
        let (made_by_unix, nothing) = ([20, 3], [0; 6]);
        let offset = self.offset.to_le_bytes();
        [&CENTRAL_SIGNATURE[..], &made_by_unix, &self.core(), &nothing, &mode, &offset, self.name.as_bytes()].concat()
    }
}

/// Lays out members (name, size, crc) one after another; `None` when they do not fit into the 4 GiB of this form.
pub(crate) fn lay_out(contents: &[(&str, u64, u32)]) -> Option<Vec<Member>> {
    let mut members = Vec::new();
    let mut offset = 0;
    for (name, bytes, crc) in contents {
        let bytes = u32::try_from(*bytes).ok()?;
        let member = Member { name: (*name).to_owned(), bytes, crc: *crc, offset };
        offset = u32::try_from(member.end()).ok()?;
        members.push(member);
    }
    u32::try_from(u64::from(offset) + directory(&members, offset).len() as u64).ok()?;
    Some(members)
}

/// The central directory and the end record.
pub(crate) fn finish(members: &[Member], to: &mut dyn Write) -> io::Result<()> {
    let start = members.last().and_then(|last| u32::try_from(last.end()).ok()).unwrap_or_default();
    to.write_all(&directory(members, start))
}

fn directory(members: &[Member], start: u32) -> Vec<u8> {
    let mut directory: Vec<u8> = members.iter().flat_map(Member::central_header).collect();
    let (bytes, count) = (directory.len() as u32, (members.len() as u16).to_le_bytes());
    directory.extend_from_slice(&END_SIGNATURE);
    directory.extend_from_slice(&[0; 4]);
    directory.extend_from_slice(&[count, count].concat());
    directory.extend_from_slice(&[bytes.to_le_bytes(), start.to_le_bytes()].concat());
    directory.extend_from_slice(&[0; 2]);
    directory
}

/// The result of reading a container: members, and each deviation from the form.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) members: Vec<Member>,
    pub(crate) faults: Vec<String>,
}

/// Walks the members of `file` from its first byte to its last.
pub(crate) fn list(file: &mut (impl Read + Seek)) -> io::Result<Listing> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut listing = Listing::default();
    let mut offset = 0;
    while let Some(member) = member_at(file, offset)? {
        if listing.members.len() == MOST {
            listing.faults.push(format!("there are more than {MOST} files"));
            return Ok(listing);
        }
        let end = member.end();
        if end > length {
            listing.faults.push(format!("`{}` is cut off", member.name));
            return Ok(listing);
        }
        if read_at(file, offset, member.local_header().len() as u64)? != member.local_header() {
            listing.faults.push(format!("the header of `{}` is not in the stated form", member.name));
        }
        if listing.members.iter().any(|other| other.name == member.name) {
            listing.faults.push(format!("`{}` occurs twice", member.name));
        }
        listing.members.push(member);
        offset = end;
    }
    let expected = directory(&listing.members, u32::try_from(offset).unwrap_or(u32::MAX));
    let found = read_at(file, offset, (expected.len() as u64) + 1)?;
    if !found.starts_with(&expected) {
        listing
            .faults
            .push(format!("the zip directory expected at byte {offset} is not there or not in the stated form"));
    } else if found.len() > expected.len() {
        let extra = length - offset - expected.len() as u64;
        listing.faults.push(format!("{extra} bytes follow the end of the bundle"));
    }
    Ok(listing)
}

fn member_at(file: &mut (impl Read + Seek), offset: u64) -> io::Result<Option<Member>> {
    let header = read_at(file, offset, LOCAL as u64)?;
    let number = |at: usize| header.get(at..at + 4).and_then(|part| part.try_into().ok()).map(u32::from_le_bytes);
    let name_length = header.get(26..28).and_then(|part| part.try_into().ok()).map(u16::from_le_bytes);
    let (Some(crc), Some(bytes), Some(name_length), true, Ok(offset_32)) =
        (number(14), number(18), name_length, header.starts_with(&LOCAL_SIGNATURE), u32::try_from(offset))
    else {
        return Ok(None);
    };
    let name = read_at(file, offset + LOCAL as u64, u64::from(name_length))?;
    let name = String::from_utf8_lossy(&name).into_owned();
    Ok(Some(Member { name, bytes, crc, offset: offset_32 }))
}

/// Up to `bytes` bytes at `offset`; fewer at the end of the file.
fn read_at(file: &mut (impl Read + Seek), offset: u64, bytes: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(offset))?;
    let mut read = Vec::new();
    file.take(bytes).read_to_end(&mut read)?;
    Ok(read)
}

/// The first bytes of every bundle.
pub(crate) const LOCAL_SIGNATURE: [u8; 4] = *b"PK\x03\x04";
const CENTRAL_SIGNATURE: [u8; 4] = *b"PK\x01\x02";
const END_SIGNATURE: [u8; 4] = *b"PK\x05\x06";
const LOCAL: usize = 30;
/// A bundle has five; this only bounds the work on a hostile one.
const MOST: usize = 16;
/// 1 January 1980, the zero of zip's calendar.
const DATE_1980: u16 = 0x0021;
