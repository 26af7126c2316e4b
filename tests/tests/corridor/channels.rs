//! Channels of the configuration: what stands in one holds for the systems that name it and for no other.

use qaqpa_gateway::start::config::Config;
use qaqpa_gateway::start::setup::Setup;
use qaqpa_tests::people::{self, GET_SCHOOL, STATE_EXCHANGE};
use qaqpa_tests::{Seen, World};
use tonic::Code;

/// A second channel to the same government that gives up after a second, and who names it. By name it is the first one.
fn hasty(world: &World, avtoshkola: &str, gbdfl: &str) -> String {
    let url = world.government.url().replace("127.0.0.1", "localhost");
    format!(
        "[channels.hasty]\nendpoint = \"again\"\nsender_id = \"qaqpa_dev\"\npassword_file = \"secrets/shep.password\"\n\
         signer_certificate = \"pki/signers/gateway-signer-ec.pem\"\nsigner_key = \"pki/signers/gateway-signer-ec.key\"\n\
         reply_signers = [\"pki/signers/shep-signer.pem\"]\ntotal_timeout_seconds = 1\n\
         [systems.avtoshkola]\nchannel = \"{avtoshkola}\"\n[systems.gbdfl]\nchannel = \"{gbdfl}\"\n\
         [endpoints.again]\nplane = \"upstream\"\nurl = \"{url}\"\nkind = \"development-loopback\"\n\
         addresses = [\"127.0.0.1\"]\nca = \"pki/ca.pem\"\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_has_the_timeouts_and_the_signer_of_its_own_channel() {
    let world = World::start().await;
    let ecdsa = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
    let rsa = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    let timeout = Seen::failed("upstream.timeout", Code::DeadlineExceeded);
    for (wanted, signature, avtoshkola, gbdfl) in
        [(Seen::answered(), rsa, "shep", "hasty"), (timeout, ecdsa, "hasty", "shep")]
    {
        let world = world.beside(&hasty(&world, avtoshkola, gbdfl)).await;
        let school = world.caller("clients/school");
        world.government.behave_once("slow=2s".parse().unwrap());
        let seen = world.observe(school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into())).await;
        assert_eq!(seen, wanted, "{avtoshkola}");
        let intent = world.records().await.into_iter().rfind(|record| record["phase"] == "INTENT").unwrap();
        assert_eq!(intent["signature"], signature, "{avtoshkola}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn channels_that_do_not_fit_are_told_by_name_and_line() {
    let world = World::start().await;
    let second = hasty(&world, "shep", "hasty");
    for (wanted, overlay) in [
        ("", second.clone()),
        (
            "endpoint `shep` is that of channel `hasty` already, and has its timeouts: declare it once more under another name",
            second.replace("endpoint = \"again\"", "endpoint = \"shep\""),
        ),
        ("endpoint `nowhere` is not declared", second.replace("endpoint = \"again\"", "endpoint = \"nowhere\"")),
        (
            "channel `slow` is not declared: it needs a table [channels.*]",
            second.replace("channel = \"hasty\"", "channel = \"slow\""),
        ),
    ] {
        let found = problems(&world, &overlay);
        let told: Vec<&str> = found.lines().map(|line| line.split_once(": ").unwrap().1).collect();
        assert_eq!(told, Vec::from_iter((!wanted.is_empty()).then_some(wanted)), "{found}");
        assert!(found.lines().all(|line| line.contains(".toml:")), "without a line: {found}");
    }
}

/// What `qaqpa check` says of the development configuration with these tables after its own.
fn problems(world: &World, tables: &str) -> String {
    let laid_out = std::fs::read_to_string(world.site.file("gateway.toml")).unwrap();
    let own = laid_out.split("[systems.avtoshkola]").next().unwrap();
    let rest = laid_out[laid_out.find("[endpoints.shep]").unwrap()..].replace("localhost:0/", "localhost:1/");
    let path = world.site.file("gateway-channels.toml");
    std::fs::write(&path, format!("{own}{rest}\n{tables}")).unwrap();
    let (config, source) = Config::read(&path).unwrap();
    let checked = Setup::check(&config, &source, &world.site.environment());
    checked.err().unwrap_or_default().iter().map(|problem| format!("{problem}\n")).collect()
}
