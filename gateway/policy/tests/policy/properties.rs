//! For any message of the rich contract: the filter, prost types by hand and reflection agree, and nothing moves that
//! the plan does not let move. For a hundred thousand mutated ones: no leak and no mismatch.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use proptest::prelude::*;
use prost::Message as _;
use qaqpa_policy::Direction;
use qaqpa_policy::plan::FieldFate;

use crate::rich::mutate::mutate;
use crate::rich::random::Random;
use crate::rich::{Judgement, World, tokens};

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(World::new)
}

/// `record.papers[2].key` to `record.papers.key`.
fn without_positions(path: &str) -> String {
    path.split('.').filter_map(|step| step.split('[').next()).collect::<Vec<_>>().join(".")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn three_implementations_agree(seed in any::<u64>(), is_request in any::<bool>()) {
        let direction = if is_request { Direction::Request } else { Direction::Reply };
        let wire = Random::new(seed).root().encode_to_vec();
        prop_assert_eq!(world().judge(direction, &wire, true), Judgement::Accepted);
        let minimised = world().minimise(direction, &wire).unwrap();
        prop_assert_eq!(tokens(minimised.bytes()), 0, "every withheld value carries a token, and no other");
    }

    #[test]
    fn what_moves_is_in_the_plan(seed in any::<u64>(), is_request in any::<bool>()) {
        let direction = if is_request { Direction::Request } else { Direction::Reply };
        let minimised = world().minimise(direction, &Random::new(seed).root().encode_to_vec()).unwrap();
        let plan = world().plan(direction);
        let moves = |fate| plan.fields().filter(move |field| field.fate == fate).map(|field| field.path.to_owned());
        let released: BTreeSet<String> = moves(FieldFate::Released).collect();
        for found in minimised.released() {
            let path = without_positions(&found.path).replace("record.inner.", "record.");
            let path = path.replace("record.inner.", "record.");
            prop_assert!(released.contains(&path), "{} moves", path);
        }
        for transformed in minimised.transformed() {
            let planned = plan.fields().find(|field| field.path == transformed.path).unwrap();
            prop_assert_eq!(planned.transform, Some(transformed.transform));
        }
    }

    #[test]
    fn any_bytes_never_leak(wire in proptest::collection::vec(any::<u8>(), 0..120)) {
        let judged = world().judge(Direction::Reply, &wire, true);
        prop_assert!(!matches!(judged, Judgement::Leak(_) | Judgement::Mismatch(_)), "{:?}", judged);
    }
}

/// The short run of `examples/fuzz.rs`.
#[test]
fn mutated_messages_never_leak() {
    let mut random = Random::new(3);
    let (mut accepted, mut refused) = (0, 0);
    let mut pair = [random.root().encode_to_vec(), random.root().encode_to_vec()];
    for round in 0..100_000 {
        if round % 50 == 0 {
            pair = [random.root().encode_to_vec(), random.root().encode_to_vec()];
        }
        let [first, second] = &pair;
        let wire = mutate(&mut random, first, second);
        let direction = if random.chance(2) { Direction::Request } else { Direction::Reply };
        match world().judge(direction, &wire, round % 16 == 0) {
            Judgement::Accepted | Judgement::Undecodable => accepted += 1,
            Judgement::Refused => refused += 1,
            found => panic!("round {round}: {found:?} {}", hex::encode(&wire)),
        }
    }
    assert!(accepted > 10_000, "{accepted} accepted");
    assert!(refused > 10_000, "{refused} refused");
}
