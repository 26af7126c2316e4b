//! The report says what people decide by, and nothing that is not theirs to see.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use qaqpa_certs_dev::inspect::{InspectError, Report};
use qaqpa_certs_dev::{DevPki, inspect};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, SanType};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

mod der;

const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

#[test]
fn a_report_says_what_people_decide_by() {
    let pki = DevPki::make(NOW).unwrap();
    let school = "CN=QAQPA DEVELOPMENT SCHOOL, C=KZ, O=QAQPA DEVELOPMENT SCHOOL, OU=BIN990140000007";
    let table = [
        (vec!["Certificate for development only", school], pki.clients.school.certificate_pem()),
        (vec!["BIN              990140000007", "URI urn:qaqpa:dev:school"], pki.clients.school.certificate_pem()),
        (vec!["valid for 365 days", "2027-11-20 12:00:00 UTC"], pki.clients.school.certificate_pem()),
        (vec!["TLS client [1.3.6.1.5.5.7.3.2], organisation (NUC RK)"], pki.clients.school.certificate_pem()),
        (vec!["ECDSA P-256, 256 bit", "ECDSA with SHA-256"], pki.clients.school.certificate_pem()),
        (vec!["expired 1 day ago"], pki.enemies.expired.certificate_pem()),
        (vec!["not yet valid, starts in 30 days"], pki.enemies.not_yet_valid.certificate_pem()),
        (vec!["issuer           itself"], pki.enemies.self_signed.certificate_pem()),
        (vec!["DNS localhost, DNS shep.localhost, IP 127.0.0.1, IP ::1"], pki.servers.shep.certificate_pem()),
        (vec!["RSA, 2048 bit", "RSA with SHA-256", "UID              2.999.398.2"], pki.signers.shep.certificate_pem()),
        (vec!["digitalSignature, nonRepudiation"], pki.signers.shep.certificate_pem()),
        (vec!["information system (NUC RK)", "eGov gateway (NUC RK"], pki.signers.shep.certificate_pem()),
        (vec!["ECDSA P-256, 256 bit", "information system"], pki.signers.gateway_ec.certificate_pem()),
        (vec!["may issue certificates", "keyCertSign, cRLSign"], pki.tls.certificate_pem()),
        (vec!["Revocation list", "revoked          1", "valid for 30 days"], &pki.revocations.pem),
        (vec!["2026-11-20 11:00:00 UTC", "2026-12-20 12:00:00 UTC"], &pki.revocations.pem),
    ];
    for (wanted, pem) in table {
        let report = inspect(pem.as_bytes(), NOW).unwrap().to_string();
        assert!(wanted.iter().all(|text| report.contains(text)), "wanted {wanted:?} in\n{report}");
    }
}

#[test]
fn numbers_and_fingerprints_agree() {
    let pki = DevPki::make(NOW).unwrap();
    let pem = inspect(pki.clients.school.certificate_pem().as_bytes(), NOW).unwrap();
    let der = inspect(&pki.clients.school.certificate_der(), NOW).unwrap();
    assert_eq!(pem, der, "PEM and DER say the same");
    let Some(Report::Certificate(report)) = pem.reports.first() else { panic!("no certificate") };
    assert_eq!(report.sha256, pki.clients.school.fingerprint());
    assert_eq!((report.serial_hex.len(), report.spki_sha256.len()), (40, 64));
    let from_hex = report.serial_hex.bytes().fold("0".to_owned(), |sum, digit| times_16_plus(&sum, digit));
    assert_eq!(report.serial_decimal, from_hex);
}

#[test]
fn a_bundle_is_read_whole_and_in_order() {
    let pki = DevPki::make(NOW).unwrap();
    let bundle = format!(
        "Bag Attributes\r\n{}\ntext between\n{}{}",
        pki.clients.school.certificate_pem(),
        pki.tls.certificate_pem().replace('\n', "\r\n"),
        pki.revocations.pem
    );
    let kinds: Vec<_> = inspect(bundle.as_bytes(), NOW).unwrap().reports.into_iter().map(kind).collect();
    assert_eq!(kinds, ["certificate", "certificate", "list"]);
    assert_eq!(kind(inspect(&pki.revocations.der, NOW).unwrap().reports.remove(0)), "list", "DER lists are read too");

    let broken = bundle.replacen("MII", "AAA", 1);
    let error = inspect(broken.as_bytes(), NOW).unwrap_err();
    assert_eq!(error.to_string(), "item 1 is not a well formed certificate");
}

