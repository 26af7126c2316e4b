//! `check`, start and SIGHUP agree: what start would refuse `check` says before, and a reload refuses; what will turn every caller
//! away tomorrow is said today; and what `check` takes does start, and lets callers in.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use qaqpa_certs_dev::DevPki;
use qaqpa_gateway::clock::offset_date_time;
use qaqpa_journal::Signer;
use qaqpa_tests::people::{self, GET_SCHOOL, STATE_EXCHANGE};
use qaqpa_tests::{World, code};
use qaqpa_vault::VaultKey;

const EXPOSED: &str = "others may read or change it";

fn mode(world: &World, file: &str, mode: u32) {
    fs::set_permissions(world.site.file(file), Permissions::from_mode(mode)).unwrap();
}

/// A secret's file with this text.
fn secret(world: &World, file: &str, text: &str) {
    fs::write(world.site.file(file), text).unwrap();
    mode(world, file, 0o600);
}

/// Starts such a gateway if `check` takes it, and not if it does not. What `check` says.
async fn agreed(world: &World, overlay: &str) -> Result<Vec<String>, String> {
    let checked = world.checked(overlay);
    let started = world.try_beside(overlay).await;
    // Each of the two had a `gateway.toml` of its own, with a number in its name.
    let said = |told: Option<&String>| told.map(|told| told.replace(char::is_numeric, ""));
    assert_eq!(said(started.as_ref().err()), said(checked.as_ref().err()), "start and check differ: {overlay}");
    if let Ok(world) = started {
        world.running.stop().await;
    }
    checked
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_others_can_reach_is_refused() {
    let world = World::start().await;
    let secrets = [
        "pki/servers/gateway.key",
        "pki/signers/gateway-signer.key",
        "secrets/journal.key",
        "secrets/vault.key",
        "secrets/shep.password",
    ];
    for file in secrets {
        for bits in [0o604, 0o640, 0o602, 0o620, 0o666] {
            mode(&world, file, bits);
            let told = agreed(&world, "").await.unwrap_err();
            assert!(told.contains(EXPOSED) && told.contains(file), "{file} {bits:o}: {told}");
        }
        mode(&world, file, 0o600);
    }
    mode(&world, "pki/servers/gateway.key", 0o644);
    world.running.reload().await;
    let refused = |record: &serde_json::Value| record["event"] == "certificates_refused";
    let line = world.until_recorded("a reload refuses it too", refused).await;
    assert!(line["facts"]["problem"].as_str().unwrap().contains(EXPOSED), "{line}");
    mode(&world, "pki/servers/gateway.key", 0o600);
    fs::create_dir(world.site.file("shared")).unwrap();
    mode(&world, "shared", 0o777);
    let told = agreed(&world, "[journal]\ndirectory = \"shared\"").await.unwrap_err();
    assert!(told.contains("others may write there"), "{told}");
    let made = fs::metadata(world.journal()).unwrap().permissions().mode() & 0o777;
    assert_eq!(made, 0o700, "the journal's folder, when the gateway makes it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_not_open_is_said_before() {
    let world = World::start().await;
    let own = fs::read_to_string(world.site.file("gateway-0.toml")).unwrap().parse::<toml::Table>().unwrap();
    let origin = own["journal"]["origin"].as_str().unwrap();
    secret(&world, "secrets/other-lane.key", &Signer::key_text("another/lane", &[1; 32]).unwrap());
    secret(&world, "secrets/other.key", &Signer::key_text(origin, &[2; 32]).unwrap());
    secret(&world, "secrets/other-vault.key", &VaultKey::generate().unwrap().1);
    fs::write(world.site.file("a-file"), "").unwrap();
    let signer = |name: &str| {
        format!("[channels.shep]\nsigner_certificate = \"pki/{name}.pem\"\nsigner_key = \"pki/{name}.key\"\n")
    };
    let server = |name: &str| format!("[listen]\ncertificate = \"pki/{name}.pem\"\nkey = \"pki/{name}.key\"\n");
    let caller =
        |text: &str| format!("[[callers]]\nid = \"new\"\noperator = \"avtomektep\"\nrole = \"auditor\"\n{text}\n");
    for (wanted, overlay) in [
        ("`journal.key`", "[journal]\nkey = \"secrets/none.key\"".to_owned()),
        ("is of lane `another/lane`", "[journal]\nkey = \"secrets/other-lane.key\"".to_owned()),
        (
            "the journal directory belongs to lane",
            "[journal]\ndirectory = \"journal-0\"\nkey = \"secrets/other.key\"".to_owned(),
        ),
        ("`journal.directory`: ", "[journal]\ndirectory = \"a-file\"".to_owned()),
        ("`journal.directory`: ", "[journal]\ndirectory = \"a-file/journal\"".to_owned()),
        (
            "not the one this vault was made with",
            "[vault]\nfile = \"vault-0/vault.sqlite\"\nkey = \"secrets/other-vault.key\"".to_owned(),
        ),
        ("is not a vault", "[vault]\nfile = \"gateway-0.toml\"".to_owned()),
        (
            "must be more than `nominal_per_hour`",
            "[systems.avtoshkola]\nnominal_per_hour = 9\npeak_per_hour = 9".to_owned(),
        ),
        ("nothing can listen at 203.0.113.1:7443", "[listen]\naddress = \"203.0.113.1:7443\"".to_owned()),
        ("the certificate ended on", signer("enemies/expired-signer")),
        ("a certificate ended on", "[channels.shep]\nreply_signers = [\"pki/enemies/expired-signer.pem\"]".to_owned()),
        ("the certificate ended on", server("enemies/expired")),
        ("the certificate is not valid before", server("enemies/not-yet-valid")),
        ("is not the key of the first certificate", "[listen]\nkey = \"pki/servers/shep.key\"".to_owned()),
        ("is no authority", "[listen]\nclient_ca = \"pki/clients/school.pem\"".to_owned()),
        ("the id of a caller is", caller("uri = \"urn:a\"").replace("new", "gateway")),
        ("the id of a caller is", caller("uri = \"urn:a\"").replace("new", "Мектеп")),
        ("the id of a caller is", caller("uri = \"urn:a\"").replace("new", "a/b")),
        ("name its `uid`, or say `whole_organisation", caller("bin = \"990140000027\"")),
        ("known by exactly one of", caller("uri = \"urn:a\"\nwhole_organisation = true")),
        ("is none of `client_ca`", caller("uri = \"urn:a\"\nissuer = \"CN=NOBODY\"")),
    ] {
        let told = agreed(&world, &overlay).await.err().unwrap_or_default();
        assert!(told.contains(wanted), "{overlay}: {told}");
    }
    for overlay in [
        String::new(),
        caller("bin = \"990140000027\"\nwhole_organisation = true"),
        "[vault]\nfile = \"vault-new/vault.sqlite\"\nkey = \"secrets/other-vault.key\"".to_owned(),
    ] {
        assert_eq!(agreed(&world, &overlay).await, Ok(Vec::new()), "{overlay}");
    }
    let pins = "[channels.shep]\nreply_signers = [\"pki/enemies/expired-signer.pem\", \"pki/signers/shep-signer.pem\"]";
    let told = agreed(&world, pins).await.unwrap();
    assert!(told.len() == 1 && told[0].contains("a certificate ended on"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_within_a_month_is_said_today() {
    let world = World::start().await;
    assert_eq!(agreed(&world, "").await, Ok(Vec::new()));
    world.site.time.forward(340 * 86_400); // of a year
    world.site.revoke(&[], 0);
    let told = agreed(&world, "").await.unwrap();
    for wanted in ["`listen.certificate`", "`channels.shep.signer_certificate`", "`channels.shep.reply_signers`"] {
        let of_key = told.iter().find(|warning| warning.contains(wanted));
        assert!(of_key.is_some_and(|warning| warning.contains("ends on") && warning.contains(" days)")), "{told:?}");
    }
    // What ran all the time counts the days; its own list is not the one that was laid there since.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (_, metrics) = world.caller("clients/auditor").get("/metrics").await;
    for (of, left) in [
        ("listen.certificate", 24),
        ("listen.crl", -311),
        ("channels.shep.signer_certificate", 24),
        ("endpoints.shep.ca", 59),
    ] {
        let found = metrics.lines().find(|line| line.contains("qaqpa_certificate_days_left") && line.contains(of));
        let days = found.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        assert!(days.is_some_and(|days| (days - f64::from(left)).abs() <= 1.0), "{of}: {found:?}");
    }
    world.site.time.forward(-339 * 86_400);
    world.site.revoke(&[], 25);
    let told = agreed(&world, "").await.unwrap();
    assert!(told.len() == 1 && told[0].contains("`listen.crl`: the list of"), "{told:?}");
    world.site.revoke(&[], 31);
    let renewed = "[listen]\ncrl_from = \"lists\"\n[endpoints.lists]\nplane = \"support\"\nkind = \"development-loopback\"\n\
                   url = \"http://localhost:1/ca.crl\"\n";
    assert!(world.checked("").unwrap_err().contains("revocation.expired"));
    assert!(
        world.checked(renewed).unwrap()[0].contains("`listen.crl`"),
        "what renews the list may start with one that is over"
    );
}

/// Contents of one of the files that SIGHUP reads: the good one, and those that somebody lays there by mistake.
fn contents(world: &World, other: &DevPki, file: &str) -> Vec<String> {
    let pki = world.site.pki;
    let now = offset_date_time(&world.site.time.clock());
    let lists = |days: u64, authority: &qaqpa_certs_dev::Authority| {
        authority.revocation_list(&[&pki.enemies.revoked], now - Duration::from_secs(days * 86_400)).unwrap().pem
    };
    let certificates = [&pki.servers.gateway, &pki.servers.shep, &pki.enemies.expired, &pki.enemies.not_yet_valid];
    let good = match file {
        "pki/servers/gateway.pem" => certificates.map(|of| of.certificate_pem().to_owned()).to_vec(),
        "pki/servers/gateway.key" => certificates.map(|of| of.key_pem()).to_vec(),
        "pki/ca.pem" => vec![
            pki.tls.certificate_pem().to_owned(),
            [pki.tls.certificate_pem(), other.signing.certificate_pem()].concat(),
            pki.clients.school.certificate_pem().to_owned(),
        ],
        _ => vec![
            lists(0, &pki.tls),
            [lists(0, &pki.tls), lists(0, &other.signing)].concat(),
            lists(31, &pki.tls),
            lists(0, &other.tls),
            lists(0, &other.signing),
        ],
    };
    let half = good[0].split_at(good[0].len() / 2).0.to_owned();
    let folded = good[0].replace('\n', "\\n");
    good.into_iter().chain([folded, half, String::new(), "rubbish".to_owned()]).collect()
}

/// Numbers that are the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_lies_there_check_start_and_reload_agree() {
    const FILES: [&str; 4] = ["pki/servers/gateway.pem", "pki/servers/gateway.key", "pki/ca.pem", "pki/ca.crl"];
    let world = World::start().await;
    let other = DevPki::make(offset_date_time(&world.site.time.clock())).unwrap();
    let (mut chance, mut taken, mut refused) = (Chance(11), 0, 0);
    for round in 0..32 {
        let before: Vec<Vec<u8>> = FILES.iter().map(|file| fs::read(world.site.file(file)).unwrap()).collect();
        let one = round % FILES.len();
        for (at, file) in FILES.iter().enumerate() {
            // One file is changed, and now and then another one too.
            let all = contents(&world, &other, file);
            let pick = if at == one || chance.below(5) == 0 { chance.below(all.len()) } else { 0 };
            fs::write(world.site.file(file), &all[pick]).unwrap();
        }
        let checked = agreed(&world, "").await;
        world.running.reload().await;
        let records = world.records().await;
        let lines = records.iter().filter(|record| record["event"] == "certificates_refused").count();
        assert_eq!(
            lines - refused,
            usize::from(checked.is_err()),
            "round {round}: SIGHUP and check differ: {checked:?}"
        );
        match checked {
            Ok(_) => taken += 1,
            Err(_) => {
                refused = lines;
                FILES.iter().zip(before).for_each(|(file, was)| fs::write(world.site.file(file), was).unwrap());
            }
        }
        let school = world.caller("clients/school");
        let told = school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into()).await;
        assert_eq!(code(&told), "answered", "round {round}: who came in before still does");
        assert!(world.caller("enemies/revoked").handshake().await.is_err(), "round {round}");
    }
    assert!(taken > 2 && refused > 12, "{taken} taken, {refused} refused");
}
