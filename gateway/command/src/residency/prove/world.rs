//! Tables for one run, dated by its day: a few networks that rows are about, and the rest of the world as somebody
//! else's, because a table that knows little of the address space is refused as cut off.
//!
//! ```text
//! 31.223.192.0/20   KZ by the registry, JP by location   residency.disagree
//! ```

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use jiff::civil::Date;
use qaqpa_residency::{Location, MaxAge, Origins, Registry, TableProblem, Tables};

/// A network, the country of its holder, the country where it is seen.
type Land = (&'static str, &'static str, &'static str);

/// Countries are those that the sources of 2026 give.
const LANDS: [Land; 9] = [
    ("31.43.179.0/24", "KZ", "KZ"),   // announced by a content network
    ("31.223.192.0/20", "KZ", "JP"),  // announced by Amazon
    ("145.249.120.0/24", "NL", "KZ"), // a Kazakhstan telecom on foreign-registered space
    ("178.248.232.0/21", "RU", "RU"),
    ("195.12.112.0/22", "KZ", "KZ"), // the state's
    ("212.233.72.0/21", "KZ", "RU"), // VK
    ("2001:4860::/32", "US", "US"),
    ("2a00:1f40::/32", "KZ", "KZ"),
    ("2a02:6b8::/32", "RU", "RU"),
];

/// Both tables as of `date`.
pub(super) fn tables(date: Date) -> Result<Tables, TableProblem> {
    Ok(Tables::new(registry(date, |land| land.1)?, vec![location(date, |land| land.2)?], Origins::embedded(), AGES))
}

/// Without a second opinion.
pub(super) fn registry_alone(date: Date) -> Result<Tables, TableProblem> {
    Ok(Tables::new(registry(date, |land| land.1)?, Vec::new(), Origins::embedded(), AGES))
}

/// As [`tables`], but the state's network has moved abroad by one of them.
pub(super) fn moved_abroad(date: Date) -> Result<Tables, TableProblem> {
    let seen = |land: &Land| if land.0 == "195.12.112.0/22" { "DE" } else { land.2 };
    Ok(Tables::new(registry(date, |land| land.1)?, vec![location(date, seen)?], Origins::embedded(), AGES))
}

/// The list that says no does not age here: it is compiled in, and a run must not depend on the day.
const AGES: MaxAge = MaxAge { tables_days: 45, origins_days: u32::MAX };

fn registry(date: Date, country: impl Fn(&Land) -> &'static str) -> Result<Registry, TableProblem> {
    let nets = LANDS.iter().filter_map(|land| Some((land.0.parse::<IpNet>().ok()?, country(land))));
    let (mut rows, mut v4, mut v6) = (String::new(), 0, 0);
    for (net, code) in nets {
        let (kind, size) = match net {
            IpNet::V4(net) => ("ipv4", 1_u64 << (32 - u32::from(net.prefix_len()))),
            IpNet::V6(net) => ("ipv6", u64::from(net.prefix_len())),
        };
        *(if kind == "ipv4" { &mut v4 } else { &mut v6 }) += 1;
        let _ = writeln!(rows, "ripencc|{code}|{kind}|{}|{size}|20000101|allocated|a", net.network());
    }
    let day = date.strftime("%Y%m%d");
    let head = format!("2|ripencc|1|{}|19830705|{day}|+0000\n", v4 + v6);
    let sums = format!("ripencc|*|ipv4|*|{v4}|summary\nripencc|*|ipv6|*|{v6}|summary\n");
    Registry::parse(format!("{head}{sums}{rows}").as_bytes())
}

fn location(date: Date, country: impl Fn(&Land) -> &'static str) -> Result<Location, TableProblem> {
    let head = format!("# Generated: {} 00:00:00 GMT\n", date.strftime("%a, %d %b %Y"));
    let (mut v4, mut v6) = (head.clone(), head);
    let first = u128::from(u32::from(Ipv4Addr::new(1, 0, 0, 0)));
    let last = u128::from(u32::from(Ipv4Addr::new(223, 255, 255, 255)));
    for (start, end, code) in laid_out(first, last, true, &country) {
        let _ = writeln!(v4, "{start},{end},{code}");
    }
    for (start, end, code) in laid_out(0x2000 << 112, (0x4000 << 112) - 1, false, &country) {
        let _ = writeln!(v6, "{},{},{code}", Ipv6Addr::from(start), Ipv6Addr::from(end));
    }
    Location::parse_text(v4.as_bytes(), v6.as_bytes())
}

/// Ranges that cover everything from `first` to `last`, the gaps as `US`.
fn laid_out(
    first: u128,
    last: u128,
    v4: bool,
    country: impl Fn(&Land) -> &'static str,
) -> Vec<(u128, u128, &'static str)> {
    let nets = LANDS.iter().filter_map(|land| Some((land.0.parse::<IpNet>().ok()?, country(land))));
    let mut nets: Vec<(u128, u128, &str)> = nets
        .filter(|(net, _)| net.network().is_ipv4() == v4)
        .map(|(net, code)| (number(net.network()), number(net.broadcast()), code))
        .collect();
    nets.sort_unstable();
    let (mut rows, mut next) = (Vec::new(), first);
    for (start, end, code) in nets {
        if next < start {
            rows.push((next, start - 1, ELSEWHERE));
        }
        rows.push((start, end, code));
        next = end + 1;
    }
    rows.push((next, last, ELSEWHERE));
    rows
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

const ELSEWHERE: &str = "US";

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use qaqpa_residency::Finding;

    use super::*;

    #[test]
    fn the_tables_know_what_rows_are_about() {
        for today in [date(2026, 11, 21), date(2031, 2, 28)] {
            let tables = tables(today).unwrap();
            assert_eq!(tables.stale(today), None, "{today}");
            let finding = |address: &str| tables.finding(address.parse().unwrap());
            assert_eq!(finding("195.12.113.29"), Finding::Home);
            assert_eq!(finding("2a00:1f40::29"), Finding::Home);
            assert_eq!(finding("31.223.200.1"), Finding::Disagree);
            assert_eq!(finding("145.249.120.1"), Finding::Disagree);
            assert!(matches!(finding("8.8.8.8"), Finding::Foreign { .. }));
            assert!(matches!(finding("31.43.179.1"), Finding::DeniedOrigin(_)));
        }
        let moved = moved_abroad(date(2026, 11, 21)).unwrap();
        assert_eq!(moved.finding("195.12.113.29".parse().unwrap()), Finding::Disagree);
        let alone = registry_alone(date(2026, 11, 21)).unwrap();
        assert_eq!(alone.finding("195.12.113.29".parse().unwrap()), Finding::Unconfirmed);
    }
}
