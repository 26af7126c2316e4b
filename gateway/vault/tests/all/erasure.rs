//! Erasing is for good: for who copies the file, reads its free pages and its log, and has the vault key.

use jiff::SignedDuration;
use qaqpa_vault::Vault;
use rusqlite::Connection;

use crate::fixture::{GUARDIAN, IIN, Place, consent, erasure, fill, holds, iin, later, now, options, request};

/// What the file holds about the person whose row was made at `since`: sealed keys, and sealed records with the lookup.
struct Traces {
    keys: Vec<Vec<u8>>,
    sealed: Vec<Vec<u8>>,
}

impl Traces {
    /// Reads a closed vault as an attacker would.
    fn read(place: &Place, since: jiff::Timestamp) -> Self {
        let file = Connection::open(place.file()).unwrap();
        let all = |sql: &str| {
            let mut statement = file.prepare(sql).unwrap();
            let rows = statement.query_map([since.as_microsecond()], |row| row.get(0)).unwrap();
            rows.map(Result::unwrap).collect::<Vec<Vec<u8>>>()
        };
        let person = "(SELECT id FROM subject WHERE since = ?1)";
        let mut traces = Self { keys: Vec::new(), sealed: all("SELECT lookup FROM subject WHERE since = ?1") };
        traces.keys.extend(all(&format!("SELECT sealed FROM sealed_key WHERE id = {person}")));
        for table in ["consent", "consent_content", "hold", "request"] {
            let keys =
                format!("SELECT k.sealed FROM {table} t JOIN sealed_key k ON k.id = t.key WHERE subject = {person}");
            traces.keys.extend(all(&keys));
            traces.sealed.extend(all(&format!("SELECT sealed FROM {table} WHERE subject = {person}")));
        }
        traces.sealed.extend(all(&format!("SELECT sealed FROM last_use WHERE subject = {person}")));
        traces
    }

    fn found(&self, place: &Place) -> (usize, usize) {
        let bytes = place.bytes();
        let count = |traces: &[Vec<u8>]| traces.iter().filter(|trace| holds(&bytes, trace)).count();
        (count(&self.keys), count(&self.sealed))
    }
}

/// People so many that rows are moved between pages all the time; one of them is looked at.
async fn crowd(place: &Place, people: u32) -> jiff::Timestamp {
    let (vault, _) = place.open();
    let chosen = now() + SignedDuration::from_micros(i64::from(people / 2));
    for n in 0..people {
        let subject = vault.subject(&iin(n), now() + SignedDuration::from_micros(i64::from(n))).await.unwrap();
        // Scattered ids, so that rows land between others and pages split.
        let scattered = n.wrapping_mul(2_654_435_761);
        let consent = qaqpa_vault::ConsentRecord { id: format!("{scattered:08x}"), ..consent(n) };
        let request = qaqpa_vault::RequestRecord { id: format!("{scattered:08x}"), ..request(n) };
        let used = vault.record_use(&subject, "cpm", "training", now());
        let (put, asked, used) =
            tokio::join!(vault.put_consent(&subject, consent), vault.put_request(&subject, request), used);
        put.and(asked).and(used).unwrap();
    }
    vault.close();
    chosen
}

#[tokio::test]
async fn after_an_erasure_no_sealed_byte_and_no_key_is_left_in_the_files() {
    let place = Place::new();
    let chosen = crowd(&place, 400).await;
    let traces = Traces::read(&place, chosen);
    assert_eq!((traces.keys.len(), traces.sealed.len()), (4, 5));
    assert_eq!(traces.found(&place), (4, 5), "the search finds what is there");
    let (vault, _) = place.open();
    let erased = vault.erase(&iin(200), erasure(1)).await.unwrap();
    assert_eq!((erased.found, erased.consents, erased.requests), (true, 1, 1));
    assert_eq!(traces.found(&place), (0, 0), "while it is still open");
    vault.close();
    assert_eq!(traces.found(&place), (0, 0), "after closing");
    assert_eq!(place.open().1.consents.len(), 399);
}

