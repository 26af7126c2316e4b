//! The peer filter over a real listener on loopback: who gets in, who is reset without a byte, who must go.
//!
//! Example of a row: `(Err("residency.not_declared"), "127.0.0.2", vec![loopback(&["127.0.0.1/32"])])`

mod accept;
mod behind;
mod bounds;
mod caller;
mod handshakes;
mod house;
mod slow;
mod stay;
mod tables;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use caller::PKI;
use http_body_util::Full;
use qaqpa_residency::EndpointKind;
use tokio::sync::watch;
use tonic::body::Body;

use super::*;
use crate::listen::bounds::Bounds;
use crate::listen::lifetime::Terms;
use crate::listen::{Listener, Reloader};
use tables::{abroad, at_home, clock};

fn rule(name: &str, kind: EndpointKind, networks: &[&str]) -> PeerRule {
    let networks = networks.iter().map(|net| net.parse().unwrap()).collect();
    PeerRule { name: name.to_owned(), kind, networks, proxy_protocol: false, exceptions: Vec::new() }
}

fn laptop(networks: &[&str]) -> PeerRule {
    rule("laptop", EndpointKind::DevelopmentLoopback, networks)
}

fn anyone() -> PeerRule {
    rule("anyone", EndpointKind::Internet, &[])
}

fn office() -> PeerRule {
    rule("office", EndpointKind::ClosedNetwork, &["10.20.0.0/16"])
}

fn balancer(networks: &[&str]) -> PeerRule {
    PeerRule { proxy_protocol: true, ..rule("balancer", EndpointKind::DevelopmentLoopback, networks) }
}

/// A bound, and the caller that exceeded it.
type Exceeded = (&'static str, Option<String>);

/// A listener that answers every request with the evidence of its caller, and notes whom it turned away.
struct World {
    address: SocketAddr,
    filter: PeerFilter,
    reloader: Reloader,
    unfinished: Box<dyn Fn() -> (usize, usize)>,
    refused: Arc<Mutex<Vec<String>>>,
    alerts: Arc<Mutex<Vec<&'static str>>>,
    exceeded: Arc<Mutex<Vec<Exceeded>>>,
    _stop: watch::Sender<bool>,
}

impl World {
    async fn open(address: &str, rules: Vec<PeerRule>) -> Self {
        Self::within(Bounds::default(), address, rules).await
    }

    /// Who calls from 127.0.0.9 has a certificate that nobody knows; all others are `school`.
    async fn within(bounds: Bounds, address: &str, rules: Vec<PeerRule>) -> Self {
        let (refused, alerts) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let exceeded = Arc::new(Mutex::new(Vec::new()));
        let (noted, heard, counted) = (refused.clone(), alerts.clone(), exceeded.clone());
        let on_refused = Arc::new(move |why: &NotAdmitted| noted.lock().unwrap().push(why.to_string()));
        let filter = PeerFilter::new(tables::peers(rules), at_home(), clock(), on_refused);
        let on_alert = Arc::new(move |word| heard.lock().unwrap().push(word));
        let address = address.parse().unwrap();
        let on_exceeded =
            Arc::new(move |code, caller: Option<&str>| counted.lock().unwrap().push((code, caller.map(str::to_owned))));
        let limits = (PKI.server.clone(), Terms::default(), bounds);
        let listener = Listener::bind(address, filter.clone(), limits, (on_alert, on_exceeded)).await.unwrap();
        let (stop, stopped) = watch::channel(false);
        let world = Self {
            address: listener.address().unwrap(),
            filter,
            reloader: listener.reloader(),
            unfinished: Box::new(listener.unfinished()),
            refused,
            alerts,
            exceeded,
            _stop: stop,
        };
        tokio::spawn(listener.run(stopped, |peer| {
            let evidence = peer.arrival.to_string();
            let caller = (peer.arrival.address().ip() != IpAddr::from([127, 0, 0, 9])).then(|| "school".to_owned());
            (tower::service_fn(move |request| answer(request, evidence.clone())), caller)
        }));
        world
    }

    fn refused(&self) -> Vec<String> {
        self.refused.lock().unwrap().clone()
    }

    /// The one line of evidence about who was turned away since, when it is there.
    async fn refusal(&self) -> String {
        for _ in 0..2_000 {
            if let Some(line) = self.refused.lock().unwrap().pop() {
                return line;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("nobody was turned away");
    }
}

/// `/slow` takes a while; all others are answered at once.
async fn answer(
    request: http::Request<hyper::body::Incoming>,
    evidence: String,
) -> Result<http::Response<Body>, Infallible> {
    if request.uri().path() == "/slow" {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(http::Response::new(Body::new(Full::from(evidence))))
}
