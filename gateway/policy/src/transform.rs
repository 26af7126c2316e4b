//! Transforms (generalisation and pseudonymisation of values): a pack's `transform:` key.
//!
//! Every transform is total: it gives a value of at most [`MAX_BYTES`] bytes, cut between characters and never inside
//! one, or nothing. Nothing means the field stays behind; a value that cannot be read (no date, no KATO code, too short
//! to be cut) never moves as it came. An empty value stays empty.
//!
//! ```text
//! year          2008-05-14          2008
//! year-month    2008-05-14          2008-05
//! age-band      2008-05-14          18-20           with bounds 14, 16, 18, 21 and today's date
//! prefix 3      Астана              Аст             a value of three characters or fewer stays behind
//! suffix 4      +77010000000        …0000           likewise; the mask has one length, whatever it hides
//! kato-region   710000000           71
//! pseudonym     991231500006        p4xk...         see [`crate::PseudonymKey`]
//! present       anything            present
//! bucket 10     37                  30
//! ```

mod wire;

use std::borrow::Cow;
use std::fmt;

use jiff::civil::Date;
use qaqpa_proto::v1::{Category, Format};
use qaqpa_proto::{Field, FieldKind};

use crate::calendar;
use crate::circumstances::Circumstances;

/// No transformed text or bytes value is longer.
pub const MAX_BYTES: usize = 127;

/// A transform of a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Transform {
    /// Moves as it is.
    Keep,
    /// Stays behind, by this rule's clause.
    Drop,
    /// The year of a date or date-time.
    Year,
    /// Year and month of a date or date-time.
    YearMonth,
    /// Of a birth date, the band between two of these ages (full years, rising) that today's age falls in.
    AgeBand(Box<[u8]>),
    /// The first characters.
    Prefix(u8),
    /// A mask and the last characters.
    Suffix(u8),
    /// The region, first two digits, of a nine-digit code of the classifier of administrative units (КАТО).
    KatoRegion,
    /// A keyed name for the value, of no use to another recipient, for another purpose or in another epoch.
    Pseudonym,
    /// That there is a value.
    Present,
    /// A whole number rounded down to a multiple of this.
    Bucket(u32),
}

/// Why a written transform is none. The author of the pack is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotATransform {
    /// No transform has that name.
    #[error("there is no transform of this name")]
    Unknown,
    /// Parameters are missing, or given where none belong.
    #[error("`{0}` does not take these parameters")]
    Parameters(&'static str),
    /// A parameter is out of its bounds.
    #[error("the parameter of `{name}` must be {bounds}")]
    Bounds {
        /// The transform.
        name: &'static str,
        /// In words.
        bounds: &'static str,
    },
}

impl Transform {
    /// Names as packs spell them.
    pub const NAMES: [&'static str; 11] = [
        "keep",
        "drop",
        "year",
        "year-month",
        "age-band",
        "prefix",
        "suffix",
        "kato-region",
        "pseudonym",
        "present",
        "bucket",
    ];

    /// Reads a name and its parameters: `("age-band", [14, 16, 18, 21])`, `("prefix", [3])`, `("year", [])`.
    ///
    /// # Errors
    /// See [`NotATransform`].
    pub fn parse(name: &str, parameters: &[u64]) -> Result<Self, NotATransform> {
        let plain = match name {
            "keep" => Self::Keep,
            "drop" => Self::Drop,
            "year" => Self::Year,
            "year-month" => Self::YearMonth,
            "kato-region" => Self::KatoRegion,
            "pseudonym" => Self::Pseudonym,
            "present" => Self::Present,
            "age-band" => return age_band(parameters),
            "prefix" => return one("prefix", parameters, 1..=30, "from 1 to 30").map(Self::Prefix),
            "suffix" => return one("suffix", parameters, 1..=30, "from 1 to 30").map(Self::Suffix),
            "bucket" => {
                return one("bucket", parameters, 2..=1_000_000_000, "from 2 to 1000000000").map(Self::Bucket);
            }
            _ => return Err(NotATransform::Unknown),
        };
        if parameters.is_empty() { Ok(plain) } else { Err(NotATransform::Parameters(plain.name())) }
    }

