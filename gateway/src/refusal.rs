//! What is not done, and how it reaches the caller: a reason of the one table (`qaqpa_proto::reason`) with what belongs to
//! the case, and how what policy, residency and adapters say becomes one.

mod from_rooms;
mod not_done;

pub use not_done::{ERROR_DOMAIN, NotDone};
