//! A development environment on disk: what `certs dev` lays out and the demo runs on.
//!
//! ```text
//! DIR/pki/...            certificates and keys, friends and enemies (see qaqpa-certs-dev)
//! DIR/secrets/           journal key, vault key, SHEP password
//! DIR/policy/            the operators' packs
//! DIR/gateway.toml       ready for `qaqpa serve`
//! DIR/trust.toml         what an auditor must get by another way than the bundle
//! ```

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use qaqpa_adapters::shep::sync::Password;
use qaqpa_adapters::wsse;
use qaqpa_certs_dev::DevPki;
use qaqpa_gateway::clock::{Clock, offset_date_time};
use qaqpa_gateway::tls::{credential, provider};
use qaqpa_journal::Signer;
use qaqpa_mock::{Options, Replies, Sender, Transport};
use qaqpa_policy::Pack;
use qaqpa_proto::Contract;
use qaqpa_vault::VaultKey;
use rustls::ServerConfig;

/// The operators whose packs ship with the gateway, by id.
pub const PACKS: [(&str, &str); 5] = [
    ("avtomektep", include_str!("../../../deploy/policies/avtomektep.yaml")),
    ("cpm", include_str!("../../../deploy/policies/cpm.yaml")),
    ("smartustaz", include_str!("../../../deploy/policies/smartustaz.yaml")),
    ("myverify", include_str!("../../../deploy/policies/myverify.yaml")),
    ("qyzmet-desk", include_str!("../../../deploy/policies/qyzmet-desk.yaml")),
];
/// Lane of a development gateway.
pub const ORIGIN: &str = "qaqpa-dev.localhost/audit/dev";
/// What a development gateway and the mock government call their shared secret.
pub const SENDER: &str = "qaqpa_dev";

/// Where it goes and which addresses it names.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Empty or new directory.
    pub directory: PathBuf,
    /// Where the gateway shall listen.
    pub listen: SocketAddr,
    /// Where the mock government shall listen.
    pub shep: SocketAddr,
}

/// Writes the environment.
///
/// # Errors
/// A sentence for people: the directory is not empty, cannot be written, or there is no randomness.
pub fn lay_out(layout: &Layout, clock: &Clock) -> Result<DevPki, String> {
    let directory = &layout.directory;
    let text = |error: std::io::Error| format!("{}: {error}", directory.display());
    let pki = DevPki::make(offset_date_time(clock)).map_err(|error| error.to_string())?;
    std::fs::create_dir_all(directory.join("policy")).map_err(text)?;
    std::fs::create_dir_all(directory.join("secrets")).map_err(text)?;
    pki.write(&directory.join("pki")).map_err(|error| error.to_string())?;
    let seed = random().ok_or("no randomness")?;
    let signer = Signer::from_seed(ORIGIN, &seed).map_err(|error| error.to_string())?;
    let key = Signer::key_text(ORIGIN, &seed).map_err(|error| error.to_string())?;
    secret(&directory.join("secrets/journal.key"), &key).map_err(text)?;
    let password = random().map(hex::encode).ok_or("no randomness")?;
    secret(&directory.join("secrets/shep.password"), &password).map_err(text)?;
    let (_, vault_key) = VaultKey::generate().map_err(|error| error.to_string())?;
    secret(&directory.join("secrets/vault.key"), &vault_key).map_err(text)?;
    for (id, pack) in PACKS {
        std::fs::write(directory.join(format!("policy/{id}.yaml")), pack).map_err(text)?;
    }
    std::fs::write(directory.join("gateway.toml"), gateway_toml(layout, &systems()?)).map_err(text)?;
    std::fs::write(directory.join("trust.toml"), trust_toml(signer.vkey())).map_err(text)?;
    Ok(pki)
}

fn random() -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(bytes)
}

fn secret(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{text}")
}

fn trust_toml(vkey: &impl std::fmt::Display) -> String {
    format!(
        "# Whose signatures an auditor believes. Hand it over by another way than the bundle.\n\n[[lane]]\norigin = \"{ORIGIN}\"\nkey = \"{vkey}\"\n"
    )
}

