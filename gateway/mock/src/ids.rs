//! Message and session ids: from the time of the start and a counter, so that they repeat neither here nor after a restart,
//! and a frozen clock gives the same ids again.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use uuid::{Builder, Uuid};

pub(crate) struct Ids {
    start: u64,
    next: AtomicU64,
}

impl Ids {
    pub(crate) fn starting_at(now: Timestamp) -> Self {
        let nanoseconds = u64::try_from(now.as_nanosecond()).unwrap_or_default();
        Self { start: nanoseconds, next: AtomicU64::new(1) }
    }

    pub(crate) fn next(&self) -> Uuid {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let octets = u128::from(self.start) << 64 | u128::from(number);
        Builder::from_random_bytes(octets.to_be_bytes()).into_uuid()
    }
}
