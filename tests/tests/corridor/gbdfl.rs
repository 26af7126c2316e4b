//! GBD FL, which tells everything about whoever it is asked about: a purpose gets what it names, by the consent it rests on.
//!
//! Example: asked for identification, 25 elements come back from the state and seven categories of them from the gateway.

use jiff::ToSpan as _;
use prost::Message as _;
use qaqpa_gateway::start::config::Config;
use qaqpa_gateway::start::setup::Setup;
use qaqpa_proto::consent::v1::{Form, GiveRequest, GiveResponse, KdpToken};
use qaqpa_proto::gbdfl::v1::{GetPersonRequest, GetPersonResponse, Person};
use qaqpa_proto::moment::stamp;
use qaqpa_proto::v1::{Context, Withheld};
use qaqpa_tests::consents;
use qaqpa_tests::{Caller, Seen, World};
use tonic::{Code, Status};

const GET_PERSON: &str = "/qaqpa.gbdfl.v1.Persons/GetPerson";
const GIVE: &str = "/qaqpa.consent.v1.Consents/Give";
const TOKEN: &str = "REVNTy1LRFAtVE9LRU4=";
const PUBLIC_KEY: &str = "REVNTy1QVUJLRVk=";

/// What the mock government makes of serial numbers stands in its `gbdfl/person.rs`.
const ADULT: &str = "991231500006";
const MINOR: &str = "991231500036";
const IMPRISONED: &str = "991231500056";
const DEAD: &str = "991231500076";
const NOBODY: &str = "991231590001";

fn asked(purpose: &str, iin: &str) -> GetPersonRequest {
    GetPersonRequest {
        context: Some(Context { purpose: purpose.into(), ..Context::default() }),
        iin: iin.into(),
        kdp_token: TOKEN.into(),
        kdp_public_key: PUBLIC_KEY.into(),
    }
}

/// The person has allowed it, by the state's service.
async fn give(world: &World, caller: &Caller, purposes: &[&str], iin: &str) -> Result<GiveResponse, Status> {
    let given_at = world.site.time.clock().now() - 1.minute();
    let request = GiveRequest {
        iin: iin.into(),
        purposes: purposes.iter().map(|purpose| (*purpose).to_owned()).collect(),
        form: Form::Kdp.into(),
        given_at: Some(stamp(given_at)),
        end: consents::days(30),
        kdp: Some(KdpToken { token: TOKEN.into(), public_key: PUBLIC_KEY.into() }),
        ..GiveRequest::default()
    };
    caller.call(GIVE, &request).await
}

async fn person(caller: &Caller, purpose: &str, iin: &str) -> (Person, GetPersonResponse) {
    let mut reply: GetPersonResponse = caller.call(GET_PERSON, &asked(purpose, iin)).await.unwrap();
    let persons = reply.persons.take().unwrap().person;
    assert_eq!(persons.len(), 1);
    (persons.into_iter().next().unwrap(), reply)
}

fn paths(withheld: &[Withheld]) -> Vec<&str> {
    withheld.iter().map(|field| field.path.as_str()).collect()
}

