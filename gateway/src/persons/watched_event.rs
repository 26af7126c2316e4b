//! One thing that happened to one consent, as its watchers are told.
//!
//! Example: `WatchedEvent { id: "…", kind: Kind::Withdrawn, at: 2026-03-02T05:15:30Z }`

use jiff::Timestamp;
use qaqpa_proto::consent::v1::{EventKind, WatchResponse};
use qaqpa_proto::moment::stamp;
use qaqpa_vault::ConsentRecord;

/// Kinds of events of a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Given,
    Withdrawn,
    Expired,
    Destroyed,
}

/// An event of a consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WatchedEvent {
    pub(crate) at: Timestamp,
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(super) operator: String,
    pub(super) acting_for: String,
}

impl WatchedEvent {
    pub(crate) fn of(record: &ConsentRecord, kind: Kind, at: Timestamp) -> Self {
        let (operator, acting_for) = (record.operator.clone(), record.acting_for.clone());
        Self { at, id: record.id.clone(), kind, operator, acting_for }
    }

    /// Everything that has happened to a record or will, if nothing else does: the end of its term may lie ahead.
    pub(crate) fn moments(record: &ConsentRecord) -> impl Iterator<Item = (Kind, Timestamp)> {
        let withdrawn = record.withdrawn.as_ref().map(|withdrawn| withdrawn.at);
        let moments = [
            (Kind::Given, Some(record.recorded_at)),
            (Kind::Withdrawn, withdrawn),
            (Kind::Expired, Self::expired_at(record)),
            (Kind::Destroyed, record.destroyed_at),
        ];
        moments.into_iter().filter_map(|(kind, at)| Some((kind, at?)))
    }

    /// When its term ends, if nothing else ended it before.
    pub(crate) fn expired_at(record: &ConsentRecord) -> Option<Timestamp> {
        let withdrawn = record.withdrawn.as_ref().map(|withdrawn| withdrawn.at);
        let earlier = withdrawn.into_iter().chain(record.destroyed_at).min();
        record.expires_at.filter(|end| earlier.is_none_or(|earlier| *end < earlier))
    }

    /// The event as a response message.
    pub(crate) fn response(&self) -> WatchResponse {
        let event = match self.kind {
            Kind::Given => EventKind::Given,
            Kind::Withdrawn => EventKind::Withdrawn,
            Kind::Expired => EventKind::Expired,
            Kind::Destroyed => EventKind::Destroyed,
        };
        WatchResponse { id: self.id.clone(), event: event.into(), at: Some(stamp(self.at)) }
    }
}
