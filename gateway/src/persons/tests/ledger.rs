//! The ledger's order of effects: durable, told to the gate, written down; again after a restart.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use qaqpa_policy::Iin;
use qaqpa_proto::consent::v1::GiveRequest;

use super::{ADULT, OPERATOR_BIN, OTHER, SCHOOL_BIN, Trial, by, days, everything, moment, person, reach, written};
use crate::persons::ledger::Which;
use crate::persons::named;

/// What the gate knows of a person's consents: withdrawn or not, in the order given.
fn withdrawn_at_gate(trial: &Trial, iin: &str) -> Vec<bool> {
    let standing = trial.open.gate.standing("specimen", &Iin::parse(iin).unwrap());
    standing.consents.iter().map(|given| given.withdrawn_at.is_some()).collect()
}

#[tokio::test]
async fn what_was_given_is_in_force_written_down_and_there_after_a_restart() {
    let trial = Trial::start();
    let given = trial.give(written("r-1")).await.ok().unwrap();
    assert!(given.leaf.is_some());
    assert_eq!(withdrawn_at_gate(&trial, ADULT), [false]);
    let lines = trial.lines().await;
    let subject = trial.ledger().vault().known(&named("specimen", &Iin::parse(ADULT).unwrap())).await.unwrap().unwrap();
    assert_eq!(lines[0]["event"], "GIVEN");
    assert_eq!(lines[0]["consent"], given.record.id.as_str());
    assert_eq!(lines[0]["marks"][0], URL_SAFE_NO_PAD.encode(subject.mark("give-1")));
    assert_eq!(lines[0]["policy"], "2026-01-01");
    let text = lines[0].to_string();
    for secret in [ADULT, "K-17", &hex::encode([7; 32])] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let id = given.record.id.clone();
    let trial = trial.restarted();
    assert_eq!(withdrawn_at_gate(&trial, ADULT), [false]);
    let again = trial.give(written("r-1")).await.ok().unwrap();
    assert_eq!((again.record.id.clone(), again.leaf.is_none()), (id, true), "the same request makes the same consent");
    assert_eq!(trial.events().await, ["GIVEN"]);
}

#[tokio::test]
async fn one_request_id_means_one_consent() {
    let trial = Trial::start();
    let first = trial.give(written("r-1")).await.ok().unwrap();
    for (wanted, why, request) in [
        (None, "the same", written("r-1")),
        (Some("request.duplicate"), "another person", GiveRequest { iin: OTHER.into(), ..written("r-1") }),
        (Some("request.duplicate"), "another term", GiveRequest { end: days(10), ..written("r-1") }),
        (Some("request.duplicate"), "another document", GiveRequest { reference: "K-18".into(), ..written("r-1") }),
    ] {
        let found = trial.give(request).await;
        assert_eq!(found.as_ref().err().map(|not_done| not_done.reason.code()), wanted, "{why}");
        assert!(found.ok().is_none_or(|same| same.record.id == first.record.id), "{why}");
    }
    let unnamed = [trial.give(written("")).await.ok().unwrap(), trial.give(written("")).await.ok().unwrap()];
    assert_ne!(unnamed[0].record.id, unnamed[1].record.id, "without a request id each is one of its own");
}

