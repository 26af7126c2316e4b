//! Tables of evidence that are missing, cut, forged, old or older: no start, or the ones before stay. And what a better
//! one changes in a running gateway.

use std::path::Path;

use qaqpa_synthetic::tables::{MadeUpTables, NETWORKS, Network};
use qaqpa_tests::people::{self, GET_SCHOOL, STATE_EXCHANGE};
use qaqpa_tests::{Seen, World};
use tonic::Code;

/// Somewhere on the Internet at home; nothing is ever sent there, because something else always refuses.
const AT_HOME: &str = "195.12.113.29";

fn internet(addresses: &str) -> String {
    format!("[endpoints.shep]\nurl = \"https://shep.example.kz/\"\nkind = \"internet\"\naddresses = [{addresses}]\n")
}

async fn call(world: &World) -> Seen {
    let school = world.caller("clients/school");
    world.observe(school.wire(GET_SCHOOL, people::school("", STATE_EXCHANGE).into())).await
}

fn sha256(path: &Path) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &std::fs::read(path).unwrap()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_is_not_whole_is_no_table() {
    let world = World::start().await;
    let file = |name: &str| world.site.file(&format!("spoilt/{name}"));
    let read = |name: &str| std::fs::read_to_string(world.site.file(&format!("tables/{name}"))).unwrap();
    std::fs::create_dir(world.site.file("spoilt")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(file(name), text).unwrap();
    let (registry, v4) = (read("delegated"), read("geoip"));
    write("cut", &registry[..registry.len() - 200]);
    write("empty", "");
    write("lines", &v4.replace("# Generated", "16777216,x,KZ\n# Generated"));
    write("nowhere", &v4.replace(",KZ", ",US"));
    write("undated", &v4.replace("# Generated", "# Made"));
    write("half", &v4[..v4.len() / 2]);
    let registry = |name: &str| format!("[residency]\nregistry = {{ file = \"spoilt/{name}\" }}");
    let location = |name: &str| format!("[residency]\nlocation = {{ v4 = \"spoilt/{name}\", v6 = \"tables/geoip6\" }}");
    for (row, wanted, overlay) in [
        ("missing", "cannot be read", registry("missing")),
        ("cut short", "table.truncated", registry("cut")),
        ("empty", "table.empty", registry("empty")),
        ("another format", "table.format", registry("undated")),
        ("missing location", "cannot be read", location("missing")),
        ("a line that is none", "table.line", location("lines")),
        ("without Kazakhstan", "table.no_home", location("nowhere")),
        ("without a date", "table.undated", location("undated")),
        ("half of it", "table.truncated", location("half")),
        ("another digest", "table.digest", registry("../tables/delegated").replace(" }", ", sha256 = \"00\" }")),
        ("no MMDB", "table.format", "[residency]\nlocation_mmdb = { file = \"tables/geoip\" }".to_owned()),
        ("no MMDB of origins", "table.format", "[residency]\norigins_mmdb = { file = \"tables/geoip\" }".to_owned()),
        ("a broken memory", "`residency.remembered`", "[residency]\nremembered = \"tables/geoip\"".to_owned()),
    ] {
        let told = world.try_beside(&overlay).await.err().unwrap_or_default();
        assert!(told.contains(wanted), "{row}: {told}");
    }
    let digest = sha256(&world.site.file("tables/delegated"));
    let right = registry("../tables/delegated").replace(" }", &format!(", sha256 = \"{digest}\" }}"));
    assert!(world.try_beside(&right).await.is_ok(), "the right digest");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_table_stops_the_start_or_turns_exchanges_away() {
    let world = World::start().await;
    let address = format!("\"{AT_HOME}\"");
    // Nothing is sent: where the tables are believed, the second address refuses.
    let at_home = internet(&address);
    let mixed = internet(&format!("{address}, \"8.8.8.8\""));
    let refused = |code| Seen::refused(code, Code::FailedPrecondition);
    let (running, both) = (world.beside(&at_home).await, world.beside(&mixed).await);
    assert_eq!(call(&both).await, refused("residency.mixed"), "fresh");
    world.site.time.forward(46 * 86_400);
    world.site.revoke(&[], 0); // the callers' list would be over, too
    let stale = refused("residency.stale");
    assert_eq!(call(&running).await, stale, "a running gateway turns away");
    let told = world.try_beside(&at_home).await.err().unwrap_or_default();
    assert!(told.contains("residency.stale: table `delegated-ripencc` of"), "{told}");
    let turn_away = [&at_home, "[residency]\nstale = { upstream = \"turn-away\" }"].concat();
    let started = world.beside(&turn_away).await;
    assert_eq!(call(&started).await, stale, "started, and refuses");
    let patient = [&mixed, "[residency]\nmax_age_days = 365"].concat();
    assert_eq!(call(&world.beside(&patient).await).await, refused("residency.mixed"), "believed for longer");
    for days in [0, 366] {
        let never = format!("[residency]\nmax_age_days = {days}");
        let told = world.try_beside(&never).await.err().unwrap_or_default();
        assert!(told.contains("`residency.max_age_days` must be 1 to 365"), "there is no never: {told}");
    }
    assert_eq!(call(&world).await, Seen::answered(), "loopback asks no table");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_good_table_is_in_force_at_once_and_a_bad_one_never() {
    let world = World::start().await;
    let tables = "[residency]\nregistry = { file = \"mine/delegated\" }\n\
                  location = { v4 = \"mine/geoip\", v6 = \"mine/geoip6\" }";
    let mine = world.site.file("mine");
    let today = world.site.time.clock().today();
    let moved = NETWORKS.map(|network| match network.prefix {
        "8.8.8.0/24" => Network { holder: "KZ", ..network },
        _ => network,
    });
    let write = |networks: &[Network], day| MadeUpTables::of(networks, day).unwrap().write(&mine).unwrap();
    write(&NETWORKS, today.yesterday().unwrap());
    let world = world.beside(&[&internet("\"8.8.8.8\""), tables].concat()).await;
    let refused = |code| Seen::refused(code, Code::FailedPrecondition);
    assert_eq!(call(&world).await, refused("residency.foreign"));
    let before = world.running.gateway.door().tables().version().to_owned();

    write(&NETWORKS, today.yesterday().unwrap().yesterday().unwrap());
    world.running.reload().await;
    std::fs::write(mine.join("geoip"), "").unwrap();
    world.running.reload().await;
    assert_eq!(world.running.gateway.door().tables().version(), before, "an older and an empty one changed nothing");
    assert_eq!(call(&world).await, refused("residency.foreign"));

    write(&moved, today);
    world.running.reload().await;
    assert_ne!(world.running.gateway.door().tables().version(), before);
    assert_eq!(call(&world).await, refused("residency.disagree"), "judged by the new ones, and no half minute waited");
    world.running.reload().await;

    let events = world.records().await;
    let events: Vec<_> =
        events.iter().filter_map(|line| line["event"].as_str()).filter(|event| event.starts_with("tables")).collect();
    assert_eq!(
        events,
        ["tables_in_force", "tables_refused", "tables_refused", "tables_in_force"],
        "the same again is no news"
    );
    let told =
        world.try_beside(&[&internet("\"8.8.8.8\""), tables, "\nremembered = \"residency-1.json\""].concat()).await;
    assert!(told.is_ok(), "the same tables after a restart: {:?}", told.err());
    write(&NETWORKS, today.yesterday().unwrap());
    let told =
        world.try_beside(&[&internet("\"8.8.8.8\""), tables, "\nremembered = \"residency-1.json\""].concat()).await;
    let told = told.err().unwrap_or_default();
    assert!(told.contains("table.older: table `delegated-ripencc` is of"), "an older one after a restart: {told}");
}
