//! Tables of evidence for a laptop: a world that is somebody else's, a few networks at home, dated the day they are made.
//!
//! The demo and the tests judge by them, so that neither depends on what is installed or on how old this release is. The
//! countries are those that real sources of 2026 give, so that nobody learns a wrong one here; nothing is ever sent there.

use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::Path;

use ipnet::IpNet;
use jiff::civil::Date;

/// A network, the country of its holder, and the country where it is seen.
pub type Land = (&'static str, &'static str, &'static str);

/// What the registries and the second source say of some networks.
pub const LANDS: [Land; 12] = [
    ("8.8.8.0/24", "US", "US"),
    ("31.223.192.0/20", "KZ", "JP"), // a Kazakh holder's, announced by Amazon
    ("92.46.0.0/15", "KZ", "KZ"),
    ("145.249.120.0/24", "NL", "KZ"), // a Kazakh telecom on foreign-registered space
    ("178.248.232.0/21", "RU", "RU"),
    ("195.12.112.0/22", "KZ", "KZ"),
    ("195.12.122.0/23", "KZ", "KZ"),
    ("212.233.72.0/21", "KZ", "RU"),
    ("2001:4860::/32", "US", "US"),
    ("2a00:1f40::/32", "KZ", "KZ"),
    ("2a02:26f0::/32", "GB", "KZ"),
    ("2a0d:b200::/32", "KZ", "DE"),
];

/// Writes `delegated`, `geoip` and `geoip6` of these networks, dated `day`.
///
/// # Errors
/// As the operating system says; a network that is none is an [`std::io::ErrorKind::InvalidInput`].
pub fn write(directory: &Path, lands: &[Land], day: Date) -> std::io::Result<()> {
    let parsed = parsed(lands).ok_or(std::io::ErrorKind::InvalidInput)?;
    std::fs::create_dir_all(directory)?;
    std::fs::write(directory.join("delegated"), delegated(&parsed, day))?;
    std::fs::write(directory.join("geoip"), located(&parsed, day, true))?;
    std::fs::write(directory.join("geoip6"), located(&parsed, day, false))
}

/// Network, holder, place.
type Parsed = (IpNet, &'static str, &'static str);

fn parsed(lands: &[Land]) -> Option<Vec<Parsed>> {
    lands.iter().map(|(net, holder, place)| Some((net.parse().ok()?, *holder, *place))).collect()
}

/// The registries' extended format; what no registry has given to anybody has no country.
fn delegated(lands: &[Parsed], day: Date) -> String {
    let mut rows = String::new();
    for (net, holder, _) in lands {
        let (kind, value) = match net {
            IpNet::V4(net) => ("ipv4", 1_u64 << (32 - net.prefix_len())),
            IpNet::V6(net) => ("ipv6", u64::from(net.prefix_len())),
        };
        let _ =
            writeln!(rows, "ripencc|{holder}|{kind}|{}|{value}|20100101|allocated|made-for-a-laptop", net.network());
    }
    let v4 = lands.iter().filter(|(net, ..)| matches!(net, IpNet::V4(_))).count();
    let v6 = lands.len() - v4;
    let day = day.strftime("%Y%m%d");
    format!(
        "2|ripencc|{day}|{}|19830705|{day}|+0100\nripencc|*|ipv4|*|{v4}|summary\nripencc|*|asn|*|0|summary\n\
         ripencc|*|ipv6|*|{v6}|summary\n{rows}",
        lands.len()
    )
}

/// The text of Debian's tor-geoipdb, the gaps between the networks as `US`.
fn located(lands: &[Parsed], day: Date, v4: bool) -> String {
    let mut text = format!("# Made for a laptop.\n# Generated: {} 00:00:00 GMT\n", day.strftime("%a, %d %b %Y"));
    let mut row = |first: u128, last: u128, place: &str| {
        let _ = match v4 {
            true => writeln!(text, "{first},{last},{place}"),
            false => writeln!(text, "{},{},{place}", std::net::Ipv6Addr::from(first), std::net::Ipv6Addr::from(last)),
        };
    };
    let (mut next, end) = if v4 { (1 << 24, (224 << 24) - 1) } else { (0x2 << 124, (0x4 << 124) - 1) };
    let mut nets: Vec<_> = lands.iter().filter(|(net, ..)| net.network().is_ipv4() == v4).collect();
    nets.sort();
    for (net, _, place) in nets {
        let (first, last) = (number(net.network()), number(net.broadcast()));
        if next < first {
            row(next, first - 1, "US");
        }
        row(first, last, place);
        next = last + 1;
    }
    row(next, end, "US");
    text
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use qaqpa_residency::Tables;
    use qaqpa_residency::{Finding, Location, MaxAge, Origins, Registry};

    use super::*;

    #[test]
    fn they_say_what_is_written_above() {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), &LANDS, date(2026, 11, 1)).unwrap();
        let read = |name: &str| std::fs::read(directory.path().join(name)).unwrap();
        let registry = Registry::parse(&read("delegated")).unwrap();
        let location = Location::parse_text(&read("geoip"), &read("geoip6")).unwrap();
        let tables = Tables::new(registry, vec![location], Origins::embedded(), MaxAge::default());
        for (address, home) in [
            ("195.12.113.29", true),
            ("2a00:1f40::1", true),
            ("8.8.8.8", false),
            ("31.223.200.1", false),
            ("9.9.9.9", false),
        ] {
            let found = tables.finding(address.parse().unwrap());
            assert_eq!(found == Finding::Home, home, "{address}: {found:?}");
        }
        assert!(tables.stale(date(2026, 12, 16)).is_none() && tables.stale(date(2026, 12, 17)).is_some());
    }
}
