//! The text of a reply to octets, and the Content-Type they travel under.

use bytes::Bytes;
use encoding_rs::WINDOWS_1251;

use crate::Behaviour;

/// Content-Type of every reply of the channel.
pub(crate) const XML: &str = "text/xml; charset=utf-8";

/// The octets as this behaviour encodes them, with their label.
pub(crate) fn encoded(behaviour: &Behaviour, envelope: String) -> (Bytes, &'static str) {
    let declared = |label: &str| envelope.replacen("encoding=\"UTF-8\"", &format!("encoding=\"{label}\""), 1);
    match behaviour {
        Behaviour::Utf16 => {
            let units = ["\u{FEFF}", &declared("UTF-16")].concat();
            (units.encode_utf16().flat_map(u16::to_le_bytes).collect(), "text/xml; charset=utf-16")
        }
        Behaviour::Windows1251 => {
            // What the code page does not have becomes a character reference, which is the same text to XML.
            let text = declared("windows-1251");
            let (octets, _, _) = WINDOWS_1251.encode(&text);
            (Bytes::from(octets.into_owned()), "text/xml; charset=windows-1251")
        }
        Behaviour::Bom => (["\u{FEFF}", &envelope].concat().into(), XML),
        Behaviour::WrongContentType => (envelope.into(), "application/json"),
        _ => (envelope.into(), XML),
    }
}
