//! "Did you mean": the nearest of the known words, or none when nothing is near.

/// The known word with the fewest changed letters, when those are at most a third of the written word.
pub(crate) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (written.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|word| (distance(written, word), word))
        .min()
        .filter(|(distance, _)| *distance <= limit)
        .map(|(_, word)| word)
}

/// Levenshtein distance, one row at a time.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = i;
        let mut before = i + 1;
        let mut next = vec![before];
        for (b, above) in right.chars().zip(row.iter().skip(1)) {
            before = (diagonal + usize::from(a != b)).min(above + 1).min(before + 1);
            diagonal = *above;
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestions() {
        let known = ["birth_date", "iin", "phone"];
        for (wanted, written) in [
            (Some("birth_date"), "birthdate"),
            (Some("birth_date"), "brith_date"),
            (Some("iin"), "inn"),
            (None, "shoe_size"),
            (None, ""),
        ] {
            assert_eq!(nearest(written, known), wanted, "{written}");
        }
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