fn gateway_toml(layout: &Layout, systems: &str) -> String {
    let Layout { listen, shep, .. } = layout;
    format!(
        r#"# Development environment made by `qaqpa certs dev`. Every key is documented in deploy/gateway.toml.
profile = "development"

[listen]
address = "{listen}"
certificate = "pki/servers/gateway.pem"
key = "pki/servers/gateway.key"
client_ca = "pki/ca.pem"
crl = "pki/ca.crl"

[journal]
directory = "journal"
origin = "{ORIGIN}"
key = "secrets/journal.key"

[vault]
file = "vault/vault.sqlite"
key = "secrets/vault.key"

[calendar]
holidays = [
    "2026-01-01", "2026-01-02", "2026-01-07", "2026-03-08", "2026-03-21", "2026-03-22", "2026-03-23", "2026-05-01",
    "2026-05-07", "2026-05-09", "2026-07-06", "2026-08-30", "2026-10-25", "2026-12-16",
]

[[operators]]
id = "avtomektep"
policy = "policy/avtomektep.yaml"

[[operators]]
id = "cpm"
policy = "policy/cpm.yaml"
bin = "990140000067"

[[operators]]
id = "smartustaz"
policy = "policy/smartustaz.yaml"
bin = "990140000077"

[[operators]]
id = "myverify"
policy = "policy/myverify.yaml"

[[operators]]
id = "qyzmet-desk"
policy = "policy/qyzmet-desk.yaml"
bin = "990140000097"

[[callers]]
id = "school"
uri = "urn:qaqpa:dev:school"
operator = "avtomektep"
role = "exchange"
purposes = ["state-exchange", "reporting"]
on_behalf_of = ["990140000007"]

[[callers]]
id = "school-2"
uri = "urn:qaqpa:dev:school-2"
operator = "avtomektep"
role = "exchange"
purposes = ["reporting"]
on_behalf_of = ["990140000017"]

[[callers]]
id = "auditor"
uri = "urn:qaqpa:dev:auditor"
operator = "avtomektep"
role = "auditor"

[[callers]]
id = "officer"
uri = "urn:qaqpa:dev:officer"
operator = "avtomektep"
role = "officer"

[[callers]]
id = "admin"
uri = "urn:qaqpa:dev:admin"
operator = "avtomektep"
role = "admin"
{others}
[channels.shep]
endpoint = "shep"
sender_id = "{SENDER}"
password_file = "secrets/shep.password"
signer_certificate = "pki/signers/gateway-signer.pem"
signer_key = "pki/signers/gateway-signer.key"
reply_signers = ["pki/signers/shep-signer.pem"]

{systems}
[endpoints.shep]
plane = "upstream"
url = "https://localhost:{port}/bip-sync-wss-gost/"
kind = "development-loopback"
addresses = ["{address}"]
ca = "pki/ca.pem"

[peers.laptop]
kind = "development-loopback"

[telemetry]
format = "text"
"#,
        port = shep.port(),
        address = shep.ip(),
        others = others(),
    )
}

/// A table for every system that a compiled-in contract speaks of.
fn systems() -> Result<String, String> {
    let contract = Contract::embedded().map_err(|error| error.to_string())?;
    let ids: BTreeSet<&str> = contract.operations().iter().map(|operation| operation.system.id.as_str()).collect();
    Ok(ids.iter().map(|id| format!("[systems.{id}]\nchannel = \"shep\"\n")).collect::<Vec<_>>().join("\n"))
}

/// A caller for each of the other operators, with all purposes of its pack that some state system serves.
fn others() -> String {
    let mut text = String::new();
    for (id, pack) in PACKS.iter().skip(1) {
        let purposes: Vec<String> = Pack::parse(pack, id)
            .iter()
            .flat_map(|pack| pack.purposes())
            .filter(|purpose| !purpose.operations.is_empty())
            .map(|purpose| format!("\"{}\"", purpose.id))
            .collect();
        let purposes = purposes.join(", ");
        text += &format!(
            "\n[[callers]]\nid = \"{id}\"\nuri = \"urn:qaqpa:dev:{id}\"\noperator = \"{id}\"\nrole = \"exchange\"\npurposes = [{purposes}]\n"
        );
    }
    text
}

/// The mock government of an environment.
///
/// # Errors
/// A sentence for people: a file that is missing or cannot be used.
pub fn government(directory: &Path, address: SocketAddr, clock: &Clock) -> Result<Options, String> {
    let file = |name: &str| directory.join(name);
    let read = |name: &str| std::fs::read(file(name)).map_err(|error| format!("{}: {error}", file(name).display()));
    let signer = |name: &str| {
        wsse::Signer::from_pem(&read(&format!("pki/{name}.pem"))?, &read(&format!("pki/{name}.key"))?)
            .map_err(|why| format!("{}: {why}", file(&format!("pki/{name}")).display()))
    };
    let trusted = wsse::PinnedSigners::from_pem(
        &[read("pki/signers/gateway-signer.pem")?, read("pki/signers/gateway-signer-ec.pem")?].join(&b'\n'),
    )
    .map_err(|error| error.to_string())?;
    let password = String::from_utf8_lossy(&read("secrets/shep.password")?).trim().to_owned();
    let clock = clock.clone();
    let contract = Arc::new(Contract::embedded().map_err(|error| error.to_string())?);
    Ok(Options {
        address,
        transport: Transport::Tls(tls(directory)?),
        trusted,
        signer: Arc::new(signer("signers/shep-signer")?),
        rogue: Some(Arc::new(signer("enemies/rogue-signer")?)),
        contract,
        replies: Replies::default(),
        clock: Arc::new(move || clock.now()),
        accept_unsigned: false,
        sender: Some(Sender { id: SENDER.to_owned(), password: Password::new(password) }),
        keep: KEPT,
        generous: 0,
    })
}

/// Exchanges that the mock remembers, octet for octet.
const KEPT: usize = 1_000;

fn tls(directory: &Path) -> Result<Arc<ServerConfig>, String> {
    let (certificate, key) = (directory.join("pki/servers/shep.pem"), directory.join("pki/servers/shep.key"));
    let (chain, private) = credential(&certificate, &key).map_err(|error| error.to_string())?;
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|_| format!("{}: TLS cannot use it", certificate.display()))?;
    Ok(Arc::new(config))
}
