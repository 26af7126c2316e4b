//! What `residency check` is asked about: a name of the configuration, or a URL that one of its endpoints answers to.
//!
//! A URL is judged as written before it is compared, so that an odd spelling is refused for what it is. Example:
//! `https://api.egov.kz:443/other` is the endpoint `https://api.egov.kz/`; `https://api.egov.kz.evil.com/` is nobody's.

use qaqpa_residency::{Endpoint, EndpointRule, PeerRule, Peers, Plane, ResidencyRefusal};

/// One declared thing.
pub(super) enum Target<'d> {
    Endpoint(&'d Endpoint),
    Peers(&'d PeerRule),
}

/// Finds it among what is declared.
///
/// # Errors
/// `residency.not_declared`, or why the URL could be nobody's.
pub(super) fn find<'d>(
    text: &str,
    endpoints: impl Iterator<Item = &'d Endpoint>,
    peers: &'d Peers,
) -> Result<Target<'d>, ResidencyRefusal> {
    let endpoints: Vec<&Endpoint> = endpoints.collect();
    if let Some(endpoint) = endpoints.iter().find(|endpoint| endpoint.name() == text) {
        return Ok(Target::Endpoint(endpoint));
    }
    if let Some(rule) = peers.rules().find(|rule| rule.name == text) {
        return Ok(Target::Peers(rule));
    }
    if !is_url(text) {
        return Err(ResidencyRefusal::NotDeclared(text.to_owned()));
    }
    let alike = endpoints.iter().find(|endpoint| is_written_as(endpoint, text));
    match alike {
        Some(endpoint) => Ok(Target::Endpoint(endpoint)),
        None => Endpoint::parse(undeclared(text)).and(Err(ResidencyRefusal::NotDeclared(text.to_owned()))),
    }
}

/// Whether it is to be read as a URL, not as a name.
pub(super) fn is_url(text: &str) -> bool {
    text.contains("://")
}

/// Whether a URL leads where the endpoint leads: the same scheme, host and port.
fn is_written_as(endpoint: &Endpoint, url: &str) -> bool {
    let rule = EndpointRule {
        plane: endpoint.plane(),
        kind: endpoint.kind(),
        pins: endpoint.pins().to_vec(),
        tunnel: endpoint.tunnel().cloned(),
        ..undeclared(url)
    };
    Endpoint::parse(rule).is_ok_and(|written| {
        (written.scheme(), written.host(), written.port()) == (endpoint.scheme(), endpoint.host(), endpoint.port())
    })
}

fn undeclared(url: &str) -> EndpointRule {
    EndpointRule::internet("url", url, Plane::Upstream)
}

#[cfg(test)]
mod tests {
    use qaqpa_residency::{EndpointKind, Profile};

    use super::*;

    #[test]
    fn names_and_urls() {
        let shep = Endpoint::parse(EndpointRule { name: "shep".to_owned(), ..undeclared("https://api.egov.kz/x") });
        let pins = vec!["10.61.40.133/32".parse().unwrap()];
        let closed = EndpointRule {
            name: "closed".to_owned(),
            kind: EndpointKind::ClosedNetwork,
            pins,
            tunnel: qaqpa_residency::Tunnel::parse("xfrm"),
            ..undeclared("http://10.61.40.133/")
        };
        let endpoints = [shep.unwrap(), Endpoint::parse(closed).unwrap()];
        let schools = PeerRule {
            name: "schools".to_owned(),
            kind: EndpointKind::Internet,
            networks: Vec::new(),
            proxy_protocol: false,
            exceptions: Vec::new(),
        };
        let peers = Peers::declare(vec![schools], Profile::Production).unwrap();
        for (wanted, text) in [
            ("shep", "shep"),
            ("shep", "https://api.egov.kz"),
            ("shep", "https://API.egov.kz:443/other/path"),
            ("closed", "http://10.61.40.133:80/"),
            ("schools", "schools"),
            ("residency.not_declared", "nobody"),
            ("residency.not_declared", "api.egov.kz"),
            ("residency.not_declared", "https://api.egov.kz.evil.com/"),
            ("residency.not_declared", "https://api.egov.kz:8443/"),
            ("residency.scheme", "http://api.egov.kz/"),
            ("residency.scheme", "file:///etc/hosts"),
            ("residency.literal", "https://10.61.40.133/"),
            ("residency.ambiguous_ip", "http://171780229/"),
            ("residency.userinfo", "https://api.egov.kz@8.8.8.8/"),
            ("residency.bad_url", "https://api.egov.kz\\@8.8.8.8/"),
            ("residency.port", "https://api.egov.kz:0/"),
        ] {
            let found = match find(text, endpoints.iter(), &peers) {
                Ok(Target::Endpoint(endpoint)) => endpoint.name().to_owned(),
                Ok(Target::Peers(rule)) => rule.name.clone(),
                Err(refusal) => refusal.reason().code().to_owned(),
            };
            assert_eq!(found, wanted, "{text}");
        }
    }
}
