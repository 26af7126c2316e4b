//! The event stream of consents (`Watch`): past events from a moment on, then live ones.
//!
//! The past is read out of the records themselves, so that it survives a restart; a record that retention has deleted has no
//! past any more. Ends of terms happen without anybody doing anything: they are looked for once a second.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use qaqpa_proto::consent::v1::WatchResponse;
use qaqpa_proto::reason::{Failure, Refusal};
use qaqpa_vault::ConsentRecord;
use tokio::sync::{broadcast, mpsc};
use tokio::time::MissedTickBehavior;

use crate::persons::ledger::Ledger;
use crate::persons::reach::Reach;
use crate::persons::watched_event::{Kind, WatchedEvent};
use crate::refusal::NotDone;

/// Everything that has happened to a record until `now`.
fn past(record: &ConsentRecord, now: Timestamp) -> Vec<WatchedEvent> {
    let withdrawn = record.withdrawn.as_ref().map(|withdrawn| withdrawn.at);
    let moments = [
        (Kind::Given, Some(record.recorded_at)),
        (Kind::Withdrawn, withdrawn),
        (Kind::Expired, expired_at(record).filter(|end| *end <= now)),
        (Kind::Destroyed, record.destroyed_at),
    ];
    moments.into_iter().filter_map(|(kind, at)| Some(WatchedEvent::of(record, kind, at?))).collect()
}

/// When its term ends, if nothing else ended it before.
fn expired_at(record: &ConsentRecord) -> Option<Timestamp> {
    let earlier = record.withdrawn.as_ref().map(|withdrawn| withdrawn.at).into_iter().chain(record.destroyed_at).min();
    record.expires_at.filter(|end| earlier.is_none_or(|earlier| *end < earlier))
}

/// A subscriber of events.
pub(crate) struct Watcher {
    ledger: Arc<Ledger>,
    reach: Reach,
    live: broadcast::Receiver<Arc<WatchedEvent>>,
    told: HashSet<(String, Kind)>,
    looked_at: Timestamp,
}

impl Watcher {
    /// Begins at `since`, or now; the first value is what has happened already, oldest first.
    pub(crate) fn new(ledger: Arc<Ledger>, reach: Reach, since: Option<Timestamp>) -> (Vec<WatchedEvent>, Self) {
        // First listen, then look back: what happens in between is seen twice and told once.
        let live = ledger.events.subscribe();
        let now = ledger.now();
        let mut missed: Vec<_> = match since {
            None => Vec::new(),
            Some(since) => {
                let index = ledger.index();
                let all = index.all().filter(|held| reach.covers(&held.record.operator, &held.record.acting_for));
                all.flat_map(|held| past(&held.record, now)).filter(|event| event.at >= since).collect()
            }
        };
        missed.sort_by(|left, right| (left.at, left.kind, &left.id).cmp(&(right.at, right.kind, &right.id)));
        let told = missed.iter().map(|event| (event.id.clone(), event.kind)).collect();
        (missed, Self { ledger, reach, live, told, looked_at: now })
    }

    /// Sends what happens until the reader is gone, too slow, or the gateway stops.
    pub(crate) async fn run(mut self, missed: Vec<WatchedEvent>, to: mpsc::Sender<Result<WatchResponse, NotDone>>) {
        for event in missed {
            if to.send(Ok(event.response())).await.is_err() {
                return;
            }
        }
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
                if self.is_news(&event) && to.send(Ok(event.response())).await.is_err() {
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
        let ended = ending.iter().filter_map(|held| Some((held, expired_at(&held.record)?)));
        ended.map(|(held, at)| WatchedEvent::of(&held.record, Kind::Expired, at)).collect()
    }

    fn is_news(&self, event: &WatchedEvent) -> bool {
        self.reach.covers(&event.operator, &event.acting_for) && !self.told.contains(&(event.id.clone(), event.kind))
    }
}
