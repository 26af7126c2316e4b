//! Decodes the bytes of an HTTP body to text: finds the character encoding and refuses octets that it does not have.
//!
//! The order of RFC 7303 section 3: byte order mark, then the `charset` of the Content-Type, then the XML declaration, then UTF-8.
//! UTF-8, UTF-16 and windows-1251 are known; every other name is refused rather than guessed, unless the body is ASCII and so
//! is its every octet in that encoding. One malformed sequence refuses the whole body. Line ends are normalised here (XML 1.0 section 2.11), before any parser sees the text.
//!
//! ```
//! use qaqpa_adapters::xml::text;
//!
//! let body = b"<?xml version=\"1.0\" encoding=\"windows-1251\"?><a>\xC4\xC0</a>";
//! assert!(text::decode(body, None)?.ends_with("<a>ДА</a>"));
//! # Ok::<(), text::NotText>(())
//! ```

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1251};

/// The largest body that is looked at, in octets (kz-protocols 1.1: files travel inline, so megabytes are real).
pub const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// Why a body is not text. The sender is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    /// More than [`BODY_LIMIT`] octets.
    #[error("the body is longer than the sender may make it")]
    TooLarge,
    /// An encoding name that is none of ours.
    #[error("the sender declares an encoding that is not accepted")]
    UnknownEncoding,
    /// Octets that their own encoding does not have.
    #[error("the body has octets that its encoding does not have")]
    Malformed,
    /// A declaration that the octets before it already contradict.
    #[error("the body is not in the encoding it declares")]
    Contradiction,
}

impl NotText {
    /// Stable short name for journals and metrics.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::UnknownEncoding => "encoding",
            Self::Malformed => "malformed_text",
            Self::Contradiction => "encoding_contradiction",
        }
    }
}

/// The text of `body`, without byte order mark, lines ended by `\n`. `content_type` is the HTTP header as received.
///
/// # Errors
/// [`NotText`]; the size is judged before any octet is read.
pub fn decode<'b>(body: &'b [u8], content_type: Option<&str>) -> Result<Cow<'b, str>, NotText> {
    if body.len() > BODY_LIMIT {
        return Err(NotText::TooLarge);
    }
    // The mark outranks the header: two readers who disagree about the encoding read two documents.
    let (charset, rest) = match byte_order_mark(body) {
        Some(marked) => marked,
        None => match content_type.and_then(charset_parameter) {
            Some(label) => (Charset::from_label(label, body)?, body),
            None => (from_first_octets(body)?, body),
        },
    };
    Ok(match charset.decode(rest)? {
        Cow::Borrowed(text) => normalise(text),
        Cow::Owned(text) => Cow::Owned(normalise(&text).into_owned()),
    })
}

/// Every `\r\n` and every lone `\r` as one `\n` (XML 1.0 section 2.11). For documents that travel as escaped text inside others.
#[must_use]
pub fn normalise(text: &str) -> Cow<'_, str> {
    if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { Cow::Borrowed(text) }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Charset {
    Utf8,
    Utf16Le,
    Utf16Be,
    Windows1251,
}

impl Charset {
    /// `utf-16` without a mark takes its order from the first `<`.
    fn from_label(label: &str, body: &[u8]) -> Result<Self, NotText> {
        match label.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Ok(Self::Utf8),
            "utf-16le" => Ok(Self::Utf16Le),
            "utf-16be" => Ok(Self::Utf16Be),
            "utf-16" => unmarked_utf16(body).ok_or(NotText::Contradiction),
            "windows-1251" | "cp1251" => Ok(Self::Windows1251),
            other if body.is_ascii() && has_ascii(other) => Ok(Self::Utf8),
            _ => Err(NotText::UnknownEncoding),
        }
    }

    fn decode(self, body: &[u8]) -> Result<Cow<'_, str>, NotText> {
        match self {
            Self::Utf8 => std::str::from_utf8(body).map(Cow::Borrowed).map_err(|_| NotText::Malformed),
            Self::Utf16Le => strictly(UTF_16LE, body),
            Self::Utf16Be => strictly(UTF_16BE, body),
            // 0x98 is the one octet windows-1251 does not assign; the decoder passes it on as a control character.
            Self::Windows1251 if body.contains(&0x98) => Err(NotText::Malformed),
            Self::Windows1251 => strictly(WINDOWS_1251, body),
        }
    }
}

fn strictly<'b>(encoding: &'static Encoding, body: &'b [u8]) -> Result<Cow<'b, str>, NotText> {
    encoding.decode_without_bom_handling_and_without_replacement(body).ok_or(NotText::Malformed)
}

fn byte_order_mark(body: &[u8]) -> Option<(Charset, &[u8])> {
    let marked = |mark: &[u8], charset| body.strip_prefix(mark).map(|rest| (charset, rest));
    marked(b"\xEF\xBB\xBF", Charset::Utf8)
        .or_else(|| marked(b"\xFF\xFE", Charset::Utf16Le))
        .or_else(|| marked(b"\xFE\xFF", Charset::Utf16Be))
}

/// Whether a name of an encoding (WHATWG Encoding section 4.2, `us-ascii` and `iso-8859-1` among them) says that octets below
/// 0x80 are ASCII, so that a body of such octets can mean one thing only.
fn has_ascii(label: &str) -> bool {
    Encoding::for_label(label.as_bytes()).is_some_and(Encoding::is_ascii_compatible)
}

