//! How a command without a configuration judges where it connects. What a person types is declared by typing it: an
//! address is its own pin, this machine is development, and a private address needs the interface that leads there.
//!
//! The operating system's resolver is never asked: whoever answers it is an endpoint that nobody has judged.
//!
//! ```text
//! https://195.12.113.29:7443                                     its own pin, at home by two tables
//! https://gw.example.kz:7443 --address 195.12.113.29             in place of DNS
//! https://gw.example.kz:7443 --resolver 195.12.113.53            a DNS server that is judged itself
//! https://10.20.0.7:7443 --interface wg0                         an office network or VPN
//! ```

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use qaqpa_gateway::dial::{Door, Names, Target, Trust};
use qaqpa_gateway::start::Environment;
use qaqpa_proto::language::Language;
use qaqpa_residency::{
    Answer, Endpoint, EndpointKind, EndpointRule, Host, Plane, ResidencyRefusal, Tables, Tunnel, judge,
};
use rustls::{ClientConfig, RootCertStore};

use super::advice::advice;
use super::tables::TableFiles;

/// Flags of every command that connects without a configuration.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct DialArgs {
    /// Address to judge and use in place of DNS; may be repeated
    #[arg(long = "address", value_name = "IP")]
    addresses: Vec<IpAddr>,
    /// DNS server to ask, judged like any endpoint: in Kazakhstan, or on this machine
    #[arg(long, value_name = "IP", conflicts_with_all = ["addresses", "interface"])]
    resolver: Option<IpAddr>,
    /// Interface that leads to a private address: the office network, a VPN
    #[arg(long, value_name = "NAME", value_parser = interface)]
    interface: Option<Tunnel>,
    #[command(flatten)]
    tables: TableFiles,
}

/// An endpoint that was declared by typing it.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub(super) endpoint: Endpoint,
    /// In place of DNS.
    pub(super) addresses: Vec<IpAddr>,
}

impl DialArgs {
    /// Whether anything was given that a configuration would say.
    pub(super) fn lead_elsewhere(&self) -> bool {
        self.resolver.is_some() || self.interface.is_some()
    }

    /// Addresses that were given.
    pub(super) fn addresses(&self) -> &[IpAddr] {
        &self.addresses
    }

    /// Where the tables are.
    pub(super) fn tables(&self) -> &TableFiles {
        &self.tables
    }

    /// What `url` declares.
    ///
    /// # Errors
    /// Why it is no endpoint.
    pub(crate) fn declare(&self, name: &str, url: &str) -> Result<Typed, ResidencyRefusal> {
        let host = written_host(url);
        let literal: Option<IpAddr> = host.as_deref().and_then(|host| host.parse().ok());
        let literal = literal.map(|address| address.to_canonical());
        let is_localhost = host.as_deref().is_some_and(|host| host.eq_ignore_ascii_case("localhost"));
        let addresses = match (literal, is_localhost && self.addresses.is_empty()) {
            (Some(literal), _) => vec![literal],
            (None, true) => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            (None, false) => self.addresses.clone(),
        };
        let here = is_localhost || (!addresses.is_empty() && addresses.iter().all(IpAddr::is_loopback));
        let kind = match &self.interface {
            Some(_) => EndpointKind::ClosedNetwork,
            None if here => EndpointKind::DevelopmentLoopback,
            None => EndpointKind::Internet,
        };
        let pinned = literal.is_some() || kind == EndpointKind::ClosedNetwork;
        let rule = EndpointRule {
            name: name.to_owned(),
            url: url.to_owned(),
            plane: plane(url),
            kind,
            pins: addresses.iter().filter(|_| pinned).copied().map(Into::into).collect(),
            aliases: Vec::new(),
            tunnel: self.interface.clone(),
            exceptions: Vec::new(),
        };
        Ok(Typed { endpoint: Endpoint::parse(rule)?, addresses })
    }

