//! Makes text from a stranger's certificate fit for a screen and a log.
//!
//! Twelve digits in a row are an IIN unless their fifth digit says legal entity (4, 5 or 6, where an IIN has the tens
//! of a day, 0 to 3). It refuses to print an IIN, control characters, and characters that turn the reading direction
//! or show nothing.
//!
//! Example: `IIN991231500006` becomes `IIN…(hidden)`; `BIN990140000007` stays.

use std::ops::RangeInclusive;

/// What stands where something personal was.
pub(super) const HIDDEN: &str = "…(hidden)";

/// `text` without identification numbers and without characters that act on a terminal.
pub(super) fn presentable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (head, tail) = rest.split_at(if digits == 0 { first.len_utf8() } else { digits });
        match digits {
            0 => push_visible(&mut out, first),
            12 if !is_bin(head) => out.push_str(HIDDEN),
            _ => out.push_str(head),
        }
        rest = tail;
    }
    out
}

/// Twelve digits of a legal entity's or its branch's number.
pub(super) fn is_bin(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) && matches!(text.as_bytes().get(4), Some(b'4'..=b'6'))
}

fn push_visible(out: &mut String, c: char) {
    let invisible = INVISIBLE.iter().any(|range| range.contains(&c));
    if c.is_control() || invisible { out.extend(c.escape_unicode()) } else { out.push(c) }
}

/// Soft hyphen, Arabic letter mark, zero widths and marks, separators and embeddings, isolates, byte order mark.
const INVISIBLE: &[RangeInclusive<char>] = &[
    '\u{ad}'..='\u{ad}',
    '\u{61c}'..='\u{61c}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{feff}'..='\u{feff}',
];
