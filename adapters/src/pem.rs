//! PEM (RFC 7468) in the forms in which people have it; every key, certificate and revocation list of the house is read here.
//!
//! What can only mean one thing is read: a byte order mark, indentation, any line ends or none (a key in one line, `\n` as two
//! characters), text around the blocks, a list in DER. Anything else is named with its cure. [`NotRead`] has no place for an
//! octet of what was read, so that no key can come into an error, a log or a terminal.
//!
//! ```
//! use qaqpa_adapters::pem::{self, NotRead};
//!
//! let folded = r"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
//! assert_eq!(pem::certificates(folded.as_bytes()).unwrap().first().unwrap().as_ref(), [0x30, 0]);
//! assert_eq!(pem::private_key(folded.as_bytes()).unwrap_err(), NotRead::CertificateForKey);
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::{
    CertificateDer, CertificateRevocationListDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer,
    PrivateSec1KeyDer,
};
use x509_parser::prelude::FromDer as _;
use x509_parser::revocation_list::CertificateRevocationList;
use zeroize::Zeroizing;

/// Why a file is no PEM of what is wanted. The operator is at fault; each sentence says what is there, and what helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotRead {
    /// Not one octet.
    #[error("it is empty")]
    Empty,
    /// A mark of UTF-16 at the beginning.
    #[error("it is UTF-16 text, as some editors save it; save it as UTF-8 (`iconv -f UTF-16 -t UTF-8 OLD > NEW`)")]
    Utf16,
    /// A certificate or key that was never made PEM.
    #[error(
        "it is DER (binary), not PEM; `openssl x509 -inform DER -in OLD` prints a certificate, `openssl pkey -inform DER \
         -in OLD` a key as PEM"
    )]
    Der,
    /// Binary in a list's place.
    #[error("it is binary, and no whole revocation list in DER: the file is cut off, or something follows the list")]
    BrokenList,
    /// PKCS#12 (RFC 7292) or Java's own store.
    #[error(
        "it is a key store (PKCS#12, PFX or JKS), not PEM; `openssl pkcs12 -in OLD -nodes` prints what is in a PKCS#12 store"
    )]
    Store,
    /// PuTTY's own form.
    #[error("it is a key of PuTTY, not PEM; a key for TLS or signatures is needed, in PKCS#8 (`BEGIN PRIVATE KEY`)")]
    Putty,
    /// OpenSSH's own form.
    #[error("it is a key in the form of OpenSSH; `ssh-keygen -p -N '' -m PKCS8 -f COPY` makes a copy of it PKCS#8")]
    OpenSsh,
    /// PKCS#8 (RFC 5958) or PEM (RFC 1421) under a password.
    #[error(
        "the key is encrypted, and nobody is there to give the password when a gateway starts; `openssl pkey -in OLD -out \
         NEW` takes the password off"
    )]
    Encrypted,
    /// A certificate in a key's place.
    #[error("it holds a certificate where the private key was expected; were two files exchanged?")]
    CertificateForKey,
    /// A key in a certificate's or a list's place.
    #[error("it holds a private key where a certificate or a revocation list was expected; were two files exchanged?")]
    KeyForCertificate,
    /// Blocks of other kinds only: a request, a public key, PKCS#7.
    #[error("it holds PEM of another kind than was expected (a request, a public key, PKCS#7 or another)")]
    Other,
    /// More than one private key.
    #[error("it holds more than one private key, and nobody can tell which is meant")]
    SeveralKeys,
    /// `BEGIN` without its `END`.
    #[error("its END line is missing or another's: the file is cut off, or was changed")]
    Unclosed,
    /// Something else between `BEGIN` and `END`.
    #[error("what stands between its BEGIN and END lines is not base64: the file was changed")]
    Base64,
    /// No `BEGIN` at all.
    #[error("it is not PEM: it has no line `-----BEGIN ...-----`")]
    NoPem,
}

