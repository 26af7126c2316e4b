//! What object identifiers mean in certificates of Kazakhstan: signatures, keys, curves, and the purposes NUC RK
//! defines.
//!
//! An identifier that is not listed is shown as it is, never guessed at.
//!
//! Example: `1.2.398.3.3.4.1.2.6` is an information system (NUC RK).

/// The signature algorithm's name, or the identifier itself.
pub(super) fn signature(oid: &str) -> String {
    named(SIGNATURES, oid)
}

/// The key algorithm's name, or the identifier itself.
pub(super) fn key(oid: &str) -> String {
    named(KEYS, oid)
}

/// The curve's name and its size in bits.
pub(super) fn curve(oid: &str) -> Option<(&'static str, usize)> {
    CURVES.iter().find(|(known, ..)| *known == oid).map(|(_, name, bits)| (*name, *bits))
}

/// What an extended key usage allows.
pub(super) fn purpose(oid: &str) -> Option<&'static str> {
    PURPOSES.iter().find(|(known, _)| *known == oid).map(|(_, meaning)| *meaning)
}

fn named(table: &[(&str, &str)], oid: &str) -> String {
    table.iter().find(|(known, _)| *known == oid).map_or(oid, |(_, name)| name).to_owned()
}

const SIGNATURES: &[(&str, &str)] = &[
    ("1.2.840.113549.1.1.5", "RSA with SHA-1 (broken, refused)"),
    ("1.2.840.113549.1.1.10", "RSA-PSS"),
    ("1.2.840.113549.1.1.11", "RSA with SHA-256"),
    ("1.2.840.113549.1.1.12", "RSA with SHA-384"),
    ("1.2.840.113549.1.1.13", "RSA with SHA-512"),
    ("1.2.840.10045.4.3.2", "ECDSA with SHA-256"),
    ("1.2.840.10045.4.3.3", "ECDSA with SHA-384"),
    ("1.2.840.10045.4.3.4", "ECDSA with SHA-512"),
    ("1.3.101.112", "Ed25519"),
    ("1.2.398.3.10.1.1.1.2", "GOST 34.310-2004 with GOST 34.311-95 (Kazakhstan)"),
    ("1.2.398.3.10.1.1.2.3.1", "GOST R 34.10-2015 with GOST R 34.11-2015, 256 bit (Kazakhstan)"),
    ("1.2.398.3.10.1.1.2.3.2", "GOST R 34.10-2015 with GOST R 34.11-2015, 512 bit (Kazakhstan)"),
];

const KEYS: &[(&str, &str)] = &[
    ("1.2.840.113549.1.1.1", "RSA"),
    ("1.2.840.10045.2.1", "ECDSA"),
    ("1.3.101.112", "Ed25519"),
    ("1.2.398.3.10.1.1.1.1", "GOST 34.310-2004 (Kazakhstan)"),
    ("1.2.398.3.10.1.1.2.2", "GOST R 34.10-2015, 512 bit (Kazakhstan)"),
];

const CURVES: &[(&str, &str, usize)] =
    &[("1.2.840.10045.3.1.7", "P-256", 256), ("1.3.132.0.34", "P-384", 384), ("1.3.132.0.35", "P-521", 521)];

const PURPOSES: &[(&str, &str)] = &[
    ("2.5.29.37.0", "anything"),
    ("1.3.6.1.5.5.7.3.1", "TLS server"),
    ("1.3.6.1.5.5.7.3.2", "TLS client"),
    ("1.3.6.1.5.5.7.3.3", "code signing"),
    ("1.3.6.1.5.5.7.3.4", "e-mail protection (NUC RK: signing)"),
    ("1.3.6.1.5.5.7.3.8", "time stamping"),
    ("1.3.6.1.5.5.7.3.9", "OCSP signing"),
    ("1.2.398.3.3.4.1.1", "individual (NUC RK)"),
    ("1.2.398.3.3.4.1.2", "organisation (NUC RK)"),
    ("1.2.398.3.3.4.1.2.1", "chief executive (NUC RK)"),
    ("1.2.398.3.3.4.1.2.2", "right to sign (NUC RK)"),
    ("1.2.398.3.3.4.1.2.3", "right to sign financial documents (NUC RK)"),
    ("1.2.398.3.3.4.1.2.4", "human resources (NUC RK)"),
    ("1.2.398.3.3.4.1.2.5", "employee (NUC RK)"),
    ("1.2.398.3.3.4.1.2.6", "information system (NUC RK)"),
    ("1.2.398.3.3.4.1.2.6.8", "eGov gateway (NUC RK, inferred from one certificate)"),
    ("1.2.398.3.3.4.2", "NUC RK role"),
    ("1.2.398.3.3.4.2.1", "NUC RK role 1"),
    ("1.2.398.3.3.4.2.2", "NUC RK role 2"),
    ("1.2.398.3.3.4.2.3", "NUC RK role 3"),
    ("1.2.398.3.3.4.3", "how the holder was identified (NUC RK)"),
    ("1.2.398.3.3.4.3.1", "identified at a public service centre (NUC RK)"),
    ("1.2.398.3.3.4.3.2", "identified remotely (NUC RK)"),
    ("1.2.398.3.3.4.3.2.1", "identified remotely by Digital ID (NUC RK)"),
];
