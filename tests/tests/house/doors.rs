//! One door outward, one clock, no environment. clippy refuses each of them everywhere (`.clippy.toml`); here stands who may
//! say `#[expect]`, so that a second door cannot be opened by a lint that is silenced on the side. Tests may: they are the other
//! end of every connection, and none of them is in a gateway.

use crate::tree::{findings, texts};

const MAY: [(&str, &str); 3] = [
    ("gateway/src/dial.rs", "it is the door: what connects is judged there first"),
    ("gateway/src/main.rs", "the one clock of the process is made there"),
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

fn is_test(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/")
}

/// Ways to a socket or a resolver that `.clippy.toml` must go on naming.
const BANNED: [&str; 9] = [
    "std::net::TcpStream::connect",
    "tokio::net::TcpStream::connect",
    "tokio::net::lookup_host",
    "std::net::UdpSocket::bind",
    "reqwest::Client::new",
    "reqwest::Client::builder",
    "tonic::transport::Endpoint::connect",
    "std::env::var",
    "std::time::SystemTime::now",
];

#[test]
fn the_ban_itself_stands() {
    let clippy = crate::tree::read(".clippy.toml");
    let missing: Vec<&str> =
        BANNED.into_iter().filter(|path| !clippy.contains(&format!("path = \"{path}\""))).collect();
    assert_eq!(missing, Vec::<&str>::new());
}
