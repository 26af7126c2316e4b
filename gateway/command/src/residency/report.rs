//! What `residency check` tells: each name on the way, each address with each piece of evidence in order, the verdict.
//!
//! ```text
//! refused: residency.disagree (fault: gateway)
//! ```

use std::fmt;
use std::net::IpAddr;

use qaqpa_proto::language::Language;
use qaqpa_residency::{Decision, Examined, OK, ResidencyRefusal, TableFacts, Tables};
use serde::Serialize;

use super::advice::advice;

/// One answer, the same for people and for machines.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) target: String,
    pub(super) endpoint: String,
    pub(super) plane: &'static str,
    /// `allowed` or `refused`.
    verdict: &'static str,
    code: &'static str,
    /// Stable word that narrows the code down.
    detail: Option<&'static str>,
    rule: Option<&'static str>,
    /// Last day of the exception that was used.
    exception: Option<String>,
    addresses: Vec<Address>,
    /// Names on the way, in order.
    aliases: Vec<String>,
    /// `present`, or the word of what is missing; none where none is declared.
    tunnel: Option<&'static str>,
    tables: String,
    evidence: String,
    fault: Option<&'static str>,
    message: String,
    advice: &'static str,
}

/// One address, with evidence in the order in which it is taken.
#[derive(Debug, Serialize)]
struct Address {
    address: IpAddr,
    special: Option<String>,
    pinned: Option<bool>,
    votes: Vec<Vote>,
    origin: Option<Announced>,
    /// The rule by which it passes, or the code.
    verdict: &'static str,
}

#[derive(Debug, Serialize)]
struct Vote {
    table: String,
    date: Option<String>,
    country: Option<String>,
}

#[derive(Debug, Serialize)]
struct Announced {
    asn: u32,
    name: &'static str,
    denied: bool,
}

impl Report {
    /// A verdict, with the refusal where it is one.
    pub(super) fn new(
        target: &str,
        decision: &Decision,
        refusal: Option<&ResidencyRefusal>,
        language: Language,
    ) -> Self {
        let row = refusal.map(|refusal| refusal.reason().row());
        let text = row.map(|row| row.text.in_language(language)).unwrap_or_default();
        Self {
            target: target.to_owned(),
            endpoint: decision.endpoint.clone(),
            plane: decision.plane.name(),
            verdict: if decision.is_allowed() { "allowed" } else { "refused" },
            code: decision.code(),
            detail: refusal.and_then(ResidencyRefusal::detail),
            rule: decision.rule,
            exception: decision.exception.map(|until| until.to_string()),
            addresses: Vec::new(),
            aliases: Vec::new(),
            tunnel: None,
            tables: decision.tables.as_deref().unwrap_or_default().to_owned(),
            evidence: decision.to_string(),
            fault: row.map(|row| row.fault.name()),
            message: refusal.map_or_else(String::new, |refusal| format!("{text} ({refusal})")),
            advice: decision.refusal.map_or("", |refusal| advice(refusal, language)),
        }
    }

    /// With what is known of each address.
    pub(super) fn examined(mut self, addresses: &[Examined], tables: &Tables) -> Self {
        self.addresses = addresses.iter().map(|address| Address::of(address, tables)).collect();
        self
    }

    /// With the names on the way.
    pub(super) fn by_way_of(mut self, aliases: Vec<String>) -> Self {
        self.aliases = aliases;
        self
    }

    /// With the state of the tunnel.
    pub(super) fn through(mut self, tunnel: Option<&'static str>) -> Self {
        self.tunnel = tunnel;
        self
    }

    pub(super) fn is_allowed(&self) -> bool {
        self.code == OK
    }

