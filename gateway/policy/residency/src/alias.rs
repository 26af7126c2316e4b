//! Names on the way: what DNS leads to before it gives an address (CNAME, RFC 1034 section 3.6.2).
//!
//! A name handed over to a content network is no longer its owner's, even while its addresses are in Kazakhstan. So every
//! name on the way is the host itself, under Kazakhstan's own domains, or declared. That a name ends in `.kz` allows
//! nothing by itself: the addresses are judged all the same.

use super::url::domain_name;
use super::{Endpoint, Host, ResidencyRefusal};

/// `.kz` and `.қаз`.
const OWN_DOMAINS: [&str; 2] = ["kz", "xn--80ao21a"];

/// Whether all names on the way may be there.
pub(super) fn check(endpoint: &Endpoint, met: &[String]) -> Result<(), ResidencyRefusal> {
    let allowed = |name: &str| {
        let itself = matches!(endpoint.host(), Host::Name(host) if host == name);
        let own = name.rsplit('.').next().is_some_and(|last| OWN_DOMAINS.contains(&last));
        itself || own || endpoint.aliases().iter().any(|alias| alias == name)
    };
    for alias in met {
        match domain_name(alias) {
            Some(name) if allowed(&name) => {}
            // What DNS sent is shown only where it is a plain name.
            name => {
                let alias = name.unwrap_or_else(|| "(not a name)".to_owned());
                return Err(ResidencyRefusal::Alias { endpoint: endpoint.name().to_owned(), alias });
            }
        }
    }
    Ok(())
}