/// Every certificate of a PEM text in its order, at least one; other blocks are passed over.
///
/// # Errors
/// [`NotRead`].
pub fn certificates(octets: &[u8]) -> Result<Vec<CertificateDer<'static>>, NotRead> {
    let blocks = blocks(octets)?;
    let found: Vec<_> = blocks
        .iter()
        .filter(|block| matches!(block.label.as_str(), "CERTIFICATE" | "X509 CERTIFICATE"))
        .map(|block| CertificateDer::from(block.der.to_vec()))
        .collect();
    if found.is_empty() { Err(instead_of_public(&blocks)) } else { Ok(found) }
}

/// Every revocation list of a PEM text, or of lists in DER that follow each other; at least one.
///
/// # Errors
/// [`NotRead`].
pub fn revocation_lists(octets: &[u8]) -> Result<Vec<CertificateRevocationListDer<'static>>, NotRead> {
    if let Some(lists) = der_lists(octets) {
        return Ok(lists);
    }
    let blocks = blocks(octets).map_err(|why| if why == NotRead::Der { NotRead::BrokenList } else { why })?;
    let found: Vec<_> = blocks
        .iter()
        .filter(|block| block.label == "X509 CRL")
        .map(|block| CertificateRevocationListDer::from(block.der.to_vec()))
        .collect();
    if found.is_empty() { Err(instead_of_public(&blocks)) } else { Ok(found) }
}

/// The one private key of a PEM text: PKCS#8, PKCS#1 (RSA) or SEC1 (elliptic curves), without a password.
///
/// # Errors
/// [`NotRead`].
pub fn private_key(octets: &[u8]) -> Result<PrivateKeyDer<'static>, NotRead> {
    let blocks = blocks(octets)?;
    let mut keys = blocks.iter().filter_map(Block::private_key);
    match (keys.next(), keys.next()) {
        (Some(key), None) => Ok(key),
        (Some(_), Some(_)) => Err(NotRead::SeveralKeys),
        (None, _) => Err(instead_of_key(&blocks)),
    }
}

/// One block: the word of its BEGIN line, and what its base64 stands for.
struct Block {
    label: String,
    der: Zeroizing<Vec<u8>>,
}

impl Block {
    fn private_key(&self) -> Option<PrivateKeyDer<'static>> {
        let der = self.der.to_vec();
        match self.label.as_str() {
            "PRIVATE KEY" => Some(PrivatePkcs8KeyDer::from(der).into()),
            "RSA PRIVATE KEY" => Some(PrivatePkcs1KeyDer::from(der).into()),
            "EC PRIVATE KEY" => Some(PrivateSec1KeyDer::from(der).into()),
            _ => None,
        }
    }
}

fn blocks(octets: &[u8]) -> Result<Vec<Block>, NotRead> {
    let text = text(octets)?;
    let (mut blocks, mut rest) = (Vec::new(), text.as_str());
    while let Some((_, begun)) = rest.split_once(BEGIN) {
        let (label, body) = begun.split_once(DASHES).filter(|(label, _)| is_label(label)).ok_or(NotRead::Unclosed)?;
        let (body, behind) = body.split_once(&format!("{END}{label}{DASHES}")).ok_or(NotRead::Unclosed)?;
        if label == "OPENSSH PRIVATE KEY" {
            return Err(NotRead::OpenSsh);
        }
        if label == "ENCRYPTED PRIVATE KEY" || body.contains("ENCRYPTED") {
            return Err(NotRead::Encrypted);
        }
        blocks.push(Block { label: label.to_owned(), der: der(body)? });
        rest = behind;
    }
    if blocks.is_empty() { Err(NotRead::NoPem) } else { Ok(blocks) }
}

/// Letters, digits and single words: a label that is anything else is a line that was cut.
fn is_label(label: &str) -> bool {
    (1..=40).contains(&label.len()) && label.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == ' ')
}

fn der(body: &str) -> Result<Zeroizing<Vec<u8>>, NotRead> {
    let mut base64 = Zeroizing::new(String::with_capacity(body.len()));
    let mut characters = body.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            // A line end that was written as two characters, as into an environment variable.
            ('\\', Some('n' | 'r' | 't')) => drop(characters.next()),
            (space, _) if space.is_whitespace() || matches!(space, '\u{feff}' | '\u{200b}') => {}
            _ => base64.push(character),
        }
    }
    let octets = STANDARD.decode(base64.as_bytes()).map(Zeroizing::new).map_err(|_| NotRead::Base64)?;
    if octets.is_empty() { Err(NotRead::Base64) } else { Ok(octets) }
}

