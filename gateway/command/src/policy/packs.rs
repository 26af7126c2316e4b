//! Where packs and their cases are found: a file, a directory, or what is compiled in.
//!
//! Without `--policies` the directory `deploy/policies` of a working copy counts, when there is one; an installed binary
//! falls back to the packs it was built with, and says so in their file names.
//!
//! ```text
//! --operator cpm                      deploy/policies/cpm.yaml, else (compiled in)/cpm.yaml
//! --operator cpm --policies /srv/p    /srv/p/cpm.yaml and /srv/p/tests/cpm.yaml
//! draft/cpm.yaml                      that file and draft/tests/cpm.yaml
//! ```

use std::path::{Path, PathBuf};

use qaqpa_papers::cases::Cases;
use qaqpa_policy::{Bin, Pack, Plans};
use qaqpa_proto::Contract;

use super::Contracts;
use crate::development::PACKS;

/// Cases of the compiled-in packs.
const CASES: [(&str, &str); 5] = [
    ("avtomektep", include_str!("../../../../deploy/policies/tests/avtomektep.yaml")),
    ("cpm", include_str!("../../../../deploy/policies/tests/cpm.yaml")),
    ("smartustaz", include_str!("../../../../deploy/policies/tests/smartustaz.yaml")),
    ("myverify", include_str!("../../../../deploy/policies/tests/myverify.yaml")),
    ("qyzmet-desk", include_str!("../../../../deploy/policies/tests/qyzmet-desk.yaml")),
];
/// Where a working copy keeps its packs.
const HERE: &str = "deploy/policies";
/// What stands for the directory of packs that came with the binary.
const COMPILED_IN: &str = "(compiled in)";

/// One pack.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct One {
    /// A pack file; or name an operator
    #[arg(value_name = "FILE", required_unless_present = "operator", conflicts_with = "operator")]
    file: Option<PathBuf>,
    /// The pack of this operator
    #[arg(long, value_name = "ID")]
    operator: Option<String>,
    #[command(flatten)]
    folder: Folder,
}

/// One pack, or all there are.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Any {
    /// A pack file; all packs when neither file nor operator is named
    #[arg(value_name = "FILE", conflicts_with = "operator")]
    file: Option<PathBuf>,
    /// The pack of this operator
    #[arg(long, value_name = "ID")]
    operator: Option<String>,
    #[command(flatten)]
    folder: Folder,
}

#[derive(Debug, Clone, clap::Args)]
struct Folder {
    /// Directory of packs, `ID.yaml` each, cases in `tests/ID.yaml`; deploy/policies when it is there, else the packs that
    /// came with this binary
    #[arg(long, value_name = "DIR")]
    policies: Option<PathBuf>,
}

/// A pack's text and where it came from.
pub(super) struct Found {
    /// For messages.
    pub(super) file: String,
    pub(super) text: String,
    cases: Option<(String, String)>,
}

impl One {
    pub(super) fn find(&self) -> Result<Found, String> {
        match (&self.file, &self.operator) {
            (Some(file), _) => at(file),
            (None, operator) => self.folder.find(operator.as_deref().unwrap_or_default()),
        }
    }
}

impl Any {
    /// Whether a pack was asked for by name.
    pub(super) fn is_named(&self) -> bool {
        self.file.is_some() || self.operator.is_some() || self.folder.policies.is_some()
    }

    pub(super) fn find(&self) -> Result<Vec<Found>, String> {
        match (&self.file, &self.operator) {
            (Some(file), _) => at(file).map(|found| vec![found]),
            (None, Some(operator)) => self.folder.find(operator).map(|found| vec![found]),
            (None, None) => self.folder.ids()?.iter().map(|id| self.folder.find(id)).collect(),
        }
    }
}

impl Folder {
    fn directory(&self) -> Option<PathBuf> {
        self.policies.clone().or_else(|| Some(PathBuf::from(HERE)).filter(|here| here.is_dir()))
    }

    fn ids(&self) -> Result<Vec<String>, String> {
        let Some(directory) = self.directory() else { return Ok(PACKS.map(|(id, _)| id.to_owned()).to_vec()) };
        let unreadable = |error: std::io::Error| format!("{}: {error}", directory.display());
        let mut ids = Vec::new();
        for entry in std::fs::read_dir(&directory).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.extension().is_some_and(|end| end == "yaml") {
                ids.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
            }
        }
        ids.sort_unstable();
        if ids.is_empty() { Err(format!("{}: no packs there", directory.display())) } else { Ok(ids) }
    }

    fn find(&self, id: &str) -> Result<Found, String> {
        if !self.ids()?.iter().any(|known| known == id) {
            return Err(format!("no pack of an operator `{id}`; there are {}", self.ids()?.join(", ")));
        }
        match self.directory() {
            Some(directory) => at(&directory.join(format!("{id}.yaml"))),
            None => {
                let of = |table: &[(&str, &'static str)]| {
                    table.iter().find(|(known, _)| *known == id).map(|(_, text)| (*text).to_owned())
                };
                Ok(Found {
                    file: format!("{COMPILED_IN}/{id}.yaml"),
                    text: of(&PACKS).unwrap_or_default(),
                    cases: of(&CASES).map(|text| (format!("{COMPILED_IN}/tests/{id}.yaml"), text)),
                })
            }
        }
    }
}

