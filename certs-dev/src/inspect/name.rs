//! A distinguished name in the order of its certificate, with the attributes NUC RK gives a meaning.
//!
//! `OU=BIN<12>` (older certificates: `serialNumber=BIN<12>`) is the organisation, `UID` the information system,
//! `serialNumber=IIN<12>` a human. It refuses to name humans: of their certificates it shows the organisation and
//! hides the person. E-mail addresses are always hidden.
//!
//! Example: `CN=…(hidden), serialNumber=IIN…(hidden), C=KZ, O=QAQPA DEVELOPMENT SCHOOL, OU=BIN990140000007`.

use std::fmt;

use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use super::masking::{HIDDEN, is_bin, presentable};
use crate::MARK;

/// A distinguished name, without anything personal. `Display` prints it whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    text: String,
    /// The organisation's business identification number, 12 digits, if the name has one. Its check digit is not
    /// judged.
    pub bin: Option<String>,
    /// The information system's identifier (UID), usually an object identifier, if the name has one.
    pub uid: Option<String>,
    /// Whether the name is a human's.
    pub person: bool,
    /// Whether it carries [`MARK`]: made for a laptop.
    pub development: bool,
}

impl Name {
    pub(super) fn read(name: &X509Name<'_>) -> Self {
        let person = name.iter_attributes().any(names_a_person);
        let relative = |part: &x509_parser::x509::RelativeDistinguishedName<'_>| {
            part.iter().map(|attribute| attribute_text(attribute, person)).collect::<Vec<_>>().join("+")
        };
        Self {
            text: name.iter_rdn().map(relative).collect::<Vec<_>>().join(", "),
            bin: [ORGANISATIONAL_UNIT, SERIAL_NUMBER].iter().find_map(|oid| bin_in(name, oid)),
            uid: values(name, UID).next().map(presentable),
            person,
            development: [COMMON_NAME, ORGANISATION].iter().any(|oid| values(name, oid).any(|v| v.starts_with(MARK))),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn names_a_person(attribute: &AttributeTypeAndValue<'_>) -> bool {
    match attribute.attr_type().to_id_string().as_str() {
        SURNAME | GIVEN_NAME | INITIALS | PSEUDONYM => true,
        SERIAL_NUMBER => attribute.as_str().is_ok_and(|value| !value.starts_with("BIN")),
        _ => false,
    }
}

fn attribute_text(attribute: &AttributeTypeAndValue<'_>, person: bool) -> String {
    let oid = attribute.attr_type().to_id_string();
    let label = LABELS.iter().find(|(known, _)| *known == oid).map_or(oid.as_str(), |(_, label)| label);
    let personal = match oid.as_str() {
        SURNAME | GIVEN_NAME | INITIALS | PSEUDONYM | EMAIL => true,
        // A person's number other than an IIN is personal all the same; the word before it is not.
        SERIAL_NUMBER => !attribute.as_str().is_ok_and(|v| v.strip_prefix("BIN").is_some_and(is_bin)),
        COMMON_NAME | TITLE => person,
        _ => false,
    };
    match attribute.as_str() {
        Ok(value) if personal && value.starts_with("IIN") => format!("{label}=IIN{HIDDEN}"),
        _ if personal => format!("{label}={HIDDEN}"),
        Ok(value) => format!("{label}={}", escaped(value)),
        Err(_) => format!("{label}=({} octets)", attribute.as_slice().len()),
    }
}

/// RFC 4514: what separates attributes cannot come from within one. Escapes first, so that a backslash of the input
/// is told from one that stands for an invisible character.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';') {
            out.push('\\');
        }
        out.push(c);
    }
    presentable(&out)
}

fn bin_in(name: &X509Name<'_>, oid: &str) -> Option<String> {
    values(name, oid).filter_map(|value| value.strip_prefix("BIN")).find(|bin| is_bin(bin)).map(str::to_owned)
}

fn values<'n>(name: &'n X509Name<'_>, oid: &str) -> impl Iterator<Item = &'n str> {
    name.iter_attributes().filter(move |a| a.attr_type().to_id_string() == oid).filter_map(|a| a.as_str().ok())
}

const COMMON_NAME: &str = "2.5.4.3";
const SURNAME: &str = "2.5.4.4";
const SERIAL_NUMBER: &str = "2.5.4.5";
const ORGANISATION: &str = "2.5.4.10";
const ORGANISATIONAL_UNIT: &str = "2.5.4.11";
const TITLE: &str = "2.5.4.12";
const GIVEN_NAME: &str = "2.5.4.42";
const INITIALS: &str = "2.5.4.43";
const PSEUDONYM: &str = "2.5.4.65";
const EMAIL: &str = "1.2.840.113549.1.9.1";
const UID: &str = "0.9.2342.19200300.100.1.1";

const LABELS: &[(&str, &str)] = &[
    (COMMON_NAME, "CN"),
    (SURNAME, "SN"),
    (SERIAL_NUMBER, "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    (ORGANISATION, "O"),
    (ORGANISATIONAL_UNIT, "OU"),
    (TITLE, "title"),
    ("2.5.4.15", "businessCategory"),
    (GIVEN_NAME, "GN"),
    (INITIALS, "initials"),
    (PSEUDONYM, "pseudonym"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    (EMAIL, "emailAddress"),
    (UID, "UID"),
];
