//! Writes the reviewed matrix of every pack in `deploy/policies` anew, into `tests/golden/OPERATOR.txt`. Run it after a
//! change of a pack or a contract, from the repository's root, and read the diff:
//!
//! ```text
//! cargo run -p qaqpa-papers --example explain && git diff gateway/policy/papers/tests/golden
//! ```

use std::error::Error;
use std::fmt::Display;
use std::fs;
use std::path::Path;

use qaqpa_papers::explain;
use qaqpa_policy::{Pack, Plans};
use qaqpa_proto::Contract;
use qaqpa_proto::language::Language;

fn main() -> Result<(), Box<dyn Error>> {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let contract = Contract::embedded()?;
    for file in fs::read_dir(crate_root.join("../../../deploy/policies"))? {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let pack = Pack::parse(&fs::read_to_string(&path)?, &name).map_err(|problems| lines(&problems))?;
            let plans = Plans::compile(&contract, &pack).map_err(|problems| lines(&problems))?;
            let golden = crate_root.join("tests/golden").join(format!("{}.txt", pack.id()));
            fs::write(golden, explain::table(&plans, Language::En))?;
        }
    }
    Ok(())
}

fn lines(problems: &[impl Display]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
