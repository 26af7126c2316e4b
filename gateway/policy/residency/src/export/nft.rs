//! The fence as nftables: one table, one user.
//!
//! The order is the proof. First what must leave through a tunnel and would not is dropped, before anything is
//! accepted; then loopback, if declared, and answers to those who called; then each endpoint; then nothing.
//!
//! What the kernel sends of its own accord (a reset, an ICMP) belongs to no user and carries nothing of anybody's.

use std::fmt::Write;

use super::{Fence, FenceEndpoint, families, word};

/// The table, without its header.
pub(super) fn rules(fence: &Fence) -> String {
    let mut out = String::new();
    // Adding before deleting: deleting a table that is not there is an error.
    out.push_str("table inet qaqpa\ndelete table inet qaqpa\ntable inet qaqpa {\n");
    set(&mut out, "home_v4", "ipv4_addr", fence.home.v4.iter().map(ToString::to_string));
    set(&mut out, "home_v6", "ipv6_addr", fence.home.v6.iter().map(ToString::to_string));
    let _ = writeln!(
        out,
        "    chain output {{\n        type filter hook output priority filter; policy accept;\n        \
         meta skuid \"{}\" jump service\n    }}\n\n    chain service {{",
        word(&fence.user)
    );
    fence.endpoints.iter().for_each(|endpoint| tunnel(&mut out, endpoint));
    if fence.loopback {
        rule(&mut out, "oif \"lo\" accept", "loopback is declared");
    }
    rule(&mut out, "ct direction reply ct state established,related accept", "answers to those who called");
    fence.endpoints.iter().for_each(|endpoint| accept(&mut out, endpoint));
    rule(&mut out, "counter reject with icmpx type admin-prohibited", "not at home, or not declared");
    out.push_str("    }\n}\n");
    out
}

fn set(out: &mut String, name: &str, kind: &str, elements: impl Iterator<Item = String>) {
    let _ = writeln!(out, "    set {name} {{\n        type {kind}\n        flags interval\n        auto-merge");
    let elements: Vec<String> = elements.collect();
    if !elements.is_empty() {
        let _ = writeln!(out, "        elements = {{\n            {}\n        }}", elements.join(",\n            "));
    }
    out.push_str("    }\n\n");
}

fn rule(out: &mut String, rule: &str, comment: &str) {
    // nftables allows 128 bytes of comment
    let comment: String = comment.chars().take(100).collect();
    let _ = writeln!(out, "        {rule} comment \"{comment}\"");
}

/// Drops what would leave beside the tunnel.
fn tunnel(out: &mut String, endpoint: &FenceEndpoint) {
    let without = match &endpoint.interface {
        _ if endpoint.closed_xfrm => "rt ipsec missing".to_owned(),
        Some(interface) => format!("oifname != \"{}\"", word(interface)),
        None => return,
    };
    for target in targets(endpoint) {
        let comment = format!("{} only through its tunnel", word(&endpoint.name));
        rule(out, &format!("{target} {without} counter drop"), &comment);
    }
}

fn accept(out: &mut String, endpoint: &FenceEndpoint) {
    for target in targets(endpoint) {
        for protocol in protocols(endpoint) {
            let comment = format!("{} {}", word(&endpoint.plane), word(&endpoint.name));
            rule(out, &format!("{target} {protocol} accept"), &comment);
        }
    }
}

/// Where it may be: its pins, or all of home.
fn targets(endpoint: &FenceEndpoint) -> Vec<String> {
    if endpoint.anywhere_at_home() {
        return vec!["ip daddr @home_v4".to_owned(), "ip6 daddr @home_v6".to_owned()];
    }
    let (v4, v6) = families(&endpoint.networks);
    let pinned = [("ip", v4), ("ip6", v6)].into_iter().filter(|(_, networks)| !networks.is_empty());
    pinned.map(|(family, networks)| format!("{family} daddr {{ {} }}", networks.join(", "))).collect()
}

fn protocols(endpoint: &FenceEndpoint) -> Vec<String> {
    let spoken = [("tcp", endpoint.tcp), ("udp", endpoint.udp)].into_iter().filter(|(_, spoken)| *spoken);
    let spoken = spoken.map(|(protocol, _)| match endpoint.port {
        Some(port) => format!("{protocol} dport {port}"),
        None => format!("meta l4proto {protocol}"),
    });
    spoken.collect()
}
