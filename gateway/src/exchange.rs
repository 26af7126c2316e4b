//! The corridor: one exchange, room by room. The file to read first.
//!
//! Each room makes evidence that only it can make, and the next one demands it, so that a skipped check does not compile:
//! `Caller` → [`Permit`] → [`Consent`] → [`Minimised`] → [`Resident`] → `Signed` → `Owed` → `Believed` → reply.
//! The intent is durable before the first byte leaves, the outcome before the answer returns; refusals are recorded too.
//!
//! An exchange runs detached from the caller: when a client hangs up in the middle, what has left is still recorded to
//! its end. A crash between intent and outcome is settled at the next start as `unknown`.

pub mod duplicate;
pub mod message_security;
pub mod quota;
pub(crate) mod receipt;
pub(crate) mod reply;
pub mod shadow;
pub mod system;

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use qaqpa_adapters::codec::{Drift, Fills, scalar};
use qaqpa_adapters::shep::status;
use qaqpa_adapters::shep::sync::{self, RequestInfo, Sent, Shape};
use qaqpa_adapters::xml::{Document, text};
use qaqpa_journal::Receipt as Leaf;
use qaqpa_policy::consent::{self, Consent, LackKind, Moment};
use qaqpa_policy::minimise::{Circumstances, PseudonymKey};
use qaqpa_policy::standing::leaves_a_trace;
use qaqpa_policy::{Bin, Caller, Claim, Iin, Minimised, Mode, Permit, Plan, Subjects, permit};
use qaqpa_proto::Operation;
use qaqpa_proto::v1::{PolicyVersion, Receipt, ShepStatus};
use qaqpa_vault::{Error as VaultError, Subject};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::dial::{RawReply, Resident};
use crate::evidence::exchange::hmac;
use crate::evidence::record::Times;
use crate::exchange::duplicate::Ticket;
use crate::exchange::quota::Ask;
use crate::exchange::receipt::{shep_status, transformed, warnings, with_receipt, withheld};
use crate::exchange::system::{Served, System};
use crate::gateway::Gateway;
use crate::persons::{consent_mark, mark, named};
use crate::refusal::denial::Denial;
use crate::refusal::reason::{Language, Reason};

use crate::evidence::usage::HELD_BACK;
use crate::exchange::reply::{fault_denial, is_xml, stable_word, unsigned_fault};
use crate::exchange::shadow::{Observed, Pending, Shadow};
use crate::persons::gate::{Departure, Leaving};
use crate::persons::ledger::vault_error;

/// One message of a caller, and where it goes.
pub struct Call {
    /// Who, if the configuration knows the certificate.
    pub caller: Option<Caller>,
    /// SHA-256 of the client certificate, hex.
    pub certificate: Arc<str>,
    /// The line of evidence by which its machine was let in.
    pub peer: Arc<str>,
    /// The operation behind the path.
    pub served: Arc<Served>,
    /// Wire bytes of the request, or why there are none.
    pub request: Result<Bytes, Denial>,
    /// For the texts of a refusal.
    pub language: Language,
    /// When the request was complete.
    pub accepted: Timestamp,
}

/// What goes back: wire bytes of the reply message with its receipt in front, or no.
pub struct Answer {
    /// UUIDv7 of the exchange.
    pub exchange_id: String,
    /// The caller's request id, or the exchange id where it gave none that can be read.
    pub request_id: String,
    /// Reply or denial.
    pub result: Result<Bytes, Denial>,
}

/// Room 10's evidence: an envelope that is signed and about to be recorded.
pub(crate) struct Signed {
    pub(crate) envelope: String,
    pub(crate) message_id: String,
}

/// What rooms 2 to 10 have shown. Nothing has left yet.
pub(crate) struct Cleared {
    pub(crate) permit: Permit,
    pub(crate) consent: Consent,
    pub(crate) minimised: Minimised,
    pub(crate) marks: Marks,
    pub(crate) resident: Arc<Resident>,
    pub(crate) signed: Signed,
    pub(crate) salt: [u8; 32],
    pub(crate) claim: Claim,
    pub(crate) ticket: Ticket,
    pub(crate) departure: Arc<Departure>,
    /// A pending pack that sees the reply too.
    pub(crate) shadow: Option<(Arc<Shadow>, Pending)>,
}

