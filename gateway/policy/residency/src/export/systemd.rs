//! The fence as a drop-in of a systemd unit: `IPAddressDeny=any`, and what is allowed all the same.
//!
//! systemd filters packets of the unit's control group by address, in both directions: it knows no ports, no tunnel,
//! and holds back callers as well, which is why their networks are listed too.

use std::fmt::Write;

use super::{Fence, families};

/// The drop-in, without its header.
pub(super) fn drop_in(fence: &Fence) -> String {
    let mut out = String::from(
        "# It knows addresses only, no ports and no tunnels, and holds back callers as well as calls.\n\
         [Service]\nIPAddressDeny=any\n",
    );
    if fence.loopback {
        out.push_str("IPAddressAllow=localhost\n");
    }
    let pinned = fence.endpoints.iter().flat_map(|endpoint| &endpoint.networks).chain(&fence.peers).copied();
    let (v4, v6) = families(&pinned.collect::<Vec<_>>());
    let mut allowed = [v4, v6].concat();
    if fence.endpoints.iter().any(super::FenceEndpoint::anywhere_at_home) {
        allowed.extend(fence.home.v4.iter().map(ToString::to_string));
        allowed.extend(fence.home.v6.iter().map(ToString::to_string));
    }
    let mut seen = std::collections::HashSet::new();
    for network in allowed.iter().filter(|network| seen.insert(*network)) {
        let _ = writeln!(out, "IPAddressAllow={network}");
    }
    out
}
