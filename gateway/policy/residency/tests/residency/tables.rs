//! The tables of residency: every way a file can be wrong, and a second, naive reader of the same text.

#![expect(clippy::indexing_slicing, reason = "a naive reader of texts that the tests wrote")]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::civil::{Date, date};
use proptest::prelude::*;
use qaqpa_residency::{Finding, Location, MaxAge, Origins, Registry, TableProblem, Tables};

/// A day on which nothing is stale.
pub(crate) const EARLY: Date = date(2026, 6, 30);

const V4: &str = "# A table of the world\n\
    # Generated: Thu, 25 Jun 2026 04:33:59 GMT\n\
    16777216,38273023,US\n\
    38273024,38797311,KZ\n\
    38797312,3272372223,US\n\
    3272372224,3272373247,KZ\n\
    3272373248,3287375871,RU\n\
    3287375872,3758096383,??\n";
const V6: &str = "# Generated: Fri, 26 Jun 2026 04:33:59 GMT\n\
    2001:200::,2001:5ff:ffff:ffff:ffff:ffff:ffff:ffff,JP\n\
    2400::,240f:ffff:ffff:ffff:ffff:ffff:ffff:ffff,CN\n\
    2a00:5da0::,2a00:5da7:ffff:ffff:ffff:ffff:ffff:ffff,KZ\n\
    2c0f:ff00::,2c0f:ffff:ffff:ffff:ffff:ffff:ffff:ffff,ZZ\n";
const DELEGATED: &str = "# of the test\n\
    2|ripencc|1793487599|7|19830705|20260620|+0200\n\
    ripencc|*|ipv4|*|5|summary\n\
    ripencc|*|asn|*|1|summary\n\
    ripencc|*|ipv6|*|1|summary\n\
    ripencc|KZ|asn|9198|1|19970101|allocated|a\n\
    ripencc|RU|ipv4|77.88.0.0|16384|20070101|allocated|b\n\
    ripencc|KZ|ipv4|2.72.0.0|524288|20100715|allocated|c\n\
    ripencc|KZ|ipv4|31.223.192.0|4096|20110101|assigned|d\n\
    ripencc||ipv4|195.12.116.0|256||available\n\
    ripencc|KZ|ipv4|195.12.112.0|768|19990101|assigned|c\n\
    ripencc|KZ|ipv6|2a00:5da0::|29|20150101|allocated|c\n";

pub(crate) fn location() -> Location {
    Location::parse_text(V4.as_bytes(), V6.as_bytes()).unwrap()
}

pub(crate) fn registry() -> Registry {
    Registry::parse(DELEGATED.as_bytes()).unwrap()
}

fn code(country: Option<qaqpa_residency::Country>) -> String {
    country.map_or_else(|| "-".to_owned(), |country| country.to_string())
}

#[test]
fn where_the_tables_place_an_address() {
    let full = Tables::new(registry(), vec![location()], Origins::embedded(), MaxAge::default());
    let twice = Tables::new(registry(), vec![location(), location()], Origins::embedded(), MaxAge::default());
    let alone = Tables::new(registry(), Vec::new(), Origins::embedded(), MaxAge::default());
    for (wanted, wanted_alone, address) in [
        ("Home", "Unconfirmed", "2.72.0.0"),
        ("Home", "Unconfirmed", "2.79.255.255"),
        ("Home", "Unconfirmed", "195.12.113.29"),
        ("Home", "Unconfirmed", "::ffff:195.12.113.29"),
        ("Home", "Unconfirmed", "2a00:5da0::1"),
        ("Foreign { country: None }", "Foreign { country: None }", "::195.12.113.29"),
        ("Disagree", "Foreign { country: None }", "195.12.115.1"),
        ("Disagree", "Unconfirmed", "31.223.200.1"),
        ("Foreign { country: Some(RU) }", "Foreign { country: Some(RU) }", "77.88.8.8"),
        ("Foreign { country: Some(US) }", "Foreign { country: None }", "8.8.8.8"),
        ("Foreign { country: Some(US) }", "Foreign { country: None }", "2.80.0.0"),
        ("Foreign { country: Some(RU) }", "Foreign { country: None }", "195.12.116.1"),
        ("Foreign { country: None }", "Foreign { country: None }", "2a00:5da8::1"),
        ("Foreign { country: None }", "Foreign { country: None }", "224.0.0.1"),
    ] {
        let address: IpAddr = address.parse().unwrap();
        assert_eq!(format!("{:?}", full.finding(address)), wanted, "{address}");
        assert_eq!(format!("{:?}", twice.finding(address)), wanted, "{address}");
        assert_eq!(format!("{:?}", alone.finding(address)), wanted_alone, "{address} without a location");
    }
    assert!(alone.home().v4.is_empty(), "unconfirmed is not home");
}

