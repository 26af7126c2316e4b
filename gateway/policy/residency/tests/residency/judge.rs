//! The decision table: endpoint texts, what DNS answers, what the tables say, peers. Rows 1 to 18 of the house's list of
//! cases (48 of them) and what was added to it.

use std::net::{IpAddr, SocketAddr};

use jiff::ToSpan as _;
use jiff::civil::date;
use qaqpa_residency::{
    Answer, Endpoint, EndpointKind, EndpointRule, Exception, ExceptionProblem, Judged, PeerRule, Peers, Plane, Profile,
    Refused, ResidencyRefusal, Tables, Tunnel, examine, judge, pin_outside,
};

use crate::made_up::{TODAY, one_table, tables};

use EndpointKind::{ClosedNetwork, DevelopmentLoopback, Internet};

fn rule(url: &str, kind: EndpointKind, pins: &[&str]) -> EndpointRule {
    let plane = match url.split(':').next() {
        Some("dns") => Plane::Support,
        Some("postgres" | "postgresql") => Plane::Storage,
        _ => Plane::Upstream,
    };
    EndpointRule {
        name: "e".into(),
        url: url.into(),
        plane,
        kind,
        pins: pins.iter().map(|pin| pin.parse().unwrap()).collect(),
        aliases: vec!["LB.partner.example.".into()],
        tunnel: (kind == ClosedNetwork).then_some(Tunnel::Xfrm),
        exceptions: Vec::new(),
    }
}

fn parsed(url: &str, kind: EndpointKind, pins: &[&str]) -> Result<Endpoint, ResidencyRefusal> {
    Endpoint::parse(rule(url, kind, pins))
}

fn answer(addresses: &[&str], aliases: &[&str]) -> Answer {
    Answer {
        addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
        aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
    }
}

fn verdict(endpoint: &Endpoint, addresses: &[&str], tables: &Tables) -> Result<usize, &'static str> {
    let judged = judge(endpoint, &answer(addresses, &[]), tables, TODAY);
    judged.map(|judged| judged.addresses().len()).map_err(|refused| refused.refusal().reason().code())
}

