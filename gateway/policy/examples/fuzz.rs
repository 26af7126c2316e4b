//! Mutates messages of the rich contract and judges each: does anything move that may not, does the filter differ from
//! prost types minimised by hand or from reflection? Exits with 1 on any leak or mismatch.
//!
//! ```text
//! cargo run --release -p qaqpa-policy --example fuzz -- --messages 3000000 --seed 1
//! ```

#![expect(clippy::unwrap_used, reason = "shared with the tests; a world that does not compile has nothing to fuzz")]

#[path = "../tests/policy/rich/mod.rs"]
mod rich;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use prost::Message;
use qaqpa_policy::Direction;

use rich::mutate::mutate;
use rich::random::Random;
use rich::{Judgement, World, tokens};

/// Mutations of one pair of valid messages.
const PER_PAIR: u64 = 50;
/// Every how manieth accepted message is also minimised by reflection, which is slow.
const BY_REFLECTION: u64 = 8;

#[derive(Default)]
struct Counts {
    accepted: u64,
    undecodable: u64,
    refused: u64,
    leaks: u64,
    mismatches: u64,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (messages, seed) = arguments()?;
    let world = World::new();
    let mut random = Random::new(seed);
    let mut counts = Counts::default();
    let mut pair = [Vec::new(), Vec::new()];
    let start = Instant::now();
    let mut out = std::io::stdout();
    for round in 0..messages {
        let direction = if random.chance(2) { Direction::Request } else { Direction::Reply };
        if round % PER_PAIR == 0 {
            pair = [random.root().encode_to_vec(), random.root().encode_to_vec()];
            pristine(&world, direction, &pair, &mut counts);
        }
        let [first, second] = &pair;
        let wire = mutate(&mut random, first, second);
        let judgement = world.judge(direction, &wire, round % BY_REFLECTION == 0);
        if let Judgement::Leak(what) | Judgement::Mismatch(what) = judgement {
            writeln!(out, "message {round}: {what}: {direction:?} {}", hex::encode(&wire))?; // synthetic, all of it
        }
        count(&mut counts, judgement);
    }
    let Counts { accepted, undecodable, refused, leaks, mismatches } = counts;
    writeln!(
        out,
        "seed {seed}: {messages} mutated messages in {:.0} s: {accepted} accepted by all, {undecodable} accepted that prost \
         does not decode, {refused} refused, {leaks} leaks, {mismatches} mismatches",
        start.elapsed().as_secs_f64()
    )?;
    Ok(if leaks + mismatches == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Valid messages must be accepted, agree, and lose every token.
fn pristine(world: &World, direction: Direction, pair: &[Vec<u8>], counts: &mut Counts) {
    for wire in pair {
        let moved = world.minimise(direction, wire).map(|minimised| tokens(minimised.bytes()));
        match (moved, world.judge(direction, wire, true)) {
            (Ok(0), Judgement::Accepted) => {}
            (Ok(0) | Err(_), _) => counts.mismatches += 1,
            (Ok(_), _) => counts.leaks += 1,
        }
    }
}

fn count(counts: &mut Counts, judgement: Judgement) {
    let counter = match judgement {
        Judgement::Accepted => &mut counts.accepted,
        Judgement::Undecodable => &mut counts.undecodable,
        Judgement::Refused => &mut counts.refused,
        Judgement::Leak(_) => &mut counts.leaks,
        Judgement::Mismatch(_) => &mut counts.mismatches,
    };
    *counter += 1;
}

fn arguments() -> Result<(u64, u64), Box<dyn Error>> {
    let (mut messages, mut seed) = (100_000, 1);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("`{name}` needs a number"))?.parse()?;
        match name.as_str() {
            "--messages" => messages = value,
            "--seed" => seed = value,
            _ => return Err(format!("`{name}` is none of --messages, --seed").into()),
        }
    }
    Ok((messages, seed))
}
