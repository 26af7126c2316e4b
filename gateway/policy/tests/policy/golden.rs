//! The whole matrix of the Avtomektep pack, checked in so that a reviewer sees what a change moves.
//! Rewrite it with `cargo run -p qaqpa-policy --example explain > gateway/policy/tests/golden/avtomektep.txt`.

use qaqpa_policy::explain;

use crate::sample::plans;

#[test]
fn the_matrix_is_the_reviewed_one() {
    let table = explain::table(&plans(), "en");
    for (number, (found, reviewed)) in table.lines().zip(REVIEWED.lines()).enumerate() {
        assert_eq!(found, reviewed, "line {}", number + 1);
    }
    assert_eq!(table, REVIEWED);
}

const REVIEWED: &str = include_str!("../golden/avtomektep.txt");
