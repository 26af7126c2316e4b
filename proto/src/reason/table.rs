//! A row of the table, and how its rows are written: enum, list and rows from one text, so that none can be forgotten.

use super::{Fault, Retry, StatusCode};
use crate::language::Text;

/// A row of the table of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Stable `room.word`.
    pub code: &'static str,
    /// The party at fault, who has to act.
    pub fault: Fault,
    /// gRPC status.
    pub status: StatusCode,
    /// Whether trying again helps.
    pub retry: Retry,
    /// For the caller; names no value that anybody sent.
    pub text: Text,
}

/// Rows of the form `Name = "code", Fault, StatusCode, Retry, text(kk, ru, en),`.
macro_rules! reasons {
    (
        $(#[$about:meta])*
        pub enum $Reasons:ident {
            $(
                $(#[$doc:meta])*
                $Name:ident = $code:literal, $fault:ident, $status:ident, $retry:ident,
                text($kk:literal, $ru:literal, $en:literal $(,)?),
            )*
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $Reasons {
            $($(#[$doc])* $Name,)*
        }

        impl $Reasons {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$Name),*];

            /// Its row of the table.
            #[must_use]
            pub const fn row(self) -> &'static Row {
                match self {
                    $(Self::$Name => &Row {
                        code: $code,
                        fault: Fault::$fault,
                        status: StatusCode::$status,
                        retry: Retry::$retry,
                        text: Text { kk: $kk, ru: $ru, en: $en },
                    },)*
                }
            }

            /// Stable `room.word`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                self.row().code
            }
        }
    };
}

pub(super) use reasons;
