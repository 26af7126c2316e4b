//! Why the signature of a message is not accepted, each reason with a stable code.
//!
//! The texts repeat nothing of the document, so they may be logged, journalled and shown.

/// Why [`verify`](super::verify) gives no Body. Unless a variant says otherwise, the sender or somebody on the way is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NotAuthentic {
    /// The root is not a SOAP Envelope with one Body.
    #[error("the message is not a SOAP envelope")]
    NotAnEnvelope,
    /// No Security header, or no Signature in it.
    #[error("the message is not signed")]
    Unsigned,
    /// A second Envelope, Header, Body, Security or Signature stands where a reader could take it for the first.
    #[error("the message has a second element that could be mistaken for a signed one")]
    Wrapped,
    /// The referenced id stands on more than one element.
    #[error("the signed id stands on two elements")]
    DuplicateId,
    /// The reference leads to something other than the Body, or nowhere.
    #[error("the signature does not cover the body")]
    NotTheBody,
    /// No reference, two, an empty one or one out of the document.
    #[error("the signature does not have exactly one reference into the message")]
    Reference,
    /// A transform other than one exclusive canonicalisation.
    #[error("the signature changes the message in a way that is not accepted")]
    ForeignTransform,
    /// SignedInfo canonicalised by another algorithm, or with inclusive prefixes.
    #[error("the signature is canonicalised in a way that is not accepted")]
    Canonicalization,
    /// A signature or digest algorithm off the list, or one that is not that of the pinned key.
    #[error("the signature algorithm is not accepted")]
    Algorithm,
    /// Parts of the Signature missing, repeated, unknown or not base64.
    #[error("the signature does not have the parts it should have")]
    Shape,
    /// No KeyInfo, or one in a form that names no certificate.
    #[error("the signature does not say whose it is")]
    KeyInfo,
    /// What stands in a certificate's place is none: not base64, PEM or base64 within it, a thumbprint, nothing.
    #[error("what the signature gives as its certificate is no certificate")]
    NoCertificate,
    /// The issuer's name is in a spelling that is not understood.
    #[error("the signature names an issuer in a spelling that is not understood")]
    IssuerName,
    /// A certificate that is not pinned.
    #[error("the signature names a certificate that is not pinned")]
    WrongSigner,
    /// The pinned certificate is not yet or no longer valid. The operator, who keeps the pins, is at fault as well.
    #[error("the pinned certificate is out of its validity period")]
    ExpiredSigner,
    /// A header that must be understood and is not.
    #[error("the message demands the understanding of an unknown header")]
    NotUnderstood,
    /// The Body is not what was signed.
    #[error("the body is not the one that was signed")]
    Digest,
    /// The signature is not that of the pinned key over SignedInfo.
    #[error("the signature is not that of the pinned certificate")]
    Signature,
}

impl NotAuthentic {
    /// Stable short name for journals and metrics.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAnEnvelope => "not_an_envelope",
            Self::Unsigned => "unsigned",
            Self::Wrapped => "wrapped",
            Self::DuplicateId => "duplicate_id",
            Self::NotTheBody => "not_the_body",
            Self::Reference => "reference",
            Self::ForeignTransform => "foreign_transform",
            Self::Canonicalization => "canonicalization",
            Self::Algorithm => "algorithm",
            Self::Shape => "shape",
            Self::KeyInfo => "key_info",
            Self::NoCertificate => "no_certificate",
            Self::IssuerName => "issuer_name",
            Self::WrongSigner => "wrong_signer",
            Self::ExpiredSigner => "expired_signer",
            Self::NotUnderstood => "not_understood",
            Self::Digest => "digest",
            Self::Signature => "signature",
        }
    }
}
