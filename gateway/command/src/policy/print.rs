//! A document in the form that was asked for.

use qaqpa_papers::printed::Document;
use serde_json::Value;

use super::{Form, How};
use crate::say;

/// Prints `document`, or `json` where that was asked for.
pub(super) fn print(how: How, document: &Document, json: impl FnOnce() -> Value) {
    match how.format {
        Form::Text => say(document.text().trim_end()),
        Form::Md => say(document.markdown().trim_end()),
        Form::Csv => say(document.csv().trim_end()),
        Form::Json => say(&serde_json::to_string_pretty(&json()).unwrap_or_default()),
    }
}
