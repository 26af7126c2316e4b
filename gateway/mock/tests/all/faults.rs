//! What the mock refuses, with which code, and that it survives it.

use qaqpa_adapters::shep::sync::Password;
use qaqpa_mock::{Options, Sender};
use qaqpa_proto::avtoshkola::v1::{GetSchoolRequest, GetSchoolResponse};

use crate::client::talk;
use crate::world::{Asked, PKI, ask, fault, not_authentic, options, start};

fn question() -> Asked {
    ask("GetSchool", "m-1", &GetSchoolRequest { school_bin: "990140000007".into(), context: None })
}

fn edited(from: &str, to: &str) -> String {
    let question = question();
    assert!(question.content.contains(from), "{from}");
    Asked { content: question.content.replace(from, to), ..question }.signed()
}

#[tokio::test]
async fn each_wrong_request_gets_its_code() {
    let (government, client) = start(options()).await;
    let signed = question().signed();
    for (wanted, because, body) in [
        ("SCE007", "unsigned", question().unsigned()),
        ("SCE006", "wrong_signer", question().signed_by(&PKI.enemies.rogue_signer)),
        ("SCE005", "expired_signer", question().signed_by(&PKI.enemies.expired_signer)),
        ("SCE006", "digest", signed.replace("990140000007", "990140000017")),
        ("SCE006", "wrapped", signed.replace("<soapenv:Header>", "<soapenv:Header><soapenv:Body></soapenv:Body>")),
        ("SCE001", "not_an_envelope", "<a/>".into()),
        ("SCE001", "truncated", signed[..signed.len() / 2].to_owned()),
        ("SCE001", "dtd", format!("<!DOCTYPE a>{}", question().unsigned())),
        ("SCE001", "truncated", String::new()),
        ("SCE004", "", edited("MIA_AISAS_GetSchoolInfo", "MIA_AISAS_Nothing")),
        ("SCE001", "the document is not one of this service", edited("a:getSchoolInfoRequest", "a:x")),
        ("SCE001", "missing: school_bin", edited("<schoolBin>990140000007</schoolBin>", "")),
        ("SCE001", "`messageId` is missing", edited("<messageId>m-1</messageId>", "")),
    ] {
        let came = client.post(&body).await;
        assert_eq!(
            (came.status(), came.header("content-type")),
            (500, Some("text/xml; charset=utf-8")),
            "{wanted} {because}"
        );
        let fault = fault(came.body());
        let error = fault.error.unwrap();
        assert_eq!((error.code.as_str(), error.data.as_deref().unwrap_or_default()), (wanted, because));
        assert_eq!((fault.code.as_str(), &fault.text), ("Server", &error.message));
        assert!(error.date.is_some() && error.session_id.unwrap().starts_with('{'));
    }
    assert_eq!(client.post(&signed).await.status(), 200, "it goes on serving");
    government.stop().await;
}

#[tokio::test]
async fn a_login_has_to_be_the_one_agreed() {
    let sender = |password: &str| Some(Sender { id: "demo_sender".into(), password: Password::new(password) });
    for (wanted, sender) in [(200, sender("demo_password")), (500, sender("other")), (200, None)] {
        let (government, client) = start(Options { sender, ..options() }).await;
        let came = client.post(question().signed()).await;
        assert_eq!(came.status(), wanted);
        if wanted == 500 {
            assert_eq!(fault(came.body()).error.unwrap().code, "SBF-AD-1");
        }
        government.stop().await;
    }
}

#[tokio::test]
async fn unsigned_requests_are_taken_on_demand_alone() {
    let (government, client) = start(Options { accept_unsigned: true, ..options() }).await;
    let came = client.post(question().unsigned()).await;
    let (_, reply) = question().read::<GetSchoolResponse>(came.body());
    assert_eq!(reply.unwrap().school.unwrap().bin, "990140000007");
    assert!(not_authentic(came.body()).is_some(), "the answer is unsigned as well");
    assert_eq!(not_authentic(client.post(question().signed()).await.body()), None, "who signs gets a signature");
    let forged = client.post(question().signed_by(&PKI.enemies.rogue_signer)).await;
    assert_eq!(fault(forged.body()).error.unwrap().code, "SCE006", "a signature that is there is verified");
    government.stop().await;
}

#[tokio::test]
async fn rubbish_costs_one_connection() {
    let (government, client) = start(options()).await;
    let huge = "POST /bip-sync-wss-gost/ HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\nConnection: close\r\n\r\n";
    for (wanted, request) in [
        (404, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".to_owned()),
        (404, "POST /other HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned()),
        (405, "DELETE /bip-sync-wss-gost/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".to_owned()),
        (400, "\u{1}\u{2}\u{3}\r\n\r\n".to_owned()),
        (413, huge.to_owned()),
    ] {
        let came = talk(client.tls().await, request.as_bytes()).await;
        assert_eq!(came.status(), wanted, "{request:?}");
    }
    let plain = talk(client.tcp().await, b"POST / HTTP/1.1\r\n\r\n").await;
    assert!(!plain.octets.starts_with(b"HTTP"), "TLS or nothing");
    drop(client.tcp().await);
    assert_eq!(client.post(question().signed()).await.status(), 200);
    government.stop().await;
}
