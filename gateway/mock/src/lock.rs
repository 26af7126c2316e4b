//! Locks that a panic does not close: the mock goes on serving.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A lock whose holder panicked still guards what it guards; the mock goes on serving.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
