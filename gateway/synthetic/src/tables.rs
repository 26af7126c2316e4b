//! Residency tables of a made-up world: a few networks that somebody asks about, and the rest somebody else's.
//!
//! The demo and the tests judge by them, so that neither depends on what is installed or on how old this release is.
//! The forms are those of the sources: a registry's delegated-extended file (RIR statistics exchange format), and the
//! two texts of Debian's package `tor-geoipdb`.
//!
//! ```
//! use qaqpa_synthetic::tables::{MadeUpTables, Network};
//! let network = Network::new("195.12.112.0/22", "KZ", "DE");
//! let tables = MadeUpTables::of(&[network], jiff::civil::date(2026, 11, 1)).unwrap();
//! assert!(tables.delegated.ends_with("ripencc|KZ|ipv4|195.12.112.0|1024|20100101|allocated|made-for-a-laptop\n"));
//! assert!(tables.geoip.contains("\n3272372224,3272373247,DE\n"));
//! ```

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use ipnet::{AddrParseError, IpNet, Ipv6Subnets};
use jiff::civil::Date;

/// A network, the country of its holder, and the country where it is seen. Countries are ISO 3166-1 codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// In CIDR notation.
    pub prefix: &'static str,
    /// Where the holder is registered: what the registries say.
    pub holder: &'static str,
    /// Where it is seen: what the second source says.
    pub place: &'static str,
}

impl Network {
    /// Nothing is looked at; [`MadeUpTables::of`] reads the prefix.
    #[must_use]
    pub const fn new(prefix: &'static str, holder: &'static str, place: &'static str) -> Self {
        Self { prefix, holder, place }
    }

    /// The same network, seen elsewhere.
    #[must_use]
    pub const fn seen_in(self, place: &'static str) -> Self {
        Self { place, ..self }
    }
}

/// Networks whose countries are those that real sources of 2026 give, so that nobody learns a wrong one here. Nothing is
/// ever sent there.
pub const NETWORKS: [Network; 12] = [
    Network::new("8.8.8.0/24", "US", "US"),
    Network::new("31.223.192.0/20", "KZ", "JP"), // a Kazakh holder's, announced by Amazon
    Network::new("92.46.0.0/15", "KZ", "KZ"),
    Network::new("145.249.120.0/24", "NL", "KZ"), // a Kazakh telecom on foreign-registered space
    Network::new("178.248.232.0/21", "RU", "RU"),
    Network::new("195.12.112.0/22", "KZ", "KZ"),
    Network::new("195.12.122.0/23", "KZ", "KZ"),
    Network::new("212.233.72.0/21", "KZ", "RU"),
    Network::new("2001:4860::/32", "US", "US"),
    Network::new("2a00:1f40::/32", "KZ", "KZ"),
    Network::new("2a02:26f0::/32", "GB", "KZ"),
    Network::new("2a0d:b200::/32", "KZ", "DE"),
];

/// Addresses of one family from `first` to `last`, and what each source says of them, if it lists them at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// First address.
    pub first: IpAddr,
    /// Last address.
    pub last: IpAddr,
    /// What the registries say.
    pub holder: Option<&'static str>,
    /// What the second source says.
    pub place: Option<&'static str>,
}

impl TryFrom<&Network> for Range {
    type Error = AddrParseError;

    fn try_from(network: &Network) -> Result<Self, AddrParseError> {
        let net: IpNet = network.prefix.parse()?;
        let (holder, place) = (Some(network.holder), Some(network.place));
        Ok(Self { first: net.network(), last: net.broadcast(), holder, place })
    }
}

/// The texts of the tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeUpTables {
    /// The registries' delegated-extended file.
    pub delegated: String,
    /// The second source's IPv4 text.
    pub geoip: String,
    /// Its IPv6 text.
    pub geoip6: String,
}

impl MadeUpTables {
    /// A world with these networks in it, dated `day`. All other addresses are seen in the US and have no holder: a table
    /// that knows little of the address space would be refused as cut off.
    ///
    /// # Errors
    /// A prefix that is none.
    pub fn of(networks: &[Network], day: Date) -> Result<Self, AddrParseError> {
        let ranges: Vec<Range> = networks.iter().map(Range::try_from).collect::<Result<_, _>>()?;
        Ok(Self::of_ranges(&without_gaps(ranges), day))
    }