    /// The door to what was typed, and to the DNS server that was given. Says now what can be said without asking
    /// anybody.
    ///
    /// # Errors
    /// A code and a sentence for people.
    pub(crate) fn door(&self, typed: Typed, tls: ClientConfig, environment: &Environment) -> Result<Door, String> {
        let tables = self.tables_for(&typed.endpoint)?;
        let (today, tables) = (environment.clock.today(), Arc::new(tables));
        let by_name = matches!(typed.endpoint.host(), Host::Name(_));
        if by_name && typed.addresses.is_empty() && self.resolver.is_none() && environment.resolver.is_none() {
            return Err(told(&no_address(&typed.endpoint)));
        }
        if !typed.addresses.is_empty() {
            let answer = Answer { addresses: typed.addresses.clone(), aliases: Vec::new() };
            judge(&typed.endpoint, &answer, &tables, today).map_err(|refused| told(refused.refusal()))?;
        }
        self.open(typed, tls, tables, environment).map_err(|refusal| told(&refusal))
    }

    /// As [`Self::door`], without saying anything beforehand.
    pub(super) fn open(
        &self,
        typed: Typed,
        tls: ClientConfig,
        tables: Arc<Tables>,
        environment: &Environment,
    ) -> Result<Door, ResidencyRefusal> {
        let name = typed.endpoint.name().to_owned();
        let target = Target::with_tls(typed.endpoint, typed.addresses, tls, TIMEOUTS);
        let mut targets = BTreeMap::from([(name, target)]);
        if let Some(server) = self.server()? {
            targets.insert(RESOLVER.to_owned(), server);
        }
        let names = match &environment.resolver {
            Some(resolver) => Names::Given(resolver.clone()),
            None => Names::Servers(vec![RESOLVER.to_owned()]),
        };
        Ok(Door::new(targets, tables, names, environment.clock.clone()))
    }

    /// Reads the tables where the verdict depends on them.
    fn tables_for(&self, endpoint: &Endpoint) -> Result<Tables, String> {
        let asked = endpoint.needs_tables() || self.resolver.is_some_and(|server| !server.is_loopback());
        if asked { self.tables.read() } else { Ok(Tables::embedded()) }
    }

    fn server(&self) -> Result<Option<Target>, ResidencyRefusal> {
        let Some(server) = self.resolver else { return Ok(None) };
        let kind = if server.is_loopback() { EndpointKind::DevelopmentLoopback } else { EndpointKind::Internet };
        let rule = EndpointRule {
            name: RESOLVER.to_owned(),
            url: format!("dns://{}", SocketAddr::new(server, 53)),
            plane: Plane::Support,
            kind,
            pins: vec![server.into()],
            aliases: Vec::new(),
            tunnel: None,
            exceptions: Vec::new(),
        };
        let endpoint = Endpoint::parse(rule)?;
        let trust = Trust::from(RootCertStore::empty());
        Ok(Target::new(endpoint, Vec::new(), trust, TIMEOUTS).ok())
    }
}

/// A refusal for people: its code, its sentence, what to do.
pub(super) fn told(refusal: &ResidencyRefusal) -> String {
    format!("{}: {refusal}. {}", refusal.reason().code(), advice(refusal.reason(), Language::En))
}

fn no_address(endpoint: &Endpoint) -> ResidencyRefusal {
    ResidencyRefusal::NoAddress { endpoint: endpoint.name().to_owned(), word: "no_resolver" }
}

/// The host as a library reads it, which decides nothing but whether it is typed as an address.
fn written_host(url: &str) -> Option<String> {
    let parsed = url::Url::parse(url).ok()?;
    parsed.host_str().map(|host| host.trim_start_matches('[').trim_end_matches(']').to_owned())
}

fn plane(url: &str) -> Plane {
    match url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase()).as_deref() {
        Some("dns") => Plane::Support,
        Some("postgres" | "postgresql") => Plane::Storage,
        _ => Plane::Upstream,
    }
}

fn interface(name: &str) -> Result<Tunnel, String> {
    Tunnel::parse(&format!("interface:{name}")).ok_or_else(|| "no name of an interface".to_owned())
}

