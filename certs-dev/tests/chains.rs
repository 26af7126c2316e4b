//! Friends pass the strictest verifier that the gateway can configure; each enemy fails it, and for its own flaw.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use qaqpa_certs_dev::{Authority, Credential, DevPki, RevocationList};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{CertificateError, Error, RootCertStore};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use x509_parser::parse_x509_certificate;

const NOW: OffsetDateTime = datetime!(2026-11-20 12:00:00.75 UTC);

#[test]
fn clients_are_judged_by_the_gateways_verifier() {
    let pki = DevPki::make(NOW).unwrap();
    let verify = |who: &Credential| verdict(client_verifier(&pki, &pki.revocations).as_ref(), who, NOW);
    let (friends, enemies) = (&pki.clients, &pki.enemies);
    let table = [
        ("passes", &friends.school, "a school passes"),
        ("passes", &friends.school_2, "another school passes"),
        ("passes", &friends.auditor, "the auditor passes"),
        ("passes", &friends.admin, "the administration passes"),
        ("passes", &enemies.unknown, "a stranger passes TLS: the gateway's own mapping must refuse it"),
        ("expired", &enemies.expired, "a certificate of last year is refused"),
        ("not yet valid", &enemies.not_yet_valid, "a certificate of next month is refused"),
        ("bad signature", &enemies.foreign, "an issuer's name without its key is refused"),
        ("unknown issuer", &enemies.self_signed, "who vouches for himself is refused"),
        ("wrong purpose", &enemies.wrong_usage, "a server's certificate is no client's"),
        ("revoked", &enemies.revoked, "a revoked certificate is refused"),
        ("wrong purpose", &pki.servers.gateway, "the gateway's own certificate is no client's"),
        ("wrong purpose", &pki.signers.gateway_ec, "a message signer is no TLS client"),
    ];
    for (wanted, who, sentence) in table {
        assert_eq!(verify(who), wanted, "{sentence}");
    }
}

#[test]
fn servers_are_judged_by_the_gateways_connector() {
    let pki = DevPki::make(NOW).unwrap();
    let verifier = WebPkiServerVerifier::builder_with_provider(roots(pki.tls.certificate_der()), provider());
    let verifier = verifier.with_crls([pki.revocations.der.clone()]).build().unwrap();
    let table = [
        ("passes", "shep.localhost", &pki.servers.shep, "the mock government passes under its name"),
        ("passes", "127.0.0.1", &pki.servers.shep, "and under its address"),
        ("passes", "::1", &pki.servers.gateway, "of either version"),
        ("passes", "localhost", &pki.servers.otlp, "the collector passes as localhost"),
        ("wrong name", "shep.localhost", &pki.servers.otlp, "the collector is not the mock government"),
        ("wrong name", "shep.localhost", &pki.enemies.wrong_name_server, "a server from elsewhere is refused"),
        ("bad signature", "shep.localhost", &pki.enemies.impostor_server, "an impostor is refused"),
        ("wrong purpose", "shep.localhost", &pki.clients.school, "a client's certificate is no server's"),
    ];
    for (wanted, host, who, sentence) in table {
        let name = ServerName::try_from(host).unwrap();
        let verdict = verifier.verify_server_cert(&who.certificate_der(), &[], &name, &[], at(NOW)).map(drop);
        assert_eq!(reason(verdict), wanted, "{sentence}");
    }
}

/// Not through a TLS verifier: it refuses message signers for their purpose before it looks at their issuer.
#[test]
fn message_signers_are_vouched_for_by_their_roots() {
    let pki = DevPki::make(NOW).unwrap();
    let (signers, enemies) = (&pki.signers, &pki.enemies);
    let table = [
        (true, &pki.signing, &signers.gateway, "the RSA root vouches for the gateway"),
        (true, &pki.signing, &signers.shep, "and for the mock government"),
        (true, &pki.tls, &signers.gateway_ec, "the P-256 root vouches for the gateway's elliptic key"),
        (true, &pki.signing, &enemies.rogue_signer, "the rogue is vouched for too: only pinning stops it"),
        (true, &pki.signing, &enemies.expired_signer, "the late signer was vouched for in its day"),
        (false, &pki.tls, &signers.gateway, "the P-256 root vouches for no RSA signer"),
        (false, &pki.tls, &enemies.foreign, "a stranger with an authority's name is still a stranger"),
        (false, &pki.tls, &enemies.impostor_server, "as a server too"),
    ];
    for (wanted, authority, who, sentence) in table {
        assert_eq!(vouched_for(authority, who), wanted, "{sentence}");
    }
}

#[test]
fn the_rogue_differs_from_the_signer_by_nothing_a_name_shows() {
    let pki = DevPki::make(NOW).unwrap();
    let [shep, rogue] = [&pki.signers.shep, &pki.enemies.rogue_signer].map(Credential::certificate_der);
    let [(_, shep), (_, rogue)] = [&shep, &rogue].map(|der| parse_x509_certificate(der).unwrap());
    assert_eq!((shep.subject(), shep.issuer()), (rogue.subject(), rogue.issuer()));
    assert_ne!((shep.raw_serial(), shep.public_key()), (rogue.raw_serial(), rogue.public_key()));

    let school = pki.clients.school.certificate_der();
    let foreign = pki.enemies.foreign.certificate_der();
    let [(_, school), (_, foreign)] = [&school, &foreign].map(|der| parse_x509_certificate(der).unwrap());
    assert_eq!(
        (school.subject(), school.issuer()),
        (foreign.subject(), foreign.issuer()),
        "so does the foreign school"
    );
}