#[test]
fn a_denied_origin_on_home_space() {
    // 91.219.224.0/22 is announced by VK; here both tables place it at home.
    let delegated = DELEGATED.replace("31.223.192.0|4096", "91.219.224.0|1024");
    let v4 = V4.replace(
        "38797312,3272372223,US\n",
        "38797312,1541136383,US\n1541136384,1541137407,KZ\n1541137408,3272372223,US\n",
    );
    let place = Location::parse_text(v4.as_bytes(), V6.as_bytes()).unwrap();
    let registry = Registry::parse(delegated.as_bytes()).unwrap();
    let tables = Tables::new(registry, vec![place], Origins::embedded(), MaxAge::default());
    let address: IpAddr = "91.219.224.9".parse().unwrap();
    let Finding::DeniedOrigin(origin) = tables.finding(address) else { panic!("{:?}", tables.finding(address)) };
    assert_eq!(origin.to_string(), "AS47764 VK");
    let evidence = tables.evidence(address);
    let votes: Vec<_> = evidence.votes.iter().map(|vote| format!("{} {}", vote.table, code(vote.country))).collect();
    assert_eq!(votes, ["delegated-ripencc KZ", "ipfire KZ"]);
    assert!(evidence.origin_denied);
    assert!(!tables.home().v4.iter().any(|net| net.contains(&Ipv4Addr::new(91, 219, 224, 9))));
}

#[test]
fn what_is_known_of_the_tables() {
    let tables = Tables::new(registry(), vec![location()], Origins::embedded(), MaxAge::default());
    let lines = tables.facts().map(|facts| {
        let counts = (facts.v4_networks, facts.v4_addresses, facts.v6_networks);
        format!("{} {} {counts:?}", facts.name, facts.date)
    });
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines[..2], ["delegated-ripencc 2026-06-20 (4, 529152, 1)", "ipfire 2026-06-25 (2, 525312, 1)"]);
    let version: Vec<_> = tables.version().split(',').map(|table| table.split('/').next().unwrap()).collect();
    assert_eq!(version, ["delegated-ripencc@2026-06-20", "ipfire@2026-06-25", "origins@2026-06-17"]);
    assert_eq!(Tables::embedded().version(), "iptocc-1.4.175@2026-11-01,geo-whois-asn@2026-06-17,origins@2026-06-17");
    let home = tables.home();
    let texts: Vec<_> =
        home.v4.iter().map(ToString::to_string).chain(home.v6.iter().map(ToString::to_string)).collect();
    assert_eq!(texts, ["2.72.0.0/13", "195.12.112.0/23", "195.12.114.0/24", "2a00:5da0::/29"]);
    let pairs = tables.disagreements().into_iter().map(|pair| {
        let examples: Vec<_> = pair.examples.iter().map(ToString::to_string).collect();
        format!("{}-{} {} {}", pair.home_by, pair.not_by, pair.v4_addresses, examples.join(" "))
    });
    let pairs: Vec<_> = pairs.collect();
    assert_eq!(
        pairs,
        ["delegated-ripencc-ipfire 4096 31.223.192.0/20", "ipfire-delegated-ripencc 256 195.12.115.0/24",]
    );
}

