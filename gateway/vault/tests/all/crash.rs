//! Killed in the middle of writing, or refused by the disk: what was answered is there, and what was not said to be, does no harm.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use qaqpa_vault::Vault;

use crate::fixture::{Place, consent, erasure, iin, now, options};

/// What the child says before each line that counts.
const SAYS: &str = "answered:";
/// In the current folder, it holds the key and makes [`child`] one.
const ORDER: &str = "child-of-the-crash-test";

/// Writes until it is killed or refused; says each person and each erasure that was answered. Does nothing in an ordinary run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child() {
    let Ok(key) = std::fs::read_to_string(ORDER) else { return };
    let (vault, _) = Vault::open(options(Path::new("vault.sqlite"), &key)).unwrap();
    let start = vault.tombstones().await.unwrap().len() as u32 * 1_000;
    let tasks: Vec<_> = (0..8).map(|task| tokio::spawn(write(vault.clone(), start + task * 100_000))).collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert!(vault.health().is_err());
    assert!(vault.subject(&iin(0), now()).await.is_err(), "a vault that cannot write answers nobody");
    say("refused", 0);
}

/// Ends when the vault refuses.
async fn write(vault: Vault, start: u32) {
    for n in start.. {
        let Ok(subject) = vault.subject(&iin(n), now()).await else { return };
        let Ok(()) = vault.put_consent(&subject, consent(n)).await else { return };
        say("consent", n);
        // As a line of the lane would bear it: a vault that counts less after the crash would be taken for an older copy.
        say("counter", vault.counter() as u32);
        if n % 16 == 15 {
            let Ok(erased) = vault.erase(&iin(n), erasure(n)).await else { return };
            assert!(erased.found);
            say("erased", n);
        }
    }
}

fn say(what: &str, n: u32) {
    writeln!(std::io::stdout().lock(), "{SAYS}{what}:{n}").unwrap();
}

fn order(place: &Place, command: &mut Command) -> std::process::Child {
    std::fs::write(place.dir.path().join(ORDER), &place.key).unwrap();
    command.args(["--exact", "crash::child", "--nocapture"]).current_dir(place.dir.path());
    command.stdout(Stdio::piped()).stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[derive(Default)]
struct Answered {
    consents: BTreeSet<u32>,
    erased: BTreeSet<u32>,
    counter: u64,
    refused: bool,
}

impl Answered {
    fn note(&mut self, line: &str) {
        // The test harness may have begun the line.
        let Some((_, line)) = line.split_once(SAYS) else { return };
        let (what, n) = line.split_once(':').unwrap();
        let n = n.parse().unwrap();
        match what {
            "consent" => drop(self.consents.insert(n)),
            "erased" => drop(self.erased.insert(n)),
            "counter" => self.counter = self.counter.max(n.into()),
            _ => self.refused = true,
        }
    }

    async fn check(&self, place: &Place) {
        let (vault, contents) = place.open();
        let found: BTreeSet<_> =
            contents.consents.iter().map(|(lookup, record)| (*lookup, record.id.clone())).collect();
        assert_eq!(found.len(), contents.consents.len());
        for n in self.consents.iter().filter(|n| **n % 16 != 15) {
            assert!(
                found.contains(&(vault.lookup(&iin(*n)), format!("c-{n}"))),
                "consent {n} was answered and is lost"
            );
        }
        for n in &self.erased {
            assert!(vault.known(&iin(*n)).await.unwrap().is_none(), "{n} was erased and is there");
        }
        assert!(vault.tombstones().await.unwrap().len() >= self.erased.len());
        assert!(vault.counter() >= self.counter, "{} < {}", vault.counter(), self.counter);
        vault.close();
    }
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the process that is killed is this test itself")]
async fn killed_at_any_moment_it_has_all_that_it_answered() {
    let place = Place::new();
    let mut answered = Answered::default();
    for round in 0..8 {
        let mut child = order(&place, &mut Command::new(std::env::current_exe().unwrap()));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in lines.by_ref().take(40 + round * 74) {
            answered.note(&line.unwrap());
        }
        child.kill().unwrap();
        // What it said before the signal counts as well.
        lines.map_while(Result::ok).for_each(|line| answered.note(&line));
        child.wait().unwrap();
        answered.check(&place).await;
    }
    assert!(answered.consents.len() > 500 && answered.erased.len() > 10);
}

/// The system refuses to let a file grow beyond two megabytes: an error of writing, in the middle of everything.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the process that is killed is this test itself")]
async fn when_the_disk_refuses_it_stops_and_has_all_that_it_answered() {
    let place = Place::new();
    let exe = std::env::current_exe().unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 4096; exec \"$0\" \"$@\""]).arg(exe);
    let mut child = order(&place, &mut shell);
    let mut answered = Answered::default();
    BufReader::new(child.stdout.take().unwrap()).lines().for_each(|line| answered.note(&line.unwrap()));
    child.wait().unwrap();
    assert!(answered.refused, "it must have stopped by itself");
    assert!(answered.consents.len() > 50, "{}", answered.consents.len());
    answered.check(&place).await;
}
