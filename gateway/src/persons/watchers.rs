//! How many streams each caller watches at once: each costs a page of events and a task.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use qaqpa_proto::reason::Refusal;

use crate::refusal::NotDone;

/// Streams that one caller may watch at once.
pub(crate) const WATCHERS: usize = 4;

/// The streams that are watched, by caller.
#[derive(Default)]
pub(crate) struct Watchers(Mutex<HashMap<String, usize>>);

/// The right to watch one stream, given back when it ends.
pub(crate) struct Watching {
    watchers: Arc<Watchers>,
    caller: String,
}

impl Watchers {
    /// Lets a caller watch one stream more.
    ///
    /// # Errors
    /// `quota.watchers`.
    pub(crate) fn enter(self: &Arc<Self>, caller: &str) -> Result<Watching, NotDone> {
        let mut watched = self.watched();
        let own = watched.entry(caller.to_owned()).or_default();
        if *own >= WATCHERS {
            return Err(NotDone::from(Refusal::QuotaWatchers).quota(format!("watchers/{caller}"), AGAIN));
        }
        *own += 1;
        Ok(Watching { watchers: self.clone(), caller: caller.to_owned() })
    }

    fn watched(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner) // numbers, whole after each change
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let mut watched = self.watchers.watched();
        if let Some(own) = watched.get_mut(&self.caller) {
            *own -= 1;
            if *own == 0 {
                watched.remove(&self.caller);
            }
        }
    }
}

/// Nobody knows when a stream ends: a caller that has lost one finds it ended after this.
const AGAIN: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_watches_few_streams_and_what_ends_is_given_back() {
        let watchers = Arc::new(Watchers::default());
        let mut watching: Vec<_> = (0..WATCHERS).map(|_| watchers.enter("a").ok().unwrap()).collect();
        let refused = watchers.enter("a").err().unwrap();
        assert_eq!((refused.reason.code(), refused.quota.as_deref()), ("quota.watchers", Some("watchers/a")));
        assert!(watchers.enter("b").is_ok(), "another caller has its own");
        watching.pop();
        watching.push(watchers.enter("a").ok().unwrap());
        drop(watching);
        assert!(watchers.watched().is_empty(), "nobody is remembered");
    }
}
