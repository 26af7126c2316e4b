//! Synthetic people, and what a driving school sends of them to AIS Avtoshkola.
//!
//! An IIN of theirs says that its holder was born on 2099-12-31 and has a right check digit: it is read as any other, and no
//! living person has it. Names, addresses and phone numbers are made up. What is different by number is the same in
//! every run.
//!
//! ```
//! use qaqpa_synthetic::people;
//! assert_eq!(people::iin(0), "991231500006");
//! let request = people::sync("r-1", people::student(7, jiff::civil::date(2026, 11, 1)));
//! assert_eq!(request.student.unwrap().birth_date, "2006-11-01");
//! ```

use jiff::ToSpan as _;
use jiff::civil::Date;
use prost::Message as _;
use qaqpa_policy::Iin;
use qaqpa_proto::avtoshkola::v1::{
    Certificate, Dict, DrivingCategory, GetSchoolRequest, GetStudentStatusRequest, Group, Outcome, Student,
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

/// IIN number so-and-so: `9912315` or `9912316`, a serial, and the check digit.
///
/// Different numbers below 10,000 have different ones. From there to 20,000 about one in a hundred is somebody's already,
/// and then they begin anew.
#[must_use]
pub fn iin(number: usize) -> String {
    // No check digit fits one serial in 121; then the other sex's serial has one: the first sums of the two differ by 7, so
    // that not both can be 10. The digit is not calculated here but asked for, so that there is no third rule of it.
    let sexes = if (number / 10_000).is_multiple_of(2) { ['5', '6'] } else { ['6', '5'] };
    let serial = number % 10_000;
    let mut numbers = sexes.iter().flat_map(|sex| (0..10).map(move |check| format!("991231{sex}{serial:04}{check}")));
    numbers.find(|number| Iin::parse(number).is_ok()).unwrap_or_default()
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

/// A grown-up as the school's own backend keeps the record: with all it knows.
#[must_use]
pub fn whole_record(number: usize, today: Date) -> Student {
    let years = 18 + i32::try_from(number % 40).unwrap_or(0);
    let pick = |from: &[&str; 10], at: usize| from.get(at % 10).copied().unwrap_or_default().to_owned();
    Student {
        iin: iin(number),
        surname: pick(&SURNAMES, number),
        name: pick(&NAMES, number / 10),
        patronymic: "ТЕСТОВИЧ".to_owned(),
        birth_date: (today - years.years() - 40.days()).to_string(),
        phone: format!("+7700{:07}", number % 10_000),
        photo_sha256: vec![0x5a; 32],
        email: format!("student{number}@example.kz"),
        home_address: format!("Үлгі қаласы, Сынақ көшесі, {number}"),
        photo: vec![0xd8; 2_048],
        geolocation: "51.0000,71.0000".to_owned(),
        device: "Demo Phone 1".to_owned(),
        note: "prefers morning lessons".to_owned(),
        ..Student::default()
    }
}

/// Somebody born on this day.
#[must_use]
pub fn born(number: usize, birth_date: Date) -> Student {
    Student { birth_date: birth_date.to_string(), ..student(number, birth_date) }
}

/// With the claim that a guardian has consented; the consent itself is given to the ledger.
#[must_use]
pub fn guarded(student: Student, guardian_iin: &str) -> Student {
    Student { guardian_iin: guardian_iin.to_owned(), consent_ref: "GUARDIAN-0001".to_owned(), ..student }
}

/// A group of the school's, of which nobody is known to teach it.
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

/// The same with its teacher, who is nobody of the first 9,000.
#[must_use]
pub fn taught_group() -> Group {
    Group { teacher_iin: iin(9_001), ..group() }
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
    let status =
        Dict { code: "ISSUED".to_owned(), name_ru: "Выдано".to_owned(), name_kz: "Берілді".to_owned() };
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

const SURNAMES: [&str; 10] =
    ["ТЕСТОВ", "ҮЛГІЛІ", "ДЕМОНОВ", "МЫСАЛОВ", "СЫНАҚОВ", "ОБРАЗЦОВ", "ӘДЕМОВ", "ПРИМЕРОВ", "ҚҰРАЛОВ", "ШАБЛОНОВ"];
const NAMES: [&str; 10] = ["ТЕСТ", "АЙМАН", "ДЕМО", "ӘЛИЯ", "МЫСАЛ", "ЖАНАР", "ҮЛГІ", "СЫНАҚ", "ОБРАЗЕЦ", "ҚАНАТ"];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;
    use qaqpa_policy::{Bin, Phone};

    use super::*;

    #[test]
    fn every_iin_is_right_and_synthetic() {
        for number in 0..20_000 {
            let iin = iin(number);
            let read = Iin::parse(&iin).map(|iin| iin.birth_date_hint());
            assert_eq!(read, Ok(Some(date(2099, 12, 31))), "{number}: {iin}");
        }
        let different: BTreeSet<String> = (0..10_000).map(iin).collect();
        assert_eq!(different.len(), 10_000);
        let more: BTreeSet<String> = (0..20_000).map(iin).collect();
        assert!(more.len() > 19_800, "{}", more.len());
        assert_eq!(iin(20_000), iin(0));
        for (wanted, number) in [("991231500006", 0), ("991231500707", 70), ("991231600776", 77)] {
            assert_eq!(iin(number), wanted, "{number}");
        }
    }

    #[test]
    fn a_record_passes_where_a_real_one_does() {
        let today = date(2026, 11, 30);
        let year_ago_18 = today - 18.years();
        for number in [0, 7, 39, 49, 199, 9_999] {
            let record = whole_record(number, today);
            assert!(Phone::parse(&record.phone).is_ok(), "{}", record.phone);
            assert!(record.birth_date.parse::<Date>().unwrap() < year_ago_18, "{}", record.birth_date);
            assert_eq!(record.iin, student(number, today).iin);
        }
        assert_eq!(born(1, today).birth_date, "2026-11-30");
        for bin in [SCHOOL, SCHOOL_2] {
            assert!(Bin::parse(bin).is_ok() && bin.starts_with("99014000"), "{bin}");
        }
        assert!((0..9_000).all(|number| iin(number) != taught_group().teacher_iin));
    }
}
