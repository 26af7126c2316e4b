//! Which country: two letters of ISO 3166-1, as all tables write them.
//!
//! Refuses what tables write for "nowhere" (`??`, `ZZ`, `*`), so that no two tables can agree on nowhere.
//!
//! ```
//! use qaqpa_residency::Country;
//! assert_eq!(Country::parse("kz").map(|country| country.to_string()), Some("KZ".to_owned()));
//! assert_eq!(Country::parse("??"), None);
//! ```

use std::fmt;
use std::num::NonZeroU16;

/// ISO 3166-1 alpha-2 code of a country. Two bytes, also as an `Option`: tables hold one for each of their rows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country(NonZeroU16);

/// Kazakhstan.
pub const HOME: Country = Country::of(*b"KZ");

impl Country {
    /// Reads two ASCII letters, in either case. `ZZ` and what is not letters name no country.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.as_bytes() {
            [b'z' | b'Z', b'z' | b'Z'] => None,
            &[a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Some(Self::of([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
            }
            _ => None,
        }
    }

    /// Two letters are never zero; the other branch satisfies the compiler, not a reader.
    const fn of(letters: [u8; 2]) -> Self {
        match NonZeroU16::new(u16::from_be_bytes(letters)) {
            Some(code) => Self(code),
            None => Self(NonZeroU16::MIN),
        }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = self.0.get().to_be_bytes();
        write!(out, "{}{}", char::from(a), char::from(b))
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_country_codes() {
        for (wanted, text) in [
            (Some("KZ"), "KZ"),
            (Some("KZ"), "kz"),
            (Some("RU"), "Ru"),
            (Some("EU"), "EU"),
            (None, "??"),
            (None, "ZZ"),
            (None, "zZ"),
            (None, "*"),
            (None, "**"),
            (None, ""),
            (None, "K"),
            (None, "KAZ"),
            (None, "K1"),
            (None, "К3"),
            (None, "қ"),
            (None, " KZ"),
        ] {
            assert_eq!(Country::parse(text).map(|country| country.to_string()).as_deref(), wanted, "{text}");
        }
        assert_eq!(Country::parse("KZ"), Some(HOME));
        assert_eq!(size_of::<Option<Country>>(), 2, "a row of a table stays small");
    }
}