/// How the journal refers to the persons of an exchange and to the consents it relies on.
#[derive(Default)]
pub(crate) struct Marks {
    pub(crate) persons: Vec<String>,
    pub(crate) consents: Vec<String>,
}

/// What came back and was believed, read and minimised.
pub(crate) struct Reply {
    pub(crate) minimised: Minimised,
    pub(crate) drift: Drift,
    pub(crate) shep: ShepStatus,
    pub(crate) business: Option<String>,
    pub(crate) signer: Option<[u8; 32]>,
}

/// That bytes came, whatever they are: a reply that is not believed is evidence too.
pub(crate) struct Came {
    pub(crate) received: Timestamp,
    pub(crate) hmac: String,
}

impl Gateway {
    /// Walks one call through the corridor, in a task of its own, and records whatever comes of it.
    pub async fn exchange(self: Arc<Self>, call: Call) -> Answer {
        let id = self.ids.fresh();
        let span = tracing::info_span!("exchange", exchange_id = %id, method = %call.served.operation.path);
        let fallback = id.to_string();
        match tokio::spawn(self.walk(call, id).instrument(span)).await {
            Ok(answer) => answer,
            // A panic in the corridor: the exchange is lost, the process is not, and the journal holds its intent.
            Err(_) => {
                Answer { exchange_id: fallback.clone(), request_id: fallback, result: Err(Reason::Internal.into()) }
            }
        }
    }

    async fn walk(self: Arc<Self>, call: Call, id: Uuid) -> Answer {
        self.telemetry.in_flight(1);
        let exchange_id = id.to_string();
        let claim = call.request.as_ref().ok().and_then(|wire| Claim::read(wire).ok());
        let request_id = claim
            .as_ref()
            .and_then(|claim| claim.request_id().map(str::to_owned))
            .unwrap_or_else(|| exchange_id.clone());
        let mut cleared = self.clear(&call, id).await;
        self.shadow_request(&call, claim.as_ref(), &mut cleared);
        let result = match cleared {
            Err(denial) => Err(self.deny(&call, &exchange_id, claim.as_ref(), denial).await),
            Ok(cleared) => self.carry_out(&call, &exchange_id, &request_id, cleared).await,
        };
        self.telemetry.exchange(
            &call.served.operation.path,
            result.as_ref().err().map(|denial| denial.reason),
            call.accepted,
            self.clock.now(),
        );
        self.telemetry.in_flight(-1);
        Answer { exchange_id, request_id, result }
    }

    /// Rooms 2 to 10.
    async fn clear(&self, call: &Call, id: Uuid) -> Result<Cleared, Denial> {
        let operation = &call.served.operation;
        let caller = call.caller.as_ref().ok_or(Reason::CallerUnknown)?;
        self.quotas.caller(caller.id())?;
        let wire = call.request.as_ref().map_err(Clone::clone)?;
        let claim = Claim::read(wire)?;
        let permit = permit(caller, operation, &claim, &*self.policy(caller)?)?;
        names_its_own_school(operation, wire, &permit)?;
        let subjects = Subjects::read(operation, wire)?;
        let minimised = permit.request_plan().minimise(
            wire,
            permit.mode(),
            &self.circumstances(&permit, permit.request_plan(), &operation.system.id),
        )?;
        let known = |iin: &Iin| self.persons.gate.standing(caller.operator(), iin);
        let consent = consent::check(&permit, operation, claim.consent(), &subjects, &known, self.moment())?;
        let ticket = self.duplicates.take(caller.id(), claim.request_id(), id, self.clock.now())?;
        let system = self.system(operation)?;
        let iins: Vec<&str> = subjects.iins().map(Iin::as_str).collect();
        let ask = Ask {
            caller: caller.id(),
            purpose: &permit.purpose().id,
            operation: &operation.path,
            system: &operation.system.id,
            service: &operation.service_id,
            subjects: &iins,
        };
        self.quotas.exchange(&ask, self.clock.now())?;
        let resident = self.door.judge(&system.endpoint).await?;
        let signed = self.sign(&call.served, system, &permit, &minimised, id)?;
        let salt = self.ids.salt().map_err(|_| Reason::Internal)?;
        let departure = self.persons.gate.enter(&permit, &consent, id).map_err(Reason::from)?;
        let marks = self.marks(&permit, &consent, id).await?;
        Ok(Cleared {
            consent,
            minimised,
            marks,
            resident,
            signed,
            salt,
            ticket,
            departure,
            shadow: None,
            permit,
            claim,
        })
    }

