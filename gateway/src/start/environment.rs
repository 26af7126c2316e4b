//! What a gateway is given besides its configuration: the time, and for tests who answers for names.

use std::sync::Arc;

use crate::clock::Clock;
use crate::dial::Resolve;

/// What comes from outside and is not configuration.
#[derive(Clone)]
pub struct Environment {
    /// The wall clock.
    pub clock: Clock,
    /// Who is asked for names in place of the declared DNS servers: a test's table, or the demo's.
    pub resolver: Option<Arc<dyn Resolve>>,
}
