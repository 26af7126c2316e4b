//! A key that is there and cannot be used now: no randomness, or a device that failed.

/// The signing key could not be used. The gateway, or the device that keeps its key, is at fault; nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signing key is not available")]
pub struct SignerUnavailable;
