//! The whole gateway, as `qaqpa serve` starts it: contracts, health, reflection and metrics stand behind one doorstep, and
//! strangers leave one line a second in the journal, without their addresses.

use std::path::Path;
use std::time::Duration;

use qaqpa_certs_dev::DevPki;

use super::caller::{call, client, connect, now, tls_as};
use super::*;
use crate::blueprint::Blueprint;
use crate::command;
use crate::config::Config;
use crate::development::{self, Layout};
use crate::gateway::Surroundings;

/// A development environment whose laptop is 127.0.0.1 alone.
fn lay_out(directory: &Path) -> DevPki {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let layout =
        Layout { directory: directory.to_owned(), listen: nowhere, shep: SocketAddr::from(([127, 0, 0, 1], 1)) };
    let pki = development::lay_out(&layout, &Clock::new(now)).unwrap();
    let file = directory.join("gateway.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let (before, after) = text.split_once("[peers.laptop]\n").unwrap();
    let networks = "[peers.laptop]\nnetworks = [\"127.0.0.1/32\"]\n";
    std::fs::write(&file, [before, networks, after].concat()).unwrap();
    pki
}

fn journal(directory: &Path, found: &mut String) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            journal(&path, found);
        } else {
            found.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
        }
    }
}

#[tokio::test]
async fn everything_served_is_behind_the_doorstep_and_strangers_are_counted() {
    const STRANGERS: usize = 30;
    let directory = tempfile::tempdir().unwrap();
    let pki = lay_out(directory.path());
    let surroundings = Surroundings { clock: Clock::new(now), resolver: None };
    let (config, source) = Config::read(&directory.path().join("gateway.toml")).unwrap();
    let blueprint = Blueprint::draw(&config, &source, &surroundings).unwrap();
    let running = command::start(&config, &source, blueprint, &surroundings).await.unwrap();
    let officer = client(&pki.clients.officer, &directory.path().join("pki/ca.pem"));
    let call_from = async |from: &str, path: &str| {
        let stream = connect(from, running.address).await?;
        call(&mut tls_as(&officer, stream).await?, path, "").await
    };

    for path in
        ["/metrics", "/grpc.health.v1.Health/Check", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"]
    {
        for _ in 0..STRANGERS / 3 {
            assert!(call_from("127.0.0.2", path).await.is_err(), "{path}");
        }
    }
    tokio::time::sleep(Duration::from_millis(2_500)).await; // counts become lines once a second
    let metrics = call_from("127.0.0.1", "/metrics").await.unwrap();
    let refused = metrics.lines().find(|line| line.starts_with("qaqpa_inbound_refused")).unwrap();
    assert!(
        refused.contains("code=\"residency.not_declared\"") && refused.ends_with(&format!(" {STRANGERS}")),
        "{refused}"
    );
    assert!(!metrics.contains("127.0.0.2"));

    running.stop().await;
    let mut lines = String::new();
    journal(&directory.path().join("journal"), &mut lines);
    let written = lines.matches("\"code\":\"residency.not_declared\"").count();
    assert!((1..=4).contains(&written), "{written} lines for {STRANGERS} strangers");
    assert!(!lines.contains("127.0.0.2"));
}
