//! Exceptions: approved disagreements of the tables, with reason, approver and end.
//!
//! A Kazakhstan telecom on foreign-registered space is at home by one table and abroad by another, and stays refused
//! until a responsible person says why, for which networks and until when. An exception settles a disagreement, or the
//! listed origin of an address at home. It never lets pass what every table places abroad, nor a special address.

use std::net::IpAddr;

use ipnet::IpNet;
use jiff::civil::Date;

/// Longest life of an exception, days: it is decided anew at least once a year.
const LONGEST_DAYS: i32 = 366;

/// One exception, alive until its last day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    networks: Vec<IpNet>,
    reason: String,
    approver: String,
    expires: Date,
}

/// Why an exception is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExceptionProblem {
    /// The exception covers no network.
    #[error("an exception names the networks it is for")]
    NoNetworks,
    /// A network of the exception is too large.
    #[error("an exception is for networks of at most /16 (IPv6: /32)")]
    TooWide,
    /// Reason or approver is missing.
    #[error("an exception names its reason and its approver")]
    Unanswered,
    /// Its last day is over.
    #[error("the exception expired on {0}")]
    Expired(Date),
    /// Its last day is too far.
    #[error("an exception lasts at most {LONGEST_DAYS} days from today")]
    TooLong,
}

impl Exception {
    /// An exception for `networks`, to its last day `expires`.
    ///
    /// # Errors
    /// The first thing that is wrong; who configured the gateway is at fault.
    pub fn declare(
        networks: Vec<IpNet>,
        reason: &str,
        approver: &str,
        expires: Date,
        today: Date,
    ) -> Result<Self, ExceptionProblem> {
        let wide = |net: &IpNet| net.prefix_len() < if net.network().is_ipv4() { 16 } else { 32 };
        if networks.is_empty() {
            return Err(ExceptionProblem::NoNetworks);
        }
        if networks.iter().any(wide) {
            return Err(ExceptionProblem::TooWide);
        }
        if reason.trim().is_empty() || approver.trim().is_empty() {
            return Err(ExceptionProblem::Unanswered);
        }
        if expires < today {
            return Err(ExceptionProblem::Expired(expires));
        }
        if (expires - today).get_days() > LONGEST_DAYS {
            return Err(ExceptionProblem::TooLong);
        }
        Ok(Self { networks, reason: reason.trim().to_owned(), approver: approver.trim().to_owned(), expires })
    }

    /// Whether it is for this address, today.
    #[must_use]
    pub fn covers(&self, address: IpAddr, today: Date) -> bool {
        self.is_alive(today) && self.networks.iter().any(|net| net.contains(&address))
    }

    /// Whether its last day is not over.
    #[must_use]
    pub fn is_alive(&self, today: Date) -> bool {
        today <= self.expires
    }

    /// The networks it covers.
    #[must_use]
    pub fn networks(&self) -> &[IpNet] {
        &self.networks
    }

    /// The reason.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The approver.
    #[must_use]
    pub fn approver(&self) -> &str {
        &self.approver
    }

    /// Its last day.
    #[must_use]
    pub fn expires(&self) -> Date {
        self.expires
    }
}
