//! The entrance of every RPC: what is decided at the headers, before anything of the body is read. So a stranger, a wrong
//! role and a caller beyond its quota cost a few hundred octets, whatever they announce.
//!
//! | asked | refused with |
//! |---|---|
//! | is it gRPC? ([`Grpc`]) | 415, 405, 505, counted as `request.not_grpc` |
//! | does the configuration know the certificate? (room 2) | `caller.unknown` |
//! | is the caller within its quota? (room 3) | `quota.caller` |
//! | does its role cover the method? | `caller.role` |
//! | is nothing compressed? | `request.compressed` |
//!
//! The quota's token that is taken here is the one of the call's only, or first, message.

use http::header::HeaderName;
use http::{HeaderValue, Response};
use qaqpa_policy::Role;
use qaqpa_proto::language::Language;
use qaqpa_proto::reason::Refusal;
use tonic::body::Body;

use super::protocol::Grpc;
use crate::exchange::Client;
use crate::exchange::quota::Within;
use crate::gateway::Gateway;
use crate::refusal::NotDone;

/// Who may call a method.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Access {
    /// Every known caller, as often as it likes: contracts and health.
    Known,
    /// Callers of these roles, within their quota.
    Roles(&'static [Role]),
}

/// Lets a call of a method for `roles` in.
///
/// # Errors
/// As the table above says; nothing is recorded yet.
pub(super) fn enter(gateway: &Gateway, client: &Client, call: &Grpc, roles: &[Role]) -> Result<Within, NotDone> {
    let within = gateway.admit(client)?;
    if !roles.contains(&within.caller().role()) {
        return Err(Refusal::CallerRole.into());
    }
    call.uncompressed()?;
    Ok(within)
}

/// A refusal at the headers, as a response without a body ("Trailers-Only"). It says which compression is spoken, so that
/// clients fall back.
pub(super) fn refused(not_done: &NotDone, language: Language, exchange_id: &str) -> Response<Body> {
    let mut response = not_done.status(language, exchange_id).into_http();
    response.headers_mut().insert(GRPC_ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    response
}

const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
