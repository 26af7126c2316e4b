//! What we sign verifies: by ourselves, by an independent implementation, in every layout; and keys that cannot be used are
//! refused when they are loaded.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by panicking")]

#[path = "wsse_signers/mod.rs"]
mod wsse_signers;

use bergshamra_dsig::DsigContext;
use bergshamra_keys::{KeysManager, loader::load_x509_cert_pem};
use qaqpa_adapters::pem::NotRead;
use qaqpa_adapters::wsse::{
    self, KeyInfo, KeyRefused, Layout, NotAuthentic, NotSigned, PinnedSigners, Sign, Signer, SignerUnavailable, Suite,
    suite,
};
use qaqpa_adapters::xml::{Document, Sha256, document};
use wsse_signers::{CONTENT, NOW, body_id, pinned, signer, vector};

fn code(envelope: &str, pins: &PinnedSigners, now: i64) -> Result<String, &'static str> {
    let document = Document::parse(envelope).unwrap();
    let verified = wsse::verify(&document, pins, now).map_err(NotAuthentic::code)?;
    Ok(verified.certificate_serial().unwrap().to_owned())
}

#[test]
fn golden_envelope_verifies() {
    let envelope = String::from_utf8(vector("wsse-rsa256-own.xml")).unwrap();
    let pins = PinnedSigners::from_pem(&vector("test-signer-cert.pem")).unwrap();
    let document = Document::parse(&envelope).unwrap();
    let verified = wsse::verify(&document, &pins, NOW).unwrap();
    let message = document::child(verified.node(), "SendMessage").unwrap();
    assert_eq!(message.tag_name().namespace(), Some("http://bip.bee.kz/SyncChannel/v10/Types"));
    assert_eq!(verified.certificate_serial().as_deref(), Some("539361537"));
    assert_eq!(document.descendants().find(|node| *node == verified.node()), Some(verified.node()));
}

#[test]
fn own_envelopes_verify_in_every_layout() {
    let pins = pinned(&["signer-rsa", "signer-p256"]);
    for name in ["signer-rsa", "signer-p256"] {
        for key_info in [KeyInfo::KeyIdentifier, KeyInfo::IssuerSerial] {
            for signature in [None, Some(wsse::Id::new(uuid::Uuid::max()))] {
                let layout = Layout { body: body_id(), signature, key_info };
                let fast = wsse::envelope_with(CONTENT, &layout, &signer(name)).unwrap();
                let wanted = if name == "signer-rsa" { "20261120001" } else { "20261120002" };
                assert_eq!(code(&fast, &pins, NOW).as_deref(), Ok(wanted), "{layout:?}");
            }
        }
    }
}

/// RSA signatures are deterministic, so the whole envelopes can be compared.
#[test]
fn construction_and_canonicalisation_agree() {
    let signer = signer("signer-rsa");
    let layout = Layout::request(body_id());
    for content in [
        CONTENT,
        "",
        "text",
        "<a></a>",
        "<a xmlns=\"u:a\" b=\"&quot;&#xA;&lt;>\">&gt;&#xD;</a>",
        "<soapenv:x></soapenv:x>",
    ] {
        let fast = wsse::envelope(content, body_id(), &signer).unwrap();
        assert_eq!(Ok(fast), wsse::envelope_parsed(content, &layout, &signer), "{content}");
    }
}

#[test]
fn content_that_is_not_canonical_goes_the_slow_way() {
    let pins = pinned(&["signer-p256"]);
    let layout = Layout::request(body_id());
    for content in [
        "<data xmlns:cs='urn:cs' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='cs:Request'/>",
        "<a b='2' a='1'>\n<![CDATA[<]]><!-- c --></a>",
    ] {
        let slow = wsse::envelope_parsed(content, &layout, &signer("signer-p256")).unwrap();
        assert!(slow.contains(content));
        assert!(code(&slow, &pins, NOW).is_ok(), "{content}");
    }
    for (wanted, content) in [
        ("the content of the body does not stay inside it", "</soapenv:Body><soapenv:Body>"),
        ("the content of the body cannot be signed: the document is refused", "<!DOCTYPE a>"),
        ("the content of the body cannot be signed: the document is refused", "<a>"),
    ] {
        let refused: NotSigned = wsse::envelope_parsed(content, &layout, &signer("signer-rsa")).unwrap_err();
        assert!(refused.to_string().starts_with(wanted), "{refused}");
    }
}

