//! What HTTP says of addresses is read nowhere in the house, and nothing is accepted but by the one listener.

use std::path::{Path, PathBuf};

/// Rust that runs in a gateway: neither tests nor the mock government.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !["target", "tests", "mock", "examples"].contains(&name.as_str()) && !name.starts_with('.')
        {
            sources(&path, found);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(path);
        }
    }
}

fn naming(words: &[&str]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    sources(root, &mut files);
    assert!(files.len() > 100, "the house is not found");
    let named = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap().to_lowercase();
        words.iter().any(|word| text.contains(word))
    };
    let mut found: Vec<String> = files
        .iter()
        .filter(|path| named(path))
        .map(|path| path.strip_prefix(root).unwrap().display().to_string())
        .collect();
    found.sort();
    found
}

#[test]
fn nobody_reads_what_http_says_of_addresses() {
    let words = [
        "x-forwarded",
        "x_forwarded",
        "\"forwarded\"",
        "header::forwarded",
        "x-real-ip",
        "x_real_ip",
        "true-client-ip",
        "cf-connecting-ip",
        "x-client-ip",
    ];
    assert_eq!(naming(&words), [""; 0]);
}

#[test]
fn there_is_one_listener_and_it_asks_the_peer_filter() {
    // `residency prove` listens to whatever may arrive where nothing should; it serves nobody and runs in no gateway.
    let not_a_proof = |path: &String| !path.starts_with("gateway/prove/");
    let mut binding = naming(&["tcplistener::bind", "unixlistener::bind", "serve_with_incoming"]);
    binding.retain(not_a_proof);
    // The demo binds only to find a free port, and the check to see whether the address can be had; both accept nobody.
    let accept_nobody = ["gateway/command/src/demo/world.rs", "gateway/src/start/setup.rs"];
    binding.retain(|path| !accept_nobody.contains(&path.as_str()));
    assert_eq!(binding, ["gateway/src/listen.rs"]);
    let mut accepting = naming(&[".accept().await", ".accept() =>"]);
    accepting.retain(not_a_proof);
    assert_eq!(accepting, ["gateway/src/listen.rs"]);
    let listener = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/listen.rs")).unwrap();
    assert_eq!(listener.matches(".accept()").count(), 1);
    assert_eq!(listener.matches("self.filter.admit(").count(), 1);
}
