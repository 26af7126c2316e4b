//! Lists that come in pages, over the wire: `Consents.List` and `Subjects.Due`. What happens between two pages repeats no row and
//! loses none, and a token is a place in a list, not a right: whoever brings another's sees nothing but his own.
//!
//! `Subjects.Report` has pages of its own, by the leaf; they are in `subjects.rs`.

use qaqpa_proto::consent::v1::{Form, ListRequest, ListResponse, State};
use qaqpa_proto::subject::v1::{DueRequest, DueResponse};
use qaqpa_tests::people::REPORTING;
use qaqpa_tests::{Caller, World, code};

use crate::rights::{self, DUE, OFFICER, OFFICER_OF_MYVERIFY, SCHOOL, person};

const LIST: &str = "/qaqpa.consent.v1.Consents/List";
const MYVERIFY: &str = "clients/myverify";

/// One page: ids, and the token of the next.
type Shown = (Vec<String>, String);

async fn consents(caller: &Caller, iin: &str, state: State, page_size: u32, page_token: &str) -> Result<Shown, String> {
    let request = ListRequest {
        iin: iin.to_owned(),
        state: state.into(),
        page_size,
        page_token: page_token.to_owned(),
        ..ListRequest::default()
    };
    let reply = caller.call::<ListResponse>(LIST, &request).await;
    let reply = reply.map_err(|status| code::<()>(&Err(status)))?;
    Ok((reply.consents.into_iter().map(|consent| consent.id).collect(), reply.next_page_token))
}

async fn due(officer: &Caller, page_size: u32, page_token: &str) -> Result<Shown, String> {
    let request = DueRequest { page_size, page_token: page_token.to_owned(), ..DueRequest::default() };
    let reply = officer.call::<DueResponse>(DUE, &request).await.map_err(|status| code::<()>(&Err(status)))?;
    Ok((reply.items.into_iter().map(|item| item.id).collect(), reply.next_page_token))
}

async fn given(world: &World, iin: &str) -> String {
    world.site.time.forward(1);
    rights::give(world, SCHOOL, &[REPORTING], iin, Form::Written).await
}

/// Of a person who had none; a second passes between two.
async fn given_times(world: &World, iin: &str, number: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for _ in 0..number {
        ids.push(given(world, iin).await);
    }
    ids
}

/// Withdrawn one after another, so that their contents end in this order.
async fn withdrawn(world: &World, ids: &[String]) {
    for id in ids {
        world.site.time.forward(1);
        rights::withdraw(&world.caller(SCHOOL), id).await.unwrap();
    }
}

