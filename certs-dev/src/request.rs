//! What a certificate is to say: its subject, its use, its other names and its term.
//!
//! Subjects follow the NUC RK profile: `CN, C, O, OU=BIN<12 digits>`, and for an information system `UID
//! (0.9.2342.19200300.100.1.1) = <object identifier>`. It refuses subjects without the development mark:
//! [`Subject::new`] writes the mark itself.
//!
//! Example: `CN=QAQPA DEVELOPMENT SCHOOL, C=KZ, O=QAQPA DEVELOPMENT SCHOOL, OU=BIN990140000007`.

use rcgen::string::PrintableString;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType,
    SerialNumber,
};
use time::{Duration, OffsetDateTime};

use crate::MARK;

/// Everything a leaf certificate says, but its key and its issuer.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) subject: Subject,
    pub(crate) usage: Usage,
    pub(crate) names: Vec<SanType>,
    pub(crate) term: Term,
}

impl Request {
    pub(crate) fn params(&self, serial: SerialNumber) -> Result<CertificateParams, rcgen::Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name = self.subject.to_name()?;
        params.serial_number = Some(serial);
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = self.usage.key_usages();
        params.extended_key_usages = self.usage.extended();
        params.subject_alt_names = self.names.clone();
        params.use_authority_key_identifier_extension = true;
        params.not_before = self.term.from;
        params.not_after = self.term.until;
        Ok(params)
    }
}

/// An organisation, or an information system of one.
#[derive(Clone)]
pub(crate) struct Subject {
    common_name: String,
    organisation: String,
    bin: &'static str,
    uid: Option<&'static str>,
}

impl Subject {
    /// `common_name` and `organisation` come without the mark; `bin` is a synthetic BIN (`99014000...`, valid check
    /// digit).
    pub(crate) fn new(common_name: &str, organisation: &str, bin: &'static str) -> Self {
        let marked = |name: &str| format!("{MARK} {name}");
        Self { common_name: marked(common_name), organisation: marked(organisation), bin, uid: None }
    }

    /// Names the information system by an object identifier, taken from the example arc 2.999.
    pub(crate) fn system(self, uid: &'static str) -> Self {
        Self { uid: Some(uid), ..self }
    }

    pub(crate) fn to_name(&self) -> Result<DistinguishedName, rcgen::Error> {
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, self.common_name.as_str());
        name.push(DnType::CountryName, DnValue::PrintableString(PrintableString::try_from("KZ")?));
        name.push(DnType::OrganizationName, self.organisation.as_str());
        name.push(DnType::OrganizationalUnitName, format!("BIN{}", self.bin));
        if let Some(uid) = self.uid {
            name.push(DnType::CustomDnType(UID.to_vec()), uid);
        }
        Ok(name)
    }
}

/// What a key may be used for.
#[derive(Clone, Copy)]
pub(crate) enum Usage {
    /// A TLS server.
    Server,
    /// A TLS client of an organisation.
    Client,
    /// An information system that signs messages.
    Signer,
    /// The mock of the eGov gateway, that signs replies.
    StateSigner,
}

impl Usage {
    /// SIGN = digitalSignature + nonRepudiation; TLS on elliptic curves needs digitalSignature alone.
    fn key_usages(self) -> Vec<KeyUsagePurpose> {
        match self {
            Self::Server | Self::Client => vec![KeyUsagePurpose::DigitalSignature],
            Self::Signer | Self::StateSigner => {
                vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment]
            }
        }
    }

    fn extended(self) -> Vec<ExtendedKeyUsagePurpose> {
        let nuc = |oid: &[u64]| ExtendedKeyUsagePurpose::Other(oid.to_vec());
        match self {
            Self::Server => vec![ExtendedKeyUsagePurpose::ServerAuth],
            Self::Client => vec![ExtendedKeyUsagePurpose::ClientAuth, nuc(NUC_ORGANISATION)],
            Self::Signer => vec![ExtendedKeyUsagePurpose::EmailProtection, nuc(NUC_INFORMATION_SYSTEM)],
            Self::StateSigner => {
                vec![ExtendedKeyUsagePurpose::EmailProtection, nuc(NUC_INFORMATION_SYSTEM), nuc(NUC_EGOV_GATEWAY)]
            }
        }
    }
}

/// From when until when a certificate holds, both inclusive.
#[derive(Clone, Copy)]
pub(crate) struct Term {
    pub(crate) from: OffsetDateTime,
    pub(crate) until: OffsetDateTime,
}

impl Term {
    /// One hour ago (clocks of laptops differ) for a year.
    pub(crate) fn current(now: OffsetDateTime) -> Self {
        Self { from: now - Duration::HOUR, until: now + Duration::days(365) }
    }

    /// A year that ended yesterday.
    pub(crate) fn over(now: OffsetDateTime) -> Self {
        Self { from: now - Duration::days(366), until: now - Duration::DAY }
    }

    /// A year that starts in a month.
    pub(crate) fn ahead(now: OffsetDateTime) -> Self {
        Self { from: now + Duration::days(30), until: now + Duration::days(395) }
    }

    /// An authority's term covers every term above.
    pub(crate) fn authority(now: OffsetDateTime) -> Self {
        Self { from: now - Duration::days(400), until: now + Duration::days(400) }
    }
}

const UID: &[u64] = &[0, 9, 2342, 19_200_300, 100, 1, 1];
const NUC_ORGANISATION: &[u64] = &[1, 2, 398, 3, 3, 4, 1, 2];
const NUC_INFORMATION_SYSTEM: &[u64] = &[1, 2, 398, 3, 3, 4, 1, 2, 6];
const NUC_EGOV_GATEWAY: &[u64] = &[1, 2, 398, 3, 3, 4, 1, 2, 6, 8];
