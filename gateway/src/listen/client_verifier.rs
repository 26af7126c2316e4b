//! Verification of client certificates (RFC 5280, section 6): by webpki to the roots of `client_ca`, with what it leaves open.
//!
//! * The leaf must say that it is a TLS client's: webpki accepts one that says nothing of its use, such as a signer's.
//! * The tiers that stand in `client_ca` are added to what the caller sent.
//! * Which of the authorities vouch for a chain is found by verifying it once more with each as the only root; a name in a
//!   certificate alone tells nothing, since any trusted authority can write any name.
//!
//! Revocation is judged with the whole chain, once, as the lists of all tiers are there.

use std::sync::Arc;

use qaqpa_policy::Authority as Named;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureScheme};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::authorities::Authorities;
use crate::tls::provider;

/// The verifier of a listener.
#[derive(Debug)]
pub(crate) struct ClientVerifier {
    whole: Arc<dyn ClientCertVerifier>,
    tiers: Vec<CertificateDer<'static>>,
    vouchers: Vec<(Named, Arc<dyn ClientCertVerifier>)>,
}

impl ClientVerifier {
    /// Of these authorities, with these lists.
    ///
    /// # Errors
    /// A root or a list that webpki cannot use.
    pub(crate) fn new(
        authorities: &Authorities,
        lists: Vec<CertificateRevocationListDer<'static>>,
    ) -> Result<Self, VerifierBuilderError> {
        let whole = WebPkiClientVerifier::builder_with_provider(Arc::new(authorities.roots()), provider())
            .with_crls(lists)
            .enforce_revocation_expiration()
            .build()?;
        let alone = |root: &CertificateDer<'static>| {
            let mut store = RootCertStore::empty();
            store.add_parsable_certificates([root.clone()]);
            WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider()).build()
        };
        let vouchers =
            authorities.iter().map(|authority| Some((authority.named().clone(), alone(authority.der()).ok()?)));
        let vouchers = vouchers.collect::<Option<_>>().ok_or(VerifierBuilderError::NoRootAnchors)?;
        Ok(Self { whole, tiers: authorities.tiers(), vouchers })
    }

    /// The authorities of `client_ca` that vouch for a chain which was verified: its root, and the tiers between.
    pub(crate) fn vouching(&self, chain: &[CertificateDer<'_>], now: UnixTime) -> Vec<Named> {
        let Some((leaf, sent)) = chain.split_first() else { return Vec::new() };
        let between = self.with_tiers(sent);
        let vouches = |verifier: &dyn ClientCertVerifier| verifier.verify_client_cert(leaf, &between, now).is_ok();
        let vouching = self.vouchers.iter().filter(|(_, verifier)| vouches(verifier.as_ref()));
        vouching.map(|(named, _)| named.clone()).collect()
    }

    fn with_tiers<'c>(&'c self, sent: &[CertificateDer<'c>]) -> Vec<CertificateDer<'c>> {
        sent.iter().cloned().chain(self.tiers.iter().cloned()).collect()
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.whole.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        sent: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let verified = self.whole.verify_client_cert(leaf, &self.with_tiers(sent), now)?;
        if is_a_clients(leaf) { Ok(verified) } else { Err(CertificateError::InvalidPurpose.into()) }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.whole.verify_tls12_signature(message, leaf, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.whole.verify_tls13_signature(message, leaf, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.whole.supported_verify_schemes()
    }
}

/// Whether a certificate says that it is a TLS client's (RFC 5280, 4.2.1.12, `id-kp-clientAuth`).
fn is_a_clients(leaf: &[u8]) -> bool {
    let Ok((_, certificate)) = X509Certificate::from_der(leaf) else { return false };
    matches!(certificate.extended_key_usage(), Ok(Some(usage)) if usage.value.client_auth)
}