/// The octets as text, or the name of what they are instead.
fn text(octets: &[u8]) -> Result<Zeroizing<String>, NotRead> {
    match octets {
        [] => Err(NotRead::Empty),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err(NotRead::Utf16),
        [0xfe, 0xed, 0xfe, 0xed, ..] => Err(NotRead::Store),
        _ if octets.starts_with(b"PuTTY-User-Key-File") => Err(NotRead::Putty),
        [0x30, ..] if is_store(octets) => Err(NotRead::Store),
        // A SEQUENCE: of more than 127 octets, or of version 0.
        [0x30, 0x81..=0x84, ..] | [0x30, _, 0x02, 0x01, 0x00, ..] => Err(NotRead::Der),
        [_, 0, _, 0, ..] | [0, _, 0, _, ..] => Err(NotRead::Utf16), // without its mark
        _ if octets.contains(&0) => Err(NotRead::Der),
        _ if octets.iter().all(u8::is_ascii_whitespace) => Err(NotRead::Empty),
        _ => Ok(Zeroizing::new(String::from_utf8_lossy(octets).into_owned())),
    }
}

/// A PFX begins with its version, 3 (RFC 7292, section 4); what keys, certificates and lists begin with is another.
fn is_store(der: &[u8]) -> bool {
    let length = der.get(1).map_or(0, |first| if first & 0x80 == 0 { 0 } else { usize::from(first & 0x7f) });
    der.get(2 + length..).is_some_and(|content| content.starts_with(&[2, 1, 3]))
}

fn der_lists(octets: &[u8]) -> Option<Vec<CertificateRevocationListDer<'static>>> {
    let (mut lists, mut rest) = (Vec::new(), octets);
    while !rest.is_empty() {
        let (behind, _) = CertificateRevocationList::from_der(rest).ok()?;
        let list = rest.get(..rest.len().checked_sub(behind.len())?)?;
        lists.push(CertificateRevocationListDer::from(list.to_vec()));
        rest = behind;
    }
    (!lists.is_empty()).then_some(lists)
}

fn instead_of_public(blocks: &[Block]) -> NotRead {
    let key = blocks.iter().any(|block| block.private_key().is_some());
    if key { NotRead::KeyForCertificate } else { NotRead::Other }
}

