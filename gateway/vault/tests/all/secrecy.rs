//! No personal datum and no key in the clear: in no file, no error, no `Debug`.

use qaqpa_vault::Vault;

use crate::fixture::{GUARDIAN, IIN, Place, consent, erasure, fill, hold, holds, now, request};

fn assert_clean(place: &Place, when: &str) {
    let bytes = place.bytes();
    let key = place.key.split_once(':').unwrap().1;
    for canary in ["canary", IIN, GUARDIAN, "restriction", "guardian", "2026-11", key, "v1:"] {
        assert!(!holds(&bytes, canary.as_bytes()), "`{canary}` {when}");
    }
}

#[tokio::test]
async fn no_canary_is_found_in_any_byte_of_any_file() {
    let place = Place::new();
    let (vault, _) = place.open();
    for n in 0..50 {
        fill(&vault, IIN, n).await;
        fill(&vault, GUARDIAN, 100 + n).await;
    }
    assert!(place.dir.path().join("vault.sqlite-wal").metadata().unwrap().len() > 0);
    assert!(!place.dir.path().join("vault.sqlite-shm").exists());
    assert_clean(&place, "while it is open");
    vault.destroy_consent_content("c-3", now()).await.unwrap();
    vault.delete_request("r-4").await.unwrap();
    assert_clean(&place, "after a destruction");
    vault.erase(GUARDIAN, erasure(1)).await.unwrap();
    assert_clean(&place, "after an erasure");
    vault.close();
    assert_clean(&place, "after closing");
    assert!(!place.dir.path().join("vault.sqlite-wal").exists());
    assert_eq!(place.open().1.consents.len(), 50, "they were there all the time");
}

#[tokio::test]
async fn nothing_shows_itself() {
    let place = Place::new();
    let (vault, _) = place.open();
    fill(&vault, IIN, 1).await;
    let subject = vault.subject(IIN, now()).await.unwrap();
    let other = vault.subject(GUARDIAN, now()).await.unwrap();
    let refused = [
        vault.put_consent(&other, consent(1)).await.unwrap_err(),
        vault.put_hold(&other, hold(1)).await.unwrap_err(),
        vault.put_request(&other, request(1)).await.unwrap_err(),
        Vault::open(place.options()).map(drop).unwrap_err(),
    ];
    vault.close();
    let (_, contents) = place.open();
    let shown = [
        format!("{subject:?} {:?} {vault:?} {:?}", subject.lookup(), place.options().key),
        format!("{contents:?} {:?} {:?} {:?}", contents.consents, contents.holds, contents.uses),
        format!("{:?} {:?} {:?} {:?}", consent(2), hold(2), request(2), erasure(2)),
        format!("{:?} {refused:?}", consent(2).kdp),
        refused.map(|error| error.to_string()).join(" "),
    ]
    .join(" ");
    for secret in ["canary", IIN, GUARDIAN, &place.key[20..30]] {
        assert!(!shown.contains(secret), "`{secret}` in {shown}");
    }
}
