//! The whole gateway, as `qaqpa serve` starts it: contracts, health, reflection and metrics stand behind one listener that
//! judges peers first, and strangers leave one line a second in the journal, without their addresses.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use qaqpa_tests::World;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpSocket;

const STRANGERS: usize = 30;

/// Connects from an address that no rule lists, and counts the bytes that come before the end.
#[expect(clippy::disallowed_methods, reason = "the other end of the listener")]
async fn knock(to: SocketAddr) -> usize {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 2], 0))).unwrap();
    let Ok(mut stream) = socket.connect(to).await else { return 0 };
    let mut came = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut came)).await.unwrap();
    came.len()
}

fn everything_under(directory: &Path, found: &mut String) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            everything_under(&path, found);
        } else {
            found.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_get_no_byte_and_are_counted_without_their_addresses() {
    let world = World::with("[peers.laptop]\nnetworks = [\"127.0.0.1/32\"]").await;
    for _ in 0..STRANGERS {
        assert_eq!(knock(world.running.address).await, 0);
    }
    tokio::time::sleep(Duration::from_millis(2_500)).await; // counts become lines once a second
    let (_, metrics) = world.caller("clients/auditor").get("/metrics").await;
    let refused = metrics.lines().find(|line| line.starts_with("qaqpa_inbound_refused")).unwrap();
    assert!(
        refused.contains("code=\"residency.not_declared\"") && refused.ends_with(&format!(" {STRANGERS}")),
        "{refused}"
    );
    assert!(!metrics.contains("127.0.0.2"));

    let journal = world.journal().to_owned();
    world.running.stop().await;
    let mut lines = String::new();
    everything_under(&journal, &mut lines);
    let written = lines.matches("\"code\":\"residency.not_declared\"").count();
    assert!((1..=4).contains(&written), "{written} lines for {STRANGERS} strangers");
    assert!(!lines.contains("127.0.0.2"));
}