#[test]
fn private_keys_are_refused_whatever_their_wrapping() {
    let pki = DevPki::make(NOW).unwrap();
    let (rsa, ec) = (&pki.signers.gateway, &pki.clients.school);
    let behind = format!("{}{}", ec.certificate_pem(), ec.key_pem());
    let labelled = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n").into_bytes();
    let encrypted = der::sequence(&[&der::sequence(&[&der::oid("1.2.840.113549.1.5.13")]), &der::octets(b"sealed")]);
    let pkcs12 = der::sequence(&[&der::integer(3), &der::sequence(&[])]);
    let table = [
        (rsa.key_pem().into_bytes(), "a PEM key"),
        (behind.into_bytes(), "a key behind its certificate"),
        (rsa.key_der().secret_der().to_vec(), "an RSA key as DER"),
        (ec.key_der().secret_der().to_vec(), "an elliptic key as DER"),
        (labelled("ENCRYPTED PRIVATE KEY"), "an encrypted key"),
        (labelled("EC PRIVATE KEY"), "a SEC 1 key"),
        (labelled("OPENSSH PRIVATE KEY"), "an SSH key"),
        (encrypted, "an encrypted key as DER"),
        (pkcs12, "a PKCS#12 store, as NUC RK hands them out"),
    ];
    for (input, sentence) in table {
        let error = inspect(&input, NOW).unwrap_err();
        assert_eq!(error, InspectError::PrivateKey, "{sentence}");
        assert!(error.to_string().contains("never paste"), "{sentence}");
    }
}

#[test]
fn other_things_are_refused() {
    let pki = DevPki::make(NOW).unwrap();
    let certificate = pki.clients.school.certificate_der();
    let with_tail = [certificate.as_ref(), b"tail"].concat();
    let cut = certificate.get(..100).unwrap();
    let public_key = b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    let table: [(&[u8], &str); 6] = [
        (b"", "nothing"),
        (b"hello", "prose"),
        (b"{}", "JSON"),
        (&with_tail, "a certificate with something behind it"),
        (cut, "half a certificate"),
        (public_key, "a public key"),
    ];
    for (input, sentence) in table {
        assert_eq!(inspect(input, NOW).unwrap_err(), InspectError::Nothing, "{sentence}");
    }
    let open_ended = b"-----BEGIN CERTIFICATE-----\nAAAA\n";
    assert_eq!(inspect(open_ended, NOW).unwrap_err(), InspectError::Pem { position: 1 });
}

#[test]
fn a_human_is_never_named() {
    let human = [
        ("2.5.4.3", "SYNTHETIC PERSON"),
        ("2.5.4.4", "SYNTHETIC"),
        ("2.5.4.5", "IIN991231500006"),
        ("2.5.4.42", "PATRONYMIC"),
        ("2.5.4.10", "A SCHOOL"),
        ("2.5.4.11", "BIN990140000007"),
        ("1.2.840.113549.1.9.1", "person@example.invalid"),
    ];
    let names = vec![
        SanType::Rfc822Name("person@example.invalid".try_into().unwrap()),
        SanType::URI("urn:person:991231500006".try_into().unwrap()),
    ];
    let inspection = inspect(&certificate(&human, names), NOW).unwrap();
    let shown = format!("{inspection}{inspection:?}");
    for personal in ["SYNTHETIC", "991231500006", "PATRONYMIC", "person@"] {
        assert!(!shown.contains(personal), "{personal} is shown in\n{inspection}");
    }
    for kept in ["serialNumber=IIN…(hidden)", "O=A SCHOOL", "BIN              990140000007", "urn:person:…(hidden)"]
    {
        assert!(shown.contains(kept), "{kept} is missing from\n{inspection}");
    }
}

#[test]
fn names_from_strangers_cannot_deceive() {
    let table = [
        ("CN=a\\, OU=BIN990140000007", "2.5.4.3", "a, OU=BIN990140000007", "one attribute cannot look like two"),
        ("CN=\\u{1b}[2Jcleared", "2.5.4.3", "\u{1b}[2Jcleared", "a name cannot clear the screen"),
        ("CN=\\u{202e}7000", "2.5.4.3", "\u{202e}7000", "a name cannot turn the reading direction"),
        ("CN=one\\u{a}  BIN", "2.5.4.3", "one\n  BIN", "a name cannot add a line"),
        ("OU=BIN…(hidden)", "2.5.4.11", "BIN991231500006", "an IIN in the place of a BIN is still an IIN"),
        ("serialNumber=BIN990140000007", "2.5.4.5", "BIN990140000007", "older certificates keep the BIN here"),
        ("serialNumber=…(hidden)", "2.5.4.5", "UNKNOWN1", "other serial numbers may be people's"),
        ("OU=12345678901234567890", "2.5.4.11", "12345678901234567890", "longer numbers are not IINs"),
        ("CN=Мектеп №1", "2.5.4.3", "Мектеп №1", "letters of Kazakhstan stay"),
    ];
    for (wanted, oid, value, sentence) in table {
        let inspection = inspect(&certificate(&[(oid, value)], Vec::new()), NOW).unwrap();
        let Some(Report::Certificate(report)) = inspection.reports.first() else { panic!("no certificate") };
        assert_eq!(report.subject.to_string(), wanted, "{sentence}");
        assert!(!report.development(), "{sentence}");
    }
}

