//! What is declared wrongly is named before anything opens, all of it at once, each at its line.

use qaqpa_tests::World;

/// Everything that an operator can write wrongly about where things go, in one file.
const WRONG: &str = r#"
[residency]
resolver = ["shep", "nobody"]
stale = { cloud = "turn-away" }

[endpoints.overlapping]
plane = "storage"
url = "postgres://db.example.kz"
kind = "internet"
pins = ["195.12.112.0/22", "195.12.113.0/24"]
addresses = ["195.12.113.29"]

[endpoints.abroad]
plane = "upstream"
url = "https://api.example.kz"
kind = "internet"
pins = ["8.8.8.8/32"]
addresses = ["8.8.8.8"]
ca = "pki/ca.pem"

[endpoints.disputed]
plane = "upstream"
url = "https://api.example.kz"
kind = "internet"
pins = ["145.249.120.0/24"]
addresses = ["145.249.120.1"]
ca = "pki/ca.pem"

[endpoints.answered]
plane = "upstream"
url = "https://api.example.kz"
kind = "internet"
pins = ["145.249.120.0/24"]
addresses = ["145.249.120.1"]
ca = "pki/ca.pem"
[[endpoints.answered.exceptions]]
networks = ["145.249.120.0/24"]
reason = "foreign-registered space"
approver = "officer"
expires = "2020-01-01"

[endpoints.odd]
plane = "upstream"
url = "https://0xc30c711d/"
kind = "internet"
ca = "pki/ca.pem"

[endpoints.user]
plane = "upstream"
url = "https://api.example.kz@8.8.8.8/"
kind = "internet"
ca = "pki/ca.pem"

[endpoints.zero]
plane = "upstream"
url = "https://api.example.kz:0/"
kind = "internet"
ca = "pki/ca.pem"

[endpoints.ftp]
plane = "upstream"
url = "ftp://api.example.kz/"
kind = "internet"
ca = "pki/ca.pem"

[endpoints.homograph]
plane = "upstream"
url = "https://api.еxample.kz/"
kind = "internet"
ca = "pki/ca.pem"

[endpoints.two]
plane = "storage"
url = "postgres://db-1.example.kz,8.8.8.8/qaqpa"
kind = "internet"

[endpoints.untunnelled]
plane = "upstream"
url = "http://10.61.40.133/"
kind = "closed-network"
pins = ["10.61.40.133/32"]

[endpoints.nowhere]
plane = "cloud"
url = "https://api.example.kz/"
kind = "saas"
ca = "pki/ca.pem"

[endpoints.nameless]
plane = "upstream"
url = "https://api.example.kz/"
kind = "internet"
spki_sha256 = ["AAAA"]

[peers.office]
kind = "closed-network"

[peers.branch]
kind = "internet"
networks = ["8.8.8.0/24"]
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn residency_problems_are_named_all_at_once() {
    let world = World::start().await;
    let told = world.asking_dns(WRONG).await.err().unwrap_or_default();
    for wanted in [
        "`shep` is no endpoint with a dns:// address",
        "`nobody` is no endpoint with a dns:// address",
        "no plane `cloud`",
        "residency.not_pinned: endpoint `overlapping`: two networks overlap",
        "residency.foreign: 8.8.8.8 is in US by every table, and no exception can change that",
        "residency.disagree: the tables disagree on 145.249.120.0; an exception may settle it",
        "residency.exception: the exception expired on 2020-01-01",
        "residency.ambiguous_ip: endpoint `odd`",
        "residency.userinfo: endpoint `user`",
        "residency.port: endpoint `zero`",
        "residency.scheme: endpoint `ftp`",
        "residency.bad_url: endpoint `homograph`: a name that is not ASCII can look like another",
        "residency.bad_url: endpoint `two`: one endpoint is one host",
        "residency.tunnel: endpoint `untunnelled`",
        "`plane` is upstream, storage, telemetry or support",
        "`kind` is internet, closed-network or development-loopback",
        "endpoint `nameless` needs `ca`",
        "residency.not_pinned: endpoint `office`",
        "residency.foreign: 8.8.8.0 is in US by every table",
    ] {
        let found: Vec<&str> = told.lines().filter(|line| line.contains(wanted)).collect();
        assert_eq!(found.len(), 1, "{wanted}: {told}");
        let at_a_line =
            |line: &str| line.split(".toml:").nth(1).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        assert!(found.iter().all(|line| at_a_line(line)), "{found:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_internet_is_judged_by_what_is_compiled_in() {
    let world = World::start().await;
    let internet = "url = \"https://shep.example.kz/\"\nkind = \"internet\"\naddresses = [\"195.12.113.29\"]";
    let schools = "[peers.schools]\nkind = \"internet\"";
    for (name, overlay) in [("shep", format!("[endpoints.shep]\n{internet}")), ("peers", schools.to_owned())] {
        let told = world.without_tables(&overlay).await.err().unwrap_or_default();
        // It ages with the release, and then it is said which table is too old and who depends on it.
        let too_old =
            told.lines().count() == 1 && told.contains("residency.stale") && told.contains(&format!("`{name}`"));
        assert!(told.is_empty() || too_old, "{name}: {told}");
    }
    assert!(world.without_tables("").await.is_ok(), "a laptop needs none");
    let wrong_plane = "[telemetry]\notlp = \"shep\"";
    let told = world.try_beside(wrong_plane).await.err().unwrap_or_default();
    assert!(told.contains("endpoint `shep` is declared for the plane `upstream`, not `telemetry`"), "{told}");
}
