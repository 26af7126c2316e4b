//! One revocation list (RFC 5280, section 5) and what must hold before it follows another.
//!
//! Refuses delta lists, and from an endpoint also lists that speak of some certificates only (an issuing distribution point): in
//! the place of a whole list they would let revoked callers in, or turn good ones away.
//!
//! Example: `List::read(b"-----BEGIN X509 CRL-----...")?.is_vouched_for(&authorities)?`

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use qaqpa_adapters::pem;
use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::{OID_X509_EXT_DELTA_CRL_INDICATOR, OID_X509_EXT_ISSUER_DISTRIBUTION_POINT};
use x509_parser::prelude::FromDer as _;
use x509_parser::revocation_list::CertificateRevocationList;

use super::NotRenewed;
use super::signature::is_signed_by;

/// A parsed and complete revocation list; [`List::is_vouched_for`] verifies its issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct List {
    der: Vec<u8>,
    issuer: Vec<u8>,
    /// The issuer's name for people.
    issuer_name: String,
    /// The extension that says of which certificates it speaks; empty: of all that its issuer issued.
    scope: Vec<u8>,
    this_update: Timestamp,
    next_update: Timestamp,
    /// Length and octets, most significant first: so they compare as numbers do. A list without one is below all.
    number: Option<(usize, Vec<u8>)>,
}

impl List {
    /// Parses a list from DER, or from PEM that holds exactly one.
    ///
    /// # Errors
    /// [`NotRenewed::NotAList`].
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, NotRenewed> {
        let lists = pem::revocation_lists(bytes).map_err(NotRenewed::NotRead)?;
        match <[_; 1]>::try_from(lists) {
            Ok([list]) => match Self::parse(list.as_ref().to_vec())? {
                whole if whole.scope.is_empty() => Ok(whole),
                _ => Err(NotRenewed::NotAList("it speaks of some certificates only")),
            },
            Err(_) => Err(NotRenewed::NotAList("it holds more than one")),
        }
    }

    /// Parses the DER of a list, also of one that speaks of some certificates only.
    ///
    /// # Errors
    /// [`NotRenewed::NotAList`].
    pub(super) fn parse(der: Vec<u8>) -> Result<Self, NotRenewed> {
        let (rest, list) =
            CertificateRevocationList::from_der(&der).map_err(|_| NotRenewed::NotAList("its DER is broken"))?;
        if !rest.is_empty() {
            return Err(NotRenewed::NotAList("something follows it"));
        }
        let extension = |oid| list.extensions().iter().find(|extension| extension.oid == oid);
        if extension(OID_X509_EXT_DELTA_CRL_INDICATOR).is_some() {
            return Err(NotRenewed::NotAList("it is a delta, which says what another list lacks"));
        }
        let scope = extension(OID_X509_EXT_ISSUER_DISTRIBUTION_POINT);
        let instant = |seconds: i64| Timestamp::from_second(seconds).ok();
        let next_update = list.next_update().and_then(|time| instant(time.timestamp()));
        let number = list.crl_number().map(|number| number.to_bytes_be()).map(|octets| (octets.len(), octets));
        Ok(Self {
            issuer: list.issuer().as_raw().to_vec(),
            issuer_name: list.issuer().to_string(),
            scope: scope.map(|extension| extension.value.to_vec()).unwrap_or_default(),
            this_update: instant(list.last_update().timestamp()).ok_or(NotRenewed::NotAList("it is undated"))?,
            next_update: next_update.ok_or(NotRenewed::NotAList("it names no end"))?,
            number,
            der,
        })
    }

    /// Whether one of the authorities, in DER, has issued and signed it, and may do so.
    ///
    /// # Errors
    /// [`NotRenewed::ForeignIssuer`], [`NotRenewed::BadSignature`].
    pub(super) fn is_vouched_for(&self, authorities: &[CertificateDer<'_>]) -> Result<(), NotRenewed> {
        let parsed = authorities.iter().filter_map(|authority| X509Certificate::from_der(authority).ok());
        let issuers: Vec<X509Certificate<'_>> =
            parsed.map(|(_, authority)| authority).filter(|authority| self.is_named_by(authority)).collect();
        if issuers.is_empty() {
            return Err(NotRenewed::ForeignIssuer);
        }
        let signed = issuers.iter().any(|issuer| is_signed_by(&self.der, issuer.public_key().raw));
        if signed { Ok(()) } else { Err(NotRenewed::BadSignature) }
    }

    /// An authority of the issuer's name that may sign lists (RFC 5280, 4.2.1.3, `cRLSign`).
    fn is_named_by(&self, authority: &X509Certificate<'_>) -> bool {
        let may_sign = match authority.key_usage() {
            Ok(usage) => usage.is_none_or(|usage| usage.value.crl_sign()),
            Err(_) => false,
        };
        authority.subject().as_raw() == self.issuer && may_sign
    }

    /// Whether it may take the place of `before`, now.
    ///
    /// # Errors
    /// [`NotRenewed::ForeignIssuer`], [`NotRenewed::Expired`], [`NotRenewed::Older`].
    pub(super) fn follows(&self, before: &Self, now: Timestamp) -> Result<(), NotRenewed> {
        if self.issuer != before.issuer {
            return Err(NotRenewed::ForeignIssuer); // in its place, nothing would be known of the other's callers
        }
        if self.next_update <= now {
            return Err(NotRenewed::Expired);
        }
        if self.is_older_than(before) { Err(NotRenewed::Older) } else { Ok(()) }
    }

    /// Whether it was issued before the other, by date or by number.
    pub(super) fn is_older_than(&self, other: &Self) -> bool {
        self.this_update < other.this_update || self.number < other.number
    }

    /// Whether both are of one authority and speak of the same certificates.
    pub(super) fn is_of_the_issuer_of(&self, other: &Self) -> bool {
        self.issuer == other.issuer && self.scope == other.scope
    }

    /// Whether the authority of this name, in DER, has issued it.
    pub(super) fn is_of(&self, name: &[u8]) -> bool {
        self.issuer == name
    }

    /// The issuer's name, for people.
    pub(super) fn issuer(&self) -> &str {
        &self.issuer_name
    }

    /// Whether its successor is due soon.
    pub(super) fn is_in_its_last_quarter(&self, now: Timestamp) -> bool {
        let life = self.next_update.duration_since(self.this_update);
        self.next_update - life / 4 <= now
    }

    /// The list itself.
    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    /// The list as PEM (RFC 7468, section 7).
    pub(super) fn pem(&self) -> String {
        let text = STANDARD.encode(&self.der);
        let lines = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\n");
        format!("-----BEGIN X509 CRL-----\n{lines}\n-----END X509 CRL-----\n")
    }

    /// Digest of the DER, hexadecimal.
    pub(super) fn sha256(&self) -> String {
        hex::encode(digest(&SHA256, &self.der))
    }

    /// When it was issued.
    pub(super) fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// When its successor is due at the latest; from then on it is not believed.
    pub(super) fn next_update(&self) -> Timestamp {
        self.next_update
    }

    /// A list that says nothing, for what depends on dates alone.
    #[cfg(test)]
    pub(super) fn living(this_update: Timestamp, next_update: Timestamp) -> Self {
        let (der, issuer, scope, issuer_name) = (Vec::new(), Vec::new(), Vec::new(), String::new());
        Self { der, issuer, issuer_name, scope, this_update, next_update, number: None }
    }
}