    /// Marks that only the holder of a person's key can make again. Makes that key at first sight, and remembers the
    /// purpose where another may not be joined with it.
    async fn marks(&self, permit: &Permit, consent: &Consent, id: Uuid) -> Result<Marks, Denial> {
        let txn = id.to_string();
        let mut marks = Marks::default();
        for reliance in consent.reliances() {
            let subject = match self.used(permit, &reliance.iin).await {
                // Erased at this very moment, and the consent with the person.
                Err(VaultError::Erased) if reliance.consent.is_some() => {
                    return Err(Reason::from(LackKind::ConsentMissing).into());
                }
                Err(VaultError::Erased) => self.used(permit, &reliance.iin).await, // comes again as somebody new
                used => used,
            };
            let subject = subject.map_err(vault_error)?;
            marks.persons.push(mark(&subject, &txn));
            marks.consents.extend(reliance.consent.as_ref().map(|consent| consent_mark(&subject, &txn, consent)));
        }
        Ok(marks)
    }

    async fn used(&self, permit: &Permit, iin: &Iin) -> Result<Subject, VaultError> {
        let (vault, now) = (self.persons.vault(), self.clock.now());
        let subject = vault.subject(&named(permit.operator(), iin), now).await?;
        if leaves_a_trace(permit.purpose()) {
            vault.record_use(&subject, permit.operator(), &permit.purpose().id, now).await?;
        }
        Ok(subject)
    }

    fn moment(&self) -> Moment {
        Moment { now: self.clock.now(), today: self.clock.today() }
    }

    /// What a plan needs to know of the moment, and the key of its pseudonyms, one per recipient, purpose and epoch.
    fn circumstances(&self, permit: &Permit, plan: &Plan, recipient: &str) -> Circumstances {
        let today = self.clock.today();
        let pseudonyms = plan.needs_pseudonym_key().then(|| {
            let epoch = self.pseudonym_epoch.of(today);
            PseudonymKey::derive(&self.pseudonym_master, permit.operator(), recipient, &permit.purpose().id, &epoch)
        });
        Circumstances { today, pseudonyms }
    }

    /// Shows a request to the pending pack of its operator, if one runs beside the live one.
    fn shadow_request(&self, call: &Call, claim: Option<&Claim>, cleared: &mut Result<Cleared, Denial>) {
        let (Some(caller), Ok(wire), Some(claim)) = (&call.caller, &call.request, claim) else { return };
        let Some(shadow) = self.shadows.of(caller.operator()) else { return };
        let pending = shadow.request(&Observed {
            caller,
            operation: &call.served.operation,
            claim,
            wire,
            moment: self.moment(),
            circumstances: &|permit: &Permit| {
                self.circumstances(permit, permit.request_plan(), &call.served.operation.system.id)
            },
            known: &|iin: &Iin| self.persons.gate.standing(caller.operator(), iin),
            live: cleared.as_ref().map(|cleared| &cleared.minimised),
        });
        if let (Ok(cleared), Some(pending)) = (cleared, pending) {
            cleared.shadow = Some((shadow, pending));
        }
    }

