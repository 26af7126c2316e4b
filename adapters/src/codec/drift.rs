//! Drift: how the documents of a state system differ from the contract that was written for them.
//!
//! It holds names and never values. What the other side chose to call its elements is untrusted too: names are cut, and what is
//! not a plain XML name is made one.

/// The differences between a document and its contract. Names only; each list holds at most 32 different ones of at
/// most 64 characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drift {
    /// How many elements and stray texts were withheld because the contract does not know them.
    pub count: usize,
    /// Paths of those, XML local names with `.` between.
    pub names: Vec<String>,
    /// Field paths that the schema demands and the document does not have.
    pub missing: Vec<String>,
    /// Field paths of enums whose text the contract does not know; left unset.
    pub unknown_texts: Vec<String>,
}

impl Drift {
    /// The document is as the contract says.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.count == 0 && self.missing.is_empty() && self.unknown_texts.is_empty()
    }
}

/// Adds a name without repeating it; what is not a plain XML name is made one.
pub(super) fn note(names: &mut Vec<String>, name: &str) {
    if names.len() >= MAX_NAMES {
        return;
    }
    let plain = |each: char| if each.is_ascii_alphanumeric() || matches!(each, '_' | '.' | '-') { each } else { '_' };
    let name: String = name.chars().take(MAX_NAME).map(plain).collect();
    if !names.contains(&name) {
        names.push(name);
    }
}

const MAX_NAMES: usize = 32;
const MAX_NAME: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_few_short_and_plain() {
        let mut names = Vec::new();
        for name in ["a.b", "a.b", "аты", "x\ny", &"n".repeat(100)] {
            note(&mut names, name);
        }
        assert_eq!(names, ["a.b", "___", "x_y", &"n".repeat(64)]);
        for each in 0..100 {
            note(&mut names, &each.to_string());
        }
        assert_eq!(names.len(), MAX_NAMES);
    }
}
