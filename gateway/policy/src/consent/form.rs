//! Forms of consent, as packs and the ledger write them.
//!
//! Refuses every other form: what Law 94-V article 8 allows is written, electronic, or confirmed through the state's
//! access control service (SMS from 1414, or its token).
//!
//! ```yaml
//! consent: { forms: [written, sms-1414], clause: "9" }
//! ```

use std::fmt;

/// The form in which a consent was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// On paper, with a signature.
    Written,
    /// In a system, by the person's own act or digital signature.
    Electronic,
    /// By an answer to a text message from 1414.
    Sms1414,
    /// By a token of the access control service for personal data (КДП).
    Kdp,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Written, Self::Electronic, Self::Sms1414, Self::Kdp];

    /// As packs and the ledger write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Electronic => "electronic",
            Self::Sms1414 => "sms-1414",
            Self::Kdp => "kdp",
        }
    }

    /// The form of that name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == text)
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for form in Form::ALL {
            assert_eq!(Form::parse(form.name()), Some(form));
        }
        for wrong in ["", "Written", "sms1414", "oral"] {
            assert_eq!(Form::parse(wrong), None, "{wrong}");
        }
    }
}
