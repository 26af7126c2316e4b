//! `qaqpa residency export`: the declaration and the tables as a second fence, for the kernel, systemd or Cilium.
//!
//! Without a configuration it is the home space alone, on every port. It allows nothing that the gateway would refuse
//! today, save that it knows no names: an endpoint without pins or addresses may be anywhere at home.

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use ipnet::IpNet;
use jiff::civil::Date;
use qaqpa_gateway::start::Environment;
use qaqpa_residency::export::{ExportFormat, Fence, FenceEndpoint, export};
use qaqpa_residency::{Endpoint, EndpointKind, HomeSpace, PeerRule, Scheme, Tables, Tunnel};

use super::declared::{Declared, unusable};
use super::tables::TableFiles;
use crate::{INPUT, failed, say};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// For whom
    #[arg(long, value_enum)]
    format: Form,
    /// Fence in what this configuration declares
    #[arg(long, value_name = "FILE", conflicts_with_all = ["location", "max_age_days"])]
    config: Option<PathBuf>,
    /// User of the service; for Cilium, the `app.kubernetes.io/name` of its pods
    #[arg(long, value_name = "NAME", default_value = "qaqpa")]
    user: String,
    #[command(flatten)]
    tables: TableFiles,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Form {
    /// `nft -f`
    Nft,
    /// A drop-in of the unit
    Systemd,
    /// A CiliumNetworkPolicy
    Cilium,
}

impl From<Form> for ExportFormat {
    fn from(form: Form) -> Self {
        match form {
            Form::Nft => Self::Nft,
            Form::Systemd => Self::Systemd,
            Form::Cilium => Self::Cilium,
        }
    }
}

pub(super) fn run(arguments: &Arguments, environment: &Environment) -> ExitCode {
    let today = environment.clock.today();
    let fence = match &arguments.config {
        None => match arguments.tables.read() {
            Ok(tables) => Fence { endpoints: vec![home_alone()], ..open(&tables, arguments, today) },
            Err(problem) => return failed(&problem, INPUT),
        },
        Some(path) => match Declared::read(path, environment) {
            Ok(declared) => declared_fence(&declared, arguments, today),
            Err(problems) => return unusable(&problems),
        },
    };
    if fence.home == HomeSpace::default() {
        return failed("the tables agree on no address, so that nothing is home; see `qaqpa residency show`", INPUT);
    }
    say(export(arguments.format.into(), &fence).trim_end());
    ExitCode::SUCCESS
}

fn open(tables: &Tables, arguments: &Arguments, today: Date) -> Fence {
    Fence {
        user: arguments.user.clone(),
        home: tables.home(),
        tables: tables.version().to_owned(),
        endpoints: Vec::new(),
        peers: Vec::new(),
        loopback: false,
        date: today,
    }
}

fn home_alone() -> FenceEndpoint {
    let (name, plane) = ("home".to_owned(), "any".to_owned());
    FenceEndpoint { name, plane, tcp: true, udp: true, ..FenceEndpoint::default() }
}

fn declared_fence(declared: &Declared, arguments: &Arguments, today: Date) -> Fence {
    let fence = open(&declared.tables(), arguments, today);
    let is_here = |kind| kind == EndpointKind::DevelopmentLoopback;
    let endpoints = declared.door.endpoints().filter(|endpoint| !is_here(endpoint.kind()));
    let of_endpoint = |endpoint: &Endpoint| {
        let fixed = declared.config.endpoints.get(endpoint.name()).map(|endpoint| endpoint.addresses.as_slice());
        fenced(endpoint, fixed.unwrap_or_default(), today)
    };
    Fence {
        endpoints: endpoints.flat_map(of_endpoint).collect(),
        peers: declared.peers.rules().flat_map(|rule| callers(rule, &fence.home, today)).collect(),
        loopback: declared.door.endpoints().any(|endpoint| is_here(endpoint.kind()))
            || declared.peers.rules().any(|rule| is_here(rule.kind)),
        ..fence
    }
}

/// An endpoint, and beside it what somebody has answered for.
fn fenced(endpoint: &Endpoint, fixed: &[IpAddr], today: Date) -> Vec<FenceEndpoint> {
    let pins =
        if fixed.is_empty() { endpoint.pins().to_vec() } else { fixed.iter().copied().map(Into::into).collect() };
    let open = FenceEndpoint {
        name: endpoint.name().to_owned(),
        plane: endpoint.plane().name().to_owned(),
        networks: pins,
        port: Some(endpoint.port()),
        tcp: true,
        udp: endpoint.scheme() == Scheme::Dns,
        closed_xfrm: endpoint.tunnel() == Some(&Tunnel::Xfrm),
        interface: match endpoint.tunnel() {
            Some(Tunnel::Interface(name)) => Some(name.clone()),
            _ => None,
        },
    };
    let alive = endpoint.exceptions().iter().filter(|exception| exception.is_alive(today));
    let answered: Vec<IpNet> = alive.flat_map(|exception| exception.networks()).copied().collect();
    let beside = (open.networks.is_empty() && !answered.is_empty())
        .then(|| FenceEndpoint { networks: answered, ..open.clone() });
    std::iter::once(open).chain(beside).collect()
}

