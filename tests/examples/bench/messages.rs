//! The requests of the benchmark, all synthetic: the IINs say 2099-12-31.

use prost::Message as _;
use qaqpa_proto::avtoshkola::v1::{
    DrivingCategory, GetSchoolRequest, GetStudentStatusRequest, Group, Student, SubmitGroupRequest, SyncStudentsRequest,
};
use qaqpa_proto::v1::Context;

/// Length of a request in the benchmark.
const WANTED: usize = 600;
const SCHOOL: &str = "990140000007";

/// Which request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// GetSchool: no person in it; the reply is as long as the mock is generous.
    School,
    /// SubmitGroup with one student: person, consent, a dozen withheld fields; a short reply.
    Group,
    /// GetStudentStatus: a person by IIN; a short reply.
    Status,
}

impl Shape {
    /// By its name on the command line.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "school" => Some(Self::School),
            "group" => Some(Self::Group),
            "status" => Some(Self::Status),
            _ => None,
        }
    }

    /// gRPC path.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::School => "/qaqpa.avtoshkola.v1.Training/GetSchool",
            Self::Group => "/qaqpa.avtoshkola.v1.Training/SubmitGroup",
            Self::Status => "/qaqpa.avtoshkola.v1.Training/GetStudentStatus",
        }
    }

    /// Request number `number`, [`WANTED`] bytes: what the contract leaves short is filled with a field that it does not
    /// know, which the gateway withholds and counts.
    pub(crate) fn request(self, number: usize) -> Vec<u8> {
        let context = Some(context(number));
        let mut wire = match self {
            Self::School => GetSchoolRequest { context, school_bin: SCHOOL.to_owned() }.encode_to_vec(),
            Self::Group => SubmitGroupRequest { context, group: Some(group()), student: vec![student(number % 1_000)] }
                .encode_to_vec(),
            Self::Status => GetStudentStatusRequest { context, iin: iin(number % 1_000) }.encode_to_vec(),
        };
        if let Some(missing) = WANTED.checked_sub(wire.len() + 4) {
            prost::encoding::string::encode(1_000, &"x".repeat(missing), &mut wire);
        }
        wire
    }
}

/// Record number `number` of a stream.
pub(crate) fn record(number: usize) -> SyncStudentsRequest {
    SyncStudentsRequest { context: Some(context(number)), group: Some(group()), student: Some(student(number)) }
}

fn context(number: usize) -> Context {
    Context {
        purpose: "state-exchange".to_owned(),
        on_behalf_of: SCHOOL.to_owned(),
        // Different in every run of the program as well: the gateway remembers.
        request_id: format!("{}-{number}", std::process::id()),
        ..Context::default()
    }
}

fn group() -> Group {
    Group {
        group_external_id: "G-2026-11".to_owned(),
        school_bin: SCHOOL.to_owned(),
        title: "B-12".to_owned(),
        category: DrivingCategory::B.into(),
        start_date: "2026-11-02".to_owned(),
        end_date: "2027-01-29".to_owned(),
        teacher_iin: iin(9_001),
        ..Group::default()
    }
}

fn student(number: usize) -> Student {
    Student {
        iin: iin(number),
        surname: "ТЕСТОВ".to_owned(),
        name: "ҮЛГІ".to_owned(),
        patronymic: "ТЕСТОВИЧ".to_owned(),
        birth_date: "2001-03-14".to_owned(),
        phone: format!("+7700{:07}", number % 10_000),
        photo_sha256: vec![0x5a; 32],
        email: format!("student{number}@example.kz"),
        home_address: "Үлгі қаласы, Сынақ көшесі, 7".to_owned(),
        geolocation: "51.0000,71.0000".to_owned(),
        device: "Test Phone 1".to_owned(),
        note: "prefers morning lessons".to_owned(),
        ..Student::default()
    }
}

/// A synthetic IIN with its check digit; serials that have none are passed over.
fn iin(number: usize) -> String {
    let mut digits = format!("991231{:05}", 50_000 + number % 20_000);
    loop {
        if let Some(check) = check_digit(&digits) {
            return format!("{digits}{check}");
        }
        // One serial in a hundred; it shares the IIN of a serial nobody asks for.
        digits = format!("991231{:05}", 70_000 + number % 20_000);
        if check_digit(&digits).is_none() {
            digits = "99123150000".to_owned();
        }
    }
}

fn check_digit(digits: &str) -> Option<u32> {
    let sum = |weights: [u32; 11]| {
        digits.chars().filter_map(|digit| digit.to_digit(10)).zip(weights).map(|(digit, by)| digit * by).sum::<u32>()
            % 11
    };
    let check = match sum([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) {
        10 => sum([3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]),
        check => check,
    };
    (check < 10).then_some(check)
}
