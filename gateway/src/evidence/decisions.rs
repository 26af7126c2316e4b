//! The last residency verdict on each endpoint: journalled when it changes, not with every connection.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use qaqpa_residency::Decision;

/// Endpoints whose verdict is kept to tell changes by; declared ones are far fewer.
const KEPT: usize = 1024;

/// The last verdict on each endpoint, and those that changed and are not yet in the journal.
#[derive(Default)]
pub(crate) struct Decisions(Mutex<State>);

#[derive(Default)]
struct State {
    last: HashMap<String, String>,
    changed: Vec<String>,
    alive: usize,
}

impl Decisions {
    /// Keeps a line of evidence; true when it is another than the last one on its endpoint.
    pub(crate) fn keep(&self, decision: &Decision) -> bool {
        let line = decision.to_string();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = state.last.get(&decision.endpoint).is_some_and(|last| *last == line);
        // When full it is not kept as told either, so it is told once there is room.
        if !known && state.changed.len() < KEPT {
            state.last.insert(decision.endpoint.clone(), line.clone());
            state.changed.push(line);
        }
        !known
    }

    pub(crate) fn drain(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).changed)
    }

    /// Keeps how many exceptions are alive; true when some ended or came.
    pub(crate) fn count(&self, alive: usize) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut state.alive, alive) != alive
    }
}
