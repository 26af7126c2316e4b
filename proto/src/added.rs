//! Loads contracts at start: the compiled-in ones, and those that folders and files add.
//!
//! ```text
//! contracts/qaqpa/library/v1/readers.proto     a new system; its name is its path from the folder
//! contracts/qaqpa/gbdfl/v1/persons.proto       takes the place of the compiled-in file of this name
//! agency.binpb                                 the same as an encoded FileDescriptorSet (`buf build -o`)
//! ```
//!
//! A folder holds the text that its author wrote and its reviewer reads; it is compiled here, so there is no second file that may
//! be older. Refused: a file that does not compile, and one of the same name in two places. The annotations, `Context`, `Receipt`
//! and the gateway's own services are always the compiled-in ones.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use prost_reflect::{DescriptorPool, FileDescriptor};
use protox::Compiler;
use protox::file::{DescriptorSetFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver};

use crate::DESCRIPTOR_SET;
use crate::contract::Contract;
use crate::problem::{ContractError, NoContract};
use crate::redaction::redacted;

/// The compiled-in contracts and those added by folders of `.proto` files and by descriptor sets: their descriptor set, and what
/// is read from it.
///
/// # Errors
/// Everything at once: what cannot be read, what does not compile, and what the rest lacks to be contracts.
pub fn with_added(paths: &[PathBuf]) -> Result<(Vec<u8>, Contract), NoContract> {
    if paths.is_empty() {
        return Ok((DESCRIPTOR_SET.to_vec(), Contract::embedded()?));
    }
    let (sources, mut problems) = Sources::read(paths).map_err(|problem| NoContract(vec![problem]))?;
    let names: Vec<String> = sources.names.clone();
    let mut compiler = Compiler::with_file_resolver(sources);
    compiler.include_imports(true).include_source_info(true);
    let failed = names.iter().filter_map(|name| compiler.open_file(name).err());
    problems.extend(failed.map(|error| ContractError::Source(format!("{error:?}"))));
    // What compiled is looked at all the same, so that its author need not come again.
    let set = redacted(&compiler.encode_file_descriptor_set());
    let loaded = set.map_err(|error| NoContract(vec![ContractError::Source(error.to_string())]));
    match loaded.and_then(|set| Ok((Contract::load(&set)?, set))) {
        Ok((contract, set)) if problems.is_empty() => Ok((set, contract)),
        Ok(_) => Err(NoContract::of(problems)),
        Err(NoContract(found)) => Err(NoContract::of([problems, found].concat())),
    }
}

/// Where a file is looked for.
struct Sources {
    compiled_in: DescriptorSetFileResolver,
    /// Names that nothing takes the place of.
    ours: HashSet<String>,
    added: Vec<Box<dyn FileResolver>>,
    /// Every file, the compiled-in ones first.
    names: Vec<String>,
}

impl Sources {
    /// What can be read, and the problems with the rest.
    fn read(paths: &[PathBuf]) -> Result<(Self, Vec<ContractError>), ContractError> {
        let broken = ContractError::Descriptor;
        let pool = DescriptorPool::decode(DESCRIPTOR_SET).map_err(|error| broken(error.to_string()))?;
        let compiled_in =
            DescriptorSetFileResolver::decode(DESCRIPTOR_SET).map_err(|error| broken(error.to_string()))?;
        let mut names: Vec<String> = pool.files().map(|file| file.name().to_owned()).collect();
        let ours = pool.files().filter(|file| !has_a_system(file)).map(|file| file.name().to_owned()).collect();
        let (mut added, mut seen, mut problems) = (Vec::new(), HashSet::new(), Vec::new());
        for path in paths {
            match source(path) {
                Ok((resolver, found)) => {
                    let twice = found.iter().filter(|name| !seen.insert((*name).clone()));
                    problems.extend(twice.map(|name| named(path, &format!("`{name}` stands in another place too"))));
                    added.push(resolver);
                    names.extend(found);
                }
                Err(problem) => problems.push(problem),
            }
        }
        Ok((Self { compiled_in, ours, added, names }, problems))
    }
}

impl FileResolver for Sources {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        if self.ours.contains(name) {
            return self.compiled_in.open_file(name);
        }
        let google = GoogleFileResolver::new();
        let behind: [&dyn FileResolver; 2] = [&self.compiled_in, &google];
        for resolver in self.added.iter().map(AsRef::as_ref).chain(behind) {
            match resolver.open_file(name) {
                Err(error) if error.is_file_not_found() => {}
                found => return found,
            }
        }
        Err(protox::Error::file_not_found(name))
    }
}

/// A file that says which external system it speaks of may be replaced by what its agency hands out.
fn has_a_system(file: &FileDescriptor) -> bool {
    file.services().any(|service| {
        let options = service.options();
        options.extensions().any(|(option, _)| option.full_name() == "qaqpa.v1.system")
    })
}

/// A folder or a descriptor set, and the names of its files.
fn source(path: &Path) -> Result<(Box<dyn FileResolver>, Vec<String>), ContractError> {
    if path.is_dir() {
        let mut names = Vec::new();
        walk(path, "", &mut names).map_err(|error| named(path, &error.to_string()))?;
        if names.is_empty() {
            return Err(named(path, "holds no .proto file"));
        }
        return Ok((Box::new(IncludeFileResolver::new(path.to_owned())), names));
    }
    let set = std::fs::read(path).map_err(|error| named(path, &error.to_string()))?;
    let pool = DescriptorPool::decode(set.as_slice()).map_err(|error| named(path, &error.to_string()))?;
    let resolver =
        DescriptorSetFileResolver::decode(set.as_slice()).map_err(|error| named(path, &error.to_string()))?;
    Ok((Box::new(resolver), pool.files().map(|file| file.name().to_owned()).collect()))
}

/// Names of the `.proto` files below a folder, in the order of names, `/` between.
fn walk(folder: &Path, above: &str, names: &mut Vec<String>) -> std::io::Result<()> {
    let mut entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{above}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            walk(&entry.path(), &format!("{name}/"), names)?;
        } else if entry.path().extension().is_some_and(|extension| extension == "proto") {
            names.push(name);
        }
    }
    Ok(())
}

fn named(path: &Path, problem: &str) -> ContractError {
    ContractError::Source(format!("{}: {problem}", path.display()))
}
