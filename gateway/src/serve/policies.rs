//! `qaqpa.policy.v1.Policies`: a pending pack beside the live one, for an administrator of its operator.
//!
//! A pack with problems is refused with each problem's line and column; nothing is put in force here, and nothing of the
//! traffic is kept but paths and counts.

use std::ops::RangeInclusive;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::Stream;
use jiff::SignedDuration;
use qaqpa_journal::line::{Event, Phase};
use qaqpa_policy::{Pack, PackProblem, Plans, Role};
use qaqpa_proto::moment::length;
use qaqpa_proto::policy::v1::{ShadowRequest, ShadowResponse};
use qaqpa_proto::reason::{Failure, Refusal};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::evidence::lines::append;
use crate::exchange::shadow::Shadow;
use crate::gateway::Gateway;
use crate::limits::MAX_POLICY_REQUEST;
use crate::refusal::NotDone;
use crate::serve::entrance::Access;
use crate::serve::policy::v1::policies_server::{Policies, PoliciesServer};
use crate::serve::{Admitted, Method, invalid};

/// The service over a gateway.
#[must_use]
pub fn service(gateway: Arc<Gateway>) -> PoliciesServer<impl Policies> {
    PoliciesServer::new(Service { gateway }).max_decoding_message_size(MAX_POLICY_REQUEST)
}

struct Service {
    gateway: Arc<Gateway>,
}

#[tonic::async_trait]
impl Policies for Service {
    type ShadowStream = Pin<Box<dyn Stream<Item = Result<ShadowResponse, Status>> + Send>>;

    async fn shadow(&self, request: Request<ShadowRequest>) -> Result<Response<Self::ShadowStream>, Status> {
        let call = Admitted::of(&request)?;
        let (gateway, caller) = (self.gateway.clone(), call.clone());
        let work = async move { begin(gateway, caller, request.into_inner()).await };
        let reports = call.finish(&self.gateway, work).await?;
        Ok(Response::new(Box::pin(ReceiverStream::new(reports))))
    }
}

/// Begins a shadow run and the task that ends it: a caller that has hung up leaves no run behind.
async fn begin(gateway: Arc<Gateway>, call: Admitted, request: ShadowRequest) -> Result<Reports, NotDone> {
    let operator = call.caller.operator();
    if request.operator != operator {
        return Err(invalid("operator", "other_operator"));
    }
    let duration = request.duration.as_ref().and_then(length).filter(|duration| SHADOW_LASTS.contains(duration));
    let duration = duration.ok_or_else(|| invalid("duration", "out_of_bounds"))?;
    let live = gateway.policy(&call.caller)?;
    let pack = Pack::parse(&request.pack_yaml, "pending").map_err(|problems| refused(&problems))?;
    let pack = match live.operator().bin {
        Some(bin) if pack.operator().bin.is_none() => {
            pack.with_bin(bin).map_err(|_| invalid("pack_yaml", "other_operator"))?
        }
        _ => pack,
    };
    if pack.id() != operator {
        return Err(invalid("pack_yaml", "other_operator"));
    }
    let pending = Plans::compile(&gateway.contract, &pack).map_err(|problems| {
        let places = problems.iter().map(|problem| ("pack_yaml".to_owned(), problem.code()));
        NotDone::from(Refusal::PolicyInvalid).at(places.collect())
    })?;
    let now = gateway.clock.now();
    let until = gateway.clock.elapsed() + duration.unsigned_abs();
    let facts = [
        ("operator", operator.to_owned()),
        ("caller", call.caller.id().to_owned()),
        ("live_sha256", live.pack().sha256().to_owned()),
        ("pending_sha256", pending.pack().sha256().to_owned()),
    ];
    let line = Event::new(Phase::Admin, now, "shadow_began", facts);
    let run = gateway.shadows.begin(&live, pending, until, request.max_exchanges)?;
    // No run without its line. A crash ends the run, which is memory alone; the line that it began stays.
    if let Err(unrecorded) = append(&gateway.journal, &line).await {
        gateway.shadows.end(operator);
        return Err(unrecorded);
    }
    let (to, reports) = mpsc::channel(1);
    tokio::spawn(tell(gateway.clone(), call, run, to));
    Ok(reports)
}

/// Reports every second, and once more at the end. A gateway that goes down ends it.
async fn tell(
    gateway: Arc<Gateway>,
    call: Admitted,
    run: Arc<Shadow>,
    to: mpsc::Sender<Result<ShadowResponse, Status>>,
) {
    let stopping = gateway.persons.ledger.stopping.clone();
    let mut second = tokio::time::interval(Duration::from_secs(1));
    loop {
        let (report, over) = tokio::select! {
            () = stopping.cancelled() => (Err(call.status(&Failure::GatewayStopping.into())), true),
            () = to.closed() => break,
            _ = second.tick() => {
                let done = run.is_over(gateway.clock.elapsed());
                (Ok(run.report(done)), done)
            }
        };
        if to.send(report).await.is_err() || over {
            break;
        }
    }
    gateway.shadows.end(call.caller.operator());
}

type Reports = mpsc::Receiver<Result<ShadowResponse, Status>>;

fn refused(problems: &[PackProblem]) -> NotDone {
    let place = |problem: &PackProblem| (format!("pack_yaml:{}:{}", problem.line, problem.column), problem.code());
    NotDone::from(Refusal::PolicyInvalid).at(problems.iter().take(MOST_PROBLEMS).map(place).collect())
}

/// Every method, for administrators.
pub(super) const METHODS: [Method; 1] = [Method {
    path: "/qaqpa.policy.v1.Policies/Shadow",
    access: Access::Roles(&[Role::Admin]),
    longest: MAX_POLICY_REQUEST,
    streams: false,
}];
/// Permitted duration of a shadow run: a second to a day.
const SHADOW_LASTS: RangeInclusive<SignedDuration> =
    RangeInclusive::new(SignedDuration::from_secs(1), SignedDuration::from_hours(24));
const MOST_PROBLEMS: usize = 100;
