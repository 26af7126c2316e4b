//! The revocation list, renewed from a declared endpoint: what is signed and newer takes its place, everything else
//! leaves it, and nobody is asked but that endpoint.
//!
//! Every bad list revokes the school, so that one which was believed would be seen.

use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use qaqpa_certs_dev::{DevPki, RevocationList};
use qaqpa_tests::people::{self, GET_SCHOOL, STATE_EXCHANGE};
use qaqpa_tests::{World, code};
use serde_json::Value;

/// Longer than the gateway waits between two questions.
const AN_HOUR: i64 = 3601;

/// What the place of lists answers next.
#[derive(Clone)]
enum Says {
    Gives(Bytes),
    Leads(String),
    Fails(StatusCode),
}

/// A place of lists on loopback, which keeps what it hears.
#[derive(Clone)]
struct Lists {
    port: u16,
    says: Arc<Mutex<Says>>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Lists {
    async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let says = Arc::new(Mutex::new(Says::Fails(StatusCode::SERVICE_UNAVAILABLE)));
        let lists = Self { port: listener.local_addr().unwrap().port(), says, heard: Arc::default() };
        let place = lists.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let place = place.clone();
                let answer = service_fn(move |request| {
                    let answer = place.answer(&request);
                    async { Ok::<_, Infallible>(answer) }
                });
                tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
            }
        });
        lists
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let names: Vec<&str> = request.headers().keys().map(http::HeaderName::as_str).collect();
        self.heard.lock().unwrap().push(format!("{} {} {names:?}", request.method(), request.uri()));
        let answer = match self.says.lock().unwrap().clone() {
            Says::Gives(bytes) => Response::builder().body(Full::new(bytes)),
            Says::Leads(place) => {
                Response::builder().status(StatusCode::FOUND).header("location", place).body(Full::default())
            }
            Says::Fails(status) => Response::builder().status(status).body(Full::default()),
        };
        answer.unwrap()
    }

    fn say(&self, says: Says) {
        *self.says.lock().unwrap() = says;
    }

    fn give(&self, list: impl Into<Bytes>) {
        self.say(Says::Gives(list.into()));
    }

    fn asked(&self) -> usize {
        self.heard.lock().unwrap().len()
    }

    async fn until_asked(&self, wanted: usize) {
        for _ in 0..100 {
            if self.asked() >= wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("asked {} times, not {wanted}", self.asked())
    }

    /// A gateway that renews from here.
    fn overlay(&self) -> String {
        format!(
            "[listen]\ncrl_from = \"lists\"\n[endpoints.lists]\nplane = \"support\"\nkind = \"development-loopback\"\n\
             url = \"http://localhost:{}/lists/ca.crl\"\n",
            self.port
        )
    }
}

/// A list of the callers' authority as of so many days ago.
fn list(world: &World, pki: &DevPki, revoked: &[&qaqpa_certs_dev::Credential], days_ago: u64) -> RevocationList {
    let now = qaqpa_gateway::clock::offset_date_time(&world.site.time.clock());
    pki.tls.revocation_list(revoked, now - Duration::from_secs(days_ago * 86_400)).unwrap()
}

fn file(world: &World) -> String {
    std::fs::read_to_string(world.site.file("pki/ca.crl")).unwrap()
}

async fn call(world: &World, credential: &str) -> String {
    let caller = world.caller(credential);
    code(&caller.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into()).await)
}

/// What the journal holds of the list, in order.
async fn told(world: &World) -> Vec<Value> {
    let mut records = world.records().await;
    records.retain(|record| record["event"] == "revocation_list");
    records
}

