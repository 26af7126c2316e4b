//! The second fence. That `nft` itself takes the text is checked where nftables is installed; here: what stands in it,
//! and in which order.

use jiff::civil::date;
use qaqpa_residency::HomeSpace;
use qaqpa_residency::export::{ExportFormat, Fence, FenceEndpoint, export};

fn fence() -> Fence {
    let pinned = |name: &str, network: &str, port| FenceEndpoint {
        name: name.into(),
        plane: "upstream".into(),
        networks: vec![network.parse().unwrap()],
        port,
        tcp: true,
        ..FenceEndpoint::default()
    };
    Fence {
        user: "qaqpa".into(),
        home: HomeSpace {
            v4: vec!["2.72.0.0/13".parse().unwrap(), "195.12.112.0/23".parse().unwrap()],
            v6: vec!["2a00:5da0::/29".parse().unwrap()],
        },
        tables: "iptocc-1.4.175@2026-11-01,ipfire@2026-06-25/3f9a12cd,origins@2026-06-17".into(),
        endpoints: vec![
            FenceEndpoint { closed_xfrm: true, ..pinned("shep", "195.12.113.29/32", Some(80)) },
            FenceEndpoint { interface: Some("ipsec0".into()), ..pinned("store", "10.61.40.133/32", Some(5432)) },
            pinned("register", "92.46.0.9/32", None),
            FenceEndpoint {
                networks: Vec::new(),
                plane: "support".into(),
                udp: true,
                ..pinned("dns-1", "92.46.0.1/32", Some(53))
            },
            FenceEndpoint { networks: Vec::new(), closed_xfrm: true, ..pinned("odd", "92.46.0.1/32", Some(1)) },
        ],
        peers: vec!["10.0.0.0/8".parse().unwrap()],
        loopback: true,
        date: date(2026, 11, 21),
    }
}

#[test]
fn nft_drops_before_it_accepts() {
    let text = export(ExportFormat::Nft, &fence());
    let (_, chain) = text.split_once("chain service {\n").unwrap();
    let rules: Vec<&str> = chain.lines().map(|line| line.trim().split(" comment").next().unwrap()).collect();
    assert_eq!(
        rules,
        [
            "ip daddr { 195.12.113.29/32 } rt ipsec missing counter drop",
            "ip daddr { 10.61.40.133/32 } oifname != \"ipsec0\" counter drop",
            "oif \"lo\" accept",
            "ct direction reply ct state established,related accept",
            "ip daddr { 195.12.113.29/32 } tcp dport 80 accept",
            "ip daddr { 10.61.40.133/32 } tcp dport 5432 accept",
            "ip daddr { 92.46.0.9/32 } meta l4proto tcp accept",
            "ip daddr @home_v4 tcp dport 53 accept",
            "ip daddr @home_v4 udp dport 53 accept",
            "ip6 daddr @home_v6 tcp dport 53 accept",
            "ip6 daddr @home_v6 udp dport 53 accept",
            "counter reject with icmpx type admin-prohibited",
            "}",
            "}",
        ]
    );
    assert!(text.contains("meta skuid \"qaqpa\" jump service"));
    assert!(text.contains("elements = {\n            2.72.0.0/13,\n            195.12.112.0/23\n        }"));
}

#[test]
fn nft_without_loopback_and_without_home() {
    let fence = Fence { loopback: false, home: HomeSpace::default(), ..fence() };
    let text = export(ExportFormat::Nft, &fence);
    assert!(!text.contains("oif \"lo\""));
    assert!(!text.contains("elements"));
}

#[test]
fn systemd_lists_addresses_once() {
    let mut twice = fence();
    twice.peers.push("92.46.0.9/32".parse().unwrap());
    let text = export(ExportFormat::Systemd, &twice);
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(
        lines,
        [
            "[Service]",
            "IPAddressDeny=any",
            "IPAddressAllow=localhost",
            "IPAddressAllow=195.12.113.29/32",
            "IPAddressAllow=10.61.40.133/32",
            "IPAddressAllow=92.46.0.9/32",
            "IPAddressAllow=10.0.0.0/8",
            "IPAddressAllow=2.72.0.0/13",
            "IPAddressAllow=195.12.112.0/23",
            "IPAddressAllow=2a00:5da0::/29",
        ]
    );
    let pinned: Vec<FenceEndpoint> = fence().endpoints.into_iter().take(3).collect();
    let text = export(ExportFormat::Systemd, &Fence { endpoints: pinned, ..fence() });
    assert!(!text.contains("2.72.0.0"), "home is open only to who needs it");
}

#[test]
fn cilium_is_yaml_that_allows_as_much() {
    let read = |text: &str| -> serde_json::Value { serde_saphyr::from_str(text).unwrap() };
    let policy = read(&export(ExportFormat::Cilium, &fence()));
    let rules = policy["spec"]["egress"].as_array().unwrap();
    assert_eq!(rules.len(), 4);
    assert_eq!(rules[0]["toCIDRSet"][0]["cidr"], "195.12.113.29/32");
    assert_eq!(rules[0]["toPorts"][0]["ports"][0]["port"], "80");
    assert_eq!(rules[3]["toCIDRSet"].as_array().unwrap().len(), 3);
    assert_eq!(rules[3]["toPorts"][0]["ports"].as_array().unwrap().len(), 2);
    let none = read(&export(ExportFormat::Cilium, &Fence { endpoints: Vec::new(), ..fence() }));
    assert_eq!(none["spec"]["egress"], serde_json::json!([{}]), "refuses everything");
}

#[test]
fn names_in_an_exported_fence_stay_names() {
    let mut odd = fence();
    odd.user = "qaqpa\" accept #".into();
    odd.tables = "x\ntable inet evil".into();
    odd.endpoints[0].name = "a\" accept\n}".into();
    odd.endpoints[1].interface = Some("ipsec0\" accept comment \"".into());
    for format in [ExportFormat::Nft, ExportFormat::Systemd, ExportFormat::Cilium] {
        let (plain, text) = (export(format, &fence()), export(format, &odd));
        assert_eq!(plain.lines().count(), text.lines().count(), "no line more");
        assert_eq!(plain.matches('"').count(), text.matches('"').count(), "no quote more");
        for (line, what) in text.lines().zip(["by `qaqpa residency export`", "Tables: ", "Home: 2 IPv4 and 1 IPv6"]) {
            assert!(line.starts_with('#') && line.contains(what.trim_end_matches('`')), "{line}");
        }
    }
}
