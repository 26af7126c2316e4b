//! Endpoints' texts and addresses of a seed, judged twice: by the crate, and by readings that share nothing with it. Of
//! one input they must say the same; a text may also be refused by either.
//!
//! ```text
//! https://0303.014.0161.035    crate: residency.ambiguous_ip     whatwg: 195.12.113.29        fine, refused
//! https://[::ffff:8.8.8.8]     crate: 8.8.8.8, foreign           whatwg: the same, foreign    fine, alike
//! ```

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a flawed world or text has nothing to compare")]

pub(crate) mod addresses;
pub(crate) mod classifier;
pub(crate) mod random;
pub(crate) mod readers;
pub(crate) mod urls;
pub(crate) mod world;

use std::collections::BTreeMap;
use std::net::IpAddr;

use qaqpa_residency::{
    Answer, Endpoint, EndpointKind, EndpointRule, Host, PeerRule, Peers, Plane, Profile, ResidencyRefusal, Tunnel,
    judge, judge_address,
};

use addresses::Addresses;
use classifier::plain;
use random::Random;
use readers::{named, readings};
use urls::Urls;
use world::World;

/// What a closed network of the test pins: private networks, home and abroad.
const PINS: [&str; 7] =
    ["10.0.0.0/9", "100.64.0.0/12", "172.16.0.0/12", "2.72.0.0/13", "8.0.0.0/8", "fd00::/8", "2a00::/16"];

/// A world, what is drawn in it, and the endpoints that everything is judged for.
pub(crate) struct Comparison {
    pub(crate) world: World,
    addresses: Addresses,
    urls: Urls,
    internet: Endpoint,
    closed: Endpoint,
    peers: Peers,
}

/// How many inputs had which code.
pub(crate) type Counts = BTreeMap<&'static str, u64>;

impl Comparison {
    pub(crate) fn new(world: World) -> Self {
        let anybody = PeerRule {
            name: "e".into(),
            kind: EndpointKind::Internet,
            networks: Vec::new(),
            proxy_protocol: false,
            exceptions: Vec::new(),
        };
        Self {
            addresses: Addresses::new(&world.twin),
            urls: Urls::new(),
            internet: Endpoint::parse(rule("https://api.egov.kz", EndpointKind::Internet, &[])).unwrap(),
            closed: Endpoint::parse(rule("https://api.egov.kz", EndpointKind::ClosedNetwork, &PINS)).unwrap(),
            peers: Peers::declare(vec![anybody], Profile::Production).unwrap(),
            world,
        }
    }

    /// Draws one input and judges it.
    ///
    /// # Errors
    /// A sentence with the input in hexadecimal, where two readings part.
    pub(crate) fn one(&self, random: &mut Random, counts: &mut Counts) -> Result<(), String> {
        if random.chance(2) {
            self.address(self.address_drawn(random), counts)
        } else {
            self.url(&self.url_drawn(random), counts)
        }
    }

    pub(crate) fn address_drawn(&self, random: &mut Random) -> IpAddr {
        self.addresses.draw(random)
    }

    pub(crate) fn url_drawn(&self, random: &mut Random) -> String {
        self.urls.draw(random, &self.addresses)
    }

    /// The crate's verdict on an address of an endpoint on the Internet.
    pub(crate) fn verdict(&self, address: IpAddr) -> &'static str {
        self.code(&self.internet, address)
    }

    fn code(&self, endpoint: &Endpoint, address: IpAddr) -> &'static str {
        let judged = judge(endpoint, &Answer::from(address), &self.world.tables, self.world.today);
        judged.map_or_else(|refused| refused.refusal().reason().code(), |judged| judged.decision().code())
    }

    fn address(&self, address: IpAddr, counts: &mut Counts) -> Result<(), String> {
        let World { tables, twin, today } = &self.world;
        let ours = self.verdict(address);
        *counts.entry(ours).or_default() += 1;
        let alone = judge_address(&self.internet, address, tables, *today);
        let peer = self.peers.judge(address, tables, *today);
        for (who, wanted, found) in [
            ("on the Internet", twin.code(address), ours),
            ("by itself", ours, alone.map_or_else(|refusal| refusal.reason().code(), |_| "residency.ok")),
            ("as a peer", ours, peer.map_or_else(|refused| refused.refusal().reason().code(), |_| "residency.ok")),
            ("on a closed network", twin.code_within(&PINS, address), self.code(&self.closed, address)),
        ] {
            if wanted != found {
                return Err(format!("{address} {who}: {found}, by the second reading {wanted}"));
            }
        }
        Ok(())
    }

    fn url(&self, text: &str, counts: &mut Counts) -> Result<(), String> {
        let parted = |what: String| Err(format!("{text:?} (hex {}): {what}", hex::encode(text)));
        let endpoint = match parse(text) {
            Ok(endpoint) => endpoint,
            Err(refusal) => {
                *counts.entry(refusal.reason().code()).or_default() += 1;
                return Ok(());
            }
        };
        let (host, port) = (host(&endpoint), Some(endpoint.port()));
        *counts.entry(if host.is_ok() { "URL of an address" } else { "URL of a name" }).or_default() += 1;
        for (reader, read) in readings(text) {
            if (&read.host, read.port) != (&host, port) {
                return parted(format!("read as {host:?} {port:?}, by {reader} as {:?} {:?}", read.host, read.port));
            }
        }
        match host {
            Err(name) if named(&name).is_ok() => parted("a name that the C library reads as an address".to_owned()),
            Err(_) => Ok(()),
            Ok(address) if plain(address) != plain(address.to_canonical()) => parted("no canonical address".to_owned()),
            Ok(address) => self.address(address, counts),
        }
    }
}

/// The crate's reading, for an endpoint that pins everything, since an address as a host must be pinned.
pub(crate) fn parse(text: &str) -> Result<Endpoint, ResidencyRefusal> {
    Endpoint::parse(rule(text, EndpointKind::Internet, &["0.0.0.0/0", "::/0"]))
}

/// Host as the other readers have it.
pub(crate) fn host(endpoint: &Endpoint) -> Result<IpAddr, String> {
    match endpoint.host() {
        Host::Address(address) => Ok(*address),
        Host::Name(name) => Err(name.clone()),
    }
}

fn rule(url: &str, kind: EndpointKind, pins: &[&str]) -> EndpointRule {
    let plane = match url.split(':').next() {
        Some("dns") => Plane::Support,
        Some("postgres") => Plane::Storage,
        _ => Plane::Upstream,
    };
    EndpointRule {
        name: "e".into(),
        url: url.into(),
        plane,
        kind,
        pins: pins.iter().map(|pin| pin.parse().unwrap()).collect(),
        aliases: Vec::new(),
        tunnel: (kind == EndpointKind::ClosedNetwork).then_some(Tunnel::Xfrm),
        exceptions: Vec::new(),
    }
}
