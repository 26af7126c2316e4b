//! The decision table: endpoint texts, resolved addresses, peers.

use std::net::{IpAddr, SocketAddr};

use qaqpa_policy::residency::{
    Countries, Endpoint, EndpointKind, EndpointRule, Endpoints, Host, Plane, Profile, ResidencyRefusal, Rir, judge,
};

/// A table of its own, so that these tests do not change with the registries.
struct Table;

impl Countries for Table {
    fn country(&self, address: IpAddr) -> Option<&str> {
        match address.to_string().as_str() {
            text if text.starts_with("195.12.") || text.starts_with("92.46.") || text.starts_with("2a00:1f") => {
                Some("KZ")
            }
            "8.8.8.8" | "2001:4860:4860::8888" => Some("US"),
            "178.248.237.70" => Some("RU"),
            _ => None,
        }
    }

    fn version(&self) -> &str {
        "test table"
    }
}

fn rule(url: &str, kind: EndpointKind, pins: &[&str]) -> EndpointRule {
    EndpointRule {
        name: "e".into(),
        url: url.into(),
        plane: Plane::Upstream,
        kind,
        pins: pins.iter().map(|pin| pin.parse().unwrap()).collect(),
    }
}

fn parsed(url: &str, kind: EndpointKind, pins: &[&str]) -> Result<Endpoint, ResidencyRefusal> {
    Endpoint::parse(rule(url, kind, pins))
}

fn verdict(endpoint: &Endpoint, addresses: &[&str]) -> Result<Vec<String>, &'static str> {
    let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
    judge(endpoint, &addresses, &Table)
        .map(|judged| judged.addresses().iter().map(|address| address.ip().to_string()).collect())
        .map_err(|refusal| refusal.code())
}

#[test]
fn texts_of_endpoints() {
    use EndpointKind::{ClosedNetwork, DevelopmentLoopback, Internet};
    let one = &["195.12.113.29/32"][..];
    let loose = &["195.12.113.0/24"][..];
    for (wanted, url, kind, pins) in [
        (Ok("api.egov.kz:443"), "https://api.egov.kz", Internet, &[][..]),
        (Ok("api.egov.kz:443"), "https://API.EGOV.KZ./path", Internet, &[]),
        (Ok("api.egov.kz:8443"), "HTTPS://api.egov.kz:8443/a/b", Internet, &[]),
        (Ok("xn--80aswg.xn--80ao21a:443"), "https://сайт.қаз", Internet, &[]),
        (Ok("195.12.113.29:443"), "https://195.12.113.29", Internet, one),
        (Ok("195.12.113.29:80"), "http://195.12.113.29/bip-sync-wss-gost/", ClosedNetwork, one),
        (Ok("195.12.113.29:443"), "https://[::ffff:195.12.113.29]", Internet, one),
        (Ok("127.0.0.1:9000"), "http://127.0.0.1:9000", DevelopmentLoopback, &[]),
        (Ok("[::1]:9000"), "http://[::1]:9000", DevelopmentLoopback, &[]),
        (Ok("localhost:9000"), "http://localhost:9000", DevelopmentLoopback, &[]),
        (Err("residency.scheme"), "http://api.egov.kz", Internet, &[]),
        (Err("residency.scheme"), "http://api.egov.kz", Internet, one),
        (Err("residency.scheme"), "http://smartbridge.ipsec", ClosedNetwork, loose),
        (Err("residency.scheme"), "ftp://api.egov.kz", Internet, &[]),
        (Err("residency.scheme"), "file:///etc/passwd", ClosedNetwork, one),
        (Err("residency.not_pinned"), "https://smartbridge.ipsec", ClosedNetwork, &[]),
        (Err("residency.literal"), "https://195.12.113.29", Internet, &[]),
        (Err("residency.literal"), "https://195.12.113.30", Internet, one),
        (Err("residency.literal"), "https://[::ffff:195.12.113.29]", Internet, &[]),
        (Err("residency.literal"), "http://10.0.0.1", DevelopmentLoopback, &[]),
        (Err("residency.ambiguous_ip"), "https://3272307997", Internet, one),
        (Err("residency.ambiguous_ip"), "https://0303.014.0161.035", Internet, one),
        (Err("residency.ambiguous_ip"), "https://0xc30c711d", Internet, one),
        (Err("residency.ambiguous_ip"), "https://127.1", Internet, one),
        (Err("residency.ambiguous_ip"), "https://①②⑦.⓪.⓪.①", Internet, one),
        (Err("residency.ambiguous_ip"), "https://195.12.113.29.", Internet, one),
        (Err("residency.ambiguous_ip"), "https://0", Internet, one),
        (Err("residency.ambiguous_ip"), "https://195.12.113.29.5", Internet, one),
        (Err("residency.ambiguous_ip"), "https://a.0x7f", Internet, one),
        (Err("residency.userinfo"), "https://user@api.egov.kz", Internet, &[]),
        (Err("residency.userinfo"), "https://api.egov.kz@8.8.8.8", Internet, &[]),
        (Err("residency.userinfo"), "https://a:b@api.egov.kz", Internet, &[]),
        (Err("residency.bad_url"), "https://api.egov.kz\\@evil.com", Internet, &[]),
        (Err("residency.bad_url"), "https://api.eg\tov.kz", Internet, &[]),
        (Err("residency.bad_url"), "https://api.egov.kz /", Internet, &[]),
        (Err("residency.bad_url"), "https://", Internet, &[]),
        (Err("residency.bad_url"), "https:api.egov.kz", Internet, &[]),
        (Err("residency.bad_url"), "api.egov.kz", Internet, &[]),
        (Err("residency.bad_url"), "https://api.egov.kz/?a=b", Internet, &[]),
        (Err("residency.bad_url"), "https://api.egov.kz/#a", Internet, &[]),
        (Err("residency.bad_url"), "https://[fe80::1%25eth0]", Internet, &[]),
        (Err("residency.bad_url"), "https://[::1", Internet, &[]),
        (Err("residency.bad_url"), "https://a..kz", Internet, &[]),
        (Err("residency.bad_url"), "https://api%2eegov.kz", Internet, &[]),
        (Err("residency.port"), "https://api.egov.kz:0", Internet, &[]),
        (Err("residency.port"), "https://api.egov.kz:65536", Internet, &[]),
        (Err("residency.port"), "https://api.egov.kz:", Internet, &[]),
        (Err("residency.port"), "https://api.egov.kz:+443", Internet, &[]),
    ] {
        let found = parsed(url, kind, pins);
        let found = found.as_ref().map(Endpoint::authority).map_err(ResidencyRefusal::code);
        assert_eq!(found.as_deref().map_err(|code| *code), wanted, "{url}");
    }
}