/// Told by the state of everybody, and named by no purpose of this operator.
const NOBODYS_BUSINESS: [&str; 11] = [
    "persons.person.eng_first_name",
    "persons.person.nationality",
    "persons.person.citizenship",
    "persons.person.imprisoned_status",
    "persons.person.birth_certificate",
    "persons.person.birth_place",
    "persons.person.missing_status",
    "persons.person.disappear_status",
    "persons.person.repatriation_status",
    "persons.person.addresses",
    "persons.person.documents.document.surname",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn identification_gets_what_its_policy_lists_and_no_more() {
    let world = World::start().await;
    let caller = world.caller("clients/myverify");
    give(&world, &caller, &["identification"], ADULT).await.unwrap();
    let (person, reply) = person(&caller, "identification", ADULT).await;

    assert_eq!(reply.message_result.unwrap().code, "00000");
    assert_eq!(
        (person.iin.as_str(), person.surname.as_str(), person.birth_date.as_str()),
        (ADULT, "ТЕСТОВ", "1999-12-31")
    );
    assert_eq!(person.life_status.as_ref().unwrap().code, "0");
    assert_eq!(person.life_status.as_ref().unwrap().name_ru, "", "the code says it all");
    assert_eq!(person.person_capable_status.unwrap().capable_status.unwrap().code, "0");
    let documents = person.documents.unwrap().document;
    let numbers: Vec<&str> = documents.iter().map(|document| document.number.as_str()).collect();
    assert_eq!(numbers, ["000020000", "000010000", "N00000000"]);
    assert!(documents.iter().all(|document| document.surname.is_empty() && document.birth_date.is_empty()));

    let receipt = reply.receipt.unwrap();
    assert_eq!(paths(&receipt.withheld_from_request), Vec::<&str>::new());
    let withheld = paths(&receipt.withheld_from_reply);
    for path in NOBODYS_BUSINESS {
        assert!(withheld.contains(&path), "{path} is not among {withheld:?}");
    }
    assert!(person.nationality.is_none() && person.imprisoned_status.is_none() && person.addresses.is_none());
}

/// The whole person came in, and is nowhere on this side of the gateway.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_withheld_is_in_no_reply_and_no_record() {
    let world = World::start().await;
    let caller = world.caller("clients/myverify");
    give(&world, &caller, &["identification"], IMPRISONED).await.unwrap();
    let reply = caller.wire(GET_PERSON, asked("identification", IMPRISONED).encode_to_vec().into()).await.unwrap();
    let came = String::from_utf8_lossy(&world.government.seen()[0].reply).into_owned();
    let recorded = format!("{:?}", world.records().await);
    for word in ["КАЗАХ", "Отбывает наказание", "УЛИЦА ПРИМЕРНАЯ", "ОБРАЗЦОВСК", "RECON-0005"]
    {
        assert!(came.contains(word), "{word} was told");
        assert!(!String::from_utf8_lossy(&reply).contains(word), "{word} is in the reply");
        assert!(!recorded.contains(word), "{word} is in the journal");
    }
    assert!(!recorded.contains(IMPRISONED) && !recorded.contains(TOKEN), "the journal names nobody");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_message_that_leaves_is_the_state_s_own() {
    let world = World::start().await;
    let caller = world.caller("clients/myverify");
    give(&world, &caller, &["identification"], ADULT).await.unwrap();
    let (_, reply) = person(&caller, "identification", ADULT).await;
    let sent = world.government.seen().pop().unwrap();
    let text = String::from_utf8(sent.request.to_vec()).unwrap();
    let id = &reply.receipt.unwrap().exchange_id;
    assert_eq!((sent.service_id.as_str(), &sent.message_id), ("GBDFLUniversal_token", id));
    let (_, document) = text.split_once("xsi:type=\"cs:Request\">").unwrap();
    let (document, _) = document.split_once("</data>").unwrap();
    let (head, rest) = document.split_once("<senderCode>").unwrap();
    assert!(head.starts_with(&format!("<messageId>{id}</messageId><messageDate>")), "{head}");
    assert_eq!(
        rest,
        format!(
            "qaqpa_dev</senderCode><iin>{ADULT}</iin><kdpToken>{TOKEN}</kdpToken><publicKey>{PUBLIC_KEY}</publicKey>"
        )
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_leaves_without_consent_purpose_and_token() {
    let world = World::start().await;
    let caller = world.caller("clients/myverify");
    let school = world.caller("clients/school");
    let refused = |code| Seen::refused(code, Code::FailedPrecondition);
    let see = async |caller: &Caller, request: GetPersonRequest| {
        world.observe(caller.wire(GET_PERSON, request.encode_to_vec().into())).await
    };
    assert_eq!(see(&caller, asked("identification", ADULT)).await, refused("consent.missing"));
    give(&world, &caller, &["data-confirmation"], ADULT).await.unwrap();
    assert_eq!(see(&caller, asked("identification", ADULT)).await, refused("consent.missing"), "another purpose's");
    give(&world, &caller, &["identification"], ADULT).await.unwrap();
    for (wanted, request) in [
        (
            Seen::refused("request.invalid", Code::InvalidArgument),
            GetPersonRequest { kdp_token: String::new(), ..asked("identification", ADULT) },
        ),
        (
            Seen::refused("request.invalid", Code::InvalidArgument),
            GetPersonRequest { kdp_public_key: String::new(), ..asked("identification", ADULT) },
        ),
        (Seen::refused("purpose.missing", Code::InvalidArgument), asked("", ADULT)),
        (Seen::answered(), asked("identification", ADULT)),
    ] {
        assert_eq!(see(&caller, request).await, wanted);
    }
    let stranger = see(&school, asked("state-exchange", ADULT)).await;
    assert_eq!(
        (stranger.told.as_str(), stranger.left),
        ("purpose.not_allowed", 0),
        "a school's policy has no such operation"
    );
}

/// The request tells no birth date; the reply does, and the policy takes no minors.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whose_birth_date_comes_back_a_minors_is_not_handed_on() {
    let world = World::start().await;
    let caller = world.caller("clients/myverify");
    for (wanted, iin) in [
        (Seen::failed("consent.minor_refused", Code::FailedPrecondition), MINOR),
        (Seen::answered(), DEAD),
        (Seen::answered(), NOBODY),
    ] {
        give(&world, &caller, &["identification"], iin).await.unwrap();
        let message = asked("identification", iin).encode_to_vec();
        assert_eq!(world.observe(caller.wire(GET_PERSON, message.into())).await, wanted, "{iin}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_without_persons_is_an_answer() {
    let world = World::start().await;
    let caller = world.caller("clients/myverify");
    give(&world, &caller, &["identification"], NOBODY).await.unwrap();
    give(&world, &caller, &["identification"], ADULT).await.unwrap();
    let expired = GetPersonRequest { kdp_token: qaqpa_mock::EXPIRED_TOKEN.into(), ..asked("identification", ADULT) };
    for (wanted, request) in [("10001", asked("identification", NOBODY)), ("30002", expired)] {
        let reply: GetPersonResponse = caller.call(GET_PERSON, &request).await.unwrap();
        assert_eq!((reply.message_result.unwrap().code.as_str(), reply.persons), (wanted, None));
        let records = world.records_of(&reply.receipt.unwrap().exchange_id).await;
        assert_eq!(records.last().unwrap()["business"], wanted, "on record");
    }
}

/// A system's table is demanded by whoever may ask the system, once, and by nobody else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_that_no_purpose_asks_needs_no_table() {
    let world = World::start().await;
    let mut laid_out: toml::Table = std::fs::read_to_string(world.site.file("gateway.toml")).unwrap().parse().unwrap();
    laid_out["endpoints"]["shep"]["url"] = world.government.url().replace("127.0.0.1", "localhost").into();
    laid_out["systems"].as_table_mut().unwrap().remove("gbdfl").unwrap();
    let demanded = "a purpose of a configured operator needs a table [systems.gbdfl]";
    assert_eq!(problems(&world, &laid_out).matches(demanded).count(), 1);
    for (list, key) in [("operators", "id"), ("callers", "operator")] {
        laid_out[list].as_array_mut().unwrap().retain(|entry| entry[key].as_str() == Some("avtomektep"));
    }
    assert_eq!(problems(&world, &laid_out), "");
}

/// What `qaqpa check` says of a configuration.
fn problems(world: &World, config: &toml::Table) -> String {
    let path = world.site.file("gateway-without.toml");
    std::fs::write(&path, config.to_string()).unwrap();
    let (config, source) = Config::read(&path).unwrap();
    let checked = Setup::check(&config, &source, &world.site.environment());
    checked.err().unwrap_or_default().iter().map(|problem| format!("{problem}\n")).collect()
}
