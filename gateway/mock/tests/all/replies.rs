//! Replies from files: which case answers, what is served beside them, and what does not start.

use std::path::Path;

use qaqpa_mock::{Government, Options, Replies};
use qaqpa_proto::avtoshkola::v1::{GetSchoolRequest, GetSchoolResponse};

use crate::world::{ask, fault, options, start};

const REQUEST: &str = "<getSchoolInfoRequest><schoolBin>990140000007</schoolBin></getSchoolInfoRequest>";
const REPLY: &str = "<r:getSchoolInfoResponse xmlns:r='urn:qaqpa:reconstructed:aisas:v1'><!-- a case --><head>\
    <requestId>{request-id}</requestId><responseDate>{date}</responseDate>\
    <result><code>WHICH</code><nameRu>а</nameRu><nameKz>ә</nameKz></result></head></r:getSchoolInfoResponse>";

fn write(folder: &Path, case: &str, request: &str, reply: &str) {
    let case = folder.join(case);
    std::fs::create_dir_all(&case).unwrap();
    std::fs::write(case.join("request.xml"), request).unwrap();
    std::fs::write(case.join("reply.xml"), reply).unwrap();
}

#[tokio::test]
async fn the_first_case_that_the_request_has_all_of_answers() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "avtoshkola/1-one", REQUEST, &REPLY.replace("WHICH", "one"));
    let other = REQUEST.replace("990140000007", "990140000017");
    write(folder.path(), "avtoshkola/2-other", &other, &REPLY.replace("WHICH", "other"));
    std::fs::create_dir_all(folder.path().join("avtoshkola/schemas")).unwrap();
    std::fs::write(folder.path().join("avtoshkola/schemas/own.xsd"), "<schema/>").unwrap();
    let replies = Replies::read(folder.path()).unwrap();
    let (government, client) = start(Options { replies, ..options() }).await;
    for (wanted, bin) in [("one", "990140000007"), ("other", "990140000017")] {
        let asked = ask("GetSchool", "m-1", &GetSchoolRequest { school_bin: bin.into(), context: None });
        let came = client.post(asked.signed()).await;
        let head = asked.read::<GetSchoolResponse>(came.body()).1.unwrap().head.unwrap();
        assert_eq!((head.result.unwrap().code.as_str(), head.request_id.as_str()), (wanted, "m-1"), "{bin}");
    }
    let nobody = ask("GetSchool", "m-1", &GetSchoolRequest { school_bin: "990140000027".into(), context: None });
    let came = client.post(nobody.signed()).await;
    assert_eq!(fault(came.body()).error.unwrap().code, "SCE909", "no case is like it");
    assert_eq!(client.get("/bip-sync-wss-gost/?xsd=own.xsd").await.status(), 200);
    government.stop().await;
}

#[tokio::test]
async fn what_the_contract_does_not_know_does_not_start() {
    let reply = REPLY.replace("WHICH", "1");
    for (wanted, system, request, reply) in [
        ("no contract speaks of a system `library`", "library", REQUEST, reply.as_str()),
        ("no operation of `avtoshkola` has the root `a`", "avtoshkola", "<a/>", &reply),
        ("request.xml", "avtoshkola", "no document", &reply),
        (
            "not as the contract says: head.result.name_kz",
            "avtoshkola",
            REQUEST,
            &reply.replace("<nameKz>ә</nameKz>", ""),
        ),
        (
            "not as the contract says: secret",
            "avtoshkola",
            REQUEST,
            &reply.replace("<head>", "<secret>1</secret><head>"),
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &format!("{system}/case"), request, reply);
        let replies = Replies::read(folder.path()).unwrap();
        let problem = Government::start(Options { replies, ..options() }).await.unwrap_err().to_string();
        assert!(problem.contains(wanted) && problem.contains("case"), "{problem}, not {wanted}");
    }
    let empty = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(empty.path().join("library/case")).unwrap();
    assert!(Replies::read(empty.path()).unwrap_err().to_string().contains("request.xml"));
}
