//! UUIDv7 for exchanges, calls and lines, and the salts of commitments. Both from the operating system's randomness.

use crate::clock::Clock;
use uuid::Uuid;

/// Makes ids and salts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ids(Clock);

/// The operating system gave no randomness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no randomness")]
pub struct NoRandomness;

impl Ids {
    /// Ids that bear the time of `clock`.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self(clock)
    }

    /// UUIDv7, RFC 9562 section 5.7, so that exchanges sort by time.
    #[must_use]
    pub fn fresh(&self) -> Uuid {
        let mut random = [0; 10];
        // On failure the id is still unique by time; what needs the randomness is refused in `salt`.
        let _ = aws_lc_rs::rand::fill(&mut random);
        uuid::Builder::from_unix_timestamp_millis(self.0.unix_millis(), &random).into_uuid()
    }

    /// The key of one exchange's commitments, 32 octets.
    ///
    /// # Errors
    /// Without randomness nothing may be committed to.
    pub fn salt(&self) -> Result<[u8; 32], NoRandomness> {
        let mut salt = [0; 32];
        aws_lc_rs::rand::fill(&mut salt).map_err(|_| NoRandomness)?;
        Ok(salt)
    }
}
