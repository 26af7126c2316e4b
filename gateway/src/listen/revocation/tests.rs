//! Which list follows which, as tables; whole renewals stand in `tests/tests/corridor/revocation.rs`.

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CrlDistributionPoint,
    CrlIssuingDistributionPoint, CrlScope, DnType, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RsaKeySize,
    SerialNumber,
};
use rustls::pki_types::CertificateDer;
use time::OffsetDateTime;

use super::list::List;
use super::{NotRenewed, due};

/// Days of a world of its own.
fn day(number: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * (20_000 + number))
}

fn date(number: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(day(number).as_second()).unwrap()
}

fn authority(name: &str, usages: &[KeyUsagePurpose]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = usages.to_vec();
    params
}

fn certificate(params: &CertificateParams, key: &KeyPair) -> CertificateDer<'static> {
    params.self_signed(key).unwrap().der().clone()
}

/// What a row changes of a list that lives from day 0 to day 30.
struct Row {
    name: &'static str,
    days: (i64, i64),
    number: Vec<u8>,
    point: Option<CrlIssuingDistributionPoint>,
}

const GOOD: Row = Row { name: "A", days: (0, 30), number: Vec::new(), point: None };

impl Row {
    fn der(self, key: &KeyPair) -> Vec<u8> {
        let number = if self.number.is_empty() { vec![1, 0] } else { self.number };
        let list = CertificateRevocationListParams {
            this_update: date(self.days.0),
            next_update: date(self.days.1),
            crl_number: SerialNumber::from(number),
            issuing_distribution_point: self.point,
            revoked_certs: Vec::new(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let params = authority(self.name, &[KeyUsagePurpose::CrlSign]);
        list.signed_by(&Issuer::from_params(&params, key)).unwrap().der().to_vec()
    }

    fn list(self, key: &KeyPair) -> List {
        List::read(&self.der(key)).unwrap()
    }
}

fn code<T>(result: Result<T, NotRenewed>) -> &'static str {
    result.map_or_else(|why| why.code(), |_| "ok")
}

#[test]
fn an_authority_vouches_with_every_key_that_tls_knows() {
    for (row, key) in [
        ("P-256", KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)),
        ("P-384", KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384)),
        ("P-521", KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512)),
        ("Ed25519", KeyPair::generate_for(&rcgen::PKCS_ED25519)),
        ("RSA, SHA-256", KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048)),
        ("RSA, SHA-512", KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA512, RsaKeySize::_2048)),
    ] {
        let key = key.unwrap();
        let own = certificate(&authority("A", &[KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign]), &key);
        let list = GOOD.list(&key);
        assert_eq!(code(list.is_vouched_for(&[own])), "ok", "{row}");
    }
}

#[test]
fn nobody_else_signs_a_revocation_list() {
    let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let usages = [KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let own = || certificate(&authority("A", &usages), &key);
    let namesake = || certificate(&authority("A", &usages), &other);
    let list = GOOD.list(&key);
    for (wanted, row, authorities) in [
        ("ok", "an authority without key usages", vec![certificate(&authority("A", &[]), &key)]),
        ("ok", "the right one of two namesakes", vec![namesake(), own()]),
        ("revocation.foreign_issuer", "nobody", Vec::new()),
        (
            "revocation.foreign_issuer",
            "the same key by another name",
            vec![certificate(&authority("B", &usages), &key)],
        ),
        (
            "revocation.foreign_issuer",
            "a key that may sign no list",
            vec![certificate(&authority("A", &usages[..1]), &key)],
        ),
        ("revocation.foreign_issuer", "what is no certificate", vec![CertificateDer::from(vec![0x30, 0])]),
        ("revocation.bad_signature", "a namesake", vec![namesake()]),
    ] {
        assert_eq!(code(list.is_vouched_for(&authorities)), wanted, "{row}");
    }
}

#[test]
fn no_octet_of_a_list_can_be_another() {
    let key = KeyPair::generate().unwrap();
    let authorities = [certificate(&authority("A", &[KeyUsagePurpose::CrlSign]), &key)];
    let der = GOOD.der(&key);
    for at in 0..der.len() {
        let mut changed = der.clone();
        changed[at] ^= 1;
        let believed = List::read(&changed).and_then(|list| list.is_vouched_for(&authorities));
        assert!(believed.is_err(), "octet {at} of {}", der.len());
        assert!(List::read(&der[..at]).is_err(), "cut after {at} octets");
    }
}

#[test]
fn a_list_follows_an_older_one_of_the_same_authority() {
    let (key, today) = (KeyPair::generate().unwrap(), day(10));
    let number = |octets: &[u8]| Row { days: (1, 31), number: octets.to_vec(), ..GOOD };
    let before = Row { days: (1, 31), ..GOOD }.list(&key);
    for (wanted, row, next) in [
        ("ok", "the same", number(&[1, 0])),
        ("ok", "a newer one", Row { days: (2, 32), number: vec![1, 1], ..GOOD }),
        ("ok", "a longer number", number(&[1, 0, 0])),
        ("ok", "a number of twenty octets", number(&[0x7f; 20])),
        ("ok", "shorter lived", Row { days: (2, 11), ..GOOD }),
        ("revocation.older", "an earlier date", Row { days: (0, 32), number: vec![2, 0], ..GOOD }),
        ("revocation.older", "a lower number", Row { days: (2, 32), number: vec![0xff], ..GOOD }),
        ("revocation.expired", "its end is today", Row { days: (2, 10), ..GOOD }),
        ("revocation.expired", "its end was yesterday", Row { days: (2, 9), ..GOOD }),
        ("revocation.foreign_issuer", "another authority", Row { name: "B", days: (2, 32), ..GOOD }),
    ] {
        assert_eq!(code(next.list(&key).follows(&before, today)), wanted, "{row}");
    }
}

#[test]
fn a_list_of_some_certificates_is_none() {
    let key = KeyPair::generate().unwrap();
    let point = |scope| CrlIssuingDistributionPoint {
        distribution_point: CrlDistributionPoint { uris: vec!["http://lists.example/".to_owned()] },
        scope,
    };
    for scope in [None, Some(CrlScope::UserCertsOnly), Some(CrlScope::CaCertsOnly)] {
        let list = Row { point: Some(point(scope)), ..GOOD }.der(&key);
        assert_eq!(code(List::read(&list)), "revocation.not_a_list");
    }
}

#[test]
fn der_and_pem_are_the_same_list() {
    let key = KeyPair::generate().unwrap();
    let list = GOOD.list(&key);
    assert_eq!(List::read(list.pem().as_bytes()).unwrap(), list);
    let with_text = format!("Revoked certificates:\n{}", list.pem());
    assert_eq!(List::read(with_text.as_bytes()).unwrap(), list);
}

#[test]
fn a_list_near_its_end_is_renewed_sooner() {
    let at = |minutes: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes);
    for (wanted, now, life, row) in [
        (60, 0, 43_200, "a list of a month: every hour"),
        (32_400, 32_390, 43_200, "but when the last quarter begins"),
        (32_405, 32_400, 43_200, "and every five minutes in it"),
        (43_205, 43_200, 43_200, "also when it is over"),
        (45, 0, 60, "a list of an hour"),
        (50, 45, 60, "a list of an hour, in its last quarter"),
    ] {
        assert_eq!(due(at(now), &List::living(at(0), at(life))), at(wanted), "{row}");
    }
}
