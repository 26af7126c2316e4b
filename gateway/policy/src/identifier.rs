//! Numbers that name: [`Iin`] a person, [`Bin`] an organisation, [`Phone`] a subscriber.
//!
//! Refuses everything but the exact form: no spaces, no other digits than ASCII, a check digit that fits. The birth
//! date inside an IIN is no proof of anything (Government decree 853 of 26.08.2013) and never a reason to refuse.
//!
//! ```
//! use qaqpa_policy::Iin;
//! let iin = Iin::parse("991231500006").unwrap();
//! assert_eq!(format!("{iin:?}"), "Iin(…)");
//! assert_eq!(Iin::parse("991231500007").unwrap_err().to_string(), "the check digit does not fit");
//! ```

use std::fmt;

use jiff::civil::Date;

/// Why a text is no such number. The caller is at fault; the text itself is never repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIdentifier {
    /// Not as long as it must be.
    #[error("the number has the wrong length")]
    Length,
    /// Something else than ASCII digits where digits must stand.
    #[error("the number holds something else than digits")]
    Digits,
    /// Right form, wrong last digit: mistyped.
    #[error("the check digit does not fit")]
    CheckDigit,
    /// Not `+7`, then 6 or 7, then nine digits.
    #[error("not a phone number of Kazakhstan, +7 and ten digits")]
    Phone,
}

impl InvalidIdentifier {
    /// Stable code of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Digits => "digits",
            Self::CheckDigit => "check_digit",
            Self::Phone => "phone",
        }
    }
}

/// Individual identification number (ЖСН, ИИН): 12 digits, the last a check digit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Iin([u8; 12]);

impl Iin {
    /// Reads 12 ASCII digits with a valid check digit.
    ///
    /// # Errors
    /// What does not fit; never the text.
    pub fn parse(text: &str) -> Result<Self, InvalidIdentifier> {
        twelve_digits(text).map(Self)
    }

    /// The 12 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The birth date the number was once made from. Only good for a warning: numbers need not match any more.
    #[must_use]
    pub fn birth_date_hint(&self) -> Option<Date> {
        let [y1, y2, m1, m2, d1, d2, century, ..] = self.0.map(|digit| digit.wrapping_sub(b'0'));
        let century: i16 = match century {
            1 | 2 => 1800,
            3 | 4 => 1900,
            5 | 6 => 2000,
            _ => return None,
        };
        let year = century + i16::from(y1 * 10 + y2);
        Date::new(year, (m1 * 10 + m2).try_into().ok()?, (d1 * 10 + d2).try_into().ok()?).ok()
    }
}

impl fmt::Debug for Iin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Iin(…)")
    }
}

/// Business identification number (БСН, БИН): 12 digits, the last a check digit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bin([u8; 12]);

impl Bin {
    /// Reads 12 ASCII digits with a valid check digit.
    ///
    /// # Errors
    /// What does not fit; never the text.
    pub fn parse(text: &str) -> Result<Self, InvalidIdentifier> {
        twelve_digits(text).map(Self)
    }

    /// The 12 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Bin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bin(…)")
    }
}

/// Phone number in Kazakhstan's plan: `+7`, then 6 or 7, then nine digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Phone([u8; 12]);

impl Phone {
    /// Reads `+7[67]` and nine ASCII digits, without spaces.
    ///
    /// # Errors
    /// [`InvalidIdentifier::Phone`].
    pub fn parse(text: &str) -> Result<Self, InvalidIdentifier> {
        let bytes: [u8; 12] = text.as_bytes().try_into().map_err(|_| InvalidIdentifier::Phone)?;
        match bytes {
            [b'+', b'7', b'6' | b'7', rest @ ..] if rest.iter().all(u8::is_ascii_digit) => Ok(Self(bytes)),
            _ => Err(InvalidIdentifier::Phone),
        }
    }

    /// `+7…`, 12 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(…)")
    }
}

