//! The canary of keys: a private key, in every broken form in which people have one, is put into every place that reads a key, a
//! certificate, a list, a pack or a configuration; and all that is said of it is searched for the key.
//!
//! What `check` prints is what `serve` prints before it ends; what `sync` prints is what its client says. It is a test binary of
//! its own, because it captures what the process logs at TRACE, other crates too.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use qaqpa::DialArgs;
use qaqpa::client::{Access, Client};
use qaqpa_gateway::start::config::{Config, Problem};
use qaqpa_gateway::start::setup::Setup;
use qaqpa_tests::World;
use toml::Value;

/// Where a path to a file stands: each is pointed at the broken key in turn.
const PLACES: [&[&str]; 11] = [
    &["listen", "certificate"],
    &["listen", "key"],
    &["listen", "client_ca"],
    &["listen", "crl"],
    &["journal", "key"],
    &["vault", "key"],
    &["channels", "shep", "signer_certificate"],
    &["channels", "shep", "signer_key"],
    &["channels", "shep", "reply_signers"],
    &["endpoints", "shep", "ca"],
    &["operators", "policy"],
];

/// Everything that this process logs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn captured() -> Self {
        let log = Self::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_writer(move || writer.clone())
            .init();
        log
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The forms in which people have a key, each by its name.
fn forms(pem: &str) -> Vec<(&'static str, Vec<u8>)> {
    let labelled = |label: &str| pem.replace("PRIVATE KEY", label);
    let text = [
        ("the key of another", pem.to_owned()),
        ("line ends as two characters", pem.replace('\n', "\\n")),
        ("folded", pem.replace('\n', " ")),
        ("without its first line", pem.split_once('\n').unwrap().1.to_owned()),
        ("without its last line", pem.replace("-----END PRIVATE KEY-----", "")),
        ("another last line", pem.replace("END PRIVATE", "END RSA PRIVATE")),
        ("half", pem.split_at(pem.len() / 2).0.to_owned()),
        ("dashes lost", pem.replace("-----", "----")),
        ("not base64", pem.replace('A', "*")),
        ("encrypted", labelled("ENCRYPTED PRIVATE KEY")),
        ("openssh", labelled("OPENSSH PRIVATE KEY")),
        ("called a certificate", labelled("CERTIFICATE")),
        ("called a list", labelled("X509 CRL")),
        ("called PKCS#1", labelled("RSA PRIVATE KEY")),
        ("in YAML", format!("key: |\n  {}", pem.replace('\n', "\n  "))),
        ("a list in YAML", format!("- {}", pem.replace('\n', "\n- "))),
    ];
    let mut forms: Vec<_> = text.into_iter().map(|(form, text)| (form, text.into_bytes())).collect();
    forms.push(("utf-16", pem.encode_utf16().flat_map(u16::to_le_bytes).collect()));
    forms
}

/// Parts of the key, as it is written and as a library prints octets; none may be found anywhere.
fn parts(pem: &str) -> Vec<String> {
    let body: Vec<&str> = pem.lines().filter(|line| !line.contains("-----")).collect();
    let pieces = body.iter().flat_map(|line| line.as_bytes().chunks(8)).filter(|piece| piece.len() == 8);
    let written = pieces.clone().map(|piece| String::from_utf8(piece.to_vec()).unwrap());
    let numbers = pieces.map(|piece| piece.iter().map(u8::to_string).collect::<Vec<_>>().join(", "));
    written.chain(numbers).collect()
}

/// `gateway.toml` with another file, or another value, in one place.
fn with(text: &str, place: &[&str], value: &Value) -> String {
    let mut table: toml::Table = text.parse().unwrap();
    let (last, way) = place.split_last().unwrap();
    let mut at = &mut table;
    for step in way {
        at = match at.entry((*step).to_owned()).or_insert_with(|| Value::Table(toml::Table::new())) {
            Value::Table(table) => table,
            Value::Array(rows) => rows.first_mut().unwrap().as_table_mut().unwrap(),
            _ => unreachable!("a table is on the way"),
        };
    }
    let is_list = matches!(at.get(*last), Some(Value::Array(_)));
    at.insert((*last).to_owned(), if is_list { Value::Array(vec![value.clone()]) } else { value.clone() });
    table.to_string()
}

