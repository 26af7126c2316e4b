//! Who is not let in at all: an alert in the handshake, nothing reached, and one counted line a second in the journal.

use std::time::Duration;

use qaqpa_tests::people::{self, GET_SCHOOL, STATE_EXCHANGE};
use qaqpa_tests::{Seen, World, code};
use rustls::version::{TLS12, TLS13};
use tonic::Code;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn enemies_end_in_an_alert_that_is_counted() {
    let world = World::start().await;
    let rows = [
        ("tls.certificate_missing", "CertificateRequired", None, &TLS13),
        ("tls.certificate_expired", "CertificateExpired", Some("enemies/expired"), &TLS13),
        ("tls.certificate_not_yet_valid", "CertificateExpired", Some("enemies/not-yet-valid"), &TLS13),
        ("tls.certificate_foreign", "DecryptError", Some("enemies/foreign"), &TLS13),
        ("tls.certificate_foreign", "UnknownCA", Some("enemies/self-signed"), &TLS13),
        ("tls.certificate_revoked", "CertificateRevoked", Some("enemies/revoked"), &TLS13),
        ("tls.certificate_usage", "UnsupportedCertificate", Some("enemies/wrong-usage"), &TLS13),
        ("tls.tls_version", "ProtocolVersion", Some("clients/school"), &TLS12),
    ];
    for (_, alert, credential, version) in rows {
        let enemy = world.stranger(credential, &[version]);
        let told = enemy.handshake().await.unwrap_err().to_string();
        assert!(told.contains(alert), "{credential:?}: {told}");
        let told = enemy.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into()).await.unwrap_err();
        assert!(told.details().is_empty(), "{credential:?}: the gateway itself says nothing, but said {told}");
    }
    let plain = world.caller("clients/school").say_plainly(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert!(plain.is_err() || !plain.unwrap().contains("HTTP"), "nothing is said without TLS");
    for (code, ..) in rows {
        let line = world.until_recorded(code, |record| record["code"] == code).await;
        assert_eq!(line["phase"], "DENIED");
        assert!(line["count"].as_u64().unwrap() >= 1 && line.get("who").is_none(), "{line}");
    }
    let counted = counted_at_least(&world, 2 * rows.len() as u64).await;
    assert!(counted <= 3 * rows.len(), "lines are few: {counted}");
    assert_eq!((world.government.connections(), world.government.bytes_in()), (0, 0));
    let school = world.caller("clients/school");
    let seen = world.observe(school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into())).await;
    assert_eq!(seen, Seen::answered(), "the next call works");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_with_a_good_certificate_gets_nothing_at_all() {
    let world = World::start().await;
    let stranger = world.caller("enemies/unknown");
    stranger.handshake().await.unwrap();
    let refused = Seen::refused("caller.unknown", Code::Unauthenticated);
    assert_eq!(world.observe(stranger.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into())).await, refused);
    for path in ["/grpc.health.v1.Health/Check", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"] {
        let told = stranger.wire(path, Vec::new().into()).await;
        assert_eq!(code(&told), "caller.unknown", "{path}");
    }
    let (_, body) = stranger.get("/metrics").await;
    assert!(!body.contains("qaqpa"), "{body}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_revoked_is_out_with_the_next_list() {
    let world = World::start().await;
    let (school, other) = (world.caller("clients/school"), world.caller("clients/school-2"));
    let call = || people::school("", STATE_EXCHANGE).into();
    assert_eq!(code(&school.wire(GET_SCHOOL, call()).await), "answered");
    assert_eq!(code(&other.wire(GET_SCHOOL, call()).await), "purpose.not_allowed");

    world.site.revoke(&[&world.site.pki.enemies.revoked, &world.site.pki.clients.school], 0);
    assert_eq!(code(&school.wire(GET_SCHOOL, call()).await), "answered", "a list counts when it is loaded");
    world.running.reload().await;
    until_out(&school).await;
    let alert = school.handshake().await.unwrap_err().to_string();
    assert!(alert.contains("CertificateRevoked"), "{alert}");
    assert_eq!(code(&other.wire(GET_SCHOOL, call()).await), "purpose.not_allowed", "others come back");

    let list = world.site.file("pki/ca.crl");
    for (row, text) in
        [("garbage", "not a list"), ("nothing", ""), ("no PEM of a list", "-----BEGIN X509 CRL-----\nAA")]
    {
        std::fs::write(&list, text).unwrap();
        world.running.reload().await;
        assert_eq!(code(&other.wire(GET_SCHOOL, call()).await), "purpose.not_allowed", "{row}: others stay");
        assert!(school.handshake().await.is_err(), "{row}: the old list stays");
    }
    world.site.revoke(&[], 31);
    world.running.reload().await;
    until_out(&other).await;
    // The call may have failed with its old connection; only a new one meets the stale list.
    assert!(other.handshake().await.is_err());
    world.until_recorded("stale", |record| record["code"] == "tls.revocation_list_stale").await;

    world.site.revoke(&[], 0);
    world.running.reload().await;
    assert_eq!(code(&school.wire(GET_SCHOOL, call()).await), "answered", "with a good list all is well again");
}

/// Waits until the counts of all lines come to this, and says how many lines that took.
async fn counted_at_least(world: &World, wanted: u64) -> usize {
    for _ in 0..100 {
        let counts: Vec<u64> = world.records().await.iter().filter_map(|record| record["count"].as_u64()).collect();
        if counts.iter().sum::<u64>() >= wanted {
            return counts.len();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not every handshake was counted")
}

/// A reload asks connections to close; a call that was faster than that is repeated.
async fn until_out(caller: &qaqpa_tests::Caller) {
    for _ in 0..100 {
        if caller
            .wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into())
            .await
            .is_err_and(|status| status.details().is_empty())
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the caller is still let in")
}