/// IIN and BIN share form and check digit.
fn twelve_digits(text: &str) -> Result<[u8; 12], InvalidIdentifier> {
    let Ok(digits) = <[u8; 12]>::try_from(text.as_bytes()) else {
        let length_fits = text.chars().count() == 12;
        return Err(if length_fits { InvalidIdentifier::Digits } else { InvalidIdentifier::Length });
    };
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(InvalidIdentifier::Digits);
    }
    let [body @ .., check] = digits.map(|digit| digit - b'0');
    if check_digit(body) == Some(check) { Ok(digits) } else { Err(InvalidIdentifier::CheckDigit) }
}

/// Weighted sum modulo 11, with second weights when the first give 10; when those give 10 too, the number is not issued.
fn check_digit(body: [u8; 11]) -> Option<u8> {
    let rest = |weights: [u16; 11]| {
        let sum: u16 = body.iter().zip(weights).map(|(digit, weight)| u16::from(*digit) * weight).sum();
        (sum % 11) as u8
    };
    [FIRST_WEIGHTS, SECOND_WEIGHTS].into_iter().map(rest).find(|rest| *rest != 10)
}

const FIRST_WEIGHTS: [u16; 11] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const SECOND_WEIGHTS: [u16; 11] = [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twelve_digits_and_a_check_digit() {
        use InvalidIdentifier::{CheckDigit, Digits, Length};
        for (wanted, text, why) in [
            (Ok(()), "991231500006", "first weights"),
            (Ok(()), "991231500707", "second weights"),
            (Ok(()), "991231600002", "female"),
            (Ok(()), "990140000007", "head office"),
            (Ok(()), "990141000002", "branch"),
            (Ok(()), "990150000001", "non-resident"),
            (Ok(()), "990163000002", "joint"),
            (Err(CheckDigit), "991231500007", "last digit mistyped"),
            (Err(CheckDigit), "991231500770", "prefix for which no number is issued"),
            (Err(Length), "", "empty"),
            (Err(Length), "99123150000", "eleven"),
            (Err(Length), "9912315000060", "thirteen"),
            (Err(Length), " 991231500006", "leading space"),
            (Err(Digits), "99123150000O", "letter"),
            (Err(Digits), "٩٩١٢٣١٥٠٠٠٠٦", "Arabic-Indic digits"),
            (Err(Digits), "+99123150006", "sign"),
        ] {
            assert_eq!(Iin::parse(text).map(|_| ()), wanted, "IIN {why}");
            assert_eq!(Bin::parse(text).map(|_| ()), wanted, "BIN {why}");
        }
        for last in 0..10 {
            assert!(Iin::parse(&format!("99123150077{last}")).is_err(), "no digit fits this prefix");
        }
    }

    #[test]
    fn a_phone_number_has_one_spelling() {
        for (wanted, text) in [
            (true, "+77010000000"),
            (true, "+76000000000"),
            (false, "+75000000000"),
            (false, "77010000000"),
            (false, "+7701000000"),
            (false, "+770100000000"),
            (false, "+7 701000000"),
            (false, "+7701000000٠"),
        ] {
            assert_eq!(Phone::parse(text).is_ok(), wanted, "{text}");
        }
    }

    #[test]
    fn the_birth_date_inside_is_a_hint() {
        let hint = |text| Iin::parse(text).unwrap().birth_date_hint().map(|date| date.to_string());
        assert_eq!(hint("991231500006").as_deref(), Some("2099-12-31"));
        assert_eq!(hint("990140000007"), None, "month 01, day 40");
    }

    #[test]
    fn debug_shows_nothing() {
        let iin = Iin::parse("991231500006").unwrap();
        let bin = Bin::parse("990140000007").unwrap();
        let phone = Phone::parse("+77010000000").unwrap();
        assert_eq!(format!("{iin:?} {bin:?} {phone:?}"), "Iin(…) Bin(…) Phone(…)");
    }
}
