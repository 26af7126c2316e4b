//! The synchronous channel v10: SendMessage and its answer, as they stand in a SOAP Body.
//!
//! Written strictly by the schema; read by local name, because `data` comes in four shapes and in more than one namespace
//! (kz-protocols 1.7). Both sides are here: what a client writes and reads, and what the mock reads and writes.
//!
//! ```
//! use qaqpa_adapters::shep::sync::{self, Password, RequestInfo, Shape};
//!
//! let info = RequestInfo {
//!     message_id: "0f8b0c3e-6a51-4f0a-9d0e-3a4c0b6f1a10".into(),
//!     service_id: "MIA_AISAS_GetSchoolInfo".into(),
//!     message_date: "2026-03-02T05:15:30.120Z".parse()?,
//!     sender_id: "demo_sender".into(),
//!     password: Some(Password::new("demo_password")),
//!     ..RequestInfo::default()
//! };
//! let body = sync::write_request(&info, Shape::Root, "<school></school>")?;
//! assert!(body.starts_with("<typ:SendMessage xmlns:typ=\"http://bip.bee.kz/SyncChannel/v10/Types\"><request><requestInfo>"));
//! assert!(body.contains("<messageDate>2026-03-02T10:15:30.120+05:00</messageDate>"));
//! assert!(!format!("{info:?}").contains("demo_password"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answers;
mod data;
mod element_writer;
mod fault;
mod pick;
mod reply;
mod request;
mod shape;

pub use answers::{Answer, AnsweredBy, NotAnswered, Sent, answers};
pub use data::{Data, DataProblem};
pub use element_writer::Unwritable;
pub use fault::{ErrorInfo, Fault, write_fault};
pub use pick::SyncProblem;
pub use reply::{Reply, ResponseInfo, Status, read_reply, write_reply};
pub use request::{Password, Property, Received, RequestInfo, read_request, write_request};
pub use shape::Shape;
