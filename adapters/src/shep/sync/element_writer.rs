//! Writes elements in canonical text: no empty-element tags, canonical escapes.
//!
//! Refused: characters that XML does not have, values longer than the schema allows, a sessionId that is no guid.

use jiff::Timestamp;

use crate::codec;
use crate::xml::escape;

/// Why a message cannot be written. The gateway's configuration or, for the mock, its script is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// Longer than the schema's maxLength, in characters.
    #[error("`{element}` is longer than {limit} characters")]
    TooLong {
        /// Local name.
        element: &'static str,
        /// maxLength of the schema.
        limit: usize,
    },
    /// XML 1.0 section 2.2.
    #[error("`{0}` holds a character that XML does not have")]
    IllegalCharacter(&'static str),
    /// Not `{8-4-4-4-12}` hexadecimal digits; the braces may be left away.
    #[error("sessionId is not a guid")]
    SessionId,
    /// More errors within errors than are read back.
    #[error("subError is nested deeper than {0}")]
    TooDeep(usize),
}

#[derive(Default)]
pub(super) struct ElementWriter {
    out: String,
}

impl ElementWriter {
    pub(super) fn finish(self) -> String {
        self.out
    }

    /// Text that is XML already.
    pub(super) fn raw(&mut self, xml: &str) {
        self.out.push_str(xml);
    }

    pub(super) fn out(&mut self) -> &mut String {
        &mut self.out
    }

    pub(super) fn element(&mut self, element: &'static str, value: &str) -> Result<(), Unwritable> {
        if escape::illegal(value).is_some() {
            return Err(Unwritable::IllegalCharacter(element));
        }
        self.open(element);
        escape::text(value, &mut self.out);
        self.close(element);
        Ok(())
    }

    pub(super) fn optional(&mut self, element: &'static str, value: Option<&str>) -> Result<(), Unwritable> {
        value.map_or(Ok(()), |value| self.element(element, value))
    }

    pub(super) fn limited(&mut self, element: &'static str, value: &str, limit: usize) -> Result<(), Unwritable> {
        if value.chars().count() > limit {
            return Err(Unwritable::TooLong { element, limit });
        }
        self.element(element, value)
    }

    pub(super) fn instant(&mut self, element: &str, instant: Timestamp) {
        self.open(element);
        codec::push_date_time(&mut self.out, instant);
        self.close(element);
    }

    /// The schema wants braces; real senders leave them away (kz-protocols 1.9).
    pub(super) fn session_id(&mut self, session: Option<&str>) -> Result<(), Unwritable> {
        let Some(session) = session else { return Ok(()) };
        let bare = session.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(session);
        if !is_guid(bare) {
            return Err(Unwritable::SessionId);
        }
        self.element("sessionId", &format!("{{{bare}}}"))
    }

    pub(super) fn open(&mut self, element: &str) {
        self.out.extend(["<", element, ">"]);
    }

    pub(super) fn close(&mut self, element: &str) {
        self.out.extend(["</", element, ">"]);
    }
}

fn is_guid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_id_is_written_with_braces() {
        for (wanted, session) in [
            (
                Ok("<sessionId>{f0774397-4fcd-484a-9434-f71535ee4326}</sessionId>"),
                "{f0774397-4fcd-484a-9434-f71535ee4326}",
            ),
            (
                Ok("<sessionId>{f0774397-4fcd-484a-9434-f71535ee4326}</sessionId>"),
                "f0774397-4fcd-484a-9434-f71535ee4326",
            ),
            (Err(Unwritable::SessionId), "{f0774397-4fcd-484a-9434-f71535ee4326"),
            (Err(Unwritable::SessionId), "g0774397-4fcd-484a-9434-f71535ee4326"),
            (Err(Unwritable::SessionId), ""),
        ] {
            let mut writer = ElementWriter::default();
            assert_eq!(
                writer.session_id(Some(session)).map(|()| writer.finish()),
                wanted.map(str::to_owned),
                "{session}"
            );
        }
    }
}
