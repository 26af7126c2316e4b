//! A process that is out of file descriptors: the lane goes on into the segment that was opened beforehand.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use qaqpa_journal::{Condition, Error, Journal};

use crate::fixture::{exchange, large, open, options, until};

/// In the current folder, it makes [`child`] one.
const ORDER: &str = "child-of-the-descriptor-test";

/// Takes every descriptor that its process may have, and writes. Does nothing in an ordinary run.
#[tokio::test]
async fn child() {
    if !Path::new(ORDER).exists() {
        return;
    }
    let journal = open(Path::new("lane"));
    let mut taken: Vec<File> = all_that_are_left();
    assert!(taken.len() > 10, "{}", taken.len());
    let (mut written, mut refused) = (0, 0);
    // A segment that is full gives its descriptors back; now the keeper gets them for the next spare, now this thread does.
    while written < 400 && refused < 200 {
        match journal.append(large(8_000)).await {
            Ok(_) => written += 1,
            Err(Error::NoRoom) => {
                refused += 1;
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            Err(error) => panic!("after {written}: {error}"),
        }
        taken.extend(all_that_are_left());
    }
    // More than the segment of 256 KiB that was open when the descriptors ran out.
    assert!(written > 40, "{written}");
    assert_eq!(journal.health().condition, Condition::Serving, "nothing is broken");
    drop(taken);
    until(|| journal.reserve().is_ok()).await;
    exchange(&journal, "after").await;
    journal.close();
    std::fs::write("went-well", "").unwrap();
}

fn all_that_are_left() -> Vec<File> {
    std::iter::from_fn(|| File::open("/dev/null").ok()).collect()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the process with few descriptors is this test itself")]
fn out_of_descriptors_it_changes_segments_and_recovers() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(ORDER), "").unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""]).arg(std::env::current_exe().unwrap());
    shell.args(["--exact", "descriptors::child", "--nocapture"]).current_dir(dir.path()).stdin(Stdio::null());
    let ran = shell.output().unwrap();
    assert!(dir.path().join("went-well").exists(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(Journal::open(options(&dir.path().join("lane"))).is_ok());
}
