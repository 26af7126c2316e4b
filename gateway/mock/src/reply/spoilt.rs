//! Replies that no XML reader should take: hostile or broken documents.

use crate::Behaviour;

/// The envelope as this behaviour leaves it; others pass through.
pub(super) fn spoilt(behaviour: &Behaviour, envelope: String) -> String {
    match behaviour {
        Behaviour::TruncatedXml => truncated(&envelope).to_owned(),
        Behaviour::Dtd => after_declaration(&envelope, "<!DOCTYPE Envelope>"),
        Behaviour::EntityBomb => after_declaration(&envelope, &bomb()).replacen("<message>", "<message>&e9;", 1),
        Behaviour::ProcessingInstruction => after_declaration(&envelope, "<?qaqpa mock?>"),
        Behaviour::Deep => {
            let nest = ["<n>".repeat(DEPTH), "</n>".repeat(DEPTH)].concat();
            envelope.replacen("<responseInfo>", &format!("<responseInfo>{nest}"), 1)
        }
        _ => envelope,
    }
}

fn truncated(envelope: &str) -> &str {
    let middle = (envelope.len() / 2..envelope.len()).find(|at| envelope.is_char_boundary(*at));
    envelope.get(..middle.unwrap_or_default()).unwrap_or_default()
}

fn after_declaration(envelope: &str, inserted: &str) -> String {
    let (declaration, rest) = envelope.split_once("?>").unwrap_or(("<?xml version=\"1.0\"", envelope));
    [declaration, "?>", inserted, rest].concat()
}

/// Ten entities, each ten times the one before: ten thousand million characters out of six hundred.
fn bomb() -> String {
    let line = |level: usize| format!("<!ENTITY e{level} \"{}\">", format!("&e{};", level - 1).repeat(10));
    let lines: String = (1..10).map(line).collect();
    format!("<!DOCTYPE Envelope [<!ENTITY e0 \"qaqpaqaqpa\">{lines}]>")
}

/// More than anybody's documents have and than a reader of the house allows (64).
const DEPTH: usize = 80;
