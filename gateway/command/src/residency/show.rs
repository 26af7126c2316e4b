//! `qaqpa residency show`: the tables and how old they are, what all of them call home, what is declared on which plane,
//! where the tables disagree, and what no table can know.
//!
//! A table that is too old is shown as such. A configuration that has problems shows its tables all the same, if they
//! can be read, and ends with 78.

mod print;

use std::path::PathBuf;
use std::process::ExitCode;

use jiff::civil::Date;
use qaqpa_gateway::start::Environment;
use qaqpa_residency::{Endpoint, Exception, PeerRule, Plane, Tables, Tunnel};
use serde::Serialize;

use super::declared::{self, Declared, unusable};
use super::tables::TableFiles;
use crate::{Format, INPUT, failed, say};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Show this configuration's tables, endpoints and rules for peers
    #[arg(long, value_name = "FILE", conflicts_with_all = ["location", "max_age_days"])]
    config: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    tables: TableFiles,
}

pub(super) fn run(arguments: &Arguments, environment: &Environment) -> ExitCode {
    let today = environment.clock.today();
    let (shown, ended) = match &arguments.config {
        None => match arguments.tables.read() {
            Ok(tables) => (Shown::new(&tables, today), ExitCode::SUCCESS),
            Err(problem) => return failed(&problem, INPUT),
        },
        Some(path) => match Declared::read(path, environment) {
            Ok(declared) => (Shown::of(&declared, today), ExitCode::SUCCESS),
            Err(problems) => {
                let ended = unusable(&problems);
                let Some(tables) = declared::tables(path) else { return ended };
                (Shown::new(&tables, today), ended)
            }
        },
    };
    match arguments.format {
        Format::Json => say(&serde_json::to_string(&shown).unwrap_or_default()),
        Format::Text => say(&shown.to_string()),
    }
    ended
}

/// Everything, for people and for machines.
#[derive(Debug, Serialize)]
struct Shown {
    tables: Vec<Table>,
    home: Home,
    endpoints: Vec<Place>,
    peers: Vec<Place>,
    disagreements: Vec<Dispute>,
    cannot_know: [&'static str; 2],
}

#[derive(Debug, Serialize)]
struct Table {
    name: String,
    /// With the licence, where it is known.
    source: String,
    date: String,
    age_days: i64,
    limit_days: u32,
    days_left: i64,
    stale: bool,
    sha256: String,
    compiled_in: bool,
    v4_networks: usize,
    v4_addresses: u64,
    v6_networks: usize,
}

#[derive(Debug, Serialize)]
struct Home {
    v4_networks: usize,
    v4_addresses: u64,
    v6_networks: usize,
}

/// An endpoint or a rule for peers.
#[derive(Debug, Serialize)]
struct Place {
    name: String,
    plane: &'static str,
    kind: &'static str,
    /// `https://host:port`; none for peers.
    url: Option<String>,
    pins: Vec<String>,
    tunnel: Option<String>,
    exceptions: Vec<Answered>,
}

#[derive(Debug, Serialize)]
struct Answered {
    networks: Vec<String>,
    reason: String,
    approver: String,
    expires: String,
    days_left: i32,
    alive: bool,
}

#[derive(Debug, Serialize)]
struct Dispute {
    home_by: String,
    not_by: String,
    v4_addresses: u64,
    v4_networks: usize,
    v6_networks: usize,
    examples: Vec<String>,
}

impl Shown {
    fn new(tables: &Tables, today: Date) -> Self {
        Self {
            tables: tables.limits().map(|(facts, limit_days)| Table::of(facts, limit_days, today)).collect(),
            home: Home::of(tables),
            endpoints: Vec::new(),
            peers: Vec::new(),
            disagreements: tables.disagreements().into_iter().map(Dispute::from).collect(),
            cannot_know: CANNOT_KNOW,
        }
    }