#[test]
fn texts_of_endpoints() {
    let one = &["195.12.113.29/32"][..];
    let loose = &["195.12.112.0/22"][..];
    for (wanted, url, kind, pins) in [
        (Ok("api.egov.kz:443"), "https://api.egov.kz", Internet, &[][..]),
        (Ok("api.egov.kz:443"), "https://API.EGOV.KZ./path", Internet, &[]),
        (Ok("api.egov.kz:8443"), "HTTPS://api.egov.kz:8443/a/b", Internet, &[]),
        (Ok("xn--80aswg.xn--80ao21a:443"), "https://xn--80aswg.xn--80ao21a", Internet, &[]),
        (Ok("195.12.113.29:443"), "https://195.12.113.29", Internet, one),
        (Ok("195.12.113.29:80"), "http://195.12.113.29/bip-sync-wss-gost/", ClosedNetwork, one),
        (Ok("195.12.113.29:443"), "https://[::ffff:195.12.113.29]", Internet, one),
        (Ok("127.0.0.1:9000"), "http://127.0.0.1:9000", DevelopmentLoopback, &[]),
        (Ok("[::1]:9000"), "http://[::1]:9000", DevelopmentLoopback, &[]),
        (Ok("localhost:9000"), "http://localhost:9000", DevelopmentLoopback, &[]),
        (Ok("195.12.113.29:53"), "dns://195.12.113.29", Internet, one),
        (Ok("db.example.kz:5432"), "postgres://db.example.kz/qaqpa", Internet, &[]),
        (Err("residency.scheme"), "http://api.egov.kz", Internet, &[]),
        (Err("residency.scheme"), "http://api.egov.kz", Internet, one),
        (Err("residency.scheme"), "http://smartbridge.ipsec", ClosedNetwork, loose),
        (Err("residency.scheme"), "ftp://api.egov.kz", Internet, &[]),
        (Err("residency.scheme"), "file:///etc/passwd", ClosedNetwork, one),
        (Err("residency.scheme"), "unix:///run/agent.sock", Internet, &[]),
        (Err("residency.not_pinned"), "https://smartbridge.ipsec", ClosedNetwork, &[]),
        (Err("residency.not_pinned"), "https://api.egov.kz", Internet, &["195.12.112.0/22", "195.12.113.29/32"]),
        (Err("residency.not_pinned"), "https://api.egov.kz", Internet, &["195.12.113.29/32", "195.12.113.29/32"]),
        (Err("residency.not_pinned"), "https://api.egov.kz", Internet, &["195.12.113.29/24"]),
        (Err("residency.literal"), "https://195.12.113.29", Internet, &[]),
        (Err("residency.literal"), "https://195.12.113.30", Internet, one),
        (Err("residency.literal"), "https://[::ffff:195.12.113.29]", Internet, &[]),
        (Err("residency.literal"), "http://10.0.0.1", DevelopmentLoopback, &[]),
        (Err("residency.literal"), "dns://8.8.8.8", Internet, &[]),
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
        (Err("residency.userinfo"), "postgres://qaqpa:secret@db.example.kz", Internet, &[]),
        (Err("residency.bad_url"), "https://api.egov.kz\\@evil.com", Internet, &[]),
        (Err("residency.bad_url"), "https://api.eg\tov.kz", Internet, &[]),
        (Err("residency.bad_url"), "https://api.egov.kz /", Internet, &[]),
        (Err("residency.bad_url"), "https://", Internet, &[]),
        (Err("residency.bad_url"), "https:api.egov.kz", Internet, &[]),
        (Err("residency.bad_url"), "api.egov.kz", Internet, &[]),
        (Err("residency.bad_url"), "https://api.egov.kz/?a=b", Internet, &[]),
        (Err("residency.bad_url"), "https://api.egov.kz/#a", Internet, &[]),
        (Err("residency.bad_url"), "https://[fe80::1%25eth0]", Internet, &[]),
        (Err("residency.bad_url"), "https://[fe80::1%eth0]", Internet, &[]),
        (Err("residency.bad_url"), "https://[::1", Internet, &[]),
        (Err("residency.bad_url"), "https://a..kz", Internet, &[]),
        (Err("residency.bad_url"), "https://api%2eegov.kz", Internet, &[]),
        (Err("residency.bad_url"), "https://api.еgov.kz", Internet, &[]), // a Cyrillic letter
        (Err("residency.bad_url"), "https://сайт.қаз", Internet, &[]),    // its xn-- form is taken
        (Err("residency.bad_url"), "postgres://db-1.example.kz,db-2.example.com/qaqpa", Internet, &[]),
        (Err("residency.bad_url"), "postgres://db-1.example.kz:5432,8.8.8.8:5432", Internet, &[]),
        (Err("residency.bad_url"), "dns://resolver.example.kz", Internet, &[]),
        (Err("residency.port"), "https://api.egov.kz:0", Internet, &[]),
        (Err("residency.port"), "https://api.egov.kz:65536", Internet, &[]),
        (Err("residency.port"), "https://api.egov.kz:", Internet, &[]),
        (Err("residency.port"), "https://api.egov.kz:+443", Internet, &[]),
        (Err("residency.port"), "https://[::ffff:195.12.113.29]443", Internet, one),
    ] {
        let found = parsed(url, kind, pins);
        let found = found.as_ref().map(Endpoint::authority).map_err(|refusal| refusal.reason().code());
        assert_eq!(found.as_deref().map_err(|code| *code), wanted, "{url}");
    }
}

#[test]
fn a_scheme_is_spoken_on_its_own_plane() {
    let on = |url: &str, plane| {
        let pins = vec!["195.12.113.29/32".parse().unwrap()];
        Endpoint::parse(EndpointRule { plane, pins, ..rule(url, Internet, &[]) })
            .map_err(|refusal| refusal.reason().code())
    };
    for plane in Plane::ALL {
        assert_eq!(on("dns://195.12.113.29", plane).is_ok(), plane == Plane::Support, "{plane:?}");
        assert_eq!(on("postgres://db.example.kz", plane).is_ok(), plane == Plane::Storage, "{plane:?}");
        assert!(on("https://api.egov.kz", plane).is_ok());
    }
}

