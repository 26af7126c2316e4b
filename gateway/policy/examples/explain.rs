//! Prints the matrix of the Avtomektep pack; its output is the reviewed file in `tests/golden`.

use std::error::Error;
use std::io::Write;

use qaqpa_policy::{Pack, Plans, explain};
use qaqpa_proto::Contract;

fn main() -> Result<(), Box<dyn Error>> {
    let pack = Pack::parse(include_str!("../../../deploy/policies/avtomektep.yaml"), "avtomektep.yaml")
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    let plans = Plans::compile(&Contract::embedded()?, &pack)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    std::io::stdout().write_all(explain::table(&plans, "en").as_bytes())?;
    Ok(())
}
