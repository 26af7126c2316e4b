//! Any HTTP client works over a connector, and reaches its endpoint and nothing else: what OCSP (RFC 6960, A.1) and TSP
//! (RFC 3161, 3.4) need is a POST of octets to a declared endpoint of support.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioIo};
use qaqpa_residency::{Endpoint, EndpointKind, EndpointRule, Plane, Tables};
use rustls::RootCertStore;
use tokio::net::TcpListener;

use super::network::{Counting, HOST, Network};
use crate::dial::{Connector, Door, Names, Target};

/// Octets that no text encoding survives.
const OCTETS: &[u8] = &[0x30, 0x82, 0x00, 0xff, 0xfe, 0x0d, 0x0a, 0x00, 0x80];
const TSA: &str = "tsa";

type Heard = Arc<Mutex<Vec<(String, Bytes)>>>;
type Client = legacy::Client<Connector, Full<Bytes>>;

/// Answers a POST with its octets turned around, or leads to `elsewhere`.
async fn responder(elsewhere: Option<String>) -> (u16, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, heard) = (listener.local_addr().unwrap().port(), Heard::default());
    let told = heard.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (told, elsewhere) = (told.clone(), elsewhere.clone());
            let answer = service_fn(move |request: Request<Incoming>| answer(request, told.clone(), elsewhere.clone()));
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
            tokio::spawn(connection);
        }
    });
    (port, heard)
}

async fn answer(
    request: Request<Incoming>,
    told: Heard,
    elsewhere: Option<String>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let kind = request.headers().get(CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap());
    let line = format!("{} {} {kind}", request.method(), request.uri());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    told.lock().unwrap().push((line, body.clone()));
    let response = match elsewhere {
        Some(place) => Response::builder().status(StatusCode::TEMPORARY_REDIRECT).header("location", place),
        None => Response::builder(),
    };
    Ok(response.body(Full::new(body.iter().rev().copied().collect())).unwrap())
}

/// A door with one way, to an authority's service on this machine.
fn door(network: &Network, port: u16) -> Door {
    let rule = EndpointRule {
        name: TSA.to_owned(),
        url: format!("http://{HOST}:{port}/tsp"),
        plane: Plane::Support,
        kind: EndpointKind::DevelopmentLoopback,
        pins: Vec::new(),
        aliases: Vec::new(),
        tunnel: None,
        exceptions: Vec::new(),
    };
    let times = (Duration::from_secs(2), Duration::from_secs(4));
    let target = Target::new(Endpoint::parse(rule).unwrap(), Vec::new(), RootCertStore::empty(), times).unwrap();
    let names = Names::Given(Arc::new(network.clone()));
    Door::new(BTreeMap::from([(TSA.to_owned(), target)]), Arc::new(Tables::embedded()), names, network.clock())
}

fn client(door: &Door) -> Client {
    legacy::Client::builder(TokioExecutor::new()).build(door.connector(TSA).unwrap())
}

fn post(uri: &str, kind: &str) -> Request<Full<Bytes>> {
    let request = Request::post(uri.parse::<Uri>().unwrap()).header(CONTENT_TYPE, kind);
    request.body(Full::new(Bytes::from_static(OCTETS))).unwrap()
}

#[tokio::test]
async fn octets_are_posted_to_support_and_answered() {
    let (port, heard) = responder(None).await;
    let door = door(&Network::new(&[&["127.0.0.1"]]), port);
    let client = client(&door);
    for kind in ["application/ocsp-request", "application/timestamp-query"] {
        let response = client.request(post(&format!("http://{HOST}:{port}/tsp"), kind)).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{kind}");
        let turned: Vec<u8> = OCTETS.iter().rev().copied().collect();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), turned, "{kind}");
        let (line, body) = heard.lock().unwrap().pop().unwrap();
        assert_eq!((line.as_str(), body.as_ref()), (format!("POST /tsp {kind}").as_str(), OCTETS));
    }
}

#[tokio::test]
async fn nothing_else_is_reached_by_that_client() {
    let trap = Counting::at("127.0.0.1:0").await;
    let (elsewhere, kind) = (trap.port(), "application/ocsp-request");
    let (port, heard) = responder(Some(format!("http://127.0.0.1:{elsewhere}/"))).await;
    let network = Network::new(&[&["127.0.0.1"], &["127.0.0.1", "8.8.8.8"]]);
    let door = door(&network, port);
    let client = client(&door);
    for uri in [
        format!("http://{HOST}:{elsewhere}/tsp"),
        format!("http://127.0.0.1:{elsewhere}/tsp"),
        format!("http://ocsp.example:{elsewhere}/"),
        format!("https://{HOST}:{port}/tsp"),
    ] {
        let refused = client.request(post(&uri, kind)).await.unwrap_err();
        assert!(format!("{refused:?}").contains("residency.not_declared"), "{uri}: {refused:?}");
    }
    assert!(heard.lock().unwrap().is_empty(), "nothing was posted");
    let response = client.request(post(&format!("http://{HOST}:{port}/tsp"), kind)).await.unwrap();
    assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT, "handed on, not followed");
    drop(response);
    network.forward(31);
    let refused = self::client(&door).request(post(&format!("http://{HOST}:{port}/tsp"), kind)).await.unwrap_err();
    assert!(format!("{refused:?}").contains("residency.mixed"), "moved abroad in part: {refused:?}");
    assert_eq!((trap.heard().await, heard.lock().unwrap().len()), ((0, 0), 1));
}
