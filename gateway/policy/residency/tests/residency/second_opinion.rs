//! The fuzz of residency with a fixed seed; `examples/fuzz_residency.rs` runs it for as long as one likes.

use crate::second::random::Random;
use crate::second::world::World;
use crate::second::{Comparison, Counts};

#[test]
fn nothing_is_resident_by_one_reading_and_foreign_by_another() {
    let comparison = Comparison::new(World::made_up(4));
    let (mut random, mut counts) = (Random::new(4), Counts::new());
    for input in 0..100_000 {
        comparison.one(&mut random, &mut counts).map_err(|parted| format!("input {input}: {parted}")).unwrap();
    }
    for met in [
        "residency.ok",
        "residency.special",
        "residency.foreign",
        "residency.disagree",
        "residency.origin",
        "residency.ambiguous_ip",
        "residency.bad_url",
        "residency.userinfo",
        "residency.port",
        "residency.scheme",
        "URL of an address",
        "URL of a name",
    ] {
        assert!(counts.get(met).is_some_and(|count| *count > 100), "{met} hardly ever came up: {counts:?}");
    }
}
