//! Room 2: reads the names (URI, BIN, UID) of a verified client certificate. Which caller has them is decided in
//! `policy/src/caller.rs`.
//!
//! NUC RK's subject profile: `OU=BIN` and twelve digits for the organisation, `UID` for an information system; SPIFFE
//! and our development certificates use a URI in the subject alternative name. A person's IIN in the subject is not read.
//!
//! A subject with two BINs, two UIDs, or one that cannot be read is nobody's, by none of its names: which of the two was meant
//! must not hang on their order or on the type of their string.

use aws_lc_rs::digest::{SHA256, digest};
use qaqpa_policy::{Authority, Bin, Identity};
use x509_parser::asn1_rs::Tag;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::x509::AttributeTypeAndValue;

/// `UID`, RFC 4519 section 2.39; NUC RK puts the OID of an information system there.
const UID: &str = "0.9.2342.19200300.100.1.1";
/// `organizationalUnitName`, RFC 4519 section 2.21.
const UNIT: &str = "2.5.4.11";

/// Reads the names by which the configuration may know a caller, for whom these authorities vouch. The chain has been verified
/// by the handshake; a certificate that x509-parser cannot read yields an identity that matches nobody.
#[must_use]
pub fn identity(certificate: &[u8], authorities: &[Authority]) -> Identity {
    let certificate_sha256 = digest(&SHA256, certificate).as_ref().try_into().unwrap_or_default();
    let nobody = Identity { certificate_sha256, ..Identity::default() };
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else { return nobody };
    let (Some(units), Some(uids)) = (values(&parsed, UNIT), values(&parsed, UID)) else { return nobody };
    let mut bins = units.iter().filter_map(|unit| unit.strip_prefix("BIN"));
    let (bin, uid) = (bins.next(), uids.first().cloned());
    if bins.next().is_some() || uids.len() > 1 {
        return nobody;
    }
    let bin = bin.and_then(|digits| Bin::parse(digits).ok());
    Identity { uris: uris(&parsed), bin, uid, authorities: authorities.to_vec(), certificate_sha256 }
}

/// All values of an attribute of the subject; none if one of them is no text.
fn values(certificate: &X509Certificate<'_>, oid: &str) -> Option<Vec<String>> {
    let attributes = certificate.subject().iter_attributes();
    attributes.filter(|attribute| attribute.attr_type().to_id_string() == oid).map(text).collect()
}

/// The text of any string type of X.520 (`DirectoryString`), and of IA5.
fn text(attribute: &AttributeTypeAndValue<'_>) -> Option<String> {
    let value = attribute.attr_value();
    let octets = value.data;
    match value.tag() {
        Tag::BmpString => {
            let (units, rest) = octets.as_chunks::<2>();
            let text = char::decode_utf16(units.iter().map(|unit| u16::from_be_bytes(*unit))).collect::<Result<_, _>>();
            text.ok().filter(|_| rest.is_empty())
        }
        Tag::UniversalString => {
            let (letters, rest) = octets.as_chunks::<4>();
            let text = letters.iter().map(|letter| char::from_u32(u32::from_be_bytes(*letter))).collect();
            Option::filter(text, |_: &String| rest.is_empty())
        }
        // T.61 is read as it is written in practice, as Latin-1.
        Tag::T61String => Some(octets.iter().copied().map(char::from).collect()),
        _ => attribute.as_str().ok().map(str::to_owned),
    }
}

fn uris(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let uri = |name: &GeneralName<'_>| match name {
        GeneralName::URI(uri) => Some((*uri).to_owned()),
        _ => None,
    };
    names.value.general_names.iter().filter_map(uri).collect()
}

#[cfg(test)]
mod tests {
    use rcgen::string::BmpString;
    use rcgen::{CertificateParams, DistinguishedName, DnType, DnValue, KeyPair, SanType};

    use super::*;

