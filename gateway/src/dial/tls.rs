//! Verification of server certificates: the chain to declared roots and, where pinned, the public key (SPKI pin, RFC
//! 7469 section 2.4: SHA-256 of the SubjectPublicKeyInfo).
//!
//! A pin narrows and never widens: the chain, the name and the dates are verified first, as without it. Sessions are not
//! resumed, since a resumed one shows no certificate. Nothing is fetched that a certificate names (AIA, CRL, OCSP).

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, VerifierBuilderError};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};

use crate::tls::provider;

/// SHA-256 of a SubjectPublicKeyInfo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpkiPin([u8; 32]);

impl SpkiPin {
    /// From base64 with padding, as `openssl ... | openssl dgst -sha256 -binary | base64` prints it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The pin of a certificate's public key.
    #[must_use]
    pub fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, parsed.public_key().raw);
        digest.as_ref().try_into().ok().map(Self)
    }
}

/// Requirements for the certificate of a server.
#[derive(Debug, Clone)]
pub struct Trust {
    roots: RootCertStore,
    pins: Vec<SpkiPin>,
}

impl From<RootCertStore> for Trust {
    fn from(roots: RootCertStore) -> Self {
        Self { roots, pins: Vec::new() }
    }
}

impl Trust {
    /// The server's key must also be one of these; none: any key that the roots vouch for.
    #[must_use]
    pub fn pinned(mut self, pins: Vec<SpkiPin>) -> Self {
        self.pins = pins;
        self
    }

    /// A client that trusts so, without a certificate of its own.
    pub(super) fn client(self) -> Result<ClientConfig, rustls::Error> {
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        if !self.pins.is_empty() {
            let verifier = Pinned::new(self).map_err(|error| rustls::Error::General(error.to_string()))?;
            config.dangerous().set_certificate_verifier(Arc::new(verifier));
        }
        Ok(config)
    }
}

/// The configuration with what holds for every connection of ours, offering one protocol.
pub(super) fn strict(config: &ClientConfig, protocol: &[u8]) -> Arc<ClientConfig> {
    let mut config = config.clone();
    config.resumption = Resumption::disabled();
    config.enable_early_data = false;
    config.alpn_protocols = vec![protocol.to_vec()];
    Arc::new(config)
}

/// The server's key is none of those agreed upon.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the server's key is not pinned")]
struct NotPinned;

/// Whether TLS failed for a key that is not pinned.
pub(super) fn is_not_pinned(error: &rustls::Error) -> bool {
    matches!(error, rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) if inner.is::<NotPinned>())
}

/// First everything that is verified without pins, then the pins.
#[derive(Debug)]
struct Pinned {
    chain: Arc<WebPkiServerVerifier>,
    pins: Vec<SpkiPin>,
}

impl Pinned {
    fn new(trust: Trust) -> Result<Self, VerifierBuilderError> {
        let chain = WebPkiServerVerifier::builder_with_provider(Arc::new(trust.roots), provider()).build()?;
        Ok(Self { chain, pins: trust.pins })
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.chain.verify_server_cert(leaf, intermediates, name, ocsp, now)?;
        match SpkiPin::of(leaf).is_some_and(|pin| self.pins.contains(&pin)) {
            true => Ok(verified),
            false => Err(CertificateError::Other(OtherError(Arc::new(NotPinned))).into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls12_signature(message, leaf, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls13_signature(message, leaf, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}
