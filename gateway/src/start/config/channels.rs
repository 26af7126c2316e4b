//! `[channels.*]` and `[systems.*]`: connections with SHEP, and the state systems that use them.
//!
//! What belongs to a connection with SHEP (endpoint, login, signer, pinned signers, timeouts) stands once, in its channel; a
//! system names the channel and adds what is its own.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::exchange::passport::Passport;

/// `[channels.ID]`: one connection with SHEP.
#[derive(Debug, Clone, Deserialize)]
pub struct Channel {
    /// Id of the endpoint (plane upstream); no other channel may name it.
    pub endpoint: String,
    /// SHEP login (`senderId`).
    pub sender_id: String,
    /// File with the SHEP password, one line.
    pub password_file: PathBuf,
    /// PEM certificate of our WS-Security signer: RSA 2048 to 4096 bits or ECDSA P-256.
    pub signer_certificate: PathBuf,
    /// PEM private key of our WS-Security signer.
    pub signer_key: PathBuf,
    /// PEM certificates that may sign replies (pinned); no other is believed.
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

    /// Replay window: how far the date of a reply may lie from now, either way. 30 to 3600 s, default 300 s.
    #[must_use]
    pub fn replay_window(&self) -> Duration {
        Duration::from_secs(self.replay_window_seconds.into())
    }

    /// Timeouts of connecting (1 to 60 s, default 10 s) and of the whole call (1 to 300 s, default 60 s).
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

/// `[systems.ID]`: a state system.
#[derive(Debug, Clone, Deserialize)]
pub struct System {
    /// Id of its channel.
    pub channel: String,
    /// Exchanges with it that are under way at once, 1 to 4096; default 256.
    #[serde(default = "System::default_at_once")]
    pub at_once: u32,
    #[serde(default = "System::default_nominal")]
    nominal_per_hour: NonZeroU32,
    #[serde(default = "System::default_peak")]
    peak_per_hour: NonZeroU32,
}

impl System {
    fn default_at_once() -> u32 {
        256
    }
    fn default_nominal() -> NonZeroU32 {
        Passport::default().nominal_per_hour
    }
    fn default_peak() -> NonZeroU32 {
        Passport::default().peak_per_hour
    }

    /// Rate limit per service in messages per hour, from the passport of the service: nominal (default 360) and peak
    /// (default 2000).
    #[must_use]
    pub fn passport(&self) -> Passport {
        Passport { nominal_per_hour: self.nominal_per_hour, peak_per_hour: self.peak_per_hour }
    }
}

/// The message for a key of `[systems.*]` that has moved to `[channels.*]`.
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
