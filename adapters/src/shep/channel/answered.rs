//! Reads a verified Body: SHEP's three status layers, kept apart, and the business document behind them.
//!
//! 1. a fault: the channel refused or failed ([`NoAnswer::Fault`]);
//! 2. SHEP's status: anything but an attested success is no answer ([`NoAnswer::Status`]);
//! 3. the business result inside the document, which the state system means for the caller ([`Decoded::business`]).
//!
//! The document is read before it is known to be an answer, because some receivers name our message nowhere but in its head; it
//! comes out only through [`Answered`].

use jiff::{SignedDuration, Timestamp};
use qaqpa_proto::Operation;

use super::{Channel, Verified};
use crate::codec::{Codec, Limits, Read, ReadError, scalar};
use crate::shep::status;
use crate::shep::sync::{
    self, AnsweredBy, Data, DataProblem, Fault, NotAnswered, ResponseInfo, Sent, Status, SyncProblem,
};

/// Expectations of an answer, from contract and configuration.
#[derive(Clone, Copy)]
pub struct Expected<'e> {
    /// The operation that was asked.
    pub operation: &'e Operation,
    /// Its compiled codec.
    pub codec: &'e Codec,
    /// Limits on the size of the document.
    pub limits: &'e Limits,
    /// Replay window: how far the date of an answer may lie from its receipt, either way.
    pub window: SignedDuration,
}

/// Why a verified message is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// Not a message of the channel. The state system is at fault.
    #[error(transparent)]
    Malformed(#[from] SyncProblem),
    /// First status layer: the channel refused or failed.
    #[error("the channel answered with a fault")]
    Fault(Fault),
    /// Another message's answer, or one of another time. It may be a replay.
    #[error(transparent)]
    NotOurs(#[from] NotAnswered),
    /// Second status layer: SHEP's own word is not success.
    #[error("SHEP's status is not success")]
    Status(Status),
}

/// Why the document of an answer is not what the contract says. The state system is at fault.
#[derive(Debug, thiserror::Error)]
pub enum NotDecoded {
    /// No business document at all.
    #[error("the answer holds no document")]
    NoData,
    /// None that may be read.
    #[error(transparent)]
    Data(#[from] DataProblem),
    /// One that is not the contract's.
    #[error(transparent)]
    Document(#[from] ReadError),
}

/// An answer to our message, of our time, with a status of SHEP that is success.
pub struct Answered {
    by: AnsweredBy,
    status: Status,
    session_id: Option<String>,
    signer: Option<[u8; 32]>,
    business: Option<String>,
    document: Result<Read, NotDecoded>,
}

/// An answer whose document the contract reads.
pub struct Decoded {
    status: Status,
    session_id: Option<String>,
    signer: Option<[u8; 32]>,
    business: Option<String>,
    read: Read,
}

impl Verified<'_, '_> {
    /// Whether this is the answer to `sent`, received at `received`.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub fn answered(&self, sent: Sent<'_>, expected: &Expected<'_>, received: Timestamp) -> Result<Answered, NoAnswer> {
        let (info, data) = self.response()?;
        let document = document(data, expected);
        let result = expected.operation.business_result.as_ref();
        let wire = document.as_ref().ok().map(|read| read.wire.as_slice());
        let head = wire.and_then(|wire| scalar(wire, result?.request_id.as_ref()?));
        let by = sync::answers(&info, sent, head, expected.window, received)?.by();
        if !status::is_success(&info.status.code) {
            return Err(NoAnswer::Status(info.status));
        }
        let business = wire.and_then(|wire| scalar(wire, &result?.code)).map(str::to_owned);
        let (status, session_id, signer) = (info.status, info.session_id, self.body.certificate_sha256());
        Ok(Answered { by, status, session_id, signer, business, document })
    }

    fn response(&self) -> Result<(ResponseInfo, Option<Data<'_, '_>>), NoAnswer> {
        match self.channel {
            Channel::Sync => match sync::read_reply(self.body.node())? {
                sync::Reply::Fault(fault) => Err(NoAnswer::Fault(fault)),
                sync::Reply::Response { info, data } => Ok((info, data)),
            },
        }
    }
}

fn document(data: Option<Data<'_, '_>>, expected: &Expected<'_>) -> Result<Read, NotDecoded> {
    let data = data.ok_or(NotDecoded::NoData)?;
    let codec = expected.codec;
    Ok(data.with_root(codec.reply().root(), |root| codec.read_reply(root, expected.limits))??)
}

impl Answered {
    /// The id that ties it to our message.
    #[must_use]
    pub fn by(&self) -> AnsweredBy {
        self.by
    }

    /// Its document, read by the contract.
    ///
    /// # Errors
    /// [`NotDecoded`].
    pub fn decoded(self) -> Result<Decoded, NotDecoded> {
        let Self { status, session_id, signer, business, document, by: _ } = self;
        Ok(Decoded { status, session_id, signer, business, read: document? })
    }
}

impl Decoded {
    /// Second status layer: SHEP's own word. Its text may name a person.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// SHEP's session, where it named one.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.session_id.as_deref()
    }

    /// Third status layer: the code of the business result, where the contract names its place.
    #[must_use]
    pub fn business(&self) -> Option<&str> {
        self.business.as_deref()
    }

    /// SHA-256 of the signer's certificate; none in the benchmark that does not sign.
    #[must_use]
    pub fn signer(&self) -> Option<[u8; 32]> {
        self.signer
    }

    /// The document: wire bytes by the contract, and where it was not as the contract says.
    #[must_use]
    pub fn read(&self) -> &Read {
        &self.read
    }
}
