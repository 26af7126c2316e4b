//! The escapes of canonical XML (C14N 1.0 section 2.3), shared by the canonicaliser and by everyone who writes canonical text.
//!
//! It refuses nothing: characters that XML has no way to say (U+0000, U+0001, ...) are found by [`illegal`], before.
//!
//! ```
//! use qaqpa_adapters::xml::escape;
//!
//! let mut out = String::new();
//! escape::text("a < b & c > d", &mut out);
//! assert_eq!(out, "a &lt; b &amp; c &gt; d");
//! assert_eq!(escape::illegal("tab\t is fine, \u{1} is not"), Some(14));
//! ```

use super::Sink;

/// Writes character data: `&`, `<`, `>` and carriage return escaped, everything else as it is.
pub fn text<S: Sink + ?Sized>(value: &str, sink: &mut S) {
    escape(value, in_text, sink);
}

/// Writes the inside of a double-quoted attribute value: `&`, `<`, `"`, tab, line feed and carriage return escaped.
pub fn attribute<S: Sink + ?Sized>(value: &str, sink: &mut S) {
    escape(value, in_attribute, sink);
}

/// Offset of the first character outside the production `Char` of XML 1.0 (section 2.2), if there is one.
#[must_use]
pub fn illegal(value: &str) -> Option<usize> {
    let suspicious = value.bytes().fold(false, |seen, byte| {
        seen | (byte == 0xEF) | ((byte < b' ') & (byte != b'\t') & (byte != b'\n') & (byte != b'\r'))
    });
    if !suspicious {
        return None;
    }
    value.char_indices().find(|(_, character)| !is_legal(*character)).map(|(at, _)| at)
}

/// Whether the production `Char` of XML 1.0 has this character.
pub(super) fn is_legal(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => true,
        '\u{FFFE}' | '\u{FFFF}' => false,
        other => other >= ' ',
    }
}

#[inline]
fn escape<S: Sink + ?Sized>(value: &str, replacement: impl Fn(u8) -> Option<&'static str>, sink: &mut S) {
    // A fold, not `any`: without the early exit the compiler compares sixteen octets at a time, and most text is clean.
    if !value.bytes().fold(false, |seen, byte| seen | replacement(byte).is_some()) {
        return sink.put(value);
    }
    let mut clean_from = 0;
    for (at, byte) in value.bytes().enumerate() {
        if let Some(escaped) = replacement(byte) {
            sink.put(value.get(clean_from..at).unwrap_or_default());
            sink.put(escaped);
            clean_from = at + 1;
        }
    }
    sink.put(value.get(clean_from..).unwrap_or_default());
}

#[inline]
fn in_text(byte: u8) -> Option<&'static str> {
    match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    }
}

#[inline]
fn in_attribute(byte: u8) -> Option<&'static str> {
    match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'"' => Some("&quot;"),
        b'\t' => Some("&#x9;"),
        b'\n' => Some("&#xA;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_attributes_escape_what_canonical_xml_says() {
        for (value, wanted_text, wanted_attribute) in [
            ("", "", ""),
            ("ТЕСТОВ", "ТЕСТОВ", "ТЕСТОВ"),
            ("&<>\"'", "&amp;&lt;&gt;\"'", "&amp;&lt;>&quot;'"),
            ("a\tb\nc\rd", "a\tb\nc&#xD;d", "a&#x9;b&#xA;c&#xD;d"),
            ("қ&қ", "қ&amp;қ", "қ&amp;қ"),
        ] {
            let (mut as_text, mut as_attribute) = (String::new(), String::new());
            text(value, &mut as_text);
            attribute(value, &mut as_attribute);
            assert_eq!((as_text.as_str(), as_attribute.as_str()), (wanted_text, wanted_attribute), "{value:?}");
        }
    }

    #[test]
    fn illegal_characters_are_found_where_they_stand() {
        for (wanted, value) in [
            (None, "ok \t\r\n"),
            (Some(0), "\0"),
            (Some(2), "қ\u{b}"),
            (Some(1), "a\u{FFFE}"),
            (Some(1), "a\u{FFFF}"),
            (None, "\u{FFFD}"),
        ] {
            assert_eq!(illegal(value), wanted, "{value:?}");
        }
    }
}