    /// Rooms 9 and 10: the contract's XML in SHEP's envelope, signed.
    fn sign(
        &self,
        served: &Served,
        system: &System,
        permit: &Permit,
        minimised: &Minimised,
        id: Uuid,
    ) -> Result<Signed, Denial> {
        let now = self.clock.now();
        let message_id = id.to_string();
        let fills = Fills {
            sender_code: Some(&system.sender_id),
            request_id: Some(&message_id),
            request_date: Some(now),
            requestor_bin: Some(permit.acting().as_str()),
            operator_bin: permit.pack().operator().bin.as_ref().map(Bin::as_str),
        };
        let mut document = String::with_capacity(2048);
        served.codec.write_request(minimised.bytes(), &fills, &mut document)?;
        let info = RequestInfo {
            message_id,
            service_id: served.operation.service_id.clone(),
            message_date: now,
            sender_id: system.sender_id.clone(),
            password: Some(system.password.clone()),
            ..RequestInfo::default()
        };
        let shape = Shape::of_request(&served.operation);
        let body = sync::write_request(&info, shape, &document)?;
        let envelope = system.security.envelope(&body, shape.is_canonical(), id)?;
        Ok(Signed { envelope, message_id: info.message_id })
    }

    /// Rooms 11 to 17. From the durable intent on, whatever happens is recorded as its outcome.
    async fn carry_out(
        &self,
        call: &Call,
        exchange_id: &str,
        request_id: &str,
        mut cleared: Cleared,
    ) -> Result<Bytes, Denial> {
        let owed = self.record_intent(call, exchange_id, &cleared).await?;
        let sent = self.clock.now();
        let intent = owed.intent();
        let (came, reply) = self.send(call, &cleared).await;
        let received = came.as_ref().map(|came| came.received);
        let times = Times { accepted: call.accepted, sent, received, decided: self.clock.now() };
        let outcome = self.record_outcome(exchange_id, &cleared, came, &reply, times, owed).await;
        cleared.departure.settled();
        let outcome = outcome?;
        self.event(call, &cleared, reply.as_ref().err(), times);
        let reply = reply?;
        cleared.ticket.done();
        Ok(self.answer(call, exchange_id, request_id, cleared, reply, (intent, outcome)))
    }

    /// Rooms 12 to 15: send, verify, decode, minimise.
    async fn send(&self, call: &Call, cleared: &Cleared) -> (Option<Came>, Result<Reply, Denial>) {
        let body = Leaving::new(cleared.signed.envelope.clone().into(), cleared.departure.clone()).boxed();
        let raw = match self.door.post(&cleared.resident, body).await {
            Ok(raw) => raw,
            Err(denial) => {
                let held = cleared.departure.refused().map(|kind| Denial::from(Reason::from(kind)).detailed(HELD_BACK));
                return (None, Err(held.unwrap_or(denial)));
            }
        };
        let came = Came { received: self.clock.now(), hmac: hmac(&cleared.salt, &raw.body) };
        let reply = self.read(call, cleared, &raw, came.received);
        (Some(came), reply)
    }

