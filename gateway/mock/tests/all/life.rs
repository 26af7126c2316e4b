//! Start and stop, what is counted, what is remembered.

use std::time::{Duration, Instant};

use qaqpa_mock::{Behaviour, Government, NotStarted, Options, Transport};
use qaqpa_proto::avtoshkola::v1::GetSchoolRequest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{Client, Ended, post, talk};
use crate::world::{ask, options, start};

fn question(message_id: &str) -> String {
    ask("GetSchool", message_id, &GetSchoolRequest { school_bin: "990140000007".into(), context: None }).signed()
}

#[tokio::test]
async fn exchanges_are_remembered_octet_for_octet_and_within_bounds() {
    let (government, client) = start(Options { keep: 2, ..options() }).await;
    client.post(question("m-1")).await;
    client.post("rubbish").await;
    government.behave_once(Behaviour::CutMidBody);
    let cut = client.post(question("m-3")).await;
    let seen = government.seen();
    let names: Vec<_> = seen.iter().map(|one| (one.message_id.as_str(), one.service_id.as_str())).collect();
    assert_eq!(names, [("", ""), ("m-3", "MIA_AISAS_GetSchoolInfo")]);
    assert_eq!(seen[0].request, "rubbish");
    assert_eq!(seen[1].request, question("m-3"));
    assert!(seen[1].reply.starts_with(cut.body()) && seen[1].reply.len() > cut.body().len());
    assert!(!format!("{seen:?}").contains("990140000007"), "what is in it is not printed");
    government.stop().await;
}

#[tokio::test]
async fn everything_that_arrives_is_counted() {
    let (government, client) = start(options()).await;
    assert_eq!((government.connections(), government.requests(), government.bytes_in()), (0, 0, 0));
    talk(client.tcp().await, b"no TLS").await;
    assert_eq!((government.connections(), government.requests(), government.bytes_in()), (1, 0, 6));
    client.post(question("m-1")).await;
    client.get("/nowhere").await;
    assert_eq!((government.connections(), government.requests()), (3, 2));
    assert!(government.bytes_in() > question("m-1").len() as u64);
    government.stop().await;
}

#[tokio::test]
async fn a_connection_is_kept_for_many_requests() {
    let (government, client) = start(options()).await;
    let mut stream = client.tls().await;
    let mut buffer = vec![0; 64 * 1024];
    for number in 0..3 {
        stream.write_all(&post(question(&format!("m-{number}")).as_bytes(), "keep-alive")).await.unwrap();
        stream.flush().await.unwrap();
        let mut came = Vec::new();
        while !came.ends_with(b"</soapenv:Envelope>") {
            let read = stream.read(&mut buffer).await.unwrap();
            came.extend_from_slice(&buffer[..read]);
        }
        assert!(came.starts_with(b"HTTP/1.1 200 OK\r\n"));
    }
    assert_eq!((government.connections(), government.requests()), (1, 3));
    drop(stream);
    government.stop().await;
}

#[tokio::test]
async fn many_at_once_get_each_its_own_answer() {
    let (government, _) = start(options()).await;
    let asking = (0..8).map(|number| {
        let client = Client::new(government.address());
        tokio::spawn(async move {
            let came = client.post(question(&format!("m-{number}"))).await;
            let wanted = format!("<correlationId>m-{number}</correlationId>");
            assert!(std::str::from_utf8(came.body()).unwrap().contains(&wanted));
        })
    });
    for asked in asking.collect::<Vec<_>>() {
        asked.await.unwrap();
    }

    government.stop().await;
}

#[tokio::test]
async fn stopping_ends_even_what_was_silent() {
    let (government, client) = start(options()).await;
    government.behave(Behaviour::Silence);
    let mut stream = client.tls().await;
    stream.write_all(&post(question("m-1").as_bytes(), "close")).await.unwrap();
    stream.flush().await.unwrap();
    while government.seen().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (began, address) = (Instant::now(), government.address());
    government.stop().await;
    assert!(began.elapsed() < Duration::from_secs(3));
    assert_eq!(talk(stream, b"").await.ended, Ended::Closed);
    let again = Government::start(Options { address, ..options() }).await.expect("the address is free again");
    drop(again);
}

#[tokio::test]
async fn plain_http_stays_on_loopback() {
    let plain = |address: &str| Options { address: address.parse().unwrap(), transport: Transport::Plain, ..options() };
    assert!(matches!(Government::start(plain("0.0.0.0:0")).await, Err(NotStarted::PlainAwayFromLoopback)));
    let (government, client) = start(plain("127.0.0.1:0")).await;
    assert_eq!(government.url(), format!("http://{}/bip-sync-wss-gost/", government.address()));
    let came = talk(client.tcp().await, &post(question("m-1").as_bytes(), "close")).await;
    assert_eq!(came.status(), 200);
    assert!(matches!(
        Government::start(Options { address: government.address(), ..options() }).await,
        Err(NotStarted::Listen(_))
    ));
    government.stop().await;
}
