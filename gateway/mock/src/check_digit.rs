//! The check digit of IIN and BIN (kz-protocols 6), written a second time on purpose: the state does not share the gateway's code,
//! and a mistake that both made would be found by nobody. Everything else in Rust asks the product's rule
//! (`qaqpa_policy::identifier`), and here the two are held against each other.

/// Whether the text is 12 ASCII digits whose last one fits.
pub(crate) fn fits(text: &str) -> bool {
    let Some(digits) = digits(text) else { return false };
    let (last, rest) = (digits.last().copied(), digits.iter().take(11));
    let sum = |weights: [u32; 11]| rest.clone().zip(weights).map(|(digit, weight)| digit * weight).sum::<u32>() % 11;
    match sum([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) {
        10 => last == Some(sum([3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2])),
        check => last == Some(check),
    }
}

fn digits(text: &str) -> Option<Vec<u32>> {
    let digits: Vec<u32> = text.chars().map(|character| character.to_digit(10)).collect::<Option<_>>()?;
    (digits.len() == 12).then_some(digits)
}

#[cfg(test)]
mod tests {
    use qaqpa_policy::Iin;

    use super::fits;

    #[test]
    fn only_numbers_that_may_have_been_issued_fit() {
        for (wanted, text) in [
            (true, "991231500006"),
            (true, "991231500707"),
            (true, "991231600002"),
            (true, "990140000007"),
            (false, "991231500007"),
            (false, "991231500770"),
            (false, "99123150000"),
            (false, "9912315000060"),
            (false, "99123150000x"),
            (false, ""),
        ] {
            assert_eq!(fits(text), wanted, "{text}");
        }
    }

    #[test]
    fn the_product_has_the_same_rule() {
        for body in 99_123_150_000_u64..=99_123_169_999 {
            for check in 0..10 {
                let text = format!("{body}{check}");
                assert_eq!(fits(&text), Iin::parse(&text).is_ok(), "{text}");
            }
        }
    }
}
