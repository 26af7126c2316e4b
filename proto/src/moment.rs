//! Moments and lengths of time as the wire has them (`google.protobuf.Timestamp`, `google.protobuf.Duration`), and as the
//! gateway does.
//!
//! Refuses what protobuf does not allow: years outside 1 to 9999, nanoseconds outside a second, signs that disagree.
//!
//! ```text
//! Timestamp { seconds: 1_772_428_530, nanos: 0 }   <->   2026-03-02T05:15:30Z
//! Duration { seconds: 86_400, nanos: 0 }            <->   24h
//! ```

use jiff::{SignedDuration, Timestamp};

/// A moment for the wire.
#[must_use]
pub fn stamp(moment: Timestamp) -> prost_types::Timestamp {
    let (seconds, nanos) = (moment.as_second(), moment.subsec_nanosecond());
    // Before 1970 jiff's nanoseconds are negative, protobuf's never.
    if nanos < 0 {
        return prost_types::Timestamp { seconds: seconds.saturating_sub(1), nanos: nanos.saturating_add(SECOND) };
    }
    prost_types::Timestamp { seconds, nanos }
}

/// A moment from the wire; `None` for one that cannot be.
#[must_use]
pub fn moment(stamp: &prost_types::Timestamp) -> Option<Timestamp> {
    let can_be = stamp.seconds >= YEAR_ONE && (0..SECOND).contains(&stamp.nanos);
    can_be.then(|| Timestamp::new(stamp.seconds, stamp.nanos).ok()).flatten()
}

/// A length of time for the wire.
#[must_use]
pub fn lasting(length: SignedDuration) -> prost_types::Duration {
    prost_types::Duration { seconds: length.as_secs(), nanos: length.subsec_nanos() }
}

/// A length of time from the wire; `None` for one that cannot be.
#[must_use]
pub fn length(lasting: &prost_types::Duration) -> Option<SignedDuration> {
    let whole = lasting.nanos.unsigned_abs() < SECOND.unsigned_abs();
    let agree = lasting.seconds.signum() * i64::from(lasting.nanos.signum()) >= 0;
    (whole && agree).then(|| SignedDuration::new(lasting.seconds, lasting.nanos))
}

/// Nanoseconds of a second.
const SECOND: i32 = 1_000_000_000;
/// 0001-01-01T00:00:00Z, the first moment that a `google.protobuf.Timestamp` may be.
const YEAR_ONE: i64 = -62_135_596_800;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_come_back_as_they_went() {
        for text in
            ["1970-01-01T00:00:00Z", "2026-03-02T05:15:30.25Z", "1969-12-31T23:59:59.75Z", "0001-01-01T00:00:00Z"]
        {
            let at: Timestamp = text.parse().unwrap();
            assert!((0..SECOND).contains(&stamp(at).nanos), "{text}");
            assert_eq!(moment(&stamp(at)), Some(at));
        }
    }

    #[test]
    fn moments_that_cannot_be() {
        for (seconds, nanos) in
            [(0, -1), (0, SECOND), (YEAR_ONE - 1, 0), (253_402_300_800, 0), (i64::MAX, 0), (i64::MIN, 0)]
        {
            assert_eq!(moment(&prost_types::Timestamp { seconds, nanos }), None, "{seconds}.{nanos}");
        }
    }

    #[test]
    fn lengths_of_time() {
        for (wanted, seconds, nanos) in [
            (Some("PT24H"), 86_400, 0),
            (Some("-PT1.5S"), -1, -500_000_000),
            (None, 1, -1),
            (None, -1, 1),
            (None, 0, SECOND),
            (None, 0, i32::MIN),
        ] {
            let read = length(&prost_types::Duration { seconds, nanos });
            assert_eq!(read.map(|read| read.to_string()).as_deref(), wanted, "{seconds} {nanos}");
            assert!(read.map(lasting).is_none_or(|again| (again.seconds, again.nanos) == (seconds, nanos)));
        }
    }
}
