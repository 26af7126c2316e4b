//! Who may know whom. The arrows of the design, over what cargo resolved: dependencies of tests and build scripts are not
//! looked at, because they do not run in a gateway.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};

use crate::tree::root;

/// A crate of ours, whom of ours it may know, and why no others.
const MAY_KNOW: [(&str, &[&str], &str); 15] = [
    ("qaqpa-proto", &[], "the contract is the single source: a reader of it needs nothing else"),
    ("qaqpa-policy", &["qaqpa-proto"], "what is decided depends on contract and pack, never on how it is carried out"),
    (
        "qaqpa-residency",
        &["qaqpa-proto"],
        "where something may go depends on tables and pins, never on what is sent or for whom; of the contract it knows \
         the table of refusals",
    ),
    (
        "qaqpa-papers",
        &["qaqpa-policy", "qaqpa-proto"],
        "papers tell what is decided, and nothing that is decided may hang on a paper",
    ),
    ("qaqpa-adapters", &["qaqpa-proto"], "bytes in, bytes out: a translator must not act"),
    ("qaqpa-journal", &[], "evidence has to be read without the gateway that wrote it"),
    ("qaqpa-vault", &[], "who can name persons must not know what was exchanged about them, nor with whom"),
    (
        "qaqpa-tunnel",
        &["qaqpa-residency"],
        "it asks this machine's kernel about a declared tunnel: of ours it knows what such a declaration is, and neither who \
         asks nor what will be sent",
    ),
    ("qaqpa-certs-dev", &[], "nothing that makes keys for laptops may reach into the gateway"),
    (
        "qaqpa-synthetic",
        &["qaqpa-policy", "qaqpa-proto"],
        "what is made up passes where the real does: it has the contract's form and a check digit by the product's rule; it \
         leans on nothing else that it is shown to",
    ),
    ("qaqpa-mock", &["qaqpa-adapters", "qaqpa-proto"], "the state knows neither our policy nor our journal"),
    (
        "qaqpa-gateway",
        &[
            "qaqpa-adapters",
            "qaqpa-certs-dev",
            "qaqpa-journal",
            "qaqpa-policy",
            "qaqpa-proto",
            "qaqpa-residency",
            "qaqpa-tunnel",
            "qaqpa-vault",
        ],
        "the gateway acts; it knows neither the commands that start it, nor their papers, nor the state's stand-in",
    ),
    (
        "qaqpa-prove",
        &["qaqpa-gateway", "qaqpa-residency", "qaqpa-synthetic"],
        "it tries the gateway's own connector as it is; who asks for that and who prints it are the commands'",
    ),
    (
        "qaqpa",
        &[
            "qaqpa-adapters",
            "qaqpa-certs-dev",
            "qaqpa-gateway",
            "qaqpa-journal",
            "qaqpa-mock",
            "qaqpa-papers",
            "qaqpa-policy",
            "qaqpa-proto",
            "qaqpa-prove",
            "qaqpa-residency",
            "qaqpa-synthetic",
            "qaqpa-tunnel",
            "qaqpa-vault",
        ],
        "the commands may know all but those who judge them, and nobody else knows the commands",
    ),
    (
        "qaqpa-tests",
        &[
            "qaqpa",
            "qaqpa-adapters",
            "qaqpa-certs-dev",
            "qaqpa-gateway",
            "qaqpa-journal",
            "qaqpa-mock",
            "qaqpa-policy",
            "qaqpa-proto",
            "qaqpa-residency",
            "qaqpa-synthetic",
            "qaqpa-vault",
        ],
        "a judge may see everything",
    ),
];

