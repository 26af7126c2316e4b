//! Everybody in the development world: two authorities, servers, clients, message signers, and the enemies.
//!
//! TLS runs on P-256 under one root; messages are signed with RSA-2048 under another, because the signature method of
//! a SHEP message is chosen from the algorithm its certificate was signed with. The enemies of the school bear the
//! school's own subject and names, each with one flaw: where a gateway skips the check, it lets the enemy in *as the
//! school*, and a test notices.
//!
//! It refuses to be a real PKI: keys are unencrypted, nothing is renewed, the list of the revoked runs out in 30
//! days.
//!
//! Example: `pki.clients.school` is written to `clients/school.pem` and `clients/school.key`.

use std::net::{Ipv4Addr, Ipv6Addr};

use rcgen::string::Ia5String;
use rcgen::{KeyPair, SanType};
use time::OffsetDateTime;

use crate::authority::{self_signed, whole_second};
use crate::request::{Request, Subject, Term, Usage};
use crate::{Authority, Credential, Error, RevocationList, keys};

/// The development world.
#[derive(Debug)]
pub struct DevPki {
    /// The root of every TLS certificate (P-256), and of the elliptic curve message signer.
    pub tls: Authority,
    /// The root of the RSA message signers.
    pub signing: Authority,
    /// What `tls` revoked: `enemies.revoked` alone. Runs out 30 days after `now`.
    pub revocations: RevocationList,
    /// TLS servers.
    pub servers: Servers,
    /// TLS clients of the gateway.
    pub clients: Clients,
    /// Message signers (WS-Security).
    pub signers: Signers,
    /// Whom to turn away.
    pub enemies: Enemies,
}

/// TLS servers; all answer to `localhost`, `127.0.0.1` and `::1`.
#[derive(Debug)]
pub struct Servers {
    /// The gateway itself, also `gateway.localhost`.
    pub gateway: Credential,
    /// The mock government, also `shep.localhost`.
    pub shep: Credential,
    /// The telemetry collector, also `otlp.localhost`.
    pub otlp: Credential,
}

/// TLS clients of the gateway, each with a URI name `urn:qaqpa:dev:<name>`.
#[derive(Debug)]
pub struct Clients {
    /// A school, BIN 990140000007, `urn:qaqpa:dev:school`.
    pub school: Credential,
    /// Another school, BIN 990140000017, `urn:qaqpa:dev:school-2`.
    pub school_2: Credential,
    /// An auditor's system, BIN 990140000027, UID 2.999.398.3, `urn:qaqpa:dev:auditor`.
    pub auditor: Credential,
    /// The operator's administration, BIN 990140000037, UID 2.999.398.4, `urn:qaqpa:dev:admin`.
    pub admin: Credential,
    /// Who answers for personal data at the operator, UID 2.999.398.5, `urn:qaqpa:dev:officer`.
    pub officer: Credential,
    /// A system of the operator `cpm`, BIN 990140000067, `urn:qaqpa:dev:cpm`.
    pub cpm: Credential,
    /// A system of the operator `smartustaz`, BIN 990140000077, `urn:qaqpa:dev:smartustaz`.
    pub smartustaz: Credential,
    /// A system of the operator `myverify`, BIN 990140000087, `urn:qaqpa:dev:myverify`.
    pub myverify: Credential,
    /// A system of the operator `qyzmet-desk`, BIN 990140000097, `urn:qaqpa:dev:qyzmet-desk`.
    pub qyzmet_desk: Credential,
}

/// Information systems that sign messages.
#[derive(Debug)]
pub struct Signers {
    /// The gateway, RSA-2048, UID 2.999.398.1.
    pub gateway: Credential,
    /// The gateway, P-256, issued by [`DevPki::tls`] so that its certificate names an ECDSA signature.
    pub gateway_ec: Credential,
    /// The mock of the eGov gateway, RSA-2048, BIN 990140000047, UID 2.999.398.2.
    pub shep: Credential,
}

/// Certificates to be turned away, one flaw each.
#[derive(Debug)]
pub struct Enemies {
    /// The school, until yesterday.
    pub expired: Credential,
    /// The school, from next month.
    pub not_yet_valid: Credential,
    /// The school, vouched for by a stranger who bears the authority's name.
    pub foreign: Credential,
    /// The school, vouched for by itself.
    pub self_signed: Credential,
    /// The school, allowed to be a TLS server only.
    pub wrong_usage: Credential,
    /// The school, on the revocation list.
    pub revoked: Credential,
    /// A flawless client, BIN 990140000057, that no configuration knows.
    pub unknown: Credential,
    /// The mock government's TLS server, vouched for by a stranger who bears the authority's name.
    pub impostor_server: Credential,
    /// A flawless TLS server that answers to `elsewhere.invalid` only.
    pub wrong_name_server: Credential,
    /// The mock government's message signer with its subject and issuer, but another key: only pinning tells them
    /// apart.
    pub rogue_signer: Credential,
    /// The mock government's message signer, until yesterday.
    pub expired_signer: Credential,
}

