//! What GBD FL does, over the wire: it tells everything to whoever has a token, and says no in the same frame without persons.

use prost::Message as _;
use qaqpa_mock::{Behaviour, CANARY, EXPIRED_TOKEN};
use qaqpa_proto::gbdfl::v1::{GetPersonRequest, GetPersonResponse, Person};

use crate::world::{Asked, ask_at, fault, judged, options, start};

const IIN: &str = "991231500006";
const MESSAGE_ID: &str = "0f8b0c3e-6a51-4f0a-9d0e-3a4c0b6f1a10";
const GET_PERSON: &str = "/qaqpa.gbdfl.v1.Persons/GetPerson";

fn request(iin: &str, token: &str) -> GetPersonRequest {
    GetPersonRequest {
        context: None,
        iin: iin.into(),
        kdp_token: token.into(),
        kdp_public_key: "REVNTy1QVUJLRVk=".into(),
    }
}

fn question(iin: &str, token: &str) -> Asked {
    ask_at(GET_PERSON, MESSAGE_ID, &request(iin, token))
}

#[tokio::test]
async fn the_result_says_why_there_is_no_person() {
    let (government, client) = start(options()).await;
    let good = "REVNTy1LRFAtVE9LRU4=";
    for (wanted, persons, iin, token) in [
        ("00000", Some(1), IIN, good),
        ("00000", Some(1), IIN, "REVNTy1L\n RFAtVE9LRU4="),
        ("10001", None, "991231590001", good),
        ("20001", None, "991231500007", good),
        ("30001", None, IIN, "not-base64"),
        ("30002", None, IIN, EXPIRED_TOKEN),
        ("30002", None, "991231590001", EXPIRED_TOKEN),
    ] {
        let asked = question(iin, token);
        let came = client.post(asked.signed()).await;
        assert_eq!(judged(came.body(), came.header("content-type")).as_deref(), Ok("SCSS001"), "{iin} {token}");
        let (info, reply) = asked.read::<GetPersonResponse>(came.body());
        let reply = reply.unwrap();
        assert_eq!(reply.message_result.unwrap().code, wanted, "{iin} {token}");
        assert_eq!(reply.persons.map(|persons| persons.person.len()), persons, "{iin} {token}");
        assert_eq!((reply.request_id.as_str(), &reply.message_id), (MESSAGE_ID, &info.message_id));
        assert_eq!(reply.receiver.unwrap().code, "demo_sender");
    }
    government.stop().await;
}

#[tokio::test]
async fn a_request_without_its_token_is_answered_and_one_without_its_iin_is_not() {
    let (government, client) = start(options()).await;
    let without = |element: &str| {
        let mut asked = question(IIN, "REVNTy1LRFAtVE9LRU4=");
        let from = asked.content.find(&format!("<{element}>")).unwrap();
        let end = format!("</{element}>");
        let to = from + asked.content[from..].find(&end).unwrap() + end.len();
        asked.content.replace_range(from..to, "");
        asked
    };
    for element in ["kdpToken", "publicKey"] {
        let asked = without(element);
        let came = client.post(asked.signed()).await;
        let reply: GetPersonResponse = asked.read(came.body()).1.unwrap();
        assert_eq!((reply.message_result.unwrap().code.as_str(), reply.persons), ("30001", None), "{element}");
    }
    for element in ["iin", "senderCode"] {
        let came = client.post(without(element).signed()).await;
        assert_eq!((came.status(), fault(came.body()).error.unwrap().code.as_str()), (500, "SCE001"), "{element}");
    }
    government.stop().await;
}

/// Asked for one person, it tells more than anybody's purpose needs, and empty things are empty elements.
#[tokio::test]
async fn everything_is_told() {
    let (government, client) = start(options()).await;
    let asked = question(IIN, "REVNTy1LRFAtVE9LRU4=");
    let came = client.post(asked.signed()).await;
    let person = person(&asked, came.body());
    assert_eq!(person.nationality.unwrap().name_ru, "КАЗАХ");
    assert_eq!(person.documents.unwrap().document.len(), 3);
    assert_eq!(person.addresses.unwrap().address.len(), 3);
    assert!(person.imprisoned_status.is_some() && person.person_capable_status.is_some());
    let text = String::from_utf8(came.body().to_vec()).unwrap();
    assert!(text.contains("xsi:type=\"cs:Response\"") && text.contains("<changeDate xsi:nil=\"true\"></changeDate>"));

    let minor = question("991231500036", "REVNTy1LRFAtVE9LRU4=");
    let came = client.post(minor.signed()).await;
    assert!(String::from_utf8_lossy(came.body()).contains("<documents></documents>"));
    government.stop().await;
}

/// Spellings that this shape of document has no room for leave it as it is.
#[tokio::test]
async fn it_is_understood_however_it_is_spelt() {
    let (government, client) = start(options()).await;
    let asked = question(IIN, "REVNTy1LRFAtVE9LRU4=");
    let honest = person(&asked, client.post(asked.signed()).await.body()).encode_to_vec();
    for behaviour in [
        "drift",
        "utf-16",
        "bom",
        "cdata",
        "other-prefixes",
        "default-namespace",
        "data-in-xsi-namespace",
        "escaped-data",
        "date-spellings",
    ] {
        government.behave_once(behaviour.parse::<Behaviour>().unwrap());
        let came = client.post(asked.signed()).await;
        assert_eq!(judged(came.body(), came.header("content-type")).as_deref(), Ok("SCSS001"), "{behaviour}");
        assert_eq!(person(&asked, came.body()).encode_to_vec(), honest, "{behaviour}");
        let strangers = String::from_utf8_lossy(came.body()).matches(CANARY).count();
        assert_eq!(strangers, if behaviour == "drift" { 5 } else { 0 }, "{behaviour}");
    }
    government.stop().await;
}

fn person(asked: &Asked, body: &[u8]) -> Person {
    let reply: GetPersonResponse = asked.read(body).1.unwrap();
    reply.persons.unwrap().person.remove(0)
}