    /// Exactly these ranges, which are in order and do not overlap.
    #[must_use]
    pub fn of_ranges(ranges: &[Range], day: Date) -> Self {
        Self {
            delegated: delegated(ranges, day),
            geoip: located(ranges, day, true),
            geoip6: located(ranges, day, false),
        }
    }

    /// Writes `delegated`, `geoip` and `geoip6` into this directory, which is made if need be.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn write(&self, directory: &Path) -> std::io::Result<()> {
        std::fs::create_dir_all(directory)?;
        for (name, text) in [("delegated", &self.delegated), ("geoip", &self.geoip), ("geoip6", &self.geoip6)] {
            std::fs::write(directory.join(name), text)?;
        }
        Ok(())
    }
}

/// The ranges in order, and what lies between them in each family's unicast space.
fn without_gaps(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.sort_by_key(|range| range.first);
    let mut all = Vec::new();
    for (first, last) in UNICAST {
        let address = |number| address(number, first.is_ipv4());
        let elsewhere = |first, last| Range { first, last, holder: None, place: Some(ELSEWHERE) };
        let mut next = number(first);
        for range in ranges.iter().filter(|range| range.first.is_ipv4() == first.is_ipv4()) {
            if next < number(range.first) {
                all.push(elsewhere(address(next), address(number(range.first) - 1)));
            }
            all.push(*range);
            next = number(range.last) + 1;
        }
        if next <= number(last) {
            all.push(elsewhere(address(next), last));
        }
    }
    all
}

/// The delegated-extended file of the ranges that have a holder.
fn delegated(ranges: &[Range], day: Date) -> String {
    let (mut rows, mut v4, mut v6) = (String::new(), 0, 0);
    for Range { first, last, holder, .. } in ranges {
        let Some(holder) = holder else { continue };
        let mut row = |kind: &str, start: IpAddr, value: u128| {
            let _ = writeln!(rows, "ripencc|{holder}|{kind}|{start}|{value}|20100101|allocated|made-for-a-laptop");
        };
        match (first, last) {
            (IpAddr::V6(first), IpAddr::V6(last)) => {
                for net in Ipv6Subnets::new(*first, *last, 0) {
                    row("ipv6", net.network().into(), net.prefix_len().into());
                    v6 += 1;
                }
            }
            _ => {
                row("ipv4", *first, number(*last) - number(*first) + 1);
                v4 += 1;
            }
        }
    }
    let (day, all) = (day.strftime("%Y%m%d"), v4 + v6);
    format!(
        "2|ripencc|{day}|{all}|19830705|{day}|+0100\nripencc|*|ipv4|*|{v4}|summary\nripencc|*|asn|*|0|summary\n\
         ripencc|*|ipv6|*|{v6}|summary\n{rows}"
    )
}

