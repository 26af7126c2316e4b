//! A school backend's side of the contract: what `sync` and the demo call a gateway with. Its connections come through
//! the same door as the gateway's own.

use std::io;
use std::path::Path;
use std::sync::Arc;

use futures_util::Stream;
use http::uri::PathAndQuery;
use prost::Message;
use qaqpa_gateway::dial::Door;
use qaqpa_gateway::start::Environment;
use qaqpa_gateway::tls::{credential, provider, roots};
use qaqpa_proto::avtoshkola::v1::{SyncStudentsRequest, SyncStudentsResponse};
use qaqpa_proto::language::Language;
use rustls::ClientConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tonic::client::Grpc;
use tonic::transport::Channel;
use tonic::{Code, Request, Status, Streaming};
use tonic_prost::ProstCodec;

use crate::DialArgs;

/// Path of the bidirectional stream.
pub const SYNC_STUDENTS: &str = "/qaqpa.avtoshkola.v1.Training/SyncStudents";
const GATEWAY: &str = "gateway";
/// The client's preface of HTTP/2 with empty SETTINGS (RFC 9113 section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Which gateway, and as whom.
#[derive(Debug, Clone)]
pub struct Access<'a> {
    /// `https://host:port` of the gateway.
    pub url: &'a str,
    /// Roots of the gateway's certificate.
    pub ca: &'a Path,
    /// Client certificate chain and key; without them the gateway will end the handshake.
    pub certificate: Option<(&'a Path, &'a Path)>,
    /// How it is judged where that URL leads.
    pub dial: &'a DialArgs,
}

/// A connection to one gateway. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    door: Arc<Door>,
    channel: Channel,
    language: Language,
}

impl Client {
    /// Prepares a connection; it is made with the first call.
    ///
    /// # Errors
    /// A sentence for people: a file that cannot be used, a URL that may not be called.
    pub fn new(access: &Access<'_>, environment: &Environment) -> Result<Self, String> {
        let typed = access.dial.declare(GATEWAY, access.url).map_err(|no| format!("{}: {no}", no.reason().code()))?;
        let tls = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots(access.ca).map_err(|error| error.to_string())?);
        let tls = match access.certificate {
            None => tls.with_no_client_auth(),
            Some((certificate, key)) => {
                let (chain, private) = credential(certificate, key).map_err(|error| error.to_string())?;
                let unusable = |_| format!("{}: TLS cannot use it", certificate.display());
                tls.with_client_auth_cert(chain, private).map_err(unusable)?
            }
        };
        let door = Arc::new(access.dial.door(typed, tls, environment)?);
        let channel = door.channel(GATEWAY).map_err(|not_done| not_done.reason.code().to_owned())?;
        Ok(Self { door, channel, language: Language::En })
    }

    /// Texts of refusals in this language.
    #[must_use]
    pub fn speaking(mut self, language: Language) -> Self {
        self.language = language;
        self
    }

    /// Connects, begins HTTP/2 and waits for the gateway's first word. In TLS 1.3 a server judges a client certificate
    /// after the client has gone on, so that a refusal is only heard by listening; and it says nothing before it is asked.
    ///
    /// # Errors
    /// The alert, or what the network says.
    pub async fn handshake(&self) -> io::Result<()> {
        let mut stream = self.door.connect(GATEWAY).await?;
        stream.write_all(PREFACE).await?;
        stream.read_u8().await.map(drop)
    }

    /// A unary call.
    ///
    /// # Errors
    /// The gateway's refusal, with its details.
    pub async fn call<Q, R>(&self, path: &'static str, request: Q) -> Result<R, Status>
    where
        Q: Message + Send + Sync + 'static,
        R: Message + Default + Send + Sync + 'static,
    {
        let mut grpc = self.ready().await?;
        let codec = ProstCodec::<Q, R>::default();
        match grpc.unary(self.request(request), PathAndQuery::from_static(path), codec).await {
            Ok(response) => Ok(response.into_inner()),
            Err(status) => Err(self.explained(status).await),
        }
    }

    /// A call whose replies come one by one.
    ///
    /// # Errors
    /// The gateway's refusal, with its details.
    pub async fn listen<Q, R>(&self, path: &'static str, request: Q) -> Result<Streaming<R>, Status>
    where
        Q: Message + Send + Sync + 'static,
        R: Message + Default + Send + Sync + 'static,
    {
        let mut grpc = self.ready().await?;
        let codec = ProstCodec::<Q, R>::default();
        match grpc.server_streaming(self.request(request), PathAndQuery::from_static(path), codec).await {
            Ok(response) => Ok(response.into_inner()),
            Err(status) => Err(self.explained(status).await),
        }
    }

    /// The stream of student records; replies come in any order, each with its request id.
    ///
    /// # Errors
    /// When the stream is not opened; refusals of single records are in their receipts.
    pub async fn sync_students(
        &self,
        records: impl Stream<Item = SyncStudentsRequest> + Send + 'static,
    ) -> Result<Streaming<SyncStudentsResponse>, Status> {
        let mut grpc = self.ready().await?;
        let codec = ProstCodec::<SyncStudentsRequest, SyncStudentsResponse>::default();
        match grpc.streaming(self.request(records), PathAndQuery::from_static(SYNC_STUDENTS), codec).await {
            Ok(response) => Ok(response.into_inner()),
            Err(status) => Err(self.explained(status).await),
        }
    }

    async fn ready(&self) -> Result<Grpc<Channel>, Status> {
        let mut grpc = Grpc::new(self.channel.clone());
        match grpc.ready().await {
            Ok(()) => Ok(grpc),
            Err(error) => Err(Status::unavailable(chain(&error))),
        }
    }

    /// A failure that the gateway did not explain, explained by the handshake where that is the cause.
    async fn explained(&self, status: Status) -> Status {
        if !status.details().is_empty() || !matches!(status.code(), Code::Unknown | Code::Unavailable | Code::Cancelled)
        {
            return status;
        }
        match self.handshake().await {
            Ok(()) => status,
            Err(error) => Status::unavailable(chain(&error)),
        }
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Ok(tag) = self.language.tag().parse() {
            request.metadata_mut().insert("accept-language", tag);
        }
        request
    }
}

/// An error with its causes, for people.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