    /// One line of JSON.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Address {
    fn of(examined: &Examined, tables: &Tables) -> Self {
        let dates: Vec<&TableFacts> = tables.facts().collect();
        let date = |name: &str| dates.iter().find(|facts| facts.name == name).map(|facts| facts.date.to_string());
        let evidence = examined.evidence.as_ref();
        let votes = evidence.map(|evidence| evidence.votes.as_slice()).unwrap_or_default();
        let vote = |vote: &qaqpa_residency::Vote| Vote {
            table: vote.table.clone(),
            date: date(&vote.table),
            country: vote.country.map(|country| country.to_string()),
        };
        let announced = |evidence: &qaqpa_residency::Evidence| {
            evidence.origin.map(|o| Announced { asn: o.asn, name: o.name, denied: evidence.origin_denied })
        };
        Self {
            address: examined.address,
            special: examined.special.map(|special| special.to_string()),
            pinned: examined.pinned,
            votes: votes.iter().map(vote).collect(),
            origin: evidence.and_then(announced),
            verdict: match &examined.verdict {
                Ok(rule) => rule,
                Err(refusal) => refusal.reason().code(),
            },
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {}", self.address)?;
        line(f, "special", self.special.as_deref().unwrap_or("no"))?;
        let pinned = match self.pinned {
            Some(true) => "among the pinned addresses",
            Some(false) => "not among the pinned addresses",
            None => "nothing is pinned",
        };
        line(f, "pin", pinned)?;
        for vote in &self.votes {
            let date = vote.date.as_deref().unwrap_or("no date");
            let country = vote.country.as_deref().unwrap_or("no country");
            line(f, &vote.table, &format!("{country} ({date})"))?;
        }
        if let Some(Announced { asn, name, denied }) = &self.origin {
            let verdict = if *denied { "denied: a network without a place" } else { "not denied" };
            line(f, "origin", &format!("AS{asn} {name}, {verdict}"))?;
        } else if !self.votes.is_empty() {
            line(f, "origin", "not known, not denied")?;
        }
        let verdict = match self.verdict.strip_prefix("residency.") {
            Some(word) => format!("refused, {word}"),
            None => format!("passes by {}", self.verdict),
        };
        line(f, "verdict", &verdict)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: endpoint `{}`, plane {}", self.target, self.endpoint, self.plane)?;
        for alias in &self.aliases {
            line(f, "name on the way", alias)?;
        }
        for address in &self.addresses {
            write!(f, "{address}")?;
        }
        if let Some(until) = &self.exception {
            line(f, "exception", &format!("used, until {until}"))?;
        }
        if let Some(tunnel) = self.tunnel {
            line(f, "tunnel", tunnel)?;
        }
        write!(f, "{}: {}", self.verdict, self.code)?;
        if let Some(detail) = self.detail {
            write!(f, ", {detail}")?;
        }
        if let Some(fault) = self.fault {
            write!(f, " (fault: {fault})\n{}\n{}", self.message, self.advice)?;
        }
        write!(f, "\n{}", self.evidence)
    }
}

fn line(f: &mut fmt::Formatter<'_>, what: &str, value: &str) -> fmt::Result {
    writeln!(f, "    {what:<16} {value}")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use qaqpa_residency::{Answer, examine, judge};

    use super::*;
    use crate::residency::dial_args::DialArgs;

    fn report(url: &str) -> Report {
        let tables = Tables::embedded();
        let today = tables.facts().map(|facts| facts.date).max().unwrap_or(date(2026, 11, 1));
        let endpoint = DialArgs::default().declare("url", url).unwrap().endpoint;
        let qaqpa_residency::Host::Address(literal) = *endpoint.host() else { panic!("an address") };
        let answer = Answer::from(literal);
        let examined = examine(&endpoint, &answer, &tables, today);
        let report = match judge(&endpoint, &answer, &tables, today) {
            Ok(judged) => Report::new(url, judged.decision(), None, Language::Ru),
            Err(no) => Report::new(url, no.decision(), Some(no.refusal()), Language::Ru),
        };
        report.examined(&examined, &tables).by_way_of(vec!["lb.nitec.kz".to_owned()])
    }

    #[test]
    fn a_refusal_names_each_piece_of_evidence_whose_turn_it_is_and_what_to_do() {
        let text = report("https://8.8.8.8/").to_string();
        for part in [
            "name on the way  lb.nitec.kz",
            "special          no",
            "pin              among the pinned addresses",
            "US (20",
            "verdict          refused, foreign",
            "refused: residency.foreign (fault: gateway)",
            "Никакая настройка этого не разрешит",
            "endpoint=url plane=upstream code=residency.foreign",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn json_is_one_line_with_every_key() {
        let json = report("https://127.0.0.1/").json();
        assert_eq!(json.lines().count(), 1);
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (&value["verdict"], &value["code"], &value["rule"]),
            (&"allowed".into(), &OK.into(), &"loopback".into())
        );
        assert_eq!(value["addresses"][0]["special"], "loopback");
        for key in ["target", "endpoint", "plane", "detail", "addresses", "aliases", "tables", "evidence"] {
            assert!(value.get(key).is_some(), "{key}");
        }
    }
}
