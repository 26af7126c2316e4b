//! A configuration problem: file, line and one sentence.

use std::fmt;
use std::path::{Path, PathBuf};

/// One thing that is wrong with a configuration or with what it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file that has the problem.
    pub file: PathBuf,
    /// Line number from 1, if known.
    pub line: Option<usize>,
    /// One sentence, with the key in backticks.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file.display(), self.message),
            None => write!(f, "{}: {}", self.file.display(), self.message),
        }
    }
}

/// The text of the configuration, to find the line of a key in.
#[derive(Debug, Clone)]
pub struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    pub(super) fn new(text: &str, path: &Path) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// A problem at a dotted key such as `systems.avtoshkola.endpoint` or `callers.0.role`.
    #[must_use]
    pub fn problem(&self, key: &str, message: String) -> Problem {
        Problem { file: self.path.clone(), line: self.line(key), message }
    }

    /// What the parser found, in our words.
    pub(super) fn syntax(&self, error: &toml::de::Error) -> Problem {
        let line = error.span().map(|span| self.line_at(span.start));
        Problem { file: self.path.clone(), line, message: in_our_words(error.message().trim()) }
    }

    /// Line of the longest part of the key that stands in the file.
    fn line(&self, key: &str) -> Option<usize> {
        let document = toml_edit::Document::parse(self.text.as_str()).ok()?;
        let mut item: &toml_edit::Item = document.as_item();
        let mut offset = None;
        for part in key.split('.') {
            let span = item
                .as_table_like()
                .and_then(|table| table.get_key_value(part))
                .and_then(|(key, item)| key.span().or_else(|| item.span()));
            let Some(next) = item.get(part).or_else(|| item.get(part.parse::<usize>().ok()?)) else { break };
            offset = span.or_else(|| next.span()).or(offset);
            item = next;
        }
        offset.map(|span| self.line_at(span.start))
    }

    fn line_at(&self, offset: usize) -> usize {
        self.text.get(..offset).map_or(1, |before| before.matches('\n').count() + 1)
    }
}

/// Of what the parser says: which key is missing, or what is expected. Never what stands there, which may be a secret in the
/// wrong place.
fn in_our_words(message: &str) -> String {
    // The library's own sentences, each with a part of ours: a name of `Config`, or what a type of it wants.
    if let Some(name) = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        return format!("the key `{name}` is missing");
    }
    if message.starts_with("duplicate key") || message.starts_with("duplicate field") {
        return "this key, or this table, stands in the file twice".to_owned();
    }
    let repeats = ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant "];
    match message.rsplit_once("expected ") {
        Some((_, expected)) if repeats.iter().any(|known| message.starts_with(known)) => {
            format!("something else is expected here: {expected}")
        }
        _ => "this is not TOML, or not what its key wants; texts stand in quotes, tables in brackets".to_owned(),
    }
}
