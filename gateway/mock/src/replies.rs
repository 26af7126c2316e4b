//! Replies read from files: how a system is played that has a contract and no registry in Rust.
//!
//! ```text
//! DIR/library/1-known-reader/request.xml     the document that is answered like this
//! DIR/library/1-known-reader/reply.xml       the answer; {request-id}, {message-id} and {date} are filled in
//! DIR/library/2-anybody-else/...             tried in the order of the folders' names
//! DIR/library/schemas/library.xsd            served at ?xsd=library.xsd
//! ```
//!
//! A folder is named after a system of the contract, and the roots of its requests after the operations. A request is answered by
//! the first case of which it has every element, with the same text where the case has one: `<iin/>` stands for any.
//! Refused at start: a case that the contract does not know from end to end. A reply in a file is one a gateway would take.

mod recorded;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use qaqpa_proto::Contract;

use crate::respond;

/// What the folder of a mock's replies holds; nothing by default.
#[derive(Debug, Clone, Default)]
pub struct Replies {
    /// By system, in the order of their names.
    cases: BTreeMap<String, Vec<Case>>,
    /// Schemas by the query that asks for them, `xsd=library.xsd`.
    schemas: BTreeMap<String, String>,
}

/// A document and its answer, as text.
#[derive(Debug, Clone)]
struct Case {
    folder: PathBuf,
    request: String,
    reply: String,
}

/// Why replies are not served. Whoever wrote the files is at fault.
#[derive(Debug, thiserror::Error)]
pub enum RepliesProblem {
    /// A file or a folder cannot be read as text.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        error: io::Error,
    },
    /// A case, or a system, that the contract does not know.
    #[error("{}: {problem}", path.display())]
    Contract {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong; holds names and never values.
        problem: String,
    },
}

impl Replies {
    /// Reads a folder of systems. Whether the contract knows them is found when the mock starts.
    ///
    /// # Errors
    /// The first file that cannot be read.
    pub fn read(folder: &Path) -> Result<Self, RepliesProblem> {
        let mut replies = Self::default();
        for system in entries(folder)? {
            for entry in entries(&system)? {
                if entry.ends_with("schemas") {
                    replies.take_schemas(&entry)?;
                } else {
                    let (request, reply) = (text(&entry.join("request.xml"))?, text(&entry.join("reply.xml"))?);
                    let case = Case { folder: entry, request, reply };
                    replies.cases.entry(name(&system)).or_default().push(case);
                }
            }
        }
        Ok(replies)
    }

    fn take_schemas(&mut self, folder: &Path) -> Result<(), RepliesProblem> {
        for file in entries(folder)? {
            let kind = file.extension().map(|kind| kind.to_string_lossy().into_owned()).unwrap_or_default();
            self.schemas.insert(format!("{kind}={}", name(&file)), text(&file)?);
        }
        Ok(())
    }

    /// The schema that a query such as `xsd=library.xsd` asks for.
    pub(crate) fn schema(&self, query: &str) -> Option<&str> {
        self.schemas.get(query).map(String::as_str)
    }

    /// The services that are answered from files, checked against the contract.
    pub(crate) fn services(&self, contract: &Contract) -> Result<Vec<respond::Service>, RepliesProblem> {
        let mut services = Vec::new();
        for (system, cases) in &self.cases {
            let operations = contract.operations().iter().filter(|operation| operation.system.id == *system);
            let ids: BTreeSet<&str> = operations.map(|operation| operation.service_id.as_str()).collect();
            if let (true, Some(case)) = (ids.is_empty(), cases.first()) {
                return Err(case.problem("", format!("no contract speaks of a system `{system}`")));
            }
            for id in ids {
                services.extend(recorded::service(contract, system, id, cases)?);
            }
            recorded::all_are_known(contract, system, cases)?;
        }
        Ok(services)
    }
}

impl Case {
    fn problem(&self, file: &str, problem: impl Into<String>) -> RepliesProblem {
        RepliesProblem::Contract { path: self.folder.join(file), problem: problem.into() }
    }
}

/// What lies in a folder, in the order of names; hidden files are no part of it.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, RepliesProblem> {
    let failed = |error| RepliesProblem::File { path: folder.to_owned(), error };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        found.push(entry.map_err(failed)?.path());
    }
    found.retain(|path| !name(path).starts_with('.'));
    found.sort();
    Ok(found)
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn text(file: &Path) -> Result<String, RepliesProblem> {
    std::fs::read_to_string(file).map_err(|error| RepliesProblem::File { path: file.to_owned(), error })
}
