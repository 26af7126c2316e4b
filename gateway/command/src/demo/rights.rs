//! The student's own say: consents given and taken back, a report of who asked what, blocking, and being forgotten.

use jiff::SignedDuration;
use qaqpa_proto::avtoshkola::v1::GetStudentStatusResponse;
use qaqpa_proto::consent::v1::OfPerson;
use qaqpa_proto::consent::v1::give_request::End;
use qaqpa_proto::consent::v1::withdraw_request::Which;
use qaqpa_proto::consent::v1::{Form, GiveRequest, GiveResponse, WithdrawRequest, WithdrawResponse, WithdrawalReason};
use qaqpa_proto::moment::{lasting, moment, stamp};
use qaqpa_proto::subject::v1::{
    Basis, EraseRequest, EraseResponse, ReportRequest, ReportResponse, RestrictRequest, RestrictResponse,
    UnrestrictRequest, UnrestrictResponse,
};
use qaqpa_synthetic::people::{self, REPORTING, SCHOOL, STATE_EXCHANGE};
use serde_json::json;
use tonic::Status;

use super::records;
use super::story::{HERO_NUMBER, STUDENTS, Story, code};
use super::world::World;
use crate::client::Client;

const GIVE: &str = "/qaqpa.consent.v1.Consents/Give";
const WITHDRAW: &str = "/qaqpa.consent.v1.Consents/Withdraw";
const REPORT: &str = "/qaqpa.subject.v1.Subjects/Report";
const RESTRICT: &str = "/qaqpa.subject.v1.Subjects/Restrict";
const UNRESTRICT: &str = "/qaqpa.subject.v1.Subjects/Unrestrict";
const ERASE: &str = "/qaqpa.subject.v1.Subjects/Erase";

/// The ledger before the first record is sent: what the minors' guardians have signed.
pub(super) async fn guardians(world: &World) -> Result<usize, String> {
    let mut given = 0;
    for number in 0..STUDENTS {
        let today = world.environment.clock.today();
        let Some(student) = records::of(number, today).student.filter(|student| !student.guardian_iin.is_empty())
        else {
            continue;
        };
        let request = GiveRequest {
            guardian_iin: student.guardian_iin,
            reference: student.consent_ref,
            ..consent(world, student.iin, STATE_EXCHANGE)
        };
        give(world, request).await.map_err(|status| status.message().to_owned())?;
        given += 1;
    }
    Ok(given)
}

/// One student consents to reporting.
pub(super) async fn consents_to_reporting(world: &World, number: usize) -> Result<GiveResponse, Status> {
    give(world, consent(world, people::iin(number), REPORTING)).await
}

pub(super) async fn all(world: &World, story: &mut Story) -> Result<(), String> {
    story.chapter("3. The student's own say");
    let iin = people::iin(HERO_NUMBER);
    let officer = world.caller(world.running.address, Some("clients/officer"))?;
    withdrawal(world, &iin, story).await?;
    report(&officer, &iin, story).await?;
    blocking(world, &officer, &iin, story).await?;
    erasure(&officer, &iin, story).await
}

async fn withdrawal(world: &World, iin: &str, story: &mut Story) -> Result<(), String> {
    let before = world.government.requests();
    let request = WithdrawRequest {
        which: Some(Which::Person(OfPerson { iin: iin.to_owned(), purposes: vec![REPORTING.to_owned()] })),
        reason: WithdrawalReason::SubjectRequest.into(),
        on_behalf_of: SCHOOL.to_owned(),
    };
    let reply: WithdrawResponse = world.school.call(WITHDRAW, request).await.map_err(text)?;
    story.say(&format!(
        "  The consent to reporting is withdrawn; its content is destroyed by {}",
        written(reply.destroy_by.as_ref())
    ));
    story.promise("consents withdrawn", 1, reply.withdrawn.len());
    story.promise("a report after the withdrawal", "consent.withdrawn", code(status(world, "withdrawn", iin).await));
    story.promise("messages that left meanwhile", before, world.government.requests());
    Ok(())
}

