//! The second opinion on an address: the texts of the same tables read again, as naively as can be, and the special
//! ranges copied from IANA's registries as texts. Shares no line with the crate that it contradicts.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Countries by last address: (first, country).
type Rows = BTreeMap<u128, (u128, String)>;

/// What the tables say, once more.
pub(crate) struct Twin {
    /// None: the registry compiled in, whose vote is taken as given.
    registry: Option<[Rows; 2]>,
    location: [Rows; 2],
    denied: Vec<(bool, u128, u128)>,
}

impl Twin {
    pub(crate) fn new(registry: Option<&str>, geoip: &str, geoip6: &str) -> Self {
        Self { registry: registry.map(registered), location: [placed(geoip), placed(geoip6)], denied: denied() }
    }

    /// The code of the verdict on one address of an endpoint on the Internet.
    pub(crate) fn code(&self, address: IpAddr) -> &'static str {
        let (is_v4, bits) = plain(address);
        if no_place(is_v4, bits) {
            return "residency.special";
        }
        let at_home = |rows: &[Rows; 2]| {
            let row = rows[usize::from(!is_v4)].range(bits..).next();
            row.is_some_and(|(_, (first, country))| *first <= bits && country == "KZ")
        };
        let held = match &self.registry {
            Some(rows) => at_home(rows),
            None => iptocc::country_code(unplain(is_v4, bits)) == Some("KZ"),
        };
        match (held, at_home(&self.location)) {
            (false, false) => "residency.foreign",
            (true, true) if self.is_denied(is_v4, bits) => "residency.origin",
            (true, true) => "residency.ok",
            _ => "residency.disagree",
        }
    }

    /// As [`Self::code`], on a closed network that pins these networks.
    pub(crate) fn code_within(&self, pins: &[&str], address: IpAddr) -> &'static str {
        let (is_v4, bits) = plain(address);
        let among = |nets: &[&str]| nets.iter().any(|net| within(net, is_v4, bits));
        match (among(&PRIVATE), among(pins)) {
            (false, _) if no_place(is_v4, bits) => "residency.special",
            (_, false) => "residency.not_pinned",
            (true, true) => "residency.ok",
            (false, true) => self.code(address),
        }
    }

    fn is_denied(&self, is_v4: bool, bits: u128) -> bool {
        self.denied.iter().any(|(v4, first, last)| *v4 == is_v4 && *first <= bits && bits <= *last)
    }

    /// Where verdicts may change: ends of rows, of special ranges, of announcements.
    pub(crate) fn edges(&self) -> Vec<(bool, u128)> {
        self.ends(|_| true)
    }

    /// As [`Self::edges`], but of rows only those of home.
    pub(crate) fn home_edges(&self) -> Vec<(bool, u128)> {
        self.ends(|country| country == "KZ")
    }

    fn ends(&self, wanted: impl Fn(&str) -> bool) -> Vec<(bool, u128)> {
        let mut all = edges();
        for tables in self.registry.iter().chain([&self.location]) {
            for (rows, is_v4) in tables.iter().zip([true, false]) {
                let rows = rows.iter().filter(|(_, (_, country))| wanted(country));
                all.extend(rows.flat_map(|(last, (first, _))| [(is_v4, *first), (is_v4, *last)]));
            }
        }
        all
    }
}

/// Ends of special ranges and of denied announcements.
pub(crate) fn edges() -> Vec<(bool, u128)> {
    let announced = denied().into_iter().flat_map(|(is_v4, first, last)| [(is_v4, first), (is_v4, last)]);
    let special = NO_PLACES.iter().flat_map(|net| {
        let (is_v4, start, rest) = cut(net);
        [(is_v4, start), (is_v4, start | ((1 << rest) - 1))]
    });
    special.chain(announced).collect()
}

/// Family and bits; an IPv4 address in IPv6 clothes is the IPv4 address.
pub(crate) fn plain(address: IpAddr) -> (bool, u128) {
    match address {
        IpAddr::V4(address) => (true, u32::from(address).into()),
        IpAddr::V6(address) if u128::from(address) >> 32 == 0xffff => (true, u128::from(address) & 0xffff_ffff),
        IpAddr::V6(address) => (false, address.into()),
    }
}

