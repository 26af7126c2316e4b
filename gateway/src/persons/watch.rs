//! The event stream of consents (`Watch`): past events from a moment on, then live ones.
//!
//! The past is read out of the index page by page, as the reader takes it: a watcher holds one page and no list of what it was
//! told. It survives a restart; a record that retention has deleted has no past any more. Ends of terms happen without anybody
//! doing anything: they are looked for once a second.

use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use qaqpa_proto::consent::v1::WatchResponse;
use qaqpa_proto::reason::{Failure, Refusal};
use tokio::sync::{broadcast, mpsc};
use tokio::time::MissedTickBehavior;

use crate::persons::index::Past;
use crate::persons::ledger::Ledger;
use crate::persons::reach::Reach;
use crate::persons::watched_event::{Kind, WatchedEvent};
use crate::refusal::NotDone;

/// A subscriber of events.
pub(crate) struct Watcher {
    ledger: Arc<Ledger>,
    reach: Reach,
    live: broadcast::Receiver<Arc<WatchedEvent>>,
    past: Option<Past>,
    looked_at: Timestamp,
}

impl Watcher {
    /// Begins at `since`, or now.
    pub(crate) fn new(ledger: Arc<Ledger>, reach: Reach, since: Option<Timestamp>) -> Self {
        // Under the lock in which events are told: each of them is past, or is heard.
        let index = ledger.index();
        let (live, looked_at, told) = (ledger.events.subscribe(), ledger.now(), index.told());
        drop(index);
        let first = |since| Bound::Included((since, Kind::Given, String::new()));
        let past = since.map(|since| Past { from: first(since), until: looked_at, told });
        Self { ledger, reach, live, past, looked_at }
    }

    /// The next of what has happened already, oldest first; none when there is no more.
    pub(crate) fn page(&mut self) -> Option<Vec<WatchedEvent>> {
        loop {
            let past = self.past.as_mut()?;
            let index = self.ledger.index();
            match index.past(past, |record| self.reach.covers(&record.operator, &record.acting_for)) {
                // Others' events only: the lock is let go before the next look.
                Some(page) if page.is_empty() => {}
                Some(page) => return Some(page),
                None => {
                    drop(index);
                    self.past = None;
                }
            }
        }
    }

    /// Sends what happens until the reader is gone, too slow, or the gateway stops.
    pub(crate) async fn run(mut self, to: mpsc::Sender<Result<WatchResponse, NotDone>>) {
        let stopping = self.ledger.stopping.clone();
        let mut second = tokio::time::interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let next = tokio::select! {
                () = stopping.cancelled() => Err(NotDone::from(Failure::GatewayStopping)),
                () = to.closed() => return,
                _ = second.tick() => Ok(self.ended()),
                live = self.live.recv() => match live {
                    Ok(event) => Ok(vec![WatchedEvent::clone(&event)]),
                    // It has missed some: it is sent away, and asks again from the last moment that it has seen.
                    Err(broadcast::error::RecvError::Lagged(_)) => Err(Refusal::QuotaCaller.into()),
                    Err(broadcast::error::RecvError::Closed) => Err(NotDone::from(Failure::GatewayStopping)),
                },
            };
            let events = match next {
                Ok(events) => events,
                Err(not_done) => {
                    let _ = to.send(Err(not_done)).await; // the stream ends either way
                    return;
                }
            };
            for event in events {
                if self.concerns(&event) && to.send(Ok(event.response())).await.is_err() {
                    return;
                }
            }
        }
    }

    /// Terms that ended since the last look.
    fn ended(&mut self) -> Vec<WatchedEvent> {
        let now = self.ledger.now().max(self.looked_at); // a clock that was set back tells nothing twice
        let from = std::mem::replace(&mut self.looked_at, now);
        let ending = self.ledger.index().ending(from, now);
        let ended = ending.iter().filter_map(|held| Some((held, WatchedEvent::expired_at(&held.record)?)));
        ended.map(|(held, at)| WatchedEvent::of(&held.record, Kind::Expired, at)).collect()
    }

    fn concerns(&self, event: &WatchedEvent) -> bool {
        self.reach.covers(&event.operator, &event.acting_for)
    }
}
