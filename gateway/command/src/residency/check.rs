//! `qaqpa residency check TARGET`: one endpoint or rule for peers, judged as the gateway would, with each piece of evidence.
//!
//! With a configuration its tables, pins and DNS servers decide; without one, what is typed and the tables that are
//! installed. Names are asked for; nothing is dialled. Exit code 0 allowed, 1 refused, 65 unusable input, 78 unusable
//! configuration.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use ipnet::IpNet;
use jiff::civil::Date;
use qaqpa_gateway::dial::Door;
use qaqpa_gateway::start::Environment;
use qaqpa_gateway::tls::provider;
use qaqpa_proto::language::Language;
use qaqpa_proto::reason::Refusal;
use qaqpa_residency::{
    Answer, Decision, Endpoint, EndpointKind, EndpointRule, Judged, PeerRule, Peers, Plane, Profile, Refused,
    ResidencyRefusal, Tables, Tunnel, examine, judge,
};
use rustls::ClientConfig;

use super::declared::{Declared, unusable};
use super::dial_args::{DialArgs, told};
use super::report::Report;
use super::target::{self, Target};
use crate::{Format, INPUT, failed, language, say};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A URL, or the name of an endpoint or of a rule for peers in the configuration
    target: String,
    /// Judge by this configuration, its tables and its DNS servers
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Language of the sentences
    #[arg(long, default_value_t, value_parser = language::tag())]
    language: Language,
    #[command(flatten)]
    dial: DialArgs,
}

pub(super) async fn run(arguments: Arguments, environment: &Environment) -> ExitCode {
    let report = match &arguments.config {
        Some(path) => declared(&arguments, path, environment).await,
        None => typed(&arguments, environment).await,
    };
    let report = match report {
        Ok(report) => report,
        Err(code) => return code,
    };
    match arguments.format {
        Format::Json => say(&report.json()),
        Format::Text => say(&report.to_string()),
    }
    if report.is_allowed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Arguments {
    fn unparsed(&self, refusal: &ResidencyRefusal) -> Report {
        let decision = nowhere(Some(refusal.reason()));
        Report::new(&self.target, &decision, Some(refusal), self.language)
    }
}

/// By a configuration.
async fn declared(arguments: &Arguments, path: &Path, environment: &Environment) -> Result<Report, ExitCode> {
    let declared = Declared::read(path, environment).map_err(|problems| unusable(&problems))?;
    let dial = &arguments.dial;
    let found = target::find(&arguments.target, declared.door.endpoints(), &declared.peers);
    if dial.lead_elsewhere() || !(dial.addresses().is_empty() || matches!(found, Ok(Target::Peers(_)))) {
        let sentence =
            "with --config the configuration says where an endpoint leads; --address is for a rule for peers";
        return Err(failed(sentence, INPUT));
    }
    let today = environment.clock.today();
    match found {
        Err(refusal) => Ok(arguments.unparsed(&refusal)),
        Ok(Target::Peers(rule)) => Ok(peers(arguments, rule, &declared.door.tables(), today)),
        Ok(Target::Endpoint(endpoint)) => Ok(endpoint_report(arguments, endpoint, &declared.door, today).await),
    }
}

/// By what was typed.
async fn typed(arguments: &Arguments, environment: &Environment) -> Result<Report, ExitCode> {
    if !target::is_url(&arguments.target) {
        let sentence = "a name is looked up in a configuration: give --config; a host is written as https://NAME/";
        return Err(failed(sentence, INPUT));
    }
    let typed = match arguments.dial.declare("url", &arguments.target) {
        Ok(typed) => typed,
        Err(refusal) => return Ok(arguments.unparsed(&refusal)),
    };
    let endpoint = typed.endpoint.clone();
    let tables = arguments.dial.tables().read().map_err(|problem| failed(&problem, INPUT))?;
    let tls = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|error| failed(&error.to_string(), INPUT))?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let door = arguments.dial.open(typed, tls, Arc::new(tables), environment);
    let door = door.map_err(|refusal| failed(&told(&refusal), INPUT))?;
    let today = environment.clock.today();
    // A DNS server that is refused is not asked, and is then what there is to report.
    for server in door.endpoints().filter(|server| server.name() != endpoint.name()) {
        let report = endpoint_report(arguments, server, &door, today).await;
        if !report.is_allowed() {
            return Ok(report);
        }
    }
    Ok(endpoint_report(arguments, &endpoint, &door, today).await)
}

