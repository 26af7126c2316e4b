//! What all tests here start from: a pack of its own, the compiled-in contract, one full student. Synthetic identities.

use std::sync::Arc;

use qaqpa_policy::caller::{Caller, CallerMatch, CallerRule, Callers, Identity, Role};
use qaqpa_policy::{Bin, Circumstances, Direction, Pack, Plan, Plans, PseudonymKey};
use qaqpa_proto::Contract;
use qaqpa_proto::avtoshkola::v1::{Group, Student, SyncStudentsRequest};
use qaqpa_proto::v1::Context;

pub(crate) const PACK: &str = include_str!("sample.yaml");
pub(crate) const SYNC: &str = "/qaqpa.avtoshkola.v1.Training/SyncStudents";
pub(crate) const SUBMIT: &str = "/qaqpa.avtoshkola.v1.Training/SubmitGroup";
pub(crate) const STATUS: &str = "/qaqpa.avtoshkola.v1.Training/GetStudentStatus";

pub(crate) fn contract() -> Contract {
    Contract::embedded().unwrap()
}

pub(crate) fn pack() -> Pack {
    Pack::parse(PACK, "sample.yaml").unwrap()
}

pub(crate) fn plans() -> Plans {
    Plans::compile(&contract(), &pack()).unwrap()
}

pub(crate) fn plan(operation: &str, purpose: &str, direction: Direction) -> Arc<Plan> {
    Arc::clone(plans().plan(operation, purpose, direction).unwrap())
}

pub(crate) fn sync_plan() -> Arc<Plan> {
    plan(SYNC, "state-exchange", Direction::Request)
}

pub(crate) fn caller(role: Role, purposes: &[&str], on_behalf_of: &[&str]) -> Caller {
    let bin = Bin::parse("990140000007").unwrap();
    let rule = CallerRule {
        id: "backend".into(),
        matches: CallerMatch::Bin(bin),
        issuer: None,
        operator: "avtomektep".into(),
        role,
        purposes: purposes.iter().map(|purpose| (*purpose).to_owned()).collect(),
        on_behalf_of: on_behalf_of.iter().map(|bin| Bin::parse(bin).unwrap()).collect(),
    };
    Callers::new(vec![rule]).unwrap().identify(&Identity { bin: Some(bin), ..Identity::default() }).unwrap()
}

pub(crate) fn student() -> Student {
    Student {
        iin: "991231500006".into(),
        surname: "Сынақов".into(),
        name: "Әлихан".into(),
        patronymic: "Үлгіұлы".into(),
        birth_date: "2000-01-31".into(),
        phone: "+77010000000".into(),
        photo_sha256: vec![0xab; 32],
        photo_file_identifier: "file-1".into(),
        guardian_iin: "991231600002".into(),
        consent_ref: "consent-1".into(),
        email: "someone@example.kz".into(),
        home_address: "Астана".into(),
        photo: vec![0xff, 0xd8, 0xff],
        geolocation: "51.1,71.4".into(),
        device: "phone".into(),
        note: "free text".into(),
    }
}

pub(crate) fn group() -> Group {
    Group {
        group_external_id: "g-1".into(),
        group_id: "100".into(),
        school_bin: "990140000007".into(),
        title: "B-12".into(),
        category: 4,
        start_date: "2026-09-01".into(),
        end_date: "2026-12-01".into(),
        teacher_iin: "991231500707".into(),
        master_iin: "991231500707".into(),
    }
}

pub(crate) fn request() -> SyncStudentsRequest {
    SyncStudentsRequest {
        context: Some(Context { purpose: "state-exchange".into(), ..Context::default() }),
        group: Some(group()),
        student: Some(student()),
    }
}

/// What the policy lets move of a request: the same by prost, field by field.
pub(crate) fn cleared(mut request: SyncStudentsRequest) -> SyncStudentsRequest {
    request.context = None;
    if let Some(group) = &mut request.group {
        group.teacher_iin.clear();
        group.master_iin.clear();
    }
    if let Some(student) = &mut request.student {
        for text in [
            &mut student.phone,
            &mut student.photo_file_identifier,
            &mut student.email,
            &mut student.home_address,
            &mut student.geolocation,
            &mut student.device,
            &mut student.note,
        ] {
            text.clear();
        }
        student.photo_sha256.clear();
        student.photo.clear();
    }
    request
}

/// The day on which the tests stand, and a key for pseudonyms.
pub(crate) fn circumstances() -> Circumstances {
    let key = PseudonymKey::derive(&[7; 32], "avtomektep", "avtoshkola", "state-exchange", "2026");
    Circumstances { today: jiff::civil::date(2026, 11, 20), pseudonyms: Some(key) }
}