/// Where callers come from.
fn callers(rule: &PeerRule, home: &HomeSpace, today: Date) -> Vec<IpNet> {
    if rule.kind == EndpointKind::DevelopmentLoopback {
        return Vec::new();
    }
    if !rule.networks.is_empty() {
        return rule.networks.clone();
    }
    let alive = rule.exceptions.iter().filter(|exception| exception.is_alive(today));
    let answered = alive.flat_map(|exception| exception.networks()).copied();
    let home = home.v4.iter().copied().map(IpNet::V4).chain(home.v6.iter().copied().map(IpNet::V6));
    home.chain(answered).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use qaqpa_residency::{EndpointRule, Exception, Plane};

    use super::*;

    const TODAY: Date = date(2026, 11, 21);

    fn rule(url: &str) -> EndpointRule {
        EndpointRule::internet("shep", url, Plane::Upstream)
    }

    fn net(text: &str) -> IpNet {
        text.parse().unwrap()
    }

    fn answered() -> Exception {
        let networks = vec![net("145.249.120.0/24")];
        Exception::declare(networks, "site in Almaty", "the officer", date(2027, 3, 1), TODAY).unwrap()
    }

    #[test]
    fn an_endpoint_as_the_fence_has_it() {
        let open = rule("https://api.egov.kz/");
        let pinned = EndpointRule { pins: vec![net("195.12.113.0/24")], ..rule("https://api.egov.kz:8443/") };
        let disputed = EndpointRule { exceptions: vec![answered()], ..open.clone() };
        let closed = EndpointRule {
            kind: EndpointKind::ClosedNetwork,
            pins: vec![net("10.61.40.53/32")],
            plane: Plane::Support,
            tunnel: Tunnel::parse("interface:wg0"),
            ..rule("dns://10.61.40.53")
        };
        let fixed: IpAddr = "195.12.113.29".parse().unwrap();
        for (wanted, declared, fixed, what) in [
            (vec![(vec![], 443, false, None)], open.clone(), vec![], "anywhere at home"),
            (vec![(vec![net("195.12.113.29/32")], 443, false, None)], open, vec![fixed], "addresses in place of DNS"),
            (vec![(vec![net("195.12.113.0/24")], 8443, false, None)], pinned.clone(), vec![], "pinned"),
            (vec![(vec![net("195.12.113.29/32")], 8443, false, None)], pinned, vec![fixed], "the narrower"),
            (
                vec![(vec![], 443, false, None), (vec![net("145.249.120.0/24")], 443, false, None)],
                disputed,
                vec![],
                "what somebody answers for stands beside",
            ),
            (vec![(vec![net("10.61.40.53/32")], 53, true, Some("wg0".to_owned()))], closed, vec![], "a tunnel"),
        ] {
            let found: Vec<_> = fenced(&Endpoint::parse(declared).unwrap(), &fixed, TODAY)
                .into_iter()
                .map(|endpoint| (endpoint.networks, endpoint.port.unwrap(), endpoint.udp, endpoint.interface))
                .collect();
            assert_eq!(found, wanted, "{what}");
        }
        let expired = EndpointRule { exceptions: vec![answered()], ..rule("https://api.egov.kz/") };
        assert_eq!(fenced(&Endpoint::parse(expired).unwrap(), &[], date(2027, 3, 2)).len(), 1, "an exception ends");
    }

    #[test]
    fn callers_as_the_fence_has_them() {
        let home =
            HomeSpace { v4: vec!["195.12.112.0/22".parse().unwrap()], v6: vec!["2a00:1f40::/32".parse().unwrap()] };
        let rule = |kind, networks| PeerRule {
            name: "schools".to_owned(),
            kind,
            networks,
            proxy_protocol: false,
            exceptions: vec![answered()],
        };
        let all = vec![net("195.12.112.0/22"), net("2a00:1f40::/32"), net("145.249.120.0/24")];
        for (wanted, rule) in [
            (all, rule(EndpointKind::Internet, Vec::new())),
            (vec![net("92.46.0.0/24")], rule(EndpointKind::Internet, vec![net("92.46.0.0/24")])),
            (vec![net("10.20.0.0/16")], rule(EndpointKind::ClosedNetwork, vec![net("10.20.0.0/16")])),
            (Vec::new(), rule(EndpointKind::DevelopmentLoopback, vec![net("127.0.0.0/8")])),
        ] {
            assert_eq!(callers(&rule, &home, TODAY), wanted, "{rule:?}");
        }
    }
}
