//! One grammar of journal lines: what a line says stands in `gateway/journal/src/line`, where it is written and read by the
//! same types. Who looks for its bytes or names its keys elsewhere has made a second grammar, which will disagree one day.

use crate::tree::{findings, texts};

/// What a line of the journal begins with, in source text.
const PHASES: [&str; 9] =
    ["INTENT", "OUTCOME", "DENIED", "ADMIN", "RECOVERY", "EXPORT", "RETENTION", "CONSENT", "SUBJECT"];

#[test]
fn nobody_has_a_grammar_of_journal_lines_of_his_own() {
    let mut rust = texts();
    rust.retain(|text| text.path.starts_with("gateway/") && text.path.ends_with(".rs") && !text.path.contains("tests"));
    for text in &mut rust {
        // Unit tests stand at the very bottom; they may say what a line looks like.
        if let Some((code, _)) = text.text.split_once("#[cfg(test)]\nmod tests {") {
            text.text = code.to_owned();
        }
    }
    let found = findings(&rust, |path, line| {
        let own = path.starts_with("gateway/journal/src/line");
        let comment = line.trim_start().starts_with("//");
        let named = PHASES.iter().any(|phase| line.contains(&format!("\"{phase}\"")));
        let searched = line.contains(r#""phase""#) || line.contains("from_slice(&leaf.line)");
        (!own && !comment && (named || searched))
            .then(|| "names what a line of the journal says: read it by the grammar".to_owned())
    });
    assert_eq!(found, Vec::<String>::new());
}
