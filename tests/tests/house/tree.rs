//! The files of the repository, as git would submit them, and what they say.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The text of a file that must be there.
pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// One text file.
pub(crate) struct Text {
    /// From the root, `/` between.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// All of them; what is not UTF-8 is no text.
pub(crate) fn texts() -> Vec<Text> {
    let text = |path: String| Some(Text { text: std::fs::read_to_string(root().join(&path)).ok()?, path });
    paths().into_iter().filter_map(text).collect()
}

/// `path:line: ` of every line that `wrong` says something about.
pub(crate) fn findings(texts: &[Text], wrong: impl Fn(&str, &str) -> Option<String>) -> Vec<String> {
    let mut found = Vec::new();
    for Text { path, text } in texts {
        for (at, line) in text.lines().enumerate() {
            found.extend(wrong(path, line).map(|what| format!("{path}:{}: {what}", at + 1)));
        }
    }
    found
}

/// Paths of all files, from the root. Without git (a source archive) the tree is walked.
#[expect(clippy::disallowed_methods, reason = "git knows which files are the repository's")]
pub(crate) fn paths() -> Vec<String> {
    let git = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(root())
        .output()
        .ok()
        .filter(|output| output.status.success() && !output.stdout.is_empty());
    let mut paths: Vec<String> = match git {
        Some(output) => String::from_utf8_lossy(&output.stdout).split_terminator('\0').map(str::to_owned).collect(),
        None => walk(root()).iter().filter_map(|path| relative(path)).collect(),
    };
    // A file that was deleted but not yet committed so.
    paths.retain(|path| root().join(path).exists());
    paths.sort();
    assert!(paths.len() > 50, "this is not the repository: {paths:?}");
    paths
}

fn walk(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name());
        let ignored =
            ["target", ".git", "__pycache__", ".venv", ".pytest_cache"].iter().any(|ignored| name == *ignored);
        match entry.file_type().unwrap() {
            kind if kind.is_dir() && !ignored => files.extend(walk(&path)),
            kind if kind.is_file() => files.push(path),
            _ => {}
        }
    }
    files
}

fn relative(path: &Path) -> Option<String> {
    Some(path.strip_prefix(root()).ok()?.to_str()?.to_owned())
}