/// What happens after the first page.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Between {
    Nothing,
    OneMoreIsGiven,
    TheLastShownIsWithdrawn,
    TheNextIsWithdrawn,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_consents_lose_nothing_and_repeat_nothing() {
    let world = rights::world("").await;
    let school = world.caller(SCHOOL);
    // Positions in the order of giving; 5 is the one that is given between the pages.
    let rows: [(&[&[usize]], u32, State, Between); 9] = [
        (&[&[0, 1, 2, 3, 4]], 0, State::Unspecified, Between::Nothing),
        (&[&[0, 1, 2, 3, 4]], 5, State::Unspecified, Between::Nothing),
        (&[&[0, 1, 2, 3], &[4]], 4, State::Unspecified, Between::Nothing),
        (&[&[0], &[1], &[2], &[3], &[4]], 1, State::Unspecified, Between::Nothing),
        (&[&[0, 1], &[2, 3], &[4, 5]], 2, State::Unspecified, Between::OneMoreIsGiven),
        (&[&[0, 1], &[2, 3], &[4]], 2, State::Unspecified, Between::TheLastShownIsWithdrawn),
        (&[&[0, 1], &[2, 3], &[4]], 2, State::Live, Between::TheLastShownIsWithdrawn),
        (&[&[0, 1], &[3, 4]], 2, State::Live, Between::TheNextIsWithdrawn),
        (&[&[]], 2, State::Withdrawn, Between::Nothing),
    ];
    for (number, (wanted, size, state, between)) in rows.into_iter().enumerate() {
        let iin = person(50 + number);
        let mut ids = given_times(&world, &iin, 5).await;
        let (mut pages, mut token) = (Vec::new(), String::new());
        loop {
            let (page, next) = consents(&school, &iin, state, size, &token).await.unwrap();
            pages.push(page);
            if next.is_empty() {
                break;
            }
            token = next;
            match between {
                _ if pages.len() > 1 => {}
                Between::Nothing => {}
                Between::OneMoreIsGiven => ids.push(given(&world, &iin).await),
                Between::TheLastShownIsWithdrawn => withdrawn(&world, &ids[1..2]).await,
                Between::TheNextIsWithdrawn => withdrawn(&world, &ids[2..3]).await,
            }
        }
        let position = |id: &String| ids.iter().position(|known| known == id).unwrap();
        let told: Vec<Vec<usize>> = pages.iter().map(|page| page.iter().map(position).collect()).collect();
        assert_eq!(told, wanted, "{size} {state:?} {between:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_what_is_due_lose_nothing_and_repeat_nothing() {
    let world = rights::world("").await;
    let officer = world.caller(OFFICER);
    let ids = given_times(&world, &person(70), 6).await;
    withdrawn(&world, &ids[..4]).await;
    for (wanted, size) in [(vec![4], 0), (vec![4], 4), (vec![3, 1], 3), (vec![1, 1, 1, 1], 1)] {
        let (mut counts, mut all, mut token) = (Vec::new(), Vec::new(), String::new());
        loop {
            let (page, next) = due(&officer, size, &token).await.unwrap();
            counts.push(page.len());
            all.extend(page);
            if next.is_empty() {
                break;
            }
            token = next;
        }
        assert_eq!((counts, &*all), (wanted, &ids[..4]), "{size}");
    }

    // Between two pages one more is withdrawn, which ends later, and the content that was shown first is destroyed.
    let (first, token) = due(&officer, 2, "").await.unwrap();
    withdrawn(&world, &ids[4..5]).await;
    world.running.gateway.persons().ledger.destroy(&ids[0], "019e5a7c-0000-7000-8000-000000000001").await.unwrap();
    let (second, token) = due(&officer, 2, &token).await.unwrap();
    let (third, end) = due(&officer, 2, &token).await.unwrap();
    assert_eq!(([first, second, third].concat(), &*end), (ids[..5].to_vec(), ""));
}

/// A token holds a place in the order of time and nothing else; who may see what is asked anew with each page.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_token_of_somebody_else_shows_nothing_of_his() {
    let world = rights::world("").await;
    let (school, myverify) = (world.caller(SCHOOL), world.caller(MYVERIFY));
    let (one, other) = (person(80), person(82));
    let ones = given_times(&world, &one, 3).await;
    let others = given_times(&world, &other, 2).await;
    let (_, token) = consents(&school, &one, State::Unspecified, 1, "").await.unwrap();
    for (row, caller, iin, wanted) in [
        ("the person's own", &school, &one, &ones[1..]),
        ("another person's: all that came later, and only hers", &school, &other, &others[..]),
        ("another operator's caller", &myverify, &one, &[]),
    ] {
        let shown = consents(caller, iin, State::Unspecified, 0, &token).await.unwrap();
        assert_eq!(shown, (wanted.to_vec(), String::new()), "{row}");
    }
    let (_, later) = consents(&school, &other, State::Unspecified, 1, "").await.unwrap();
    let shown = consents(&school, &one, State::Unspecified, 0, &later).await.unwrap();
    assert_eq!(shown, (Vec::new(), String::new()), "a place behind the last of hers");

    withdrawn(&world, &ones).await;
    let (_, token) = due(&world.caller(OFFICER), 1, "").await.unwrap();
    assert_eq!(due(&world.caller(OFFICER_OF_MYVERIFY), 0, &token).await, Ok((Vec::new(), String::new())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_that_cannot_be_are_refused() {
    let world = rights::world("").await;
    let (school, officer, iin) = (world.caller(SCHOOL), world.caller(OFFICER), person(90));
    let ids = given_times(&world, &iin, 2).await;
    withdrawn(&world, &ids).await;
    let (_, token) = consents(&school, &iin, State::Unspecified, 1, "").await.unwrap();
    let (half, longer) = (&token[..20], format!("{token}A"));
    for (row, size, token) in [
        ("more than a page holds", 1_001, ""),
        ("far more", u32::MAX, ""),
        ("no base64", 1, "?"),
        ("no UTF-8", 1, "_w"),
        ("no place in a list: `hello`", 1, "aGVsbG8"),
        ("half a token", 1, half),
        ("a token and more", 1, &longer),
        ("a token of a report", 1, "17"),
    ] {
        let refused = Err("request.invalid".to_owned());
        assert_eq!(consents(&school, &iin, State::Unspecified, size, token).await, refused, "list: {row}");
        assert_eq!(due(&officer, size, token).await, refused, "due: {row}");
    }
}
