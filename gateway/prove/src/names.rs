//! DNS by script: one answer after the other, the last for good, whatever name is asked for.
//!
//! Example: home first and abroad afterwards, which is called rebinding.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use qaqpa_gateway::dial::{NoAnswer, Resolve};
use qaqpa_residency::Answer;

/// Answers in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script(Arc<Mutex<VecDeque<Answer>>>);

impl Script {
    /// These addresses for every question.
    pub(crate) fn always(addresses: &[&str]) -> Self {
        Self::steps(&[addresses])
    }

    /// These addresses, one answer after the other.
    pub(crate) fn steps(answers: &[&[&str]]) -> Self {
        let read = |addresses: &&[&str]| Answer {
            addresses: addresses.iter().filter_map(|text| text.parse::<IpAddr>().ok()).collect(),
            aliases: Vec::new(),
        };
        Self(Arc::new(Mutex::new(answers.iter().map(read).collect())))
    }

    /// This address, by way of another name.
    pub(crate) fn alias(alias: &str, address: &str) -> Self {
        let answer = Answer { addresses: address.parse().into_iter().collect(), aliases: vec![alias.to_owned()] };
        Self(Arc::new(Mutex::new(VecDeque::from([answer]))))
    }
}

impl Resolve for Script {
    fn resolve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Answer, NoAnswer>> {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        Box::pin(std::future::ready(answer.ok_or(NoAnswer::ServerFailure)))
    }
}
