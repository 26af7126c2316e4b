//! SHEP's codes and what they mean (kz-protocols 1.4). No official list is public: this one holds what public code attests.
//!
//! A code that is not here is [`Class::Unknown`], never success.
//!
//! ```
//! use qaqpa_adapters::shep::status::{Class, class, is_success};
//!
//! assert!(is_success("SCSS001"));
//! assert_eq!(class("SCE006"), Class::SignatureInvalid);
//! assert_eq!(class("SBF-AD-1"), Class::Unknown);
//! ```

/// Classes of SHEP codes, by what a caller can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The system answered.
    Success,
    /// The business data are wrong, or what they ask for does not exist.
    BusinessData,
    /// The receiving system failed and does not say how.
    Unhandled,
    /// The message is not as the channel wants it.
    Format,
    /// No such serviceId.
    NoSuchService,
    /// The certificate behind a signature is out of its term.
    SignatureExpired,
    /// A signature does not verify.
    SignatureInvalid,
    /// A signature is missing.
    NotSigned,
    /// SHEP's or the receiver's own failure.
    Internal,
    /// A code that no public source attests.
    Unknown,
}

/// The class of a code of `status/code` or `errorCode`. Case counts.
#[must_use]
pub fn class(code: &str) -> Class {
    find(code).map_or(Class::Unknown, |(_, class, _)| *class)
}

/// What an attested code means, in English.
#[must_use]
pub fn meaning(code: &str) -> Option<&'static str> {
    find(code).map(|(_, _, meaning)| *meaning)
}

/// Whether the code is one of those attested as success: `SCSS001`, and of single providers `Success` and `200`.
#[must_use]
pub fn is_success(code: &str) -> bool {
    class(code) == Class::Success
}

fn find(code: &str) -> Option<&'static (&'static str, Class, &'static str)> {
    CODES.iter().find(|(known, _, _)| *known == code)
}

const CODES: [(&str, Class, &str); 16] = [
    ("SCSS001", Class::Success, "the message has been processed"),
    ("Success", Class::Success, "the message has been processed"),
    ("200", Class::Success, "the message has been processed"),
    ("SCSE001", Class::Unhandled, "the receiving system failed"),
    ("SCSE002", Class::BusinessData, "the business data are in error, or nothing was found"),
    ("SCSE003", Class::Unhandled, "the receiving system failed on an exception"),
    ("404", Class::BusinessData, "nothing was found"),
    ("SCE001", Class::Format, "the message is not in the right format"),
    ("SCE004", Class::NoSuchService, "there is no such service"),
    ("SCE005", Class::SignatureExpired, "the transport signature is not current"),
    ("SCE006", Class::SignatureInvalid, "the transport signature is not valid"),
    ("SCE007", Class::NotSigned, "the message is not signed"),
    ("SCE015", Class::SignatureExpired, "the signature of the business data is not current"),
    ("SCE016", Class::SignatureInvalid, "the signature of the business data is not valid"),
    ("SCE017", Class::NotSigned, "the business data are not signed"),
    ("SCE909", Class::Internal, "internal error"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_attested_codes_are_success() {
        for (wanted, code) in [
            (true, "SCSS001"),
            (true, "Success"),
            (true, "200"),
            (false, "SUCCESS"),
            (false, "success"),
            (false, "1"),
            (false, "SCSE001"),
            (false, ""),
        ] {
            assert_eq!(is_success(code), wanted, "{code}");
        }
    }
}
