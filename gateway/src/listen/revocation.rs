//! Revocation lists (CRL): what must hold of the file `[listen] crl` ([`Lists`], at start, at a reload and in `qaqpa check`), and
//! its renewal from a declared endpoint, `[listen] crl_from`.
//!
//! Asked at start, every hour, and every five minutes when the list in force is in the last quarter of its life. A list
//! takes the place of the file `[listen] crl` only when an authority of `client_ca` has signed it and it is younger than
//! the one in force; anything else leaves the old one, which turns every caller away once its own end has come.
//! Refuses to learn an address from anything but the configuration: what certificates and lists name (CRL distribution
//! points, AIA, OCSP) and redirects are data.
//!
//! ```text
//! {"phase":"ADMIN","event":"revocation_list","facts":{"code":"revocation.renewed","endpoint":"lists","sha256":"..."}}
//! {"phase":"ADMIN","event":"revocation_list","facts":{"code":"revocation.older","endpoint":"lists","problem":"..."}}
//! ```

mod fetch;
mod file;
mod list;
mod lists;
mod signature;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use qaqpa_adapters::pem::NotRead;
use qaqpa_journal::Journal;
use tokio::sync::watch;

pub(crate) use self::file::in_force;
use self::file::{Placed, place};
use self::list::List;
pub(crate) use self::lists::Lists;
pub(crate) use self::signature::is_signed_by;
use crate::clock::Clock;
use crate::dial::Door;
use crate::evidence::lines::enter;
use crate::listen::{Reloader, TlsFiles};

/// Interval between fetches: one hour.
const INTERVAL: SignedDuration = SignedDuration::from_hours(1);
/// Interval between fetches when the list in force ends soon, or could not be taken into use: 5 min.
const URGENT: SignedDuration = SignedDuration::from_mins(5);

/// Why a revocation list was not renewed; the one in force stays.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotRenewed {
    /// The endpoint may not be reached, or gave nothing; a code of residency, or a word.
    #[error("the endpoint gave no list: {0}")]
    Unreachable(String),
    /// The endpoint is at fault, or whoever laid the file there.
    #[error("it is not one whole revocation list: {0}")]
    NotAList(&'static str),
    /// Likewise.
    #[error("it is no revocation list: {0}")]
    NotRead(NotRead),
    /// An authority's callers cannot be judged without its list.
    #[error("the authority `{0}` has no revocation list, so each of its callers is turned away: add the list")]
    Missing(String),
    /// The endpoint is at fault, or `client_ca` lacks an authority.
    #[error("the list is not of the authority whose list is in force, or that one is not in `client_ca`")]
    ForeignIssuer,
    /// The signature of the list does not verify.
    #[error("the list is not signed by the authority that it names")]
    BadSignature,
    /// The endpoint gave a list from before the one in force.
    #[error("the list is older than the one in force")]
    Older,
    /// The nextUpdate of the fetched list is past.
    #[error("the list's own end has come, so every caller of its authority is turned away: renew it")]
    Expired,
    /// The operator is at fault: the list in force must be one list, in a folder that the gateway may write to.
    #[error("the file of the list cannot be used: {0}")]
    File(String),
}

impl NotRenewed {
    /// The stable code for events, metrics and the journal.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "revocation.unreachable",
            Self::NotAList(_) | Self::NotRead(_) => "revocation.not_a_list",
            Self::ForeignIssuer => "revocation.foreign_issuer",
            Self::BadSignature => "revocation.bad_signature",
            Self::Missing(_) => "revocation.missing",
            Self::Older => "revocation.older",
            Self::Expired => "revocation.expired",
            Self::File(_) => "revocation.file",
        }
    }
}