/// A pack file, and the cases in the folder `tests` beside it, when there are any.
pub(super) fn at(file: &Path) -> Result<Found, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let name = file.file_name().map(PathBuf::from).unwrap_or_default();
    let beside = file.parent().map(|folder| folder.join("tests").join(name)).filter(|cases| cases.is_file());
    let cases = match beside {
        None => None,
        Some(path) => {
            let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            Some((path.display().to_string(), text))
        }
    };
    Ok(Found { file: file.display().to_string(), text, cases })
}

impl Found {
    pub(super) fn pack(&self) -> Result<Pack, String> {
        Pack::parse(&self.text, &self.file).map_err(lines)
    }

    /// Plans of the pack. Where the policy publishes no BIN, a synthetic one stands in: nothing is asked of anybody here.
    pub(super) fn plans(&self, contract: &Contract) -> Result<Plans, String> {
        let pack = self.pack()?;
        let named = Bin::parse("990140000007").ok().and_then(|bin| pack.clone().with_bin(bin).ok());
        Plans::compile(contract, named.as_ref().unwrap_or(&pack))
            .map_err(|problems| lines(problems.iter().map(|problem| format!("{}: {problem}", self.file))))
    }

    /// The cases beside the pack and the name of their file.
    pub(super) fn cases(&self, contract: &Contract, pack: &Pack) -> Result<Option<(String, Cases)>, String> {
        let Some((file, text)) = &self.cases else { return Ok(None) };
        Cases::parse(text, file, contract, pack).map(|cases| Some((file.clone(), cases))).map_err(lines)
    }
}

impl Contracts {
    pub(crate) fn load(&self) -> Result<Contract, String> {
        qaqpa_proto::with_added(&self.contracts).map(|(_, contract)| contract).map_err(|no| no.to_string())
    }
}

fn lines<T: ToString>(problems: impl IntoIterator<Item = T>) -> String {
    problems.into_iter().map(|problem| problem.to_string()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(policies: Option<&Path>) -> Folder {
        Folder { policies: policies.map(Path::to_owned) }
    }

    #[test]
    fn what_is_compiled_in_is_what_lies_in_the_working_copy() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/policies");
        let contract = Contract::embedded().unwrap();
        let mut ids: Vec<&str> = PACKS.iter().map(|(id, _)| *id).collect();
        ids.sort_unstable();
        assert_eq!(folder(Some(&here)).ids().unwrap(), ids);
        for (id, text) in PACKS {
            let found = folder(Some(&here)).find(id).unwrap();
            assert_eq!(found.text, text, "{id}");
            let cases = CASES.iter().find(|(known, _)| *known == id).map(|(_, text)| *text);
            assert_eq!(found.cases.as_ref().map(|(_, text)| text.as_str()), cases, "{id}");
            let plans = found.plans(&contract).unwrap();
            assert!(found.cases(&contract, plans.pack()).unwrap().is_some(), "{id}");
        }
    }

    #[test]
    fn what_is_not_there_is_said_with_what_is() {
        let empty = tempfile::tempdir().unwrap();
        for (wanted, found) in [
            ("no packs there", folder(Some(empty.path())).find("cpm").map(|found| found.file)),
            ("No such file", folder(Some(&empty.path().join("none"))).find("cpm").map(|found| found.file)),
            ("No such file", at(&empty.path().join("cpm.yaml")).map(|found| found.file)),
        ] {
            assert!(found.as_ref().is_err_and(|error| error.contains(wanted)), "{wanted}: {found:?}");
        }
        std::fs::write(empty.path().join("cpm.yaml"), "operator: 7").unwrap();
        let unknown = folder(Some(empty.path())).find("smartustaz").map(|found| found.file);
        assert!(unknown.as_ref().is_err_and(|error| error.ends_with("there are cpm")), "{unknown:?}");
        let broken = folder(Some(empty.path())).find("cpm").unwrap();
        assert!(broken.pack().is_err_and(|error| error.contains("cpm.yaml:1:")));
        assert!(broken.cases.is_none());
    }
}
