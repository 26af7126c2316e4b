//! `qaqpa.consent.v1.Consents`: authorisation of calls to the ledger of consents, and conversion between messages and
//! records.
//!
//! An exchange caller reaches the consents that were given to its own operator for an organisation it may act for, and only
//! for purposes it may claim; an officer, all of its own operator. A person's number goes in and never out.
//!
//! Example: school-2 withdraws what school-1 was given, by id: `consent.stranger`; by the person's number: `consent.unknown`,
//! since whether another school knows somebody is nobody's business.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::{Stream, StreamExt as _};
use jiff::Timestamp;
use qaqpa_journal::line::{ConsentEvent, ConsentsRead};
use qaqpa_policy::consent::form::Form;
use qaqpa_policy::{Bin, Iin, Pack, Role, category};
use qaqpa_proto::consent::v1 as wire;
use qaqpa_proto::consent::v1::withdraw_request::Which as Asked;
use qaqpa_proto::consent::v1::{
    GetRequest, GetResponse, GiveRequest, GiveResponse, ListRequest, ListResponse, State, WatchRequest, WatchResponse,
    WithdrawRequest, WithdrawResponse, WithdrawalReason,
};
use qaqpa_proto::moment::stamp;
use qaqpa_proto::reason::Refusal;
use qaqpa_vault::ConsentRecord;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::evidence::lines::append;
use crate::evidence::marks::mark;
use crate::gateway::Gateway;
use crate::limits::MAX_OWN_REQUEST;
use crate::persons::giving::{self, places};
use crate::persons::ledger::{By, Ledger, Recorded, Which};
use crate::persons::named;
use crate::persons::reach::Reach;
use crate::persons::vault_error::vault_error;
use crate::persons::watch::Watcher;
use crate::persons::watched_event::WatchedEvent;
use crate::persons::watchers::Watchers;
use crate::refusal::NotDone;
use crate::serve::consent::v1::consents_server::{Consents, ConsentsServer};
use crate::serve::entrance::Access;
use crate::serve::page::{Page, place};
use crate::serve::{Admitted, Method, acting, iin, invalid, moment};

/// The service over a gateway and its ledger.
#[must_use]
pub fn service(gateway: Arc<Gateway>, ledger: Arc<Ledger>) -> ConsentsServer<impl Consents> {
    let watchers = Arc::default();
    ConsentsServer::new(Service { gateway, ledger, watchers }).max_decoding_message_size(MAX_OWN_REQUEST)
}

struct Service {
    gateway: Arc<Gateway>,
    ledger: Arc<Ledger>,
    watchers: Arc<Watchers>,
}

#[tonic::async_trait]
impl Consents for Service {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<WatchResponse, Status>> + Send>>;

    async fn give(&self, request: Request<GiveRequest>) -> Result<Response<GiveResponse>, Status> {
        let admitted = Admitted::of(&request)?;
        let call = self.call(&admitted);
        admitted.finish(&self.gateway, async move { call.give(request.into_inner()).await }).await.map(Response::new)
    }

    async fn withdraw(&self, request: Request<WithdrawRequest>) -> Result<Response<WithdrawResponse>, Status> {
        let admitted = Admitted::of(&request)?;
        let call = self.call(&admitted);
        admitted
            .finish(&self.gateway, async move { call.withdraw(request.into_inner()).await })
            .await
            .map(Response::new)
    }

    async fn get(&self, request: Request<GetRequest>) -> Result<Response<GetResponse>, Status> {
        let admitted = Admitted::of(&request)?;
        let call = self.call(&admitted);
        admitted.finish(&self.gateway, async move { call.one(&request.into_inner().id).await }).await.map(Response::new)
    }

    async fn list(&self, request: Request<ListRequest>) -> Result<Response<ListResponse>, Status> {
        let admitted = Admitted::of(&request)?;
        let call = self.call(&admitted);
        admitted.finish(&self.gateway, async move { call.list(request.into_inner()).await }).await.map(Response::new)
    }

