//! Second opinions on a URL: how others read host and port. What the crate accepts they must read alike, or refuse.
//!
//! ```text
//! whatwg       crate url: browsers, and whatever is built like them
//! uri          crate http: what hyper and tonic dial by
//! inet_aton    the C library, to which a name of the shape of an address never is a name
//! ```

use std::net::{IpAddr, Ipv4Addr};

use super::classifier::{plain, unplain};

/// A host as one reader understands it: an address, or a name in lower case without the last dot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) host: Result<IpAddr, String>,
    pub(crate) port: Option<u16>,
}

/// Whoever could read it at all.
pub(crate) fn readings(text: &str) -> Vec<(&'static str, Read)> {
    let by = |name, read: Option<Read>| read.map(|read| (name, read));
    [by("whatwg", whatwg(text)), by("uri", uri(text))].into_iter().flatten().collect()
}

fn whatwg(text: &str) -> Option<Read> {
    let url = url::Url::parse(text).ok()?;
    let host = match url.host()? {
        url::Host::Ipv4(address) => Ok(address.into()),
        url::Host::Ipv6(address) => Ok(as_dialled(address.into())),
        url::Host::Domain(name) => named(name),
    };
    Some(Read { host, port: url.port().or_else(|| default_port(url.scheme())) })
}

fn uri(text: &str) -> Option<Read> {
    let uri: http::Uri = text.parse().ok()?;
    let port = uri.port_u16().or_else(|| default_port(uri.scheme_str()?));
    Some(Read { host: named(uri.host()?), port })
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme.to_ascii_lowercase().as_str() {
        "https" => Some(443),
        "http" => Some(80),
        "dns" => Some(53),
        "postgres" | "postgresql" => Some(5432),
        _ => None,
    }
}

/// A name, unless brackets or the C library make an address of it.
pub(crate) fn named(text: &str) -> Result<IpAddr, String> {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let address = inner.map_or_else(|| inet_aton(text).map(IpAddr::V4), |inner| inner.parse().ok());
    address.map(as_dialled).ok_or_else(|| text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase())
}

fn as_dialled(address: IpAddr) -> IpAddr {
    let (is_v4, bits) = plain(address);
    unplain(is_v4, bits)
}

/// As the manual page inet(3) says: one to four numbers, the last fills what is left, octal after 0, hexadecimal after 0x.
fn inet_aton(text: &str) -> Option<Ipv4Addr> {
    let text = text.strip_suffix('.').unwrap_or(text); // a resolver would take the dot off first
    let numbers: Vec<u64> = text.split('.').map(strtoul).collect::<Option<_>>()?;
    let (last, octets) = numbers.split_last()?;
    let free = 8 * (4_usize.checked_sub(octets.len())?);
    if free == 0 || *last >= 1 << free || octets.iter().any(|octet| *octet > 255) {
        return None;
    }
    let high = octets.iter().zip([24, 16, 8]).map(|(octet, by)| octet << by).sum::<u64>();
    u32::try_from(high | last).ok().map(Ipv4Addr::from)
}

fn strtoul(text: &str) -> Option<u64> {
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, radix) = match (hexadecimal, text.strip_prefix('0')) {
        (Some(digits), _) => (digits, 16),
        (None, Some(digits)) if !digits.is_empty() => (digits, 8),
        _ => (text, 10),
    };
    let plain = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    u64::from_str_radix(digits, radix).ok().filter(|_| plain)
}
