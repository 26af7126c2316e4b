//! Revocations from the state's list, by a source that stands in for it: carried out, answered, tried again.

use std::sync::{Arc, Mutex};

use qaqpa_policy::Iin;
use qaqpa_proto::consent::v1::{Form, GiveRequest, KdpToken};

use super::{ADULT, OTHER, Trial, pack, written};
use crate::persons::kdp::{Decision, Later, Poller, Revocation, RevocationSource, Round, Unavailable};

/// The state's list, as a test writes it.
#[derive(Clone, Default)]
struct List(Arc<Mutex<Listed>>);

#[derive(Default)]
struct Listed {
    open: Vec<Revocation>,
    decided: Vec<(String, Decision)>,
    deaf: bool,
    gone: bool,
}

impl RevocationSource for List {
    fn poll(&self) -> Later<'_, Vec<Revocation>> {
        let listed = self.0.lock().unwrap();
        let answer = if listed.gone { Err(Unavailable("gone")) } else { Ok(listed.open.clone()) };
        Box::pin(std::future::ready(answer))
    }

    fn decide<'a>(&'a self, request: &'a str, decision: Decision) -> Later<'a, ()> {
        let mut listed = self.0.lock().unwrap();
        if listed.deaf {
            return Box::pin(std::future::ready(Err(Unavailable("deaf"))));
        }
        listed.open.retain(|open| open.request != request);
        listed.decided.push((request.to_owned(), decision));
        Box::pin(std::future::ready(Ok(())))
    }
}

fn revocation(request: &str, iin: &str, token: &str) -> Revocation {
    Revocation { request: request.into(), iin: Iin::parse(iin).unwrap(), token: token.into() }
}

fn by_token(token: &str) -> GiveRequest {
    let kdp = KdpToken { token: token.into(), public_key: "a2V5".into() };
    GiveRequest { form: Form::Kdp.into(), evidence_sha256: Vec::new(), kdp: Some(kdp), ..written(token) }
}

#[tokio::test]
async fn what_the_state_revokes_is_withdrawn_and_answered() {
    let trial = Trial::start();
    trial.give(by_token("t-1")).await.ok().unwrap();
    trial.give(by_token("t-2")).await.ok().unwrap();
    trial.give(written("on-paper")).await.ok().unwrap();
    let list = List::default();
    let poller = Poller::new(Box::new(list.clone()), trial.ledger().clone(), Arc::new(pack()));
    list.0.lock().unwrap().open = vec![
        revocation("17", ADULT, "t-1"),
        revocation("18", ADULT, "t-9"),
        revocation("19", OTHER, "t-2"),
        revocation("20", ADULT, ""),
    ];
    assert_eq!(poller.round().await, Ok(Round { revoked: 1, not_found: 3, left: 0 }));
    let decided = std::mem::take(&mut list.0.lock().unwrap().decided);
    let wanted = [("17", Decision::Revoked), ("18", Decision::NotFound), ("19", Decision::NotFound)];
    assert_eq!(decided[..3], wanted.map(|(request, decision)| (request.to_owned(), decision)));
    let consents = trial.ledger().of("specimen", &Iin::parse(ADULT).unwrap());
    let reasons: Vec<_> = consents
        .iter()
        .map(|record| {
            record.withdrawn.as_ref().map(|withdrawn| (withdrawn.by.as_str(), withdrawn.reason_code.as_str()))
        })
        .collect();
    assert_eq!(reasons, [Some(("gateway", "kdp-revocation")), None, None], "only what rests on the token");
}

#[tokio::test]
async fn what_fails_comes_again() {
    let trial = Trial::start();
    trial.give(by_token("t-1")).await.ok().unwrap();
    let list = List::default();
    let poller = Poller::new(Box::new(list.clone()), trial.ledger().clone(), Arc::new(pack()));
    list.0.lock().unwrap().open = vec![revocation("17", ADULT, "t-1")];
    list.0.lock().unwrap().deaf = true;
    assert_eq!(poller.round().await, Ok(Round { left: 1, ..Round::default() }), "withdrawn, but nobody heard it");
    list.0.lock().unwrap().deaf = false;
    assert_eq!(poller.round().await, Ok(Round { revoked: 1, ..Round::default() }), "answered as the first time");
    assert_eq!(poller.round().await, Ok(Round::default()), "nothing is left");
    list.0.lock().unwrap().gone = true;
    assert_eq!(poller.round().await, Err(Unavailable("gone")));
    assert_eq!(trial.events().await, ["GIVEN", "WITHDRAWN"], "written down once");
}