    async fn watch(&self, request: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let admitted = Admitted::of(&request)?;
        let (call, watchers) = (self.call(&admitted), self.watchers.clone());
        let events = admitted
            .finish(&self.gateway, async move { call.watch(request.into_inner().since, &watchers).await })
            .await?;
        let events = ReceiverStream::new(events).map(move |event| event.map_err(|not_done| admitted.status(&not_done)));
        Ok(Response::new(Box::pin(events)))
    }
}

impl Service {
    fn call(&self, admitted: &Admitted) -> Call {
        Call { gateway: self.gateway.clone(), ledger: self.ledger.clone(), admitted: admitted.clone() }
    }
}

type Events = mpsc::Sender<Result<WatchResponse, NotDone>>;

/// One admitted call at work.
#[derive(Clone)]
struct Call {
    gateway: Arc<Gateway>,
    ledger: Arc<Ledger>,
    admitted: Admitted,
}

impl Call {
    async fn give(&self, request: GiveRequest) -> Result<GiveResponse, NotDone> {
        let (pack, caller) = (self.pack()?, &self.admitted.caller);
        let acting = acting(caller, &pack, &request.on_behalf_of)?;
        let denied = |purpose: &String| caller.role() == Role::Exchange && !caller.purposes().contains(purpose);
        // A purpose that the policy does not have is answered as such; one that it has must be granted.
        let denied = |purpose: &String| pack.purpose(purpose).is_some() && denied(purpose);
        let denied = places("purposes", &request.purposes, denied, "not_granted");
        if !denied.is_empty() {
            return Err(NotDone::from(Refusal::PurposeNotAllowed).at(denied));
        }
        let giving = giving::judge(request, &pack, acting, caller.id(), self.ledger.now())?;
        let Recorded { record, leaf } = self.ledger.give(&giving, &self.by()).await?;
        Ok(GiveResponse {
            consent: Some(shown(&record, self.ledger.now())),
            repeated: leaf.is_none(),
            journal: leaf.map(|leaf| self.gateway.journal_entry(leaf)),
        })
    }

    async fn withdraw(&self, request: WithdrawRequest) -> Result<WithdrawResponse, NotDone> {
        let pack = self.pack()?;
        let reason = reason_code(request.reason())?;
        let reach = self.reach(&pack, &request.on_behalf_of)?;
        let which = which(request)?;
        let days = pack.withdrawal().destroy_within_working_days;
        let done = self.ledger.withdraw(&which, &reach, reason, |_| days, &self.by()).await?;
        let destroy_by = done.records.iter().filter_map(|record| Some(record.withdrawn.as_ref()?.destroy_by)).max();
        Ok(WithdrawResponse {
            withdrawn: done.records.iter().map(|record| record.id.clone()).collect(),
            stopped_at: Some(stamp(done.stopped_at)),
            destroy_by: destroy_by.map(stamp),
            under_way: done.under_way,
            journal: done.leaves.into_iter().map(|leaf| self.gateway.journal_entry(leaf)).collect(),
        })
    }

    async fn one(&self, id: &str) -> Result<GetResponse, NotDone> {
        let reach = self.widest_reach(&*self.pack()?);
        let held = self.ledger.one(id).ok_or(Refusal::ConsentUnknown)?;
        if !reach.covers(&held.record.operator, &held.record.acting_for) {
            return Err(Refusal::ConsentStranger.into());
        }
        self.note_reading(1, None).await?;
        Ok(GetResponse { consent: Some(shown(&held.record, self.ledger.now())) })
    }

    async fn list(&self, request: ListRequest) -> Result<ListResponse, NotDone> {
        let iin = iin(&request.iin)?;
        let reach = self.reach(&*self.pack()?, &request.on_behalf_of)?;
        let page = Page::read(request.page_size, &request.page_token)?;
        let (now, wanted) = (self.ledger.now(), request.state());
        let mut consents = self.ledger.of(self.admitted.caller.operator(), &iin);
        consents.retain(|record| {
            reach.covers(&record.operator, &record.acting_for)
                && (wanted == State::Unspecified || state(record, now) == wanted)
        });
        let (consents, next_page_token) = page.of(consents, |record| place(record.recorded_at, &record.id));
        self.note_reading(consents.len(), Some(&iin)).await?;
        Ok(ListResponse { consents: consents.iter().map(|record| shown(record, now)).collect(), next_page_token })
    }

