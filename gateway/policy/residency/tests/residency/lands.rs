//! Tables of the test's own, so that it does not change with the registries: a world that is somebody else's, and the few
//! networks that a row is about.

use std::fmt::Write as _;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::civil::{Date, date};
use qaqpa_residency::Tables;
use qaqpa_residency::{Location, MaxAge, Origins, Registry};

/// The day on which these tables are fresh.
pub(crate) const TODAY: Date = date(2026, 11, 21);

/// A network, the country of its holder, and the country where it is seen.
pub(crate) type Land = (&'static str, &'static str, &'static str);

/// What the rows of the decision table are about. Countries are those that the sources of 2026 give.
pub(crate) const LANDS: [Land; 12] = [
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

/// Both tables of a world with these networks in it.
pub(crate) fn tables(lands: &[Land]) -> Tables {
    let registry = Registry::parse(delegated(lands).as_bytes()).unwrap();
    Tables::new(registry, vec![location(lands)], Origins::embedded(), MaxAge { tables_days: 45, origins_days: 365 })
}

/// The registries' table alone.
pub(crate) fn one_table(lands: &[Land]) -> Tables {
    let registry = Registry::parse(delegated(lands).as_bytes()).unwrap();
    Tables::new(registry, Vec::new(), Origins::embedded(), MaxAge { tables_days: 45, origins_days: 365 })
}

fn location(lands: &[Land]) -> Location {
    let head = "# Generated: Tue, 10 Nov 2026 04:33:59 GMT\n";
    let rows = |v4: bool| world(lands, v4, |land| land.2);
    let text = |first: String, last: String, country: &str| format!("{first},{last},{country}\n");
    let v4: String =
        rows(true).iter().map(|row| text(number(row.0).to_string(), number(row.1).to_string(), row.2)).collect();
    let v6: String = rows(false).iter().map(|row| text(row.0.to_string(), row.1.to_string(), row.2)).collect();
    Location::parse_text(format!("{head}{v4}").as_bytes(), format!("{head}{v6}").as_bytes()).unwrap()
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

/// Ranges that cover everything, the gaps between the lands as `US`.
fn world(lands: &[Land], v4: bool, country: impl Fn(&Land) -> &'static str) -> Vec<(IpAddr, IpAddr, &'static str)> {
    let (start, end) =
        if v4 { ("1.0.0.0", "223.255.255.255") } else { ("2000::", "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff") };
    let address = |bits: u128| {
        if v4 { IpAddr::V4(u32::try_from(bits).unwrap().into()) } else { IpAddr::V6(bits.into()) }
    };
    let mut nets: Vec<(u128, u128, &str)> = lands
        .iter()
        .map(|land| (land.0.parse::<IpNet>().unwrap(), land))
        .filter(|(net, _)| net.network().is_ipv4() == v4)
        .map(|(net, land)| (number(net.network()), number(net.broadcast()), country(land)))
        .collect();
    nets.sort();
    let mut rows = Vec::new();
    let mut next = number(start.parse().unwrap());
    for (first, last, country) in nets {
        if next < first {
            rows.push((address(next), address(first - 1), "US"));
        }
        rows.push((address(first), address(last), country));
        next = last + 1;
    }
    rows.push((address(next), end.parse().unwrap(), "US"));
    rows
}

/// A delegated-extended file of the lands alone: what no registry has given to anybody has no country.
fn delegated(lands: &[Land]) -> String {
    let mut rows = String::new();
    let (mut v4, mut v6) = (0, 0);
    for (net, holder, _) in lands {
        let net: IpNet = net.parse().unwrap();
        let (kind, value, count) = match net {
            IpNet::V4(net) => ("ipv4", 1_u64 << (32 - net.prefix_len()), &mut v4),
            IpNet::V6(net) => ("ipv6", u64::from(net.prefix_len()), &mut v6),
        };
        *count += 1;
        writeln!(rows, "ripencc|{holder}|{kind}|{}|{value}|20100101|allocated|holder", net.network()).unwrap();
    }
    format!(
        "2|ripencc|20261110|{}|19830705|20261110|+0100\nripencc|*|ipv4|*|{v4}|summary\nripencc|*|asn|*|0|summary\n\
         ripencc|*|ipv6|*|{v6}|summary\n{rows}",
        v4 + v6
    )
}