impl DevPki {
    /// Makes everybody, with new keys. `now` decides every term; the system clock is never read. Takes about half a
    /// second of two cores, nearly all of it for five RSA keys.
    ///
    /// # Errors
    /// [`Error::Clock`] outside the years 2020 to 2199; [`Error::Key`] and [`Error::Issue`] if the machine fails.
    pub fn make(now: OffsetDateTime) -> Result<Self, Error> {
        let now = whole_second(now)?;
        let [signing_key, gateway_key, shep_key, rogue_key, expired_key] = keys::rsa()?;
        let tls = Authority::root("ca", &authority("CA"), keys::p256()?, now)?;
        let signing = Authority::root("signers/ca", &authority("SIGNER CA"), signing_key, now)?;
        let stranger = Authority::root("stranger", &authority("CA"), keys::p256()?, now)?;

        let signers = Signers {
            gateway: signing.issue("signers/gateway-signer", &gateway_signer(now), gateway_key)?,
            gateway_ec: tls.issue("signers/gateway-signer-ec", &gateway_signer(now), keys::p256()?)?,
            shep: signing.issue("signers/shep-signer", &shep_signer(Term::current(now)), shep_key)?,
        };
        let enemies = enemies(&tls, &signing, &stranger, [rogue_key, expired_key], now)?;
        let revocations = tls.revocation_list(&[&enemies.revoked], now)?;
        let (servers, clients) = (servers(&tls, now)?, clients(&tls, now)?);
        Ok(Self { tls, signing, revocations, servers, clients, signers, enemies })
    }

    /// Everybody who has a certificate and a key, in the order of [`crate::layout::FILES`].
    pub fn credentials(&self) -> impl Iterator<Item = &Credential> {
        let Servers { gateway, shep, otlp } = &self.servers;
        let Clients { school, school_2, auditor, admin, officer, cpm, smartustaz, myverify, qyzmet_desk } =
            &self.clients;
        let Signers { gateway: signer, gateway_ec: signer_ec, shep: shep_signer } = &self.signers;
        let clients = [school, school_2, auditor, admin, officer, cpm, smartustaz, myverify, qyzmet_desk];
        let friends = [gateway, shep, otlp].into_iter().chain(clients).chain([signer, signer_ec, shep_signer]);
        friends.chain(self.enemies.all())
    }
}

impl Enemies {
    /// All of them. Destructured in full, so that a new enemy cannot be forgotten.
    fn all(&self) -> [&Credential; 11] {
        let Self {
            expired,
            not_yet_valid,
            foreign,
            self_signed,
            wrong_usage,
            revoked,
            unknown,
            impostor_server,
            wrong_name_server,
            rogue_signer,
            expired_signer,
        } = self;
        [
            expired,
            not_yet_valid,
            foreign,
            self_signed,
            wrong_usage,
            revoked,
            unknown,
            impostor_server,
            wrong_name_server,
            rogue_signer,
            expired_signer,
        ]
    }
}

fn servers(tls: &Authority, now: OffsetDateTime) -> Result<Servers, Error> {
    let local = |host, subject| Ok::<_, Error>(server(subject, local_names(host)?, now));
    Ok(Servers {
        gateway: tls.issue("servers/gateway", &local("gateway.localhost", operator("GATEWAY"))?, keys::p256()?)?,
        shep: tls.issue("servers/shep", &local("shep.localhost", state("MOCK SHEP"))?, keys::p256()?)?,
        otlp: tls.issue("servers/otlp", &local("otlp.localhost", operator("OTLP"))?, keys::p256()?)?,
    })
}

fn clients(tls: &Authority, now: OffsetDateTime) -> Result<Clients, Error> {
    let make = |name, subject, uri, key| tls.issue(name, &client(subject, uri, Term::current(now))?, key);
    let school_2 = Subject::new("SCHOOL 2", "SCHOOL 2", "990140000017");
    let auditor = Subject::new("AUDITOR", "AUDITOR", "990140000027").system("2.999.398.3");
    let admin = operator("ADMIN").system("2.999.398.4");
    let officer = operator("OFFICER").system("2.999.398.5");
    let other = |name, bin| Subject::new(name, name, bin);
    Ok(Clients {
        school: make("clients/school", school(), "urn:qaqpa:dev:school", keys::p256()?)?,
        school_2: make("clients/school-2", school_2, "urn:qaqpa:dev:school-2", keys::p256()?)?,
        auditor: make("clients/auditor", auditor, "urn:qaqpa:dev:auditor", keys::p256()?)?,
        admin: make("clients/admin", admin, "urn:qaqpa:dev:admin", keys::p256()?)?,
        officer: make("clients/officer", officer, "urn:qaqpa:dev:officer", keys::p256()?)?,
        cpm: make("clients/cpm", other("CPM", "990140000067"), "urn:qaqpa:dev:cpm", keys::p256()?)?,
        smartustaz: make(
            "clients/smartustaz",
            other("SMARTUSTAZ", "990140000077"),
            "urn:qaqpa:dev:smartustaz",
            keys::p256()?,
        )?,
        myverify: make("clients/myverify", other("MYVERIFY", "990140000087"), "urn:qaqpa:dev:myverify", keys::p256()?)?,
        qyzmet_desk: make(
            "clients/qyzmet-desk",
            other("QYZMET DESK", "990140000097"),
            "urn:qaqpa:dev:qyzmet-desk",
            keys::p256()?,
        )?,
    })
}

