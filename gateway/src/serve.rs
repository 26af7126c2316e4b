//! The gateway's own services, as ordinary typed tonic services: consents, subjects' rights, policies.
//!
//! Exchanges are not here; they are walked by [`crate::exchange`]. What these have in common is here: only a known caller
//! within its quota, of the right role, is admitted, at the headers of its call; whatever is done or refused is a line of the
//! journal, durable before the answer; and it is done to its end also when the caller hangs up.
//!
//! ```text
//! Admitted::of(&request)                -> Admitted, which was made at the headers, or else nothing is done
//! admitted.finish(&gateway, work)       -> the answer, or a recorded refusal
//! ```

mod budget;
pub mod consents;
mod entrance;
mod exchanges;
mod frames;
pub mod grpc;
mod messages;
mod own;
mod page;
pub mod policies;
mod protocol;
mod reflection;
mod report;
pub mod subjects;

pub use self::reflection::NotDescribed;

use std::future::Future;
use std::sync::Arc;

use jiff::Timestamp;
use qaqpa_journal::line::Who;
use qaqpa_policy::{Bin, Caller, Iin, Pack, Role};
use qaqpa_proto::language::Language;
use qaqpa_proto::reason::{Failure, Refusal};
use tonic::{Request, Status};

use self::entrance::{Access, enter};
use self::protocol::Grpc;
use crate::exchange::Client;
use crate::exchange::record::Unanswered;
use crate::gateway::Gateway;
use crate::persons::giving::at;
use crate::refusal::NotDone;

/// Servers and clients of `qaqpa.consent.v1`.
pub mod consent {
    /// Generated.
    #[expect(
        unused_qualifications,
        clippy::allow_attributes,
        clippy::allow_attributes_without_reason,
        reason = "generated"
    )]
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/qaqpa.consent.v1.rs"));
    }
}

/// Servers and clients of `qaqpa.subject.v1`.
pub mod subject {
    /// Generated.
    #[expect(
        unused_qualifications,
        clippy::allow_attributes,
        clippy::allow_attributes_without_reason,
        reason = "generated"
    )]
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/qaqpa.subject.v1.rs"));
    }
}

/// Servers and clients of `qaqpa.policy.v1`.
pub mod policy {
    /// Generated.
    #[expect(
        unused_qualifications,
        clippy::allow_attributes,
        clippy::allow_attributes_without_reason,
        reason = "generated"
    )]
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/qaqpa.policy.v1.rs"));
    }
}

/// A method of the gateway's own services. Each service lists its own; what no list names is not served.
pub(crate) struct Method {
    /// gRPC path.
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    /// Longest message, octets.
    pub(crate) longest: usize,
    /// Whether the caller sends any number of messages; otherwise one.
    pub(crate) streams: bool,
}

/// A call of one of the gateway's own services, let in at its headers by caller, quota and role. The services are reached
/// through `own.rs` alone, which puts it into every request.
#[derive(Clone)]
pub(crate) struct Admitted {
    /// UUIDv7.
    pub(crate) txn: String,
    pub(crate) caller: Caller,
    certificate: Arc<str>,
    peer: Arc<str>,
    /// gRPC path.
    pub(crate) method: &'static str,
    language: Language,
}

impl Admitted {
    /// Lets a call in, or turns it away. The quota first: also a no costs something.
    ///
    /// # Errors
    /// `caller.unknown`, `quota.caller`, `caller.role`, `request.compressed`; recorded, with the id of the line.
    async fn enter(
        gateway: &Gateway,
        client: &Client,
        method: &'static Method,
        call: &Grpc,
    ) -> Result<Self, (String, NotDone)> {
        let entered = match method.access {
            Access::Known => client.known().and_then(|caller| call.uncompressed().map(|()| caller.clone())),
            Access::Roles(roles) => enter(gateway, client, call, roles).map(|within| within.caller().clone()),
        };
        match entered {
            Ok(caller) => Ok(Self {
                txn: gateway.ids.fresh().to_string(),
                caller,
                certificate: client.certificate.clone(),
                peer: client.peer.clone(),
                method: method.path,
                language: call.language(),
            }),
            Err(not_done) => Err(gateway.turn_away(client, ("service", method.path), not_done).await),
        }
    }

