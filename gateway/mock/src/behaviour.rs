//! Everything the mock can be told to do, good and bad: one variant a way, one stable name a variant.
//!
//! Names are kebab-case and part of the interface; those that take a value are written `name=value`, and without it have the
//! one in [`Behaviour::ALL`]. A behaviour that bends a reply bends good ones only: a request that is refused gets its fault.
//!
//! ```
//! use qaqpa_mock::{Behaviour, Wrapping};
//!
//! assert_eq!("wrapped-3".parse(), Ok(Behaviour::Wrapped(Wrapping::ForgedBodyFirst)));
//! assert_eq!("slow=250ms".parse::<Behaviour>()?.to_string(), "slow=250ms");
//! assert_eq!(Behaviour::Status("SCSE003".into()).name(), "status");
//! # Ok::<(), qaqpa_mock::UnknownBehaviour>(())
//! ```

mod table;
mod text;

use std::borrow::Cow;
use std::time::Duration;

pub use table::{Entry, Sound};
pub use text::UnknownBehaviour;

/// A way to answer a request. What each does is said in [`Behaviour::ALL`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is described in the table, for readers of the command line as well")]
pub enum Behaviour {
    Normal,
    Slow(Duration),
    Silence,
    CutBeforeReply,
    CutMidHeaders,
    CutMidBody,
    Reset,
    Html502,
    WrongContentType,
    Redirect(Cow<'static, str>),
    TooLarge,
    TruncatedXml,
    Dtd,
    EntityBomb,
    ProcessingInstruction,
    Deep,
    SoapFault(Cow<'static, str>),
    SoapFaultNested,
    Status(Cow<'static, str>),
    NoData,
    WrongCorrelation,
    StaleDate,
    Replayed,
    Unsigned,
    TamperedBody,
    WrongSigner,
    DuplicateId,
    Wrapped(Wrapping),
    ForeignTransform,
    Sha1,
    Drift,
    IssuerSerial,
    Utf16,
    Windows1251,
    Bom,
    Cdata,
    OtherPrefixes,
    DefaultNamespace,
    DataInXsiNamespace,
    EscapedData,
    UnbracedSession,
    DateSpellings,
}

/// Signature wrapping: the Body that was signed is still in the message, another one stands where readers look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapping {
    /// The signed Body stands in a header block of its own.
    InHeader = 1,
    /// The signed Body stands in `ds:Object` inside the Signature.
    InObject,
    /// Two Bodies, the forged one first.
    ForgedBodyFirst,
    /// Two Bodies, the signed one first.
    SignedBodyFirst,
    /// Two Signatures in one Security header, the first about the forged Body.
    TwoSignatures,
    /// Two Security headers, the first about the forged Body.
    TwoSecurities,
    /// The signed Envelope as a whole stands in the forged Body.
    NestedEnvelope,
}

impl Behaviour {
    /// Its stable name, without a value.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.entry().map_or("normal", |entry| entry.name)
    }

    /// Its row in [`Behaviour::ALL`]; a test holds that every variant has one.
    fn entry(&self) -> Option<&'static Entry> {
        Self::ALL.iter().find(|entry| self.is_like(&entry.behaviour))
    }

    /// Equal but for the value.
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Wrapped(one), Self::Wrapped(another)) => one == another,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}
