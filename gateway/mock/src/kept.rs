//! What came and what went, octet for octet, for tests and for a journal to be compared with. Bounded; the oldest goes first.

use std::collections::VecDeque;

use bytes::Bytes;

/// One request and its reply.
#[derive(Clone)]
pub struct Exchange {
    /// messageId of the request; empty if it could not be read.
    pub message_id: String,
    /// serviceId of the request; empty if it could not be read.
    pub service_id: String,
    /// Body of the HTTP request as it came.
    pub request: Bytes,
    /// Body of the HTTP reply in full, also where a behaviour sent a part of it or nothing.
    pub reply: Bytes,
}

/// Names the message and says how long it is; what is in it may be about a person.
impl std::fmt::Debug for Exchange {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Exchange")
            .field("message_id", &self.message_id)
            .field("service_id", &self.service_id)
            .field("request", &self.request.len())
            .field("reply", &self.reply.len())
            .finish()
    }
}

/// The last exchanges and, apart from them, the very last good reply.
pub(crate) struct Kept {
    limit: usize,
    exchanges: VecDeque<Exchange>,
    last_reply: Option<Bytes>,
}

impl Kept {
    pub(crate) fn up_to(limit: usize) -> Self {
        Self { limit, exchanges: VecDeque::new(), last_reply: None }
    }

    pub(crate) fn keep(&mut self, exchange: Exchange) {
        if self.limit == 0 {
            return;
        }
        if self.exchanges.len() >= self.limit {
            self.exchanges.pop_front();
        }
        self.exchanges.push_back(exchange);
    }

    pub(crate) fn all(&self) -> Vec<Exchange> {
        self.exchanges.iter().cloned().collect()
    }

    pub(crate) fn remember(&mut self, reply: Bytes) {
        self.last_reply = Some(reply);
    }

    pub(crate) fn last_reply(&self) -> Option<Bytes> {
        self.last_reply.clone()
    }
}
