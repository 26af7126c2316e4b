//! The spellings of values: strict when written, lenient when read.
//!
//! Dates arrive in six spellings (kz-protocols 1.9): with `Z`, `+06:00`, `+05:00`, without a zone (Kazakhstan's own, UTC+5 since
//! 2024-03-01), Java's `+0600`, and as a date-time where a date is meant. Refused: everything that is not one of them.

use std::borrow::Cow;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

/// Kazakhstan's only zone since 2024-03-01.
const ASTANA: Offset = Offset::constant(5);

/// Whether `text` is a date exactly as xs:date spells it without a zone.
pub(super) fn is_date(text: &str) -> bool {
    matches!(split_date(text), Some((_, "")))
}

/// The date that `text` means, `YYYY-MM-DD`: as written, for a birth date must not move with a zone.
///
/// A time of day in UTC other than midnight is refused: some writer turned a local midnight into the day before.
pub(super) fn date(text: &str) -> Option<&str> {
    let (_, rest) = split_date(text)?;
    let written = text.get(..DATE_LENGTH)?;
    match rest.strip_prefix('T') {
        None => zone(rest).map(|_| written),
        Some(rest) => match split_time(rest)? {
            (time, offset) if offset == Some(Offset::UTC) && time != Time::midnight() => None,
            _ => Some(written),
        },
    }
}

/// The instant that `text` means, in whole milliseconds.
pub(crate) fn date_time(text: &str) -> Option<Timestamp> {
    let (date, rest) = split_date(text)?;
    let (time, offset) = split_time(rest.strip_prefix('T')?)?;
    offset.unwrap_or(ASTANA).to_timestamp(date.to_datetime(time)).ok()
}

/// Appends an instant as xs:dateTime in milliseconds with +05:00. Total: years beyond 9999 do not exist for jiff.
pub(crate) fn push_date_time(out: &mut String, instant: Timestamp) {
    let local = ASTANA.to_datetime(instant);
    let (date, time) = (local.date(), local.time());
    let written = write!(
        out,
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}+05:00",
        date.year(),
        date.month(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.millisecond()
    );
    debug_assert!(written.is_ok(), "a String takes all text");
}

/// `true`, `false`, `1`, `0` of xs:boolean.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// Bytes of xs:base64Binary, white space allowed, padding forgiven.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    LENIENT.decode(without_white_space(text).as_bytes()).ok()
}

/// Appends xs:base64Binary.
pub(super) fn push_base64(out: &mut String, bytes: &[u8]) {
    LENIENT.encode_string(bytes, out);
}

/// Bytes of xs:hexBinary in either case, white space allowed.
pub(super) fn hex(text: &str) -> Option<Vec<u8>> {
    let text = without_white_space(text);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|&[high, low]| Some(nibble(high)? << 4 | nibble(low)?)).collect()
}

/// Appends xs:hexBinary in its canonical form, upper case (XML Schema part 2, 3.2.15.2).
pub(super) fn push_hex(out: &mut String, bytes: &[u8]) {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase();
    for byte in bytes {
        out.push(digit(byte >> 4));
        out.push(digit(byte & 0x0F));
    }
}

/// Without XML's white space around.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(WHITE_SPACE)
}

fn without_white_space(text: &str) -> Cow<'_, str> {
    if text.contains(WHITE_SPACE) { text.replace(WHITE_SPACE, "").into() } else { text.into() }
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// `YYYY-MM-DD` and what follows. Signs, years of five digits and the year 0000 are refused.
fn split_date(text: &str) -> Option<(Date, &str)> {
    let (date, rest) = text.split_at_checked(DATE_LENGTH)?;
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = date.as_bytes() else { return None };
    let century = number([y1, y2])?;
    let year = i16::from(century) * 100 + i16::from(number([y3, y4])?);
    if year == 0 {
        return None;
    }
    Some((Date::new(year, number([m1, m2])?, number([d1, d2])?).ok()?, rest))
}

/// `HH:MM:SS`, a fraction of a second cut to milliseconds, and a zone if there is one.
fn split_time(text: &str) -> Option<(Time, Option<Offset>)> {
    let (time, rest) = text.split_at_checked(TIME_LENGTH)?;
    let &[h1, h2, b':', m1, m2, b':', s1, s2] = time.as_bytes() else { return None };
    let (fraction, rest) = match rest.strip_prefix('.') {
        None => ("", rest),
        Some(rest) => rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count()),
    };
    let thousandths = fraction.bytes().chain(*b"000").take(3).fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0'));
    let time = Time::new(number([h1, h2])?, number([m1, m2])?, number([s1, s2])?, thousandths * 1_000_000).ok()?;
    Some((time, zone(rest)?))
}