/// The compiled-in registry: known answers, and the same walk as over listed tables.
#[test]
fn the_registry_that_is_compiled_in() {
    let registry = Registry::embedded();
    for (wanted, address) in [
        ("KZ", "195.12.113.29"),
        ("KZ", "31.223.200.1"),
        ("KZ", "2a00:5da0::1"),
        ("US", "8.8.8.8"),
        ("RU", "77.88.8.8"),
        ("-", "10.0.0.1"),
    ] {
        assert_eq!(code(registry.country(address.parse().unwrap())), wanted, "{address}");
    }
    let tables = Tables::new(registry, vec![location()], Origins::embedded(), MaxAge::default());
    let home = tables.home();
    assert!(home.v4.iter().all(|net| tables.finding(net.network().into()) == Finding::Home));
    assert!(home.v4.iter().any(|net| net.contains(&Ipv4Addr::new(195, 12, 113, 29))));
    assert!(home.v6.iter().all(|net| tables.finding(net.network().into()) == Finding::Home));
}

/// A machine with nothing but this program has two opinions, until one of them is too old.
#[test]
fn what_is_compiled_in_confirms_itself() {
    let tables = Tables::embedded();
    for (wanted, address) in [
        ("Home", "195.12.113.29"),
        ("Home", "2a00:5da0::1"),
        ("Disagree", "212.233.72.1"),
        ("DeniedOrigin(Origin { asn: 16509, name: \"Amazon\" })", "31.223.192.1"),
        ("Foreign { country: Some(US) }", "8.8.8.8"),
    ] {
        assert_eq!(format!("{:?}", tables.finding(address.parse().unwrap())), wanted, "{address}");
    }
    assert_eq!(tables.stale(date(2026, 12, 16)), None);
    assert_eq!(tables.stale(date(2026, 12, 17)).unwrap().table, "iptocc 1.4.175");
    let patient = MaxAge { registry_days: 365, ..MaxAge::default() };
    let tables = Tables::new(Registry::embedded(), vec![Location::embedded()], Origins::embedded(), patient);
    assert_eq!(tables.stale(date(2027, 1, 13)), None);
    assert_eq!(tables.stale(date(2027, 1, 14)).unwrap().table, "geo-whois-asn");
}

#[test]
fn ages_of_tables() {
    let tables = Tables::new(registry(), vec![location()], Origins::embedded(), MaxAge::default());
    for (wanted, today) in [
        (None, EARLY),
        (None, date(2026, 8, 4)),
        (Some("table `delegated-ripencc` of 2026-06-20 is 46 days old, more than 45"), date(2026, 8, 5)),
        (None, date(2026, 6, 24)),
        (Some("table `ipfire` is of 2026-06-25, 2 days in the future"), date(2026, 6, 23)),
        (Some("table `delegated-ripencc` is of 2026-06-20, 171 days in the future"), date(2025, 12, 31)),
    ] {
        assert_eq!(tables.stale(today).map(|stale| stale.to_string()).as_deref(), wanted, "{today}");
    }
    let patient = MaxAge { registry_days: 365, locations_days: 365, origins_days: 5 };
    let tables = Tables::new(registry(), vec![location()], Origins::embedded(), patient);
    assert_eq!(tables.stale(EARLY).unwrap().table, "origins");
    for (wanted, name, last) in [
        (None, "ipfire", date(2026, 6, 25)),
        (
            Some("table `ipfire` is of 2026-06-25, older than the one last in force, of 2026-06-26"),
            "ipfire",
            date(2026, 6, 26),
        ),
        (None, "ipfire", date(2026, 6, 24)),
        (None, "another", date(2027, 1, 1)),
    ] {
        let older = tables.older_than(&[(name.to_owned(), last)]);
        assert_eq!(older.map(|older| older.to_string()).as_deref(), wanted, "{name} {last}");
    }
    let last = [("iptocc 1.4.999".to_owned(), date(2026, 12, 1))];
    assert_eq!(Tables::embedded().older_than(&last).unwrap().table, "iptocc 1.4.175");
}

