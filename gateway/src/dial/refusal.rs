//! Refusals inside I/O errors: carries a reason through tower, hyper, tonic and rustls and finds it again among the
//! causes of an error. Its text is the stable code and nothing else.
//!
//! Example: `io::Error` → `residency.revoked`.

use std::error::Error;
use std::io;

use qaqpa_proto::reason::Refusal;

use crate::refusal::NotDone;

/// A refusal as the source of an I/O error.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", .0.reason.code())]
pub(super) struct NotDialled(pub(super) NotDone);

impl From<NotDone> for NotDialled {
    fn from(not_done: NotDone) -> Self {
        Self(not_done)
    }
}

impl From<NotDialled> for io::Error {
    fn from(not_dialled: NotDialled) -> Self {
        Self::new(io::ErrorKind::PermissionDenied, not_dialled)
    }
}

/// The judgement that opened the connection is void.
pub(super) fn revoked() -> io::Error {
    NotDialled(Refusal::ResidencyRevoked.into()).into()
}

/// A refusal as the I/O error that connectors speak.
pub(super) fn refused(not_done: NotDone) -> io::Error {
    NotDialled(not_done).into()
}

/// The first cause that `wanted` knows, among all causes of an error.
pub(super) fn cause<T>(
    error: &(dyn Error + 'static),
    wanted: impl Fn(&(dyn Error + 'static)) -> Option<T>,
) -> Option<T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = wanted(error) {
            return Some(found);
        }
        // An I/O error has what it wraps not as its source, and hyper wraps the one of TLS in another.
        let wrapped = error.downcast_ref().and_then(io::Error::get_ref);
        next = wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source());
    }
    None
}

/// The refusal of ours among the causes of an error, if there is one.
pub(super) fn not_dialled(error: &(dyn Error + 'static)) -> Option<NotDone> {
    cause(error, |error| error.downcast_ref().map(|NotDialled(not_done)| not_done.clone()))
}
