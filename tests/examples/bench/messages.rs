//! The requests of the benchmark, all about synthetic people.

use jiff::civil::{Date, date};
use prost::Message as _;
use qaqpa_proto::avtoshkola::v1::{Student, SubmitGroupRequest, SyncStudentsRequest};
use qaqpa_synthetic::people::{self, STATE_EXCHANGE};

/// Length of a request in the benchmark.
const WANTED: usize = 600;
/// Of which the ages are, the same in every run.
const TODAY: Date = date(2026, 11, 1);

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
            Self::School => people::GET_SCHOOL,
            Self::Group => people::SUBMIT_GROUP,
            Self::Status => people::GET_STUDENT_STATUS,
        }
    }

    /// Request number `number`, [`WANTED`] bytes: what the contract leaves short is filled with a field that it does not
    /// know, which the gateway withholds and counts.
    pub(crate) fn request(self, number: usize) -> Vec<u8> {
        let id = request_id(number);
        let mut wire = match self {
            Self::School => people::school(&id, STATE_EXCHANGE),
            Self::Group => {
                let request = people::submit(&id, vec![student(number % 1_000)]);
                SubmitGroupRequest { group: Some(people::taught_group()), ..request }.encode_to_vec()
            }
            Self::Status => people::status_of(&id, STATE_EXCHANGE, &people::iin(number % 1_000)).encode_to_vec(),
        };
        if let Some(missing) = WANTED.checked_sub(wire.len() + 4) {
            prost::encoding::string::encode(1_000, &"x".repeat(missing), &mut wire);
        }
        wire
    }
}

/// Record number `number` of a stream.
pub(crate) fn record(number: usize) -> SyncStudentsRequest {
    let request = people::sync(&request_id(number), student(number));
    SyncStudentsRequest { group: Some(people::taught_group()), ..request }
}

/// Different in every run of the program as well: the gateway remembers.
fn request_id(number: usize) -> String {
    format!("{}-{number}", std::process::id())
}

/// All that a school knows but the photo, which is longer than a request here.
fn student(number: usize) -> Student {
    Student { photo: Vec::new(), ..people::whole_record(number, TODAY) }
}