#[test]
fn malformed_texts() {
    let change = |from: &'static str, to: &'static str| {
        assert!(V4.contains(from) || V6.contains(from), "{from}");
        (V4.replace(from, to), V6.replace(from, to))
    };
    let half = V4.split_inclusive('\n').take(5).collect::<String>();
    for (wanted, (v4, v6)) in [
        ("the IPv4 text is empty", (String::new(), V6.to_owned())),
        ("the IPv6 text is empty", (V4.to_owned(), "\n \n".to_owned())),
        ("the IPv4 text is empty", ("# Generated: Thu, 25 Jun 2026 04:33:59 GMT\n".to_owned(), V6.to_owned())),
        ("the IPv4 text is cut short: its last line has no end", (V4.trim_end().to_owned(), V6.to_owned())),
        ("the IPv6 text is cut short: its last line has no end", (V4.to_owned(), V6[..V6.len() - 9].to_owned())),
        ("the IPv4 text is cut short: it knows 3255595008 addresses of about 3.7e9", (half, V6.to_owned())),
        ("the IPv4 text is cut short: it knows 6", change("38797312,3272372223", "3172343552,3272372223")),
        ("the IPv6 text is cut short", change("2400::,240f:", "240f:ffff::,240f:")),
        ("the IPv6 text is cut short", change("2c0f:ff00::,2c0f:ffff", "2b0f:ff00::,2b0f:ffff")),
        ("the IPv4 text places no address in Kazakhstan", change(",KZ\n", ",RU\n")),
        ("the IPv4 text carries no date", change("Generated: Thu,", "Made: Thu,")),
        ("the IPv6 text carries no date", change("Fri, 26 Jun", "Fri, 26 Jux")),
        ("line 4 of the IPv4 text: the range ends before it starts", change("38797311", "38273023")),
        ("line 4 of the IPv4 text: the range overlaps one before it", change("38273024,", "38273023,")),
        ("line 5 of the IPv4 text: the range overlaps one before it", change("38797312,", "16777216,")),
        ("line 3 of the IPv6 text: the range overlaps one before it", change("2400::", "2001:300::")),
        ("line 4 of the IPv4 text: no code of a country", change("38797311,KZ", "38797311,K1")),
        ("line 4 of the IPv4 text: no code of a country", change("38797311,KZ", "38797311,KZ\r")),
        ("line 4 of the IPv4 text: no code of a country", change("38797311,KZ", "38797311,")),
        ("line 4 of the IPv4 text: not `start,end,country`", change("38797311,KZ", "38797311")),
        ("line 4 of the IPv4 text: not `start,end,country`", change("38797311,KZ", "38797311,KZ,x")),
        ("line 4 of the IPv4 text: the start is no address", change("38273024,", "2.72.0.0,")),
        ("line 4 of the IPv4 text: the end is no address", change("38797311,", "4294967296,")),
        ("line 2 of the IPv6 text: the start is no address", change("2001:200::", "2001:200:::")),
        ("line 2 of the IPv6 text: the start is no address", change("2001:200::", "1.2.3.4")),
    ] {
        let problem = Location::parse_text(v4.as_bytes(), v6.as_bytes()).unwrap_err();
        assert!(problem.to_string().starts_with(wanted), "{problem} instead of {wanted}");
    }
    let swapped = Location::parse_text(V6.as_bytes(), V4.as_bytes()).unwrap_err();
    assert_eq!(swapped.code(), "table.line");
    let binary = [V4.as_bytes(), b"\xff\xfe\n"].concat();
    assert_eq!(Location::parse_text(binary.as_slice(), V6.as_bytes()).unwrap_err().code(), "table.line");
}