async fn report(officer: &Client, iin: &str, story: &mut Story) -> Result<(), String> {
    let request = ReportRequest { iin: iin.to_owned(), ..ReportRequest::default() };
    let reply: ReportResponse = officer.call(REPORT, request).await.map_err(text)?;
    story.say("  What the officer can tell the student, from the journal, in which no number stands:");
    for entry in &reply.entries {
        let paths = |fields: &[qaqpa_proto::subject::v1::Field]| fields.len();
        story.say(&format!(
            "    {}  {:<15} {:<12} clause {:<8} {} fields left, {} came back, {} withheld",
            written(entry.at.as_ref()),
            entry.purpose,
            entry.system,
            entry.clause,
            paths(&entry.request_fields),
            paths(&entry.reply_fields),
            entry.withheld.iter().map(|withheld| withheld.count).sum::<u32>(),
        ));
    }
    story.promise("exchanges about the student in the report", 2, reply.entries.len());
    let consented = reply.entries.iter().filter(|entry| !entry.consent.is_empty()).count();
    story.promise("of them resting on a consent that the report names", 1, consented);
    story.promise("the report names the person", false, format!("{reply:?}").contains(iin));
    story.fact("report", json!({ "entries": reply.entries.len(), "resting_on_consent": consented }));
    Ok(())
}

async fn blocking(world: &World, officer: &Client, iin: &str, story: &mut Story) -> Result<(), String> {
    let before = world.government.requests();
    let request = RestrictRequest { iin: iin.to_owned(), basis: Basis::Disputed.into(), ..RestrictRequest::default() };
    let held: RestrictResponse = officer.call(RESTRICT, request).await.map_err(text)?;
    story.promise("an exchange while the data is blocked", "subject.restricted", code(sync(world, "blocked").await));
    story.promise("messages that left meanwhile", before, world.government.requests());
    let id = held.hold.map(|hold| hold.id).unwrap_or_default();
    let _: UnrestrictResponse = officer.call(UNRESTRICT, UnrestrictRequest { id }).await.map_err(text)?;
    story.promise("the same once it is lifted", "answered", code(sync(world, "lifted").await));
    Ok(())
}

async fn erasure(officer: &Client, iin: &str, story: &mut Story) -> Result<(), String> {
    let request = EraseRequest { iin: iin.to_owned(), basis: Basis::SubjectRequest.into() };
    let erased: EraseResponse = officer.call(ERASE, request).await.map_err(text)?;
    story.promise("the student's key is destroyed", true, erased.found);
    let request = ReportRequest { iin: iin.to_owned(), ..ReportRequest::default() };
    let reply: ReportResponse = officer.call(REPORT, request).await.map_err(text)?;
    story.promise("exchanges that can still be found to be theirs", 0, reply.entries.len());
    Ok(())
}

/// The student's record, sent once more.
async fn sync(world: &World, request_id: &str) -> Result<qaqpa_proto::avtoshkola::v1::SubmitGroupResponse, Status> {
    let record = records::of(HERO_NUMBER, world.environment.clock.today());
    let request = qaqpa_proto::avtoshkola::v1::SubmitGroupRequest {
        context: Some(people::context(request_id, STATE_EXCHANGE)),
        group: record.group,
        student: record.student.into_iter().collect(),
    };
    world.school.call(people::SUBMIT_GROUP, request).await
}

/// The student's status, asked for reporting.
pub(super) async fn status(world: &World, request_id: &str, iin: &str) -> Result<GetStudentStatusResponse, Status> {
    world.school.call(people::GET_STUDENT_STATUS, people::status_of(request_id, REPORTING, iin)).await
}

async fn give(world: &World, request: GiveRequest) -> Result<GiveResponse, Status> {
    world.school.call(GIVE, request).await
}

fn consent(world: &World, iin: String, purpose: &str) -> GiveRequest {
    let now = world.environment.clock.now();
    GiveRequest {
        iin,
        purposes: vec![purpose.to_owned()],
        form: Form::Electronic.into(),
        given_at: Some(stamp(now - SignedDuration::from_hours(1))),
        end: Some(End::Term(lasting(SignedDuration::from_hours(24 * 90)))),
        evidence_sha256: vec![0x5a; 32],
        on_behalf_of: SCHOOL.to_owned(),
        ..GiveRequest::default()
    }
}

/// Without the fraction of its second.
fn written(stamp: Option<&prost_types::Timestamp>) -> String {
    stamp.and_then(moment).map(|at| format!("{at:.0}")).unwrap_or_default()
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn text(status: Status) -> String {
    status.message().to_owned()
}
