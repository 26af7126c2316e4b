//! Who is not let in at all: an alert in the handshake, nothing reached, and one counted line a second in the journal.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use jiff::civil::Date;
use prost::Message as _;
use qaqpa_certs_dev::{Authority, DevPki};
use qaqpa_tests::people::{self, GET_SCHOOL, STATE_EXCHANGE, SYNC_STUDENTS};
use qaqpa_tests::{Seen, World, code, receipt, record_code};
use rustls::version::{TLS12, TLS13};
use serde_json::Value;
use tokio::sync::mpsc;
use tonic::Code;

/// What the second school is told of every record, while it is let in.
const NOT_ALLOWED: &str = "purpose.not_allowed";

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

    for (number, (wanted, text)) in bad_lists(&world).into_iter().enumerate() {
        std::fs::write(world.site.file("pki/ca.crl"), &text).unwrap();
        world.running.reload().await;
        assert_eq!(code(&other.wire(GET_SCHOOL, call()).await), "purpose.not_allowed", "{wanted}: others stay");
        assert!(other.handshake().await.is_ok(), "{wanted}: and come in anew");
        assert!(school.handshake().await.is_err(), "{wanted}: the old list stays");
        let refused = refused_certificates(&world).await;
        assert_eq!(refused.len(), number + 1, "{wanted}: it is recorded");
        let problem = refused.last().unwrap()["facts"]["problem"].as_str().unwrap().to_owned();
        assert!(problem.contains("ca.crl") && problem.contains(wanted), "{wanted}: {problem}");
        // A list that is only older than the one in force is one to start with.
        let starts = world.try_beside("").await.map(drop);
        assert_eq!(starts.is_ok(), wanted == "revocation.older", "{wanted}: what start does");
        assert!(starts.err().is_none_or(|told| told.contains(wanted)), "{wanted}: start says the same");
    }
    world.site.revoke(&[], 0);
    world.running.reload().await;
    assert_eq!(code(&school.wire(GET_SCHOOL, call()).await), "answered", "with a good list all is well again");
}

/// Lists that would let the revoked in or turn everybody away, and what is said of them.
fn bad_lists(world: &World) -> Vec<(&'static str, String)> {
    let now = qaqpa_gateway::clock::offset_date_time(&world.site.time.clock());
    let ago = |days: u64| now - Duration::from_secs(days * 86_400);
    let (own, namesake) = (world.site.pki, DevPki::make(now).unwrap());
    let list = |authority: &Authority, days| authority.revocation_list(&[], ago(days)).unwrap().pem;
    vec![
        ("it is not PEM", "not a list".to_owned()),
        ("it is empty", String::new()),
        ("its END line is missing", "-----BEGIN X509 CRL-----\nAA".to_owned()),
        ("revocation.older", list(&own.tls, 2)),
        ("revocation.expired", list(&own.tls, 31)),
        ("revocation.missing", list(&own.signing, 0)),
        ("revocation.bad_signature", list(&namesake.tls, 0)),
    ]
}

/// The lines about certificates and lists that were not taken.
async fn refused_certificates(world: &World) -> Vec<Value> {
    let mut records = world.records().await;
    records.retain(|record| record["event"] == "certificates_refused");
    records
}

/// A stream of students that its caller never ends.
struct Open {
    records: mpsc::UnboundedSender<Bytes>,
    replies: tonic::Streaming<Bytes>,
}

impl Open {
    async fn of(caller: &qaqpa_tests::Caller) -> Self {
        let (records, sent) = mpsc::unbounded_channel();
        let sent = stream::unfold(sent, async |mut sent| Some((sent.recv().await?, sent)));
        Self { records, replies: caller.open(SYNC_STUDENTS, sent).await.unwrap() }
    }

    /// Sends a record, and says what came of it before anything else did.
    async fn sync(&mut self, number: usize, today: Date) -> String {
        let record = people::sync(&format!("open-{number}"), people::student(number, today));
        let _ = self.records.send(record.encode_to_vec().into()); // nobody hears it any more when the stream was cut
        match tokio::time::timeout(Duration::from_secs(5), self.replies.next()).await.unwrap() {
            Some(Ok(reply)) => record_code(&receipt(&reply)),
            Some(Err(_)) | None => "cut".to_owned(),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_revoked_is_cut_on_an_open_stream() {
    let world = World::start().await;
    let today = world.site.time.clock().today();
    let (school, other) = (world.caller("clients/school"), world.caller("clients/school-2"));
    let (mut revoked, mut stays) = (Open::of(&school).await, Open::of(&other).await);
    assert_eq!((revoked.sync(1, today).await, stays.sync(2, today).await), ("answered".into(), NOT_ALLOWED.into()));

    world.site.revoke(&[&world.site.pki.clients.school], 0);
    world.running.reload().await;
    let before = world.government.requests();
    assert_eq!(revoked.sync(3, today).await, "cut");
    assert_eq!(stays.sync(4, today).await, NOT_ALLOWED, "on the connection that it had");
    assert_eq!(world.government.requests(), before, "nothing of the revoked reaches the state");
    world.until_recorded("why it was cut", |record| record["code"] == "tls.certificate_revoked").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_ends_cuts_who_is_connected() {
    let world = World::start().await;
    let today = world.site.time.clock().today();
    let soon = qaqpa_gateway::clock::offset_date_time(&world.site.time.clock()) + Duration::from_secs(15);
    let list = world.site.pki.tls.revocation_list(&[], soon - Duration::from_secs(30 * 86_400)).unwrap();
    std::fs::write(world.site.file("pki/ca.crl"), list.pem).unwrap();
    let world = world.beside("").await; // a reload would not take it: it was issued before the one in force
    let mut open = Open::of(&world.caller("clients/school")).await;
    assert_eq!(open.sync(1, today).await, "answered");
    tokio::time::timeout(Duration::from_secs(60), async {
        while open.replies.next().await.is_some_and(|it| it.is_ok()) {}
    })
    .await
    .expect("cut when the list ends");
    assert_eq!(open.sync(2, today).await, "cut");
    world.until_recorded("why it was cut", |record| record["code"] == "tls.revocation_list_stale").await;
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

/// Waits until a connection is cut; a call that was faster than that is repeated.
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
