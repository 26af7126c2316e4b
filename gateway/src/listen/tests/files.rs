//! Whole sets of the listener's files, with authorities of two tiers: which are taken, which leave those in force, who is let in
//! by them and who vouches for him.

use std::path::PathBuf;
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use qaqpa_policy::IssuerRule;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SanType, SerialNumber,
};
use rustls::pki_types::CertificateDer;
use tempfile::TempDir;
use time::OffsetDateTime;

use crate::listen::alert::word;
use crate::listen::{TlsFiles, Trust};
use crate::tls::TlsProblem;

const SCHOOL: &str = "urn:example:school";

/// The certificates that TLS judges live in real time.
#[expect(clippy::disallowed_methods, reason = "rustls reads the same clock")]
fn now() -> Timestamp {
    Timestamp::try_from(SystemTime::now()).unwrap()
}

fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

fn date(moment: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(moment.as_second()).unwrap()
}

/// An authority that issues certificates and lists.
struct Ca {
    params: CertificateParams,
    key: KeyPair,
    der: CertificateDer<'static>,
}

impl Ca {
    fn new(name: &str, above: Option<&Ca>) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let certificate = match above {
            None => params.self_signed(&key),
            Some(above) => params.signed_by(&key, &Issuer::from_params(&above.params, &above.key)),
        };
        let der = certificate.unwrap().der().clone();
        Self { params, key, der }
    }

    fn issues(&self, serial: u64, usages: &[ExtendedKeyUsagePurpose]) -> CertificateDer<'static> {
        let mut params = CertificateParams::default();
        params.serial_number = Some(SerialNumber::from(serial));
        params.subject_alt_names = vec![SanType::URI(SCHOOL.try_into().unwrap())];
        params.extended_key_usages = usages.to_vec();
        let key = KeyPair::generate().unwrap();
        params.signed_by(&key, &Issuer::from_params(&self.params, &self.key)).unwrap().der().clone()
    }

    fn client(&self, serial: u64) -> CertificateDer<'static> {
        self.issues(serial, &[ExtendedKeyUsagePurpose::ClientAuth])
    }

    /// A list that was issued so many days ago and ends so many days from now, signed with this key.
    fn list_by(&self, key: &KeyPair, (issued, ends): (i64, i64), revoked: &[u64]) -> Vec<u8> {
        let revoked = revoked.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date(now() - days(1)),
            reason_code: None,
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: date(now() - days(issued)),
            next_update: date(now() + days(ends)),
            crl_number: SerialNumber::from(u64::try_from(1_000 - issued).unwrap()),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        list.signed_by(&Issuer::from_params(&self.params, key)).unwrap().der().to_vec()
    }

    fn list(&self, term: (i64, i64), revoked: &[u64]) -> Vec<u8> {
        self.list_by(&self.key, term, revoked)
    }
}

