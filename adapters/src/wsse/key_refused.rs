//! Why a certificate or a private key is not taken from the configuration.
//!
//! Example: `the private key does not belong to the certificate`

/// Why a certificate or a key cannot be used. The operator is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefused {
    /// No `CERTIFICATE` block in the PEM.
    #[error("there is no certificate in the PEM")]
    NoCertificate,
    /// A block that is not a certificate.
    #[error("the certificate cannot be read")]
    Certificate,
    /// Neither RSA of 2048 to 4096 bits nor P-256.
    #[error("the key of the certificate is of a kind that is not accepted")]
    Unsupported,
    /// No readable PKCS#8 private key of the certificate's kind.
    #[error("the private key cannot be read as PKCS#8 of the certificate's kind")]
    PrivateKey,
    /// A private key that is not the certificate's.
    #[error("the private key does not belong to the certificate")]
    Mismatch,
}
