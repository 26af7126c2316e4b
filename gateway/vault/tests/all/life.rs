//! What is kept: everything, exactly, for the right person, across openings.

use qaqpa_vault::{Erased, Error, UseRecord};

use crate::fixture::{GUARDIAN, IIN, Place, consent, destroyed, erasure, fill, hold, later, now, request, withdrawn};

#[tokio::test]
async fn what_was_stored_comes_back_after_reopening() {
    let place = Place::new();
    let (vault, contents) = place.open();
    assert_eq!(format!("{contents:?}"), "Contents(0 consents, 0 holds, 0 uses)");
    for n in 0..5 {
        fill(&vault, IIN, n).await;
    }
    fill(&vault, GUARDIAN, 5).await;
    let (subject, other) = (vault.lookup(IIN), vault.lookup(GUARDIAN));
    let mark = vault.subject(IIN, now()).await.unwrap().mark("txn");
    drop(vault);
    let (vault, contents) = place.open();
    let whose = |n| if n == 5 { other } else { subject };
    assert_eq!(contents.consents, (0..6).map(|n| (whose(n), withdrawn(n))).collect::<Vec<_>>());
    assert_eq!(contents.holds, (0..6).map(|n| (whose(n), hold(n))).collect::<Vec<_>>());
    let words = |n| (format!("canary-use-operator-{n}"), format!("canary-use-purpose-{n}"));
    let uses = (0..6).map(|n| (whose(n), UseRecord { operator: words(n).0, purpose: words(n).1, at: now() }));
    assert_eq!(contents.uses, uses.collect::<Vec<_>>());
    let known = vault.known(IIN).await.unwrap().unwrap();
    assert_eq!((known.lookup(), known.mark("txn")), (subject, mark));
    assert_eq!(vault.requests(&known).await.unwrap(), (0..5).map(request).collect::<Vec<_>>());
}

#[tokio::test]
async fn who_was_never_seen_is_not_made_by_looking() {
    let place = Place::new();
    let (vault, _) = place.open();
    assert!(vault.known(IIN).await.unwrap().is_none());
    assert!(vault.known(IIN).await.unwrap().is_none());
    assert!(!vault.erase(IIN, erasure(0)).await.unwrap().found);
    assert!(vault.tombstones().await.unwrap().is_empty());
    let first = vault.subject(IIN, now()).await.unwrap();
    let second = vault.subject(IIN, later(1)).await.unwrap();
    let other = vault.subject(GUARDIAN, now()).await.unwrap();
    assert_eq!(first.mark("t"), second.mark("t"));
    assert_ne!(first.mark("t"), first.mark("u"));
    assert_ne!(first.mark("t"), other.mark("t"));
    assert_ne!(vault.derive("pseudonyms"), vault.derive("other"));
}

#[tokio::test]
async fn a_record_is_replaced_by_its_id_and_only_by_its_own_person() {
    let place = Place::new();
    let (vault, _) = place.open();
    let subject = vault.subject(IIN, now()).await.unwrap();
    let other = vault.subject(GUARDIAN, now()).await.unwrap();
    vault.put_consent(&subject, consent(1)).await.unwrap();
    vault.put_consent(&subject, withdrawn(1)).await.unwrap();
    vault.put_hold(&subject, hold(1)).await.unwrap();
    vault.put_request(&subject, request(1)).await.unwrap();
    assert!(matches!(vault.put_consent(&other, consent(1)).await, Err(Error::Taken("consent"))));
    assert!(matches!(vault.put_hold(&other, hold(1)).await, Err(Error::Taken("hold"))));
    assert!(matches!(vault.put_request(&other, request(1)).await, Err(Error::Taken("request"))));
    drop(vault);
    let (vault, contents) = place.open();
    assert_eq!(contents.consents, [(subject.lookup(), withdrawn(1))]);
    assert!(vault.delete_hold("h-1").await.unwrap() && !vault.delete_hold("h-1").await.unwrap());
    assert!(vault.delete_request("r-1").await.unwrap() && !vault.delete_request("r-1").await.unwrap());
    assert!(vault.delete_consent("c-1").await.unwrap() && !vault.delete_consent("c-1").await.unwrap());
    vault.put_consent(&other, consent(1)).await.unwrap();
    drop(vault);
    assert_eq!(format!("{:?}", place.open().1), "Contents(1 consents, 0 holds, 0 uses)");
}

