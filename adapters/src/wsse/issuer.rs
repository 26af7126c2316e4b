//! Issuer names as text: written like RFC 4514 for X509IssuerName, and compared so that spelling does not matter.
//!
//! Java, OpenSSL and xmlsec spell one name in three ways (order, spaces, `SERIALNUMBER` or `2.5.4.5`, `#0c...` for a value). Here a
//! name is the set of its attributes, so all spellings of one name are equal. Comparing names is only how a *pinned*
//! certificate is picked; whether it signed is for the signature to say.

use x509_parser::asn1_rs::ToDer;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// A name for comparison: `oid=value` of every attribute, folded and sorted.
#[derive(PartialEq, Eq)]
pub(super) struct Name(Vec<String>);

impl Name {
    pub(super) fn of(name: &X509Name<'_>) -> Self {
        Self::from_pairs(
            name.iter_attributes().map(|attribute| (attribute.attr_type().to_id_string(), value_of(attribute))),
        )
    }

    /// Reads RFC 4514, RFC 2253 and RFC 1779 spellings; what is none of them equals no name.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let pairs: Option<Vec<_>> = split(text, &[',', ';', '+']).map(pair).collect();
        pairs.map(Self::from_pairs)
    }

    fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut all: Vec<_> = pairs.into_iter().map(|(oid, value)| format!("{oid}={}", fold(&value))).collect();
        all.sort_unstable();
        Self(all)
    }
}

/// RFC 4514: last attribute first, known short names, everything else as `oid=#hex`.
pub(super) fn written(name: &X509Name<'_>) -> String {
    let relative = |rdn: &x509_parser::x509::RelativeDistinguishedName<'_>| {
        rdn.iter().map(write_attribute).collect::<Vec<_>>().join("+")
    };
    let mut all: Vec<_> = name.iter_rdn().map(relative).collect();
    all.reverse();
    all.join(",")
}

fn write_attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let oid = attribute.attr_type().to_id_string();
    let short = NAMES.iter().take(RFC_4514).find(|(_, known)| *known == oid);
    match (short, attribute.as_str()) {
        (Some((short, _)), Ok(value)) => format!("{short}={}", escape(value)),
        _ => format!("{oid}=#{}", hex(&attribute.attr_value().to_der_vec().unwrap_or_default())),
    }
}

