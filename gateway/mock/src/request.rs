//! What is the same for all steps from a request to its reply.

use jiff::Timestamp;

use crate::ids::Ids;
use crate::services::Services;
use crate::{Behaviour, Options};

/// One request, and what it is answered from.
#[derive(Clone, Copy)]
pub(crate) struct Request<'r> {
    pub(crate) options: &'r Options,
    pub(crate) ids: &'r Ids,
    pub(crate) services: &'r Services,
    pub(crate) behaviour: &'r Behaviour,
    pub(crate) now: Timestamp,
    /// There is a good reply that can be sent again.
    pub(crate) may_replay: bool,
}