#[tokio::test]
async fn a_copy_taken_after_the_erasure_opens_nothing_even_with_the_vault_key() {
    let place = Place::new();
    let (vault, _) = place.open();
    fill(&vault, IIN, 1).await;
    fill(&vault, GUARDIAN, 2).await;
    let mark = vault.subject(IIN, now()).await.unwrap().mark("txn-in-the-journal");
    vault.erase(IIN, erasure(1)).await.unwrap();
    // The vault is still open: what stands on the disk now is all that a thief gets.
    let stolen = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(place.dir.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), stolen.path().join(file.file_name())).unwrap();
    }
    let (thief, contents) = Vault::open(options(&stolen.path().join("vault.sqlite"), &place.key)).unwrap();
    assert!(thief.known(IIN).await.unwrap().is_none());
    let of_the_erased = |lookup| lookup == thief.lookup(IIN);
    assert_eq!(contents.consents.len(), 1);
    assert!(!contents.consents.iter().any(|(lookup, _)| of_the_erased(*lookup)));
    assert!(!contents.holds.iter().any(|(lookup, _)| of_the_erased(*lookup)));
    assert!(!contents.uses.iter().any(|(lookup, _)| of_the_erased(*lookup)));
    assert_ne!(thief.subject(IIN, now()).await.unwrap().mark("txn-in-the-journal"), mark);
}

#[tokio::test]
async fn a_destroyed_content_leaves_no_key_and_no_sealed_byte_either() {
    let place = Place::new();
    let (vault, _) = place.open();
    let subject = vault.subject(IIN, now()).await.unwrap();
    for n in 0..40 {
        vault.put_consent(&subject, consent(n)).await.unwrap();
    }
    vault.close();
    let content = {
        let file = Connection::open(place.file()).unwrap();
        let sql =
            "SELECT k.sealed, c.sealed FROM consent_content c JOIN sealed_key k ON k.id = c.key WHERE c.id = 'c-20'";
        file.query_row(sql, [], |row| <(Vec<u8>, Vec<u8>)>::try_from(row)).unwrap()
    };
    let traces = Traces { keys: vec![content.0], sealed: vec![content.1] };
    assert_eq!(traces.found(&place), (1, 1));
    let (vault, _) = place.open();
    vault.destroy_consent_content("c-20", later(1)).await.unwrap();
    assert_eq!(traces.found(&place).0, 0, "the key at once");
    vault.scrub().await.unwrap();
    assert_eq!(traces.found(&place), (0, 0));
    vault.close();
}

/// Above 8 MiB the file is not rewritten at each erasure: keys are gone at once all the same, sealed bytes after `scrub`.
#[tokio::test]
async fn in_a_large_vault_keys_go_at_once_and_the_rest_with_the_next_scrubbing() {
    let place = Place::new();
    let chosen = crowd(&place, 400).await;
    let (vault, _) = place.open();
    let ballast = vault.subject(GUARDIAN, now() - SignedDuration::from_hours(1)).await.unwrap();
    for n in 0..10 {
        let detail = "x".repeat(1 << 20);
        vault.put_request(&ballast, qaqpa_vault::RequestRecord { detail, ..request(10_000 + n) }).await.unwrap();
    }
    vault.close();
    let traces = Traces::read(&place, chosen);
    let (vault, _) = place.open();
    assert_eq!(traces.found(&place).0, 4);
    vault.erase(&iin(200), erasure(1)).await.unwrap();
    assert_eq!(traces.found(&place).0, 0, "no key, although the file was not rewritten");
    vault.scrub().await.unwrap();
    assert_eq!(traces.found(&place), (0, 0));
    vault.scrub().await.unwrap();
    vault.close();
    assert_eq!(place.open().1.consents.len(), 399);
}
