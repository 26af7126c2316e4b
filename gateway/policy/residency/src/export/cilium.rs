//! The fence as a CiliumNetworkPolicy: once a pod has one rule of egress, whatever no rule names is refused.
//!
//! It knows no IPsec and no interfaces of the node; a closed network needs the node's own fence besides.

use std::fmt::Write;

use super::{Fence, FenceEndpoint, families, word};

/// The policy, without its header.
pub(super) fn policy(fence: &Fence) -> String {
    let mut out = format!(
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata:\n  name: qaqpa-residency\nspec:\n  \
         endpointSelector:\n    matchLabels:\n      app.kubernetes.io/name: \"{}\"\n",
        word(&fence.user)
    );
    let home: Vec<String> =
        fence.home.v4.iter().map(ToString::to_string).chain(fence.home.v6.iter().map(ToString::to_string)).collect();
    let (mut rules, mut at_home) = (String::new(), Vec::new());
    for endpoint in &fence.endpoints {
        if endpoint.anywhere_at_home() {
            at_home.push(endpoint);
        } else {
            let (v4, v6) = families(&endpoint.networks);
            egress(&mut rules, &[v4, v6].concat(), &[endpoint]);
        }
    }
    egress(&mut rules, &home, &at_home);
    // An empty list refuses everything; a list without a value would refuse the policy.
    out.push_str(if rules.is_empty() { "  egress:\n    - {}\n" } else { "  egress:\n" });
    out.push_str(&rules);
    out
}

/// One rule: all these networks, on the ports of all these endpoints.
fn egress(out: &mut String, networks: &[String], endpoints: &[&FenceEndpoint]) {
    let mut ports: Vec<String> = endpoints.iter().flat_map(|endpoint| ports(endpoint)).collect();
    ports.sort_unstable();
    ports.dedup();
    if networks.is_empty() || ports.is_empty() {
        return;
    }
    let names: Vec<String> =
        endpoints.iter().map(|endpoint| format!("{} {}", word(&endpoint.plane), word(&endpoint.name))).collect();
    let _ = writeln!(out, "    # {}\n    - toCIDRSet:", names.join("; "));
    for network in networks {
        let _ = writeln!(out, "        - cidr: \"{network}\"");
    }
    let _ = writeln!(out, "      toPorts:\n        - ports:");
    for port in ports {
        let _ = writeln!(out, "            - {port}");
    }
}

fn ports(endpoint: &FenceEndpoint) -> Vec<String> {
    // Cilium reads port 0 as any
    let port = endpoint.port.unwrap_or(0);
    let spoken = [("TCP", endpoint.tcp), ("UDP", endpoint.udp)].into_iter().filter(|(_, spoken)| *spoken);
    spoken.map(|(protocol, _)| format!("{{ port: \"{port}\", protocol: {protocol} }}")).collect()
}