    async fn watch(
        &self,
        since: Option<prost_types::Timestamp>,
        watchers: &Arc<Watchers>,
    ) -> Result<mpsc::Receiver<Result<WatchResponse, NotDone>>, NotDone> {
        let since = moment("since", since.as_ref())?;
        let reach = self.widest_reach(&*self.pack()?);
        let watching = watchers.enter(self.admitted.caller.id())?;
        let mut watcher = Watcher::new(self.ledger.clone(), reach, since);
        let first = watcher.page().unwrap_or_default();
        self.note_reading(first.len(), None).await?;
        let (to, events) = mpsc::channel(UNREAD_EVENTS);
        let call = self.clone();
        tokio::spawn(async move {
            call.tell(watcher, first, to).await;
            drop(watching);
        });
        Ok(events)
    }

    /// Sends what has happened already, each page on record before it goes, and then what happens.
    async fn tell(&self, mut watcher: Watcher, first: Vec<WatchedEvent>, to: Events) {
        let mut page = Some(first);
        while let Some(events) = page {
            for event in events {
                if to.send(Ok(event.response())).await.is_err() {
                    return;
                }
            }
            page = watcher.page();
            let Some(events) = &page else { break };
            if let Err(unrecorded) = self.note_reading(events.len(), None).await {
                let _ = to.send(Err(unrecorded)).await; // the stream ends either way
                return;
            }
        }
        watcher.run(to).await;
    }

    fn pack(&self) -> Result<Arc<Pack>, NotDone> {
        Ok(self.gateway.policy(&self.admitted.caller)?.pack().clone())
    }

    fn by(&self) -> By<'_> {
        By { txn: &self.admitted.txn, who: self.admitted.who() }
    }

    /// What a call reaches that names an organisation, or none for the operator itself; an officer's, none for all.
    fn reach(&self, pack: &Pack, on_behalf_of: &str) -> Result<Reach, NotDone> {
        let caller = &self.admitted.caller;
        if caller.role() == Role::Officer && on_behalf_of.is_empty() {
            return Ok(self.widest_reach(pack));
        }
        let organisations = Some(vec![acting(caller, pack, on_behalf_of)?]);
        Ok(Reach { operator: caller.operator().to_owned(), organisations })
    }

    /// What a call reaches that names no organisation at all.
    fn widest_reach(&self, pack: &Pack) -> Reach {
        let caller = &self.admitted.caller;
        let own: Vec<Bin> = pack.operator().bin.into_iter().chain(caller.on_behalf_of().iter().copied()).collect();
        let organisations = (caller.role() != Role::Officer).then_some(own);
        Reach { operator: caller.operator().to_owned(), organisations }
    }

    /// A reading is a line too, durable before the answer. It marks the person only if the vault knows one.
    async fn note_reading(&self, count: usize, about: Option<&Iin>) -> Result<(), NotDone> {
        let call = &self.admitted;
        let mut line = ConsentsRead {
            txn: (&call.txn).into(),
            ts: self.ledger.now(),
            event: ConsentEvent::Read,
            method: call.method.into(),
            who: call.who(),
            marks: Vec::new(),
            count,
        };
        if let Some(iin) = about {
            let subject =
                self.ledger.vault().known(&named(self.admitted.caller.operator(), iin)).await.map_err(vault_error)?;
            line.marks = subject.iter().map(|subject| mark(subject, &call.txn).into()).collect();
        }
        append(&self.gateway.journal, &line).await.map(drop)
    }
}