/// RFC 4514 section 2.4.
fn escape(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut out = String::with_capacity(value.len());
    for (at, character) in value.chars().enumerate() {
        let special = matches!(character, '"' | '+' | ',' | ';' | '<' | '>' | '\\')
            || (at == 0 && matches!(character, ' ' | '#'))
            || (at == last && character == ' ');
        if special {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

fn value_of(attribute: &AttributeTypeAndValue<'_>) -> String {
    attribute.as_str().map_or_else(|_| format!("#{}", hex(attribute.as_slice())), str::to_owned)
}

/// `CN=value` to its OID and its plain value.
fn pair(text: &str) -> Option<(String, String)> {
    let (label, value) = text.split_once('=')?;
    let label = label.trim().to_ascii_uppercase();
    let label = label.strip_prefix("OID.").unwrap_or(&label);
    let oid = match NAMES.iter().find(|(short, _)| *short == label) {
        Some((_, oid)) => (*oid).to_owned(),
        None if label.starts_with(|first: char| first.is_ascii_digit()) => label.to_owned(),
        None => return None,
    };
    Some((oid, plain(value.trim())?))
}

/// Undoes `#hex`, quotes and backslashes.
fn plain(value: &str) -> Option<String> {
    if let Some(digits) = value.strip_prefix('#') {
        return from_der_hex(digits);
    }
    let value = value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(value);
    let mut octets = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('\\') {
        octets.extend_from_slice(before.as_bytes());
        if let Some(octet) = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            octets.push(octet);
            rest = after.get(2..)?;
        } else {
            let escaped = after.chars().next()?.len_utf8();
            octets.extend_from_slice(after.get(..escaped)?.as_bytes());
            rest = after.get(escaped..)?;
        }
    }
    octets.extend_from_slice(rest.as_bytes());
    String::from_utf8(octets).ok()
}

/// The content of a DER string, its tag and its length (short or long) taken off.
fn from_der_hex(digits: &str) -> Option<String> {
    let octets: Vec<u8> = (0..digits.len() / 2)
        .map(|at| digits.get(2 * at..2 * at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .collect::<Option<_>>()?;
    let length_octets = usize::from(octets.get(1).filter(|first| **first >= 0x80).map_or(0, |first| first & 0x7F));
    let content = octets.get(2 + length_octets..)?;
    Some(std::str::from_utf8(content).map_or_else(|_| format!("#{}", hex(content)), str::to_owned))
}

/// Splits at separators that are neither escaped nor quoted.
fn split<'t>(text: &'t str, separators: &'t [char]) -> impl Iterator<Item = &'t str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |character| {
        let was_escaped = std::mem::take(&mut escaped);
        match character {
            '\\' if !was_escaped => escaped = true,
            '"' if !was_escaped => quoted = !quoted,
            _ => return !was_escaped && !quoted && separators.contains(&character),
        }
        false
    })
}

/// RFC 4518, as far as names of authorities need it: case and runs of spaces do not matter.
fn fold(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Short names and their OIDs; the first [`RFC_4514`] are that document's own, the others are what tools write besides.
const NAMES: [(&str, &str); 34] = [
    ("CN", "2.5.4.3"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("C", "2.5.4.6"),
    ("STREET", "2.5.4.9"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("S", "2.5.4.8"),
    ("SERIALNUMBER", "2.5.4.5"),
    ("SURNAME", "2.5.4.4"),
    ("SN", "2.5.4.4"),
    ("GIVENNAME", "2.5.4.42"),
    ("GN", "2.5.4.42"),
    ("T", "2.5.4.12"),
    ("E", "1.2.840.113549.1.9.1"),
    ("EMAILADDRESS", "1.2.840.113549.1.9.1"),
    ("EMAIL", "1.2.840.113549.1.9.1"),
    ("BUSINESSCATEGORY", "2.5.4.15"),
    ("TITLE", "2.5.4.12"),
    ("POSTALCODE", "2.5.4.17"),
    ("ORGANIZATIONIDENTIFIER", "2.5.4.97"),
    ("STREETADDRESS", "2.5.4.9"),
    ("DESCRIPTION", "2.5.4.13"),
    ("NAME", "2.5.4.41"),
    ("INITIALS", "2.5.4.43"),
    ("GENERATION", "2.5.4.44"),
    ("GENERATIONQUALIFIER", "2.5.4.44"),
    ("DNQ", "2.5.4.46"),
    ("DNQUALIFIER", "2.5.4.46"),
    ("PSEUDONYM", "2.5.4.65"),
    ("USERID", "0.9.2342.19200300.100.1.1"),
    ("UNSTRUCTUREDNAME", "1.2.840.113549.1.9.2"),
];
const RFC_4514: usize = 9;

#[cfg(test)]
mod tests {
    use super::*;

    /// OpenSSL, .NET, Java and BouncyCastle have names of their own for the rarer attributes.
    #[test]
    fn each_librarys_spelling_is_understood() {
        let wanted =
            Name::parse("CN=Т,2.5.4.12=бастық,2.5.4.17=050000,2.5.4.97=NTRKZ-990140000007,O=А\\, Б,C=KZ").unwrap();
        for (understood, spelling) in [
            (true, r"CN=Т,title=бастық,postalCode=050000,organizationIdentifier=NTRKZ-990140000007,O=А\, Б,C=KZ"),
            (true, r#"CN=Т, T=бастық, PostalCode=050000, OID.2.5.4.97=NTRKZ-990140000007, O="А, Б", C=KZ"#),
            (
                true,
                "CN=Т,2.5.4.12=#0c0cd0b1d0b0d181d182d18bd29b,2.5.4.17=#1306303530303030,\
                 2.5.4.97=#0c124e54524b5a2d393930313430303030303037,O=А\\, Б,C=KZ",
            ),
            (true, r"C=KZ,O=А\, Б,organizationIdentifier=NTRKZ-990140000007,PostalCode=050000,T=бастық,CN=Т"),
            (false, r"CN=Т,title=бастық,postalCode=050000,UNDEF=NTRKZ-990140000007,O=А\, Б,C=KZ"),
            (false, "CN=Т,C=KZ"),
        ] {
            assert_eq!(Name::parse(spelling).is_some_and(|name| name == wanted), understood, "{spelling}");
        }
    }

    #[test]
    fn spellings_of_one_name_are_equal() {
        let wanted = Name::parse(r#"CN=ТЕСТОВ ТЕСТ,O=ТОО \"Демо\",2.5.4.5=#0c0b49494e3030303030303031,C=KZ"#).unwrap();
        for (equal, spelling) in [
            (true, r#"C=KZ, SERIALNUMBER=IIN00000001, O="ТОО \"Демо\"", CN=ТЕСТОВ ТЕСТ"#),
            (true, r"cn=тестов  тест;OID.2.5.4.5=IIN00000001+o=ТОО \22Демо\22;c=kz"),
            (false, r#"CN=ТЕСТОВ ТЕСТ,O=ТОО \"Демо\",C=KZ"#),
            (false, r"CN=ТЕСТОВ ТЕСТ,O=ТОО \, Демо,SERIALNUMBER=IIN00000001,C=KZ"),
        ] {
            assert_eq!(Name::parse(spelling).is_some_and(|name| name == wanted), equal, "{spelling}");
        }
        for nonsense in ["", "CN", "FOO=bar", "CN=a,,", "CN=#0", r"CN=a\"] {
            assert!(Name::parse(nonsense).is_none_or(|name| name != wanted), "{nonsense}");
        }
    }
}
