//! `qaqpa.subject.v1.Subjects`: the rights of data subjects (access, restriction, objection, correction, erasure),
//! exercised through an officer.
//!
//! Only officers, only about exchanges and holds of their own operator. A number goes in and never out; reports hold paths,
//! categories, times and organisations, since the gateway keeps no values. Reading is a line of the journal too.
//!
//! ```text
//! Report   walks the journal with the person's key       Restrict, Object   stop exchanges before they answer
//! Correct  says who has received a disputed field        Erase              destroys the key; nobody finds anything again
//! ```

use std::sync::Arc;

use qaqpa_journal::Receipt as Leaf;
use qaqpa_journal::line::{Acted, Event, Phase, SubjectEvent};
use qaqpa_policy::{Iin, Role};
use qaqpa_proto::moment::stamp;
use qaqpa_proto::reason::Refusal;
use qaqpa_proto::subject::v1 as wire;
use qaqpa_proto::subject::v1::{
    Basis, ConfirmClockRequest, ConfirmClockResponse, CorrectRequest, CorrectResponse, DueItem, DueKind, DueRequest,
    DueResponse, EraseRequest, EraseResponse, FindUsageRequest, FindUsageResponse, ObjectRequest, ObjectResponse,
    ReportRequest, ReportResponse, RestrictRequest, RestrictResponse, UnrestrictRequest, UnrestrictResponse,
};
use qaqpa_vault::{Erasure, HoldKind, RequestRecord, Subject};
use tonic::{Request, Response, Status};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::evidence::lines::{Actor, acted, append, texts as borrowed};
use crate::evidence::marks::mark;
use crate::evidence::usage::{self, Usage};
use crate::gateway::Gateway;
use crate::limits::MAX_OWN_REQUEST;
use crate::persons::giving::at;
use crate::persons::holds::Held;
use crate::persons::named;
use crate::persons::retention::{Due, What, forget_salts};
use crate::persons::said::CLOCK_CONFIRMED;
use crate::persons::vault_error::vault_error;
use crate::refusal::NotDone;
use crate::serve::entrance::Access;
use crate::serve::page::{LARGEST_PAGE, Page, page_size, place};
use crate::serve::report::{self, Period};
use crate::serve::subject::v1::subjects_server::{Subjects, SubjectsServer};
use crate::serve::{Admitted, Method, iin, invalid, moment};

/// The service over a gateway.
#[must_use]
pub fn service(gateway: Arc<Gateway>) -> SubjectsServer<impl Subjects> {
    SubjectsServer::new(Service { gateway }).max_decoding_message_size(MAX_OWN_REQUEST)
}

struct Service {
    gateway: Arc<Gateway>,
}

/// One admitted call at work.
struct Call {
    gateway: Arc<Gateway>,
    admitted: Admitted,
}

/// Takes an admitted call, works in a task of its own, answers; and the list of its methods.
macro_rules! served {
    ($($name:ident($request:ty) -> $reply:ty = $path:literal;)*) => {
        /// Every method, for officers.
        pub(super) const METHODS: &[Method] = &[$(method(concat!("/qaqpa.subject.v1.Subjects/", $path))),*];

        #[tonic::async_trait]
        impl Subjects for Service {
            $(async fn $name(&self, request: Request<$request>) -> Result<Response<$reply>, Status> {
                let admitted = Admitted::of(&request)?;
                let call = Call { gateway: self.gateway.clone(), admitted: admitted.clone() };
                let answer = admitted.finish(&self.gateway, async move { call.$name(request.into_inner()).await });
                answer.await.map(Response::new)
            })*
        }
    };
}

served! {
    report(ReportRequest) -> ReportResponse = "Report";
    find_usage(FindUsageRequest) -> FindUsageResponse = "FindUsage";
    restrict(RestrictRequest) -> RestrictResponse = "Restrict";
    unrestrict(UnrestrictRequest) -> UnrestrictResponse = "Unrestrict";
    correct(CorrectRequest) -> CorrectResponse = "Correct";
    erase(EraseRequest) -> EraseResponse = "Erase";
    object(ObjectRequest) -> ObjectResponse = "Object";
    due(DueRequest) -> DueResponse = "Due";
    confirm_clock(ConfirmClockRequest) -> ConfirmClockResponse = "ConfirmClock";
}