    /// The name without parameters.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::Year => "year",
            Self::YearMonth => "year-month",
            Self::AgeBand(_) => "age-band",
            Self::Prefix(_) => "prefix",
            Self::Suffix(_) => "suffix",
            Self::KatoRegion => "kato-region",
            Self::Pseudonym => "pseudonym",
            Self::Present => "present",
            Self::Bucket(_) => "bucket",
        }
    }

    /// Whether a field's values can be read by this transform.
    ///
    /// # Errors
    /// What the transform is for, in words.
    pub fn fits(&self, field: &Field) -> Result<(), &'static str> {
        let dated = matches!(field.format, Format::Date | Format::DateTime);
        let (fits, what_for) = match (self, field.kind) {
            (Self::Keep | Self::Drop, _) => (true, ""),
            (Self::Year | Self::YearMonth | Self::AgeBand(_), kind) => {
                (kind == FieldKind::String && dated, "it is for dates and date-times")
            }
            (Self::Prefix(_) | Self::Suffix(_), kind) => (kind == FieldKind::String, "it is for texts"),
            (Self::KatoRegion, kind) => {
                (kind == FieldKind::String && field.format == Format::Unspecified, "it is for texts that hold a code")
            }
            (Self::Pseudonym | Self::Present, kind) => {
                (matches!(kind, FieldKind::String | FieldKind::Bytes), "it is for texts and bytes")
            }
            (Self::Bucket(_), kind) => {
                (is_whole_number(kind) && field.format == Format::Unspecified, "it is for whole numbers")
            }
        };
        if fits { Ok(()) } else { Err(what_for) }
    }

    /// The text that moves instead; `None` when it stays behind.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str, category: Category, circumstances: &Circumstances) -> Option<Cow<'t, str>> {
        if text.is_empty() {
            return Some(Cow::Borrowed(text));
        }
        match self {
            Self::Keep => Some(Cow::Borrowed(text)),
            Self::Drop | Self::Bucket(_) => None,
            Self::Year => day(text)?.get(..4).map(Cow::Borrowed),
            Self::YearMonth => day(text)?.get(..7).map(Cow::Borrowed),
            Self::AgeBand(bounds) => {
                band(full_years(calendar::date(day(text)?)?, circumstances.today)?, bounds).map(Cow::Owned)
            }
            Self::Prefix(count) => text.get(..boundary(text, *count)?).map(Cow::Borrowed),
            Self::Suffix(count) => masked(text, *count).map(Cow::Owned),
            Self::KatoRegion => region(text).map(Cow::Borrowed),
            Self::Pseudonym => {
                let key = circumstances.pseudonyms.as_ref()?;
                Some(Cow::Owned(key.pseudonym(category, text.as_bytes())))
            }
            Self::Present => Some(Cow::Borrowed("present")),
        }
    }

    /// The bytes that move instead; `None` when they stay behind.
    #[must_use]
    pub fn bytes<'t>(
        &self,
        bytes: &'t [u8],
        category: Category,
        circumstances: &Circumstances,
    ) -> Option<Cow<'t, [u8]>> {
        if bytes.is_empty() {
            return Some(Cow::Borrowed(bytes));
        }
        match self {
            Self::Keep => Some(Cow::Borrowed(bytes)),
            Self::Pseudonym => {
                let key = circumstances.pseudonyms.as_ref()?;
                Some(Cow::Owned(key.pseudonym(category, bytes).into_bytes()))
            }
            Self::Present => Some(Cow::Borrowed(&[1])),
            Self::Drop
            | Self::Year
            | Self::YearMonth
            | Self::AgeBand(_)
            | Self::Prefix(_)
            | Self::Suffix(_)
            | Self::KatoRegion
            | Self::Bucket(_) => None,
        }
    }

    /// The whole number that moves instead; `None` when it stays behind.
    #[must_use]
    pub fn number(&self, number: i128) -> Option<i128> {
        match self {
            Self::Keep => Some(number),
            Self::Bucket(step) => number.checked_sub(number.checked_rem_euclid(i128::from(*step))?),
            Self::Drop
            | Self::Year
            | Self::YearMonth
            | Self::AgeBand(_)
            | Self::Prefix(_)
            | Self::Suffix(_)
            | Self::KatoRegion
            | Self::Pseudonym
            | Self::Present => None,
        }
    }
}

