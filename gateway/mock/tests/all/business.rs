//! What AIS Avtoshkola does, over the wire: it acts, remembers, and says no in the head of a good reply.

use prost::Message;
use qaqpa_mock::{Behaviour, Government, Options};
use qaqpa_proto::avtoshkola::v1::{
    Certificate, Dict, DrivingCategory, GetSchoolRequest, GetSchoolResponse, GetStudentStatusRequest,
    GetStudentStatusResponse, Group, IssueCertificateRequest, IssueCertificateResponse, Outcome, ReplyHead,
    RevokeCertificateRequest, RevokeCertificateResponse, Student, SubmitGroupRequest, SubmitGroupResponse,
    SubmitOutcomesRequest, SubmitOutcomesResponse, SyncStudentsRequest, SyncStudentsResponse,
};

use crate::client::Client;
use crate::world::{ask, options, start};

const BIN: &str = "990140000007";
const IIN: &str = "991231500006";

async fn exchange<M: Message + Default>(client: &Client, rpc: &str, request: &impl Message) -> M {
    let asked = ask(rpc, "0f8b0c3e-6a51-4f0a-9d0e-3a4c0b6f1a10", request);
    let came = client.post(asked.signed()).await;
    assert_eq!(came.status(), 200, "{rpc}: {}", String::from_utf8_lossy(came.body()));
    let (info, reply) = asked.read(came.body());
    assert_eq!(info.correlation_id.as_ref(), Some(&asked.message_id));
    assert!(info.session_id.unwrap().starts_with('{'));
    reply.unwrap()
}

fn code(head: Option<ReplyHead>) -> String {
    let head = head.unwrap();
    assert_eq!(head.request_id, "0f8b0c3e-6a51-4f0a-9d0e-3a4c0b6f1a10");
    head.result.unwrap().code
}

fn group() -> Option<Group> {
    Some(Group {
        group_external_id: "G-1".into(),
        school_bin: BIN.into(),
        title: "B-12".into(),
        category: DrivingCategory::B.into(),
        start_date: "2026-03-02".into(),
        end_date: "2026-05-15".into(),
        ..Group::default()
    })
}

fn student(iin: &str) -> Student {
    Student {
        iin: iin.into(),
        surname: "ТЕСТОВ".into(),
        name: "ТЕСТ".into(),
        birth_date: "2099-12-31".into(),
        ..Student::default()
    }
}

fn certificate(number: &str) -> Option<Certificate> {
    Some(Certificate {
        certificate_number: number.into(),
        iin: IIN.into(),
        school_bin: BIN.into(),
        group_id: "RG-000001".into(),
        category: DrivingCategory::B.into(),
        issue_date: "2026-05-16".into(),
        status: Some(Dict { code: "02".into(), name_ru: "Выдано".into(), name_kz: "Берілді".into() }),
        revocation_reason: String::new(),
    })
}