#[tokio::test]
async fn what_was_taken_back_stays_taken_back() {
    let trial = Trial::start();
    let id = trial.give(written("r-1")).await.ok().unwrap().record.id.clone();
    let done = trial.withdraw(Which::One(id.clone()), &everything()).await.ok().unwrap();
    assert_eq!(withdrawn_at_gate(&trial, ADULT), [true]);
    let withdrawn = done.records[0].withdrawn.clone().unwrap();
    assert_eq!(withdrawn.destroy_by, moment("2026-02-16T18:30:00+05:00"), "one working day from Friday evening");
    assert_eq!((done.leaves.len(), done.under_way.len()), (1, 0));
    let twice = trial.withdraw(Which::One(id.clone()), &everything()).await.err().unwrap();
    assert_eq!(twice.reason.code(), "consent.already_withdrawn");
    let trial = trial.restarted();
    assert_eq!(withdrawn_at_gate(&trial, ADULT), [true]);
    let twice = trial.withdraw(person(ADULT), &everything()).await.err().unwrap();
    assert_eq!(twice.reason.code(), "consent.already_withdrawn", "after a restart, by person");
    let repeated = trial.give(written("r-1")).await.ok().unwrap();
    assert!(repeated.record.withdrawn.is_some() && repeated.leaf.is_none(), "the old request does not give it again");
    assert_eq!(withdrawn_at_gate(&trial, ADULT), [true]);
    assert_eq!(trial.events().await, ["GIVEN", "WITHDRAWN"]);
}