#[test]
fn a_closed_network_and_only_that_names_its_tunnel() {
    let pins = &["10.61.40.133/32"];
    for (wanted, kind, tunnel) in [
        (Ok(()), ClosedNetwork, Some(Tunnel::Xfrm)),
        (Err("residency.tunnel"), ClosedNetwork, None),
        (Err("residency.tunnel"), Internet, Some(Tunnel::Interface("wg0".into()))),
        (Err("residency.tunnel"), DevelopmentLoopback, Some(Tunnel::Xfrm)),
    ] {
        let rule = EndpointRule { tunnel: tunnel.clone(), ..rule("https://a.kz", kind, pins) };
        assert_eq!(
            Endpoint::parse(rule).map(|_| ()).map_err(|refusal| refusal.reason().code()),
            wanted,
            "{kind:?} {tunnel:?}"
        );
    }
    for (wanted, text) in [
        (Some(Tunnel::Xfrm), "xfrm"),
        (Some(Tunnel::Interface("ipsec0".into())), "interface:ipsec0"),
        (None, "interface:"),
        (None, "interface:sixteen-letters-"),
        (None, "interface:a b"),
        (None, "interface:../x"),
        (None, "none"),
        (None, "xfrm:"),
        (None, ""),
    ] {
        assert_eq!(Tunnel::parse(text), wanted, "{text}");
    }
}

#[test]
fn resolved_addresses() {
    let world = tables();
    let name = parsed("https://api.egov.kz", Internet, &[]).unwrap();
    let pinned = parsed("https://api.egov.kz", Internet, &["195.12.112.0/22", "8.8.8.8/32"]).unwrap();
    let closed =
        parsed("http://smartbridge.ipsec", ClosedNetwork, &["195.12.113.7/32", "10.61.40.133/32", "8.8.8.8/32"])
            .unwrap();
    let laptop = parsed("http://localhost:9000", DevelopmentLoopback, &[]).unwrap();
    let foreign = Err("residency.foreign");
    let special = Err("residency.special");
    let mixed = Err("residency.mixed");
    let disagree = Err("residency.disagree");
    for (wanted, endpoint, addresses) in [
        (Ok(1), &name, &["195.12.113.29"][..]),
        (Ok(2), &name, &["195.12.113.29", "92.46.0.1"]),
        (Ok(1), &name, &["2a00:1f40::1"]),
        (Ok(2), &name, &["195.12.113.29", "2a00:1f40::1"]),
        (Ok(1), &name, &["::ffff:195.12.113.29"]),
        (foreign, &name, &["8.8.8.8"]),
        (foreign, &name, &["178.248.237.70"]),
        (foreign, &name, &["::ffff:8.8.8.8"]),
        (foreign, &name, &["203.0.114.1"]),
        (foreign, &name, &["2001:4860:4860::8888"]),
        (disagree, &name, &["31.223.200.1"]),
        (disagree, &name, &["212.233.72.1"]),
        (disagree, &name, &["145.249.120.1"]),
        (disagree, &name, &["2a02:26f0::1"]),
        (disagree, &name, &["2a0d:b200::1"]),
        (mixed, &name, &["195.12.113.29", "8.8.8.8"]),
        (mixed, &name, &["8.8.8.8", "195.12.113.29"]),
        (mixed, &name, &["195.12.113.29", "2001:4860:4860::8888"]),
        (mixed, &name, &["195.12.113.29", "31.223.200.1"]),
        (mixed, &name, &["195.12.113.29", "127.0.0.1"]),
        (special, &name, &["127.0.0.1"]),
        (special, &name, &["0.0.0.0"]),
        (special, &name, &["10.1.2.3"]),
        (special, &name, &["169.254.169.254"]),
        (special, &name, &["100.100.100.200"]),
        (special, &name, &["224.0.0.1"]),
        (special, &name, &["255.255.255.255"]),
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
        (foreign, &pinned, &["8.8.8.8"]), // a pin narrows, it does not move an address
        (Err("residency.not_pinned"), &pinned, &["92.46.0.1"]),
        (Ok(1), &closed, &["195.12.113.7"]),
        (Ok(1), &closed, &["10.61.40.133"]),
        (foreign, &closed, &["8.8.8.8"]),
        (Err("residency.not_pinned"), &closed, &["92.46.0.1"]),
        (Err("residency.not_pinned"), &closed, &["10.61.40.134"]),
        (Err("residency.not_pinned"), &closed, &["195.12.113.8"]),
        (special, &closed, &["127.0.0.1"]),
        (Ok(2), &laptop, &["127.0.0.1", "::1"]),
        (Err("residency.loopback"), &laptop, &["195.12.113.29"]),
        (Err("residency.loopback"), &laptop, &["0.0.0.0"]),
        (mixed, &laptop, &["127.0.0.1", "10.0.0.1"]),
    ] {
        assert_eq!(verdict(endpoint, addresses, &world), wanted, "{addresses:?}");
    }
    let mapped = judged(&name, &["::ffff:195.12.113.29"], &world).unwrap();
    assert_eq!(mapped.addresses(), [SocketAddr::from(([195, 12, 113, 29], 443))], "dialled as IPv4");
}

