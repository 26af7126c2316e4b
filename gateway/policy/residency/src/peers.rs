//! Judges the source addresses of incoming connections: an answer to a peer abroad is a cross-border transfer, whatever
//! its certificate.
//!
//! Judged at accept, by the peer's address alone, before anything is spoken. Several rules may stand side by side; one
//! that admits is enough. What no rule lists is refused.
//!
//! ```text
//! schools  internet              home by all tables
//! office   closed-network        10.20.0.0/16
//! laptop   development-loopback  this machine; not in production
//! ```

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use jiff::civil::Date;

use super::decision::Decision;
use super::judge::{Passed, Refused, by_tables};
use super::special::{canonical, special};
use super::tables::Tables;
use super::{EndpointKind, Exception, Plane, Profile, ResidencyRefusal};

/// One rule as configured.
#[derive(Debug, Clone)]
pub struct PeerRule {
    /// Stable id.
    pub name: String,
    /// What kind of network they come by.
    pub kind: EndpointKind,
    /// Networks they come from; empty: wherever the kind admits. A closed network names its own.
    pub networks: Vec<IpNet>,
    /// Whether these are balancers that must send a PROXY protocol header. The header is then mandatory, and the
    /// address in it is judged by the other rules.
    pub proxy_protocol: bool,
    /// Approved exceptions to disagreements of the tables.
    pub exceptions: Vec<Exception>,
}

/// All rules.
#[derive(Debug, Clone, Default)]
pub struct Peers(Vec<PeerRule>);

/// Evidence that a peer may connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    decision: Decision,
    proxy_protocol: bool,
}

impl Peers {
    /// Judges the rules.
    ///
    /// # Errors
    /// Everything that is wrong, each with the name of its rule; who configured the gateway is at fault.
    pub fn declare(rules: Vec<PeerRule>, profile: Profile) -> Result<Self, Vec<(String, ResidencyRefusal)>> {
        let problem = |rule: &PeerRule| match rule.kind {
            EndpointKind::DevelopmentLoopback if profile == Profile::Production => {
                Some(ResidencyRefusal::Loopback(rule.name.clone()))
            }
            EndpointKind::ClosedNetwork if rule.networks.is_empty() => {
                Some(ResidencyRefusal::NoPins(rule.name.clone()))
            }
            _ if rule.proxy_protocol && rule.networks.is_empty() => Some(ResidencyRefusal::Pins {
                endpoint: rule.name.clone(),
                problem: "who sends a PROXY header can claim to be anybody, so balancers are named by their `networks`",
            }),
            _ if rule.networks.iter().any(|net| net.trunc() != *net) => Some(ResidencyRefusal::Pins {
                endpoint: rule.name.clone(),
                problem: "a network has bits set behind its length",
            }),
            _ => None,
        };
        let problems: Vec<_> = rules.iter().filter_map(|rule| Some((rule.name.clone(), problem(rule)?))).collect();
        if problems.is_empty() { Ok(Self(rules)) } else { Err(problems) }
    }

    /// Judges a direct connection from `address`. Where one of several rules declares a balancer, it is one: else it
    /// would be a wider rule's caller, and its header no TLS.
    ///
    /// # Errors
    /// Why not, of the last rule that might have admitted the address; `residency.not_declared` where none might.
    pub fn judge(&self, address: IpAddr, tables: &Tables, today: Date) -> Result<Admitted, Refused> {
        let balancers = self.0.iter().filter(|rule| rule.proxy_protocol);
        let rules = balancers.chain(self.0.iter().filter(|rule| !rule.proxy_protocol));
        self.by_rules(rules, address, tables, today)
    }

    /// Judges a caller at `address` behind a declared balancer.
    ///
    /// # Errors
    /// As [`Self::judge`]; a balancer behind a balancer is refused.
    pub fn judge_proxied(&self, address: IpAddr, tables: &Tables, today: Date) -> Result<Admitted, Refused> {
        self.by_rules(self.0.iter().filter(|rule| !rule.proxy_protocol), address, tables, today)
    }

    fn by_rules<'a>(
        &self,
        rules: impl Iterator<Item = &'a PeerRule>,
        address: IpAddr,
        tables: &Tables,
        today: Date,
    ) -> Result<Admitted, Refused> {
        let address = canonical(address);
        let mut nearest = ("peers", ResidencyRefusal::NotDeclared("peers".to_owned()));
        for rule in rules.filter(|rule| rule.lists(address)) {
            match rule.judge(address, tables, today) {
                Ok(passed) => return Ok(rule.admit(address, passed, tables)),
                Err(refusal) => nearest = (rule.name.as_str(), refusal),
            }
        }
        let (rule, refusal) = nearest;
        Err(Refused::peer(rule, address, refusal, tables))
    }

    /// All rules.
    pub fn rules(&self) -> impl Iterator<Item = &PeerRule> {
        self.0.iter()
    }

    /// Whether a verdict can depend on tables.
    #[must_use]
    pub fn needs_tables(&self) -> bool {
        self.0.iter().any(|rule| rule.kind != EndpointKind::DevelopmentLoopback)
    }
}

impl PeerRule {
    fn lists(&self, address: IpAddr) -> bool {
        let anywhere = self.kind != EndpointKind::DevelopmentLoopback || address.is_loopback();
        if self.networks.is_empty() { anywhere } else { self.networks.iter().any(|net| net.contains(&address)) }
    }

    fn judge(&self, address: IpAddr, tables: &Tables, today: Date) -> Result<Passed, ResidencyRefusal> {
        let endpoint = || self.name.clone();
        match (self.kind, special(address)) {
            (EndpointKind::DevelopmentLoopback, _) if address.is_loopback() => Ok(Passed::Loopback),
            (EndpointKind::DevelopmentLoopback, _) => Err(ResidencyRefusal::Loopback(endpoint())),
            (EndpointKind::ClosedNetwork, Some(special)) if special.may_be_pinned() => Ok(Passed::Pinned),
            (_, Some(special)) => Err(ResidencyRefusal::Special { endpoint: endpoint(), address, special }),
            (_, None) => by_tables(&self.name, address, tables, &self.exceptions, today),
        }
    }

    fn admit(&self, address: IpAddr, passed: Passed, tables: &Tables) -> Admitted {
        let decision = Decision {
            endpoint: self.name.clone(),
            plane: Plane::Inbound,
            refusal: None,
            rule: Some(passed.name()),
            addresses: vec![address],
            port: None,
            tables: passed.by_tables().then(|| Arc::from(tables.version())),
            exception: passed.exception(),
        };
        Admitted { decision, proxy_protocol: self.proxy_protocol }
    }
}

impl Admitted {
    /// Name of the rule that admitted the peer.
    #[must_use]
    pub fn rule(&self) -> &str {
        &self.decision.endpoint
    }

    /// Whether the peer must send a PROXY header first.
    #[must_use]
    pub fn needs_proxy_header(&self) -> bool {
        self.proxy_protocol
    }

    /// The line of evidence.
    #[must_use]
    pub fn decision(&self) -> &Decision {
        &self.decision
    }
}
