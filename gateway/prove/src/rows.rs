//! What is tried: one row, one sentence, the wanted code first.

use std::net::{IpAddr, Ipv4Addr};

use crate::attempts::Attempt;
use crate::connect::{ANSWERED, REACHED};
use crate::listeners::{ABROAD, HOME, Listeners};
use crate::scenarios::Scenario;

/// One endpoint that must not be reached, or one that must.
pub(crate) struct Row {
    /// Code of the refusal, or [`REACHED`].
    pub(crate) wanted: &'static str,
    /// In words.
    pub(crate) what: &'static str,
    /// Where bytes must arrive. Everywhere else none may.
    pub(crate) reached: Option<IpAddr>,
    /// Whether it takes listeners at foreign addresses.
    pub(crate) needs_namespace: bool,
    attempt: Attempt,
}

impl Row {
    /// Tries it: the code it ended with.
    pub(crate) async fn make(&self, listeners: &Listeners) -> String {
        self.attempt.make(listeners).await.unwrap_or_else(|problem| problem)
    }
}

/// All rows: what may not be reached, then what must be, so that the listeners are shown to hear.
pub(crate) fn all() -> Vec<Row> {
    let answers = ANSWERS.iter().map(|(wanted, what, addresses)| {
        let here = addresses.iter().all(|address| HERE.contains(address));
        row(wanted, what, !here, Attempt::Answers(addresses))
    });
    let urls = URLS.iter().map(|(wanted, what, url)| row(wanted, what, !url.contains("{port}"), Attempt::Url(url)));
    let scenes = SCENARIOS.iter().map(|(wanted, what, reached, namespace, scenario)| Row {
        reached: reached.map(IpAddr::V4),
        ..row(wanted, what, *namespace, Attempt::Scenario(*scenario))
    });
    answers.chain(urls).chain(odd()).chain(scenes).chain(controls()).collect()
}

fn row(wanted: &'static str, what: &'static str, needs_namespace: bool, attempt: Attempt) -> Row {
    Row { wanted, what, reached: None, needs_namespace, attempt }
}

/// What DNS answers for a declared endpoint, `https://api.egov.kz`.
const ANSWERS: [(&str, &str, &[&str]); 22] = [
    ("residency.foreign", "an address abroad", &["8.8.8.8"]),
    ("residency.foreign", "an IPv6 address abroad", &["2001:4860:4860::8888"]),
    ("residency.foreign", "a Kazakhstan name behind a Russian shield", &["178.248.237.70"]),
    ("residency.foreign", "an address abroad in IPv6 clothes", &["::ffff:8.8.8.8"]),
    ("residency.disagree", "registered in Kazakhstan, announced by Amazon", &["31.223.200.1"]),
    ("residency.disagree", "registered in Kazakhstan, announced by VK", &["212.233.72.1"]),
    ("residency.disagree", "seen in Kazakhstan, registered abroad", &["145.249.120.1"]),
    ("residency.origin", "Kazakhstan's by both tables, announced by a content network", &["31.43.179.1"]),
    ("residency.mixed", "home first, abroad second", &["195.12.113.29", "8.8.8.8"]),
    ("residency.mixed", "abroad first, home second", &["8.8.8.8", "195.12.113.29"]),
    ("residency.mixed", "an AAAA abroad beside an A at home", &["195.12.113.29", "2001:4860:4860::8888"]),
    ("residency.special", "0.0.0.0, which reaches this machine", &["0.0.0.0"]),
    ("residency.special", "this machine under the name of another", &["127.0.0.1"]),
    ("residency.special", "this machine in IPv6", &["::1"]),
    ("residency.special", "a private address on the Internet", &["10.1.2.3"]),
    ("residency.special", "a cloud's metadata", &["169.254.169.254"]),
    ("residency.special", "a carrier's shared address", &["100.100.100.200"]),
    ("residency.special", "NAT64 with a home address inside", &["64:ff9b::c30c:711d"]),
    ("residency.special", "6to4 with a home address inside", &["2002:c30c:711d::1"]),
    ("residency.special", "Teredo with a home address inside", &["2001:0:c30c:711d::1"]),
    ("residency.special", "an IPv4-compatible home address", &["::195.12.113.29"]),
    ("residency.no_address", "an empty answer", &[]),
];

/// Of [`ANSWERS`], what loopback can show.
const HERE: [&str; 3] = ["127.0.0.1", "::1", "0.0.0.0"];

