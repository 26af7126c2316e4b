//! Room 2: reads the names (URI, BIN, UID) of a verified client certificate. Which caller has them is decided in
//! `policy/src/caller.rs`.
//!
//! NUC RK's subject profile: `OU=BIN` and twelve digits for the organisation, `UID` for an information system; SPIFFE
//! and our development certificates use a URI in the subject alternative name. A person's IIN in the subject is not read.

use aws_lc_rs::digest::{SHA256, digest};
use qaqpa_policy::{Bin, Identity};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// `UID`, RFC 4519 section 2.39; NUC RK puts the OID of an information system there.
const UID: &str = "0.9.2342.19200300.100.1.1";

/// Reads the names by which the configuration may know a caller. The chain has been verified by the handshake;
/// a certificate that x509-parser cannot read yields an identity that matches nobody.
#[must_use]
pub fn identity(certificate: &[u8]) -> Identity {
    let certificate_sha256 = digest(&SHA256, certificate).as_ref().try_into().unwrap_or_default();
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else {
        return Identity { certificate_sha256, ..Identity::default() };
    };
    let bin = parsed
        .subject()
        .iter_organizational_unit()
        .find_map(|unit| Bin::parse(unit.as_str().ok()?.strip_prefix("BIN")?).ok());
    let uid = parsed
        .subject()
        .iter_attributes()
        .filter(|attribute| attribute.attr_type().to_id_string() == UID)
        .find_map(|attribute| attribute.as_str().ok().map(str::to_owned));
    Identity { uris: uris(&parsed), bin, uid, certificate_sha256 }
}

fn uris(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    let uri = |name: &GeneralName<'_>| match name {
        GeneralName::URI(uri) => Some((*uri).to_owned()),
        _ => None,
    };
    names.value.general_names.iter().filter_map(uri).collect()
}
