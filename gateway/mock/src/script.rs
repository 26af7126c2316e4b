//! How the mock is told to behave: one behaviour for all requests, and a queue of those for the next ones.

use std::collections::VecDeque;

use crate::Behaviour;

pub(crate) struct Script {
    standing: Behaviour,
    once: VecDeque<Behaviour>,
}

impl Script {
    pub(crate) fn new() -> Self {
        Self { standing: Behaviour::Normal, once: VecDeque::new() }
    }

    /// For all requests from now on; what is queued still comes first.
    pub(crate) fn always(&mut self, behaviour: Behaviour) {
        self.standing = behaviour;
    }

    pub(crate) fn once(&mut self, behaviour: Behaviour) {
        self.once.push_back(behaviour);
    }

    /// The behaviour for one request.
    pub(crate) fn take(&mut self) -> Behaviour {
        self.once.pop_front().unwrap_or_else(|| self.standing.clone())
    }
}
