//! "Did you mean": the nearest of the known words, or none when nothing is near.

/// The known word with the fewest changed letters, when those are at most a third of the written word.
#[must_use]
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (written.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|word| (distance(written, word), word))
        .min()
        .filter(|(distance, _)| *distance <= limit)
        .map(|(_, word)| word)
}

/// Letters to add, drop, change or swap with their neighbour: the optimal string alignment distance, row by row.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut earlier: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    let mut before = None;
    for (i, letter) in left.chars().enumerate() {
        let mut row = vec![i + 1];
        for (j, other) in right.iter().enumerate() {
            let cell =
                |row: &[usize], back: usize| row.get((j + 1).wrapping_sub(back)).copied().unwrap_or(usize::MAX - 1);
            let swapped = before == Some(*other) && j.checked_sub(1).and_then(|j| right.get(j)) == Some(&letter);
            let costs = [
                cell(&above, 0) + 1,
                cell(&row, 1) + 1,
                cell(&above, 1) + usize::from(letter != *other),
                if swapped { cell(&earlier, 2) + 1 } else { usize::MAX },
            ];
            row.push(costs.into_iter().min().unwrap_or_default());
        }
        (earlier, above, before) = (above, row, Some(letter));
    }
    above.last().copied().unwrap_or_default()
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
            (Some("iin"), "ini"),
            (None, "shoe_size"),
            (None, ""),
        ] {
            assert_eq!(nearest(written, known), wanted, "{written}");
        }
        for (wanted, left, right) in
            [(3, "kitten", "sitting"), (1, "yaer", "year"), (0, "same", "same"), (4, "", "four"), (2, "ab", "")]
        {
            assert_eq!(distance(left, right), wanted, "{left} to {right}");
            assert_eq!(distance(right, left), wanted, "{right} to {left}");
        }
    }
}