/// A folder with the four files.
struct Files {
    folder: TempDir,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pki = qaqpa_certs_dev::DevPki::make(date(now())).unwrap();
        pki.write(&folder.path().join("pki")).unwrap();
        Self { folder }
    }

    fn load(&self, authorities: &[&Ca], lists: &[Vec<u8>]) -> Result<Trust, TlsProblem> {
        let pem = authorities.iter().map(|ca| pem("CERTIFICATE", &ca.der)).collect::<String>();
        self.load_octets(pem.as_bytes(), &lists.concat())
    }

    fn load_octets(&self, authorities: &[u8], lists: &[u8]) -> Result<Trust, TlsProblem> {
        std::fs::write(self.path("authorities"), authorities).unwrap();
        std::fs::write(self.path("lists"), lists).unwrap();
        self.files().load(now())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn files(&self) -> TlsFiles {
        TlsFiles {
            certificate: self.path("pki/servers/gateway.pem"),
            key: self.path("pki/servers/gateway.key"),
            client_ca: self.path("authorities"),
            crl: self.path("lists"),
            is_renewed: false,
            issuers: Vec::new(),
        }
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

/// Why nothing was loaded, or nothing.
fn told(loaded: Result<Trust, TlsProblem>) -> String {
    loaded.err().map_or_else(String::new, |why| why.to_string())
}

#[test]
fn each_tier_needs_a_list_that_is_its_own_and_is_not_over() {
    let (files, root, other) = (Files::new(), Ca::new("ROOT", None), Ca::new("ROOT", None));
    let issuing = Ca::new("ISSUING", Some(&root));
    let (of_root, of_issuing) = (|| root.list((1, 30), &[]), || issuing.list((1, 30), &[7]));
    let both = || vec![of_root(), of_issuing()];
    let (one, two) = (vec![&root], vec![&root, &issuing]);
    for (wanted, row, authorities, lists) in [
        ("", "two tiers, the root alone in client_ca", &one, both()),
        ("", "two tiers, both in client_ca", &two, both()),
        ("revocation.missing: the authority `CN=ROOT`", "no list of the root", &one, vec![of_issuing()]),
        ("revocation.missing: the authority `CN=ISSUING`", "no list of the tier", &two, vec![of_root()]),
        (
            "revocation.expired: the list of `CN=ROOT`",
            "the root's is over",
            &one,
            vec![root.list((30, -1), &[]), of_issuing()],
        ),
        (
            "revocation.expired: the list of `CN=ISSUING`",
            "the tier's is over",
            &one,
            vec![of_root(), issuing.list((30, -1), &[])],
        ),
        (
            "revocation.bad_signature: the list of `CN=ROOT`",
            "a namesake's",
            &one,
            vec![other.list((1, 30), &[]), of_issuing()],
        ),
        (
            "revocation.bad_signature: the list of `CN=ISSUING`",
            "the tier's by another key",
            &two,
            vec![of_root(), issuing.list_by(&other.key, (1, 30), &[])],
        ),
    ] {
        let loaded = told(files.load(authorities, &lists));
        assert!(loaded.contains(wanted) && loaded.is_empty() == wanted.is_empty(), "{row}: {loaded}");
    }
    let list = both().iter().map(|der| pem("X509 CRL", der)).collect::<String>();
    let root_pem = pem("CERTIFICATE", &root.der);
    for (wanted, row, authorities, lists) in [
        ("", "lists in PEM", root_pem.as_bytes(), list.as_bytes().to_vec()),
        ("", "with CRLF", root_pem.as_bytes(), list.replace('\n', "\r\n").into_bytes()),
        ("it is DER (binary)", "an authority in DER", root.der.as_ref(), list.as_bytes().to_vec()),
        ("no whole revocation list", "half a list in DER", root_pem.as_bytes(), of_root().split_off(9)),
        ("it is empty", "nothing", root_pem.as_bytes(), Vec::new()),
    ] {
        let loaded = told(files.load_octets(authorities, &lists));
        assert!(loaded.contains(wanted) && loaded.is_empty() == wanted.is_empty(), "{row}: {loaded}");
    }
}

#[test]
fn a_list_that_cannot_be_verified_or_ends_soon_is_told_of() {
    let (files, root) = (Files::new(), Ca::new("ROOT", None));
    let issuing = Ca::new("ISSUING", Some(&root));
    let lists = [root.list((1, 30), &[]), issuing.list((1, 30), &[])];
    let warnings = |authorities: &[&Ca], lists: &[Vec<u8>]| files.load(authorities, lists).unwrap().warnings(now());
    let [(key, told)] = &warnings(&[&root], &lists)[..] else { panic!("one warning") };
    assert!(
        *key == "listen.crl" && told.contains("`CN=ISSUING`") && told.contains("put the authority's certificate there")
    );
    assert!(warnings(&[&root, &issuing], &lists).is_empty());
    let [(_, told)] = &warnings(&[&root], &[root.list((30, 1), &[])])[..] else { panic!("one warning") };
    assert!(told.contains("`CN=ROOT` ends at"), "{told}");
}

#[test]
fn a_reload_takes_no_list_that_is_older_or_gone() {
    let (files, root) = (Files::new(), Ca::new("ROOT", None));
    let (issuing, next) = (Ca::new("ISSUING", Some(&root)), Ca::new("NEXT", None));
    let lists = |root_term, issuing_term| vec![root.list(root_term, &[]), issuing.list(issuing_term, &[])];
    let before = files.load(&[&root], &lists((2, 30), (2, 30))).unwrap();
    let follows = |authorities: &[&Ca], lists: &[Vec<u8>]| {
        let next = files.load(authorities, lists).unwrap();
        next.follows(&before, &files.files(), now()).err().map_or_else(String::new, |why| why.to_string())
    };
    for (wanted, row, authorities, lists) in [
        ("", "the same", vec![&root], lists((2, 30), (2, 30))),
        ("", "newer", vec![&root], lists((1, 31), (1, 31))),
        ("revocation.older: the list of `CN=ROOT`", "the root's older", vec![&root], lists((3, 30), (1, 30))),
        ("revocation.older: the list of `CN=ISSUING`", "the tier's older", vec![&root], lists((1, 30), (3, 30))),
        (
            "revocation.missing: the authority `CN=ISSUING`",
            "the tier's gone",
            vec![&root],
            vec![root.list((1, 30), &[])],
        ),
        (
            "",
            "another root beside it",
            vec![&root, &next],
            [lists((1, 30), (1, 30)), vec![next.list((9, 30), &[])]].concat(),
        ),
        ("", "another root in its place", vec![&next], vec![next.list((9, 30), &[]), issuing.list((1, 30), &[])]),
    ] {
        let told = follows(&authorities, &lists);
        assert!(told.contains(wanted) && told.is_empty() == wanted.is_empty(), "{row}: {told}");
    }
}

#[test]
fn a_chain_is_let_in_by_its_tiers_its_lists_and_its_use() {
    let (files, root) = (Files::new(), Ca::new("ROOT", None));
    let issuing = Ca::new("ISSUING", Some(&root));
    let lists = [root.list((1, 30), &[]), issuing.list((1, 30), &[7])];
    let (one, two) = (files.load(&[&root], &lists).unwrap(), files.load(&[&root, &issuing], &lists).unwrap());
    let without = files.load(&[&root], &[root.list((1, 30), &[])]).unwrap();
    let (client, server) = (ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth);
    let sent = |leaf| vec![leaf, issuing.der.clone()];
    for (wanted, row, trust, chain) in [
        ("", "the whole chain", &one, sent(issuing.client(1))),
        ("", "the leaf alone, the tier is here", &two, vec![issuing.client(1)]),
        ("certificate_foreign", "the leaf alone, the tier is nowhere", &one, vec![issuing.client(1)]),
        ("certificate_revoked", "revoked by its tier", &one, sent(issuing.client(7))),
        ("certificate_revoked", "revoked by its tier, which is here", &two, vec![issuing.client(7)]),
        ("revocation_list_missing", "a tier without a list", &without, sent(issuing.client(1))),
        ("", "a use beside it", &one, sent(issuing.issues(1, &[server.clone(), client]))),
        ("certificate_usage", "no use at all", &one, sent(issuing.issues(1, &[]))),
        ("certificate_usage", "a server's", &one, sent(issuing.issues(1, &[server]))),
    ] {
        let told = trust.accepts(&chain).err().map_or("", |why| word(&why));
        assert_eq!(told, wanted, "{row}");
    }
}

#[test]
fn who_vouches_is_proven_and_not_read() {
    let (files, one, two) = (Files::new(), Ca::new("ONE", None), Ca::new("TWO", None));
    let (tier, namesake) = (Ca::new("TIER", Some(&one)), Ca::new("ONE", Some(&two)));
    let lists: Vec<_> = [&one, &two, &tier, &namesake].iter().map(|ca| ca.list((1, 30), &[])).collect();
    let trust = files.load(&[&one, &two, &tier], &lists[..3]).unwrap();
    let vouching = |chain: &[CertificateDer<'static>]| {
        trust.vouching(chain).into_iter().map(|authority| authority.name).collect::<Vec<_>>()
    };
    assert_eq!(vouching(&[one.client(1)]), ["CN=ONE"]);
    assert_eq!(vouching(&[tier.client(1)]), ["CN=ONE", "CN=TIER"]);
    assert_eq!(
        vouching(&[two.client(1), one.der.clone(), tier.der.clone()]),
        ["CN=TWO"],
        "what is sent along vouches for nobody"
    );
    assert_eq!(vouching(&[namesake.client(1), namesake.der.clone()]), ["CN=TWO"], "an authority called as another");
}

#[test]
fn a_rule_names_an_authority_that_is_there_where_there_are_several() {
    let (files, one, two) = (Files::new(), Ca::new("ONE", None), Ca::new("TWO", None));
    let renewed = Ca::new("ONE", None);
    let lists = [one.list((1, 30), &[]), two.list((1, 30), &[])];
    files.load(&[&one, &two], &lists).unwrap();
    let with = |issuer: Option<&str>| {
        let issuers = vec![("school".to_owned(), issuer.map(IssuerRule::parse))];
        told(TlsFiles { issuers, ..files.files() }.load(now()))
    };
    assert!(with(None).contains("caller `school` needs `issuer`"), "{}", with(None));
    assert!(with(Some("CN=THREE")).contains("is none of `client_ca`, which holds `CN=ONE, or sha256:"));
    assert_eq!(with(Some("CN=TWO")), "");
    files.load(&[&one, &renewed], &[one.list((1, 30), &[])]).unwrap();
    assert_eq!(with(None), "", "a renewed authority is no second one");
}
