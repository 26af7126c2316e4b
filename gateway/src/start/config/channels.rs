//! `[channels.*]` and `[systems.*]`: how state systems are reached, and which of them is reached by which channel.
//!
//! What belongs to a connection with SHEP (endpoint, login, signer, pinned signers, timeouts) stands once, in its channel; a
//! system names the channel and adds what is its own.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::exchange::quota::Passport;

/// `[channels.ID]`
#[derive(Debug, Clone, Deserialize)]
pub struct Channel {
    /// Endpoint id; no other channel may name it.
    pub endpoint: String,
    /// SHEP login.
    pub sender_id: String,
    /// File with the SHEP password.
    pub password_file: PathBuf,
    /// Our signer's certificate.
    pub signer_certificate: PathBuf,
    /// Our signer's key.
    pub signer_key: PathBuf,
    /// Pinned signers of replies.
    pub reply_signers: Vec<PathBuf>,
    #[serde(default = "Channel::default_replay_window")]
    pub(super) replay_window_seconds: u32,
    #[serde(default = "Channel::default_connect")]
    pub(super) connect_timeout_seconds: u32,
    #[serde(default = "Channel::default_total")]
    pub(super) total_timeout_seconds: u32,
}

impl Channel {
    fn default_replay_window() -> u32 {
        300
    }
    fn default_connect() -> u32 {
        10
    }
    fn default_total() -> u32 {
        60
    }

    /// How far a reply's date may be from now.
    #[must_use]
    pub fn replay_window(&self) -> Duration {
        Duration::from_secs(self.replay_window_seconds.into())
    }

    /// Connect, and the whole call.
    #[must_use]
    pub fn timeouts(&self) -> (Duration, Duration) {
        (
            Duration::from_secs(self.connect_timeout_seconds.into()),
            Duration::from_secs(self.total_timeout_seconds.into()),
        )
    }

    pub(super) fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let signer = [&mut self.password_file, &mut self.signer_certificate, &mut self.signer_key];
        signer.into_iter().chain(&mut self.reply_signers)
    }
}

/// `[systems.ID]`
#[derive(Debug, Clone, Deserialize)]
pub struct System {
    /// Channel id.
    pub channel: String,
    #[serde(default = "System::default_nominal")]
    nominal_per_hour: NonZeroU32,
    #[serde(default = "System::default_peak")]
    peak_per_hour: NonZeroU32,
}

impl System {
    fn default_nominal() -> NonZeroU32 {
        Passport::default().nominal_per_hour
    }
    fn default_peak() -> NonZeroU32 {
        Passport::default().peak_per_hour
    }

    /// Messages per hour, from the passport of its services.
    #[must_use]
    pub fn passport(&self) -> Passport {
        Passport { nominal_per_hour: self.nominal_per_hour, peak_per_hour: self.peak_per_hour }
    }
}

/// Where a key has gone that once stood in every `[systems.*]`.
pub(super) fn moved(key: &str) -> Option<String> {
    let (id, name) = key.strip_prefix("systems.")?.split_once('.')?;
    let of_channel = MOVED.contains(&name);
    of_channel.then(|| {
        format!(
            "`{key}` has moved: it stands once in a table [channels.NAME], and [systems.{id}] says `channel = \"NAME\"`"
        )
    })
}

const MOVED: [&str; 9] = [
    "endpoint",
    "sender_id",
    "password_file",
    "signer_certificate",
    "signer_key",
    "reply_signers",
    "replay_window_seconds",
    "connect_timeout_seconds",
    "total_timeout_seconds",
];