#[test]
fn malformed_delegations() {
    for (wanted, from, to) in [
        ("the delegated file is empty", DELEGATED, " \n"),
        ("the delegated file is cut short: its last line has no end", "allocated|c\n", "allocated|c"),
        ("the delegated file is cut short: it announces 8 rows and holds 7", "|7|", "|8|"),
        (
            "the delegated file is cut short: it announces 7 rows and holds 6",
            "ripencc|KZ|asn|9198|1|19970101|allocated|a\n",
            "",
        ),
        ("the delegated file is cut short: its summary and its 5 rows of ipv4 do not agree", "ipv4|*|5", "ipv4|*|6"),
        (
            "the delegated file is cut short: its summary and its 1 rows of ipv6 do not agree",
            "ripencc|*|ipv6|*|1|summary\n",
            "",
        ),
        ("the delegated file places no address in Kazakhstan", "|KZ|ip", "|RU|ip"),
        ("the delegated file carries no date", "20260620", "00000000"),
        ("the delegated file is no such file: its format is not version 2", "2|ripencc|17", "3|ripencc|17"),
        ("the delegated file is no such file: its first line is not", "|19830705|20260620|+0200", ""),
        ("the delegated file is no such file: its first line names no registry", "2|ripencc|17", "2|RIPE NCC|17"),
        ("the delegated file is no such file: its number of records is none", "|7|", "|-7|"),
        ("line 4 of the delegated file: a second summary", "|asn|*|1|", "|ipv4|*|1|"),
        ("line 4 of the delegated file: neither asn", "|asn|*|1|", "|ipv5|*|1|"),
        ("line 7 of the delegated file: the start is no IPv4", "77.88.0.0", "077.88.0.0"),
        ("line 7 of the delegated file: the count of addresses is no", "16384", "many"),
        ("line 7 of the delegated file: the count of addresses leads", "|16384|", "|0|"),
        ("line 7 of the delegated file: the count of addresses leads", "77.88.0.0|16384", "255.255.255.255|2"),
        ("line 8 of the delegated file: the range overlaps", "77.88.0.0|16384", "2.71.0.0|131072"),
        ("line 8 of the delegated file: a status that is none", "20100715|allocated", "20100715|lent"),
        ("line 8 of the delegated file: space is given out to no country", "|KZ|ipv4|2.72", "||ipv4|2.72"),
        ("line 8 of the delegated file: fewer fields", "|524288|20100715|allocated|c", "|524288"),
        ("line 12 of the delegated file: the start is no IPv6", "2a00:5da0::|29", "2.3.4.5|29"),
        ("line 12 of the delegated file: the length of the prefix is more", "2a00:5da0::|29", "2a00:5da0::|129"),
        ("line 12 of the delegated file: the length of the prefix is no", "2a00:5da0::|29", "2a00:5da0::|999"),
        ("line 12 of the delegated file: the start is not the first", "2a00:5da0::|29", "2a00:5da1::|29"),
    ] {
        assert!(DELEGATED.contains(from), "{from}");
        let problem = Registry::parse(DELEGATED.replace(from, to).as_bytes()).unwrap_err();
        assert!(problem.to_string().starts_with(wanted), "{problem} instead of {wanted}");
    }
    assert_eq!(Registry::parse(b"\xff\n".as_slice()).unwrap_err().code(), "table.format");
    assert_eq!(TableProblem::Undated("x").code(), "table.undated");
    let version = DELEGATED.replace("2|ripencc|17", "2.3|apnic|17");
    assert_eq!(Registry::parse(version.as_bytes()).unwrap().facts().name, "delegated-apnic");
}

/// The country of the only line that holds the address.
fn naive(text: &str, address: IpAddr) -> String {
    let number = |text: &str| match address {
        IpAddr::V4(_) => text.parse::<u128>().unwrap(),
        IpAddr::V6(_) => text.parse::<Ipv6Addr>().unwrap().into(),
    };
    let wanted = match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => address.into(),
    };
    let mut rows = text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(',').collect::<Vec<_>>());
    let row = rows.find(|row| number(row[0]) <= wanted && wanted <= number(row[1]));
    row.map_or("-".to_owned(), |row| row[2].replace("??", "-"))
}

/// Rows of a world with `cuts` in it; a gap of addresses before each row. Both ends of each, and one on.
fn world<N: Copy + Ord>(
    first: N,
    last: N,
    cuts: Vec<(N, u8, u8)>,
    less: impl Fn(N, u8) -> N,
) -> Vec<(N, N, &'static str)> {
    let mut cuts: Vec<_> = cuts.into_iter().filter(|(at, ..)| (first..=last).contains(at)).collect();
    cuts.sort_unstable();
    cuts.dedup_by_key(|(at, ..)| *at);
    let (mut start, mut rows, mut country) = (first, Vec::new(), "KZ");
    for (at, gap, next) in cuts {
        let end = less(at, gap).max(start);
        if end < at {
            rows.push((start, end, country));
            (start, country) = (at, ["KZ", "RU", "KZ", "US", "??"][usize::from(next) % 5]);
        }
    }
    rows.push((start, last, country));
    rows
}

