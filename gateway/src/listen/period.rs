//! When a certificate begins and ends, as it is told to people: what has ended is refused, what ends soon is told before.
//!
//! Example: `ends on 2026-12-24 (23 days): renew it`

use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

/// The period of a certificate, both seconds included (RFC 5280, 4.1.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    begins: Timestamp,
    ends: Timestamp,
}

impl Period {
    /// Of a parsed certificate; what lies outside of the calendar ends at its edge.
    pub(crate) fn of(certificate: &X509Certificate<'_>) -> Self {
        let validity = certificate.validity();
        Self {
            begins: Timestamp::from_second(validity.not_before.timestamp()).unwrap_or(Timestamp::MAX),
            ends: Timestamp::from_second(validity.not_after.timestamp()).unwrap_or(Timestamp::MAX),
        }
    }

    /// Of a certificate in DER, if it can be read.
    pub(crate) fn of_der(der: &CertificateDer<'_>) -> Option<Self> {
        X509Certificate::from_der(der).ok().map(|(_, certificate)| Self::of(&certificate))
    }

    /// Its last second.
    pub(crate) fn ends(self) -> Timestamp {
        self.ends
    }

    /// Why it cannot be used now.
    pub(crate) fn wrong_at(&self, now: Timestamp) -> Option<String> {
        if now > self.ends {
            return Some(format!("ended on {}: renew it, or take it out", day(self.ends)));
        }
        (now < self.begins)
            .then(|| format!("is not valid before {}: use the one that is valid until then", day(self.begins)))
    }

    /// What is to be told of it now, while it can still be used.
    pub(crate) fn ending_at(&self, now: Timestamp) -> Option<String> {
        let left = self.ends.duration_since(now);
        (left < TOLD_BEFORE)
            .then(|| format!("ends on {} ({} days): renew it", day(self.ends), days_left(self.ends, now)))
    }
}

/// Whole days until an end; negative when that is past.
pub(crate) fn days_left(end: Timestamp, now: Timestamp) -> i64 {
    end.duration_since(now).as_hours().div_euclid(24)
}

fn day(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// How long before its end a certificate is told of.
const TOLD_BEFORE: SignedDuration = SignedDuration::from_hours(30 * 24);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_is_told_before_and_after() {
        let at = |hours: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let period = |begins, ends| Period { begins: at(begins), ends: at(ends) };
        let wrong = |period: Period| period.wrong_at(at(1_000)).map(|told| told.split(' ').next().unwrap().to_owned());
        let ending = |period: Period| period.ending_at(at(1_000)).is_some();
        for (wanted, told_before, row) in [
            (None, false, period(0, 1_000 + 721)),
            (None, true, period(0, 1_000 + 719)),
            (None, true, period(0, 1_000)),
            (Some("ended"), true, period(0, 999)),
            (Some("is"), false, period(1_001, 9_999)),
        ] {
            assert_eq!((wrong(row).as_deref(), ending(row)), (wanted, told_before), "{row:?}");
        }
        assert_eq!(days_left(at(1_000 + 24 * 23 + 1), at(1_000)), 23);
        assert_eq!(days_left(at(999), at(1_000)), -1);
    }
}
