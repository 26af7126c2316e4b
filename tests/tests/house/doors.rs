//! One door outward, one clock, no environment. clippy refuses each of them everywhere (`.clippy.toml`); here stands who may
//! say `#[expect]`, so that a second door cannot be opened by a lint that is silenced on the side. Tests may: they are the other
//! end of every connection, and none of them is in a gateway.

use crate::tree::{findings, read, texts};

const MAY: [(&str, &str); 8] = [
    ("gateway/src/dial.rs", "it is the door: what connects is judged there first"),
    ("gateway/src/dial/socket.rs", "its sockets: the one place where one is opened, at a judged address"),
    ("gateway/tunnel/src/kernel.rs", "a socket that leads to this machine's kernel and nowhere else"),
    ("gateway/src/telemetry.rs", "the exporter of OTLP is made there, with a channel of the door"),
    (
        "gateway/prove/src/namespace.rs",
        "`residency prove` runs itself in a namespace without a way out, where every address is this machine",
    ),
    (
        "gateway/prove/src/naive.rs",
        "`residency prove` must show there that its listeners hear whoever does not ask the door",
    ),
    ("gateway/command/src/main.rs", "the one clock of the process is made there"),
    (
        "proto/build.rs",
        "cargo tells a build script its output directory by the environment; it does not run in a gateway",
    ),
];

#[test]
fn only_these_files_open_a_door() {
    let word = ["clippy::disallowed", "_methods"].concat();
    let mut rust = texts();
    rust.retain(|text| text.path.ends_with(".rs"));
    let found = findings(&rust, |path, line| {
        let may = MAY.iter().any(|(allowed, _)| *allowed == path) || is_test(path);
        (line.contains(&word) && !may).then(|| "silences the ban on clocks, environment and connections".to_owned())
    });
    assert_eq!(found, Vec::<String>::new());
    for (path, reason) in MAY {
        let text = rust.iter().find(|text| text.path == path).map(|text| text.text.as_str()).unwrap_or_default();
        assert!(text.contains(&format!("#[expect({word}, reason = ")), "{path} needs its exception no more ({reason})");
    }
}

/// An exchange without signatures is measured, never run: who may name the two ways to it.
#[test]
fn only_the_benchmark_does_not_sign() {
    let ways = [["none_for_", "the_benchmark"].concat(), ["unsigned_for_", "the_benchmark"].concat()];
    let may = ["adapters/src/wsse/security.rs", "gateway/src/start/setup.rs", "tests/examples/bench_gateway.rs"];
    let found = findings(&texts(), |path, line| {
        let names = ways.iter().any(|way| line.contains(way)) && path.ends_with(".rs") && !may.contains(&path);
        names.then(|| "sends without a signature".to_owned())
    });
    assert_eq!(found, Vec::<String>::new());
}

fn is_test(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/")
}

/// Ways to a socket, a name or the environment that `.clippy.toml` must go on naming, by whose they are. What it cannot name
/// has other guards: `unsafe` is forbidden (`from_raw_fd`, libc), crates that are not linked are in [`NOT_LINKED`], and a
/// listening socket is no way out, so that tests may open theirs freely.
const BANNED: [(&str, &[&str]); 12] = [
    ("std::net::", &["TcpStream::connect", "TcpStream::connect_timeout", "UdpSocket::bind", "UdpSocket::connect"]),
    ("std::net::", &["UdpSocket::send_to", "ToSocketAddrs::to_socket_addrs"]),
    ("std::os::unix::net::", &["UnixStream::connect", "UnixDatagram::bind", "UnixDatagram::unbound"]),
    ("std::", &["env::var", "env::var_os", "env::vars", "time::SystemTime::now", "process::Command::new"]),
    ("tokio::net::", &["TcpStream::connect", "TcpSocket::new_v4", "TcpSocket::new_v6", "TcpSocket::connect"]),
    ("tokio::net::", &["UdpSocket::bind", "UdpSocket::connect", "UdpSocket::send_to", "lookup_host"]),
    ("tokio::net::", &["UnixStream::connect", "UnixDatagram::bind", "UnixDatagram::unbound"]),
    ("tonic::transport::", &["Endpoint::connect", "Endpoint::connect_lazy", "Channel::balance_list"]),
    ("tonic::transport::", &["Endpoint::connect_with_connector", "Endpoint::connect_with_connector_lazy"]),
    ("hyper_util::client::legacy::", &["connect::HttpConnector::new", "Builder::build_http"]),
    ("", &["socket2::Socket::new", "netlink_sys::Socket::new", "opentelemetry_otlp::SpanExporter::builder"]),
    ("", &["reqwest::get", "reqwest::Client::new", "reqwest::Client::builder", "tokio_postgres::Config::connect"]),
];

#[test]
fn the_ban_itself_stands() {
    let clippy = read(".clippy.toml");
    let all = BANNED.iter().flat_map(|(whose, paths)| paths.iter().map(move |path| format!("{whose}{path}")));
    let missing: Vec<String> = all.filter(|path| !clippy.contains(&format!("path = \"{path}\""))).collect();
    assert_eq!(missing, Vec::<String>::new());
}

/// Clients that cannot be given a connector, or open sockets by names of their own: no crate of the gateway links them.
const NOT_LINKED: [&str; 9] =
    ["reqwest", "ureq", "isahc", "curl", "attohttpc", "hyper-tls", "hyper-rustls", "hickory-resolver", "async-std"];

#[test]
fn a_client_with_sockets_of_its_own_is_not_linked() {
    let policy = ["gateway/policy", "gateway/policy/residency", "gateway/policy/papers"];
    for manifest in
        ["gateway", "gateway/tunnel", "gateway/prove", "gateway/journal", "gateway/vault", "adapters", "proto"]
            .into_iter()
            .chain(policy)
    {
        let manifest = format!("{manifest}/Cargo.toml");
        let table: toml::Table = toml::from_str(&read(&manifest)).unwrap();
        let linked = table.get("dependencies").and_then(toml::Value::as_table).unwrap();
        let wrong: Vec<&str> = NOT_LINKED.into_iter().filter(|name| linked.contains_key(*name)).collect();
        assert_eq!(wrong, Vec::<&str>::new(), "{manifest}");
    }
}