/// An endpoint's URL as somebody might write it; `{port}` is a listener's.
const URLS: [(&str, &str, &str); 16] = [
    ("residency.literal", "an address in place of a name", "https://8.8.8.8/"),
    ("residency.literal", "an IPv6 address in place of a name", "https://[2001:4860:4860::8888]/"),
    ("residency.ambiguous_ip", "decimal", "https://2130706433:{port}/"),
    ("residency.ambiguous_ip", "octal", "https://0177.0.0.1:{port}/"),
    ("residency.ambiguous_ip", "hexadecimal", "https://0x7f000001:{port}/"),
    ("residency.ambiguous_ip", "shortened", "https://127.1:{port}/"),
    ("residency.ambiguous_ip", "circled digits", "https://①②⑦.⓪.⓪.①:{port}/"),
    ("residency.ambiguous_ip", "an address with a dot at its end", "https://127.0.0.1.:{port}/"),
    ("residency.userinfo", "a home name before the at sign", "https://api.egov.kz@127.0.0.1:{port}/"),
    ("residency.bad_url", "a backslash", "https://127.0.0.1:{port}\\@api.egov.kz/"),
    ("residency.bad_url", "a letter of another alphabet", "https://api.еgov.kz:{port}/"),
    ("residency.bad_url", "a zone", "https://[fe80::1%25lo]:{port}/"),
    ("residency.port", "port 0", "https://api.egov.kz:0/"),
    ("residency.scheme", "ftp", "ftp://127.0.0.1:{port}/"),
    ("residency.scheme", "file", "file://127.0.0.1:{port}/etc/hosts"),
    ("residency.scheme", "plain http on the Internet", "http://api.egov.kz/"),
];

fn odd() -> [Row; 6] {
    [
        row("residency.alias", "a CNAME to a content network", true, Attempt::Alias("d111.cloudfront.net")),
        row("residency.foreign", "an address abroad that is pinned", true, Attempt::Pinned("8.8.8.8")),
        row("residency.not_pinned", "an address at home beside the pinned one", true, Attempt::BesidePins),
        row("residency.stale", "tables of two months ago", true, Attempt::Stale),
        row("residency.unconfirmed", "no second table", true, Attempt::Alone),
        row("residency.loopback", "this machine in production", false, Attempt::Production),
    ]
}

/// Longer stories: where something must arrive on the way, whether listeners abroad are needed.
const SCENARIOS: [(&str, &str, Option<Ipv4Addr>, bool, Scenario); 16] = [
    (
        "residency.foreign",
        "rebinding: home first, abroad when the judgement has ended",
        Some(HOME),
        true,
        Scenario::Rebinding,
    ),
    ("residency.revoked", "an open connection whose address moves abroad", Some(HOME), true, Scenario::Moved),
    ("residency.not_declared", "an endpoint that nobody declared", None, false, Scenario::Unlisted),
    ("residency.not_declared", "another host asked of a connector", None, false, Scenario::OtherHost),
    ("residency.not_declared", "another port asked of a connector", None, false, Scenario::OtherPort),
    ("residency.not_declared", "a client that follows a redirect, 301", None, false, Scenario::Redirect(301)),
    ("residency.not_declared", "a client that follows a redirect, 302", None, false, Scenario::Redirect(302)),
    ("residency.not_declared", "a client that follows a redirect, 303", None, false, Scenario::Redirect(303)),
    ("residency.not_declared", "a client that follows a redirect, 307", None, false, Scenario::Redirect(307)),
    ("residency.not_declared", "a client that follows a redirect, 308", None, false, Scenario::Redirect(308)),
    ("residency.foreign", "a collector abroad, and OTEL_EXPORTER_OTLP_ENDPOINT", None, true, Scenario::Collector),
    ("residency.foreign", "a database abroad, and PGHOST", None, true, Scenario::Database),
    ("residency.no_address", "a DNS server abroad: the name is not asked for", None, true, Scenario::Dns("8.8.8.8")),
    ("residency.tunnel", "plain http without its tunnel's interface", None, true, Scenario::Tunnel("interface:ipsec0")),
    ("residency.tunnel", "plain http without its IPsec policy", None, true, Scenario::Tunnel("xfrm")),
    ("residency.foreign", "a peer abroad at the listener hears nothing", None, true, Scenario::Peer(ABROAD)),
];

/// What must be heard.
fn controls() -> Vec<Row> {
    let reached = |at: IpAddr, what, needs_namespace, attempt| Row {
        reached: Some(at),
        ..row(REACHED, what, needs_namespace, attempt)
    };
    let home_v6 = IpAddr::V6("2a00:1f40::29".parse().unwrap_or(std::net::Ipv6Addr::UNSPECIFIED));
    let anywhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    vec![
        reached(HOME.into(), "at home, with HTTP_PROXY and ALL_PROXY set", true, Attempt::Answers(&["195.12.113.29"])),
        reached(home_v6, "at home in IPv6", true, Attempt::Answers(&["2a00:1f40::29"])),
        reached(HOME.into(), "a database at home", true, Attempt::Scenario(Scenario::DatabaseAtHome)),
        Row {
            reached: Some(anywhere),
            ..row(
                "residency.no_address",
                "a DNS server at home is asked, and silent",
                true,
                Attempt::Scenario(Scenario::Dns("195.12.113.53")),
            )
        },
        row(ANSWERED, "a peer at home is answered", true, Attempt::Scenario(Scenario::Peer(HOME))),
        reached(ABROAD.into(), "a client that asks nobody is heard abroad", true, Attempt::Scenario(Scenario::Naive)),
        reached(
            Ipv4Addr::LOCALHOST.into(),
            "a client that asks nobody is heard on loopback",
            false,
            Attempt::Scenario(Scenario::NaiveHere),
        ),
    ]
}