#[test]
fn resolved_addresses() {
    let name = parsed("https://api.egov.kz", EndpointKind::Internet, &[]).unwrap();
    let pinned = parsed("https://api.egov.kz", EndpointKind::Internet, &["195.12.113.0/24", "8.8.8.8/32"]).unwrap();
    let closed =
        parsed("http://smartbridge.ipsec", EndpointKind::ClosedNetwork, &["195.12.113.7/32", "10.61.40.133/32"])
            .unwrap();
    let laptop = parsed("http://localhost:9000", EndpointKind::DevelopmentLoopback, &[]).unwrap();
    let foreign = Err("residency.foreign");
    let special = Err("residency.special");
    let mixed = Err("residency.mixed");
    for (wanted, endpoint, addresses) in [
        (Ok(1), &name, &["195.12.113.29"][..]),
        (Ok(2), &name, &["195.12.113.29", "92.46.0.1"]),
        (Ok(1), &name, &["2a00:1f40::1"]),
        (Ok(1), &name, &["::ffff:195.12.113.29"]),
        (foreign, &name, &["8.8.8.8"]),
        (foreign, &name, &["178.248.237.70"]),
        (foreign, &name, &["::ffff:8.8.8.8"]),
        (foreign, &name, &["203.0.114.1"]),
        (mixed, &name, &["195.12.113.29", "8.8.8.8"]),
        (mixed, &name, &["8.8.8.8", "195.12.113.29"]),
        (mixed, &name, &["195.12.113.29", "2001:4860:4860::8888"]),
        (mixed, &name, &["195.12.113.29", "127.0.0.1"]),
        (special, &name, &["127.0.0.1"]),
        (special, &name, &["0.0.0.0"]),
        (special, &name, &["10.1.2.3"]),
        (special, &name, &["169.254.169.254"]),
        (special, &name, &["100.100.100.200"]),
        (special, &name, &["224.0.0.1"]),
        (special, &name, &["fe80::1"]),
        (special, &name, &["fd00:ec2::254"]),
        (special, &name, &["64:ff9b::c30c:711d"]),
        (special, &name, &["64:ff9b:1::c30c:711d"]),
        (special, &name, &["2002:c30c:711d::1"]),
        (special, &name, &["2001:0:c30c:711d::1"]),
        (special, &name, &["::195.12.113.29"]),
        (special, &name, &["::ffff:127.0.0.1"]),
        (Err("residency.no_address"), &name, &[]),
        (Ok(1), &pinned, &["195.12.113.29"]),
        (Err("residency.foreign"), &pinned, &["8.8.8.8"]), // a pin narrows, it does not move an address
        (Err("residency.not_pinned"), &pinned, &["92.46.0.1"]),
        (Ok(1), &closed, &["195.12.113.7"]),
        (Ok(1), &closed, &["10.61.40.133"]),
        (Err("residency.not_pinned"), &closed, &["10.61.40.134"]),
        (Err("residency.not_pinned"), &closed, &["195.12.113.8"]),
        (special, &closed, &["127.0.0.1"]),
        (Ok(2), &laptop, &["127.0.0.1", "::1"]),
        (Err("residency.loopback"), &laptop, &["195.12.113.29"]),
        (mixed, &laptop, &["127.0.0.1", "10.0.0.1"]),
    ] {
        let found = verdict(endpoint, addresses);
        assert_eq!(found.as_ref().map(Vec::len).map_err(|code| *code), wanted, "{addresses:?}");
    }
    assert_eq!(verdict(&name, &["::ffff:195.12.113.29"]).unwrap(), ["195.12.113.29"], "dialled as IPv4");
}