/// Crates of ours, what they never reach by any way, and why.
const NEVER_REACH: [(&[&str], &[&str], &str); 4] = [
    (
        &["qaqpa-proto", "qaqpa-policy", "qaqpa-residency", "qaqpa-papers", "qaqpa-adapters"],
        &["tokio", "mio", "socket2", "hyper", "reqwest", "tonic", "axum", "rustls"],
        "deciding and translating is done without a socket, a clock or a task: so it can be tested by tables alone",
    ),
    (
        &["qaqpa-journal", "qaqpa-vault", "qaqpa-certs-dev"],
        &["hyper", "reqwest", "tonic", "axum"],
        "evidence, persons and keys stay on this machine",
    ),
    (
        &["qaqpa-tunnel"],
        &["hyper", "reqwest", "tonic", "axum", "rustls"],
        "it asks the kernel and nobody else: a socket that leads further is the door's",
    ),
    (
        &["qaqpa", "qaqpa-gateway", "qaqpa-prove"],
        &["reqwest", "hyper-rustls", "hickory-resolver", "hickory-net", "native-tls"],
        "it opens sockets of its own, and cannot be given one that was judged",
    ),
];

#[test]
fn each_crate_knows_only_whom_it_may() {
    let house = House::resolve();
    let ours: BTreeSet<&str> =
        house.metadata.workspace_packages().iter().map(|package| package.name.as_str()).collect();
    let listed: BTreeSet<&str> = MAY_KNOW.iter().map(|(name, ..)| *name).collect();
    assert_eq!(ours, listed, "every crate of the workspace stands in the table, with its reason");
    let mut wrong = Vec::new();
    for (name, allowed, reason) in MAY_KNOW {
        let known = house.direct(&house.package(name).id).into_iter().map(|id| house.name(id));
        wrong.extend(
            known
                .filter(|known| ours.contains(known) && !allowed.contains(known))
                .map(|known| format!("{name} knows {known}, but {reason}")),
        );
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn no_crate_reaches_what_it_must_not() {
    let house = House::resolve();
    let mut wrong = Vec::new();
    for (names, banned, reason) in NEVER_REACH {
        for name in names {
            let ways = house.ways(&house.package(name).id);
            let reached = ways.iter().filter(|(id, _)| banned.contains(&house.name(id)));
            wrong.extend(reached.map(|(_, way)| {
                format!("{}, but {reason}", way.iter().map(|id| house.name(id)).collect::<Vec<_>>().join(" > "))
            }));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    // The search itself works: the gateway reaches what the others must not.
    let gateway = house.ways(&house.package("qaqpa").id);
    for name in ["tokio", "mio", "socket2", "hyper", "tonic", "axum", "rustls"] {
        assert!(gateway.keys().any(|id| house.name(id) == name), "{name}");
    }
}

/// What cargo resolved for this machine.
struct House {
    metadata: Metadata,
}

impl House {
    fn resolve() -> Self {
        let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
        let options = ["--locked".to_owned(), "--filter-platform".to_owned(), host];
        let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).other_options(options).exec();
        Self { metadata: metadata.unwrap() }
    }

    fn package(&self, name: &str) -> &Package {
        let found = self.metadata.packages.iter().find(|package| package.name.as_str() == name);
        found.unwrap_or_else(|| panic!("there is no crate {name}"))
    }

    fn name(&self, id: &PackageId) -> &str {
        self.metadata.packages.iter().find(|package| package.id == *id).map_or("?", |package| package.name.as_str())
    }

    /// Normal dependencies alone.
    fn direct(&self, id: &PackageId) -> Vec<&PackageId> {
        let nodes = &self.metadata.resolve.as_ref().unwrap().nodes;
        let node = nodes.iter().find(|node| node.id == *id).unwrap();
        let normal =
            node.deps.iter().filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal));
        normal.map(|dep| &dep.pkg).collect()
    }

    /// Everything that is reached, each by one way.
    fn ways<'h>(&'h self, from: &'h PackageId) -> BTreeMap<&'h PackageId, Vec<&'h PackageId>> {
        let mut ways = BTreeMap::from([(from, vec![from])]);
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            let way = ways.get(at).cloned().unwrap_or_default();
            for next in self.direct(at) {
                if !ways.contains_key(next) {
                    ways.insert(next, way.iter().copied().chain([next]).collect());
                    open.push(next);
                }
            }
        }
        ways
    }
}
