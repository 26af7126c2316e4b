//! What one certificate says, in the words of the people who must decide about it.
//!
//! It refuses a certificate whose extensions are damaged or doubled, as RFC 5280, 4.2 asks, and octets after its end.
//!
//! Example: `key usage        digitalSignature, nonRepudiation`.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use aws_lc_rs::digest;
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{ExtendedKeyUsage, GeneralName, KeyUsage};
use x509_parser::parse_x509_certificate;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::masking::{HIDDEN, presentable};
use super::{Name, Standing, line, names_of_oids, standing};

/// A certificate explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateReport {
    /// Whose it is.
    pub subject: Name,
    /// Who issued it.
    pub issuer: Name,
    /// Whether subject and issuer are the same octets: a root, or nobody's.
    pub self_issued: bool,
    /// Whether it may issue certificates (basicConstraints).
    pub authority: bool,
    /// The serial number, lower case hex, as in revocation lists.
    pub serial_hex: String,
    /// The serial number, decimal, as in `ds:X509SerialNumber`.
    pub serial_decimal: String,
    /// First moment of its term.
    pub not_before: OffsetDateTime,
    /// Last moment of its term.
    pub not_after: OffsetDateTime,
    /// Where its term stands now.
    pub standing: Standing,
    /// Other names of the subject.
    pub alternative_names: Vec<AlternativeName>,
    /// The key's algorithm: `RSA`, `ECDSA P-256`, a GOST name, or an object identifier.
    pub key: String,
    /// The key's size in bits, where the algorithm is known.
    pub key_bits: Option<usize>,
    /// How the issuer signed it; for message signers this picks the signature method.
    pub signature: String,
    /// Key usages in RFC 5280's words; empty if the extension is missing.
    pub key_usages: Vec<&'static str>,
    /// Extended key usages; empty if the extension is missing.
    pub purposes: Vec<Purpose>,
    /// SHA-256 of the certificate's DER, lower case hex.
    pub sha256: String,
    /// SHA-256 of its subjectPublicKeyInfo's DER, lower case hex: survives renewal with the same key.
    pub spki_sha256: String,
}

/// One entry of subjectAltName; what may be personal is already hidden. `Display` prints `DNS localhost`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlternativeName {
    /// `DNS`, `IP`, `URI`, `e-mail`, or another kind of general name.
    pub kind: &'static str,
    /// The name, presentable.
    pub value: String,
}

/// One extended key usage. `Display` prints the meaning before the identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose {
    /// Its object identifier in dotted form.
    pub oid: String,
    /// What it means, if known here.
    pub meaning: Option<&'static str>,
}

impl CertificateReport {
    pub(super) fn read(der: &[u8], now: OffsetDateTime) -> Option<Self> {
        let (rest, certificate) = parse_x509_certificate(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let (not_before, not_after) = term(&certificate);
        let (key, key_bits) = key(certificate.public_key());
        let key_usage = certificate.key_usage().ok()?;
        let purposes = certificate.extended_key_usage().ok()?;
        let names = certificate.subject_alternative_name().ok()?;
        Some(Self {
            subject: Name::read(certificate.subject()),
            issuer: Name::read(certificate.issuer()),
            self_issued: certificate.subject().as_raw() == certificate.issuer().as_raw(),
            authority: certificate.basic_constraints().ok()?.is_some_and(|b| b.value.ca),
            serial_hex: hex::encode(certificate.raw_serial()),
            serial_decimal: certificate.tbs_certificate.serial.to_string(),
            not_before,
            not_after,
            standing: Standing::of(not_before, not_after, now),
            alternative_names: names
                .map(|n| n.value.general_names.iter().map(alternative).collect())
                .unwrap_or_default(),
            key,
            key_bits,
            signature: names_of_oids::signature(&certificate.signature_algorithm.algorithm.to_id_string()),
            key_usages: key_usage.map(|usage| key_usages(usage.value)).unwrap_or_default(),
            purposes: purposes.map(|usage| self::purposes(usage.value)).unwrap_or_default(),
            sha256: sha256(der),
            spki_sha256: sha256(certificate.public_key().raw),
        })
    }

    /// Whether subject or issuer says that it was made for a laptop.
    pub fn development(&self) -> bool {
        self.subject.development || self.issuer.development
    }
}

impl fmt::Display for CertificateReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.key_bits.map(|bits| format!(", {bits} bit")).unwrap_or_default();
        writeln!(
            f,
            "Certificate{}",
            if self.development() { " for development only, never for a real system" } else { "" }
        )?;
        line(f, "subject", &self.subject)?;
        line(f, "issuer", if self.self_issued { "itself".to_owned() } else { self.issuer.to_string() })?;
        line(f, "BIN", self.subject.bin.as_deref().unwrap_or_default())?;
        line(f, "UID", self.subject.uid.as_deref().unwrap_or_default())?;
        line(f, "serial", format!("{} (decimal {})", self.serial_hex, self.serial_decimal))?;
        line(f, "term", format!("{} to {}", standing::date(self.not_before), standing::date(self.not_after)))?;
        line(f, "standing", self.standing)?;
        line(f, "names", listed(&self.alternative_names))?;
        line(f, "authority", if self.authority { "may issue certificates" } else { "" })?;
        line(f, "key", format!("{}{bits}", self.key))?;
        line(f, "signature", &self.signature)?;
        line(f, "key usage", listed(&self.key_usages))?;
        line(f, "purposes", listed(&self.purposes))?;
        line(f, "SHA-256", &self.sha256)?;
        line(f, "key SHA-256", &self.spki_sha256)
    }
}

