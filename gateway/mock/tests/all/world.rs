//! A mock government with certificates of its own, and requests to put to it.

use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use qaqpa_adapters::codec::{Codec, Fills, Limits};
use qaqpa_adapters::shep::sync::{self, Fault, Password, Reply, RequestInfo, ResponseInfo, Shape};
use qaqpa_adapters::soap::Envelope;
use qaqpa_adapters::wsse::{self, Id, Layout, NotAuthentic, PinnedSigners, Sign, Signer};
use qaqpa_adapters::xml::{Document, text};
use qaqpa_certs_dev::{Credential, DevPki};
use qaqpa_mock::{Government, Options, Replies, Transport};
use qaqpa_proto::{Contract, Operation};
use time::OffsetDateTime;

use crate::client::Client;

/// The moment at which all of this happens: 2026-11-20T12:00:00Z.
pub(crate) const NOW: i64 = 1_795_176_000;

pub(crate) static PKI: LazyLock<DevPki> =
    LazyLock::new(|| DevPki::make(OffsetDateTime::from_unix_timestamp(NOW).unwrap()).unwrap());
pub(crate) static CONTRACT: LazyLock<Arc<Contract>> = LazyLock::new(|| Arc::new(Contract::embedded().unwrap()));

pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

pub(crate) fn signer(credential: &Credential) -> Arc<dyn Sign> {
    Arc::new(Signer::from_pem(credential.certificate_pem().as_bytes(), credential.key_pem().as_bytes()).unwrap())
}

pub(crate) fn pinned(credentials: &[&Credential]) -> PinnedSigners {
    let pem: String = credentials.iter().map(|credential| credential.certificate_pem()).collect();
    PinnedSigners::from_pem(pem.as_bytes()).unwrap()
}

/// TLS on loopback; trusts the gateway's signer and one that has expired.
pub(crate) fn options() -> Options {
    let server = &PKI.servers.shep;
    let tls = rustls::ServerConfig::builder_with_provider(rustls::crypto::aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![server.certificate_der()], server.key_der())
        .unwrap();
    Options {
        address: "127.0.0.1:0".parse().unwrap(),
        transport: Transport::Tls(Arc::new(tls)),
        trusted: pinned(&[&PKI.signers.gateway, &PKI.enemies.expired_signer]),
        signer: signer(&PKI.signers.shep),
        rogue: Some(signer(&PKI.enemies.rogue_signer)),
        contract: Arc::clone(&CONTRACT),
        replies: Replies::default(),
        clock: Arc::new(now),
        accept_unsigned: false,
        sender: None,
        keep: 100,
        generous: 0,
    }
}

pub(crate) async fn start(options: Options) -> (Government, Client) {
    let government = Government::start(options).await.unwrap();
    let client = Client::new(government.address());
    (government, client)
}

/// An exchange as a gateway would make it.
pub(crate) struct Asked {
    pub(crate) operation: &'static Operation,
    pub(crate) codec: Codec,
    pub(crate) message_id: String,
    /// Content of the Body.
    pub(crate) content: String,
}

/// A request to AIS Avtoshkola.
pub(crate) fn ask(rpc: &str, message_id: &str, request: &impl prost::Message) -> Asked {
    ask_at(&format!("/qaqpa.avtoshkola.v1.Training/{rpc}"), message_id, request)
}

pub(crate) fn ask_at(path: &str, message_id: &str, request: &impl prost::Message) -> Asked {
    let operation = CONTRACT.operation(path).unwrap();
    let codec = Codec::compile(&CONTRACT, operation).unwrap();
    let fills = Fills {
        request_id: Some(message_id),
        request_date: Some(now()),
        requestor_bin: Some("990140000007"),
        operator_bin: Some("990140000037"),
        sender_code: Some("demo_sender"),
    };
    let mut document = String::new();
    codec.write_request(&request.encode_to_vec(), &fills, &mut document).unwrap();
    let info = RequestInfo {
        message_id: message_id.into(),
        service_id: operation.service_id.clone(),
        message_date: now(),
        sender_id: "demo_sender".into(),
        password: Some(Password::new("demo_password")),
        ..RequestInfo::default()
    };
    let content = sync::write_request(&info, Shape::of_request(operation), &document).unwrap();
    Asked { operation, codec, message_id: message_id.into(), content }
}

impl Asked {
    pub(crate) fn signed(&self) -> String {
        self.signed_by(&PKI.signers.gateway)
    }

    pub(crate) fn signed_by(&self, credential: &Credential) -> String {
        let (id, signer) = (Id::new(uuid::Uuid::from_u128(1)), signer(credential));
        match Shape::of_request(self.operation).is_canonical() {
            true => wsse::envelope(&self.content, id, signer.as_ref()).unwrap(),
            false => wsse::envelope_parsed(&self.content, &Layout::request(id), signer.as_ref()).unwrap(),
        }
    }

    pub(crate) fn unsigned(&self) -> String {
        wsse::envelope_unsigned(&self.content)
    }

    /// The business document of a reply, decoded. Its signature is not looked at.
    pub(crate) fn read<M: prost::Message + Default>(&self, body: &[u8]) -> (ResponseInfo, Option<M>) {
        let text = text::decode(body, None).unwrap();
        let document = Document::parse(&text).unwrap();
        let envelope = Envelope::read(&document).unwrap();
        let Reply::Response { info, data } = sync::read_reply(envelope.body()).unwrap() else { panic!("a fault") };
        let message = data.map(|data| {
            let read =
                data.with_root(&self.operation.reply_root, |root| self.codec.read_reply(root, &Limits::default()));
            M::decode(read.unwrap().unwrap().wire.as_slice()).unwrap()
        });
        (info, message)
    }
}

/// What the reader of the house makes of a signed reply.
pub(crate) fn judged(body: &[u8], content_type: Option<&str>) -> Result<String, String> {
    let text = text::decode(body, content_type).map_err(|problem| problem.code().to_owned())?;
    let document = Document::parse(&text).map_err(|refused| refused.code().to_owned())?;
    let verified =
        wsse::verify(&document, &pinned(&[&PKI.signers.shep]), NOW).map_err(|reason| reason.code().to_owned())?;
    match sync::read_reply(verified.node()).map_err(|problem| problem.to_string())? {
        Reply::Fault(fault) => Err(fault.code),
        Reply::Response { info, .. } => Ok(info.status.code),
    }
}

/// Why a reply is not authentic, if it is not.
pub(crate) fn not_authentic(body: &[u8]) -> Option<NotAuthentic> {
    let text = text::decode(body, None).unwrap();
    let document = Document::parse(&text).unwrap();
    wsse::verify(&document, &pinned(&[&PKI.signers.shep]), NOW).err()
}

pub(crate) fn fault(body: &[u8]) -> Fault {
    let text = text::decode(body, None).unwrap();
    let document = Document::parse(&text).unwrap();
    let envelope = Envelope::read(&document).unwrap();
    match sync::read_reply(envelope.body()).unwrap() {
        Reply::Fault(fault) => fault,
        Reply::Response { info, .. } => panic!("status {}", info.status.code),
    }
}