fn judged(endpoint: &Endpoint, addresses: &[&str], tables: &Tables) -> Result<Judged, Refused> {
    judge(endpoint, &answer(addresses, &[]), tables, TODAY)
}

#[test]
fn one_table_is_not_enough() {
    let alone = one_table();
    let name = parsed("https://api.egov.kz", Internet, &[]).unwrap();
    let private = parsed("http://a.kz", ClosedNetwork, &["10.61.40.133/32"]).unwrap();
    let public = parsed("http://a.kz", ClosedNetwork, &["195.12.113.7/32"]).unwrap();
    let laptop = parsed("http://localhost:9000", DevelopmentLoopback, &[]).unwrap();
    for (wanted, needed, endpoint, address) in [
        (Err("residency.unconfirmed"), true, &name, "195.12.113.29"),
        (Err("residency.unconfirmed"), true, &public, "195.12.113.7"),
        (Ok(1), false, &private, "10.61.40.133"),
        (Ok(1), false, &laptop, "127.0.0.1"),
    ] {
        assert_eq!(verdict(endpoint, &[address], &alone), wanted, "{address}");
        assert_eq!(endpoint.needs_tables(), needed, "{address}");
    }
}

#[test]
fn old_tables_are_not_believed() {
    let world = tables(); // of 10 November 2026
    let name = parsed("https://api.egov.kz", Internet, &[]).unwrap();
    let private = parsed("http://a.kz", ClosedNetwork, &["10.61.40.133/32"]).unwrap();
    for (wanted, endpoint, address, days) in [
        (Ok(()), &name, "195.12.113.29", 34),
        (Err("residency.stale"), &name, "195.12.113.29", 35),
        (Err("residency.foreign"), &name, "8.8.8.8", 35), // an old no is a no
        (Err("residency.stale"), &name, "195.12.113.29", -13), // of the day after tomorrow: one of two clocks is wrong
        (Ok(()), &private, "10.61.40.133", 3_650),
        (Err("residency.special"), &name, "10.61.40.133", 35),
    ] {
        let found = judge(endpoint, &answer(&[address], &[]), &world, TODAY + days.days());
        assert_eq!(
            found.map(|_| ()).map_err(|refused| refused.refusal().reason().code()),
            wanted,
            "{address}, {days} days"
        );
    }
}

#[test]
fn names_on_the_way() {
    let world = tables();
    let endpoint = parsed("https://api.example.com", Internet, &[]).unwrap();
    for (wanted, aliases) in [
        (Ok(()), &[][..]),
        (Ok(()), &["lb.nitec.kz"]),
        (Ok(()), &["LB.NITEC.KZ."]),
        (Ok(()), &["a.nitec.kz", "xn--80aswg.xn--80ao21a", "lb.partner.example"]),
        (Ok(()), &["api.example.com"]),
        (Err("residency.alias"), &["d111.cloudfront.net"]),
        (Err("residency.alias"), &["lb.nitec.kz", "d111.cloudfront.net", "lb.nitec.kz"]),
        (Err("residency.alias"), &["nitec.kz.evil.com"]),
        (Err("residency.alias"), &["evilkz"]),
        (Err("residency.alias"), &["other.partner.example"]),
        (Err("residency.alias"), &["a\n.kz"]),
        (Err("residency.alias"), &[""]),
    ] {
        let found = judge(&endpoint, &answer(&["195.12.113.29"], aliases), &world, TODAY);
        let found = found.map(|_| ()).map_err(|refused| refused.refusal().reason().code());
        assert_eq!(found, wanted, "{aliases:?}");
    }
    let hostile = judge(&endpoint, &answer(&["195.12.113.29"], &["a\n.kz"]), &world, TODAY).unwrap_err();
    assert!(!hostile.refusal().to_string().contains('\n'), "what DNS sends is not printed");
}

