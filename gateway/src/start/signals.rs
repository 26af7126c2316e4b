//! Signals of the process: SIGHUP reloads; SIGTERM and SIGINT (Ctrl-C) stop it.

/// A listener for SIGHUP, SIGTERM and SIGINT.
pub struct Signals {
    hangup: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    /// Begins to listen for them.
    ///
    /// # Errors
    /// As the operating system says.
    pub fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for SIGTERM or Ctrl-C.
    pub async fn stop(&mut self) {
        while matches!(self.next().await, Signal::Reload) {}
    }

    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.hangup.recv() => Signal::Reload,
            _ = self.terminate.recv() => Signal::Stop,
            _ = self.interrupt.recv() => Signal::Stop,
        }
    }
}

pub(super) enum Signal {
    Reload,
    Stop,
}