/// The task that renews the revocation list.
pub(crate) struct Renewal {
    door: Arc<Door>,
    journal: Journal,
    clock: Clock,
    /// Counts each try by its code.
    told: Box<dyn Fn(&'static str) + Send + Sync>,
    endpoint: String,
    files: TlsFiles,
    reloader: Reloader,
    /// Whether the file holds a list that the listener does not have yet.
    is_unused: bool,
    /// The last failure's code; none after a success.
    failing: Option<Option<&'static str>>,
}

impl Renewal {
    /// A task that fetches from `endpoint` the list among `files`; each try is counted by `told`.
    pub(crate) fn new(
        (endpoint, files, reloader): (String, TlsFiles, Reloader),
        (door, journal, clock): (Arc<Door>, Journal, Clock),
        told: impl Fn(&'static str) + Send + Sync + 'static,
    ) -> Self {
        Self { door, journal, clock, told: Box::new(told), endpoint, files, reloader, is_unused: false, failing: None }
    }

    /// Renews the list until the gateway stops. The time that counts is the gateway's clock, looked at once a second.
    pub(crate) async fn keep(mut self, mut stop: watch::Receiver<bool>) {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        let mut waits: Option<(Timestamp, Timestamp)> = None;
        loop {
            tokio::select! {
                _ = second.tick() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            let now = self.clock.now();
            if waits.is_some_and(|(asked, due)| (asked..due).contains(&now)) {
                continue;
            }
            tokio::select! {
                () = self.renew(now) => {}
                _ = stop.wait_for(|stop| *stop) => return, // the file is written whole or not at all
            }
            waits = Some((now, self.due(now).await));
        }
    }

    async fn renew(&mut self, now: Timestamp) {
        let renewed = self.fetch(now).await;
        let code = match &renewed {
            Ok(Placed { is_new: true, .. }) => "revocation.renewed",
            Ok(_) => "revocation.current",
            Err(why) => why.code(),
        };
        (self.told)(code);
        let failing = renewed.is_err().then_some(code);
        let mut facts = BTreeMap::from([("endpoint", self.endpoint.clone()), ("code", code.to_owned())]);
        let is_news = match renewed {
            Ok(Placed { list, is_new }) => {
                tracing::info!(reason = code, endpoint = self.endpoint, until = %list.next_update(), "revocation list");
                facts.extend([("sha256", list.sha256()), ("this_update", list.this_update().to_string())]);
                facts.insert("next_update", list.next_update().to_string());
                is_new
            }
            Err(why) => {
                tracing::warn!(reason = code, endpoint = self.endpoint, %why, "the revocation list in force stays");
                facts.insert("problem", why.to_string());
                false
            }
        };
        if self.failing.replace(failing) != Some(failing) || is_news {
            enter(&self.journal, now, "revocation_list", facts).await;
        }
    }

    /// Fetches, believes, writes, reloads: in this order, so that a crash leaves the old list or the new one.
    async fn fetch(&mut self, now: Timestamp) -> Result<Placed, NotRenewed> {
        let fetched = fetch::list(&self.door, &self.endpoint).await?;
        let files = self.files.clone();
        let placed = blocking(move || place(&files, &fetched, now)).await??;
        // Kept when the reload fails: the file holds a newer list than the listener, and the next try loads it although
        // it fetches nothing new.
        self.is_unused |= placed.is_new;
        if self.is_unused {
            let (files, reloader) = (self.files.clone(), self.reloader.clone());
            let loaded = blocking(move || reloader.renew(&files, now)).await?;
            loaded.map_err(|problem| NotRenewed::File(problem.to_string()))?;
            self.is_unused = false;
        }
        Ok(placed)
    }

    /// When the endpoint is asked again.
    async fn due(&self, now: Timestamp) -> Timestamp {
        let files = self.files.clone();
        match blocking(move || in_force(&files)).await {
            Ok(Ok(list)) if !self.is_unused => due(now, &list),
            _ => now + URGENT,
        }
    }
}

/// An hour from `now`, or when the last quarter of the list's life begins; in that quarter, soon.
fn due(now: Timestamp, list: &List) -> Timestamp {
    let life = list.next_update().duration_since(list.this_update());
    let last_quarter = list.next_update() - life / 4;
    if now < last_quarter { last_quarter.min(now + INTERVAL) } else { now + URGENT }
}

/// Files and signatures of many megabytes, away from the calls.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, NotRenewed> {
    tokio::task::spawn_blocking(work).await.map_err(|_| NotRenewed::File("the work on it was cut short".to_owned()))
}