/// What the door would do, step by step, short of dialling.
async fn endpoint_report(arguments: &Arguments, endpoint: &Endpoint, door: &Door, today: Date) -> Report {
    let tables = door.tables();
    let report = |verdict: &Result<Judged, Refused>| match verdict {
        Ok(judged) => Report::new(&arguments.target, judged.decision(), None, arguments.language),
        Err(no) => Report::new(&arguments.target, no.decision(), Some(no.refusal()), arguments.language),
    };
    let answer = match door.ask(endpoint).await {
        Ok(answer) => answer,
        Err(refused) => return report(&Err(refused)),
    };
    let examined = examine(endpoint, &answer, &tables, today);
    let verdict = judge(endpoint, &answer, &tables, today);
    let (verdict, tunnel) = match (verdict, endpoint.tunnel()) {
        (Ok(judged), Some(tunnel)) => carried(endpoint, judged, tunnel).await,
        (verdict, _) => (verdict, None),
    };
    report(&verdict).examined(&examined, &tables).by_way_of(answer.aliases).through(tunnel)
}

/// Whether the tunnel is there for every address.
async fn carried(
    endpoint: &Endpoint,
    judged: Judged,
    declared: &Tunnel,
) -> (Result<Judged, Refused>, Option<&'static str>) {
    for address in judged.addresses() {
        if let Err(why) = qaqpa_tunnel::present(declared, address.ip()).await {
            let word = why.word();
            let refusal =
                ResidencyRefusal::NoTunnel { endpoint: endpoint.name().to_owned(), word, problem: why.to_string() };
            return (Err(Refused::found(endpoint, &[address.ip()], refusal)), Some(word));
        }
    }
    (Ok(judged), Some("present"))
}

/// A rule for peers: the addresses that were given, or the first and the last of each of its networks.
fn peers(arguments: &Arguments, rule: &PeerRule, tables: &Tables, today: Date) -> Report {
    let given = arguments.dial.addresses();
    let addresses = if given.is_empty() { edges(&rule.networks) } else { given.to_vec() };
    let alone = Peers::declare(vec![rule.clone()], Profile::Development).unwrap_or_default();
    let mut passed = open_to_home(rule);
    let mut refused: Option<Refused> = None;
    for address in &addresses {
        match alone.judge(*address, tables, today) {
            Ok(admitted) => passed = admitted.decision().clone(),
            Err(no) => {
                refused.get_or_insert(no);
            }
        }
    }
    let report = match &refused {
        None => Report::new(
            &arguments.target,
            &Decision { addresses: addresses.clone(), ..passed },
            None,
            arguments.language,
        ),
        Some(no) => Report::new(&arguments.target, no.decision(), Some(no.refusal()), arguments.language),
    };
    let examined = stand_in(rule).map(|endpoint| {
        let answer = Answer { addresses, aliases: Vec::new() };
        let mut examined = examine(&endpoint, &answer, tables, today);
        for one in &mut examined {
            let verdict = alone.judge(one.address, tables, today);
            one.verdict = verdict.map(|yes| yes.decision().rule.unwrap_or("-")).map_err(|no| no.refusal().clone());
            one.pinned =
                (!rule.networks.is_empty()).then(|| rule.networks.iter().any(|net| net.contains(&one.address)));
        }
        examined
    });
    report.examined(&examined.unwrap_or_default(), tables)
}

/// What a rule without networks decides before anybody comes.
fn open_to_home(rule: &PeerRule) -> Decision {
    let by = if rule.kind == EndpointKind::DevelopmentLoopback { "loopback" } else { "country" };
    Decision { endpoint: rule.name.clone(), plane: Plane::Inbound, rule: Some(by), ..nowhere(None) }
}

/// Nobody's: only to ask what the tables know of the address of a peer.
fn stand_in(rule: &PeerRule) -> Option<Endpoint> {
    let rule = EndpointRule {
        name: rule.name.clone(),
        url: "https://peer.invalid".to_owned(),
        plane: Plane::Upstream,
        kind: EndpointKind::Internet,
        pins: Vec::new(),
        aliases: Vec::new(),
        tunnel: None,
        exceptions: rule.exceptions.clone(),
    };
    Endpoint::parse(rule).ok()
}

fn edges(networks: &[IpNet]) -> Vec<IpAddr> {
    let mut edges: Vec<IpAddr> = networks.iter().flat_map(|net| [net.network(), net.broadcast()]).collect();
    edges.dedup();
    edges
}

fn nowhere(refusal: Option<Refusal>) -> Decision {
    Decision {
        endpoint: "-".to_owned(),
        plane: Plane::Upstream,
        refusal,
        rule: None,
        addresses: Vec::new(),
        port: None,
        tables: None,
        exception: None,
    }
}