#[test]
fn private_addresses_need_a_closed_network() {
    let pinned = parsed("https://api.egov.kz", EndpointKind::Internet, &["10.0.0.0/8"]).unwrap();
    assert_eq!(verdict(&pinned, &["10.1.2.3"]), Err("residency.special"));
}

#[test]
fn the_peer_is_one_that_was_judged() {
    let endpoint = parsed("https://api.egov.kz:8443", EndpointKind::Internet, &[]).unwrap();
    let judged = judge(&endpoint, &["195.12.113.29".parse().unwrap()], &Table).unwrap();
    assert_eq!(judged.evidence(), "e: country KZ (test table): 195.12.113.29:8443");
    for (wanted, peer) in [
        (true, "195.12.113.29:8443"),
        (true, "[::ffff:195.12.113.29]:8443"),
        (false, "195.12.113.29:443"),
        (false, "195.12.113.30:8443"),
        (false, "127.0.0.1:8443"),
    ] {
        let found = judged.confirm_peer(peer.parse::<SocketAddr>().unwrap());
        assert_eq!(found.is_ok(), wanted, "{peer}");
        assert!(found.is_ok() || found.unwrap_err().code() == "residency.peer");
    }
}

#[test]
fn only_declared_endpoints_are_reached() {
    let laptop = || rule("http://127.0.0.1:9000", EndpointKind::DevelopmentLoopback, &[]);
    let declared = Endpoints::declare(vec![laptop()], Profile::Development).unwrap();
    assert_eq!(declared.find("e").unwrap().host(), &Host::Address("127.0.0.1".parse().unwrap()));
    assert_eq!(declared.find("other").unwrap_err().code(), "residency.not_declared");
    let production = Endpoints::declare(vec![laptop()], Profile::Production).unwrap_err();
    assert_eq!(production.iter().map(ResidencyRefusal::code).collect::<Vec<_>>(), ["residency.loopback"]);
    let twice =
        Endpoints::declare(vec![laptop(), laptop(), rule("x", EndpointKind::Internet, &[])], Profile::Development);
    assert_eq!(twice.unwrap_err().len(), 2, "all at once");
}

/// Addresses that five sources agreed on; registries change, so only what is settled stands here.
#[test]
fn the_registries_know_kazakhstan() {
    for (wanted, address) in [
        (Some("KZ"), "195.12.113.29"),
        (Some("KZ"), "92.46.0.1"),
        (Some("KZ"), "2.72.0.1"),
        (Some("KZ"), "212.154.128.1"),
    ] {
        assert_eq!(Rir.country(address.parse().unwrap()), wanted, "{address}");
    }
    for address in ["8.8.8.8", "1.1.1.1", "77.88.8.8", "178.248.237.70", "::195.12.113.29"] {
        assert_ne!(Rir.country(address.parse().unwrap()), Some("KZ"), "{address}");
    }
}
