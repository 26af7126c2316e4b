//! Accepts connections and serves HTTP/1.1 on each, one task a connection, until it is told to stop.
//!
//! Rubbish costs the connection it came on and nothing else. Bounded: connections at a time, time for a handshake and for
//! headers, size of a body.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::http::{self, Line};
use crate::office::Office;
use crate::socket::Socket;
use crate::truncated::{Allowance, Truncated};
use crate::{NotStarted, Options, Transport};

pub(crate) async fn bind(options: &Options) -> Result<TcpListener, NotStarted> {
    if matches!(options.transport, Transport::Plain) && !options.address.ip().is_loopback() {
        return Err(NotStarted::PlainAwayFromLoopback);
    }
    TcpListener::bind(options.address).await.map_err(NotStarted::Listen)
}

/// Runs until `stop` is true or its sender gone. Every connection holds a clone of `stop`: who waits for all of them to
/// be dropped waits for all connections to end.
pub(crate) async fn serve(
    listener: TcpListener,
    transport: Transport,
    office: Arc<Office>,
    mut stop: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = told(&mut stop) => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((tcp, _)) = accepted else {
            // Out of descriptors, as a rule: others may end meanwhile.
            sleep(Duration::from_millis(20)).await;
            continue;
        };
        office.tally.connections.fetch_add(1, Ordering::Relaxed);
        // No room: the connection is closed, as a server at its limit does.
        let Ok(place) = Arc::clone(&room).try_acquire_owned() else { continue };
        let (transport, office, stop) = (transport.clone(), Arc::clone(&office), stop.clone());
        tokio::spawn(async move {
            connection(tcp, transport, office, stop).await;
            drop(place);
        });
    }
}

async fn connection(tcp: TcpStream, transport: Transport, office: Arc<Office>, stop: watch::Receiver<bool>) {
    // Only a matter of speed.
    let _ = tcp.set_nodelay(true);
    let reset = Arc::new(AtomicBool::new(false));
    let socket = Socket::new(tcp, Arc::clone(&office.tally.bytes_in), Arc::clone(&reset));
    match transport {
        Transport::Plain => converse(socket, office, reset, stop).await,
        Transport::Tls(config) => match timeout(HANDSHAKE, TlsAcceptor::from(config).accept(socket)).await {
            Ok(Ok(tls)) => converse(tls, office, reset, stop).await,
            Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
            Err(_) => tracing::debug!("TLS handshake took too long"),
        },
    }
}

async fn converse<S>(stream: S, office: Arc<Office>, reset: Arc<AtomicBool>, mut stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let line = Line { allowance: Allowance::unlimited(), reset };
    let stream = TokioIo::new(Truncated::new(stream, line.allowance.clone()));
    let service = service_fn(move |request| http::serve(Arc::clone(&office), line.clone(), request));
    let conversation =
        http1::Builder::new().timer(TokioTimer::new()).header_read_timeout(IDLE).serve_connection(stream, service);
    tokio::pin!(conversation);
    let ended = tokio::select! {
        ended = conversation.as_mut() => Some(ended),
        () = told(&mut stop) => {
            conversation.as_mut().graceful_shutdown();
            timeout(GRACE, conversation.as_mut()).await.ok()
        }
    };
    if let Some(Err(error)) = ended {
        tracing::debug!(%error, "connection ended");
    }
}

/// Ends when the mock is stopped, or its last handle gone.
async fn told(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stopped| *stopped).await);
}

const CONNECTIONS: usize = 1024;
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Also the time a kept connection may rest between two requests.
const IDLE: Duration = Duration::from_secs(60);
/// For replies under way when the mock is stopped.
const GRACE: Duration = Duration::from_millis(500);
