//! What each RPC of the contract does, from wire bytes to wire bytes. The registry does it; here messages are taken apart and
//! put together.

use jiff::Timestamp;
use prost::Message;
use qaqpa_proto::avtoshkola::v1::{
    Dict, GetSchoolRequest, GetSchoolResponse, GetStudentStatusRequest, GetStudentStatusResponse,
    IssueCertificateRequest, IssueCertificateResponse, ReplyHead, RevokeCertificateRequest, RevokeCertificateResponse,
    SubmitGroupRequest, SubmitGroupResponse, SubmitOutcomesRequest, SubmitOutcomesResponse,
};

use super::dictionary::{self, NOT_FOUND, SUCCESS, WRONG};
use super::registry::{No, Registry};
use crate::refusal::Refusal;

/// One of the things AIS Avtoshkola does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    GetSchool,
    SubmitGroup,
    GetStudentStatus,
    SubmitOutcomes,
    IssueCertificate,
    RevokeCertificate,
}

impl Act {
    /// The act behind a gRPC path. A contract may hold services of other systems; they have none.
    pub(super) fn behind(path: &str) -> Option<Self> {
        Some(match path.strip_prefix("/qaqpa.avtoshkola.v1.Training/")? {
            "GetSchool" => Self::GetSchool,
            // One student is a group of one; the documents are the same.
            "SubmitGroup" | "SyncStudents" => Self::SubmitGroup,
            "GetStudentStatus" => Self::GetStudentStatus,
            "SubmitOutcomes" => Self::SubmitOutcomes,
            "IssueCertificate" => Self::IssueCertificate,
            "RevokeCertificate" => Self::RevokeCertificate,
            _ => return None,
        })
    }

    /// Performs it; `id` and `date` go into the head of the reply.
    pub(super) fn perform(
        self,
        wire: &[u8],
        id: String,
        date: Timestamp,
        registry: &mut Registry,
    ) -> Result<Vec<u8>, Refusal> {
        let head = |result| Some(ReplyHead { request_id: id, response_date: date.to_string(), result: Some(result) });
        Ok(match self {
            Self::GetSchool => {
                let request: GetSchoolRequest = decoded(wire)?;
                let (result, school) = outcome(registry.school(&request.school_bin));
                GetSchoolResponse { head: head(result), school, receipt: None }.encode_to_vec()
            }
            Self::SubmitGroup => {
                let request: SubmitGroupRequest = decoded(wire)?;
                let (result, group) = outcome(registry.enrol(&request.group.unwrap_or_default(), &request.student));
                SubmitGroupResponse { head: head(result), group_id: group.unwrap_or_default(), receipt: None }
                    .encode_to_vec()
            }
            Self::GetStudentStatus => {
                let request: GetStudentStatusRequest = decoded(wire)?;
                let (result, certificates) = outcome(registry.certificates_of(&request.iin));
                let certificate = certificates.unwrap_or_default();
                GetStudentStatusResponse { head: head(result), certificate, receipt: None }.encode_to_vec()
            }
            Self::SubmitOutcomes => {
                let request: SubmitOutcomesRequest = decoded(wire)?;
                let (result, _) = outcome(registry.grade(&request.outcome));
                SubmitOutcomesResponse { head: head(result), receipt: None }.encode_to_vec()
            }
            Self::IssueCertificate => {
                let request: IssueCertificateRequest = decoded(wire)?;
                let (result, certificate) = outcome(registry.issue(request.certificate.unwrap_or_default()));
                IssueCertificateResponse { head: head(result), certificate, receipt: None }.encode_to_vec()
            }
            Self::RevokeCertificate => {
                let request: RevokeCertificateRequest = decoded(wire)?;
                let (result, certificate) = outcome(registry.revoke(&request.certificate.unwrap_or_default()));
                RevokeCertificateResponse { head: head(result), certificate, receipt: None }.encode_to_vec()
            }
        })
    }
}

/// The codec wrote these octets by the same contract, so only a contract loaded in its place can make them strange.
fn decoded<M: Message + Default>(wire: &[u8]) -> Result<M, Refusal> {
    M::decode(wire).map_err(|_| Refusal::internal("the contract is not the one that the mock knows"))
}

fn outcome<T>(done: Result<T, No>) -> (Dict, Option<T>) {
    match done {
        Ok(done) => (dictionary::entry(SUCCESS), Some(done)),
        Err(No::NotFound) => (dictionary::entry(NOT_FOUND), None),
        Err(No::Wrong) => (dictionary::entry(WRONG), None),
    }
}
