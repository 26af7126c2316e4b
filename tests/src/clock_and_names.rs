//! Time and names as the test wants them.
//!
//! Example: `names.resolve("shep.example.com", &[&["8.8.8.8"]])` and `time.forward(31)`.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use qaqpa_gateway::clock::Clock;
use qaqpa_gateway::dial::{NoAnswer, Resolve};
use qaqpa_residency::Answer;

/// The machine's clocks, and how far the test has turned them. Clones are the same clocks.
#[derive(Clone, Default)]
pub struct Time(Arc<Turned>);

#[derive(Default)]
struct Turned {
    wall: AtomicI64,
    monotonic: AtomicU64,
}

impl Time {
    /// For gateway and government.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the certificates that TLS judges live in real time")]
    pub fn clock(&self) -> Clock {
        let (wall, monotonic, made) = (self.0.clone(), self.0.clone(), Instant::now());
        let passed = move || made.elapsed() + Duration::from_secs(monotonic.monotonic.load(Ordering::Relaxed));
        let read = move || {
            let ahead = wall.wall.load(Ordering::Relaxed);
            let now = SystemTime::now();
            if ahead < 0 {
                now - Duration::from_secs(ahead.unsigned_abs())
            } else {
                now + Duration::from_secs(ahead.unsigned_abs())
            }
        };
        Clock::of(read, passed)
    }

    /// What the wall clock says.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock().now()
    }

    /// So many seconds pass, by both clocks; below zero, the wall clock alone is put back.
    pub fn forward(&self, seconds: i64) {
        self.set(seconds);
        self.0.monotonic.fetch_add(u64::try_from(seconds).unwrap_or_default(), Ordering::Relaxed);
    }

    /// Somebody sets the wall clock, by so many seconds; no time passes.
    pub fn set(&self, seconds: i64) {
        self.0.wall.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Time passes until the clock says `wanted`.
    pub fn turn_to(&self, wanted: Timestamp) {
        self.forward(wanted.as_second() - self.now().as_second());
    }
}

/// What names resolve to, and how often each was asked for. Clones are the same table; unknown names have no address.
#[derive(Clone, Default)]
pub struct Names(Arc<Mutex<HashMap<String, Entry>>>);

#[derive(Default)]
struct Entry {
    answers: VecDeque<Vec<IpAddr>>,
    asked: usize,
}

impl Names {
    /// Answers for `host`, one after the other; the last stays.
    pub fn resolve_to(&self, host: &str, answers: &[&[&str]]) {
        let address = |text: &&str| text.parse().unwrap();
        let answers = answers.iter().map(|answer| answer.iter().map(address).collect()).collect();
        self.0.lock().unwrap().insert(host.to_owned(), Entry { answers, asked: 0 });
    }

    /// How often `host` was asked for since then.
    #[must_use]
    pub fn asked(&self, host: &str) -> usize {
        self.0.lock().unwrap().get(host).map_or(0, |entry| entry.asked)
    }

    /// As many as there are, and no name on the way to them.
    fn answer(&self, host: &str) -> Vec<IpAddr> {
        if host == "localhost" {
            return vec![IpAddr::from([127, 0, 0, 1])];
        }
        let mut names = self.0.lock().unwrap();
        let entry = names.entry(host.to_owned()).or_default();
        entry.asked += 1;
        match entry.answers.len() {
            0 => Vec::new(),
            1 => entry.answers.front().cloned().unwrap_or_default(),
            _ => entry.answers.pop_front().unwrap_or_default(),
        }
    }
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<Answer, NoAnswer>> {
        let answer = Answer { addresses: self.answer(host), aliases: Vec::new() };
        Box::pin(std::future::ready(Ok(answer)))
    }
}