    /// Rooms 13 to 15 on the bytes that came.
    fn read(&self, call: &Call, cleared: &Cleared, raw: &RawReply, received: Timestamp) -> Result<Reply, Denial> {
        let system = self.system(&call.served.operation)?;
        if !is_xml(&raw.content_type) {
            return Err(Denial::from(Reason::UpstreamNotSoap).detailed(format!("http_{}", raw.status)));
        }
        let text = text::decode(&raw.body, Some(&raw.content_type))
            .map_err(|why| Denial::from(Reason::ReplyMalformed).detailed(why.code()))?;
        let document =
            Document::parse(&text).map_err(|why| Denial::from(Reason::ReplyMalformed).detailed(why.code()))?;
        let believed = match system.security.believe(&document, received.as_second()) {
            Ok(believed) => believed,
            // SHEP's own faults come unsigned when it could not read us: they release nothing, so they may speak.
            Err(denial) => return Err(unsigned_fault(&document).unwrap_or(denial)),
        };
        let (info, data) = match sync::read_reply(believed.body)? {
            sync::Reply::Fault(fault) => return Err(fault_denial(&fault)),
            sync::Reply::Response { info, data } => (info, data),
        };
        let operation = &call.served.operation;
        let read = data.map(|data| {
            data.with_root(call.served.codec.reply().root(), |root| {
                call.served.codec.read_reply(root, &self.read_limits)
            })
        });
        let business_id = operation.business_result.as_ref().and_then(|result| result.request_id.as_ref());
        let answered_id = read.as_ref().and_then(|read| scalar(&read.as_ref().ok()?.as_ref().ok()?.wire, business_id?));
        let sent = Sent { message_id: &cleared.signed.message_id, correlation_id: None };
        sync::answers(&info, sent, answered_id, system.replay_window, received)?;
        if !status::is_success(&info.status.code) {
            return Err(Denial::from(Reason::UpstreamStatus).detailed(stable_word(&info.status.code)));
        }
        let read = read.ok_or_else(|| Denial::from(Reason::ReplyMalformed).detailed("no_data"))???;
        self.note_drift(&operation.path, &read.drift);
        let business =
            operation.business_result.as_ref().and_then(|result| scalar(&read.wire, &result.code)).map(str::to_owned);
        consent::check_reply(&cleared.permit, operation, &read.wire, self.clock.today())?;
        let plan = cleared.permit.reply_plan();
        let circumstances = self.circumstances(&cleared.permit, plan, cleared.permit.acting().as_str());
        let minimised = plan.minimise(&read.wire, Mode::Strip, &circumstances).map_err(|flawed| {
            Denial::from(Reason::ReplyMalformed)
                .detailed("value")
                .at(flawed.fields().iter().map(|field| (field.path.clone(), field.flaw.code())).collect())
                .evidenced(flawed)
        })?;
        if let Some((shadow, pending)) = &cleared.shadow {
            let permit = &pending.permit;
            let circumstances = self.circumstances(permit, permit.reply_plan(), permit.acting().as_str());
            shadow.reply(pending, operation, &read.wire, &minimised, &circumstances);
        }
        Ok(Reply { minimised, drift: read.drift, shep: shep_status(info), business, signer: believed.signer })
    }

    /// Room 17: the receipt, then the minimised reply.
    fn answer(
        &self,
        call: &Call,
        exchange_id: &str,
        request_id: &str,
        cleared: Cleared,
        reply: Reply,
        (intent, outcome): (Leaf, Leaf),
    ) -> Bytes {
        let pack = cleared.permit.pack();
        let receipt = Receipt {
            exchange_id: exchange_id.to_owned(),
            request_id: request_id.to_owned(),
            withheld_from_request: withheld(cleared.minimised.withheld(), call.language),
            withheld_from_reply: withheld(reply.minimised.withheld(), call.language),
            transformed_in_request: transformed(&cleared.minimised),
            transformed_in_reply: transformed(&reply.minimised),
            policy: Some(PolicyVersion {
                id: pack.id().to_owned(),
                edition: pack.edition().to_owned(),
                sha256: pack.sha256().to_owned(),
            }),
            intent: Some(self.journal_entry(intent)),
            outcome: Some(self.journal_entry(outcome)),
            shep: Some(reply.shep),
            warnings: warnings(&cleared.consent),
            commitment_salt: cleared.salt.to_vec(),
            error: None,
        };
        with_receipt(&receipt, reply.minimised.bytes())
    }

    fn note_drift(&self, method: &str, drift: &Drift) {
        if !drift.is_none() {
            let (names, missing, unknown) =
                (drift.names.join(" "), drift.missing.join(" "), drift.unknown_texts.join(" "));
            tracing::warn!(
                method,
                count = drift.count,
                names,
                missing,
                unknown,
                "the reply is not as the contract says; what it does not know is withheld"
            );
        }
    }
}

/// Who acts for one school may not write another's name into the message.
fn names_its_own_school(operation: &Operation, wire: &[u8], permit: &Permit) -> Result<(), Denial> {
    let Some(path) = &operation.acting else { return Ok(()) };
    match scalar(wire, path) {
        // Absent or not a BIN: the filter says so by path.
        Some(named) if Bin::parse(named).is_ok() && named != permit.acting().as_str() => {
            Err(Denial::from(Reason::DelegationNotAllowed).at(vec![(path.text.clone(), "not_acting_for")]))
        }
        _ => Ok(()),
    }
}