fn enemies(
    tls: &Authority,
    signing: &Authority,
    stranger: &Authority,
    [rogue_key, expired_key]: [KeyPair; 2],
    now: OffsetDateTime,
) -> Result<Enemies, Error> {
    let as_school = |term| client(school(), "urn:qaqpa:dev:school", term);
    let flawless = as_school(Term::current(now))?;
    let serving = Request { usage: Usage::Server, ..flawless.clone() };
    let nobody = Subject::new("STRANGER", "STRANGER", "990140000057");
    let nobody = client(nobody, "urn:qaqpa:dev:unknown", Term::current(now))?;
    let shep = server(state("MOCK SHEP"), local_names("shep.localhost")?, now);
    let elsewhere = server(state("MOCK SHEP"), vec![dns("elsewhere.invalid")?], now);
    let (rogue, late) = (shep_signer(Term::current(now)), shep_signer(Term::over(now)));
    Ok(Enemies {
        expired: tls.issue("enemies/expired", &as_school(Term::over(now))?, keys::p256()?)?,
        not_yet_valid: tls.issue("enemies/not-yet-valid", &as_school(Term::ahead(now))?, keys::p256()?)?,
        foreign: stranger.issue("enemies/foreign", &flawless, keys::p256()?)?,
        self_signed: self_signed("enemies/self-signed", &flawless, keys::p256()?)?,
        wrong_usage: tls.issue("enemies/wrong-usage", &serving, keys::p256()?)?,
        revoked: tls.issue("enemies/revoked", &flawless, keys::p256()?)?,
        unknown: tls.issue("enemies/unknown", &nobody, keys::p256()?)?,
        impostor_server: stranger.issue("enemies/impostor-server", &shep, keys::p256()?)?,
        wrong_name_server: tls.issue("enemies/wrong-name-server", &elsewhere, keys::p256()?)?,
        rogue_signer: signing.issue("enemies/rogue-signer", &rogue, rogue_key)?,
        expired_signer: signing.issue("enemies/expired-signer", &late, expired_key)?,
    })
}

fn server(subject: Subject, names: Vec<SanType>, now: OffsetDateTime) -> Request {
    Request { subject, usage: Usage::Server, names, term: Term::current(now) }
}

fn client(subject: Subject, uri: &str, term: Term) -> Result<Request, Error> {
    Ok(Request { subject, usage: Usage::Client, names: vec![SanType::URI(ascii(uri)?)], term })
}

fn gateway_signer(now: OffsetDateTime) -> Request {
    let subject = operator("GATEWAY SIGNER").system("2.999.398.1");
    Request { subject, usage: Usage::Signer, names: Vec::new(), term: Term::current(now) }
}

fn shep_signer(term: Term) -> Request {
    let subject = state("MOCK SHEP SIGNER").system("2.999.398.2");
    Request { subject, usage: Usage::StateSigner, names: Vec::new(), term }
}

fn school() -> Subject {
    Subject::new("SCHOOL", "SCHOOL", "990140000007")
}

fn authority(common_name: &str) -> Subject {
    Subject::new(common_name, "AUTHORITY", "990140000067")
}

fn operator(common_name: &str) -> Subject {
    Subject::new(common_name, "OPERATOR", "990140000037")
}

fn state(common_name: &str) -> Subject {
    Subject::new(common_name, "MOCK STATE", "990140000047")
}

fn local_names(host: &str) -> Result<Vec<SanType>, Error> {
    let (v4, v6) = (Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into());
    Ok(vec![dns("localhost")?, dns(host)?, SanType::IpAddress(v4), SanType::IpAddress(v6)])
}

fn dns(name: &str) -> Result<SanType, Error> {
    Ok(SanType::DnsName(ascii(name)?))
}

fn ascii(name: &str) -> Result<Ia5String, Error> {
    Ia5String::try_from(name).map_err(|source| Error::Issue { name: name.to_owned(), source })
}