const fn method(path: &'static str) -> Method {
    Method { path, access: Access::Roles(&[Role::Officer]), longest: MAX_OWN_REQUEST, streams: false }
}

impl Call {
    async fn report(&self, request: ReportRequest) -> Result<ReportResponse, NotDone> {
        let iin = iin(&request.iin)?;
        let period = Period::read(request.from, request.to, ["from", "to"])?;
        let size = page_size(request.page_size)?;
        let before = page(&request.page_token)?;
        let (usages, journal) = self.usages(&iin, &period).await?;
        let (shown, next_page_token) = page_of(&usages, before, size);
        let consents = self.gateway.persons.ledger.of(self.admitted.caller.operator(), &iin);
        let subject = self.subject(&iin).await?;
        let entry = |usage| report::entry(&self.gateway, usage, subject.as_ref(), &consents);
        Ok(ReportResponse {
            entries: shown.iter().map(entry).collect(),
            next_page_token,
            journal: Some(self.gateway.journal_entry(journal)),
        })
    }

    async fn find_usage(&self, request: FindUsageRequest) -> Result<FindUsageResponse, NotDone> {
        let iin = Iin::parse(&request.user_code).map_err(|why| invalid("user_code", why.code()))?;
        let period = Period::read(request.period_start, request.period_end, ["period_start", "period_end"])?;
        let limit = match request.limit {
            0 => LARGEST_PAGE,
            limit if usize::try_from(limit).is_ok_and(|limit| limit <= LARGEST_PAGE) => limit as usize,
            _ => return Err(invalid("limit", "out_of_bounds")),
        };
        let (usages, _) = self.usages(&iin, &period.inclusive()).await?;
        let page = usages.iter().skip(request.offset as usize).take(limit);
        Ok(FindUsageResponse {
            total_usages: usages.len() as u64,
            usages: page.map(|usage| report::data_usage(&self.gateway, usage)).collect(),
        })
    }

    async fn restrict(&self, request: RestrictRequest) -> Result<RestrictResponse, NotDone> {
        let (iin, basis) = (iin(&request.iin)?, basis(request.basis())?);
        let purpose = self.purpose(&request.purpose)?;
        let held = self.hold(&iin, HoldKind::Restriction, purpose.as_deref(), basis).await?;
        Ok(RestrictResponse {
            under_way: texts(&held.under_way),
            journal: Some(self.gateway.journal_entry(held.leaf)),
            hold: Some(shown(&held)),
        })
    }

    async fn unrestrict(&self, request: UnrestrictRequest) -> Result<UnrestrictResponse, NotDone> {
        let held = self.gateway.persons.holds.lift(&request.id, &self.actor()).await?;
        Ok(UnrestrictResponse { journal: Some(self.gateway.journal_entry(held.leaf)), hold: Some(shown(&held)) })
    }

    async fn object(&self, request: ObjectRequest) -> Result<ObjectResponse, NotDone> {
        let iin = iin(&request.iin)?;
        let purpose = self.purpose(&request.purpose)?.ok_or_else(|| invalid("purpose", "missing"))?;
        let held = self.hold(&iin, HoldKind::Objection, Some(&purpose), "subject-request").await?;
        Ok(ObjectResponse {
            under_way: texts(&held.under_way),
            journal: Some(self.gateway.journal_entry(held.leaf)),
            hold: Some(shown(&held)),
        })
    }