/// A text of `tor-geoipdb`: the ranges of one family that have a place.
fn located(ranges: &[Range], day: Date, v4: bool) -> String {
    let mut text = format!("# Made for a laptop.\n# Generated: {} 00:00:00 GMT\n", day.strftime("%a, %d %b %Y"));
    for Range { first, last, place, .. } in ranges.iter().filter(|range| range.first.is_ipv4() == v4) {
        let Some(place) = place else { continue };
        let _ = match v4 {
            true => writeln!(text, "{},{},{place}", number(*first), number(*last)),
            false => writeln!(text, "{first},{last},{place}"),
        };
    }
    text
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

fn address(number: u128, v4: bool) -> IpAddr {
    match u32::try_from(number) {
        Ok(number) if v4 => IpAddr::V4(number.into()),
        _ => IpAddr::V6(number.into()),
    }
}

/// Where addresses are seen of which nothing else is said.
const ELSEWHERE: &str = "US";

/// Where each family's unicast addresses begin and end.
const UNICAST: [(IpAddr, IpAddr); 2] = [
    (IpAddr::V4(Ipv4Addr::new(1, 0, 0, 0)), IpAddr::V4(Ipv4Addr::new(223, 255, 255, 255))),
    (IpAddr::V6(Ipv6Addr::from_bits(0x2 << 124)), IpAddr::V6(Ipv6Addr::from_bits((0x4 << 124) - 1))),
];

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use qaqpa_residency::Finding::{self, Disagree, Home};
    use qaqpa_residency::{Location, MaxAge, Origins, Registry, Tables};

    use super::*;

    /// As the gateway reads them.
    fn read(made: &MadeUpTables) -> Tables {
        let registry = Registry::parse(made.delegated.as_bytes()).unwrap();
        let location = Location::parse_text(made.geoip.as_bytes(), made.geoip6.as_bytes()).unwrap();
        Tables::new(registry, vec![location], Origins::embedded(), MaxAge::default())
    }

    #[test]
    fn the_gateway_reads_what_was_made_up() {
        type Wanted = fn(&Finding) -> bool;
        let tables = read(&MadeUpTables::of(&NETWORKS, date(2026, 11, 1)).unwrap());
        let foreign = |finding: &Finding| matches!(finding, Finding::Foreign { .. });
        let disagree = |finding: &Finding| *finding == Disagree;
        let home = |finding: &Finding| *finding == Home;
        let rows: [(Wanted, &str); 9] = [
            (home, "195.12.113.29"),
            (home, "2a00:1f40::1"),
            (disagree, "31.223.200.1"),
            (disagree, "145.249.120.1"),
            (disagree, "2a02:26f0::1"),
            (foreign, "8.8.8.8"),
            (foreign, "9.9.9.9"),
            (foreign, "223.255.255.255"),
            (foreign, "2001:4860:4860::8888"),
        ];
        for (wanted, address) in rows {
            let found = tables.finding(address.parse().unwrap());
            assert!(wanted(&found), "{address}: {found:?}");
        }
        assert!(tables.stale(date(2026, 12, 16)).is_none() && tables.stale(date(2026, 12, 17)).is_some());
    }

    #[test]
    fn networks_may_come_in_any_order_and_touch_the_ends() {
        let day = date(2026, 11, 1);
        let mut turned = NETWORKS;
        turned.reverse();
        assert_eq!(MadeUpTables::of(&turned, day), MadeUpTables::of(&NETWORKS, day));
        let ends = ["1.0.0.0/8", "223.0.0.0/8", "2000::/8", "3f00::/8"].map(|prefix| Network::new(prefix, "KZ", "KZ"));
        let tables = read(&MadeUpTables::of(&ends, day).unwrap());
        for address in ["1.0.0.0", "223.255.255.255", "2000::", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"] {
            let found = tables.finding(address.parse().unwrap());
            assert!(!matches!(found, Finding::Foreign { .. }), "{address}: {found:?}");
        }
        assert!(MadeUpTables::of(&[Network::new("1.2.3.4.5", "KZ", "KZ")], day).is_err());
    }

    #[test]
    fn ranges_are_listed_by_whom_they_are_known() {
        let range = |first: &str, last: &str, holder, place| Range {
            first: first.parse().unwrap(),
            last: last.parse().unwrap(),
            holder,
            place,
        };
        let ranges = [
            range("2.0.0.0", "2.0.2.255", Some("KZ"), None),
            range("2.0.3.0", "2.0.3.9", None, Some("RU")),
            range("2a00::", "2a00:2::ffff", Some("KZ"), Some("KZ")),
        ];
        let made = MadeUpTables::of_ranges(&ranges, date(2026, 11, 1));
        let rows = |text: &str, skipped: usize| text.lines().skip(skipped).map(str::to_owned).collect::<Vec<_>>();
        let row = |start: &str| format!("ripencc|KZ|{start}|20100101|allocated|made-for-a-laptop");
        let registered = ["ipv4|2.0.0.0|768", "ipv6|2a00::|31", "ipv6|2a00:2::|112"].map(row);
        assert_eq!(made.delegated.lines().next(), Some("2|ripencc|20261101|3|19830705|20261101|+0100"));
        assert_eq!(rows(&made.delegated, 4), registered);
        assert_eq!(rows(&made.geoip, 2), ["33555200,33555209,RU"]);
        assert_eq!(rows(&made.geoip6, 2), ["2a00::,2a00:2::ffff,KZ"]);
    }

    #[test]
    fn files_hold_the_texts() {
        let directory = tempfile::tempdir().unwrap();
        let made = MadeUpTables::of(&NETWORKS, date(2026, 11, 1)).unwrap();
        made.write(&directory.path().join("tables")).unwrap();
        let read = |name: &str| std::fs::read_to_string(directory.path().join("tables").join(name)).unwrap();
        assert_eq!((read("delegated"), read("geoip"), read("geoip6")), (made.delegated, made.geoip, made.geoip6));
    }
}
