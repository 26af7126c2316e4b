//! MMDB files of an operator, written here byte by byte after the MaxMind DB File Format Specification 2.0.

#![expect(clippy::indexing_slicing, reason = "a writer of test files")]

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};
use proptest::prelude::*;
use qaqpa_residency::{Finding, Location, MaxAge, Origins, Tables};

use crate::tables::{self, EARLY, registry};

/// Written by hand, so that it can also be written wrongly.
pub(crate) struct Writer {
    nodes: Vec<[Record; 2]>,
    values: Vec<u8>,
    pub(crate) built: u64,
    pub(crate) kind: &'static str,
}

#[derive(Clone, Copy)]
enum Record {
    Nothing,
    Node(usize),
    Value(usize),
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self { nodes: vec![[Record::Nothing; 2]], values: Vec::new(), built: 1_780_000_000, kind: "Test-Country" }
    }

    /// Files a value under a network; IPv4 under `::/96`.
    pub(crate) fn put(&mut self, network: &str, value: &[u8]) -> &mut Self {
        let network: IpNet = network.parse().unwrap();
        let (bits, length) = match network.network() {
            IpAddr::V4(start) => (u128::from(u32::from(start)), 96 + u32::from(network.prefix_len())),
            IpAddr::V6(start) => (u128::from(start), u32::from(network.prefix_len())),
        };
        let at = self.values.len();
        self.values.extend(value);
        let mut node = 0;
        for depth in 0..length {
            let bit = usize::from(bits >> (127 - depth) & 1 == 1);
            if depth + 1 == length {
                self.nodes[node][bit] = Record::Value(at);
            } else if let Record::Node(next) = self.nodes[node][bit] {
                node = next;
            } else {
                self.nodes.push([Record::Nothing; 2]);
                self.nodes[node][bit] = Record::Node(self.nodes.len() - 1);
                node = self.nodes.len() - 1;
            }
        }
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for record in self.nodes.iter().flatten() {
            let number = match record {
                Record::Nothing => self.nodes.len(),
                Record::Node(node) => *node,
                Record::Value(at) => self.nodes.len() + 16 + at,
            };
            bytes.extend(u32::try_from(number).unwrap().to_be_bytes());
        }
        bytes.extend([0; 16]);
        bytes.extend(&self.values);
        bytes.extend(b"\xab\xcd\xefMaxMind.com");
        let nodes = u32::try_from(self.nodes.len()).unwrap();
        bytes.extend(map(&[
            ("node_count", number(nodes)),
            ("record_size", short(32)),
            ("ip_version", short(6)),
            ("database_type", text(self.kind)),
            ("languages", vec![0, 4]),
            ("binary_format_major_version", short(2)),
            ("binary_format_minor_version", short(0)),
            ("build_epoch", [&[8, 2][..], &self.built.to_be_bytes()].concat()),
            ("description", map(&[])),
        ]));
        bytes
    }
}

fn text(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap();
    let head = if length < 29 { vec![2 << 5 | length] } else { vec![2 << 5 | 29, length - 29] };
    [head, text.as_bytes().to_vec()].concat()
}

fn short(number: u16) -> Vec<u8> {
    [&[5 << 5 | 2][..], &number.to_be_bytes()].concat()
}

pub(crate) fn number(number: u32) -> Vec<u8> {
    [&[6 << 5 | 4][..], &number.to_be_bytes()].concat()
}

pub(crate) fn map(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let head = vec![7 << 5 | u8::try_from(entries.len()).unwrap()];
    entries.iter().fold(head, |bytes, (key, value)| [bytes, text(key), value.clone()].concat())
}

fn nested(code: &str) -> Vec<u8> {
    map(&[("country", map(&[("iso_code", text(code))]))])
}

fn flat(code: &str) -> Vec<u8> {
    map(&[("country_code", text(code))])
}

fn countries() -> Writer {
    let mut writer = Writer::new();
    writer.put("2.72.0.0/13", &nested("KZ")).put("8.8.8.0/24", &flat("US")).put("77.88.8.8/32", &nested("RU"));
    writer.put("2a00:5da0::/29", &flat("KZ")).put("2001:4860::/32", &nested("US"));
    writer.put("9.9.9.0/24", &map(&[("continent", text("EU"))])).put("3000::/4", &nested("ZZ"));
    writer
}

#[test]
fn countries_of_addresses() {
    let table = Location::parse_mmdb(countries().bytes()).unwrap();
    for (wanted, address) in [
        (Some("KZ"), "2.72.0.0"),
        (Some("KZ"), "2.79.255.255"),
        (None, "2.80.0.0"),
        (None, "2.71.255.255"),
        (Some("US"), "8.8.8.8"),
        (Some("RU"), "77.88.8.8"),
        (None, "77.88.8.9"),
        (None, "9.9.9.9"),
        (Some("KZ"), "2a00:5da7:ffff:ffff:ffff:ffff:ffff:ffff"),
        (None, "2a00:5da8::"),
        (Some("US"), "2001:4860:4860::8888"),
        (None, "3000::1"),
        (None, "::2.72.0.1"),
        (None, "::ffff:2.72.0.1"),
    ] {
        let country = table.country(address.parse().unwrap()).map(|country| country.to_string());
        assert_eq!(country.as_deref(), wanted, "{address}");
    }
    let facts = table.facts();
    assert_eq!(
        (facts.name.as_str(), facts.v4_networks, facts.v4_addresses, facts.v6_networks),
        ("Test-Country", 1, 1 << 19, 1)
    );
    assert_eq!(facts.date.to_string(), "2026-05-28");
    assert_eq!(facts.sha256.len(), 64);
}

