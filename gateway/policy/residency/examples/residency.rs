//! Runs the tables of residency on real files and times them; exits with 1 when a promise is broken. Use `--profile dist`.
//!
//! ```text
//! residency /usr/share/tor/geoip /usr/share/tor/geoip6     known answers, counts, load time, memory, nanoseconds
//! residency registry                                       what the compiled-in registry calls home, a network a line
//! residency nft|systemd|cilium GEOIP GEOIP6                a second fence around endpoints of each kind, on stdout
//! ```

use std::alloc::System;
use std::error::Error;
use std::hint::black_box;
use std::io::Write;
use std::net::IpAddr;
use std::process::ExitCode;
use std::time::Instant;

use jiff::civil::date;
use qaqpa_residency::export::{ExportFormat, Fence, FenceEndpoint, export};
use qaqpa_residency::{Finding, Location, MaxAge, Origins, Registry, TableProblem, Tables};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [word] if word == "registry" => registry(),
        [v4, v6] => real(&std::fs::read(v4)?, &std::fs::read(v6)?),
        [format, v4, v6] => fence(format, load(&std::fs::read(v4)?, &std::fs::read(v6)?)?),
        _ => Err("`registry`, or [nft|systemd|cilium] and the two files of tor-geoipdb".into()),
    }
}

fn registry() -> Result<ExitCode, Box<dyn Error>> {
    let (mut out, home) = (std::io::stdout().lock(), Registry::embedded().home());
    home.v4.iter().try_for_each(|net| writeln!(out, "{net}"))?;
    home.v6.iter().try_for_each(|net| writeln!(out, "{net}"))?;
    Ok(ExitCode::SUCCESS)
}

fn load(v4: &[u8], v6: &[u8]) -> Result<Tables, TableProblem> {
    let location = Location::parse_text(v4, v6)?;
    Ok(Tables::new(Registry::embedded(), vec![location], Origins::embedded(), MaxAge::default()))
}

/// For user 0, so that the rules can be tried by root of a namespace.
fn fence(format: &str, tables: Tables) -> Result<ExitCode, Box<dyn Error>> {
    let format = match format {
        "nft" => ExportFormat::Nft,
        "systemd" => ExportFormat::Systemd,
        "cilium" => ExportFormat::Cilium,
        _ => return Err("no such fence".into()),
    };
    let endpoint = |name: &str, networks: &[&str], port| -> Result<FenceEndpoint, Box<dyn Error>> {
        let networks = networks.iter().map(|net| net.parse()).collect::<Result<_, _>>()?;
        let (name, plane) = (name.to_owned(), "upstream".to_owned());
        Ok(FenceEndpoint { name, plane, networks, port: Some(port), tcp: true, ..FenceEndpoint::default() })
    };
    let fence = Fence {
        user: "0".into(),
        home: tables.home(),
        tables: tables.version().to_owned(),
        endpoints: vec![
            FenceEndpoint { closed_xfrm: true, ..endpoint("shep", &["195.12.113.29/32"], 80)? },
            FenceEndpoint { interface: Some("ipsec0".into()), ..endpoint("store", &["10.61.40.133/32"], 5432)? },
            endpoint("register", &["92.46.0.9/32", "2a00:5da0::9/128"], 8443)?,
            FenceEndpoint { udp: true, ..endpoint("dns-1", &[], 53)? },
            endpoint("telemetry", &[], 443)?,
        ],
        peers: Vec::new(),
        loopback: true,
        date: date(2026, 11, 21),
    };
    write!(std::io::stdout(), "{}", export(format, &fence))?;
    Ok(ExitCode::SUCCESS)
}