/// What `qaqpa check`, and `qaqpa serve` before it ends, would print.
fn checked(world: &World, text: &str) -> String {
    let path = world.site.file("gateway-of-canary.toml");
    let told = |problems: Vec<Problem>| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    match Config::parse(text, &path) {
        Err(problems) => told(problems),
        Ok((config, source)) => {
            Setup::check(&config, &source, &world.site.environment()).map_or_else(told, |_| String::new())
        }
    }
}

/// What `qaqpa sync` and every other client of a gateway would print.
fn dialled(world: &World, ca: &Path, certificate: &Path, key: &Path) -> String {
    let dial = DialArgs::default();
    let access = Access { url: "https://localhost:1", ca, certificate: Some((certificate, key)), dial: &dial };
    Client::new(&access, &world.site.environment()).err().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_part_of_a_key_is_said_whatever_is_wrong_with_it() {
    let log = Log::captured();
    let world = World::start().await;
    let file = |name: &str| world.site.file(name);
    let pem = world.site.pki.servers.otlp.key_pem();
    let laid_out = std::fs::read_to_string(file("gateway-0.toml")).unwrap();
    let (broken, parts) = (file("broken"), parts(&pem));
    std::fs::write(&broken, "").unwrap();
    std::fs::set_permissions(&broken, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let unsaid = |told: &str, where_: &str, form: &str| {
        let found: Vec<&String> = parts.iter().filter(|part| told.contains(part.as_str())).collect();
        assert!(found.is_empty(), "{form} in {where_} is repeated: {told}");
    };
    let path = Value::String(broken.display().to_string());
    for (form, octets) in forms(&pem) {
        std::fs::write(&broken, &octets).unwrap();
        for place in PLACES {
            let told = checked(&world, &with(&laid_out, place, &path));
            unsaid(&told, &place.join("."), form);
            assert!(told.contains("broken"), "{form} in {place:?}: the file is not named: {told}");
        }
        let (ca, good) = (file("pki/ca.pem"), |kind: &str| file(&format!("pki/clients/school.{kind}")));
        for (ca, certificate, key) in
            [(&broken, &good("pem"), &good("key")), (&ca, &broken, &good("key")), (&ca, &good("pem"), &broken)]
        {
            let told = dialled(&world, ca, certificate, key);
            unsaid(&told, "sync", form);
            assert!(told.contains("broken"), "{form}: {told}");
        }
        reloaded(&world, &octets).await;
    }
    for place in
        [&["profile"][..], &["listen", "address"], &["quotas", "caller_per_second"], &["journal", "segment_mib"]]
    {
        for told in [
            checked(&world, &with(&laid_out, place, &Value::String(pem.clone()))),
            checked(&world, &[&pem, laid_out.as_str()].concat()),
            checked(&world, &[laid_out.as_str(), "\n", &pem.replace('\n', " = 1\n")].concat()),
        ] {
            assert!(!told.is_empty(), "{place:?}");
            unsaid(&told, &place.join("."), "in gateway.toml itself");
        }
    }
    unsaid(&log.text(), "the log", "any");
    assert!(log.text().contains("not reloaded"), "the log was captured");
    let journal: String = world.records().await.iter().map(ToString::to_string).collect();
    unsaid(&journal, "the journal", "any");
}

/// Puts the broken key in the place of each file that a running gateway reads again.
async fn reloaded(world: &World, octets: &[u8]) {
    let names = ["pki/servers/gateway.pem", "pki/servers/gateway.key", "pki/ca.pem", "pki/ca.crl", "policy/cpm.yaml"];
    for name in names {
        let path: PathBuf = world.site.file(name);
        let good = std::fs::read(&path).unwrap();
        std::fs::write(&path, octets).unwrap();
        world.running.reload().await;
        std::fs::write(&path, good).unwrap();
    }
    world.running.reload().await;
}