#[test]
fn somebody_may_answer_for_a_disagreement_and_for_nothing_else() {
    let world = tables();
    let networks = ["145.249.120.0/24", "8.8.8.0/24", "10.0.0.0/16"].map(|net| net.parse().unwrap());
    let last = date(2026, 12, 31);
    let exception = Exception::declare(networks.to_vec(), "foreign-registered", "officer", last, TODAY).unwrap();
    let endpoint = EndpointRule { exceptions: vec![exception], ..rule("https://api.egov.kz", Internet, &[]) };
    let endpoint = Endpoint::parse(endpoint).unwrap();
    for (wanted, address, day) in [
        (Ok("exception"), "145.249.120.7", TODAY),
        (Ok("exception"), "145.249.120.7", date(2026, 12, 25)),
        (Err("residency.disagree"), "31.223.200.1", TODAY),
        (Err("residency.foreign"), "8.8.8.8", TODAY),
        (Err("residency.special"), "10.0.0.1", TODAY),
        (Ok("country"), "195.12.113.29", TODAY),
    ] {
        let found = judge(&endpoint, &answer(&[address], &[]), &world, day);
        let found =
            found.as_ref().map(|judged| judged.decision().rule.unwrap()).map_err(|no| no.refusal().reason().code());
        assert_eq!(found, wanted, "{address}");
    }
    let used = judged(&endpoint, &["195.12.113.29", "145.249.120.7"], &world).unwrap();
    assert_eq!(used.decision().exception, Some(last), "an exception shows even beside an address that needs none");
    let alive = endpoint.exceptions().first().unwrap();
    assert!(alive.is_alive(last) && !alive.is_alive(last.tomorrow().unwrap()));
    assert!(!alive.covers("145.249.120.7".parse().unwrap(), last.tomorrow().unwrap()), "its last day is its last");
}

#[test]
fn exceptions_that_are_none() {
    let declare = |nets: &[&str], reason: &str, approver: &str, days: i32| {
        let nets = nets.iter().map(|net| net.parse().unwrap()).collect();
        Exception::declare(nets, reason, approver, TODAY + days.days(), TODAY)
    };
    let one = &["145.249.120.0/24"][..];
    for (wanted, found) in [
        (None, declare(one, "why", "who", 0)),
        (None, declare(one, "why", "who", 366)),
        (Some(ExceptionProblem::TooLong), declare(one, "why", "who", 367)),
        (Some(ExceptionProblem::Expired(TODAY.yesterday().unwrap())), declare(one, "why", "who", -1)),
        (Some(ExceptionProblem::NoNetworks), declare(&[], "why", "who", 1)),
        (Some(ExceptionProblem::TooWide), declare(&["0.0.0.0/0"], "why", "who", 1)),
        (Some(ExceptionProblem::TooWide), declare(&["145.0.0.0/15"], "why", "who", 1)),
        (Some(ExceptionProblem::TooWide), declare(&["2a00::/31"], "why", "who", 1)),
        (Some(ExceptionProblem::Unanswered), declare(one, " ", "who", 1)),
        (Some(ExceptionProblem::Unanswered), declare(one, "why", "", 1)),
    ] {
        assert_eq!(found.err(), wanted);
    }
}

#[test]
fn pins_that_reach_abroad_are_found_before_anything_starts() {
    let world = tables();
    for (wanted, pins) in [
        (None, &["195.12.112.0/22"][..]),
        (None, &["92.46.0.0/15", "2a00:1f40::/32"]),
        (None, &["10.0.0.0/8"]), // special: whether it may be pinned is another question
        (Some("8.8.8.8"), &["195.12.113.29/32", "8.8.8.8/32"]),
        (Some("195.12.116.0"), &["195.12.112.0/21"]),
        (Some("31.223.192.0"), &["31.223.192.0/20"]),
        (Some("2001:4860::"), &["2001:4860::/48"]),
        (Some("0.0.0.0"), &["0.0.0.0/0"]),
    ] {
        let endpoint = parsed("https://api.egov.kz", Internet, pins).unwrap();
        let found = pin_outside(&endpoint, &world, TODAY).map(|(address, _)| address.to_string());
        let wanted = wanted.filter(|address| *address != "0.0.0.0");
        if pins == ["0.0.0.0/0"] {
            assert!(found.is_some());
        } else {
            assert_eq!(found.as_deref(), wanted, "{pins:?}");
        }
    }
}