#[tokio::test]
async fn a_destroyed_content_stays_destroyed() {
    let place = Place::new();
    let (vault, _) = place.open();
    let subject = vault.subject(IIN, now()).await.unwrap();
    vault.put_consent(&subject, consent(1)).await.unwrap();
    assert!(vault.destroy_consent_content("c-1", later(3)).await.unwrap());
    assert!(!vault.destroy_consent_content("c-1", later(4)).await.unwrap());
    assert!(!vault.destroy_consent_content("c-2", later(4)).await.unwrap());
    // Somebody who still holds the older copy notes the withdrawal.
    vault.put_consent(&subject, withdrawn(1)).await.unwrap();
    drop(vault);
    let (_, contents) = place.open();
    assert_eq!(contents.consents, [(subject.lookup(), destroyed(withdrawn(1), later(3)))]);
}

#[tokio::test]
async fn of_several_uses_the_last_is_kept_and_old_ones_are_destroyed() {
    let place = Place::new();
    let (vault, _) = place.open();
    let subject = vault.subject(IIN, now()).await.unwrap();
    for (purpose, day) in [("a", 1), ("a", 3), ("a", 2), ("b", 5), ("c", 9)] {
        vault.record_use(&subject, "cpm", purpose, later(day)).await.unwrap();
    }
    assert_eq!(vault.delete_uses_before(later(3)).await.unwrap(), 0);
    assert_eq!(vault.delete_uses_before(later(4)).await.unwrap(), 1);
    drop(vault);
    let uses = place.open().1.uses;
    let uses: Vec<_> = uses.into_iter().map(|(_, used)| (used.purpose, used.at)).collect();
    assert_eq!(uses, [("b".to_owned(), later(5)), ("c".to_owned(), later(9))]);
}

#[tokio::test]
async fn an_erased_person_comes_again_as_somebody_new() {
    let place = Place::new();
    let (vault, _) = place.open();
    fill(&vault, IIN, 1).await;
    fill(&vault, GUARDIAN, 2).await;
    let before = vault.subject(IIN, now()).await.unwrap();
    let erased = vault.erase(IIN, erasure(1)).await.unwrap();
    assert_eq!(erased, Erased { found: true, consents: 1, holds: 1, requests: 1 });
    assert_eq!(vault.erase(IIN, erasure(2)).await.unwrap(), Erased::default());
    assert!(vault.known(IIN).await.unwrap().is_none());
    for refused in [
        vault.put_consent(&before, consent(9)).await,
        vault.put_hold(&before, hold(9)).await,
        vault.put_request(&before, request(9)).await,
        vault.record_use(&before, "cpm", "a", now()).await,
        vault.requests(&before).await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::Erased)), "{refused:?}");
    }
    let again = vault.subject(IIN, now()).await.unwrap();
    assert_eq!(again.lookup(), before.lookup());
    assert_ne!(again.mark("txn"), before.mark("txn"));
    assert!(matches!(vault.put_hold(&before, hold(9)).await, Err(Error::Erased)), "the old handle stays dead");
    assert!(matches!(vault.erase(IIN, erasure(1)).await, Err(Error::Taken("tombstone"))));
    let left: Vec<_> = vault.tombstones().await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].id.as_str(), left[0].at, left[0].erased), ("e-1", later(5), erased));
    assert_eq!(left[0].basis, erasure(1).basis);
    drop(vault);
    let (_, contents) = place.open();
    assert_eq!(format!("{contents:?}"), "Contents(1 consents, 1 holds, 1 uses)");
}

#[tokio::test]
async fn a_closed_vault_answers_nobody() {
    let place = Place::new();
    let (vault, _) = place.open();
    let subject = vault.subject(IIN, now()).await.unwrap();
    vault.close();
    vault.close();
    assert!(matches!(vault.subject(IIN, now()).await, Err(Error::Closed)), "not from the cache either");
    assert!(matches!(vault.put_hold(&subject, hold(1)).await, Err(Error::Closed)));
    assert!(matches!(vault.health(), Err(Error::Closed)));
    assert!(place.open().0.health().is_ok());
}
