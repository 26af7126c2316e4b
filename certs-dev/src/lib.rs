//! A PKI for laptops, and its enemies.
//!
//! Development certificates shaped like those of the national certification authority (NUC RK), so that a gateway, a
//! mock government and their clients can talk TLS and sign messages on a laptop with nothing but Rust. Beside them
//! stand *enemies*: certificates with one flaw each, which a gateway must turn away. And [`inspect()`] explains any
//! certificate, a real one included, before it is put into a configuration.
//!
//! It refuses to be mistaken for the real thing: every common name and organisation starts with [`MARK`], object
//! identifiers of subjects lie in the example arc 2.999, organisations carry synthetic BINs. The authorities' keys
//! never leave memory, so nobody can issue more from a written folder.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now = time::macros::datetime!(2026-11-20 12:00 UTC);   // the clock is the caller's
//! let folder = tempfile::tempdir()?;
//! let pki = qaqpa_certs_dev::DevPki::make(now)?;
//! pki.write(folder.path())?;                                 // see `layout::FILES`
//!
//! let school = qaqpa_certs_dev::inspect(pki.clients.school.certificate_pem().as_bytes(), now)?;
//! assert!(school.to_string().contains("BIN              990140000007"));
//! # Ok(())
//! # }
//! ```

mod authority;
mod credential;
pub mod inspect;
mod keys;
pub mod layout;
mod pki;
mod request;

pub use authority::{Authority, RevocationList};
pub use credential::Credential;
pub use inspect::inspect;
pub use pki::{Clients, DevPki, Enemies, Servers, Signers};

/// How every common name and organisation made here starts. A gateway outside a laptop refuses whoever carries it.
pub const MARK: &str = "QAQPA DEVELOPMENT";

/// Why there are no development certificates.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller's clock is absurd; certificates of such dates would only confuse.
    #[error("the clock says year {year}, but development certificates are made in the years 2020 to 2199 only")]
    Clock {
        /// The year the clock says.
        year: i32,
    },
    /// The machine is at fault: its random source or its threads.
    #[error("this machine could not make a key")]
    Key(#[source] Option<rcgen::Error>),
    /// This crate is at fault: it asked for a certificate that cannot be encoded.
    #[error("the certificate `{name}` could not be made")]
    Issue {
        /// The credential's name, as in [`layout::FILES`].
        name: String,
        /// What the encoder says.
        source: rcgen::Error,
    },
    /// The caller named a folder in use; keys are never overwritten.
    #[error("`{path}` already holds files: name a new or an empty folder")]
    NotEmpty {
        /// The folder named.
        path: String,
    },
    /// The file system is at fault.
    #[error("`{path}` could not be written")]
    Write {
        /// The file or folder concerned.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
}