pub(crate) fn unplain(is_v4: bool, bits: u128) -> IpAddr {
    if is_v4 { IpAddr::V4(Ipv4Addr::from(bits as u32)) } else { IpAddr::V6(Ipv6Addr::from(bits)) }
}

fn no_place(is_v4: bool, bits: u128) -> bool {
    let listed = NO_PLACES.iter().any(|net| within(net, is_v4, bits));
    listed || !is_v4 && bits >> 125 != 1
}

fn within(net: &str, is_v4: bool, bits: u128) -> bool {
    let (net_is_v4, start, rest) = cut(net);
    is_v4 == net_is_v4 && bits >> rest == start >> rest
}

/// Family, start, and how many bits are free.
fn cut(net: &str) -> (bool, u128, u32) {
    let (start, length) = net.split_once('/').unwrap();
    let (is_v4, start) = read(start);
    (is_v4, start, (if is_v4 { 32 } else { 128 }) - length.parse::<u32>().unwrap())
}

fn read(text: &str) -> (bool, u128) {
    match text.parse().unwrap() {
        IpAddr::V4(address) => (true, u32::from(address).into()),
        IpAddr::V6(address) => (false, address.into()),
    }
}

fn registered(text: &str) -> [Rows; 2] {
    let mut rows = [Rows::new(), Rows::new()];
    for line in text.lines() {
        let fields: Vec<&str> = line.split('|').collect();
        let [_, country, "ipv4" | "ipv6", start, value, _, "allocated" | "assigned", ..] = fields[..] else { continue };
        let ((is_v4, first), value) = (read(start), value.parse::<u128>().unwrap());
        let count = if is_v4 { value } else { 1 << (128 - value) };
        rows[usize::from(!is_v4)].insert(first + (count - 1), (first, country.to_owned()));
    }
    rows
}

fn placed(text: &str) -> Rows {
    let number = |text: &str| text.parse().unwrap_or_else(|_| read(text).1);
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    let rows = rows.map(|line| line.split(',').collect::<Vec<_>>());
    rows.map(|row| (number(row[1]), (number(row[0]), row[2].to_ascii_uppercase()))).collect()
}

fn denied() -> Vec<(bool, u128, u128)> {
    let rows = |text: &'static str| text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let clouds: BTreeSet<&str> = rows(CLOUDS).filter_map(|line| line.split(',').next()).collect();
    let announced = rows(ANNOUNCED).map(|line| line.split(',').collect::<Vec<_>>());
    let of_clouds = announced.filter(|row| clouds.contains(row[2]));
    of_clouds.map(|row| (read(row[0]).0, read(row[0]).1, read(row[1]).1)).collect()
}

const ANNOUNCED: &str = include_str!("../../../src/tables/origins/announced.csv");
const CLOUDS: &str = include_str!("../../../src/tables/origins/clouds.csv");

/// What a closed network may pin: RFC 1918, RFC 6598, RFC 4193.
const PRIVATE: [&str; 5] = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"];

/// IANA's special-purpose address registries, all of their rows; and multicast, class E, site-local.
const NO_PLACES: [&str; 56] = [
    "0.0.0.0/8",
    "0.0.0.0/32",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.0.0/29",
    "192.0.0.8/32",
    "192.0.0.9/32",
    "192.0.0.10/32",
    "192.0.0.170/32",
    "192.0.0.171/32",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "255.255.255.255/32",
    "::1/128",
    "::/128",
    "::/96",
    "::ffff:0:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "100:0:0:1::/64",
    "2001::/23",
    "2001::/32",
    "2001:1::1/128",
    "2001:1::2/128",
    "2001:1::3/128",
    "2001:2::/48",
    "2001:3::/32",
    "2001:4:112::/48",
    "2001:10::/28",
    "2001:20::/28",
    "2001:30::/28",
    "2001:db8::/32",
    "2002::/16",
    "2620:4f:8000::/48",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fd00::/8",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
    "::/64",
];
