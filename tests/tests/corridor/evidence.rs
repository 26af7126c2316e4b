//! Every decision leaves one line of evidence, in one grammar: in the record of the exchange, or where there is none in a
//! line of its own. Exceptions stand in the journal and in the metrics while they live. Names come from declared servers.

use std::collections::BTreeMap;

use qaqpa_tests::dns::{Dns, Reply};
use qaqpa_tests::people::{self, GET_SCHOOL, STATE_EXCHANGE};
use qaqpa_tests::{Seen, World};
use tonic::Code;

async fn call(world: &World) -> Seen {
    let school = world.caller("clients/school");
    world.observe(school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into())).await
}

/// A line of evidence by its keys.
fn evidence(line: &serde_json::Value) -> BTreeMap<&str, &str> {
    line.as_str().unwrap().split(' ').map(|part| part.split_once('=').unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exchange_says_where_it_went_and_whence_it_came() {
    let world = World::start().await;
    assert_eq!(call(&world).await, Seen::answered());
    let abroad = world
        .beside("[endpoints.shep]\nurl = \"https://shep.example.kz/\"\nkind = \"internet\"\naddresses = [\"8.8.8.8\"]")
        .await;
    assert_eq!(call(&abroad).await, Seen::refused("residency.foreign", Code::FailedPrecondition));
    let intent = world.records().await.into_iter().find(|record| record["phase"] == "INTENT").unwrap();
    let denied = abroad.records().await.into_iter().find(|record| record["phase"] == "DENIED").unwrap();
    let address = world.government.address().to_string();
    let tables = abroad.running.gateway.door().tables().version().to_owned();
    for (row, line, wanted) in [
        ("upstream", &intent["residency"], ["shep", "upstream", "residency.ok", "loopback", &address, "-"]),
        ("inbound", &intent["peer"], ["laptop", "inbound", "residency.ok", "loopback", "127.0.0.1", "-"]),
        ("refused", &denied["evidence"], ["shep", "upstream", "residency.foreign", "-", "8.8.8.8:443", &tables]),
        (
            "inbound of the refused",
            &denied["peer"],
            ["laptop", "inbound", "residency.ok", "loopback", "127.0.0.1", "-"],
        ),
    ] {
        let keys = ["endpoint", "plane", "code", "rule", "addresses", "tables"];
        assert_eq!(evidence(line), keys.into_iter().zip(wanted).collect(), "{row}");
    }
    let judged = abroad.until_recorded("the verdict", |record| record["event"] == "endpoint_judged").await;
    assert_eq!(judged["facts"]["evidence"], denied["evidence"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exception_is_seen_while_it_lives() {
    let world = World::start().await;
    let last = world.site.time.clock().today().tomorrow().unwrap();
    let overlay = format!(
        "[endpoints.shep]\nurl = \"https://shep.example.kz:9/\"\nkind = \"internet\"\naddresses = [\"145.249.120.9\"]\n\
         [[endpoints.shep.exceptions]]\nnetworks = [\"145.249.121.0/24\"]\nreason = \"moved\"\napprover = \"officer\"\n\
         expires = \"{last}\""
    );
    let world = world.beside(&overlay).await;
    let disagree = Seen::refused("residency.disagree", Code::FailedPrecondition);
    assert_eq!(call(&world).await, disagree, "an exception is for its networks alone");
    let alive = world.until_recorded("the exception", |record| record["event"] == "exception_alive").await;
    let facts = &alive["facts"];
    for (key, wanted) in
        [("endpoint", "shep"), ("networks", "145.249.121.0/24"), ("reason", "moved"), ("approver", "officer")]
    {
        assert_eq!(facts[key], wanted);
    }
    let (_, metrics) = world.caller("clients/auditor").get("/metrics").await;
    let left = |metrics: &str| {
        metrics
            .lines()
            .find(|line| line.starts_with("qaqpa_residency_exception_left"))
            .map(|line| line.rsplit(' ').next().unwrap().to_owned())
    };
    assert_eq!(left(&metrics).as_deref(), Some("2"), "today and tomorrow: {metrics}");
    world.site.time.forward(2 * 86_400);
    world.until_recorded("its end", |record| record["event"] == "exception_expired").await;
    let (_, metrics) = world.caller("clients/auditor").get("/metrics").await;
    assert_eq!(left(&metrics).as_deref(), Some("0"), "{metrics}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_are_asked_of_declared_servers_and_each_answer_is_judged() {
    let world = World::start().await;
    let dns = Dns::start().await;
    let here = Reply::with(&["127.0.0.1"]);
    dns.answer("shep.example.kz", &[here.clone().ttl(0), Reply::with(&["8.8.8.8"]), Reply::failure(), here]);
    let overlay = format!(
        "[residency]\nresolver = [\"dns\"]\n[endpoints.dns]\nplane = \"support\"\nurl = \"dns://{}\"\n\
         kind = \"development-loopback\"\n[endpoints.shep]\n\
         url = \"https://shep.example.kz:{}/bip-sync-wss-gost/\"\naddresses = []",
        dns.address(),
        world.government.address().port()
    );
    let world = world.asking_dns(&overlay).await.unwrap();
    let refused = |code| Seen::refused(code, Code::FailedPrecondition);
    // The certificate is for localhost: that a handshake fails shows that the address was reached.
    let reached = Seen { left: 0, ..Seen::failed("upstream.tls", Code::Unavailable) };
    for (row, seconds, wanted) in [
        ("this machine, as declared", 0, &reached),
        ("rebound to abroad", 31, &refused("residency.loopback")),
        ("no answer is no address", 0, &refused("residency.no_address")),
        ("and back", 0, &reached),
    ] {
        world.site.time.forward(seconds);
        assert_eq!(call(&world).await, *wanted, "{row}");
    }
    assert_eq!(dns.asked("shep.example.kz"), 4 * 2, "A and AAAA once a judgement, and nothing is kept");
    assert_eq!(dns.names(), ["shep.example.kz"], "no search list, no other name");
}