const RESOLVER: &str = "resolver";
/// To connect, and in all.
const TIMEOUTS: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(300));

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        dial: DialArgs,
    }

    fn dial(flags: &str) -> Result<DialArgs, clap::Error> {
        Line::try_parse_from(std::iter::once("qaqpa").chain(flags.split_whitespace())).map(|line| line.dial)
    }

    #[test]
    fn flags_declare_the_endpoint() {
        use EndpointKind::{ClosedNetwork, DevelopmentLoopback, Internet};
        for (wanted, pins, addresses, url, flags) in [
            (Internet, "195.12.113.29/32", "195.12.113.29", "https://195.12.113.29:7443", ""),
            (Internet, "", "", "https://gw.example.kz", ""),
            (Internet, "", "195.12.113.29", "https://gw.example.kz", "--address 195.12.113.29"),
            (ClosedNetwork, "10.1.2.3/32", "10.1.2.3", "https://10.1.2.3", "--interface wg0"),
            (ClosedNetwork, "10.1.2.3/32", "10.1.2.3", "https://gw.office", "--address 10.1.2.3 --interface wg0"),
            (ClosedNetwork, "10.1.2.3/32", "10.1.2.3", "http://10.1.2.3", "--interface wg0"),
            (DevelopmentLoopback, "", "127.0.0.1 ::1", "https://localhost:7443", ""),
            (DevelopmentLoopback, "", "127.0.0.2", "https://localhost:7443", "--address 127.0.0.2"),
            (DevelopmentLoopback, "127.0.0.1/32", "127.0.0.1", "https://127.0.0.1:7443", ""),
            (DevelopmentLoopback, "::1/128", "::1", "https://[::1]:7443", ""),
            (DevelopmentLoopback, "", "::1", "https://gw.example.kz", "--address ::1"),
            (Internet, "", "127.0.0.1 8.8.8.8", "https://gw.example.kz", "--address 127.0.0.1 --address 8.8.8.8"),
        ] {
            let typed = dial(flags).unwrap().declare("gateway", url).unwrap();
            let words = |all: &[String]| all.join(" ");
            let pinned: Vec<String> = typed.endpoint.pins().iter().map(ToString::to_string).collect();
            let dialled: Vec<String> = typed.addresses.iter().map(ToString::to_string).collect();
            assert_eq!(
                (typed.endpoint.kind(), words(&pinned), words(&dialled)),
                (wanted, pins.to_owned(), addresses.to_owned()),
                "{url} {flags}"
            );
        }
    }

    #[test]
    fn what_is_typed_wrong_is_refused() {
        for (code, url, flags) in [
            ("residency.ambiguous_ip", "https://127.1/", ""),
            ("residency.ambiguous_ip", "https://0x08080808/", ""),
            ("residency.ambiguous_ip", "https://①②⑦.0.0.1/", ""),
            ("residency.userinfo", "https://gw.example.kz@8.8.8.8/", ""),
            ("residency.scheme", "ftp://gw.example.kz/", ""),
            ("residency.scheme", "http://gw.example.kz/", ""),
            ("residency.port", "https://gw.example.kz:0/", ""),
            ("residency.bad_url", "gw.example.kz", ""),
            ("residency.bad_url", "dns://ns.example.kz", ""),
            ("residency.not_pinned", "https://gw.office", "--interface wg0"),
        ] {
            let refusal = dial(flags).unwrap().declare("gateway", url).unwrap_err();
            assert_eq!(refusal.reason().code(), code, "{url} {flags}");
        }
    }

    #[test]
    fn flags_that_cannot_stand_together_or_are_none() {
        for flags in [
            "--resolver 195.12.113.53 --address 195.12.113.29",
            "--resolver 195.12.113.53 --interface wg0",
            "--resolver ns.example.kz",
            "--address gw.example.kz",
            "--interface a/b",
            "--max-age-days 0",
            "--max-age-days 366",
        ] {
            assert!(dial(flags).is_err(), "{flags}");
        }
    }
}
