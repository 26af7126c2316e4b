//! The three languages of every text for people, and a text in all of them.
//!
//! Each text of the project stands once, as `text(kk, ru, en)` or in the YAML of a pack, and is picked by
//! [`Text::in_language`]; a test of the house keeps it so. Words that machines read (codes, ids, paths) are never translated.
//!
//! ```
//! use qaqpa_proto::language::{Language, text};
//! assert_eq!(text("мақсат", "цель", "purpose").in_language(Language::Ru), "цель");
//! ```

use std::fmt;
use std::str::FromStr;

/// A language of texts for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Kazakh
    Kk,
    /// Russian
    Ru,
    /// English, also when nothing was asked for.
    #[default]
    En,
}

impl Language {
    /// All three, in the order of the columns of a [`Text`].
    pub const ALL: [Self; 3] = [Self::Kk, Self::Ru, Self::En];

    /// The first language of an `accept-language` value that we speak (RFC 9110 section 12.5.4; weights are read as order).
    #[must_use]
    pub fn accepted(header: &str) -> Self {
        let mut spoken = header.split(',').filter_map(|range| range.trim().get(..2)?.to_ascii_lowercase().parse().ok());
        spoken.next().unwrap_or_default()
    }

    /// BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Kk => "kk",
            Self::Ru => "ru",
            Self::En => "en",
        }
    }
}

/// The BCP 47 tag.
impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.tag())
    }
}

/// Not the tag of one of our languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of the languages `kk`, `ru`, `en`")]
pub struct UnknownLanguage;

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(tag: &str) -> Result<Self, UnknownLanguage> {
        Self::ALL.into_iter().find(|language| language.tag() == tag).ok_or(UnknownLanguage)
    }
}

/// A text in the three languages. An operator's pack and the table of proofs hold it as YAML, `{ kk: ..., ru: ..., en: ... }`:
/// all three, and nothing besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text<T = &'static str> {
    /// Kazakh.
    pub kk: T,
    /// Russian.
    pub ru: T,
    /// English.
    pub en: T,
}

/// A text of the program itself.
#[must_use]
pub const fn text(kk: &'static str, ru: &'static str, en: &'static str) -> Text {
    Text { kk, ru, en }
}

impl<'t> Text<&'t str> {
    /// The text in a language.
    #[must_use]
    pub const fn in_language(self, language: Language) -> &'t str {
        match language {
            Language::Kk => self.kk,
            Language::Ru => self.ru,
            Language::En => self.en,
        }
    }

    /// The same text, to stand where a pack's own could.
    #[must_use]
    pub fn owned(self) -> Text<String> {
        Text { kk: self.kk.to_owned(), ru: self.ru.to_owned(), en: self.en.to_owned() }
    }
}

impl Text<String> {
    /// The text in a language.
    #[must_use]
    pub fn in_language(&self, language: Language) -> &str {
        Text { kk: self.kk.as_str(), ru: &self.ru, en: &self.en }.in_language(language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_we_speak_is_taken() {
        for (wanted, header) in [
            (Language::Kk, "kk"),
            (Language::Ru, "ru-KZ,en;q=0.5"),
            (Language::Kk, "de, kk;q=0.8, ru;q=0.7"),
            (Language::Ru, "RU"),
            (Language::En, "zh"),
            (Language::En, ""),
            (Language::En, "ж"),
        ] {
            assert_eq!(Language::accepted(header), wanted, "{header}");
        }
    }

    #[test]
    fn a_tag_leads_to_its_language_and_nothing_else_does() {
        for language in Language::ALL {
            assert_eq!(language.tag().parse(), Ok(language));
            assert_eq!(text("kk", "ru", "en").in_language(language), language.tag());
        }
        for tag in ["", "KK", "kz", "en-GB"] {
            assert_eq!(tag.parse::<Language>(), Err(UnknownLanguage), "{tag}");
        }
    }
}