    /// The admission of a request that came to its service.
    ///
    /// # Errors
    /// `gateway.internal`: it came by another way than `own.rs`.
    pub(crate) fn of<T>(request: &Request<T>) -> Result<Self, Status> {
        let admitted = request.extensions().get::<Self>().cloned();
        admitted.ok_or_else(|| NotDone::from(Failure::GatewayInternal).status(Language::En, ""))
    }

    pub(crate) fn who(&self) -> Who<'_> {
        Who {
            caller: self.caller.id().into(),
            certificate: (&*self.certificate).into(),
            operator: self.caller.operator().into(),
        }
    }

    /// Does the work in a task of its own, so that it is done to its end when the caller hangs up, and records a refusal.
    pub(crate) async fn finish<T: Send + 'static>(
        &self,
        gateway: &Arc<Gateway>,
        work: impl Future<Output = Result<T, NotDone>> + Send + 'static,
    ) -> Result<T, Status> {
        let (admitted, gateway, under_way) = (self.clone(), gateway.clone(), &gateway.under_way);
        // Detached: when the caller hangs up, the work and its lines go on.
        let task = under_way.spawn(async move {
            match work.await {
                Ok(answer) => Ok(answer),
                Err(not_done) => Err(admitted.refuse(&gateway, not_done).await),
            }
        });
        // A panic in the work: the call is lost, the process is not.
        task.await.unwrap_or_else(|_| Err(self.status(&Failure::GatewayInternal.into())))
    }

    /// Records that the call was not done; where that cannot be written, answers `journal.unavailable`.
    pub(crate) async fn refuse(&self, gateway: &Gateway, not_done: NotDone) -> Status {
        let call = Unanswered {
            what: "service",
            txn: &self.txn,
            who: self.who(),
            peer: &self.peer,
            method: self.method,
            purpose: None,
            accepted: None,
        };
        self.status(&gateway.record_not_done(call, not_done).await)
    }

    pub(crate) fn status(&self, not_done: &NotDone) -> Status {
        not_done.status(self.language, &self.txn)
    }
}

/// The organisation for which a caller acts: the operator itself when nothing is named, else one that it may act for. An
/// officer answers for all of its operator's.
pub(crate) fn acting(caller: &Caller, pack: &Pack, on_behalf_of: &str) -> Result<Bin, NotDone> {
    let own = pack.operator().bin;
    let named = match on_behalf_of {
        "" => own.ok_or(Refusal::DelegationNotAllowed)?,
        text => Bin::parse(text)
            .map_err(|why| NotDone::from(Refusal::RequestInvalid).at(vec![at("on_behalf_of", why.code())]))?,
    };
    let may = own == Some(named) || caller.role() == Role::Officer || caller.on_behalf_of().contains(&named);
    if may { Ok(named) } else { Err(Refusal::DelegationNotAllowed.into()) }
}

/// `request.invalid` for one field.
pub(crate) fn invalid(path: &str, word: &'static str) -> NotDone {
    NotDone::from(Refusal::RequestInvalid).at(vec![at(path, word)])
}

/// The moment in a request's field, if there is one.
pub(crate) fn moment(path: &str, stamp: Option<&prost_types::Timestamp>) -> Result<Option<Timestamp>, NotDone> {
    let read = |stamp| qaqpa_proto::moment::moment(stamp).ok_or_else(|| invalid(path, "not_a_moment"));
    stamp.map(read).transpose()
}

/// The number in a request's field `iin`.
pub(crate) fn iin(text: &str) -> Result<Iin, NotDone> {
    Iin::parse(text).map_err(|why| invalid("iin", why.code()))
}
