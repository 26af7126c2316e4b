//! Many at once: one key a person whoever asks first, and how fast it is.

use std::collections::HashMap;
use std::hint::black_box;
use std::time::Instant;

use crate::fixture::{IIN, Place, erasure, iin, now};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_tasks_meet_ten_thousand_people_and_each_has_one_key() {
    let place = Place::new();
    let (vault, _) = place.open();
    let people = 10_000;
    let tasks: Vec<_> = (0..64_u32)
        .map(|task| {
            let vault = vault.clone();
            tokio::spawn(async move {
                let mut marks = HashMap::new();
                for n in 0..people {
                    // Each in another order, so that first sights collide.
                    let n = (n * 7_919 + task * 131) % people;
                    marks.insert(n, vault.subject(&iin(n), now()).await.unwrap().mark("txn"));
                }
                marks
            })
        })
        .collect();
    let mut seen: HashMap<u32, [u8; 16]> = HashMap::new();
    for task in tasks {
        for (n, mark) in task.await.unwrap() {
            assert_eq!(*seen.entry(n).or_insert(mark), mark, "person {n} has two keys");
        }
    }
    assert_eq!(seen.len(), people as usize);
    vault.close();
    let (vault, _) = place.open();
    for (n, mark) in seen {
        assert_eq!(vault.known(&iin(n)).await.unwrap().unwrap().mark("txn"), mark);
    }
}

/// Whoever got a subject after an erasure had returned got the new one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_key_never_comes_back_from_the_cache() {
    let place = Place::new();
    let (vault, _) = place.open();
    for round in 0..30 {
        let old = vault.subject(IIN, now()).await.unwrap().mark("txn");
        let readers: Vec<_> = (0..8)
            .map(|_| {
                let vault = vault.clone();
                tokio::spawn(async move {
                    for _ in 0..50 {
                        vault.subject(IIN, now()).await.unwrap();
                        tokio::task::yield_now().await;
                    }
                })
            })
            .collect();
        assert!(vault.erase(IIN, erasure(round)).await.unwrap().found);
        assert_ne!(vault.subject(IIN, now()).await.unwrap().mark("txn"), old);
        for reader in readers {
            reader.await.unwrap();
        }
        assert_ne!(vault.subject(IIN, now()).await.unwrap().mark("txn"), old);
    }
}

/// Prints the rates; run with `--profile dist -- --nocapture vault_rates` to measure.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vault_rates() {
    let place = Place::new();
    let (vault, _) = place.open();
    let each = if cfg!(debug_assertions) { 40 } else { 1_000 };
    let start = Instant::now();
    let tasks: Vec<_> = (0..64_u32)
        .map(|task| {
            let vault = vault.clone();
            tokio::spawn(async move {
                for n in 0..each {
                    vault.subject(&iin(task * each + n), now()).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    println!("{:.0} first sights/s at 64 in flight", f64::from(64 * each) / start.elapsed().as_secs_f64());
    let subject = vault.subject(IIN, now()).await.unwrap();
    let (clock, start) = (now(), Instant::now());
    for _ in 0..20_000 {
        black_box(vault.subject(black_box(IIN), clock).await.unwrap());
    }
    println!("{} ns a cached subject", start.elapsed().as_nanos() / 20_000);
    let start = Instant::now();
    for _ in 0..20_000 {
        black_box(subject.mark(black_box("0191e3a4-7c11-7d3e-b2a6-1f2e3d4c5b6a")));
    }
    println!("{} ns a mark", start.elapsed().as_nanos() / 20_000);
    let start = Instant::now();
    for n in 0..50 {
        vault.subject(&iin(900_000 + n), now()).await.unwrap();
        vault.erase(&iin(900_000 + n), erasure(n)).await.unwrap();
    }
    println!("{} us a first sight and its erasure", start.elapsed().as_micros() / 50);
}
