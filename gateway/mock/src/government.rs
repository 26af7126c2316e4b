//! The handle of a running mock government: what tests, the demo and `qaqpa mock` hold.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::watch;

use crate::listen;
use crate::lock::locked;
use crate::not_started::NotStarted;
use crate::office::Office;
use crate::{Behaviour, Exchange, Options};

/// A mock government that is being served. Clones are the same one; it ends when it is stopped or the last of them is dropped.
#[derive(Clone)]
pub struct Government {
    office: Arc<Office>,
    stop: Arc<watch::Sender<bool>>,
}

impl Government {
    /// Listens and serves on tasks of the running tokio runtime.
    ///
    /// # Errors
    /// See [`NotStarted`].
    pub async fn start(options: Options) -> Result<Self, NotStarted> {
        let listener = listen::bind(&options).await?;
        let address = listener.local_addr().map_err(NotStarted::Listen)?;
        let transport = options.transport.clone();
        let office = Arc::new(Office::open(options, address)?);
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(listen::serve(listener, transport, Arc::clone(&office), stopped));
        Ok(Self { office, stop: Arc::new(stop) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.office.address()
    }

    /// URL of the channel, by address: `https://127.0.0.1:PORT/bip-sync-wss-gost/`.
    #[must_use]
    pub fn url(&self) -> String {
        self.office.url_as_seen_from(None)
    }

    /// Answers all following requests like this, after those of [`Government::behave_once`].
    pub fn behave(&self, behaviour: Behaviour) {
        locked(&self.office.script).always(behaviour);
    }

    /// Answers one request like this: the next that is not spoken for.
    pub fn behave_once(&self, behaviour: Behaviour) {
        locked(&self.office.script).once(behaviour);
    }

    /// The last exchanges in their order, at most [`Options::keep`]. Each stands here before its reply leaves.
    #[must_use]
    pub fn seen(&self) -> Vec<Exchange> {
        locked(&self.office.kept).all()
    }

    /// HTTP requests that have arrived, of any kind.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.office.tally.requests.load(Ordering::Relaxed)
    }

    /// TCP connections that were accepted, whether or not TLS was agreed on.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.office.tally.connections.load(Ordering::Relaxed)
    }

    /// Octets that have come in on all connections, as they were on the wire.
    #[must_use]
    pub fn bytes_in(&self) -> u64 {
        self.office.tally.bytes_in.load(Ordering::Relaxed)
    }

    /// Accepts no more, lets replies under way finish for half a second, and returns when all connections are closed.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.stop.closed().await;
    }
}

/// Says where, and nothing of what it has seen.
impl std::fmt::Debug for Government {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Government").field("address", &self.address()).finish_non_exhaustive()
    }
}
