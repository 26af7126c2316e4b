//! Rows that are stories: something is reached first, answers, moves, or calls us.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use qaqpa_gateway::dial::{Door, LIFETIME, Names};
use qaqpa_gateway::listen::inbound::{NotAdmitted, PeerFilter};
use qaqpa_gateway::telemetry::Telemetry;
use qaqpa_residency::{Endpoint, EndpointKind, EndpointRule, PeerRule, Peers, Plane, Profile};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use crate::connect::{ANSWERED, REACHED, URL, closed, code, dial, here, ordinary, pinned, speak};
use crate::listeners::{HOME_TEXT, Listeners};
use crate::naive::{self, PATIENCE};
use crate::names::Script;

/// A story.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scenario {
    Rebinding,
    Moved,
    Unlisted,
    OtherHost,
    OtherPort,
    Redirect(u16),
    Collector,
    Database,
    DatabaseAtHome,
    Dns(&'static str),
    Tunnel(&'static str),
    Peer(Ipv4Addr),
    Naive,
    NaiveHere,
}

impl Scenario {
    /// The code it ends with.
    pub(crate) async fn play(self, listeners: &Listeners) -> Result<String, String> {
        match self {
            Self::Rebinding => rebinding(listeners).await,
            Self::Moved => moved(listeners).await,
            Self::Unlisted => Ok(speak(to_home(listeners, ordinary(URL))?.connect("elsewhere").await).await),
            Self::OtherHost => {
                other(listeners, &format!("https://{}:{}/", listeners.forbidden(), listeners.witness.port)).await
            }
            Self::OtherPort => other(listeners, "https://api.egov.kz:8443/").await,
            Self::Redirect(status) => redirect(listeners, status).await,
            Self::Collector => collector(listeners).await,
            Self::Database => database(listeners, Script::always(&["8.8.8.8"])).await,
            Self::DatabaseAtHome => database(listeners, Script::always(&[HOME_TEXT])).await,
            Self::Dns(server) => dns(listeners, server).await,
            Self::Tunnel(tunnel) => {
                dial(listeners, closed("10.61.40.133", tunnel), Script::default(), &listeners.tables).await
            }
            Self::Peer(from) => peer(listeners, from).await,
            Self::Naive => careless(listeners, SocketAddr::new(listeners.forbidden(), listeners.witness.port)).await,
            Self::NaiveHere => careless(listeners, (Ipv4Addr::LOCALHOST, listeners.witness.port).into()).await,
        }
    }
}

fn to_home(listeners: &Listeners, rule: EndpointRule) -> Result<Door, String> {
    let names = Names::Given(Arc::new(Script::always(&[listeners.home()])));
    listeners.door(vec![declared(rule)?], names, &listeners.tables)
}

fn declared(rule: EndpointRule) -> Result<Endpoint, String> {
    Endpoint::parse(rule).map_err(|refusal| refusal.reason().code().to_owned())
}

fn storage(url: &str) -> EndpointRule {
    EndpointRule { plane: Plane::Storage, ..ordinary(url) }
}

async fn rebinding(listeners: &Listeners) -> Result<String, String> {
    let ahead = Arc::new(AtomicU64::new(0));
    let read = ahead.clone();
    let clock = listeners.clock(move || read.load(Ordering::Relaxed));
    let names = Names::Given(Arc::new(Script::steps(&[&[HOME_TEXT], &["8.8.8.8"]])));
    let door = Listeners::door_at(vec![declared(storage(DATABASE))?], names, &listeners.tables, clock)?;
    speak(door.connect("shep").await).await;
    ahead.store(LIFETIME.as_secs() + 1, Ordering::Relaxed);
    Ok(speak(door.connect("shep").await).await)
}

/// What is said after the tables have changed must not arrive, not even at the address that was home before.
async fn moved(listeners: &Listeners) -> Result<String, String> {
    let door = to_home(listeners, storage(DATABASE))?;
    let mut stream = door.connect("shep").await.map_err(|error| code(&error))?;
    stream.write_all(b"before").await.map_err(|error| code(&error))?;
    let before = listeners.witness.heard().await;
    door.replace_tables(listeners.moved.clone());
    let said = stream.write_all(b"after").await;
    drop(stream);
    if listeners.witness.heard().await.since(&before).beside(None) != (0, 0) {
        return Ok("heard".to_owned());
    }
    Ok(said.map_or_else(|error| code(&error), |()| "written".to_owned()))
}

async fn other(listeners: &Listeners, uri: &str) -> Result<String, String> {
    let connector = to_home(listeners, ordinary(URL))?.connector("shep").map_err(|no| no.reason.code().to_owned())?;
    let uri: Uri = uri.parse().map_err(|_| "no URI".to_owned())?;
    Ok(match connector.oneshot(uri).await {
        Ok(_) => REACHED.to_owned(),
        Err(error) => code(&error),
    })
}

/// A server on this machine says where to go instead, and a client that believes it asks the connector for that.
async fn redirect(listeners: &Listeners, status: u16) -> Result<String, String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|error| error.to_string())?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    let elsewhere = SocketAddr::new(listeners.forbidden(), listeners.witness.port);
    tokio::spawn(async move {
        let Ok((mut stream, _)) = listener.accept().await else { return };
        let _ = stream.read(&mut [0; 2048]).await;
        let answer = format!(
            "HTTP/1.1 {status} Elsewhere\r\nLocation: http://{elsewhere}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let _ = stream.write_all(answer.as_bytes()).await;
    });
    let connector = to_home(listeners, here(port))?.connector("shep").map_err(|no| no.reason.code().to_owned())?;
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    let first = format!("http://localhost:{port}/").parse().map_err(|_| "no URI".to_owned())?;
    let answer = client.get(first).await.map_err(|error| code(&error))?;
    let location = answer.headers().get("location").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let location: Uri = location.parse().map_err(|_| "no location".to_owned())?;
    Ok(match client.get(location).await {
        Ok(_) => REACHED.to_owned(),
        Err(error) => code(&error),
    })
}

