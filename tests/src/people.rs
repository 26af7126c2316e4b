//! Synthetic people and what schools send of them. Their IINs say 2099-12-31, which no living person's does.
//!
//! Example: `people::sync("r-1", people::student(7, today))`

use jiff::ToSpan as _;
use jiff::civil::Date;
use prost::Message as _;
use qaqpa_proto::avtoshkola::v1::{
    Certificate, DrivingCategory, GetSchoolRequest, GetStudentStatusRequest, Group, Outcome, Student,
    SubmitGroupRequest, SyncStudentsRequest,
};
use qaqpa_proto::v1::Context;

/// `Training.GetSchool`
pub const GET_SCHOOL: &str = "/qaqpa.avtoshkola.v1.Training/GetSchool";
/// `Training.SubmitGroup`
pub const SUBMIT_GROUP: &str = "/qaqpa.avtoshkola.v1.Training/SubmitGroup";
/// `Training.SyncStudents`
pub const SYNC_STUDENTS: &str = "/qaqpa.avtoshkola.v1.Training/SyncStudents";
/// `Training.GetStudentStatus`
pub const GET_STUDENT_STATUS: &str = "/qaqpa.avtoshkola.v1.Training/GetStudentStatus";
/// `Training.SubmitOutcomes`
pub const SUBMIT_OUTCOMES: &str = "/qaqpa.avtoshkola.v1.Training/SubmitOutcomes";
/// `Training.IssueCertificate`
pub const ISSUE_CERTIFICATE: &str = "/qaqpa.avtoshkola.v1.Training/IssueCertificate";
/// `Training.RevokeCertificate`
pub const REVOKE_CERTIFICATE: &str = "/qaqpa.avtoshkola.v1.Training/RevokeCertificate";

/// BIN of the school.
pub const SCHOOL: &str = "990140000007";
/// BIN of the other school.
pub const SCHOOL_2: &str = "990140000017";
/// Purpose of the main job.
pub const STATE_EXCHANGE: &str = "state-exchange";
/// Purpose that may name nobody, and asks about nobody who has not consented.
pub const REPORTING: &str = "reporting";

/// The school's context.
#[must_use]
pub fn context(request_id: &str, purpose: &str) -> Context {
    Context {
        purpose: purpose.to_owned(),
        on_behalf_of: SCHOOL.to_owned(),
        request_id: request_id.to_owned(),
        ..Context::default()
    }
}

/// Wire bytes of a `GetSchool` request.
#[must_use]
pub fn school(request_id: &str, purpose: &str) -> Vec<u8> {
    get_school(context(request_id, purpose)).encode_to_vec()
}

/// A `GetSchool` request with this context.
#[must_use]
pub fn get_school(context: Context) -> GetSchoolRequest {
    GetSchoolRequest { context: Some(context), school_bin: SCHOOL.to_owned() }
}

/// A `GetStudentStatus` request.
#[must_use]
pub fn status_of(request_id: &str, purpose: &str, iin: &str) -> GetStudentStatusRequest {
    GetStudentStatusRequest { context: Some(context(request_id, purpose)), iin: iin.to_owned() }
}

/// A `SyncStudents` record.
#[must_use]
pub fn sync(request_id: &str, student: Student) -> SyncStudentsRequest {
    let context = Some(context(request_id, STATE_EXCHANGE));
    SyncStudentsRequest { context, group: Some(group()), student: Some(student) }
}

/// A `SubmitGroup` request.
#[must_use]
pub fn submit(request_id: &str, student: Vec<Student>) -> SubmitGroupRequest {
    SubmitGroupRequest { context: Some(context(request_id, STATE_EXCHANGE)), group: Some(group()), student }
}

/// A group of the school's.
#[must_use]
pub fn group() -> Group {
    Group {
        group_external_id: "G-2026-11".to_owned(),
        school_bin: SCHOOL.to_owned(),
        title: "B-12".to_owned(),
        category: DrivingCategory::B.into(),
        start_date: "2026-11-02".to_owned(),
        end_date: "2027-01-29".to_owned(),
        ..Group::default()
    }
}

/// A grown-up with what the state needs and no more.
#[must_use]
pub fn student(number: usize, today: Date) -> Student {
    Student {
        iin: iin(number),
        surname: "ТЕСТОВ".to_owned(),
        name: "ТЕСТ".to_owned(),
        birth_date: (today - 20.years()).to_string(),
        ..Student::default()
    }
}

/// Somebody born on this day.
#[must_use]
pub fn born(number: usize, birth_date: Date) -> Student {
    Student { birth_date: birth_date.to_string(), ..student(number, birth_date) }
}

/// With the claim that a guardian has consented; see [`crate::consents::guardians`] for the consent itself.
#[must_use]
pub fn guarded(student: Student, guardian_iin: &str) -> Student {
    Student { guardian_iin: guardian_iin.to_owned(), consent_ref: "GUARDIAN-0001".to_owned(), ..student }
}

/// Marks of a student.
#[must_use]
pub fn outcome(number: usize) -> Outcome {
    Outcome {
        iin: iin(number),
        group_id: "RG-000001".to_owned(),
        rules: 5,
        maintenance: 4,
        practice: 5,
        passed: true,
        theory_hours: Some(40),
        practice_hours: Some(30),
    }
}

/// A certificate of a student.
#[must_use]
pub fn certificate(number: usize) -> Certificate {
    let status = qaqpa_proto::avtoshkola::v1::Dict {
        code: "ISSUED".to_owned(),
        name_ru: "Выдано".to_owned(),
        name_kz: "Берілді".to_owned(),
    };
    Certificate {
        iin: iin(number),
        school_bin: SCHOOL.to_owned(),
        group_id: "RG-000001".to_owned(),
        category: DrivingCategory::B.into(),
        issue_date: "2027-01-29".to_owned(),
        status: Some(status),
        ..Certificate::default()
    }
}

/// Synthetic IIN number so-and-so, below 2000: 2099-12-31, a serial, and the check digit.
#[must_use]
pub fn iin(number: usize) -> String {
    // One serial in eleven has no check digit; those are passed over into the other sex's serials.
    ["5", "6"]
        .iter()
        .find_map(|sex| with_check_digit(&format!("991231{sex}{number:04}")))
        .unwrap_or_else(|| iin(number + 8_000))
}

/// The digits with their check digit, when there is one (Law on national registers; the algorithm is public).
fn with_check_digit(digits: &str) -> Option<String> {
    let sum = |from: u32| {
        let weights = (0..11).map(|at| (at + from - 1) % 11 + 1);
        digits
            .chars()
            .filter_map(|digit| digit.to_digit(10))
            .zip(weights)
            .map(|(digit, weight)| digit * weight)
            .sum::<u32>()
            % 11
    };
    let check = match sum(1) {
        10 => sum(3),
        check => check,
    };
    (check < 10).then(|| format!("{digits}{check}"))
}
