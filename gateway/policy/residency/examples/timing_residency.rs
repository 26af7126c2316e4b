//! Times the verdict on one address, all of it: special range, pins, freshness, registry, location, origins. Exits with 1
//! when a promise is broken. Run it with `--profile dist`; the two files of `tor-geoipdb` make the times those of real tables.
//!
//! ```text
//! an address of IPv4 at home      less than 50 ns, and no allocation      timing_residency [GEOIP GEOIP6]
//! over a thousand at random       for the reader: there each branch of a search is a guess of the processor
//! ```

#[path = "../tests/residency/second/mod.rs"]
#[expect(dead_code, reason = "only the tables of the fuzz are wanted")]
mod second;

use std::alloc::System;
use std::error::Error;
use std::hint::black_box;
use std::io::Write;
use std::net::IpAddr;
use std::process::ExitCode;
use std::time::Instant;

use qaqpa_residency::{Endpoint, EndpointKind, EndpointRule, Plane, judge_address};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use second::random::Random;
use second::world::World;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const BATCHES: u32 = 400;
const CALLS: usize = 1024;
/// Nanoseconds of one verdict on an address of IPv4 at home.
const PROMISED: f64 = 50.0;
/// Addresses that are looked through for as many of each kind as are timed.
const DRAWN: usize = 4_000_000;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let world = match files.as_slice() {
        [] => World::made_up(1),
        [v4, v6] => World::real(&std::fs::read_to_string(v4)?, &std::fs::read_to_string(v6)?),
        _ => return Err("nothing, or the two files of tor-geoipdb".into()),
    };
    let mut out = std::io::stdout();
    writeln!(out, "{}", world.tables.version())?;
    let mut kept = true;
    for (kind, v4, code, limit) in [
        ("IPv4 at home", true, "residency.ok", Some(PROMISED)),
        ("IPv4 abroad", true, "residency.foreign", None),
        ("IPv4 special", true, "residency.special", None),
        ("IPv6 at home", false, "residency.ok", None),
        ("IPv6 abroad", false, "residency.foreign", None),
        ("IPv6 special", false, "residency.special", None),
    ] {
        let Timed { one, all, pinned, registry, registry_all, allocated } = timed(&world, v4, code)?;
        let keeps = limit.is_none_or(|limit| one < limit && allocated == 0);
        kept &= keeps;
        let verdict = if keeps { "kept  " } else { "BROKEN" };
        writeln!(
            out,
            "{verdict}  {kind}: {one:.1} ns, {pinned:.1} ns with 8 pins, {allocated} allocations; iptocc alone {registry:.1} \
             ns: {:.1}. Over {CALLS} addresses at random {all:.1} ns; iptocc alone {registry_all:.1} ns: {:.1}",
            one / registry,
            all / registry_all
        )?;
    }
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Nanoseconds of one verdict, and allocations of one.
struct Timed {
    /// On one address again and again, as a connection to the same endpoint is judged.
    one: f64,
    /// On as many different addresses as fit: nothing is in a cache or predicted.
    all: f64,
    /// On one, with pins of which the last one holds it.
    pinned: f64,
    /// The compiled-in registry's lookup of it alone.
    registry: f64,
    /// As `all`, by the registry's lookup alone.
    registry_all: f64,
    allocated: usize,
}

fn timed(world: &World, v4: bool, code: &str) -> Result<Timed, Box<dyn Error>> {
    let addresses = drawn(world, v4, code);
    let address = *addresses.first().ok_or_else(|| format!("no address is {code}"))?;
    let (open, pinned) = (endpoint(&[])?, endpoint(&pins(address))?);
    let judged = |endpoint: &Endpoint, address: IpAddr| {
        let verdict = judge_address(endpoint, black_box(address), &world.tables, black_box(world.today));
        verdict.is_ok() == (code == "residency.ok")
    };
    let registered = |address: IpAddr| black_box(iptocc::country_code(black_box(address))) != Some("");
    let region = Region::new(ALLOCATOR);
    let right = judged(&open, address);
    let allocated = region.change().allocations;
    assert!(right && addresses.iter().all(|address| judged(&open, *address)));
    Ok(Timed {
        one: fastest(CALLS, || (0..CALLS).all(|_| judged(&open, address))),
        all: fastest(addresses.len(), || addresses.iter().all(|address| judged(&open, *address))),
        pinned: fastest(CALLS, || (0..CALLS).all(|_| judged(&pinned, address))),
        registry: fastest(CALLS, || (0..CALLS).all(|_| registered(address))),
        registry_all: fastest(addresses.len(), || addresses.iter().all(|address| registered(*address))),
        allocated,
    })
}

/// Different addresses of one family and one verdict, spread over all that the second reading knows.
fn drawn(world: &World, v4: bool, code: &str) -> Vec<IpAddr> {
    let mut random = Random::new(1);
    let edges: Vec<u128> =
        world.twin.edges().into_iter().filter_map(|(is_v4, at)| (is_v4 == v4).then_some(at)).collect();
    let draw = |_| second::classifier::unplain(v4, *random.pick(&edges));
    (0..DRAWN).map(draw).filter(|address| world.twin.code(*address) == code).take(CALLS).collect()
}

fn pins(last: IpAddr) -> Vec<String> {
    let others = (1..8).map(|third| format!("92.46.{third}.0/24"));
    others.chain([format!("{last}/{}", if last.is_ipv4() { 32 } else { 128 })]).collect()
}

fn endpoint(pins: &[String]) -> Result<Endpoint, Box<dyn Error>> {
    Ok(Endpoint::parse(EndpointRule {
        name: "shep".into(),
        url: "https://api.egov.kz".into(),
        plane: Plane::Upstream,
        kind: EndpointKind::Internet,
        pins: pins.iter().map(|pin| pin.parse()).collect::<Result<_, _>>()?,
        aliases: Vec::new(),
        tunnel: None,
        exceptions: Vec::new(),
    })?)
}

/// Nanoseconds of one of `calls`, in the fastest batch.
fn fastest(calls: usize, mut batch: impl FnMut() -> bool) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..BATCHES {
        let start = Instant::now();
        assert!(black_box(batch()));
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / calls as f64);
    }
    best
}
