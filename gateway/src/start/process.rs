//! What the process asks of the kernel for itself: as many descriptors as it may have, and that nobody copies its memory, in
//! which personal data stand while they pass.

use std::fmt;

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};

use crate::listen::bounds::Bounds;

/// The limit of open files, held against what connections need. Displays as a line for the operator:
///
/// ```text
/// open files: 1024 of the 4064 that 2000 connections need, so 372 are let in; raise the hard limit (systemd: LimitNOFILE)
/// ```
#[derive(Debug, Clone, Copy)]
pub struct OpenFiles {
    limit: u64,
    wanted: Bounds,
}

impl OpenFiles {
    /// What is in force now, for connections within `wanted`.
    #[must_use]
    pub fn now(wanted: Bounds) -> Self {
        Self { limit: getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX), wanted }
    }

    /// How many files may be open.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// The bounds that can be kept.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        self.wanted.within(self.limit)
    }

    /// Whether all connections that are wanted can be open.
    #[must_use]
    pub fn are_enough(&self) -> bool {
        self.bounds() == self.wanted
    }
}

impl fmt::Display for OpenFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (limit, all, needed) = (self.limit, self.wanted.all, self.wanted.descriptors());
        match self.are_enough() {
            true => write!(f, "open files: {limit}; {all} connections need {needed}"),
            false => write!(
                f,
                "open files: {limit} of the {needed} that {all} connections need, so {} are let in; raise the hard limit \
                 (systemd: LimitNOFILE)",
                self.bounds().all
            ),
        }
    }
}

/// Raises the limit of open files (`RLIMIT_NOFILE`) to the hard limit. The usual soft limit of 1,024 is for programs that use
/// `select(2)`.
pub fn raise_open_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}

/// No core file, whatever `ulimit -c` and the kernel's pattern say, and no debugger of the same user (`PR_SET_DUMPABLE`).
///
/// # Errors
/// As the kernel says.
pub fn keep_memory_private() -> std::io::Result<()> {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, none)?;
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_a_core_file_nor_a_debugger_reads_the_memory() {
        keep_memory_private().unwrap();
        assert_eq!(rustix::process::dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
    }

    #[test]
    fn an_operator_reads_whether_there_are_enough() {
        let wanted = Bounds::default();
        let told = |limit| OpenFiles { limit, wanted }.to_string();
        assert_eq!(told(20_000), "open files: 20000; 2000 connections need 4064");
        let few = "open files: 1024 of the 4064 that 2000 connections need, so 372 are let in; raise the hard limit (systemd: LimitNOFILE)";
        assert_eq!(told(1024), few);
    }
}