    async fn correct(&self, request: CorrectRequest) -> Result<CorrectResponse, NotDone> {
        let iin = iin(&request.iin)?;
        let note = match request.note() {
            wire::CorrectionNote::Unspecified => return Err(invalid("note", "missing")),
            wire::CorrectionNote::Wrong => "wrong",
            wire::CorrectionNote::Incomplete => "incomplete",
            wire::CorrectionNote::OutOfDate => "out-of-date",
        };
        self.fields_exist(&request.fields)?;
        let now = self.gateway.clock.now();
        let vault = self.gateway.persons.vault();
        let subject = vault.subject(&self.named(&iin), now).await.map_err(vault_error)?;
        let record = RequestRecord {
            id: self.admitted.txn.clone(),
            operator: self.admitted.caller.operator().to_owned(),
            kind: "correction".to_owned(),
            at: now,
            detail: serde_json::json!({ "fields": request.fields, "note": note }).to_string(),
            state: "marked".to_owned(),
            closed_at: Some(now),
            recorded_by: self.admitted.caller.id().to_owned(),
        };
        // A crash behind this leaves a request without a line. It is closed already, and goes at the end of its term.
        vault.put_request(&subject, record).await.map_err(vault_error)?;
        let receivers = match request.forward {
            true => report::receivers(&self.own(self.walk(subject.clone()).await?), &request.fields),
            false => Vec::new(),
        };
        let actor = self.actor();
        let line = Acted {
            marks: vec![mark(&subject, &self.admitted.txn).into()],
            id: Some((&self.admitted.txn).into()),
            basis: Some(note.into()),
            fields: borrowed(&request.fields),
            count: Some(receivers.len() as u64),
            vault: Some(vault.counter()),
            ..acted(SubjectEvent::CorrectionMarked, now, &actor)
        };
        let journal = append(&self.gateway.journal, &line).await?;
        Ok(CorrectResponse {
            request_id: self.admitted.txn.clone(),
            forwarded_to: receivers,
            journal: Some(self.gateway.journal_entry(journal)),
        })
    }

    /// Finds the person's exchanges while the key is there, destroys their salts, and then it.
    async fn erase(&self, request: EraseRequest) -> Result<EraseResponse, NotDone> {
        let (iin, basis) = (iin(&request.iin)?, basis(request.basis())?);
        let (persons, now) = (&self.gateway.persons, self.gateway.clock.now());
        // An exchange that begins between this walk and the erasure is not among the leaves: its salt is sealed under the key
        // that is destroyed below.
        let leaves: Vec<u64> = match self.subject(&iin).await? {
            Some(subject) => self.walk(subject).await?.iter().flat_map(|usage| usage.leaves.clone()).collect(),
            None => Vec::new(),
        };
        // They would open no more without the key; destroyed here, they do not with an older copy of the vault either. Before the
        // key: once it is gone nobody finds these lines again. Trying again after a failure begins anew.
        forget_salts(&self.gateway.journal, leaves).await?;
        let lookup = persons.vault().lookup(&self.named(&iin));
        // A consent or a hold that is being recorded is erased too, or comes to somebody new.
        let turn = persons.ledger.turn(lookup).await;
        let order = Erasure { id: self.admitted.txn.clone(), at: now, basis: basis.to_owned() };
        // Made while there is a key: in an older copy of the vault, which still has it, the person is found by this again.
        let marks: Vec<_> = self.subject(&iin).await?.iter().map(|it| mark(it, &self.admitted.txn).into()).collect();
        // A crash behind this: the person is gone and no line says so. The next start writes it from the tombstone
        // (`settle`).
        let erased = persons.vault().erase(&self.named(&iin), order).await.map_err(vault_error)?;
        // After the vault: until here the gate knew the holds, so that nothing left about a person who was half erased.
        let _under_way = persons.gate.forget(lookup);
        persons.ledger.forget(lookup);
        persons.holds.forget(lookup);
        drop(turn);
        let actor = self.actor();
        let line = Acted {
            marks,
            vault: Some(persons.vault().counter()),
            id: Some((&self.admitted.txn).into()),
            basis: Some(basis.into()),
            count: Some(u64::from(erased.consents) + u64::from(erased.holds) + u64::from(erased.requests)),
            ..acted(SubjectEvent::Erased, now, &actor)
        };
        let journal = append(&self.gateway.journal, &line).await?;
        Ok(EraseResponse {
            erasure_id: self.admitted.txn.clone(),
            found: erased.found,
            consents: erased.consents,
            holds: erased.holds,
            requests: erased.requests,
            journal: Some(self.gateway.journal_entry(journal)),
        })
    }

