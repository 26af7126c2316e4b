//! Why a file of YAML cannot be read, in words of ours: what is expected, never what stands there. It may be a secret in the
//! wrong place (a key where a pack was named), and these words go to terminals, logs and CI.
//!
//! Example: `something else is expected here: u8`

use serde_saphyr::Error;

/// What is wrong at the place of the error; it repeats nothing of the file.
#[must_use]
pub fn yaml(error: &Error) -> String {
    match error.without_snippet() {
        Error::SerdeInvalidType { expected, .. }
        | Error::SerdeInvalidValue { expected, .. }
        | Error::SerdeInvalidLength { expected, .. } => format!("something else is expected here: {expected}"),
        Error::SerdeUnknownVariant { expected, .. } => {
            format!("something else is expected here, one of: {}", expected.join(", "))
        }
        Error::SerdeUnknownField { field, expected, .. } => {
            format!("unknown key `{}`; known here are: {}", key(field), expected.join(", "))
        }
        Error::SerdeMissingField { field, .. } => format!("`{field}` is missing here"),
        Error::DuplicateMappingKey { .. } => "this key stands twice".to_owned(),
        Error::InvalidScalar { ty, .. } => format!("something else is expected here: {ty}"),
        Error::InvalidBooleanStrict { .. } => "`true` or `false` is expected here".to_owned(),
        Error::MultipleDocuments { .. } => "a second document begins here, and there is only one".to_owned(),
        Error::Budget { .. } | Error::MergeKeyNotAllowed { .. } | Error::UnknownAnchor { .. } => {
            "the file is deeper or larger than any of its kind, or has an anchor, an alias or a merge".to_owned()
        }
        Error::Eof { .. } => "the file ends here, in the middle".to_owned(),
        _ => "this is not YAML of a form that is read here: a quote, a bracket or an indentation is amiss".to_owned(),
    }
}

/// A word as it is written, if it can be a key that somebody misspelt; nothing else of a file is repeated.
#[must_use]
pub fn key(written: &str) -> &str {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.');
    if written.len() <= LONGEST_KEY && written.chars().all(plain) { written } else { "…" }
}

/// Longer than any key there is, with the tables around it.
const LONGEST_KEY: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_a_key_is_repeated() {
        for (wanted, written) in [
            ("recieve", "recieve"),
            ("journal.fsync", "journal.fsync"),
            ("…", "-----BEGIN PRIVATE KEY-----"),
            ("…", "MIGHAgEAMBMGByqGSM49"),
            ("…", "ключ"),
        ] {
            assert_eq!(key(written), wanted);
        }
        assert_eq!(key(&"a".repeat(65)), "…");
    }
}
