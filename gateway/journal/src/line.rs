//! What stands in every line: the journal's head, and what the journal itself reads of the rest.

pub(crate) mod head;
pub(crate) mod moment;
pub(crate) mod strict;