    async fn due(&self, request: DueRequest) -> Result<DueResponse, NotDone> {
        let until = moment("until", request.until.as_ref())?;
        let page = Page::read(request.page_size, &request.page_token)?;
        let due = self.gateway.retention().due(until, Some(self.admitted.caller.operator())).await?;
        let (due, next_page_token) = page.of(due, |due| place(due.at, &format!("{:?} {:?}", due.what, due.id)));
        let item = |due: Due| DueItem {
            at: Some(stamp(due.at)),
            what: kind(due.what).into(),
            id: due.id.unwrap_or_default(),
            count: due.count,
        };
        let actor = self.actor();
        let line =
            Acted { count: Some(due.len() as u64), ..acted(SubjectEvent::DueListed, self.gateway.clock.now(), &actor) };
        append(&self.gateway.journal, &line).await?;
        Ok(DueResponse { items: due.into_iter().map(item).collect(), next_page_token })
    }

    async fn confirm_clock(&self, _: ConfirmClockRequest) -> Result<ConfirmClockResponse, NotDone> {
        let (persons, journal) = (&self.gateway.persons, &self.gateway.journal);
        let was_away = !persons.look_at_clock(journal).await?;
        let now = self.gateway.clock.now();
        let facts = [("by", self.admitted.caller.id().to_owned()), ("txn", self.admitted.txn.clone())];
        // The line first: nothing is destroyed on a word that nobody can find. A crash behind it leaves the line, and the next
        // start takes it from there.
        let line = append(journal, &Event::new(Phase::Admin, now, CLOCK_CONFIRMED, facts)).await?;
        persons.believed_clock.believe();
        Ok(ConfirmClockResponse { now: Some(stamp(now)), was_away, journal: Some(self.gateway.journal_entry(line)) })
    }

    async fn hold(
        &self,
        iin: &Iin,
        kind: HoldKind,
        purpose: Option<&str>,
        basis: &'static str,
    ) -> Result<Held, NotDone> {
        let persons = &self.gateway.persons;
        let _turn = persons.ledger.turn(persons.vault().lookup(&self.named(iin))).await;
        persons.holds.put(iin, kind, purpose, basis, &self.actor()).await
    }

    /// Exchanges of the caller's operator about a person, newest first, and the line that says they were read.
    async fn usages(&self, iin: &Iin, period: &Period) -> Result<(Vec<Usage>, Leaf), NotDone> {
        let subject = self.subject(iin).await?;
        let mut usages = match subject.clone() {
            Some(subject) => self.own(self.walk(subject).await?),
            None => Vec::new(),
        };
        usages.retain(|usage| period.holds(usage.intent.ts));
        usages.reverse();
        let actor = self.actor();
        let line = Acted {
            marks: subject.iter().map(|subject| mark(subject, &self.admitted.txn).into()).collect(),
            count: Some(usages.len() as u64),
            ..acted(SubjectEvent::Reported, self.gateway.clock.now(), &actor)
        };
        Ok((usages, append(&self.gateway.journal, &line).await?))
    }

    fn own(&self, mut usages: Vec<Usage>) -> Vec<Usage> {
        usages.retain(|usage| usage.intent.who.operator == *self.admitted.caller.operator());
        usages
    }

    /// The walk through the lane, beside the threads that serve.
    async fn walk(&self, subject: Subject) -> Result<Vec<Usage>, NotDone> {
        usage::usages(&self.gateway.journal, subject).await
    }

    async fn subject(&self, iin: &Iin) -> Result<Option<Subject>, NotDone> {
        self.gateway.persons.vault().known(&self.named(iin)).await.map_err(vault_error)
    }