#[tokio::test]
async fn a_student_goes_from_group_to_certificate_and_back() {
    let (government, client) = start(options()).await;
    let status = GetStudentStatusRequest { iin: IIN.into(), context: None };

    let unknown: GetStudentStatusResponse = exchange(&client, "GetStudentStatus", &status).await;
    assert_eq!(code(unknown.head), "10001");

    let request =
        SubmitGroupRequest { group: group(), student: vec![student(IIN), student("991231500016")], context: None };
    let submitted: SubmitGroupResponse = exchange(&client, "SubmitGroup", &request).await;
    assert_eq!((code(submitted.head).as_str(), submitted.group_id.as_str()), ("00000", "RG-000001"));

    let request = SyncStudentsRequest { group: group(), student: Some(student("991231500026")), context: None };
    let synced: SyncStudentsResponse = exchange(&client, "SyncStudents", &request).await;
    assert_eq!((code(synced.head).as_str(), synced.group_id.as_str()), ("00000", "RG-000001"));

    let known: GetStudentStatusResponse = exchange(&client, "GetStudentStatus", &status).await;
    let [draft] = known.certificate.as_slice() else { panic!("one certificate") };
    assert_eq!((draft.certificate_number.as_str(), draft.issue_date.as_str()), ("RECON-B-000001", "2026-05-15"));
    assert!(!draft.status.as_ref().unwrap().name_kz.is_empty());

    let outcome = Outcome {
        iin: IIN.into(),
        group_id: "RG-000001".into(),
        rules: 5,
        maintenance: 4,
        practice: 3,
        passed: true,
        ..Outcome::default()
    };
    let request = SubmitOutcomesRequest { outcome: vec![outcome], context: None };
    let graded: SubmitOutcomesResponse = exchange(&client, "SubmitOutcomes", &request).await;
    assert_eq!(code(graded.head), "00000");

    let request = IssueCertificateRequest { certificate: certificate(""), context: None };
    let issued: IssueCertificateResponse = exchange(&client, "IssueCertificate", &request).await;
    assert_eq!(code(issued.head), "00000");
    assert_eq!(issued.certificate.unwrap().certificate_number, "RECON-B-000001");

    let request = RevokeCertificateRequest { certificate: certificate("RECON-B-000001"), context: None };
    let revoked: RevokeCertificateResponse = exchange(&client, "RevokeCertificate", &request).await;
    assert_eq!(code(revoked.head), "00000");
    assert_eq!(revoked.certificate.unwrap().status.unwrap().code, "03");
    government.stop().await;
}

#[tokio::test]
async fn a_wrong_check_digit_is_a_business_result() {
    let (government, client) = start(options()).await;
    let request = SubmitGroupRequest { group: group(), student: vec![student("991231500007")], context: None };
    let reply: SubmitGroupResponse = exchange(&client, "SubmitGroup", &request).await;
    assert_eq!((code(reply.head).as_str(), reply.group_id.as_str()), ("20001", ""));
    government.stop().await;
}

#[tokio::test]
async fn schools_are_found_and_not_found_and_as_large_as_is_wanted() {
    let (government, client) = start(Options { generous: 2000, ..options() }).await;
    for (wanted, bin) in
        [("00000", BIN), ("00000", "990140000017"), ("10001", "990140000097"), ("00000", "990140000087")]
    {
        let request = GetSchoolRequest { school_bin: bin.into(), context: None };
        let reply: GetSchoolResponse = exchange(&client, "GetSchool", &request).await;
        assert_eq!(code(reply.head), wanted, "{bin}");
        let school = reply.school.filter(|school| school.bin == bin && school.address.chars().count() == 2000);
        assert_eq!(school.is_some(), wanted == "00000", "{bin}");
    }
    government.stop().await;
}

/// Which behaviours act: after a cut line the group is there, after a refusal it is not.
#[tokio::test]
async fn what_is_lost_may_have_happened() {
    for (wanted, behaviour) in [
        ("00000", "cut-before-reply"),
        ("00000", "cut-mid-headers"),
        ("00000", "cut-mid-body"),
        ("00000", "reset"),
        ("00000", "silence"),
        ("00000", "unsigned"),
        ("10001", "html-502"),
        ("10001", "redirect"),
        ("10001", "soap-fault"),
        ("10001", "status"),
    ] {
        let (government, client) = start(options()).await;
        government.behave_once(behaviour.parse::<Behaviour>().unwrap());
        let request = SubmitGroupRequest { group: group(), student: vec![student(IIN)], context: None };
        client.post(ask("SubmitGroup", "m-1", &request).signed()).await;
        assert_eq!(happened(&government, &client).await, wanted, "{behaviour}");
        government.stop().await;
    }
}

async fn happened(government: &Government, client: &Client) -> String {
    let request = GetStudentStatusRequest { iin: IIN.into(), context: None };
    let reply: GetStudentStatusResponse = exchange(client, "GetStudentStatus", &request).await;
    assert_eq!(government.seen().len(), 2);
    code(reply.head)
}
