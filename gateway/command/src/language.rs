//! The language of a command line. Texts are picked by [`Language`] alone; only here is one made of what was typed.
//!
//! ```text
//! --language ru  ->  Ru          --language fr  ->  refused, exit code 2          absent  ->  En
//! ```

use std::convert::Infallible;
use std::ffi::OsString;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use qaqpa_proto::language::Language;

/// For `value_parser`: `kk`, `ru` or `en`, and nothing else.
pub(crate) fn tag() -> impl TypedValueParser<Value = Language> {
    PossibleValuesParser::new(Language::ALL.map(Language::tag)).try_map(|tag| tag.parse::<Language>())
}

/// For `value_parser`: whatever the gateway accepts in `accept-language`; English where we speak none of it.
pub(crate) fn accepted(header: &str) -> Result<Language, Infallible> {
    Ok(Language::accepted(header))
}

/// The language that arguments ask for before anything else of them is parsed; English unless it is one of ours.
pub(crate) fn asked(arguments: &[OsString]) -> Language {
    let after = arguments.windows(2).find_map(|pair| match pair {
        [flag, tag] if flag == "--language" => tag.to_str(),
        _ => None,
    });
    let tag = after.or_else(|| arguments.iter().find_map(|argument| argument.to_str()?.strip_prefix("--language=")));
    tag.and_then(|tag| tag.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_taken_from_the_arguments_before_they_are_parsed() {
        for (wanted, line) in [
            (Language::Ru, "subject --language ru report"),
            (Language::Kk, "subject report --language=kk"),
            (Language::En, "subject report"),
            (Language::En, "subject report --language fr"),
            (Language::En, "subject report --language ru-KZ"),
            (Language::En, "subject report --language"),
        ] {
            let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(asked(&arguments), wanted, "{line}");
        }
    }
}
