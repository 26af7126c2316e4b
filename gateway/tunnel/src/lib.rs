//! Checks that the declared tunnel of a closed network is up. Asked of the kernel right before a closed network's
//! endpoint is dialled.
//!
//! Smart Bridge takes plain http inside an IPsec tunnel. When the tunnel falls, its route often stays, and the same plain
//! text would travel over whatever leads there next, so a route alone is never enough. [`present`] refuses unless the
//! kernel itself says that what we send now goes into the tunnel:
//!
//! - `interface:ipsec0`: the interface is up and every way to the destination leaves through it;
//! - `xfrm`: the policy that decides about the destination demands ESP in tunnel mode, and the security association
//!   that encrypts exists. IPsec through a VTI or XFRM interface, which steers by mark or if_id, is declared by its name.
//!
//! It is a look at one moment: a tunnel that falls after it is caught at the next connection. What closes the rest is the
//! kernel's: strongSwan's `start_action = trap` keeps the policy when the association is gone, which holds packets back.
//! Of ours the crate knows the declaration alone ([`Tunnel`]); its sockets reach this machine's kernel and nothing else.
//!
//! ```text
//! 195.12.113.7 via xfrm: word `no_policy`: no ipsec policy of this host covers `195.12.113.7`: is the tunnel's daemon running
//! ```

mod association;
mod interface;
mod kernel;
mod policy;
mod route;

use std::io;
use std::net::IpAddr;

use qaqpa_residency::Tunnel;

use crate::kernel::Trouble;

/// Succeeds when what is sent to `destination` now goes into `tunnel`. Sends nothing outward and never waits for a peer.
///
/// # Errors
/// What is missing, for the operator; [`NoTunnel::word`] is the evidence's. Nothing may be dialled then.
pub async fn present(tunnel: &Tunnel, destination: IpAddr) -> Result<(), NoTunnel> {
    let (tunnel, destination) = (tunnel.clone(), destination.to_canonical());
    let looked = tokio::task::spawn_blocking(move || match tunnel {
        Tunnel::Interface(name) => through_interface(&name, destination),
        Tunnel::Xfrm => through_ipsec(destination),
    });
    looked.await.map_err(|_| NoTunnel::Netlink(io::Error::other("the look at the kernel was cut short")))?
}

fn through_interface(name: &str, destination: IpAddr) -> Result<(), NoTunnel> {
    let tunnel = interface::up(name)?;
    let route = route::to(destination)?;
    let elsewhere = route.interfaces.iter().any(|interface| *interface != tunnel);
    if elsewhere { Err(NoTunnel::OtherRoute { destination, through: format!("`{name}`") }) } else { Ok(()) }
}

fn through_ipsec(destination: IpAddr) -> Result<(), NoTunnel> {
    let flow = policy::Flow::new(destination, &route::to(destination)?)?;
    interface::obeys_policies(&flow)?;
    for template in policy::deciding(&policy::outward()?, &flow)? {
        association::established(&template, &flow)?;
    }
    Ok(())
}

/// Why a closed network's endpoint is not dialled.
#[derive(Debug, thiserror::Error)]
pub enum NoTunnel {
    /// There is no interface of this name, or it can be none of a tunnel.
    #[error("the tunnel's interface `{0}` does not exist in the gateway's network namespace, or is the loopback")]
    InterfaceMissing(String),
    /// The interface exists and carries nothing.
    #[error("the tunnel's interface `{name}` is not up: its state is {state}")]
    InterfaceDown {
        /// The interface.
        name: String,
        /// State of the interface by the kernel.
        state: String,
    },
    /// The kernel would send it another way, or has no way at all.
    #[error("not every way of the kernel to `{destination}` leads through {through}: see `ip route get {destination}`")]
    OtherRoute {
        /// Address of the endpoint.
        destination: IpAddr,
        /// The declared tunnel.
        through: String,
    },
    /// No policy of IPsec covers everything that goes there.
    #[error("no ipsec policy of this host covers `{0}`: is the tunnel's daemon running")]
    NoPolicy(IpAddr),
    /// A policy decides about it that lets it pass unencrypted, or not at all.
    #[error("ipsec does not protect `{destination}`: {why}")]
    Unprotected {
        /// Address of the endpoint.
        destination: IpAddr,
        /// The rule that outranks the tunnel's.
        why: &'static str,
    },
    /// The policy has no association that could encrypt.
    #[error("the ipsec tunnel to `{0}` is not established: no live esp association that encrypts and fits the policy")]
    NoAssociation(IpAddr),
    /// Only who administers the network may read policies.
    #[error(
        "reading ipsec policies needs cap_net_admin: give the unit `AmbientCapabilities=CAP_NET_ADMIN`, or declare the tunnel by its interface"
    )]
    NotPermitted,
    /// The kernel could not be asked or was not understood.
    #[error("the kernel could not be asked about the tunnel (the unit must allow AF_NETLINK): {0}")]
    Netlink(#[source] io::Error),
}

impl NoTunnel {
    /// The stable word for evidence, metrics and `residency check`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::InterfaceMissing(_) => "interface_missing",
            Self::InterfaceDown { .. } => "interface_down",
            Self::OtherRoute { .. } => "other_route",
            Self::NoPolicy(_) | Self::Unprotected { .. } => "no_policy",
            Self::NoAssociation(_) => "no_sa",
            Self::NotPermitted => "not_permitted",
            Self::Netlink(_) => "netlink",
        }
    }
}

impl From<Trouble> for NoTunnel {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Refused(error) if error.kind() == io::ErrorKind::PermissionDenied => Self::NotPermitted,
            Trouble::Refused(error) | Trouble::Broken(error) => Self::Netlink(error),
        }
    }
}