impl fmt::Display for AlternativeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.value)
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.meaning {
            Some(meaning) => write!(f, "{meaning} [{}]", self.oid),
            None => f.write_str(&self.oid),
        }
    }
}

fn term(certificate: &X509Certificate<'_>) -> (OffsetDateTime, OffsetDateTime) {
    let validity = certificate.validity();
    (validity.not_before.to_datetime(), validity.not_after.to_datetime())
}

/// Name and size of a key. GOST sizes are part of the algorithm's name.
fn key(info: &SubjectPublicKeyInfo<'_>) -> (String, Option<usize>) {
    let name = names_of_oids::key(&info.algorithm.algorithm.to_id_string());
    match info.parsed() {
        Ok(PublicKey::RSA(rsa)) => (name, Some(bits(rsa.modulus))),
        Ok(PublicKey::EC(_)) => match curve(info) {
            Some((curve, bits)) => (format!("{name} {curve}"), Some(bits)),
            None => (format!("{name} on an unknown curve"), None),
        },
        _ => (name, None),
    }
}

fn curve(info: &SubjectPublicKeyInfo<'_>) -> Option<(&'static str, usize)> {
    let oid = info.algorithm.parameters.as_ref()?.as_oid().ok()?;
    names_of_oids::curve(&oid.to_id_string())
}

/// The length of a big-endian number without its leading zeros.
fn bits(number: &[u8]) -> usize {
    let significant = number.iter().skip_while(|octet| **octet == 0);
    let leading = significant.clone().next().map_or(0, |octet| octet.leading_zeros());
    (significant.count() * 8).saturating_sub(leading as usize)
}

fn alternative(name: &GeneralName<'_>) -> AlternativeName {
    let (kind, value) = match name {
        GeneralName::DNSName(host) => ("DNS", presentable(host)),
        GeneralName::IPAddress(octets) => ("IP", address(octets)),
        GeneralName::URI(uri) => ("URI", presentable(uri)),
        GeneralName::RFC822Name(_) => ("e-mail", HIDDEN.to_owned()),
        GeneralName::DirectoryName(name) => ("directory", Name::read(name).to_string()),
        GeneralName::RegisteredID(oid) => ("identifier", oid.to_id_string()),
        GeneralName::OtherName(oid, _) => ("other", format!("{} {HIDDEN}", oid.to_id_string())),
        GeneralName::X400Address(_) | GeneralName::EDIPartyName(_) | GeneralName::Invalid(..) => {
            ("other", HIDDEN.to_owned())
        }
    };
    AlternativeName { kind, value }
}

fn address(octets: &[u8]) -> String {
    if let Ok(v4) = <[u8; 4]>::try_from(octets) {
        return Ipv4Addr::from(v4).to_string();
    }
    <[u8; 16]>::try_from(octets).map_or("(malformed)".to_owned(), |v6| Ipv6Addr::from(v6).to_string())
}

fn key_usages(usage: &KeyUsage) -> Vec<&'static str> {
    KEY_USAGES.iter().enumerate().filter(|(bit, _)| usage.flags >> bit & 1 == 1).map(|(_, name)| *name).collect()
}

fn purposes(usage: &ExtendedKeyUsage<'_>) -> Vec<Purpose> {
    let known = [
        (usage.any, "2.5.29.37.0"),
        (usage.server_auth, "1.3.6.1.5.5.7.3.1"),
        (usage.client_auth, "1.3.6.1.5.5.7.3.2"),
        (usage.code_signing, "1.3.6.1.5.5.7.3.3"),
        (usage.email_protection, "1.3.6.1.5.5.7.3.4"),
        (usage.time_stamping, "1.3.6.1.5.5.7.3.8"),
        (usage.ocsp_signing, "1.3.6.1.5.5.7.3.9"),
    ];
    let known = known.into_iter().filter(|(present, _)| *present).map(|(_, oid)| oid.to_owned());
    let oids = known.chain(usage.other.iter().map(|oid| oid.to_id_string()));
    oids.map(|oid| Purpose { meaning: names_of_oids::purpose(&oid), oid }).collect()
}

fn listed(items: &[impl fmt::Display]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn sha256(octets: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, octets))
}

/// In the order of their bits (RFC 5280, 4.2.1.3).
const KEY_USAGES: &[&str] = &[
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];