proptest! {
    #[test]
    fn a_naive_reader_agrees_v4(cuts in prop::collection::vec((any::<u32>(), 1_u8.., any::<u8>()), 0..60)) {
        let rows = world(0x0100_0000, 0xdfff_ffff, cuts, |at, gap| at.saturating_sub(u32::from(gap)));
        let text: String = rows.iter().map(|(start, end, country)| format!("{start},{end},{country}\n")).collect();
        let text = format!("# Generated: Thu, 25 Jun 2026 04:33:59 GMT\n{text}");
        let table = Location::parse_text(text.as_bytes(), V6.as_bytes()).unwrap();
        let mut delegated = format!("2|nro|1|{0}|19830705|20260620|+0000\nnro|*|ipv4|*|{0}|summary\n", rows.len());
        for (start, end, country) in rows.iter().rev() {
            let (start, count, country) = (Ipv4Addr::from(*start), end - start + 1, country.replace("??", "ZZ"));
            delegated += &format!("nro|{country}|ipv4|{start}|{count}|20200101|assigned|x|e-stats\n");
        }
        let registry = Registry::parse(delegated.as_bytes()).unwrap();
        for at in rows.iter().flat_map(|(start, end, _)| [start - 1, *start, start + 1, end - 1, *end, end + 1]) {
            let address = IpAddr::from(Ipv4Addr::from(at));
            prop_assert_eq!(code(table.country(address)), naive(&text, address), "{}", address);
            prop_assert_eq!(code(registry.country(address)), naive(&text, address), "{}", address);
        }
        let home: u64 = rows.iter().filter(|row| row.2 == "KZ").map(|(start, end, _)| u64::from(end - start) + 1).sum();
        prop_assert_eq!(table.facts().v4_addresses, home);
        prop_assert_eq!(registry.facts().v4_addresses, home);
    }

    #[test]
    fn a_naive_reader_agrees_v6(cuts in prop::collection::vec((any::<u128>(), 1_u8.., any::<u8>()), 0..60)) {
        let cuts = cuts.into_iter().map(|(at, gap, next)| (at >> 3 | 1 << 125, gap, next)).collect();
        let rows = world(0x2001 << 112, (0x2c10 << 112) - 1, cuts, |at: u128, gap| at.saturating_sub(u128::from(gap)));
        let rows: Vec<_> = rows.iter().map(|row| (Ipv6Addr::from(row.0), Ipv6Addr::from(row.1), row.2)).collect();
        let text: String = rows.iter().map(|(start, end, country)| format!("{start},{end},{country}\n")).collect();
        let text = format!("# Generated: Thu, 25 Jun 2026 04:33:59 GMT\n{text}");
        let table = Location::parse_text(V4.as_bytes(), text.as_bytes()).unwrap();
        for at in rows.iter().flat_map(|(start, end, _)| [u128::from(*start), u128::from(*end)]) {
            for at in [at - 1, at, at + 1] {
                let address = IpAddr::from(Ipv6Addr::from(at));
                prop_assert_eq!(code(table.country(address)), naive(&text, address), "{}", address);
            }
        }
    }

    /// Bytes of any kind are answered, not panicked at.
    #[test]
    fn anything_is_answered(bytes in prop::collection::vec(any::<u8>(), 0..400), at in 0..600_usize) {
        let mut text = V4.as_bytes().to_vec();
        text.splice(at.min(text.len()).., bytes.iter().copied());
        let _ = Location::parse_text(text.as_slice(), V6.as_bytes());
        let mut text = DELEGATED.as_bytes().to_vec();
        text.splice(at.min(text.len()).., bytes.iter().copied());
        let _ = Registry::parse(text.as_slice());
        let _ = Location::parse_mmdb(bytes);
    }
}