fn instead_of_key(blocks: &[Block]) -> NotRead {
    let certificate = blocks.iter().any(|block| block.label == "CERTIFICATE");
    if certificate { NotRead::CertificateForKey } else { NotRead::Other }
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMAAw\nADAA\n-----END PRIVATE KEY-----\n";
    const DER: [u8; 6] = [0x30, 0, 0x30, 0, 0x30, 0];

    #[test]
    fn what_can_only_mean_one_thing_is_read() {
        let certificate = KEY.replace("PRIVATE KEY", "CERTIFICATE");
        for (row, text) in [
            ("as it should be", KEY.to_owned()),
            ("a byte order mark", format!("\u{feff}{KEY}")),
            ("indented", KEY.replace('\n', "\n    ")),
            ("in YAML", format!("key: |\n  {}", KEY.replace('\n', "\n  "))),
            ("CRLF", KEY.replace('\n', "\r\n")),
            ("CR", KEY.replace('\n', "\r")),
            ("line ends as two characters", KEY.replace('\n', "\\n")),
            ("CRLF as four characters, quoted", format!("\"{}\"", KEY.replace('\n', "\\r\\n"))),
            ("folded", KEY.replace('\n', " ")),
            ("in one line", KEY.replace('\n', "")),
            ("hard spaces", KEY.replace("MAAw\n", "MAAw\u{a0}\n")),
            ("without its last line end", KEY.trim_end().to_owned()),
            ("text around it", format!("Bag Attributes\n    friendlyName: мектеп\n{KEY}end\n")),
            ("behind a certificate", format!("{certificate}{KEY}")),
            ("behind the parameters of its curve", format!("{}{KEY}", KEY.replace("PRIVATE KEY", "EC PARAMETERS"))),
        ] {
            assert_eq!(private_key(text.as_bytes()).unwrap().secret_der(), DER, "{row}");
        }
    }

    #[test]
    fn each_other_form_has_its_name() {
        let utf16 = |mark: &[u8]| mark.iter().copied().chain(KEY.bytes().flat_map(|c| [c, 0])).collect::<Vec<u8>>();
        let named = |label: &str| KEY.replace("PRIVATE KEY", label).into_bytes();
        for (wanted, octets) in [
            (NotRead::Empty, Vec::new()),
            (NotRead::Empty, b" \r\n".to_vec()),
            (NotRead::Utf16, utf16(&[0xff, 0xfe])),
            (NotRead::Utf16, utf16(&[])),
            (NotRead::Der, vec![0x30, 0x82, 1, 0xf2, 2, 1, 0]),
            (NotRead::Der, vec![0xa0, 3, 2, 1, 0]),
            (NotRead::Store, vec![0x30, 0x82, 1, 0, 2, 1, 3, 0x30]),
            (NotRead::Store, vec![0xfe, 0xed, 0xfe, 0xed, 0, 0]),
            (NotRead::Putty, b"PuTTY-User-Key-File-3: ssh-rsa\n".to_vec()),
            (NotRead::OpenSsh, named("OPENSSH PRIVATE KEY")),
            (NotRead::Encrypted, named("ENCRYPTED PRIVATE KEY")),
            (NotRead::Encrypted, KEY.replace("MAAw", "Proc-Type: 4,ENCRYPTED\n\nMAAw").into_bytes()),
            (NotRead::CertificateForKey, named("CERTIFICATE")),
            (NotRead::Other, named("CERTIFICATE REQUEST")),
            (NotRead::Other, named("PUBLIC KEY")),
            (NotRead::SeveralKeys, [KEY, KEY].concat().into_bytes()),
            (NotRead::Unclosed, KEY.replace("-----END PRIVATE KEY-----", "").into_bytes()),
            (NotRead::Unclosed, KEY.replace("END PRIVATE", "END RSA PRIVATE").into_bytes()),
            (NotRead::Unclosed, KEY.replace("KEY-----\nMAA", "KEY--\nMAA").into_bytes()),
            (NotRead::Base64, KEY.replace("MAAw", "MA?w").into_bytes()),
            (NotRead::Base64, KEY.replace("MAAw\nADAA", "").into_bytes()),
            (NotRead::NoPem, b"MAAwADAA\n".to_vec()),
            (NotRead::NoPem, b"half of a key".to_vec()),
        ] {
            let told = private_key(&octets).err();
            assert_eq!(told, Some(wanted), "{}", String::from_utf8_lossy(&octets));
        }
        assert_eq!(certificates(KEY.as_bytes()), Err(NotRead::KeyForCertificate));
        assert_eq!(revocation_lists(KEY.as_bytes()), Err(NotRead::KeyForCertificate));
        assert_eq!(certificates(&named("PKCS7")), Err(NotRead::Other));
        assert_eq!(revocation_lists(&[0x30, 0x82, 1, 0xf2, 2, 1, 1]), Err(NotRead::BrokenList));
    }

    /// Whatever is broken about a key, nothing of it is in what is said.
    #[test]
    fn no_error_repeats_what_was_read() {
        let secret = "C4n4ryC4n4ryC4n4ry";
        let whole = KEY.replace("MAAw", secret);
        let cuts = (0..whole.len()).map(|at| whole.split_at(at).0.to_owned());
        let drops = (0..whole.len()).map(|at| [whole.split_at(at).0, whole.split_at(at + 1).1].concat());
        for text in cuts.chain(drops) {
            if let Err(why) = private_key(text.as_bytes()) {
                assert!(!format!("{why} {why:?}").contains(secret.split_at(4).0), "{text}");
            }
        }
    }
}
