//! Dependencies that are injected besides the configuration: the clock and, for tests, a DNS resolver.

use std::sync::Arc;

use crate::clock::Clock;
use crate::dial::Resolve;

/// Injected dependencies that are not configuration.
#[derive(Clone)]
pub struct Environment {
    /// The wall clock.
    pub clock: Clock,
    /// DNS resolver in place of the declared servers; for tests and the demo.
    pub resolver: Option<Arc<dyn Resolve>>,
}