    const URI: &str = "urn:example:school";
    const BIN: &str = "BIN990140000007";
    const OTHER: &str = "BIN990140000017";

    /// A certificate with these in its subject; one OID holds one value in rcgen, so a second has an OID that is mended after.
    fn certificate(attributes: Vec<(&[u64], DnValue)>) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.subject_alt_names = vec![SanType::URI(URI.try_into().unwrap())];
        params.distinguished_name = DistinguishedName::new();
        for (oid, value) in attributes {
            params.distinguished_name.push(DnType::CustomDnType(oid.to_vec()), value);
        }
        let der = params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec();
        mended(mended(der, &[0x55, 4, 99], &[0x55, 4, 11]), &[100, 1, 99], &[100, 1, 1])
    }

    fn mended(mut der: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
        for at in 0..der.len() - from.len() {
            if der[at..].starts_with(from) {
                der[at..at + to.len()].copy_from_slice(to);
            }
        }
        der
    }

    #[test]
    fn two_names_of_one_kind_are_nobodys() {
        const OU: &[u64] = &[2, 5, 4, 11];
        const SECOND_OU: &[u64] = &[2, 5, 4, 99];
        const UID: &[u64] = &[0, 9, 2342, 19_200_300, 100, 1, 1];
        const SECOND_UID: &[u64] = &[0, 9, 2342, 19_200_300, 100, 1, 99];
        let utf8 = |text: &str| DnValue::Utf8String(text.to_owned());
        let bmp = |text: &str| DnValue::BmpString(BmpString::try_from(text).unwrap());
        for (bin, uid, uri, row, attributes) in [
            (true, false, true, "one BIN", vec![(OU, utf8(BIN))]),
            (true, false, true, "one BIN in another string type", vec![(OU, bmp(BIN))]),
            (true, true, true, "one of each", vec![(OU, utf8(BIN)), (UID, utf8("2.999.1"))]),
            (true, false, true, "a unit beside it", vec![(OU, utf8("IT")), (SECOND_OU, utf8(BIN))]),
            (false, false, true, "no BIN", vec![(OU, utf8("IT"))]),
            (false, false, true, "a BIN that is none", vec![(OU, utf8("BIN990140000008"))]),
            (false, false, false, "two BINs", vec![(OU, utf8(BIN)), (SECOND_OU, utf8(OTHER))]),
            (false, false, false, "two BINs, turned round", vec![(OU, utf8(OTHER)), (SECOND_OU, utf8(BIN))]),
            (false, false, false, "one BIN twice", vec![(OU, utf8(BIN)), (SECOND_OU, utf8(BIN))]),
            (false, false, false, "the first as BMPString", vec![(OU, bmp(OTHER)), (SECOND_OU, utf8(BIN))]),
            (false, false, false, "the second as BMPString", vec![(OU, utf8(BIN)), (SECOND_OU, bmp(OTHER))]),
            (false, false, false, "one that is none beside one", vec![(OU, utf8("BIN1")), (SECOND_OU, utf8(BIN))]),
            (false, false, false, "two UIDs", vec![(UID, utf8("2.999.1")), (SECOND_UID, utf8("2.999.2"))]),
            (
                false,
                false,
                false,
                "two UIDs, one as BMPString",
                vec![(UID, bmp("2.999.1")), (SECOND_UID, utf8("2.999.2"))],
            ),
        ] {
            let found = identity(&certificate(attributes), &[]);
            assert_eq!((found.bin.is_some(), found.uid.is_some(), found.uris == [URI]), (bin, uid, uri), "{row}");
        }
    }

    #[test]
    fn a_unit_that_is_no_text_is_nobodys() {
        let der = certificate(vec![(&[2, 5, 4, 11], DnValue::Utf8String(BIN.to_owned()))]);
        let unreadable = mended(der, b"BIN", &[0xff, 0xfe, 0xfd]);
        assert_eq!(identity(&unreadable, &[]).uris, Vec::<String>::new());
    }
}
