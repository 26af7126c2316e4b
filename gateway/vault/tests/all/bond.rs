//! The bond: a name, a lane, and a counter that grows with whatever becomes of a person and never goes back.

use qaqpa_vault::Bond;
use rusqlite::Connection;

use crate::fixture::{IIN, Place, consent, erasure, hold, now, request};

const LANE: &str = "gw-1.example.kz/audit/2026+ab+cd";

#[tokio::test]
async fn what_becomes_of_a_person_counts_and_what_does_not_does_not() {
    let place = Place::new();
    let (vault, _) = place.open();
    assert_eq!(vault.bond().await.unwrap(), Bond::default());
    let bond = vault.bind(LANE, None, 6).await.unwrap();
    assert_eq!((bond.counter, vault.counter()), (7, 7));
    let name = bond.name.clone().unwrap();
    assert_eq!((name.len(), bond.lane.as_deref()), (32, Some(LANE)));
    let subject = vault.subject(IIN, now()).await.unwrap();
    vault.record_use(&subject, "avtomektep", "training", now()).await.unwrap();
    assert_eq!(vault.counter(), 7, "a new person and a use change nothing that was decided");
    vault.put_consent(&subject, consent(1)).await.unwrap();
    assert_eq!(vault.counter(), 8);
    vault.put_hold(&subject, hold(1)).await.unwrap();
    vault.put_request(&subject, request(1)).await.unwrap();
    assert!(vault.destroy_consent_content("c-1", now()).await.unwrap());
    assert_eq!(vault.counter(), 11);
    assert!(!vault.delete_hold("h-7").await.unwrap());
    assert_eq!(vault.counter(), 11, "there was none");
    vault.erase(IIN, erasure(1)).await.unwrap();
    assert_eq!(vault.counter(), 12);
    vault.close();
    let (vault, _) = place.open();
    assert_eq!(vault.counter(), 12);
    assert_eq!(vault.bond().await.unwrap(), Bond { counter: 12, ..bond });
    assert_eq!(vault.bind("another", None, 0).await.unwrap().name, Some(name), "it keeps its name");
    assert_eq!(vault.bind("another", Some("theirs".into()), 0).await.unwrap().name.as_deref(), Some("theirs"));
    assert_eq!(vault.counter(), 14);
}

/// The erased person is found by who holds an older copy, and by nobody else.
#[tokio::test]
async fn a_tombstone_bears_the_mark_that_an_older_copy_can_make() {
    let (place, older) = (Place::new(), Place::new());
    let (vault, _) = place.open();
    let subject = vault.subject(IIN, now()).await.unwrap();
    let lookup = subject.lookup();
    vault.close();
    std::fs::copy(place.file(), older.file()).unwrap();
    let (vault, _) = place.open();
    vault.erase(IIN, erasure(1)).await.unwrap();
    let tombstone = vault.tombstones().await.unwrap().remove(0);
    let mark = tombstone.mark.unwrap();
    assert_eq!(mark, subject.mark(&tombstone.id));
    let asked = vec![(tombstone.id.clone(), mark), ("other".to_owned(), mark)];
    assert_eq!(vault.bearers(asked.clone()).await.unwrap(), [None, None]);
    let (older, _) = qaqpa_vault::Vault::open(crate::fixture::options(&older.file(), &place.key)).unwrap();
    assert_eq!(older.bearers(asked).await.unwrap(), [Some(lookup), None]);
    assert!(older.erase_behind(lookup, erasure(1)).await.unwrap().found);
    assert!(older.known(IIN).await.unwrap().is_none());
}

/// Files of version 1: no table `bond`, tombstones without a mark.
#[tokio::test]
async fn a_vault_of_before_is_brought_up_to_date() {
    let place = Place::new();
    let (vault, _) = place.open();
    let subject = vault.subject(IIN, now()).await.unwrap();
    vault.put_consent(&subject, consent(1)).await.unwrap();
    vault.close();
    let file = Connection::open(place.file()).unwrap();
    file.execute_batch("DROP TABLE bond; PRAGMA user_version = 1").unwrap();
    drop(file);
    let (vault, contents) = place.open();
    assert_eq!((contents.consents.len(), vault.bond().await.unwrap()), (1, Bond::default()));
    assert_eq!(vault.bind(LANE, None, 0).await.unwrap().counter, 1);
    vault.close();
    assert_eq!(place.open().0.counter(), 1);
}

#[tokio::test]
async fn a_bond_that_was_written_by_another_hand_does_not_open() {
    let place = Place::new();
    let (vault, _) = place.open();
    vault.bind(LANE, None, 41).await.unwrap();
    vault.close();
    Connection::open(place.file()).unwrap().execute("UPDATE bond SET sealed = zeroblob(60)", []).unwrap();
    assert!(matches!(qaqpa_vault::Vault::open(place.options()).map(drop), Err(qaqpa_vault::Error::Sealed("bond"))));
}
