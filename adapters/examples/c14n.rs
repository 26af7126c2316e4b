//! A canonicaliser for the comparison with libxml2 (`tests/interop/test_c14n.py`): one base64 document a line in, one base64
//! canonical form a line out, or `refused CODE`.
//!
//! ```text
//! exclusive PREFIXES PATH DOCUMENT      PREFIXES: a comma-separated PrefixList or `-`
//! inclusive - PATH DOCUMENT             PATH: the apex as child-element numbers from the root, `.` or `0.2.1`
//! ```

use std::io::{BufRead, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use qaqpa_adapters::xml::{Document, Node, c14n, document, text};

fn main() -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        match answer(&line?) {
            Ok(octets) => writeln!(out, "{}", STANDARD.encode(octets))?,
            Err(code) => writeln!(out, "refused {code}")?,
        }
    }
    out.flush()
}

fn answer(line: &str) -> Result<Vec<u8>, &'static str> {
    let words: Vec<&str> = line.split(' ').collect();
    let [algorithm, prefixes, path, encoded] = words.as_slice() else { return Err("line") };
    let octets = STANDARD.decode(encoded).map_err(|_| "base64")?;
    let text = text::decode(&octets, None).map_err(text::NotText::code)?;
    let tree = match Document::parse(&text) {
        Ok(_) => roxmltree::Document::parse(&text),
        // The guard lets none through, but the algorithm has an opinion about them.
        Err(refused) if refused.code() == "processing_instruction" => roxmltree::Document::parse(&text),
        Err(refused) => return Err(refused.code()),
    };
    let tree = tree.map_err(|_| "tree")?;
    let apex = descend(tree.root_element(), path).ok_or("path")?;
    let mut out = Vec::new();
    match *algorithm {
        "inclusive" => c14n::inclusive(apex, &mut out),
        "exclusive" => {
            let list: Vec<&str> = prefixes.split(',').filter(|prefix| *prefix != "-").collect();
            c14n::exclusive(apex, &list, &mut out);
        }
        _ => return Err("algorithm"),
    }
    Ok(out)
}

fn descend<'a, 'input>(root: Node<'a, 'input>, path: &str) -> Option<Node<'a, 'input>> {
    let mut steps = path.split('.').filter(|step| !step.is_empty());
    steps.try_fold(root, |node, step| document::elements(node).nth(step.parse().ok()?))
}
