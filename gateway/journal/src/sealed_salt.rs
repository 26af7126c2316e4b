//! A salt as it stands in the sidecar: sealed by the gateway, under keys that the journal does not have.
//!
//! Whoever copies the lane has no salt, and cannot try the values of a field against its commitment.
//! Refused: to take a salt in the clear. Lanes of before have some ([`HeldSalt::is_clear`]); the gateway seals them at its start.
//!
//! Example: `SealedSalt::new(form, bytes)`, where `form` says under which keys.

use std::num::NonZeroU8;

/// A salt that only the gateway can open.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SealedSalt {
    form: NonZeroU8,
    bytes: [u8; 32],
}

impl SealedSalt {
    /// The gateway's word for how it sealed, and what came of it.
    #[must_use]
    pub fn new(form: NonZeroU8, bytes: [u8; 32]) -> Self {
        Self { form, bytes }
    }

    pub(crate) fn form(&self) -> u8 {
        self.form.get()
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl std::fmt::Debug for SealedSalt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedSalt(form {})", self.form)
    }
}

/// A salt that a lane holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HeldSalt {
    /// The record that makes commitments with it.
    pub index: u64,
    /// How it is sealed; 0: it is not.
    pub form: u8,
    /// As they stand there.
    pub bytes: [u8; 32],
}

impl HeldSalt {
    /// Whether it stands there in the clear, as lanes of before have it.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.form == 0
    }
}

impl std::fmt::Debug for HeldSalt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HeldSalt({}, form {})", self.index, self.form)
    }
}