/// Metrics are counted and pushed, for which the exporter wants to connect.
async fn collector(listeners: &Listeners) -> Result<String, String> {
    let rule = EndpointRule { plane: Plane::Telemetry, ..ordinary("https://otlp.example.kz:4317/") };
    let names = Names::Given(Arc::new(Script::always(&["8.8.8.8"])));
    let door = listeners.door(vec![declared(rule)?], names, &listeners.tables)?;
    let channel = door.channel("shep").map_err(|no| no.reason.code().to_owned())?;
    let telemetry = Telemetry::new(Some(channel)).map_err(|error| error.to_string())?;
    telemetry.alert("prove");
    let pushed = tokio::task::spawn_blocking(move || telemetry.flush());
    let _ = tokio::time::timeout(PATIENCE * 4, pushed).await;
    Ok(door.judge("shep").await.map_or_else(|no| no.reason.code().to_owned(), |_| REACHED.to_owned()))
}

async fn database(listeners: &Listeners, names: Script) -> Result<String, String> {
    dial(listeners, storage(DATABASE), names, &listeners.tables).await
}

/// The name is asked of a DNS server that is an endpoint itself.
async fn dns(listeners: &Listeners, server: &str) -> Result<String, String> {
    let rule =
        EndpointRule { name: "dns".to_owned(), plane: Plane::Support, ..pinned(&format!("dns://{server}"), server) };
    let endpoints = vec![declared(rule)?, declared(ordinary(URL))?];
    let door = listeners.door(endpoints, Names::Servers(vec!["dns".to_owned()]), &listeners.tables)?;
    Ok(speak(door.connect("shep").await).await)
}

/// Somebody calls from `from`, which here is done by calling it: every address is its own.
async fn peer(listeners: &Listeners, from: Ipv4Addr) -> Result<String, String> {
    let rule = PeerRule {
        name: "schools".to_owned(),
        kind: EndpointKind::Internet,
        networks: Vec::new(),
        proxy_protocol: false,
        exceptions: Vec::new(),
    };
    let peers = Peers::declare(vec![rule], Profile::Production).map_err(|_| "no peers".to_owned())?;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let on_refused = Arc::new(move |why: &NotAdmitted| {
        let _ = tell.send(why.code());
    });
    let filter = PeerFilter::new(peers, listeners.tables.clone(), listeners.clock(|| 0), on_refused);
    let listener = TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)).await.map_err(|error| error.to_string())?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    let office = tokio::spawn(async move {
        let Ok((mut stream, address)) = listener.accept().await else { return };
        if filter.admit(&stream, address).is_some() {
            let _ = stream.write_all(b"personal data").await;
        }
    });
    let answer =
        naive::send(SocketAddr::new(IpAddr::V4(from), port), b"hello", listeners.namespace).await.unwrap_or_default();
    let _ = office.await;
    match (answer.is_empty(), told.try_recv()) {
        (true, Ok(code)) => Ok(code.to_owned()),
        (true, Err(_)) => Ok("silence".to_owned()),
        (false, _) => Ok(ANSWERED.to_owned()),
    }
}

async fn careless(listeners: &Listeners, to: SocketAddr) -> Result<String, String> {
    naive::send(to, b"personal data", listeners.namespace).await.map_err(|error| error.to_string())?;
    Ok(REACHED.to_owned())
}

const DATABASE: &str = "postgres://db.example.kz/";