/// A zone to the end of the text: none at all, `Z`, `+05:00` or `+0500`.
fn zone(text: &str) -> Option<Option<Offset>> {
    let (sign, hours, minutes) = match *text.as_bytes() {
        [] => return Some(None),
        [b'Z'] => return Some(Some(Offset::UTC)),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] | [sign @ (b'+' | b'-'), h1, h2, m1, m2] => {
            (sign, number([h1, h2])?, number([m1, m2])?)
        }
        _ => return None,
    };
    if hours > 14 || minutes > 59 {
        return None;
    }
    let seconds = i32::from(hours) * 3600 + i32::from(minutes) * 60;
    Offset::from_seconds(if sign == b'-' { -seconds } else { seconds }).ok().map(Some)
}

fn number(digits: [u8; 2]) -> Option<i8> {
    let [tens, ones] = digits.map(|digit| char::from(digit).to_digit(10).and_then(|digit| i8::try_from(digit).ok()));
    Some(tens? * 10 + ones?)
}

const WHITE_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];
const DATE_LENGTH: usize = 10;
const TIME_LENGTH: usize = 8;
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[cfg(test)]
mod tests {
    use super::*;

    fn normalised(text: &str) -> Option<String> {
        let mut out = String::new();
        push_date_time(&mut out, date_time(text)?);
        Some(out)
    }

    #[test]
    fn date_times_become_one_spelling() {
        for (wanted, given) in [
            (Some("2026-03-02T15:15:30.120+05:00"), "2026-03-02T10:15:30.120Z"),
            (Some("2023-08-14T11:29:32.263+05:00"), "2023-08-14T12:29:32.263+06:00"),
            (Some("2026-03-02T10:15:30.000+05:00"), "2026-03-02T10:15:30+05:00"),
            (Some("2026-03-02T10:15:30.100+05:00"), "2026-03-02T10:15:30.1"),
            (Some("2013-09-19T08:44:33.000+05:00"), "2013-09-19T09:44:33+0600"),
            (Some("2026-03-02T10:15:30.123+05:00"), "2026-03-02T10:15:30.123999999999+05:00"),
            (Some("2026-03-01T23:59:59.999+05:00"), "2026-03-01T13:59:59.999-05:00"),
            (None, "2026-03-02"),
            (None, "2026-03-02 10:15:30"),
            (None, "2026-03-02T10:15"),
            (None, "2026-03-02T24:00:00"),
            (None, "2026-02-30T10:15:30"),
            (None, "0000-01-01T10:15:30"),
            (None, "2026-03-02T10:15:30.12x"),
            (None, "2026-03-02T10:15:30+15:00"),
            (None, "2026-03-02T10:15:30ZZ"),
            (None, "қақпа-03-02"),
            (None, ""),
        ] {
            assert_eq!(normalised(given).as_deref(), wanted, "{given}");
        }
    }

    #[test]
    fn dates_stay_as_written() {
        for (wanted, given) in [
            (Some("2099-12-31"), "2099-12-31"),
            (Some("2099-12-31"), "2099-12-31Z"),
            (Some("2099-12-31"), "2099-12-31+06:00"),
            (Some("2099-12-31"), "2099-12-31+0600"),
            (Some("2099-12-31"), "2099-12-31T00:00:00"),
            (Some("2099-12-31"), "2099-12-31T00:00:00.000+06:00"),
            (Some("2013-09-19"), "2013-09-19T09:44:33+06:00"),
            (Some("2099-12-31"), "2099-12-31T00:00:00Z"),
            (None, "2099-12-30T18:00:00Z"),
            (None, "31.12.2099"),
            (None, "2099-13-31"),
            (None, "2099-12-31x"),
            (None, "2099-12-3"),
        ] {
            assert_eq!(date(given), wanted, "{given}");
        }
        assert!(is_date("2099-12-31"));
        assert!(!is_date("2099-12-31Z"));
    }

    #[test]
    fn bytes_come_back_in_all_their_spellings() {
        for (wanted, given) in [
            (Some(&b"BASE64"[..]), "QkFTRTY0"),
            (Some(b"BASE6"), " QkFT\r\n\tRTY= "),
            (Some(b"BASE6"), "QkFTRTY"),
            (Some(b""), ""),
            (None, "Q"),
            (None, "QkF*"),
        ] {
            assert_eq!(base64(given).as_deref(), wanted, "{given}");
        }
        for (wanted, given) in [
            (Some(&[0x0F, 0xA0][..]), "0fA0"),
            (Some(&[0x0F, 0xA0]), " 0f\n a0"),
            (Some(&[]), ""),
            (None, "0fA"),
            (None, "0g"),
            (None, "+1"),
        ] {
            assert_eq!(hex(given).as_deref(), wanted, "{given}");
        }
        let mut out = String::new();
        push_hex(&mut out, &[0x0F, 0xA0]);
        assert_eq!(out, "0FA0");
    }
}