fn which(request: WithdrawRequest) -> Result<Which, NotDone> {
    match request.which {
        None => Err(invalid("which", "missing")),
        Some(Asked::Id(id)) if id.is_empty() => Err(invalid("id", "missing")),
        Some(Asked::Id(id)) => Ok(Which::One(id)),
        Some(Asked::Person(of)) => {
            let iin = Iin::parse(&of.iin).map_err(|why| invalid("person.iin", why.code()))?;
            Ok(Which::Person(iin, of.purposes))
        }
    }
}

/// A reason as vault and journal write it.
fn reason_code(reason: WithdrawalReason) -> Result<&'static str, NotDone> {
    REASONS
        .iter()
        .find(|(known, _)| *known == reason)
        .map(|(_, code)| *code)
        .ok_or_else(|| invalid("reason", "missing"))
}

/// A record for its caller, without the person.
fn shown(record: &ConsentRecord, now: Timestamp) -> wire::Consent {
    let withdrawn = record.withdrawn.as_ref();
    let reason = withdrawn.and_then(|withdrawn| REASONS.iter().find(|(_, code)| *code == withdrawn.reason_code));
    wire::Consent {
        id: record.id.clone(),
        purposes: record.purposes.clone(),
        categories: record.categories.iter().map(|name| category::named(name).into()).collect(),
        recipients: record.recipients.clone(),
        form: form(&record.form).into(),
        given_at: Some(stamp(record.given_at)),
        recorded_at: Some(stamp(record.recorded_at)),
        expires_at: record.expires_at.map(stamp),
        by_guardian: record.guardian.is_some(),
        reference: record.reference.clone(),
        on_behalf_of: record.acting_for.clone(),
        state: state(record, now).into(),
        withdrawn_at: withdrawn.map(|withdrawn| stamp(withdrawn.at)),
        withdrawal_reason: reason.map_or(WithdrawalReason::Unspecified, |(reason, _)| *reason).into(),
        destroy_by: withdrawn.map(|withdrawn| stamp(withdrawn.destroy_by)),
        destroyed_at: record.destroyed_at.map(stamp),
    }
}

fn state(record: &ConsentRecord, now: Timestamp) -> State {
    if record.destroyed_at.is_some() {
        State::Destroyed
    } else if record.withdrawn.is_some() {
        State::Withdrawn
    } else if record.expires_at.is_some_and(|end| end <= now) {
        State::Expired
    } else {
        State::Live
    }
}

fn form(name: &str) -> wire::Form {
    match Form::parse(name) {
        Some(Form::Written) => wire::Form::Written,
        Some(Form::Electronic) => wire::Form::Electronic,
        Some(Form::Sms1414) => wire::Form::Sms1414,
        Some(Form::Kdp) => wire::Form::Kdp,
        None => wire::Form::Unspecified,
    }
}

/// Every method, for callers and officers.
pub(super) const METHODS: [Method; 5] = [
    method("/qaqpa.consent.v1.Consents/Give"),
    method("/qaqpa.consent.v1.Consents/Withdraw"),
    method("/qaqpa.consent.v1.Consents/Get"),
    method("/qaqpa.consent.v1.Consents/List"),
    method("/qaqpa.consent.v1.Consents/Watch"),
];

const fn method(path: &'static str) -> Method {
    let access = Access::Roles(&[Role::Exchange, Role::Officer]);
    Method { path, access, longest: MAX_OWN_REQUEST, streams: false }
}

const REASONS: [(WithdrawalReason, &str); 5] = [
    (WithdrawalReason::SubjectRequest, "subject-request"),
    (WithdrawalReason::GuardianRequest, "guardian-request"),
    (WithdrawalReason::KdpRevocation, KDP_REVOCATION),
    (WithdrawalReason::PurposeEnded, "purpose-ended"),
    (WithdrawalReason::GivenInError, "given-in-error"),
];
/// The subject revoked it at the state's service.
const KDP_REVOCATION: &str = "kdp-revocation";
/// Events on their way to a slow reader.
const UNREAD_EVENTS: usize = 256;
