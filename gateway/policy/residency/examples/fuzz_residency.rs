//! Judges endpoints' texts and addresses twice, by the crate and by second readings of the same texts and tables. Exits
//! with 1 at the first input that one calls resident and the other does not, or that two read differently.
//!
//! ```text
//! fuzz_residency --seconds 300 --seed 1                                       made-up tables, new ones each minute
//! fuzz_residency --seconds 300 --seed 1 --tables /usr/share/tor/geoip /usr/share/tor/geoip6
//! fuzz_residency --dump 5000 1 --tables ...                                   verdicts, for a twin in another language
//! ```

#[path = "../tests/residency/second/mod.rs"]
mod second;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use second::random::Random;
use second::world::World;
use second::{Comparison, Counts, host, parse};

/// How long one made-up world lasts.
const A_WORLD: Duration = Duration::from_secs(20);
/// Inputs between two looks at the clock.
const AT_ONCE: u64 = 1000;

struct Arguments {
    seconds: u64,
    seed: u64,
    dump: Option<usize>,
    tables: Option<(String, String)>,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = arguments()?;
    match arguments.dump {
        Some(count) => dump(&Comparison::new(world(&arguments, arguments.seed)?), count, arguments.seed),
        None => fuzz(&arguments),
    }
}

fn world(arguments: &Arguments, seed: u64) -> Result<World, Box<dyn Error>> {
    Ok(match &arguments.tables {
        Some((v4, v6)) => World::real(&std::fs::read_to_string(v4)?, &std::fs::read_to_string(v6)?),
        None => World::made_up(seed),
    })
}

fn fuzz(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let mut out = std::io::stdout();
    let mut random = Random::new(arguments.seed);
    let (mut inputs, mut worlds, mut counts) = (0, 0, Counts::new());
    let (start, seconds) = (Instant::now(), Duration::from_secs(arguments.seconds));
    while start.elapsed() < seconds {
        let comparison = Comparison::new(world(arguments, random.number())?);
        worlds += 1;
        let made = Instant::now();
        while start.elapsed() < seconds && (arguments.tables.is_some() || made.elapsed() < A_WORLD) {
            for _ in 0..AT_ONCE {
                inputs += 1;
                if let Err(parted) = comparison.one(&mut random, &mut counts) {
                    writeln!(out, "BROKEN  seed {}, input {inputs}: {parted}", arguments.seed)?;
                    return Ok(ExitCode::FAILURE);
                }
            }
        }
    }
    writeln!(
        out,
        "kept    seed {}: {inputs} inputs in {worlds} worlds in {:.0?}, none read or judged differently",
        arguments.seed,
        start.elapsed()
    )?;
    for (code, count) in counts {
        writeln!(out, "{count:>12}  {code}")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `address ADDRESS COUNTRY-OF-THE-REGISTRY CODE` and `url HEX CODE|HOST:PORT`, a line each.
fn dump(comparison: &Comparison, count: usize, seed: u64) -> Result<ExitCode, Box<dyn Error>> {
    let (mut out, mut random) = (std::io::stdout().lock(), Random::new(seed));
    for _ in 0..count {
        let address = comparison.address_drawn(&mut random);
        let registry = comparison.world.tables.evidence(address).votes.first().and_then(|vote| vote.country);
        let registry = registry.map_or_else(|| "-".to_owned(), |country| country.to_string());
        writeln!(out, "address {address} {registry} {}", comparison.verdict(address))?;
        let text = comparison.url_drawn(&mut random);
        let read = parse(&text).map(|endpoint| match host(&endpoint) {
            Ok(address) => format!("address {address} {}", endpoint.port()),
            Err(name) => format!("name {name} {}", endpoint.port()),
        });
        let read = read.unwrap_or_else(|refusal| format!("refused {}", refusal.reason().code()));
        writeln!(out, "url {} {read}", hex::encode(&text))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut read = Arguments { seconds: 300, seed: 1, dump: None, tables: None };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("`{name}` needs more"));
        match name.as_str() {
            "--seconds" => read.seconds = value()?.parse()?,
            "--seed" => read.seed = value()?.parse()?,
            "--dump" => (read.dump, read.seed) = (Some(value()?.parse()?), value()?.parse()?),
            "--tables" => read.tables = Some((value()?, value()?)),
            _ => return Err(format!("`{name}` is none of --seconds, --seed, --dump, --tables").into()),
        }
    }
    Ok(read)
}