#[test]
fn revocation_follows_the_list_in_force() {
    let pki = DevPki::make(NOW).unwrap();
    let later = NOW + Duration::days(29);
    let both = pki.tls.revocation_list(&[&pki.enemies.revoked, &pki.clients.school], later).unwrap();
    let none = pki.tls.revocation_list(&[], NOW).unwrap();
    let table = [
        ("passes", &none, &pki.enemies.revoked, NOW, "nobody is revoked by an empty list"),
        ("revoked", &both, &pki.clients.school, later, "a new list revokes the school"),
        ("revoked", &both, &pki.enemies.revoked, later, "and keeps whom the old one revoked"),
        ("passes", &both, &pki.clients.school_2, later, "but nobody else"),
        ("passes", &pki.revocations, &pki.clients.school, later, "a list holds for 29 days"),
        ("list overdue", &pki.revocations, &pki.clients.school, NOW + Duration::days(31), "but not for 31"),
    ];
    for (wanted, list, who, now, sentence) in table {
        assert_eq!(verdict(client_verifier(&pki, list).as_ref(), who, now), wanted, "{sentence}");
    }
}

#[test]
fn every_key_belongs_to_its_certificate_and_only_to_it() {
    let pki = DevPki::make(NOW).unwrap();
    for credential in pki.credentials() {
        let key = default_provider().key_provider.load_private_key(credential.key_der()).unwrap();
        let pair = rustls::sign::CertifiedKey::new(vec![credential.certificate_der()], key);
        pair.keys_match().unwrap_or_else(|e| panic!("{}: {e}", credential.name()));
    }
    let mut keys: Vec<_> = pki.credentials().map(Credential::key_pem).collect();
    let all = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), all, "no key is used twice");
}

#[test]
fn nothing_shows_a_key() {
    let pki = DevPki::make(NOW).unwrap();
    let shown = format!("{pki:?} {pki:#?}");
    assert!(!shown.contains("PRIVATE KEY"));
    for credential in pki.credentials() {
        let body = credential.key_pem().lines().nth(1).unwrap().to_owned();
        assert!(!shown.contains(&body), "{} is shown", credential.name());
    }
}

#[test]
fn an_absurd_clock_is_refused() {
    for (year, clock) in [(1970, OffsetDateTime::UNIX_EPOCH), (9999, datetime!(9999-12-31 23:59:59 UTC))] {
        let error = DevPki::make(clock).unwrap_err().to_string();
        assert!(error.contains(&year.to_string()), "{error}");
    }
}

fn client_verifier(pki: &DevPki, list: &RevocationList) -> Arc<dyn ClientCertVerifier> {
    let builder = WebPkiClientVerifier::builder_with_provider(roots(pki.tls.certificate_der()), provider());
    builder.with_crls([list.der.clone()]).enforce_revocation_expiration().build().unwrap()
}

fn verdict(verifier: &dyn ClientCertVerifier, who: &Credential, now: OffsetDateTime) -> String {
    reason(verifier.verify_client_cert(&who.certificate_der(), &[], at(now)).map(drop))
}

fn reason(verdict: Result<(), Error>) -> String {
    let flaw = match verdict {
        Ok(()) => "passes",
        Err(Error::InvalidCertificate(CertificateError::ExpiredContext { .. })) => "expired",
        Err(Error::InvalidCertificate(CertificateError::NotValidYetContext { .. })) => "not yet valid",
        Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => "unknown issuer",
        Err(Error::InvalidCertificate(CertificateError::BadSignature)) => "bad signature",
        Err(Error::InvalidCertificate(CertificateError::InvalidPurposeContext { .. })) => "wrong purpose",
        Err(Error::InvalidCertificate(CertificateError::NotValidForNameContext { .. })) => "wrong name",
        Err(Error::InvalidCertificate(CertificateError::Revoked)) => "revoked",
        Err(Error::InvalidCertificate(CertificateError::ExpiredRevocationListContext { .. })) => "list overdue",
        Err(other) => return format!("{other:?}"),
    };
    flaw.to_owned()
}

fn vouched_for(authority: &Authority, who: &Credential) -> bool {
    let (root, leaf) = (authority.certificate_der(), who.certificate_der());
    let [(_, root), (_, leaf)] = [&root, &leaf].map(|der| parse_x509_certificate(der).unwrap());
    let algorithm: &dyn VerificationAlgorithm = match leaf.signature_algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.11" => &RSA_PKCS1_2048_8192_SHA256,
        "1.2.840.10045.4.3.2" => &ECDSA_P256_SHA256_ASN1,
        other => panic!("{other} is not what these roots sign with"),
    };
    let key = UnparsedPublicKey::new(algorithm, &root.public_key().subject_public_key.data);
    key.verify(leaf.tbs_certificate.as_ref(), &leaf.signature_value.data).is_ok()
}

fn roots(root: CertificateDer<'static>) -> Arc<RootCertStore> {
    let mut store = RootCertStore::empty();
    store.add(root).unwrap();
    Arc::new(store)
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(default_provider())
}

fn at(now: OffsetDateTime) -> UnixTime {
    UnixTime::since_unix_epoch(std::time::Duration::from_secs(now.unix_timestamp().unsigned_abs()))
}