#[test]
fn the_peer_is_one_that_was_judged() {
    let world = tables();
    let endpoint = parsed("https://api.egov.kz:8443", Internet, &[]).unwrap();
    let judged = judged(&endpoint, &["195.12.113.29"], &world).unwrap();
    for (wanted, peer) in [
        (true, "195.12.113.29:8443"),
        (true, "[::ffff:195.12.113.29]:8443"),
        (false, "195.12.113.29:443"),
        (false, "195.12.113.30:8443"),
        (false, "127.0.0.1:8443"),
    ] {
        let found = judged.confirm_peer(peer.parse::<SocketAddr>().unwrap());
        assert_eq!(found.is_ok(), wanted, "{peer}");
        assert!(found.is_ok() || found.unwrap_err().reason().code() == "residency.peer");
    }
}

#[test]
fn one_decision_is_one_line() {
    let world = tables();
    let version = world.version();
    let endpoint = parsed("https://api.egov.kz:8443", Internet, &[]).unwrap();
    let laptop = parsed("http://localhost:9000", DevelopmentLoopback, &[]).unwrap();
    let line = |endpoint: &Endpoint, addresses: &[&str]| match judged(endpoint, addresses, &world) {
        Ok(judged) => judged.decision().to_string(),
        Err(refused) => refused.decision().to_string(),
    };
    let start = "endpoint=e plane=upstream code=residency";
    for (wanted, endpoint, addresses) in [
        (
            format!("{start}.ok rule=country addresses=195.12.113.29:8443,[2a00:1f40::1]:8443 tables={version}"),
            &endpoint,
            &["::ffff:195.12.113.29", "2a00:1f40::1"][..],
        ),
        (format!("{start}.foreign rule=- addresses=8.8.8.8:8443 tables={version}"), &endpoint, &["8.8.8.8"]),
        (format!("{start}.no_address rule=- addresses=- tables={version}"), &endpoint, &[]),
        (format!("{start}.ok rule=loopback addresses=127.0.0.1:9000 tables=-"), &laptop, &["127.0.0.1"]),
    ] {
        assert_eq!(line(endpoint, addresses), wanted);
    }
    assert!(!version.contains([' ', '=']), "no blank inside a value: {version}");
}

#[test]
fn an_examination_says_what_each_table_says() {
    let world = tables();
    let endpoint = parsed("https://api.egov.kz", Internet, &["195.12.112.0/22"]).unwrap();
    let rows = examine(&endpoint, &answer(&["195.12.113.29", "31.223.200.1", "10.0.0.1"], &[]), &world, TODAY);
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            let votes = row.evidence.as_ref().map(|evidence| {
                let country = |vote: &qaqpa_residency::Vote| vote.country.map(|code| code.to_string());
                evidence.votes.iter().map(country).collect::<Vec<_>>()
            });
            (
                row.pinned,
                row.special.is_some(),
                votes,
                row.verdict.as_ref().map_err(|refusal| refusal.reason().code()).copied(),
            )
        })
        .collect();
    let code = |code: &str| Some(code.to_owned());
    assert_eq!(
        told,
        [
            (Some(true), false, Some(vec![code("KZ"), code("KZ")]), Ok("country")),
            (Some(false), false, Some(vec![code("KZ"), code("JP")]), Err("residency.not_pinned")),
            (Some(false), true, None, Err("residency.special")),
        ]
    );
}

fn peer(name: &str, kind: EndpointKind, networks: &[&str], proxy_protocol: bool) -> PeerRule {
    let networks = networks.iter().map(|net| net.parse().unwrap()).collect();
    PeerRule { name: name.into(), kind, networks, proxy_protocol, exceptions: Vec::new() }
}