proptest! {
    /// Networks of one length, in any order, against a search through all of them.
    #[test]
    fn a_naive_reader_agrees(length in 8_u8..=32, starts in prop::collection::btree_map(any::<u32>(), 0..3_usize, 1..40)) {
        let mut networks = BTreeMap::from([(Ipv4Net::new(Ipv4Addr::new(2, 72, 0, 0), length).unwrap().trunc(), "KZ")]);
        for (start, code) in starts {
            let network = Ipv4Net::new(start.into(), length).unwrap().trunc();
            networks.entry(network).or_insert(["KZ", "RU", "US"][code]);
        }
        let mut writer = Writer::new();
        for (network, code) in &networks {
            writer.put(&network.to_string(), &nested(code));
        }
        let table = Location::parse_mmdb(writer.bytes()).unwrap();
        for at in networks.keys().flat_map(|net| [u32::from(net.network()), u32::from(net.broadcast())]) {
            for at in [at.wrapping_sub(1), at, at.wrapping_add(1)].map(Ipv4Addr::from) {
                let wanted = networks.iter().find(|(network, _)| network.contains(&at)).map(|(_, code)| (*code).to_owned());
                prop_assert_eq!(table.country(at.into()).map(|country| country.to_string()), wanted, "{}", at);
            }
        }
    }
}

#[test]
fn malformed_files() {
    let whole = countries().bytes();
    let changed = |change: fn(&mut Writer)| {
        let mut writer = countries();
        change(&mut writer);
        writer.bytes()
    };
    let mut abroad = Writer::new();
    abroad.put("8.8.8.0/24", &nested("US"));
    let mut numbers = Writer::new();
    numbers.put("8.8.8.0/24", &map(&[("country_code", number(398))]));
    for (wanted, why, bytes) in [
        ("table.empty", "nothing", Vec::new()),
        ("table.format", "its end is missing", whole[..whole.len() - 150].to_vec()),
        ("table.format", "its beginning is missing", whole[1000..].to_vec()),
        ("table.format", "a text", b"2.72.0.0,2.79.255.255,KZ\n".to_vec()),
        ("table.no_home", "abroad only", abroad.bytes()),
        ("table.format", "a country that is a number", numbers.bytes()),
        ("table.undated", "built in 1970", changed(|writer| writer.built = 0)),
        ("table.undated", "built after the calendar", changed(|writer| writer.built = 1 << 40)),
        ("table.format", "a node that is its own child", changed(|writer| writer.nodes[0] = [Record::Node(0); 2])),
        ("table.format", "a tree of 2^128 leaves", changed(bomb)),
        (
            "table.format",
            "a value beyond the end",
            changed(|writer| *writer.nodes.last_mut().unwrap() = [Record::Value(1 << 20); 2]),
        ),
    ] {
        assert_eq!(Location::parse_mmdb(bytes).unwrap_err().code(), wanted, "{why}");
    }
}

/// Both children of each node are the same next node.
fn bomb(writer: &mut Writer) {
    writer.nodes = (1..=128).map(|next| [if next < 128 { Record::Node(next) } else { Record::Value(0) }; 2]).collect();
}

#[test]
fn systems_of_an_operator_add_votes() {
    let system = |asn| map(&[("autonomous_system_number", number(asn))]);
    let mut writer = Writer::new();
    writer.kind = "Test-ASN, of \"today\"";
    writer.put("2.72.9.0/24", &system(16509)).put("2.73.0.0/16", &system(9198)).put("2a00:5da0:1::/48", &system(13335));
    let tables = |origins| Tables::new(registry(), vec![tables::location()], origins, MaxAge::default());
    let (before, after) = (tables(Origins::embedded()), tables(Origins::embedded().with_mmdb(writer.bytes()).unwrap()));
    for (denied, address) in [
        (Some(16509), "2.72.9.0"),
        (Some(16509), "2.72.9.255"),
        (None, "2.72.10.0"),
        (None, "2.73.0.1"),
        (Some(13335), "2a00:5da0:1::9"),
        (None, "2a00:5da0:2::9"),
    ] {
        let address: IpAddr = address.parse().unwrap();
        assert_eq!(before.finding(address), Finding::Home, "{address}");
        match (denied, after.finding(address)) {
            (Some(asn), Finding::DeniedOrigin(origin)) => assert_eq!(asn, origin.asn),
            (None, Finding::Home) => {}
            found => panic!("{address}: {found:?}"),
        }
        assert_eq!(after.evidence(address).origin_denied, denied.is_some());
    }
    let denied: IpAddr = Ipv6Addr::from(0x2a00_5da0_0001_u128 << 80).into();
    assert!(!after.home().v6.iter().any(|net| IpNet::V6(*net).contains(&denied)), "not home for the fence either");
    let (_, last) = after.version().rsplit_once(',').unwrap();
    assert!(last.starts_with("Test-ASN--of--today-@2026-05-28/"), "{last}");
    assert_eq!(tables(Origins::embedded()).stale(EARLY), None);
    for (wanted, bytes) in [("table.empty", Vec::new()), ("table.format", countries().bytes())] {
        assert_eq!(Origins::embedded().with_mmdb(bytes).unwrap_err().code(), wanted);
    }
}
