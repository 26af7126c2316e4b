//! What `residency show` prints for people.

use std::fmt;

use super::{Answered, Dispute, Place, Shown, Table};

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "tables")?;
        self.tables.iter().try_for_each(|table| write!(f, "{table}"))?;
        let home = &self.home;
        writeln!(f, "\nhome, by all of them, without the networks of global clouds")?;
        writeln!(
            f,
            "  IPv4 {} networks, {} addresses; IPv6 {} networks",
            home.v4_networks, home.v4_addresses, home.v6_networks
        )?;
        places(f, "\nendpoints", &self.endpoints)?;
        places(f, "\npeers", &self.peers)?;
        writeln!(f, "\ndisagreements, all of which are refused")?;
        match self.disagreements.as_slice() {
            [] => writeln!(f, "  none")?,
            disputes => disputes.iter().try_for_each(|dispute| write!(f, "{dispute}"))?,
        }
        write!(f, "\nwhat this check cannot know\n  {}", self.cannot_know.join("\n  "))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.days_left {
            _ if self.stale => "STALE".to_owned(),
            left @ 0..=SOON => format!("in force, for {left} days more"),
            _ => "in force".to_owned(),
        };
        writeln!(
            f,
            "  {}: {verdict}, of {}, {} days old, at most {}",
            self.name, self.date, self.age_days, self.limit_days
        )?;
        writeln!(f, "    {}", self.source)?;
        writeln!(f, "    sha256 {}{}", self.sha256, if self.compiled_in { ", compiled in" } else { "" })?;
        let Self { v4_networks, v4_addresses, v6_networks, .. } = self;
        writeln!(f, "    IPv4 {v4_networks} networks, {v4_addresses} addresses; IPv6 {v6_networks} networks")
    }
}

/// Days before the end of a table from which on it is said.
const SOON: i64 = 30;

fn places(f: &mut fmt::Formatter<'_>, title: &str, places: &[Place]) -> fmt::Result {
    if places.is_empty() {
        return Ok(());
    }
    writeln!(f, "{title}")?;
    places.iter().try_for_each(|place| write!(f, "{place}"))
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url.as_deref().unwrap_or("whoever connects");
        writeln!(f, "  {} {}: {url}, {}", self.plane, self.name, self.kind)?;
        if !self.pins.is_empty() {
            writeln!(f, "    pinned to {}", self.pins.join(", "))?;
        }
        if let Some(tunnel) = &self.tunnel {
            writeln!(f, "    through {tunnel}")?;
        }
        self.exceptions.iter().try_for_each(|exception| write!(f, "{exception}"))
    }
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.alive { format!("{} days left", self.days_left) } else { "expired".to_owned() };
        writeln!(f, "    exception for {} until {}, {state}", self.networks.join(", "), self.expires)?;
        writeln!(f, "      approved by {}: {}", self.approver, self.reason)
    }
}

impl fmt::Display for Dispute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { home_by, not_by, v4_addresses, v4_networks, v6_networks, .. } = self;
        writeln!(f, "  home by {home_by}, not by {not_by}")?;
        writeln!(f, "    IPv4 {v4_networks} networks, {v4_addresses} addresses; IPv6 {v6_networks} networks")?;
        if self.examples.is_empty() { Ok(()) } else { writeln!(f, "    such as {}", self.examples.join(", ")) }
    }
}
