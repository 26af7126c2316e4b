//! Which of two transforms tells less. A partial order: a year tells less than a day, an age band cannot be compared
//! with a year.
//!
//! ```text
//! keep > year-month > year > present > drop        prefix 4 > prefix 2        age-band 14,16,18 > age-band 18
//! ```

use qaqpa_policy::transform::Transform;

/// The newer beside the older.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Same,
    /// Tells more.
    Finer,
    /// Tells less.
    Coarser,
    /// Tells something else.
    Unlike,
}

pub(super) fn order(old: &Option<Transform>, new: &Option<Transform>) -> Order {
    let (Some(old), Some(new)) = (old, new) else { return Order::Unlike };
    match (old == new, follows_from(new, old), follows_from(old, new)) {
        (true, ..) | (_, true, true) => Order::Same,
        (_, true, false) => Order::Coarser,
        (_, false, true) => Order::Finer,
        (_, false, false) => Order::Unlike,
    }
}

/// Whether the value of `left` can always be computed from that of `right`, so that it tells no more.
fn follows_from(left: &Transform, right: &Transform) -> bool {
    use Transform::{AgeBand, Bucket, Drop, KatoRegion, Keep, Prefix, Present, Suffix, Year, YearMonth};
    match (left, right) {
        (left, right) if left == right => true,
        (Drop, _) | (_, Keep) => true,
        (_, Drop) => false,
        (Present, _) | (Year, YearMonth) => true,
        (AgeBand(left), AgeBand(right)) => left.iter().all(|bound| right.contains(bound)),
        (Prefix(left), Prefix(right)) | (Suffix(left), Suffix(right)) => left <= right,
        (KatoRegion, Prefix(characters)) => *characters >= 2,
        (Bucket(left), Bucket(right)) => left.checked_rem(*right) == Some(0),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transform_is_coarser_when_it_follows_from_the_other() {
        use Transform::{AgeBand, Bucket, Drop, KatoRegion, Keep, Prefix, Present, Pseudonym, Suffix, Year, YearMonth};
        let band = |bounds: &[u8]| AgeBand(bounds.into());
        for (wanted, old, new) in [
            (Order::Same, Keep, Keep),
            (Order::Finer, Year, Keep),
            (Order::Coarser, Keep, Year),
            (Order::Finer, Year, YearMonth),
            (Order::Finer, band(&[18]), band(&[16, 18])),
            (Order::Coarser, band(&[14, 18]), band(&[18])),
            (Order::Unlike, Year, band(&[18])),
            (Order::Finer, Present, Pseudonym),
            (Order::Finer, Pseudonym, Keep),
            (Order::Coarser, Prefix(4), Prefix(2)),
            (Order::Finer, Suffix(2), Suffix(4)),
            (Order::Unlike, Prefix(2), Suffix(2)),
            (Order::Coarser, Prefix(2), KatoRegion),
            (Order::Unlike, Prefix(1), KatoRegion),
            (Order::Coarser, Bucket(5), Bucket(10)),
            (Order::Unlike, Bucket(4), Bucket(10)),
            (Order::Finer, Drop, Present),
        ] {
            assert_eq!(order(&Some(old.clone()), &Some(new.clone())), wanted, "{old} to {new}");
        }
    }
}
