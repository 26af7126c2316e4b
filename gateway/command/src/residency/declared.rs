//! What a configuration declares, for the commands that look at it: compiled and checked as `serve` would.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use qaqpa_gateway::dial::Door;
use qaqpa_gateway::start::Environment;
use qaqpa_gateway::start::config::{Config, Problem, Source};
use qaqpa_gateway::start::setup::Setup;
use qaqpa_residency::{Peers, Tables};

use crate::{CONFIGURATION, tell};

/// A configuration that `serve` would start with.
pub(super) struct Declared {
    pub(super) config: Config,
    pub(super) door: Arc<Door>,
    pub(super) peers: Peers,
}

impl Declared {
    /// Reads and checks all of it.
    ///
    /// # Errors
    /// All problems at once.
    pub(super) fn read(path: &Path, environment: &Environment) -> Result<Self, Vec<Problem>> {
        let (config, source) = Config::read(path)?;
        let setup = Setup::check(&config, &source, environment)?;
        Ok(Self { config, door: setup.door().clone(), peers: setup.peers().clone() })
    }

    /// Its tables.
    pub(super) fn tables(&self) -> Arc<Tables> {
        self.door.tables()
    }
}

/// The tables alone, of a configuration that has problems elsewhere.
pub(super) fn tables(path: &Path) -> Option<Tables> {
    let (config, source): (Config, Source) = Config::read(path).ok()?;
    Setup::tables(&config, &source).ok()
}

/// Tells all problems.
pub(super) fn unusable(problems: &[Problem]) -> ExitCode {
    problems.iter().for_each(|problem| tell(&problem.to_string()));
    ExitCode::from(CONFIGURATION)
}
