//! Synthetic students. Their IINs say 2099-12-31, which no living person's does; names and addresses are made up.

use jiff::ToSpan as _;
use jiff::civil::Date;
use qaqpa_proto::avtoshkola::v1::{DrivingCategory, Group, Student, SyncStudentsRequest};
use qaqpa_proto::v1::Context;

/// The synthetic school.
pub(super) const SCHOOL_BIN: &str = "990140000007";
/// Purpose of the main job.
pub(super) const STATE_EXCHANGE: &str = "state-exchange";

const SURNAMES: [&str; 10] =
    ["ТЕСТОВ", "ҮЛГІЛІ", "ДЕМОНОВ", "МЫСАЛОВ", "СЫНАҚОВ", "ОБРАЗЦОВ", "ӘДЕМОВ", "ПРИМЕРОВ", "ҚҰРАЛОВ", "ШАБЛОНОВ"];
const NAMES: [&str; 10] = ["ТЕСТ", "АЙМАН", "ДЕМО", "ӘЛИЯ", "МЫСАЛ", "ЖАНАР", "ҮЛГІ", "СЫНАҚ", "ОБРАЗЕЦ", "ҚАНАТ"];

/// The request of student number `number`, as the school's backend keeps the record: with all it knows.
pub(super) fn request(number: usize, today: Date) -> SyncStudentsRequest {
    SyncStudentsRequest {
        context: Some(context(&format!("student-{number:04}"), STATE_EXCHANGE)),
        group: Some(group()),
        student: Some(student(number, today)),
    }
}

/// A context of the school's.
pub(super) fn context(request_id: &str, purpose: &str) -> Context {
    Context {
        purpose: purpose.to_owned(),
        on_behalf_of: SCHOOL_BIN.to_owned(),
        request_id: request_id.to_owned(),
        ..Context::default()
    }
}

fn group() -> Group {
    Group {
        group_external_id: "G-2026-11".to_owned(),
        school_bin: SCHOOL_BIN.to_owned(),
        title: "B-12".to_owned(),
        category: DrivingCategory::B.into(),
        start_date: "2026-11-02".to_owned(),
        end_date: "2027-01-29".to_owned(),
        teacher_iin: iin(9_001),
        ..Group::default()
    }
}

/// A grown-up, or every fiftieth a minor with a guardian's consent.
fn student(number: usize, today: Date) -> Student {
    let minor = number % 50 == 49;
    let years = if minor { 17 } else { 18 + i32::try_from(number % 40).unwrap_or(0) };
    let pick = |from: &[&str; 10], at: usize| from.get(at % 10).copied().unwrap_or_default().to_owned();
    Student {
        iin: iin(number),
        surname: pick(&SURNAMES, number),
        name: pick(&NAMES, number / 10),
        patronymic: "ТЕСТОВИЧ".to_owned(),
        birth_date: (today - years.years() - 40.days()).to_string(),
        phone: format!("+7700{number:07}"),
        photo_sha256: vec![0x5a; 32],
        guardian_iin: if minor { iin(9_500 + number) } else { String::new() },
        consent_ref: if minor { format!("GUARDIAN-{number:04}") } else { String::new() },
        email: format!("student{number}@example.kz"),
        home_address: format!("Үлгі қаласы, Сынақ көшесі, {number}"),
        photo: vec![0xd8; 2_048],
        geolocation: "51.0000,71.0000".to_owned(),
        device: "Demo Phone 1".to_owned(),
        note: "prefers morning lessons".to_owned(),
        ..Student::default()
    }
}

/// A synthetic IIN: 2099-12-31, a serial, and the check digit; serials without one are passed over.
pub(super) fn iin(number: usize) -> String {
    // One serial in eleven or so has no check digit; walking from a spread start keeps different numbers different.
    (0..).filter_map(|step| with_check_digit(number, step)).next().unwrap_or_default()
}

fn with_check_digit(number: usize, step: usize) -> Option<String> {
    let (sex, serial) = (5 + (number / 10_000 + step) % 2, number % 10_000);
    let digits = format!("991231{sex}{serial:04}");
    let sum = |weights: [u32; 11]| {
        digits
            .chars()
            .filter_map(|digit| digit.to_digit(10))
            .zip(weights)
            .map(|(digit, weight)| digit * weight)
            .sum::<u32>()
            % 11
    };
    let check = match sum([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) {
        10 => sum([3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]),
        check => check,
    };
    (check < 10).then(|| format!("{digits}{check}"))
}