/// `text/xml; charset="utf-8"` to `utf-8`. Single quotes are no quotes to RFC 9110, but no name of an encoding has them.
fn charset_parameter(content_type: &str) -> Option<&str> {
    content_type
        .split(';')
        .skip(1)
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
        .map(|(_, value)| value.trim().trim_matches(['"', '\'']))
}

/// XML 1.0 appendix F: the first octets of an XML document give its family away, and the declaration says which member.
fn from_first_octets(body: &[u8]) -> Result<Charset, NotText> {
    if let Some(charset) = unmarked_utf16(body) {
        return Ok(charset);
    }
    match declared_encoding(body) {
        None => Ok(Charset::Utf8),
        Some(label) if label.to_ascii_lowercase().starts_with("utf-16") => Err(NotText::Contradiction),
        Some(label) => Charset::from_label(label, body),
    }
}

fn unmarked_utf16(body: &[u8]) -> Option<Charset> {
    match body {
        [b'<', 0, ..] => Some(Charset::Utf16Le),
        [0, b'<', ..] => Some(Charset::Utf16Be),
        _ => None,
    }
}

/// The value of `encoding` in a leading `<?xml ...?>`, which is ASCII in every encoding left at this point.
fn declared_encoding(body: &[u8]) -> Option<&str> {
    let head = body.strip_prefix(b"<?xml")?;
    let length = head.iter().take(DECLARATION_LIMIT).position(|octet| *octet == b'>')?;
    let declaration = std::str::from_utf8(head.get(..length)?).ok()?;
    let (_, after) = declaration.split_once("encoding")?;
    let quoted = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = quoted.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    quoted.get(1..)?.split_once(quote).map(|(label, _)| label)
}

const DECLARATION_LIMIT: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn mark_then_header_then_declaration() {
        let le = utf16("\u{FEFF}<a>Қ</a>", u16::to_le_bytes);
        let be = utf16("\u{FEFF}<a>Қ</a>", u16::to_be_bytes);
        let unmarked = utf16("<a>Қ</a>", u16::to_be_bytes);
        type Row<'r> = (Result<&'r str, NotText>, &'r [u8], Option<&'r str>);
        let table: &[Row<'_>] = &[
            (Ok("<a>Қ</a>"), "<a>Қ</a>".as_bytes(), None),
            (Ok("<a>Қ</a>"), "<a>Қ</a>".as_bytes(), Some("text/xml; charset=UTF-8")),
            (Ok("<a>Қ</a>"), "\u{FEFF}<a>Қ</a>".as_bytes(), Some("text/xml; charset=windows-1251")),
            (Ok("<a>Қ</a>"), &le, None),
            (Ok("<a>Қ</a>"), &be, Some("application/soap+xml; charset=utf-8")),
            (Ok("<a>Қ</a>"), &unmarked, None),
            (Ok("<a>Қ</a>"), &unmarked, Some("text/xml;charset=\"utf-16\"")),
            (Ok("<a>Я</a>"), b"<a>\xDF</a>", Some("text/xml; charset=windows-1251; action=\"\"")),
            (
                Ok("<?xml version='1.0' encoding='CP1251' ?><a>Я</a>"),
                b"<?xml version='1.0' encoding='CP1251' ?><a>\xDF</a>",
                None,
            ),
            (Ok("a\nb\nc\n"), b"a\r\nb\rc\r", None),
            (Err(NotText::Malformed), b"<a>\xDF</a>", None),
            (Err(NotText::Malformed), b"<a>\x98</a>", Some("text/xml; charset=windows-1251")),
            (Err(NotText::Malformed), b"\xFF\xFE<", None),
            (Err(NotText::Malformed), b"\xED\xA0\x80", None),
            (Ok("<a>Қ</a>"), "<a>Қ</a>".as_bytes(), Some("text/xml; charset='utf-8'")),
            (Ok("<a>&#1058;</a>"), b"<a>&#1058;</a>", Some("text/xml; charset=us-ascii")),
            (Ok("<a>&#1058;</a>"), b"<a>&#1058;</a>", Some("text/xml; charset=ISO-8859-1")),
            (
                Ok("<?xml version=\"1.0\" encoding=\"US-ASCII\"?><a/>"),
                b"<?xml version=\"1.0\" encoding=\"US-ASCII\"?><a/>",
                None,
            ),
            (Err(NotText::UnknownEncoding), b"<a>\xC4</a>", Some("text/xml; charset=us-ascii")),
            (Err(NotText::UnknownEncoding), b"<a>\xC4</a>", Some("text/xml; charset=koi8-r")),
            (Err(NotText::UnknownEncoding), b"<a>\x1B(B</a>", Some("text/xml; charset=iso-2022-jp")),
            (Err(NotText::UnknownEncoding), b"<a/>", Some("text/xml; charset=")),
            (Err(NotText::UnknownEncoding), b"<?xml version=\"1.0\" encoding=\"utf-7\"?><a/>", None),
            (Err(NotText::Contradiction), b"<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>", None),
            (Err(NotText::Contradiction), b"<a/>", Some("text/xml; charset=utf-16")),
        ];
        for (wanted, body, content_type) in table {
            assert_eq!(decode(body, *content_type).as_deref(), wanted.as_deref(), "{body:?} {content_type:?}");
        }
    }

    #[test]
    fn too_large_is_said_before_any_work() {
        assert_eq!(decode(&vec![0xFF; BODY_LIMIT + 1], None), Err(NotText::TooLarge));
        assert!(decode(&vec![b' '; BODY_LIMIT], None).is_ok());
    }
}
