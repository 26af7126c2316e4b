//! A vault that is missing, another's, or an older copy beside its lane: the gateway does not start, says which command repairs it,
//! and after `vault restore` what the lane says of persons holds again.

use std::path::{Path, PathBuf};

use qaqpa_gateway::start::restore::restore;
use qaqpa_proto::consent::v1::Form;
use qaqpa_tests::people::{GET_SCHOOL, REPORTING, STATE_EXCHANGE};
use qaqpa_tests::{World, code, people};

use crate::rights::{self, OFFICER, SCHOOL, person};

/// A world that is stopped, and how it is started again.
struct Stopped {
    next: World,
    journal: PathBuf,
    vault: PathBuf,
    config: qaqpa_gateway::start::config::Config,
}

impl Stopped {
    async fn after(world: World) -> Self {
        let next = world.beside(&rights::callers()).await;
        let (journal, vault, config) =
            (world.journal().to_owned(), world.config.vault.file.clone(), world.config.clone());
        world.running.stop().await;
        Self { next, journal, vault, config }
    }

    async fn start(&self) -> Result<World, String> {
        let overlay = "[journal]\ndirectory = \"journal-0\"\n[vault]\nfile = \"vault-0/vault.sqlite\"\n";
        self.next.try_beside(&[rights::callers(), overlay.to_owned()].concat()).await
    }

    async fn refused(&self, row: &str) -> String {
        let before = records(&self.journal);
        let refused = self.start().await.map(drop).unwrap_err();
        assert!(refused.contains("qaqpa vault restore"), "{row}: {refused}");
        assert_eq!(records(&self.journal), before, "{row}: nothing was written to the lane");
        refused
    }

    async fn restore(&self, new: bool) -> Result<qaqpa_gateway::persons::restore::Restored, String> {
        restore(&self.config, new, &self.next.site.environment()).await.map_err(|error| error.to_string())
    }
}

fn records(journal: &Path) -> usize {
    qaqpa_journal::lines(journal).unwrap().count()
}

/// Copies the files of a running vault that nobody writes to just now.
fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_copy_is_refused_and_made_as_new_as_the_lane() {
    let world = rights::world("").await;
    let (withdrawn, held, erased, kept) = (person(84), person(86), person(88), person(90));
    let consent = rights::give(&world, SCHOOL, &[REPORTING], &withdrawn, Form::Written).await;
    for iin in [&held, &erased, &kept] {
        rights::give(&world, SCHOOL, &[REPORTING], iin, Form::Written).await;
    }
    let folder = world.config.vault.file.parent().unwrap().to_owned();
    let backup = world.site.file("vault-backup");
    copy(&folder, &backup);
    let (school, officer) = (world.caller(SCHOOL), world.caller(OFFICER));
    rights::withdraw(&school, &consent).await.unwrap();
    rights::restrict(&officer, &held, "").await.unwrap();
    rights::erase(&officer, &erased).await.unwrap();
    // Known first after the copy was made: nobody can apply this to that copy.
    let later = person(92);
    rights::give(&world, SCHOOL, &[REPORTING], &later, Form::Written).await;
    let unknown = rights::restrict(&officer, &later, "").await.unwrap().hold.unwrap().id;
    let stopped = Stopped::after(world).await;
    copy(&backup, &folder);
    assert!(stopped.refused("an older copy").await.contains("older copy"));
    let restored = stopped.restore(false).await.unwrap();
    assert_eq!((restored.withdrawn, restored.held, restored.erased), (1, 1, 1), "{restored:?}");
    assert_eq!((restored.unknown_holds, restored.unknown_erasures), (vec![unknown], vec![]));
    assert_eq!(restored.unknown_consents.len(), 1);
    let again = stopped.start().await.unwrap();
    let school = again.caller(SCHOOL);
    for (row, wanted, iin) in [
        ("withdrawn", "consent.withdrawn", &withdrawn),
        ("restricted", "subject.restricted", &held),
        ("erased", "consent.missing", &erased),
        ("not given to this copy", "consent.missing", &later),
        ("as before", "answered", &kept),
    ] {
        assert_eq!(code(&rights::status(&school, REPORTING, iin).await), wanted, "{row}");
    }
    let lines = again.records().await;
    let said: Vec<_> = lines.iter().filter(|line| line["event"] == "vault_restored").collect();
    assert_eq!(said.len(), 1);
    assert_eq!((&said[0]["facts"]["withdrawn"], &said[0]["facts"]["unknown_holds"]), (&"1".into(), &"1".into()));
    let text = serde_json::to_string(&lines).unwrap();
    assert!([&withdrawn, &held, &erased, &later].iter().all(|iin| !text.contains(*iin)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_vault_is_made_anew_on_demand_alone() {
    let world = rights::world("").await;
    let iin = person(94);
    let hold = rights::restrict(&world.caller(OFFICER), &iin, "").await.unwrap().hold.unwrap().id;
    let stopped = Stopped::after(world).await;
    std::fs::remove_file(&stopped.vault).unwrap();
    assert!(stopped.refused("no vault").await.contains("is not there"));
    assert!(!stopped.vault.exists(), "none was made");
    assert!(stopped.restore(false).await.unwrap_err().contains("is not there"));
    let restored = stopped.restore(true).await.unwrap();
    assert_eq!(restored.unknown_holds, [hold]);
    assert!(stopped.restore(true).await.unwrap_err().contains("move it away"));
    let again = stopped.start().await.unwrap();
    let school = again.caller(SCHOOL);
    let answered = school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into()).await;
    assert_eq!(code(&answered), "answered");
    again.running.stop().await;
    stopped.start().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_lane_s_vault_is_refused_and_not_taken_for_this_one() {
    let world = rights::world("").await;
    rights::give(&world, SCHOOL, &[REPORTING], &person(96), Form::Written).await;
    let stopped = Stopped::after(world).await;
    let other = stopped.next.config.vault.file.parent().unwrap();
    copy(other, stopped.vault.parent().unwrap());
    let refused = stopped.refused("another's").await;
    assert!(refused.contains("not the one"), "{refused}");
    assert!(stopped.restore(false).await.unwrap_err().contains("not the one"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_start_names_the_vault_and_counts_on() {
    let world = rights::world("").await;
    let iin = person(98);
    rights::give(&world, SCHOOL, &[REPORTING], &iin, Form::Written).await;
    let start = |lines: Vec<serde_json::Value>| {
        lines.into_iter().filter(|line| line["event"] == "start").map(|line| line["facts"].clone()).collect::<Vec<_>>()
    };
    let first = start(world.records().await);
    let stopped = Stopped::after(world).await;
    let again = stopped.start().await.unwrap();
    assert_eq!(code(&rights::status(&again.caller(SCHOOL), REPORTING, &iin).await), "answered");
    let facts = start(again.records().await);
    assert_eq!(facts[0], first[0]);
    assert_eq!(facts[0]["vault"], facts[1]["vault"], "one vault");
    let counter = |facts: &serde_json::Value| facts["vault_counter"].as_str().unwrap().parse::<u64>().unwrap();
    assert!(counter(&facts[0]) < counter(&facts[1]), "{facts:?}");
}
