//! Refusals and failures of a call: the reason of the one table (`qaqpa_proto::reason`), its details, and the
//! conversion of what policy, residency and adapters report.

mod from_rooms;
mod not_done;

pub use not_done::{ERROR_DOMAIN, NotDone};
