//! Watching: what happened is told once, in order, to whom it concerns; also across a restart.

use qaqpa_proto::consent::v1::{EventKind, GiveRequest, WatchResponse};
use tokio::sync::mpsc;

use super::{OPERATOR_BIN, OTHER, SCHOOL_BIN, Trial, days, everything, moment, person, reach, written};
use crate::persons::reach::Reach;
use crate::persons::watch::Watcher;
use crate::refusal::NotDone;

fn watch(trial: &Trial, reach: Reach, since: Option<&str>) -> mpsc::Receiver<Result<WatchResponse, NotDone>> {
    let mut watcher = Watcher::new(trial.ledger().clone(), reach, since.map(moment));
    let (to, events) = mpsc::channel(64);
    tokio::spawn(async move {
        while let Some(page) = watcher.page() {
            for event in page {
                to.send(Ok(event.response())).await.unwrap();
            }
        }
        watcher.run(to).await;
    });
    events
}

async fn next(events: &mut mpsc::Receiver<Result<WatchResponse, NotDone>>) -> EventKind {
    events.recv().await.unwrap().unwrap().event()
}

#[tokio::test]
async fn the_past_is_told_first_and_then_what_happens() {
    use EventKind::{Destroyed, Expired, Given, Withdrawn};
    let trial = Trial::start();
    let id = trial.give(GiveRequest { end: days(3), ..written("r-1") }).await.ok().unwrap().record.id.clone();
    let trial = trial.restarted();
    let mut events = watch(&trial, everything(), Some("2026-01-01T00:00:00Z"));
    let first = events.recv().await.unwrap().unwrap();
    assert_eq!(
        (first.id.as_str(), first.event(), first.at.unwrap().to_string()),
        (id.as_str(), Given, "2026-02-13T13:30:00Z".to_owned())
    );
    trial.give(GiveRequest { iin: OTHER.into(), ..written("r-2") }).await.ok().unwrap();
    assert_eq!(next(&mut events).await, Given);
    let withdrawn = trial.withdraw(person(OTHER), &everything()).await.ok().unwrap();
    assert_eq!(next(&mut events).await, Withdrawn);
    trial.ledger().destroy(&withdrawn.records[0].id, "retention").await.unwrap();
    assert_eq!(next(&mut events).await, Destroyed);
    trial.turn_to("2026-02-16T09:00:01+05:00");
    let expired = events.recv().await.unwrap().unwrap();
    assert_eq!((expired.id, expired.at.unwrap().to_string()), (id, "2026-02-16T04:00:00Z".to_owned()));
    let mut later = watch(&trial, everything(), Some("2026-01-01T00:00:00Z"));
    for wanted in [Given, Given, Withdrawn, Destroyed, Expired] {
        assert_eq!(next(&mut later).await, wanted, "all of it again, in order");
    }
}

#[tokio::test]
async fn each_hears_its_own_and_all_hear_the_end() {
    let trial = Trial::start();
    let mut school = watch(&trial, reach("specimen", &[SCHOOL_BIN]), None);
    let mut stranger = watch(&trial, reach("avtomektep", &[SCHOOL_BIN]), None);
    trial.give_for(OPERATOR_BIN, written("r-1")).await.ok().unwrap();
    let own = trial.give_for(SCHOOL_BIN, written("r-2")).await.ok().unwrap().record.id.clone();
    assert_eq!(school.recv().await.unwrap().unwrap().id, own);
    trial.ledger().stop();
    for events in [&mut school, &mut stranger] {
        assert_eq!(events.recv().await.unwrap().err().unwrap().reason.code(), "gateway.stopping");
        assert!(events.recv().await.is_none());
    }
}

/// What happens while the past is read is told once: by the page that comes to its place, or as it happens.
#[tokio::test]
async fn nothing_is_told_twice_and_nothing_is_lost_while_the_past_is_read() {
    let trial = Trial::start();
    for number in 0..300 {
        trial.give(GiveRequest { end: days(3), ..written(&format!("r-{number}")) }).await.ok().unwrap();
    }
    let mut watcher = Watcher::new(trial.ledger().clone(), everything(), Some(moment("2026-01-01T00:00:00Z")));
    let first = watcher.page().unwrap();
    assert!(first.len() <= 256, "a watcher holds one page: {}", first.len());
    // One that the pages have not come to, and one at a moment that they have passed.
    trial.give(GiveRequest { iin: OTHER.into(), ..written("r-new") }).await.ok().unwrap();
    let withdrawn = trial.withdraw(person(OTHER), &everything()).await.ok().unwrap();
    let mut told: Vec<_> = first.iter().map(|event| (event.id.clone(), event.kind)).collect();
    while let Some(page) = watcher.page() {
        told.extend(page.iter().map(|event| (event.id.clone(), event.kind)));
    }
    let (to, mut events) = mpsc::channel(64);
    tokio::spawn(watcher.run(to));
    assert_eq!((next(&mut events).await, next(&mut events).await), (EventKind::Given, EventKind::Withdrawn));
    assert!(told.iter().all(|(id, _)| *id != withdrawn.records[0].id), "told as it happened, and not before");
    let number = told.len();
    told.sort();
    told.dedup();
    assert_eq!((told.len(), number), (300, 300));
}
