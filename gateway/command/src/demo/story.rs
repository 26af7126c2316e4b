//! The demo's voice: lines for people as it goes, or one JSON object at the end; and its conscience, the list of promises.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use serde_json::{Map, Value, json};
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::{Format, say, tell};

/// What was told and which promises held.
pub(super) struct Story {
    format: Format,
    facts: Map<String, Value>,
    promises: Vec<Promise>,
    began: Instant,
}

/// Something that must hold.
struct Promise {
    name: String,
    wanted: String,
    got: String,
}

impl Promise {
    fn held(&self) -> bool {
        self.wanted == self.got
    }
}

impl Story {
    pub(super) fn new(format: Format) -> Self {
        Self { format, facts: Map::new(), promises: Vec::new(), began: Instant::now() }
    }

    /// A line of the story.
    pub(super) fn say(&self, line: &str) {
        if self.format == Format::Text {
            say(line);
        }
    }

    /// A chapter.
    pub(super) fn chapter(&self, title: &str) {
        self.say(&format!("\n{title}\n{}", "-".repeat(title.chars().count())));
    }

    /// Something that takes time, on standard error.
    pub(super) fn progress(&self, line: &str) {
        tell(&format!("[{:5.1} s] {line}", self.began.elapsed().as_secs_f32()));
    }

    /// A fact for the JSON object.
    pub(super) fn fact(&mut self, name: &str, value: Value) {
        self.facts.insert(name.to_owned(), value);
    }

    /// A promise: told when `aloud`, and counted for the verdict.
    pub(super) fn promise(&mut self, name: &str, wanted: impl ToString, got: impl ToString) {
        let promise = Promise { name: name.to_owned(), wanted: wanted.to_string(), got: got.to_string() };
        let mark = if promise.held() { "ok  " } else { "FAIL" };
        self.say(&format!("  {mark} {:<58} {}", promise.name, promise.got));
        if !promise.held() {
            self.say(&format!("       wanted: {}", promise.wanted));
        }
        self.promises.push(promise);
    }

    /// The demo could not go on.
    pub(super) fn broke(&mut self, error: &str) {
        self.promise("the demo runs to its end", "", error);
    }

    /// Last line and exit code.
    pub(super) fn verdict(mut self, kept: Option<&Path>) -> ExitCode {
        let broken = self.promises.iter().filter(|promise| !promise.held()).count();
        let verdict = if broken == 0 { "held" } else { "broken" };
        if let Some(directory) = kept {
            self.say(&format!("\nKept in {}", directory.display()));
        }
        let line = format!(
            "\nVerdict: {} of {} promises held in {:.1} s",
            self.promises.len() - broken,
            self.promises.len(),
            self.began.elapsed().as_secs_f32()
        );
        self.say(&line);
        if self.format == Format::Json {
            let promises: Vec<_> = self.promises.iter().map(|promise| json!({ "promise": promise.name, "wanted": promise.wanted, "got": promise.got, "held": promise.held() })).collect();
            self.fact("promises", promises.into());
            self.fact("verdict", verdict.into());
            say(&Value::Object(self.facts).to_string());
        }
        if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// `answered`, the reason's code, or the TLS alert that ended the handshake.
pub(super) fn code<T>(result: Result<T, Status>) -> String {
    let Err(status) = result else { return "answered".into() };
    if let Some(info) = status.get_details_error_info() {
        return info.reason;
    }
    let alert = status.message().split("received fatal alert: ").nth(1);
    let word = alert.and_then(|alert| alert.split(|c: char| !c.is_alphanumeric()).next());
    word.map_or_else(|| status.message().to_owned(), |word| format!("tls.{word}"))
}

/// Students of the demo.
pub(super) const STUDENTS: usize = 200;
/// The one whose story is told.
pub(super) const HERO: &str = "student-0007";
/// The same by number.
pub(super) const HERO_NUMBER: usize = 7;