#[test]
fn the_period_of_the_pin_counts() {
    let envelope = wsse::envelope(CONTENT, body_id(), &signer("signer-rsa")).unwrap();
    let (from, to) = (1_767_225_600, 2_713_910_400);
    for (wanted, now) in [
        (Err("expired_signer"), from - 1),
        (Ok("20261120001"), from),
        (Ok("20261120001"), to),
        (Err("expired_signer"), to + 1),
    ] {
        assert_eq!(code(&envelope, &pinned(&["signer-rsa"]), now).as_deref().map_err(|code| *code), wanted, "{now}");
    }
}

#[test]
fn bergshamra_verifies_what_we_sign() {
    for name in ["signer-rsa", "signer-p256"] {
        for key_info in [KeyInfo::KeyIdentifier, KeyInfo::IssuerSerial] {
            let layout = Layout { key_info, ..Layout::request(body_id()) };
            let envelope = wsse::envelope_with(CONTENT, &layout, &signer(name)).unwrap();
            let mut keys = KeysManager::new();
            keys.add_key(load_x509_cert_pem(&vector(&format!("{name}-cert.pem"))).unwrap());
            // Strict verification refuses every WS-Security message, because a Body is not next to its Signature.
            let context = DsigContext::new(keys).with_strict_verification(false);
            let result = bergshamra_dsig::verify::verify(&context, &envelope).unwrap();
            assert!(result.is_valid() && result.all_reference_digests_verified(), "{name} {key_info:?} {result:?}");
        }
    }
}

#[test]
fn unusable_keys_are_refused_when_loaded() {
    let cert = |name: &str| vector(&format!("{name}-cert.pem"));
    let key = |name: &str| vector(&format!("{name}-key.pem"));
    for (wanted, certificate, private) in [
        (KeyRefused::Mismatch, cert("signer-rsa"), key("signer-rogue")),
        (KeyRefused::PrivateKey, cert("signer-rsa"), key("signer-p256")),
        (KeyRefused::NoPrivateKey(NotRead::CertificateForKey), cert("signer-rsa"), cert("signer-rsa")),
        (KeyRefused::NoCertificate(NotRead::KeyForCertificate), key("signer-rsa"), key("signer-rsa")),
        (KeyRefused::NoCertificate(NotRead::Empty), Vec::new(), key("signer-rsa")),
        (KeyRefused::Unsupported, cert("refused-rsa1024"), key("signer-rsa")),
        (KeyRefused::Unsupported, cert("refused-p384"), key("signer-p256")),
        (
            KeyRefused::Certificate,
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec(),
            key("signer-rsa"),
        ),
    ] {
        assert_eq!(Signer::from_pem(&certificate, &private).map(|_| ()), Err(wanted));
    }
    assert_eq!(PinnedSigners::from_pem(&cert("refused-p384")).map(|_| ()), Err(KeyRefused::Unsupported));
}

#[test]
fn nothing_secret_is_printed() {
    assert_eq!(
        format!("{:?}", signer("signer-rsa")),
        "Signer { suite: http://www.w3.org/2001/04/xmldsig-more#rsa-sha256, .. }"
    );
    assert!(format!("{:?}", pinned(&["signer-rsa"])).starts_with("PinnedSigners([PinnedSigner(sha256 "));
    let envelope = wsse::envelope(CONTENT, body_id(), &signer("signer-rsa")).unwrap();
    let document = Document::parse(&envelope).unwrap();
    let verified = wsse::verify(&document, &pinned(&["signer-rsa"]), NOW).unwrap();
    assert!(!format!("{document:?} {verified:?}").contains("991231500006"));
    assert_eq!(verified.certificate_sha256(), Some(Sha256::of(signer("signer-rsa").certificate_der())));
}

#[test]
fn a_signer_out_of_reach_is_an_error_and_not_an_envelope() {
    struct Unplugged;
    impl Sign for Unplugged {
        fn suite(&self) -> &'static dyn Suite {
            suite::by_uri("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256").unwrap()
        }
        fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignerUnavailable> {
            Err(SignerUnavailable)
        }
        fn certificate_der(&self) -> &[u8] {
            &[]
        }
    }
    assert_eq!(wsse::envelope(CONTENT, body_id(), &Unplugged), Err(SignerUnavailable));
}

#[test]
fn unsigned_envelopes_say_so() {
    let envelope = wsse::envelope_unsigned(CONTENT);
    assert_eq!(code(&envelope, &pinned(&["signer-rsa"]), NOW), Err("unsigned"));
}