fn real(v4: &[u8], v6: &[u8]) -> Result<ExitCode, Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    let (memory, start) = (Region::new(ALLOCATOR), Instant::now());
    let tables = load(v4, v6)?;
    let (loaded, change) = (start.elapsed(), memory.change());
    let held = change.bytes_allocated.saturating_sub(change.bytes_deallocated);
    writeln!(out, "{}\nloaded in {loaded:.0?}, {} KiB held", tables.version(), held / 1024)?;
    for facts in tables.facts() {
        writeln!(out, "{facts:?}")?;
    }
    let mut kept = true;
    for (wanted, addresses) in [("Home", HOME), ("Foreign", FOREIGN), ("Disagree", DISAGREE)] {
        for address in addresses {
            let finding = tables.finding(address.parse()?);
            if !format!("{finding:?}").starts_with(wanted) {
                kept = false;
                writeln!(
                    out,
                    "BROKEN  {address} is {finding:?}, not {wanted}: {:?}",
                    tables.evidence(address.parse()?)
                )?;
            }
        }
    }
    for (limit, address) in
        [(50.0, "195.12.113.29"), (f64::MAX, "8.8.8.8"), (f64::MAX, HOME_V6), (f64::MAX, "2001:4860:4860::8888")]
    {
        let address: IpAddr = address.parse()?;
        let one = nanoseconds(1000, || tables.finding(black_box(address)));
        kept &= one < limit;
        writeln!(
            out,
            "{}  {one:.1} ns  {address} {:?}",
            if one < limit { "kept  " } else { "BROKEN" },
            tables.finding(address)
        )?;
    }
    let start = Instant::now();
    let home = tables.home();
    writeln!(out, "home: {} + {} networks in {:.0?}", home.v4.len(), home.v6.len(), start.elapsed())?;
    let addresses: u64 = home.v4.iter().map(|net| 1_u64 << (32 - net.prefix_len())).sum();
    writeln!(out, "home: {addresses} IPv4 addresses")?;
    let spread: Vec<IpAddr> = home.v4.iter().map(|net| IpAddr::V4(net.broadcast())).collect();
    let all = nanoseconds(10, || spread.iter().filter(|at| tables.finding(**at) == Finding::Home).count());
    writeln!(out, "{:.1} ns over {} home networks of IPv4", all / spread.len() as f64, spread.len())?;
    let start = Instant::now();
    for pair in tables.disagreements() {
        writeln!(out, "{pair:?}")?;
    }
    writeln!(out, "compared in {:.0?}", start.elapsed())?;
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Of one call in the fastest of many batches.
fn nanoseconds<T>(calls: u32, mut call: impl FnMut() -> T) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..200 {
        let start = Instant::now();
        for _ in 0..calls {
            black_box(call());
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(calls));
    }
    best
}

/// Of systems of the state, operators and hosters in Kazakhstan, from public files.
const HOME: &[&str] = &[
    "195.12.113.7",
    "195.12.113.29",
    "195.12.113.79",
    "195.12.122.44",
    "195.12.114.235",
    "195.12.113.17",
    "91.203.227.74",
    "92.46.0.1",
    "92.47.255.254",
    "2.72.0.1",
    "2.79.255.254",
    "2.132.0.1",
    "95.56.0.1",
    "178.88.0.1",
    "37.150.0.1",
    "212.154.128.1",
    "185.98.5.1",
    "195.210.46.1",
    "94.247.128.1",
    "185.113.132.1",
    "91.185.15.50",
    "88.204.164.10",
];
const HOME_V6: &str = "2a00:5da0::1";
/// Resolvers, messengers, shields, clouds, neighbours.
const FOREIGN: &[&str] = &[
    "8.8.8.8",
    "1.1.1.1",
    "77.88.8.8",
    "149.154.167.50",
    "178.248.237.70",
    "104.16.1.1",
    "52.95.110.1",
    "88.198.0.1",
    "213.180.193.1",
    "87.240.132.72",
    "212.42.96.1",
    "78.160.0.1",
    "31.146.0.1",
    "2001:4860:4860::8888",
];
/// Registered in Kazakhstan, announced by Amazon and by VK.
const DISAGREE: &[&str] = &["31.223.200.1", "212.233.72.1"];
