//! Where connections may go: every address of a name is judged, and what is not in Kazakhstan hears nothing at all.
//!
//! Stand-ins for places abroad are listeners on loopback, so that a connection which should not be would be seen.

use std::net::TcpListener;

use qaqpa_tests::people::{self, GET_SCHOOL, STATE_EXCHANGE};
use qaqpa_tests::{Seen, World};
use tonic::Code;

/// An address that the registries place in Kazakhstan; nothing is ever sent there.
const AT_HOME: &str = "195.12.113.29";
const ABROAD: &str = "8.8.8.8";

fn internet(host: &str, port: u16) -> String {
    format!("[endpoints.shep]\nurl = \"https://{host}:{port}/bip-sync-wss-gost/\"\nkind = \"internet\"\naddresses = []")
}

async fn call(world: &World) -> Seen {
    let school = world.caller("clients/school");
    world.observe(school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into())).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_that_fails_is_enough() {
    let world = World::start().await;
    let listener = TcpListener::bind("127.0.0.2:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let rows: &[(&str, &str, &str, &[&str])] = &[
        ("abroad", "abroad.example", "residency.foreign", &[ABROAD]),
        ("abroad, by IPv6", "abroad6.example", "residency.foreign", &["2001:4860:4860::8888"]),
        ("at home and abroad", "mixed.example", "residency.mixed", &[AT_HOME, ABROAD]),
        ("abroad and at home", "mixed2.example", "residency.mixed", &[ABROAD, AT_HOME]),
        ("no address", "nowhere.example", "residency.no_address", &[]),
        ("a private address", "private.example", "residency.special", &["10.61.40.133"]),
        ("this machine", "here.example", "residency.special", &["127.0.0.2"]),
        ("this machine, as IPv6", "here6.example", "residency.special", &["::ffff:127.0.0.2"]),
        ("a cloud's metadata", "metadata.example", "residency.special", &["169.254.169.254"]),
        ("at home and this machine", "both.example", "residency.mixed", &[AT_HOME, "127.0.0.2"]),
        ("nobody's address", "zero.example", "residency.special", &["0.0.0.0"]),
    ];
    for (row, host, told, addresses) in rows {
        world.site.names.resolve_to(host, &[addresses]);
        let world = world.beside(&internet(host, port)).await;
        assert_eq!(call(&world).await, Seen::refused(told, Code::FailedPrecondition), "{row}");
        assert_eq!(world.site.names.asked(host), 1, "{row}: resolved once");
        assert_eq!(call(&world).await, Seen::refused(told, Code::FailedPrecondition), "{row}, again");
        assert_eq!(world.site.names.asked(host), 2, "{row}: a refusal is not remembered");
    }
    let unseen = listener.accept().unwrap_err();
    assert_eq!(unseen.kind(), std::io::ErrorKind::WouldBlock, "nobody has connected");
    assert_eq!(call(&world).await, Seen::answered(), "the declared endpoint works");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_declared_wrongly_does_not_start() {
    let world = World::start().await;
    let endpoint =
        |url: &str, kind: &str| format!("[endpoints.shep]\nurl = \"{url}\"\nkind = \"{kind}\"\naddresses = []");
    for (wanted, overlay) in [
        ("residency.literal", endpoint("https://8.8.8.8/", "internet")),
        ("residency.literal", endpoint("https://127.0.0.1/", "internet")),
        ("residency.ambiguous_ip", endpoint("https://127.1/", "internet")),
        ("residency.ambiguous_ip", endpoint("https://0x08080808/", "internet")),
        ("residency.scheme", endpoint("http://shep.example/", "internet")),
        ("residency.userinfo", endpoint("https://shep.example@8.8.8.8/", "internet")),
        ("residency.not_pinned", endpoint("https://shep.example/", "closed-network")),
        ("residency.loopback", "profile = \"production\"".to_owned()),
    ] {
        let told = world.try_beside(&overlay).await.err().unwrap_or_default();
        assert!(told.contains(wanted), "{overlay}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_judgement_lives_half_a_minute() {
    let world = World::start().await;
    let host = "shep.localhost";
    world.site.names.resolve_to(host, &[&["127.0.0.1"], &["127.0.0.1"], &[ABROAD], &["127.0.0.1"]]);
    let url = format!("https://{host}:{}/bip-sync-wss-gost/", world.government.address().port());
    let world = world.beside(&format!("[endpoints.shep]\nurl = \"{url}\"\naddresses = []")).await;
    let refused = Seen::refused("residency.loopback", Code::FailedPrecondition);
    for (wanted, seconds, asked, row) in [
        (Seen::answered(), 0, 1, "judged"),
        (Seen::answered(), 29, 1, "the judgement still holds"),
        (Seen::answered(), 2, 2, "judged anew, with the same verdict"),
        (refused.clone(), 31, 3, "the name has moved away, though a connection to the old address is open"),
        (Seen::answered(), 1, 4, "and has come back"),
        (Seen::answered(), 0, 4, "which holds"),
    ] {
        world.site.time.forward(seconds);
        assert_eq!(call(&world).await, wanted, "{row}");
        assert_eq!(world.site.names.asked(host), asked, "{row}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirect_is_not_followed_even_to_where_one_may_go() {
    let world = World::start().await;
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let address = elsewhere.local_addr().unwrap();
    let failed = Seen::failed("residency.redirect", Code::FailedPrecondition);
    for to in [format!("https://{address}/"), format!("http://{address}/"), world.government.url()] {
        world.government.behave_once(format!("redirect={to}").parse().unwrap());
        assert_eq!(call(&world).await, failed, "{to}");
    }
    assert!(elsewhere.accept().is_err(), "nobody has connected");
}
