//! Stands in for the state: a mock government that answers SHEP's synchronous channel v10 for AIS Avtoshkola and GBD FL, and from
//! files for any other system that has a contract ([`Replies`]).
//!
//! It is served over TLS without client certificates, as SHEP is; it verifies the WS-Security signature of every request
//! against pinned signers and signs its replies. What it knows of AIS Avtoshkola is RECONSTRUCTED, like the contract it
//! reads; of GBD FL the documents are attested, the codes of its errors and the persons are not. On demand it misbehaves, in every way a gateway has to survive: see [`Behaviour::ALL`].
//!
//! It refuses to be taken for the state: it answers in plain HTTP on loopback only, its schools and persons are synthetic, its
//! numbers begin with `RECON` and `RG`. It remembers in memory and within bounds, and forgets everything when it stops.
//!
//! ```no_run
//! # async fn example(options: qaqpa_mock::Options) -> Result<(), Box<dyn std::error::Error>> {
//! use qaqpa_mock::{Behaviour, Government};
//!
//! let government = Government::start(options).await?;
//! government.behave_once("soap-fault=SCE909".parse()?);    // the next request alone
//! government.behave(Behaviour::Drift);                     // all others
//! println!("{}?wsdl", government.url());                   // for zeep, SoapUI and their like
//! government.stop().await;
//! # Ok(()) }
//! ```

mod avtoshkola;
mod behaviour;
mod check_digit;
mod gbdfl;
mod government;
mod http;
mod ids;
mod intake;
mod kept;
mod listen;
mod lock;
mod not_started;
mod office;
mod options;
mod outgoing;
mod parcel;
mod refusal;
mod replies;
mod reply;
mod request;
mod respond;
mod script;
mod services;
mod socket;
mod truncated;
mod wsdl;

pub use behaviour::{Behaviour, Entry, Sound, UnknownBehaviour, Wrapping};
pub use gbdfl::EXPIRED_TOKEN;
pub use government::Government;
pub use kept::Exchange;
pub use not_started::NotStarted;
pub use options::{Clock, Options, Sender, Transport};
pub use replies::{Replies, RepliesProblem};
pub use reply::{CANARY, FORGED};

/// Path of the channel, the same everywhere (kz-protocols 1.1).
pub const PATH: &str = "/bip-sync-wss-gost/";
