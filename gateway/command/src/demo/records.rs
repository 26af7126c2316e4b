//! The student records of the demo's school, by number.

use jiff::ToSpan as _;
use jiff::civil::Date;
use qaqpa_proto::avtoshkola::v1::{Student, SyncStudentsRequest};
use qaqpa_synthetic::people;

/// The request of student number `number`, as the school's backend keeps the record: with all it knows.
pub(super) fn of(number: usize, today: Date) -> SyncStudentsRequest {
    let request = people::sync(&format!("student-{number:04}"), student(number, today));
    SyncStudentsRequest { group: Some(people::taught_group()), ..request }
}

/// A grown-up, or every fiftieth a minor with a guardian's consent.
fn student(number: usize, today: Date) -> Student {
    let record = people::whole_record(number, today);
    if number % 50 != 49 {
        return record;
    }
    Student {
        birth_date: (today - 17.years() - 40.days()).to_string(),
        guardian_iin: people::iin(9_500 + number),
        consent_ref: format!("GUARDIAN-{number:04}"),
        ..record
    }
}