#[test]
fn which_peers_are_let_in() {
    let world = tables();
    let peers = Peers::declare(
        vec![
            peer("schools", Internet, &[], false),
            peer("office", ClosedNetwork, &["10.20.0.0/16", "100.64.7.0/24"], false),
            peer("balancer", ClosedNetwork, &["10.30.0.5/32"], true),
            peer("laptop", DevelopmentLoopback, &["127.0.0.1/32", "::1/128"], false),
        ],
        Profile::Development,
    )
    .unwrap();
    for (wanted, proxied, address) in [
        (Ok("schools"), Ok("schools"), "195.12.113.29"),
        (Ok("schools"), Ok("schools"), "::ffff:195.12.113.29"),
        (Ok("schools"), Ok("schools"), "2a00:1f40::1"),
        (Ok("office"), Ok("office"), "10.20.3.4"),
        (Ok("office"), Ok("office"), "100.64.7.1"),
        (Ok("balancer"), Err("residency.special"), "10.30.0.5"),
        (Ok("laptop"), Ok("laptop"), "127.0.0.1"),
        (Ok("laptop"), Ok("laptop"), "::1"),
        (Err("residency.special"), Err("residency.special"), "127.0.0.2"),
        (Err("residency.special"), Err("residency.special"), "10.30.0.6"),
        (Err("residency.foreign"), Err("residency.foreign"), "8.8.8.8"),
        (Err("residency.foreign"), Err("residency.foreign"), "2001:4860:4860::8888"),
        (Err("residency.disagree"), Err("residency.disagree"), "31.223.200.1"),
        (Err("residency.special"), Err("residency.special"), "64:ff9b::c30c:711d"),
    ] {
        let address: IpAddr = address.parse().unwrap();
        let told = |found: Result<qaqpa_residency::Admitted, Refused>| {
            found.map(|admitted| admitted.rule().to_owned()).map_err(|refused| refused.refusal().reason().code())
        };
        let direct = told(peers.judge(address, &world, TODAY));
        assert_eq!(direct.as_deref().map_err(|code| *code), wanted, "{address}");
        let behind = told(peers.judge_proxied(address, &world, TODAY));
        assert_eq!(behind.as_deref().map_err(|code| *code), proxied, "{address}, proxied");
    }
    let admitted = peers.judge("195.12.113.29".parse().unwrap(), &world, TODAY).unwrap();
    let line = admitted.decision().to_string();
    let start = "endpoint=schools plane=inbound code=residency.ok rule=country addresses=195.12.113.29 tables=";
    assert!(line.starts_with(start), "{line}");
    assert!(peers.judge("10.30.0.5".parse().unwrap(), &world, TODAY).unwrap().needs_proxy_header());
    assert!(!admitted.needs_proxy_header());
}

#[test]
fn what_no_rule_lists_does_not_connect() {
    let world = tables();
    let told = |rules: Vec<PeerRule>, address: &str| {
        let peers = Peers::declare(rules, Profile::Development).unwrap();
        peers
            .judge(address.parse().unwrap(), &world, TODAY)
            .map(|_| ())
            .map_err(|refused| refused.refusal().reason().code())
    };
    assert_eq!(told(Vec::new(), "195.12.113.29"), Err("residency.not_declared"));
    assert_eq!(told(Vec::new(), "127.0.0.1"), Err("residency.not_declared"));
    let narrowed = || vec![peer("schools", Internet, &["92.46.0.0/15"], false)];
    assert_eq!(told(narrowed(), "92.47.1.1"), Ok(()));
    assert_eq!(told(narrowed(), "195.12.113.29"), Err("residency.not_declared"));
    let abroad = || vec![peer("branch", ClosedNetwork, &["8.8.8.0/24"], false)];
    assert_eq!(told(abroad(), "8.8.8.8"), Err("residency.foreign"), "a closed network does not move an address");
}

#[test]
fn peers_declared_wrongly_are_all_named() {
    let rules = || {
        vec![
            peer("schools", Internet, &[], false),
            peer("laptop", DevelopmentLoopback, &[], false),
            peer("office", ClosedNetwork, &[], false),
            peer("branch", Internet, &["92.46.0.1/15"], false),
        ]
    };
    let told = |profile| {
        let problems = Peers::declare(rules(), profile).unwrap_err();
        problems.into_iter().map(|(name, refusal)| format!("{name} {}", refusal.reason().code())).collect::<Vec<_>>()
    };
    let development = ["office residency.not_pinned", "branch residency.not_pinned"];
    assert_eq!(told(Profile::Development), development);
    assert_eq!(told(Profile::Production), [&["laptop residency.loopback"][..], &development[..]].concat());
}
