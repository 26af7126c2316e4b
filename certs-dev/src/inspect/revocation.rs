//! What a revocation list says of itself: whose, from when, until when, how many.
//!
//! It refuses to list the revoked: their number is enough to see whether the right list was fetched, and lists have
//! millions.
//!
//! Example: `revoked          1`.

use std::fmt;

use aws_lc_rs::digest;
use time::OffsetDateTime;
use x509_parser::parse_x509_crl;

use super::{Name, Standing, line, names_of_oids, standing};

/// A revocation list explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationReport {
    /// Who issued it.
    pub issuer: Name,
    /// Its number, decimal, if it has one.
    pub number: Option<String>,
    /// When it was made.
    pub this_update: OffsetDateTime,
    /// When its successor is due, if it says so. A gateway refuses a list that is overdue.
    pub next_update: Option<OffsetDateTime>,
    /// Where it stands now; without a next update there is nothing to be overdue against, and so no standing.
    pub standing: Option<Standing>,
    /// How many certificates it revokes.
    pub revoked: usize,
    /// How it is signed.
    pub signature: String,
    /// SHA-256 of its DER, lower case hex.
    pub sha256: String,
}

impl RevocationReport {
    pub(super) fn read(der: &[u8], now: OffsetDateTime) -> Option<Self> {
        let (rest, list) = parse_x509_crl(der).ok()?;
        let (this_update, next_update) =
            (list.last_update().to_datetime(), list.next_update().map(|t| t.to_datetime()));
        rest.is_empty().then(|| Self {
            issuer: Name::read(list.issuer()),
            number: list.crl_number().map(ToString::to_string),
            this_update,
            next_update,
            standing: next_update.map(|next| Standing::of(this_update, next, now)),
            revoked: list.iter_revoked_certificates().count(),
            signature: names_of_oids::signature(&list.signature_algorithm.algorithm.to_id_string()),
            sha256: hex::encode(digest::digest(&digest::SHA256, der)),
        })
    }
}

impl fmt::Display for RevocationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Revocation list")?;
        line(f, "issuer", &self.issuer)?;
        line(f, "number", self.number.as_deref().unwrap_or_default())?;
        line(f, "this update", standing::date(self.this_update))?;
        line(f, "next update", self.next_update.map_or("not promised".to_owned(), standing::date))?;
        line(f, "standing", self.standing.map(|s| s.to_string()).unwrap_or_default())?;
        line(f, "revoked", self.revoked)?;
        line(f, "signature", &self.signature)?;
        line(f, "SHA-256", &self.sha256)
    }
}
