//! Reads a DNS answer about one name: its addresses, and the CNAMEs on the way to them.
//!
//! Only the chain of CNAMEs that starts at the name, and the addresses of its last name, are taken; records about other
//! names are not ours to know. An address in the middle of the chain, two targets of one alias, a loop, or an address
//! beside NXDOMAIN contradict themselves and refuse. A chain whose end the server did not resolve has no address.
//!
//! `a CNAME b`, `b CNAME c`, `c A 195.12.113.29`, asked for `a`: address 195.12.113.29, aliases `b`, `c`.

use std::net::IpAddr;

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, RData, Record};

use super::NoAnswer;

/// The result for one address family.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Addresses of the last name, in the server's order.
    pub(super) addresses: Vec<IpAddr>,
    /// Targets in order, in lower case, without the last dot.
    pub(super) aliases: Vec<String>,
}

/// Reads the answer about `host`.
pub(super) fn read(host: &Name, message: &Message) -> Result<Part, NoAnswer> {
    let exists = match message.metadata.response_code {
        ResponseCode::NoError => true,
        ResponseCode::NXDomain => false,
        _ => return Err(NoAnswer::ServerFailure),
    };
    let records = message.answers.as_slice();
    if records.iter().any(|record| record.dns_class != DNSClass::IN) {
        return Err(NoAnswer::Malformed);
    }
    let chain = follow(host, records)?;
    let (last, before) = chain.split_last().ok_or(NoAnswer::Malformed)?;
    let addresses: Vec<_> = addresses(last, records).collect();
    let contradicts = before.iter().any(|name| addresses_of_any(name, records));
    if contradicts || !(exists || addresses.is_empty()) {
        return Err(NoAnswer::Malformed);
    }
    let aliases = chain.iter().skip(1).map(text).collect::<Result<_, _>>()?;
    Ok(Part { addresses, aliases })
}

/// `host` and the targets after it.
fn follow(host: &Name, records: &[Record]) -> Result<Vec<Name>, NoAnswer> {
    let mut chain = vec![host.clone()];
    let mut target = alias(host, records)?;
    while let Some(name) = target {
        if chain.contains(name) {
            return Err(NoAnswer::Refused("alias_loop"));
        }
        if chain.len() > MAX_ALIASES {
            return Err(NoAnswer::Refused("too_many_aliases"));
        }
        chain.push(name.clone());
        target = alias(name, records)?;
    }
    Ok(chain)
}

/// What `name` is an alias of.
fn alias<'a>(name: &Name, records: &'a [Record]) -> Result<Option<&'a Name>, NoAnswer> {
    let mut targets = records.iter().filter(|record| record.name == *name).filter_map(|record| match &record.data {
        RData::CNAME(target) => Some(&target.0),
        _ => None,
    });
    let first = targets.next();
    if targets.all(|target| Some(target) == first) { Ok(first) } else { Err(NoAnswer::Malformed) }
}

/// Of both families, whichever was asked for: an address that is named is judged.
fn addresses(name: &Name, records: &[Record]) -> impl Iterator<Item = IpAddr> {
    records.iter().filter(move |record| record.name == *name).filter_map(|record| record.data.ip_addr())
}

fn addresses_of_any(name: &Name, records: &[Record]) -> bool {
    addresses(name, records).next().is_some()
}

/// A name as policy reads it. A label that holds a dot or any other odd byte could pass for a longer name.
fn text(name: &Name) -> Result<String, NoAnswer> {
    let labels = name.iter().map(label).collect::<Result<Vec<_>, _>>()?;
    if labels.is_empty() { Err(NoAnswer::Malformed) } else { Ok(labels.join(".")) }
}

fn label(bytes: &[u8]) -> Result<String, NoAnswer> {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let text = str::from_utf8(bytes).ok().filter(|_| bytes.iter().all(plain));
    text.map(str::to_ascii_lowercase).ok_or(NoAnswer::Malformed)
}

const MAX_ALIASES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_reach_policy_as_they_are_or_not_at_all() {
        type Row = (&'static str, Option<&'static str>, &'static [&'static [u8]]);
        let table: [Row; 8] = [
            ("a name", Some("lb.nitec.kz"), &[b"lb", b"nitec", b"kz"]),
            ("upper case", Some("lb.nitec.kz"), &[b"LB", b"Nitec", b"KZ"]),
            ("a hyphen in front, without an escape", Some("-a._b.kz"), &[b"-a", b"_b", b"kz"]),
            ("the root", None, &[]),
            ("a dot inside a label", None, &[b"evil.kz"]),
            ("a backslash", None, &[b"evil\\", b"kz"]),
            ("a zero", None, &[b"evil\0", b"kz"]),
            ("letters beyond ASCII", None, &[b"\xD1\x91", b"kz"]),
        ];
        for (case, wanted, labels) in table {
            let name = Name::from_labels(labels.iter().copied()).unwrap();
            assert_eq!(text(&name).ok().as_deref(), wanted, "{case}");
        }
    }
}