/// Lets an hour pass, and waits until the journal says what came of it.
async fn an_hour_later(world: &World, wanted: &str) -> Value {
    // What came of the first fetch is told before the clock is turned.
    world.until_recorded("the first fetch", |record| record["event"] == "revocation_list").await;
    let before = told(world).await.len();
    world.site.time.forward(AN_HOUR);
    for _ in 0..100 {
        if let Some(last) = told(world).await.get(before) {
            assert_eq!(last["facts"]["code"], wanted, "{last}");
            return last.clone();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never told: {wanted}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_revoked_is_out_when_the_list_was_fetched() {
    let lists = Lists::open().await;
    let world = World::with(&lists.overlay()).await;
    let pki = world.site.pki;
    lists.until_asked(1).await;
    assert_eq!(*lists.heard.lock().unwrap(), [r#"GET /lists/ca.crl ["host"]"#], "one question, as declared");
    assert_eq!(call(&world, "clients/school").await, "answered", "the list of the file is in force");

    let revoking = list(&world, pki, &[&pki.enemies.revoked, &pki.clients.school], 0);
    lists.give(revoking.pem.clone());
    let line = an_hour_later(&world, "revocation.renewed").await;
    assert_eq!((line["phase"].as_str(), line["facts"]["endpoint"].as_str()), (Some("ADMIN"), Some("lists")));
    let alert = world.caller("clients/school").handshake().await.unwrap_err().to_string();
    assert!(alert.contains("CertificateRevoked"), "{alert}");
    assert_eq!(call(&world, "clients/school-2").await, "purpose.not_allowed", "others come in");
    assert!(file(&world).contains("BEGIN X509 CRL"), "the file holds the list for the next start");
    assert_eq!(lists.asked(), 2);

    let (written, lines) = (file(&world), told(&world).await.len());
    let open = world.caller("clients/school-2");
    assert_eq!(code(&open.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into()).await), "purpose.not_allowed");
    world.site.time.forward(AN_HOUR);
    lists.until_asked(3).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!((file(&world), told(&world).await.len()), (written, lines), "the same list is no news");

    let pardoning = list(&world, pki, &[&pki.enemies.revoked], 0);
    lists.give(Bytes::copy_from_slice(pardoning.der.as_ref()));
    an_hour_later(&world, "revocation.renewed").await;
    assert_eq!(call(&world, "clients/school").await, "answered", "a list in DER is one as well");
    assert_eq!(lists.asked(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_list_leaves_the_old_one() {
    let lists = Lists::open().await;
    let world = World::with(&lists.overlay()).await;
    let pki = world.site.pki;
    let namesake = DevPki::make(qaqpa_gateway::clock::offset_date_time(&world.site.time.clock())).unwrap();
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let good = list(&world, pki, &[&pki.enemies.revoked], 0);
    let revoking = |days_ago| list(&world, pki, &[&pki.enemies.revoked, &pki.clients.school], days_ago);
    let bad = revoking(0);
    let der = bad.der.as_ref();
    let changed = |at: usize| {
        let mut changed = der.to_vec();
        changed[at] ^= 1;
        Bytes::from(changed)
    };
    let serial = der.len() - der.len() / 2;
    let gives = |bytes: &[u8]| Says::Gives(Bytes::copy_from_slice(bytes));
    let of_others = pki
        .signing
        .revocation_list(&[&pki.clients.school], qaqpa_gateway::clock::offset_date_time(&world.site.time.clock()));
    let two = format!("{}{}", bad.pem, good.pem);
    let rows = [
        ("not_a_list", "nothing", gives(b"")),
        ("not_a_list", "text", gives(b"not a list")),
        ("not_a_list", "a certificate", gives(&std::fs::read(world.site.file("pki/ca.pem")).unwrap())),
        ("not_a_list", "two lists", gives(two.as_bytes())),
        ("not_a_list", "half of one", gives(&der[..serial])),
        ("not_a_list", "more than one", gives(&[der, b"x"].concat())),
        ("not_a_list", "PEM that ends early", gives(&bad.pem.as_bytes()[..bad.pem.len() - 30])),
        ("foreign_issuer", "of another authority", gives(of_others.unwrap().der.as_ref())),
        ("bad_signature", "of a namesake", gives(list(&world, &namesake, &[&pki.clients.school], 0).der.as_ref())),
        ("bad_signature", "another signature", Says::Gives(changed(der.len() - 1))),
        ("older", "of two days ago", gives(revoking(2).der.as_ref())),
        ("expired", "of last month", gives(revoking(31).der.as_ref())),
        ("unreachable", "a failure", Says::Fails(StatusCode::INTERNAL_SERVER_ERROR)),
        ("unreachable", "no content", Says::Fails(StatusCode::NO_CONTENT)),
        ("unreachable", "a redirect", Says::Leads(format!("http://{}/ca.crl", trap.local_addr().unwrap()))),
        ("unreachable", "too much", gives(&vec![0x30; (16 << 20) + 1])),
    ];
    lists.until_asked(1).await;
    let mut asked = 1;
    for (wanted, row, says) in rows {
        lists.give(good.pem.clone());
        world.site.time.forward(AN_HOUR);
        asked += 1;
        lists.until_asked(asked).await;
        world.until_recorded(row, |record| record["facts"]["code"].as_str().is_some_and(is_well)).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let before = file(&world);
        lists.say(says);
        let line = an_hour_later(&world, &format!("revocation.{wanted}")).await;
        asked += 1;
        assert!(line["facts"]["problem"].as_str().is_some_and(|text| !text.is_empty()), "{row}: {line}");
        assert_eq!((file(&world) == before, lists.asked()), (true, asked), "{row}: the old list stays, asked once");
        assert_eq!(call(&world, "clients/school").await, "answered", "{row}");
        assert!(world.caller("enemies/revoked").handshake().await.is_err(), "{row}: it is in force");
    }
    assert!(trap.accept().is_err(), "nobody was led there");
    let (_, metrics) = world.caller("clients/auditor").get("/metrics").await;
    for word in
        ["renewed", "current", "not_a_list", "foreign_issuer", "bad_signature", "older", "expired", "unreachable"]
    {
        assert!(metrics.contains(&format!("code=\"revocation.{word}\"")), "{word} is not among the metrics");
    }
}

fn is_well(code: &str) -> bool {
    ["revocation.renewed", "revocation.current"].contains(&code)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_could_not_be_loaded_is_tried_again() {
    let lists = Lists::open().await;
    let world = World::with(&lists.overlay()).await;
    let pki = world.site.pki;
    lists.until_asked(1).await;
    let key = world.site.file("pki/servers/gateway.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::write(&key, "half of a key").unwrap(); // an operator is about to replace it
    lists.give(list(&world, pki, &[&pki.clients.school], 0).pem);
    an_hour_later(&world, "revocation.file").await;
    assert_eq!(call(&world, "clients/school").await, "answered", "the old list is in force");
    std::fs::write(&key, kept).unwrap();
    world.site.time.forward(301);
    world.until_recorded("loaded", |record| record["facts"]["code"] == "revocation.current").await;
    assert!(world.caller("clients/school").handshake().await.is_err(), "the list that was written is in force");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_is_over_turns_everybody_away_until_there_is_another() {
    let lists = Lists::open().await;
    let world = World::start().await;
    world.site.revoke(&[], 31);
    let world = world.beside(&lists.overlay()).await;
    lists.until_asked(1).await;
    assert!(world.caller("clients/school").handshake().await.is_err(), "no list came, and the old one is over");
    world.until_recorded("stale", |record| record["code"] == "tls.revocation_list_stale").await;
    lists.give(list(&world, world.site.pki, &[], 0).pem);
    world.site.time.forward(301);
    world.until_recorded("renewed", |record| record["facts"]["code"] == "revocation.renewed").await;
    assert_eq!(call(&world, "clients/school").await, "answered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_in_its_last_quarter_is_asked_for_sooner() {
    let lists = Lists::open().await;
    let world = World::with(&lists.overlay()).await;
    lists.until_asked(1).await;
    world.site.time.forward(23 * 86_400); // of 30 days and an hour
    lists.until_asked(2).await;
    world.site.time.forward(301);
    lists.until_asked(3).await;
    world.site.time.forward(-7200);
    lists.until_asked(4).await;
    world.site.time.forward(200);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(lists.asked(), 4, "and not before it is time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_abroad_hears_nothing() {
    let lists = Lists::open().await;
    let here = World::start().await;
    let before = file(&here);
    for (wanted, host, addresses) in [
        ("residency.foreign", "lists.example", &["8.8.8.8"][..]),
        ("residency.mixed", "mixed.example", &["195.12.113.29", "8.8.8.8"]),
        ("residency.special", "here.example", &["127.0.0.1"]),
        ("residency.no_address", "nowhere.example", &[]),
    ] {
        here.site.names.resolve_to(host, &[addresses]);
        let endpoint = format!(
            "[listen]\ncrl_from = \"lists\"\n[endpoints.lists]\nplane = \"support\"\nkind = \"internet\"\n\
             url = \"https://{host}:{}/ca.crl\"\nca = \"pki/ca.pem\"\n",
            lists.port
        );
        let world = here.beside(&endpoint).await;
        let line = world.until_recorded(host, |record| record["event"] == "revocation_list").await;
        assert_eq!(line["facts"]["code"], "revocation.unreachable", "{line}");
        assert!(line["facts"]["problem"].as_str().unwrap().contains(wanted), "{line}");
        assert_eq!(call(&world, "clients/school").await, "answered", "{host}: callers come in by the old list");
    }
    assert_eq!((lists.asked(), file(&here)), (0, before));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_cannot_be_one_does_not_start() {
    let world = World::start().await;
    let from = |id: &str, rest: &str| format!("[listen]\ncrl_from = \"{id}\"\n{rest}");
    let dns = "[endpoints.dns-1]\nplane = \"support\"\nkind = \"development-loopback\"\nurl = \"dns://127.0.0.1\"\n";
    for (wanted, overlay) in [
        ("endpoint `lists` is not declared", from("lists", "")),
        ("endpoint `shep` is declared for the plane `upstream`, not `support`", from("shep", "")),
        ("endpoint `dns-1` does not speak HTTP", from("dns-1", dns)),
    ] {
        let told = world.try_beside(&overlay).await.err().unwrap_or_default();
        assert!(told.contains(wanted), "{overlay}: {told}");
    }
    let lists = Lists::open().await;
    let good = list(&world, world.site.pki, &[], 0).pem;
    std::fs::write(world.site.file("pki/ca.crl"), format!("{good}{good}")).unwrap();
    let told = world.try_beside(&lists.overlay()).await.err().unwrap_or_default();
    assert!(told.contains("revocation.file") && told.contains("more than one"), "{told}");
}