#[test]
fn kazakh_algorithms_are_named() {
    let table = [
        (
            "1.2.398.3.10.1.1.2.3.2",
            "1.2.398.3.10.1.1.2.2",
            "GOST R 34.10-2015 with GOST R 34.11-2015, 512 bit (Kazakhstan)",
        ),
        (
            "1.2.398.3.10.1.1.2.3.1",
            "1.2.398.3.10.1.1.2.2",
            "GOST R 34.10-2015 with GOST R 34.11-2015, 256 bit (Kazakhstan)",
        ),
        ("1.2.398.3.10.1.1.1.2", "1.2.398.3.10.1.1.1.1", "GOST 34.310-2004 with GOST 34.311-95 (Kazakhstan)"),
        ("1.2.840.113549.1.1.5", "1.2.398.3.10.1.1.1.1", "RSA with SHA-1 (broken, refused)"),
        ("1.2.398.9.9", "1.2.398.9.8", "1.2.398.9.9"),
    ];
    for (signature, key, wanted) in table {
        let inspection = inspect(&der::certificate(signature, key), NOW).unwrap();
        let Some(Report::Certificate(report)) = inspection.reports.first() else { panic!("no certificate") };
        assert_eq!(report.signature, wanted);
        assert!(report.key.contains("GOST") || report.key == "1.2.398.9.8", "{}", report.key);
    }
}

#[test]
fn a_term_is_told_from_the_given_moment() {
    let pki = DevPki::make(NOW).unwrap();
    let end = NOW + Duration::days(365);
    let table = [
        ("not yet valid, starts in less than a day", NOW - Duration::hours(2)),
        ("valid for 365 days", NOW - Duration::HOUR),
        ("valid for 1 day", end - Duration::DAY),
        ("valid for less than a day", end),
        ("expired less than a day ago", end + Duration::SECOND),
        ("expired 10 days ago", end + Duration::days(10)),
    ];
    for (wanted, now) in table {
        let report = inspect(pki.clients.school.certificate_pem().as_bytes(), now).unwrap().to_string();
        assert!(report.contains(wanted), "wanted {wanted} in\n{report}");
    }
    let late = inspect(pki.revocations.pem.as_bytes(), NOW + Duration::days(33)).unwrap().to_string();
    assert!(late.contains("expired 3 days ago"), "{late}");
}

#[test]
fn no_changed_octet_makes_it_panic() {
    let pki = DevPki::make(NOW).unwrap();
    for der in [pki.servers.shep.certificate_der().to_vec(), pki.revocations.der.to_vec()] {
        for position in 0..der.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut changed = der.clone();
                *changed.get_mut(position).unwrap() ^= change;
                drop(inspect(&changed, NOW).map(|inspection| inspection.to_string()));
            }
        }
    }
}

fn certificate(attributes: &[(&str, &str)], names: Vec<SanType>) -> Vec<u8> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    for (oid, value) in attributes {
        let oid: Vec<u64> = oid.split('.').map(|arc| arc.parse().unwrap()).collect();
        params.distinguished_name.push(DnType::from_oid(&oid), *value);
    }
    params.subject_alt_names = names;
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
}

fn kind(report: Report) -> &'static str {
    match report {
        Report::Certificate(_) => "certificate",
        Report::Revocation(_) => "list",
    }
}

/// Decimal long multiplication, so that the two forms of a serial number are compared by something else than their
/// maker.
fn times_16_plus(decimal: &str, digit: u8) -> String {
    let mut carry = (digit as char).to_digit(16).unwrap();
    let mut out = Vec::new();
    for c in decimal.chars().rev() {
        let sum = c.to_digit(10).unwrap() * 16 + carry;
        out.push(char::from_digit(sum % 10, 10).unwrap());
        carry = sum / 10;
    }
    while carry > 0 {
        out.push(char::from_digit(carry % 10, 10).unwrap());
        carry /= 10;
    }
    let number: String = out.into_iter().rev().collect();
    let number = number.trim_start_matches('0');
    if number.is_empty() { "0".to_owned() } else { number.to_owned() }
}
