//! All revocation lists of a file: against the authorities that callers come from, and against those that were in force before.
//!
//! | refused | because |
//! |---|---|
//! | an authority of `client_ca` without a list | it turns away every caller of that authority (RFC 5280, 6.3) |
//! | a list whose end has come | likewise |
//! | a list that its authority has not signed, or may not sign | likewise |
//! | at a reload: an older list, or none where there was one | it lets the revoked in again, or turns callers away |
//!
//! A list of an authority that does not stand in `client_ca` can be verified only when a caller comes with a chain: it is told of.

use jiff::Timestamp;
use qaqpa_adapters::pem;
use rustls::pki_types::CertificateRevocationListDer;

use super::NotRenewed;
use super::list::List;
use crate::listen::authorities::Authorities;

/// The lists of a file, at most one of an authority.
#[derive(Debug, Clone)]
pub(crate) struct Lists(Vec<List>);

impl Lists {
    /// Parses every list. Of several lists of one authority the newest counts.
    ///
    /// # Errors
    /// [`NotRenewed::NotRead`], [`NotRenewed::NotAList`].
    pub(crate) fn read(octets: &[u8]) -> Result<Self, NotRenewed> {
        let mut lists: Vec<List> = Vec::new();
        for der in pem::revocation_lists(octets).map_err(NotRenewed::NotRead)? {
            let list = List::parse(der.as_ref().to_vec())?;
            match lists.iter_mut().find(|known| known.is_of_the_issuer_of(&list)) {
                Some(known) if known.is_older_than(&list) => *known = list,
                Some(_) => {}
                None => lists.push(list),
            }
        }
        Ok(Self(lists))
    }

    /// What would turn callers away now; in sentences, each with its code. With `ended` also what has ended.
    pub(crate) fn problems(&self, authorities: &Authorities, ended: Option<Timestamp>) -> Vec<String> {
        let ders = authorities.ders();
        let known = |list: &&List| authorities.iter().any(|authority| list.is_of(authority.subject()));
        let forged = self.0.iter().filter(known).filter_map(|list| Some((list, list.is_vouched_for(&ders).err()?)));
        let over = self.0.iter().filter(|list| ended.is_some_and(|now| list.next_update() <= now));
        let over = over.map(|list| (list, NotRenewed::Expired));
        let told = |(list, why): (&List, NotRenewed)| format!("{}: the list of `{}`: {why}", why.code(), list.issuer());
        let without = authorities.iter().filter(|authority| !self.0.iter().any(|list| list.is_of(authority.subject())));
        let without = without.map(|authority| missing(authority.name()));
        forged.chain(over).map(told).chain(without).collect()
    }

    /// What will be a problem, or may be one: in sentences.
    pub(crate) fn warnings(&self, authorities: &Authorities, now: Timestamp) -> Vec<String> {
        let unknown = self.0.iter().filter(|list| !authorities.iter().any(|authority| list.is_of(authority.subject())));
        let unknown = unknown.map(|list| {
            format!(
                "the list of `{}` is of an authority that `client_ca` does not hold, so it is verified only when a caller comes; \
                 put the authority's certificate there",
                list.issuer()
            )
        });
        let ending = self.0.iter().filter(|list| list.is_in_its_last_quarter(now));
        let ending = ending.map(|list| {
            let left = list.next_update();
            format!("the list of `{}` ends at {left}, and with it every call of its callers: renew it", list.issuer())
        });
        unknown.chain(ending).collect()
    }

    /// Whether they may take the place of `before`, which was verified against `authorities_before`.
    ///
    /// # Errors
    /// Why the others stay, in a sentence with its code.
    pub(crate) fn follow(
        &self,
        (before, authorities_before): (&Self, &Authorities),
        authorities: &Authorities,
        now: Timestamp,
    ) -> Result<(), String> {
        for old in &before.0 {
            let of = |authorities: &Authorities| authorities.iter().any(|authority| old.is_of(authority.subject()));
            let why = match self.0.iter().find(|list| list.is_of_the_issuer_of(old)) {
                Some(list) => list.follows(old, now).err(),
                None if of(authorities_before) && !of(authorities) => None, // nobody of that authority is let in any more
                None => Some(NotRenewed::Missing(old.issuer().to_owned())),
            };
            match why {
                None => {}
                Some(NotRenewed::Missing(_)) => return Err(missing(old.issuer())),
                Some(why) => return Err(format!("{}: the list of `{}`: {why}", why.code(), old.issuer())),
            }
        }
        Ok(())
    }

    /// For TLS.
    pub(crate) fn ders(&self) -> Vec<CertificateRevocationListDer<'static>> {
        self.0.iter().map(|list| list.der().to_vec().into()).collect()
    }

    /// When each ends, seconds since 1970.
    pub(crate) fn ends(&self) -> Vec<u64> {
        self.0.iter().map(|list| u64::try_from(list.next_update().as_second()).unwrap_or_default()).collect()
    }
}

fn missing(authority: &str) -> String {
    let why = NotRenewed::Missing(authority.to_owned());
    format!("{}: {why}", why.code())
}
