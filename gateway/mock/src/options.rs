//! What a mock government is told when it starts.
//!
//! ```
//! use qaqpa_mock::Sender;
//! use qaqpa_adapters::shep::sync::Password;
//!
//! let sender = Sender { id: "demo_sender".into(), password: Password::new("demo_password") };
//! assert!(!format!("{sender:?}").contains("demo_password"));
//! ```

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use qaqpa_adapters::shep::sync::Password;
use qaqpa_adapters::wsse::{PinnedSigners, Sign};
use qaqpa_proto::Contract;

use crate::Replies;

/// The clock of whoever starts the mock; tests turn it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Everything that is not a behaviour.
#[derive(Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// TLS, or plain HTTP on loopback.
    pub transport: Transport,
    /// Whose signatures on requests are believed.
    pub trusted: PinnedSigners,
    /// Signs the replies.
    pub signer: Arc<dyn Sign>,
    /// Signs what [`crate::Behaviour::WrongSigner`] sends; without it that behaviour answers with a fault.
    pub rogue: Option<Arc<dyn Sign>>,
    /// Which services there are and how their documents look.
    pub contract: Arc<Contract>,
    /// Replies to services that no registry answers, or in the place of one.
    pub replies: Replies,
    /// Dates replies and judges the validity of signers.
    pub clock: Clock,
    /// Takes requests without a signature and answers them without one: for the first steps of a foreign SOAP stack and for
    /// benchmarks. A signature that is there is verified all the same. It weakens the mock alone, never a gateway.
    pub accept_unsigned: bool,
    /// Login that a request has to carry; any will do where there is none.
    pub sender: Option<Sender>,
    /// How many exchanges [`crate::Government::seen`] remembers, octet for octet; older ones are forgotten.
    pub keep: usize,
    /// Length in characters of a school's address, if it is to be longer than it is: makes a reply of a wanted size.
    pub generous: usize,
}

/// How bytes travel.
#[derive(Clone)]
pub enum Transport {
    /// TLS with this certificate; the configuration decides about versions and asks for no client certificate.
    Tls(Arc<rustls::ServerConfig>),
    /// Nothing at all. Refused unless the address is a loopback one.
    Plain,
}

/// A login at SHEP.
#[derive(Debug, Clone)]
pub struct Sender {
    /// senderId
    pub id: String,
    /// password
    pub password: Password,
}
