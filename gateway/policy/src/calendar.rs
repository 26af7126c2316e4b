//! Days and moments as the wire spells them, `YYYY-MM-DD` and RFC 3339, and the time zone of the country.
//!
//! Refuses days that no calendar has, other separators, missing offsets. Reads no clock.

use jiff::civil::Date;

/// Kazakhstan keeps one time zone, UTC+5, since 2024-03-01.
pub const KAZAKHSTAN: jiff::tz::Offset = jiff::tz::offset(5);

/// Reads `YYYY-MM-DD`, a day of the real calendar.
#[must_use]
pub fn date(text: &str) -> Option<Date> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return None };
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    Date::new(year, two(m1, m2)?.try_into().ok()?, two(d1, d2)?.try_into().ok()?).ok()
}

/// Whether a text is an RFC 3339 date-time with offset: `2026-03-02T10:15:30.120+05:00`.
#[must_use]
pub fn is_date_time(text: &str) -> bool {
    let Some((day, rest)) = text.split_once('T') else { return false };
    if date(day).is_none() {
        return false;
    }
    let Some((clock, offset)) = rest.split_at_checked(8) else { return false };
    is_clock(clock) && is_offset(without_fraction(offset))
}

fn is_clock(text: &str) -> bool {
    let &[h1, h2, b':', m1, m2, b':', s1, s2] = text.as_bytes() else { return false };
    let below = |one, two_, limit| two(one, two_).is_some_and(|value| value < limit);
    below(h1, h2, 24) && below(m1, m2, 60) && below(s1, s2, 61) // 60 is a leap second
}

/// Cuts `.` and one to nine digits off; a fraction of another form stays and fails as an offset.
fn without_fraction(text: &str) -> &str {
    let Some(fraction) = text.strip_prefix('.') else { return text };
    let offset = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    match fraction.len() - offset.len() {
        1..=9 => offset,
        _ => text,
    }
}

fn is_offset(text: &str) -> bool {
    match text.as_bytes() {
        [b'Z'] => true,
        &[b'+' | b'-', h1, h2, b':', m1, m2] => {
            two(h1, h2).is_some_and(|hours| hours < 24) && two(m1, m2).is_some_and(|minutes| minutes < 60)
        }
        _ => false,
    }
}

fn two(tens: u8, ones: u8) -> Option<i16> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| i16::from(byte - b'0'));
    Some(digit(tens)? * 10 + digit(ones)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_that_exist() {
        for (wanted, text) in [
            (true, "2026-03-02"),
            (true, "2024-02-29"),
            (false, "2023-02-29"),
            (false, "2026-13-01"),
            (false, "2026-00-10"),
            (false, "2026-3-2"),
            (false, "02.03.2026"),
            (false, "2026-03-02Z"),
            (false, "2026-03-02 "),
            (false, ""),
            (false, "٢٠٢٦-٠٣-٠٢"),
        ] {
            assert_eq!(date(text).is_some(), wanted, "{text}");
        }
    }

    #[test]
    fn date_times_that_exist() {
        for (wanted, text) in [
            (true, "2026-03-02T10:15:30Z"),
            (true, "2026-03-02T10:15:30.120+05:00"),
            (true, "2026-03-02T23:59:60-00:30"),
            (false, "2026-03-02T10:15:30"),
            (false, "2026-03-02T24:00:00Z"),
            (false, "2026-03-02T10:60:00Z"),
            (false, "2026-03-02T10:15:30.Z"),
            (false, "2026-03-02T10:15:30.1234567890Z"),
            (false, "2026-03-02T10:15:30+5:00"),
            (false, "2026-03-02t10:15:30Z"),
            (false, "2026-02-30T10:15:30Z"),
            (false, "2026-03-02T10:15:3é"),
        ] {
            assert_eq!(is_date_time(text), wanted, "{text}");
        }
    }
}
