//! Replay protection: checks that a reply answers the message that was sent, and is of our time. A signature alone does
//! not say so: yesterday's reply is signed too.
//!
//! The reply must name our message and be of our time. Receivers that leave correlationId away (a real one does) name it in
//! messageId or in the head of the business document; one that names nothing of ours is no answer.
//!
//! ```
//! use jiff::SignedDuration;
//! use qaqpa_adapters::shep::sync::{AnsweredBy, ResponseInfo, Sent, Status, answers};
//!
//! let now = "2026-03-02T05:15:31Z".parse()?;
//! let info = ResponseInfo {
//!     message_id: "theirs".into(),
//!     correlation_id: Some("ours".into()),
//!     response_date: now,
//!     status: Status { code: "SCSS001".into(), message: String::new() },
//!     session_id: None,
//! };
//! let sent = Sent { message_id: "ours", correlation_id: None };
//! let answer = answers(&info, sent, None, SignedDuration::from_mins(5), now)?;
//! assert_eq!(answer.by(), AnsweredBy::CorrelationId);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use jiff::{SignedDuration, Timestamp};

use super::reply::ResponseInfo;

/// The ids of the message that was sent.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'s> {
    /// Its messageId.
    pub message_id: &'s str,
    /// Its correlationId, if it had one.
    pub correlation_id: Option<&'s str>,
}

/// Evidence that a reply answers the message that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    by: AnsweredBy,
}

impl Answer {
    /// The id that matched.
    #[must_use]
    pub fn by(self) -> AnsweredBy {
        self.by
    }
}

/// The id that ties a reply to its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnsweredBy {
    /// correlationId of the reply.
    CorrelationId,
    /// messageId of the reply, which repeats ours.
    MessageId,
    /// The request id in the head of the business document.
    BusinessHead,
}

/// Why a reply is no answer to the message that was sent. The state system is at fault, or it is a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnswered {
    /// It names a message, and not ours.
    #[error("the reply answers another message")]
    OtherMessage,
    /// It names no message id. The head of the business document may still do so.
    #[error("the reply does not say which message it answers")]
    Unattributed,
    /// responseDate is so many seconds before now, further than the window.
    #[error("the reply is dated {0} s ago")]
    TooOld(i64),
    /// responseDate is so many seconds after now, further than the window.
    #[error("the reply is dated {0} s ahead")]
    Future(i64),
}

impl NotAnswered {
    /// Stable code. A date that is off by whole hours is a time zone's, more likely than a clock's.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::OtherMessage => "other_message",
            Self::Unattributed => "unattributed",
            Self::TooOld(seconds) if whole_hours(seconds) => "too_old_by_hours",
            Self::TooOld(_) => "too_old",
            Self::Future(seconds) if whole_hours(seconds) => "future_by_hours",
            Self::Future(_) => "future",
        }
    }
}

/// Up to the offset of the outermost time zones, give or take the time that an answer travels.
fn whole_hours(seconds: i64) -> bool {
    const HOUR: i64 = 3_600;
    const TRAVEL: i64 = 30;
    (HOUR - TRAVEL..=14 * HOUR).contains(&seconds) && (seconds + TRAVEL) % HOUR <= 2 * TRAVEL
}

/// Checks ids and date of a reply. `business` is the request id in the head of the business document, where it is known
/// already; `window` is how far responseDate may lie from `now`, either way.
///
/// # Errors
/// See [`NotAnswered`]. After [`NotAnswered::Unattributed`] ask again once the business document is read.
pub fn answers(
    info: &ResponseInfo,
    sent: Sent<'_>,
    business: Option<&str>,
    window: SignedDuration,
    now: Timestamp,
) -> Result<Answer, NotAnswered> {
    // Before the ids: an old reply may name our message, if it was recorded and is played again.
    let age = now.duration_since(info.response_date);
    if age.abs() > window {
        let seconds = age.as_secs().abs();
        return Err(if age.is_negative() { NotAnswered::Future(seconds) } else { NotAnswered::TooOld(seconds) });
    }
    let by = match (info.correlation_id.as_deref(), business) {
        (Some(named), _) if named == sent.message_id || Some(named) == sent.correlation_id => AnsweredBy::CorrelationId,
        // It names another message: a messageId that fits does not outweigh that.
        (Some(_), _) => return Err(NotAnswered::OtherMessage),
        (None, _) if info.message_id == sent.message_id => AnsweredBy::MessageId,
        (None, Some(named)) if named == sent.message_id => AnsweredBy::BusinessHead,
        (None, Some(_)) => return Err(NotAnswered::OtherMessage),
        (None, None) => return Err(NotAnswered::Unattributed),
    };
    Ok(Answer { by })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shep::sync::Status;

    #[test]
    fn whole_hours_are_told_apart() {
        for (wanted, why) in [
            ("too_old", NotAnswered::TooOld(301)),
            ("too_old_by_hours", NotAnswered::TooOld(3_570)),
            ("too_old_by_hours", NotAnswered::TooOld(6 * 3_600 + 2)),
            ("too_old", NotAnswered::TooOld(5_400)),
            ("too_old", NotAnswered::TooOld(15 * 3_600)),
            ("future_by_hours", NotAnswered::Future(3_630)),
            ("future", NotAnswered::Future(3_631)),
        ] {
            assert_eq!(why.code(), wanted, "{why}");
        }
    }

    #[test]
    fn a_reply_must_name_our_message_and_be_of_our_time() {
        let sent = Sent { message_id: "m", correlation_id: Some("c") };
        let now: Timestamp = "2026-03-02T05:15:31Z".parse().unwrap();
        for (wanted, message, correlation, business, seconds) in [
            (Ok(AnsweredBy::CorrelationId), "x", Some("m"), None, 0),
            (Ok(AnsweredBy::CorrelationId), "x", Some("c"), Some("y"), 300),
            (Err(NotAnswered::OtherMessage), "m", Some("x"), Some("m"), 0),
            (Ok(AnsweredBy::MessageId), "m", None, None, -300),
            (Ok(AnsweredBy::BusinessHead), "x", None, Some("m"), 0),
            (Err(NotAnswered::OtherMessage), "x", None, Some("x"), 0),
            (Err(NotAnswered::Unattributed), "x", None, None, 0),
            (Err(NotAnswered::Unattributed), "c", None, None, 0),
            (Err(NotAnswered::TooOld(301)), "m", Some("m"), None, -301),
            (Err(NotAnswered::Future(301)), "m", Some("m"), None, 301),
        ] {
            let info = ResponseInfo {
                message_id: message.into(),
                correlation_id: correlation.map(str::to_owned),
                response_date: now + SignedDuration::from_secs(seconds),
                status: Status { code: "SCSS001".into(), message: String::new() },
                session_id: None,
            };
            let found = answers(&info, sent, business, SignedDuration::from_mins(5), now).map(Answer::by);
            assert_eq!(found, wanted, "{message} {correlation:?} {business:?} {seconds}");
        }
    }
}