    /// A purpose of the caller's operator, or none where none is named.
    fn purpose(&self, id: &str) -> Result<Option<String>, NotDone> {
        if id.is_empty() {
            return Ok(None);
        }
        let plans = self.gateway.policy(&self.admitted.caller)?;
        match plans.pack().purpose(id) {
            Some(_) => Ok(Some(id.to_owned())),
            None => Err(NotDone::from(Refusal::PurposeUnknown).at(vec![at("purpose", "unknown")])),
        }
    }

    fn fields_exist(&self, fields: &[String]) -> Result<(), NotDone> {
        if fields.is_empty() || fields.len() > MOST_FIELDS {
            return Err(invalid("fields", if fields.is_empty() { "missing" } else { "too_many" }));
        }
        let contract = &self.gateway.contract;
        let known = |path: &String| {
            contract.operations().iter().any(|operation| {
                [operation.request, operation.reply]
                    .into_iter()
                    .any(|message| usage::category(contract, message, path).is_some())
            })
        };
        let unknown: Vec<_> = (0..).zip(fields).filter(|(_, path)| !known(path)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let places = unknown.iter().map(|(number, _)| (format!("fields[{number}]"), "unknown")).collect();
        Err(NotDone::from(Refusal::RequestInvalid).at(places))
    }

    fn named(&self, iin: &Iin) -> Zeroizing<String> {
        named(self.admitted.caller.operator(), iin)
    }

    fn actor(&self) -> Actor<'_> {
        Actor { txn: &self.admitted.txn, method: self.admitted.method, who: self.admitted.who() }
    }
}

fn shown(held: &Held) -> wire::Hold {
    let basis = match held.record.basis.as_str() {
        "subject-request" => Basis::SubjectRequest,
        "guardian-request" => Basis::GuardianRequest,
        "authority-order" => Basis::AuthorityOrder,
        "disputed" => Basis::Disputed,
        "term-over" => Basis::TermOver,
        _ => Basis::Unspecified,
    };
    wire::Hold {
        id: held.record.id.clone(),
        purpose: held.record.purpose.clone().unwrap_or_default(),
        basis: basis.into(),
        since: Some(stamp(held.record.since)),
        lifted_at: held.record.lifted.as_ref().map(|lifted| stamp(lifted.at)),
    }
}

fn kind(what: What) -> DueKind {
    match what {
        What::ConsentContent => DueKind::ConsentContent,
        What::ConsentRecord => DueKind::ConsentRecord,
        What::Request => DueKind::Request,
        What::Salts => DueKind::Salts,
    }
}

/// A ground as vault and journal write it.
fn basis(basis: Basis) -> Result<&'static str, NotDone> {
    match basis {
        Basis::Unspecified => Err(invalid("basis", "missing")),
        Basis::SubjectRequest => Ok("subject-request"),
        Basis::GuardianRequest => Ok("guardian-request"),
        Basis::AuthorityOrder => Ok("authority-order"),
        Basis::Disputed => Ok("disputed"),
        Basis::TermOver => Ok("term-over"),
    }
}

/// A page's token: the leaf that the page before it ended with. What is recorded meanwhile has a later leaf and moves nothing.
fn page(token: &str) -> Result<u64, NotDone> {
    if token.is_empty() {
        return Ok(u64::MAX);
    }
    token.parse().map_err(|_| invalid("page_token", "unknown"))
}

/// The next `size` of the exchanges (newest first) that began before the leaf `before`, and the token of what follows them.
fn page_of(usages: &[Usage], before: u64, size: usize) -> (&[Usage], String) {
    let older = usages.get(usages.partition_point(|usage| usage.began() >= before)..).unwrap_or_default();
    match older.split_at_checked(size) {
        Some((shown, rest)) if !rest.is_empty() => {
            (shown, shown.last().map(|last| last.began().to_string()).unwrap_or_default())
        }
        _ => (older, String::new()),
    }
}

fn texts(exchanges: &[Uuid]) -> Vec<String> {
    exchanges.iter().map(Uuid::to_string).collect()
}

const MOST_FIELDS: usize = 100;