    fn of(declared: &Declared, today: Date) -> Self {
        let mut endpoints: Vec<&Endpoint> = declared.door.endpoints().collect();
        endpoints.sort_by_key(|endpoint| (endpoint.plane(), endpoint.name().to_owned()));
        Self {
            endpoints: endpoints.into_iter().map(|endpoint| Place::endpoint(endpoint, today)).collect(),
            peers: declared.peers.rules().map(|rule| Place::peers(rule, today)).collect(),
            ..Self::new(&declared.tables(), today)
        }
    }
}

impl Table {
    fn of(facts: &qaqpa_residency::TableFacts, limit_days: u32, today: Date) -> Self {
        let age_days = i64::from((today - facts.date).get_days());
        Self {
            name: facts.name.clone(),
            source: facts.source.clone(),
            date: facts.date.to_string(),
            age_days,
            limit_days,
            days_left: i64::from(limit_days) - age_days,
            stale: !(-1..=i64::from(limit_days)).contains(&age_days),
            sha256: facts.sha256.clone(),
            compiled_in: facts.compiled_in,
            v4_networks: facts.v4_networks,
            v4_addresses: facts.v4_addresses,
            v6_networks: facts.v6_networks,
        }
    }
}

impl Home {
    fn of(tables: &Tables) -> Self {
        let home = tables.home();
        let addresses = |net: &ipnet::Ipv4Net| 1 << (32 - u32::from(net.prefix_len()));
        Self {
            v4_networks: home.v4.len(),
            v4_addresses: home.v4.iter().map(addresses).sum(),
            v6_networks: home.v6.len(),
        }
    }
}

impl Place {
    fn endpoint(endpoint: &Endpoint, today: Date) -> Self {
        Self {
            name: endpoint.name().to_owned(),
            plane: endpoint.plane().name(),
            kind: endpoint.kind().name(),
            url: Some(format!("{}://{}", endpoint.scheme().name(), endpoint.authority())),
            pins: endpoint.pins().iter().map(ToString::to_string).collect(),
            tunnel: endpoint.tunnel().map(carrier),
            exceptions: endpoint.exceptions().iter().map(|exception| Answered::of(exception, today)).collect(),
        }
    }

    fn peers(rule: &PeerRule, today: Date) -> Self {
        Self {
            name: rule.name.clone(),
            plane: Plane::Inbound.name(),
            kind: rule.kind.name(),
            url: None,
            pins: rule.networks.iter().map(ToString::to_string).collect(),
            tunnel: None,
            exceptions: rule.exceptions.iter().map(|exception| Answered::of(exception, today)).collect(),
        }
    }
}

fn carrier(tunnel: &Tunnel) -> String {
    match tunnel {
        Tunnel::Interface(name) => format!("interface:{name}"),
        Tunnel::Xfrm => "xfrm".to_owned(),
    }
}

impl Answered {
    fn of(exception: &Exception, today: Date) -> Self {
        Self {
            networks: exception.networks().iter().map(ToString::to_string).collect(),
            reason: exception.reason().to_owned(),
            approver: exception.approver().to_owned(),
            expires: exception.expires().to_string(),
            days_left: (exception.expires() - today).get_days(),
            alive: exception.is_alive(today),
        }
    }
}

impl From<qaqpa_residency::Disagreement> for Dispute {
    fn from(found: qaqpa_residency::Disagreement) -> Self {
        Self {
            home_by: found.home_by,
            not_by: found.not_by,
            v4_addresses: found.v4_addresses,
            v4_networks: found.v4_networks,
            v6_networks: found.v6_networks,
            examples: found.examples.iter().map(ToString::to_string).collect(),
        }
    }
}

const CANNOT_KNOW: [&str; 2] = [
    "An anycast address is answered in many places at once, and a registry says where its holder is registered, not where \
     a machine stands.",
    "A server in Kazakhstan that relays abroad looks like any other; against that there are pins and contracts, and no \
     table.",
];