#[tokio::test]
async fn a_person_takes_back_what_covers_a_purpose() {
    let trial = Trial::start();
    let both = GiveRequest { purposes: vec!["reporting".into(), "quality".into()], ..written("both") };
    let both = trial.give(both).await.ok().unwrap().record.id.clone();
    let report = trial.give(written("one")).await.ok().unwrap().record.id.clone();
    trial.give(GiveRequest { iin: OTHER.into(), ..written("other") }).await.ok().unwrap();
    let quality = || Which::Person(Iin::parse(ADULT).unwrap(), vec!["quality".into()]);
    let ids = |done: crate::persons::ledger::Withdrawn| {
        done.records.iter().map(|record| record.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(trial.withdraw(quality(), &everything()).await.ok().unwrap()), [both]);
    assert_eq!(withdrawn_at_gate(&trial, ADULT), [true, false], "a consent is not split, the other one stands");
    assert_eq!(ids(trial.withdraw(person(ADULT), &everything()).await.ok().unwrap()), [report]);
    assert_eq!(withdrawn_at_gate(&trial, OTHER), [false], "nobody else's");
}

#[tokio::test]
async fn strangers_take_nothing_back() {
    let trial = Trial::start();
    let id = trial.give_for(SCHOOL_BIN, written("r-1")).await.ok().unwrap().record.id.clone();
    let one = || Which::One(id.clone());
    for (wanted, why, which, reach) in [
        ("consent.stranger", "another operator", one(), reach("avtomektep", &[SCHOOL_BIN])),
        ("consent.stranger", "another school", one(), reach("specimen", &[OPERATOR_BIN])),
        ("consent.unknown", "another school, by person", person(ADULT), reach("specimen", &[OPERATOR_BIN])),
        ("consent.unknown", "somebody unknown", person(OTHER), everything()),
        ("consent.unknown", "an id of nothing", Which::One("0".into()), everything()),
    ] {
        let found = trial.withdraw(which, &reach).await.err().map(|not_done| not_done.reason.code());
        assert_eq!(found, Some(wanted), "{why}");
        assert_eq!(withdrawn_at_gate(&trial, ADULT), [false], "{why}");
    }
    assert!(trial.withdraw(one(), &reach("specimen", &[SCHOOL_BIN])).await.is_ok(), "the school itself");
}

#[tokio::test]
async fn a_withdrawal_that_the_journal_did_not_take_is_done_by_trying_again() {
    let trial = Trial::start();
    let id = trial.give(written("r-1")).await.ok().unwrap().record.id.clone();
    trial.open.journal.close();
    let failed = trial.withdraw(Which::One(id.clone()), &everything()).await.err().unwrap();
    assert_eq!(failed.reason.code(), "journal.unavailable");
    assert_eq!(withdrawn_at_gate(&trial, ADULT), [true], "stopped all the same");
    let again = trial.withdraw(Which::One(id.clone()), &everything()).await.err().unwrap();
    assert_eq!(again.reason.code(), "journal.unavailable", "owed, not `already withdrawn`");
    let unheard = trial.give(written("r-2")).await.err().unwrap();
    assert_eq!(unheard.reason.code(), "journal.unavailable");
    let trial = trial.restarted();
    assert_eq!(withdrawn_at_gate(&trial, ADULT), [true], "only the first, and stopped");
}

#[tokio::test]
async fn contents_are_destroyed_when_they_are_due() {
    let trial = Trial::start();
    let guarded = GiveRequest { guardian_iin: OTHER.into(), ..written("r-1") };
    let id = trial.give(guarded).await.ok().unwrap().record.id.clone();
    trial.give(written("r-2")).await.ok().unwrap();
    assert_eq!(trial.ledger().due(moment("2030-01-01T00:00:00Z")), Vec::<String>::new(), "nothing is withdrawn");
    trial.withdraw(Which::One(id.clone()), &everything()).await.ok().unwrap();
    assert_eq!(trial.ledger().due(moment("2026-02-16T18:29:59+05:00")), Vec::<String>::new());
    assert_eq!(trial.ledger().due(moment("2026-02-16T18:30:00+05:00")), std::slice::from_ref(&id));
    trial.turn_to("2026-02-16T12:00:00+05:00");
    assert!(trial.ledger().destroy(&id, "retention-1").await.unwrap());
    assert!(!trial.ledger().destroy(&id, "retention-2").await.unwrap(), "once is enough");
    assert_eq!(trial.ledger().due(moment("2030-01-01T00:00:00Z")), Vec::<String>::new());
    let trial = trial.restarted();
    let record = trial.ledger().one(&id).unwrap().record;
    assert_eq!(record.destroyed_at, Some(moment("2026-02-16T12:00:00+05:00")));
    assert_eq!((&record.guardian, &record.evidence_sha256, record.reference.as_str()), (&None, &None, ""));
    assert_eq!(record.purposes, ["reporting"], "what it was for stays");
    assert_eq!(trial.events().await, ["GIVEN", "GIVEN", "WITHDRAWN", "DESTROYED"]);
    let unknown = trial.ledger().destroy("0", "retention-3").await.err().unwrap();
    assert_eq!(unknown.reason.code(), "consent.unknown");
}

#[tokio::test]
async fn many_at_once_about_one_person_follow_one_another() {
    let trial = Trial::start();
    let giving = (0..16).map(|_| trial.give(written("r-1")));
    let given = futures_util::future::join_all(giving).await;
    let fresh = given.into_iter().filter(|given| given.as_ref().is_ok_and(|given| given.leaf.is_some())).count();
    assert_eq!(fresh, 1);
    let id = trial.ledger().of("specimen", &Iin::parse(ADULT).unwrap())[0].id.clone();
    let reach = everything();
    let withdrawing = (0..16).map(|_| trial.withdraw(Which::One(id.clone()), &reach));
    let done = futures_util::future::join_all(withdrawing).await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1);
    assert_eq!(trial.events().await, ["GIVEN", "WITHDRAWN"]);
}

#[tokio::test]
async fn an_erased_person_leaves_no_consent() {
    let trial = Trial::start();
    let id = trial.give(written("r-1")).await.ok().unwrap().record.id.clone();
    let vault = trial.ledger().vault();
    let erasure = qaqpa_vault::Erasure { id: "e-1".into(), at: trial.ledger().now(), basis: "subject-request".into() };
    let adult = named("specimen", &Iin::parse(ADULT).unwrap());
    vault.erase(&adult, erasure).await.unwrap();
    let lookup = vault.lookup(&adult);
    assert!(trial.open.gate.forget(lookup).is_empty());
    trial.ledger().forget(lookup);
    let gone = trial.ledger().withdraw(&Which::One(id), &everything(), "subject-request", |_| 1, &by("w")).await;
    assert_eq!(gone.err().unwrap().reason.code(), "consent.unknown");
    let again = trial.give(written("r-1")).await.ok().unwrap();
    assert!(again.leaf.is_some(), "somebody new");
}
