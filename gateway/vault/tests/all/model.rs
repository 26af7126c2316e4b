//! Any order of calls, with openings in between, leaves what a plain map would hold.

use std::collections::BTreeMap;

use proptest::prelude::*;
use qaqpa_vault::{ConsentRecord, Erased, HoldRecord, RequestRecord};

use crate::fixture::{Place, consent, destroyed, erasure, hold, iin, later, now, request};

/// One call: which, about which of three persons, with which of four records.
#[derive(Clone, Copy, Debug)]
enum Call {
    Consent(u32, u32),
    Hold(u32, u32),
    Request(u32, u32),
    DestroyContent(u32, u32),
    DeleteConsent(u32, u32),
    DeleteHold(u32, u32),
    Erase(u32),
    Reopen,
}

fn call() -> impl Strategy<Value = Call> {
    let pair = || (0..3_u32, 0..4_u32);
    prop_oneof![
        4 => pair().prop_map(|(person, n)| Call::Consent(person, n)),
        2 => pair().prop_map(|(person, n)| Call::Hold(person, n)),
        2 => pair().prop_map(|(person, n)| Call::Request(person, n)),
        2 => pair().prop_map(|(person, n)| Call::DestroyContent(person, n)),
        1 => pair().prop_map(|(person, n)| Call::DeleteConsent(person, n)),
        1 => pair().prop_map(|(person, n)| Call::DeleteHold(person, n)),
        2 => (0..3_u32).prop_map(Call::Erase),
        1 => Just(Call::Reopen),
    ]
}

#[derive(Default)]
struct Person {
    consents: BTreeMap<String, ConsentRecord>,
    holds: BTreeMap<String, HoldRecord>,
    requests: BTreeMap<String, RequestRecord>,
}

impl Person {
    fn counts(&self) -> Erased {
        let count = |length| u32::try_from(length).unwrap();
        let (consents, holds) = (count(self.consents.len()), count(self.holds.len()));
        Erased { found: true, consents, holds, requests: count(self.requests.len()) }
    }
}

async fn play(calls: Vec<Call>) {
    let place = Place::new();
    let mut vault = place.open().0;
    let mut people: BTreeMap<u32, Person> = BTreeMap::new();
    for (turn, call) in (0..).zip(calls) {
        // Ids of different persons never meet here; that they are refused is tested elsewhere.
        let id = |person: u32, n: u32| 10 * person + n;
        match call {
            Call::Consent(person, n) => {
                let subject = vault.subject(&iin(person), now()).await.unwrap();
                let record = consent(id(person, n));
                vault.put_consent(&subject, record.clone()).await.unwrap();
                let consents = &mut people.entry(person).or_default().consents;
                let before = consents.get(&record.id).and_then(|before| before.destroyed_at);
                let record = before.map_or(record.clone(), |at| destroyed(record, at));
                consents.insert(record.id.clone(), record);
            }
            Call::Hold(person, n) => {
                let subject = vault.subject(&iin(person), now()).await.unwrap();
                let record = hold(id(person, n));
                vault.put_hold(&subject, record.clone()).await.unwrap();
                people.entry(person).or_default().holds.insert(record.id.clone(), record);
            }
            Call::Request(person, n) => {
                let subject = vault.subject(&iin(person), now()).await.unwrap();
                let record = request(id(person, n));
                vault.put_request(&subject, record.clone()).await.unwrap();
                people.entry(person).or_default().requests.insert(record.id.clone(), record);
            }
            Call::DestroyContent(person, n) => {
                let name = consent(id(person, n)).id;
                let record = people.get_mut(&person).and_then(|person| person.consents.get_mut(&name));
                let record = record.filter(|record| record.destroyed_at.is_none());
                let done = vault.destroy_consent_content(&name, later(turn)).await.unwrap();
                assert_eq!(done, record.is_some());
                record.into_iter().for_each(|record| *record = destroyed(record.clone(), later(turn)));
            }
            Call::DeleteConsent(person, n) => {
                let name = consent(id(person, n)).id;
                let was = people.get_mut(&person).and_then(|person| person.consents.remove(&name));
                assert_eq!(vault.delete_consent(&name).await.unwrap(), was.is_some());
            }
            Call::DeleteHold(person, n) => {
                let name = hold(id(person, n)).id;
                let was = people.get_mut(&person).and_then(|person| person.holds.remove(&name));
                assert_eq!(vault.delete_hold(&name).await.unwrap(), was.is_some());
            }
            Call::Erase(person) => {
                let was = people.remove(&person).map_or(Erased::default(), |person| person.counts());
                let order = erasure(u32::try_from(turn).unwrap());
                assert_eq!(vault.erase(&iin(person), order).await.unwrap(), was);
            }
            Call::Reopen => {
                vault.close();
                vault = place.open().0;
            }
        }
    }
    vault.close();
    let (vault, contents) = place.open();
    for person in 0..3 {
        let model = people.remove(&person);
        let (lookup, known) = (vault.lookup(&iin(person)), vault.known(&iin(person)).await.unwrap());
        assert_eq!(known.is_some(), model.is_some());
        let model = model.unwrap_or_default();
        let own = |of| of == lookup;
        let consents = contents.consents.iter().filter(|(of, _)| own(*of)).map(|(_, it)| (it.id.clone(), it.clone()));
        assert!(consents.collect::<BTreeMap<_, _>>() == model.consents);
        let holds = contents.holds.iter().filter(|(of, _)| own(*of)).map(|(_, it)| (it.id.clone(), it.clone()));
        assert!(holds.collect::<BTreeMap<_, _>>() == model.holds);
        let Some(subject) = known else { continue };
        let requests = vault.requests(&subject).await.unwrap().into_iter().map(|it| (it.id.clone(), it));
        assert!(requests.collect::<BTreeMap<_, _>>() == model.requests);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_calls_leaves_what_a_map_would_hold(calls in proptest::collection::vec(call(), 1..40)) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(play(calls));
    }
}