impl fmt::Display for Transform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::AgeBand(bounds) => {
                let bounds: Vec<String> = bounds.iter().map(ToString::to_string).collect();
                write!(f, " {}", bounds.join(","))
            }
            Self::Prefix(count) | Self::Suffix(count) => write!(f, " {count}"),
            Self::Bucket(step) => write!(f, " {step}"),
            Self::Keep
            | Self::Drop
            | Self::Year
            | Self::YearMonth
            | Self::KatoRegion
            | Self::Pseudonym
            | Self::Present => Ok(()),
        }
    }
}

fn age_band(bounds: &[u64]) -> Result<Transform, NotATransform> {
    let rising = bounds.is_sorted_by(|left, right| left < right);
    let known = |bound: &u64| u8::try_from(*bound).ok().filter(|bound| (1..=120).contains(bound));
    let ages: Option<Box<[u8]>> = bounds.iter().map(known).collect();
    match ages {
        _ if bounds.is_empty() => Err(NotATransform::Parameters("age-band")),
        Some(ages) if rising && ages.len() <= 16 => Ok(Transform::AgeBand(ages)),
        _ => Err(NotATransform::Bounds { name: "age-band", bounds: "at most 16 rising ages from 1 to 120" }),
    }
}

fn one<T: TryFrom<u64>>(
    name: &'static str,
    parameters: &[u64],
    range: std::ops::RangeInclusive<u64>,
    bounds: &'static str,
) -> Result<T, NotATransform> {
    let [parameter] = parameters else { return Err(NotATransform::Parameters(name)) };
    let within = range.contains(parameter).then_some(*parameter);
    within.and_then(|parameter| T::try_from(parameter).ok()).ok_or(NotATransform::Bounds { name, bounds })
}

fn is_whole_number(kind: FieldKind) -> bool {
    matches!(
        kind,
        FieldKind::Int32
            | FieldKind::Int64
            | FieldKind::Uint32
            | FieldKind::Uint64
            | FieldKind::Sint32
            | FieldKind::Sint64
    )
}

/// `YYYY-MM-DD` of a date or a date-time; of a date-time the day where it was written, whatever its offset.
fn day(text: &str) -> Option<&str> {
    let day = text.get(..10)?;
    let is_either = (text.len() == 10 && calendar::date(text).is_some()) || calendar::is_date_time(text);
    is_either.then_some(day)
}

/// Full years; who was born on 29 February is a year older on 1 March. `None` before birth.
fn full_years(birth: Date, today: Date) -> Option<u16> {
    let had_birthday = (today.month(), today.day()) >= (birth.month(), birth.day());
    let years = today.year().checked_sub(birth.year())?.checked_sub(i16::from(!had_birthday))?;
    u16::try_from(years).ok()
}

/// `18-20`, `21+`, and `14` where a band is one year wide.
fn band(age: u16, bounds: &[u8]) -> Option<String> {
    let bounds = || bounds.iter().copied().map(u16::from);
    let low = bounds().filter(|bound| *bound <= age).max().unwrap_or(0);
    let Some(high) = bounds().find(|bound| *bound > age) else { return Some(format!("{low}+")) };
    let last = high.checked_sub(1)?;
    Some(if low == last { low.to_string() } else { format!("{low}-{last}") })
}

/// Where the first `count` characters end, if anything follows them.
fn boundary(text: &str, count: u8) -> Option<usize> {
    text.char_indices().nth(usize::from(count)).map(|(at, _)| at)
}

fn masked(text: &str, count: u8) -> Option<String> {
    let (at, _) = text.char_indices().rev().nth(usize::from(count).checked_sub(1)?)?;
    let last = text.get(at..).filter(|last| last.len() < text.len())?;
    Some(format!("…{last}"))
}

fn region(text: &str) -> Option<&str> {
    let is_code = text.len() == 9 && text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.get(..2).filter(|_| is_code)
}
