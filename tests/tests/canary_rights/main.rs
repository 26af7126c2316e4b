//! The canary over what is known of persons: every purpose of all five operators that asks the state something, every consent,
//! every right, shadow runs, reloads, retention and erasure; and then everything that anybody could read later is searched for
//! every value that went in or came back.
//!
//! Which values the state told is not a list: each text of its replies about a person is a token. What a purpose may hand to
//! its caller is said, form by form, in `corridor/transforms.rs`; here is said that nothing of it stands anywhere else.
//!
//! It is a test binary of its own, because it captures what the process logs at TRACE.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what went wrong by panicking")]

#[path = "../canary/captured.rs"]
mod captured;
#[path = "../corridor/rights.rs"]
#[expect(dead_code, reason = "the corridor's tests use the rest")]
mod rights;

use jiff::SignedDuration;
use qaqpa_proto::moment::lasting;
use std::collections::BTreeSet;
use std::path::Path;

use bytes::Bytes;
use futures_util::stream;
use prost::Message;
use qaqpa_mock::{Behaviour, CANARY};
use qaqpa_proto::avtoshkola::v1::{
    Certificate, GetSchoolRequest, IssueCertificateRequest, Student, SubmitOutcomesRequest,
};
use qaqpa_proto::consent::v1::{Form, GiveResponse, ListRequest, WatchRequest};
use qaqpa_proto::gbdfl::v1::GetPersonRequest;
use qaqpa_proto::policy::v1::ShadowRequest;
use qaqpa_proto::subject::v1::{CorrectRequest, DueRequest, FindUsageRequest, ReportRequest};
use qaqpa_tests::people::{self, STATE_EXCHANGE};
use qaqpa_tests::{Caller, World, code};
use tonic::Status;

use crate::captured::Captured;
use crate::rights::{OFFICER, OFFICER_OF_MYVERIFY, SCHOOL, person};

/// Each purpose that asks the state, its operator and a form of consent that it takes.
const PURPOSES: [(&str, &str, Form); 12] = [
    ("avtomektep", "reporting", Form::Written),
    ("avtomektep", "statistics", Form::Sms1414),
    ("avtomektep", "photo-identification", Form::Electronic),
    ("cpm", "verification", Form::Kdp),
    ("smartustaz", "verification", Form::Kdp),
    ("myverify", "identification", Form::Kdp),
    ("myverify", "data-confirmation", Form::Kdp),
    ("myverify", "anti-fraud", Form::Kdp),
    ("myverify", "statistics", Form::Kdp),
    ("qyzmet-desk", "identity-check", Form::Written),
    ("qyzmet-desk", "biometric-identification", Form::Electronic),
    ("qyzmet-desk", "statistics", Form::Kdp),
];

const REFERENCE: &str = "TOKEN-REFERENCE-OF-CONSENT";
const EVIDENCE: &[u8; 32] = b"TOKEN-EVIDENCE-OF-CONSENT-SHA256";
const KDP: &str = "VE9LRU4tS0RQLUNPREU=";
const KDP_KEY: &str = "VE9LRU4tS0RQLUtFWQ==";
const GUARDIAN: &str = "991231615010";
const BAD_IIN: &str = "991231515015";
const PHOTO: &[u8] = b"TOKEN-PHOTO-BYTES";
const DIGEST: &[u8; 32] = b"TOKEN-DIGEST-OF-PHOTO-SHA256-32-";
/// What no purpose of the school lets move.
const WITHHELD: [&str; 7] = [
    "+77005550199",
    "token-mail@example.kz",
    "ТОКЕН көшесі",
    "TOKEN-GEO-51.17",
    "TOKEN-DEVICE",
    "ТОКЕН-ЗАМЕТКА",
    "TOKEN-PHOTO-BYTES",
];

/// Everything that came back to callers, and the tokens that went in.
#[derive(Default)]
struct Told {
    /// Of exchanges: those a purpose lets through.
    replies: Vec<Bytes>,
    /// Of the gateway's own services: never a value.
    services: Vec<Bytes>,
    errors: Vec<Status>,
    tokens: BTreeSet<String>,
}

impl Told {
    async fn ask(&mut self, caller: &Caller, path: &'static str, request: &impl Message) -> String {
        let result = caller.send(path, vec![request.encode_to_vec().into()]).await;
        let told = code(&result);
        let own = ["/qaqpa.consent.", "/qaqpa.subject."].iter().any(|service| path.starts_with(service));
        match result {
            Ok(replies) if own => self.services.extend(replies),
            Ok(replies) => self.replies.extend(replies),
            Err(status) => self.errors.push(status),
        }
        told
    }

    fn number(&mut self, number: usize) -> String {
        let iin = person(number);
        self.tokens.insert(iin.clone());
        iin
    }
}

fn officer_of(operator: &str) -> &'static str {
    if operator == "myverify" { OFFICER_OF_MYVERIFY } else { OFFICER }
}

fn caller_of(operator: &str) -> String {
    if operator == "avtomektep" { SCHOOL.to_owned() } else { format!("clients/{operator}") }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_value_is_found_where_it_must_not_be() {
    let captured = Captured::install();
    let world = rights::world("").await;
    let mut told = Told::default();
    let admin = world.caller("clients/admin");
    let mut reports = shadowed(&world, &admin).await;

    the_state_exchange(&world, &mut told).await;
    for (number, (operator, purpose, form)) in PURPOSES.into_iter().enumerate() {
        let iin = told.number(200 + 10 * number);
        let caller = world.caller(&caller_of(operator));
        consents(&world, &caller, purpose, &iin, form, &mut told).await;
        exchanges(&world, &caller, operator, purpose, (number, &iin), &mut told).await;
        exercise(&world, operator, purpose, &iin, &mut told).await;
    }
    world.running.reload().await;
    let live = std::fs::read_to_string(world.site.file("policy/myverify.yaml")).unwrap();
    std::fs::write(world.site.file("policy/myverify.yaml"), [&live, "\niin: 991231515015\n"].concat()).unwrap();
    world.running.reload().await;
    let report = reports.message().await.unwrap().unwrap();
    told.services.push(report);
    drop(reports);
    world.site.time.forward(10 * 86_400);
    world.running.gateway.persons().believed_clock.believe();
    world.running.gateway.retention().keep().await.unwrap();

    search(&world, &captured, &told).await;
}

async fn search(world: &World, captured: &Captured, told: &Told) {
    let of_the_state = state_s_own(world);
    assert!(of_the_state.len() > 100, "the state told much: {}", of_the_state.len());
    for wanted in ["ОБРАЗЦОВСК", "УЛИЦА ПРИМЕРНАЯ", "ТЕСТОВИЧ"] {
        assert!(of_the_state.contains(wanted), "{wanted}");
    }
    let mut tokens = told.tokens.clone();
    let sent = [REFERENCE, KDP, KDP_KEY, GUARDIAN, BAD_IIN, CANARY].into_iter().chain(WITHHELD);
    tokens.extend(sent.map(str::to_owned));
    tokens.extend([EVIDENCE, DIGEST].into_iter().flat_map(|bytes| spellings(bytes)));
    tokens.extend(spellings(PHOTO));
    tokens.extend(of_the_state);

    let soap: Vec<u8> = world.government.seen().iter().flat_map(|exchange| exchange.request.to_vec()).collect();
    let never = WITHHELD.map(str::to_owned).into_iter().chain(spellings(PHOTO)).chain([REFERENCE.to_owned()]);
    assert_eq!(found(&soap, never.collect::<BTreeSet<_>>().iter()), Vec::<&str>::new(), "in the messages that left");
    assert_eq!(found(&soap, told.tokens.iter()).len(), told.tokens.len(), "who had to be named was");
    let replies: Vec<u8> = told.replies.iter().flatten().copied().collect();
    let withheld = WITHHELD.map(str::to_owned);
    assert_eq!(found(&replies, withheld.iter().chain([&CANARY.to_owned()])), Vec::<&str>::new(), "in replies");
    for of_nobody in ["КАЗАХ", "УЛИЦА ПРИМЕРНАЯ", "ОБРАЗЦОВЫЙ ОТДЕЛ РАГС", "RECON-0"]
    {
        assert_eq!(found(&replies, [&of_nobody.to_owned()]), Vec::<&str>::new(), "no purpose may have it");
    }

    let services: Vec<u8> = told.services.iter().flatten().copied().collect();
    let errors: String = told.errors.iter().map(|status| format!("{status:?} ")).collect();
    let details: Vec<u8> = told.errors.iter().flat_map(|status| status.details().to_vec()).collect();
    let (_, metrics) = world.caller("clients/auditor").get("/metrics").await;
    let export: String = world.records().await.iter().map(ToString::to_string).collect();
    let bundle = world.site.file("bundle.zip");
    qaqpa_journal::export::bundle(world.journal(), None, &mut std::fs::File::create(&bundle).unwrap()).unwrap();
    let log = captured.text();
    assert!(log.lines().count() > 100 && log.contains("exchange{"), "the log was captured, spans and all");
    let places = [
        ("replies of consents and rights", services),
        ("errors", errors.into_bytes()),
        ("details of errors", details),
        ("the export", export.into_bytes()),
        ("the bundle", std::fs::read(bundle).unwrap()),
        ("the journal's files", bytes_of(world.journal())),
        ("the vault's files", bytes_of(world.config.vault.file.parent().unwrap())),
        ("the log at TRACE", log.into_bytes()),
        ("metrics", metrics.into_bytes()),
    ];
    for (place, bytes) in &places {
        assert!(!bytes.is_empty(), "{place} is empty");
        // A consent's own number goes back to who gave it.
        let may = |token: &&String| !(place.starts_with("replies") && *token == REFERENCE);
        assert_eq!(found(bytes, tokens.iter().filter(may)), Vec::<&str>::new(), "in {place}");
    }
}

/// Every text that the state told of a person, and that is long enough to be recognised.
fn state_s_own(world: &World) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
    for exchange in world.government.seen() {
        let reply = String::from_utf8_lossy(&exchange.reply).into_owned();
        let Some((_, persons)) = reply.split_once("<persons") else { continue };
        let persons = persons.split_once("</persons>").map_or(persons, |(persons, _)| persons);
        texts.extend(persons.split('<').filter_map(|part| Some(part.split_once('>')?.1.trim().to_owned())));
    }
    texts.retain(|text| text.chars().count() >= 6 || text.chars().filter(|letter| !letter.is_ascii()).count() >= 4);
    texts
}

/// As they are, in hex and in base64.
fn spellings(bytes: &[u8]) -> Vec<String> {
    use base64::Engine as _;
    let base64 = base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes);
    vec![String::from_utf8_lossy(bytes).into_owned(), hex::encode(bytes), base64]
}

/// Which tokens stand in these bytes: as they are, or as a log or JSON would escape them. Codes of few digits must stand
/// alone, since any sum of seconds may hold them.
fn found<'t>(bytes: &[u8], tokens: impl IntoIterator<Item = &'t String>) -> Vec<&'t str> {
    let text = String::from_utf8_lossy(bytes);
    let stands = |token: &str| {
        if token.len() < 12 && token.bytes().all(|byte| byte.is_ascii_digit()) {
            return text.match_indices(token).any(|(at, _)| alone(&text, at, at + token.len()));
        }
        let escaped: String = token.chars().flat_map(char::escape_unicode).collect();
        let json: String = token.chars().map(|letter| format!("\\u{:04x}", u32::from(letter))).collect();
        text.contains(token) || text.contains(&escaped) || text.contains(&json)
    };
    tokens.into_iter().map(String::as_str).filter(|token| stands(token)).collect()
}

fn alone(text: &str, from: usize, to: usize) -> bool {
    let joins = |letter: &char| letter.is_ascii_alphanumeric() || ".-_".contains(*letter);
    !text[..from].chars().next_back().is_some_and(|letter| joins(&letter))
        && !text[to..].chars().next().is_some_and(|letter| joins(&letter))
}

/// All files below a folder, one after the other.
fn bytes_of(folder: &Path) -> Vec<u8> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { bytes_of(&path) } else { std::fs::read(path).unwrap() }).collect()
}

/// A pending pack that would release the phone sees all of the school's traffic.
async fn shadowed(world: &World, admin: &Caller) -> tonic::Streaming<Bytes> {
    let live = std::fs::read_to_string(world.site.file("policy/avtomektep.yaml")).unwrap();
    let rule = "      - { category: birth_date, clause: \"3\" }\n";
    let pack_yaml = live.replacen(rule, &[rule, "      - { category: phone, clause: \"3(5)\" }\n"].concat(), 1);
    assert_ne!(pack_yaml, live);
    let request = ShadowRequest {
        pack_yaml,
        operator: "avtomektep".into(),
        duration: Some(lasting(SignedDuration::from_hours(1))),
        max_exchanges: 0,
    };
    admin.open("/qaqpa.policy.v1.Policies/Shadow", stream::iter([request.encode_to_vec().into()])).await.unwrap()
}

fn student(number: usize, today: jiff::civil::Date) -> Student {
    Student {
        phone: WITHHELD[0].into(),
        photo: PHOTO.to_vec(),
        email: WITHHELD[1].into(),
        home_address: WITHHELD[2].into(),
        geolocation: WITHHELD[3].into(),
        device: WITHHELD[4].into(),
        note: WITHHELD[5].into(),
        ..people::student(number, today)
    }
}

/// What the law demands and no consent is needed for, with all that must stay behind.
async fn the_state_exchange(world: &World, told: &mut Told) {
    let school = world.caller(SCHOOL);
    let today = world.site.time.clock().today();
    let iin = told.number(190);
    let context = || Some(people::context("", STATE_EXCHANGE));
    let group = people::submit("", vec![student(190, today)]);
    assert_eq!(told.ask(&school, people::SUBMIT_GROUP, &group).await, "answered");
    let sync = people::sync("", student(190, today));
    assert_eq!(told.ask(&school, people::SYNC_STUDENTS, &sync).await, "answered");
    let outcome = vec![people::outcome(190)];
    let outcomes = SubmitOutcomesRequest { context: context(), outcome };
    assert_eq!(told.ask(&school, people::SUBMIT_OUTCOMES, &outcomes).await, "answered");
    let certificate = Some(Certificate { iin: iin.clone(), ..people::certificate(190) });
    let issue = IssueCertificateRequest { context: context(), certificate };
    assert_eq!(told.ask(&school, people::ISSUE_CERTIFICATE, &issue).await, "answered");
    let status = people::status_of("", STATE_EXCHANGE, &iin);
    assert_eq!(told.ask(&school, people::GET_STUDENT_STATUS, &status).await, "answered");
}

/// Consents that hold tokens, good ones and bad ones; some are withdrawn.
async fn consents(world: &World, caller: &Caller, purpose: &str, iin: &str, form: Form, told: &mut Told) {
    let good = || {
        let mut request = rights::consent(world, &[purpose], iin, form);
        request.reference = REFERENCE.into();
        if matches!(form, Form::Written | Form::Electronic) {
            request.evidence_sha256 = EVIDENCE.to_vec();
        }
        if let Some(kdp) = request.kdp.as_mut() {
            (kdp.token, kdp.public_key) = (KDP.into(), KDP_KEY.into());
        }
        request
    };
    assert_eq!(told.ask(caller, rights::GIVE, &good()).await, "answered");
    let withdrawn = caller.call::<GiveResponse>(rights::GIVE, &good()).await.unwrap().consent.unwrap().id;
    assert_eq!(code(&rights::withdraw(caller, &withdrawn).await), "answered");
    for (wanted, row) in [
        ("request.invalid", {
            let mut row = good();
            row.iin = BAD_IIN.into();
            row
        }),
        ("consent.guardian_is_subject", {
            let mut row = good();
            row.guardian_iin = iin.into();
            row
        }),
        ("consent.scope_unknown", {
            let mut row = good();
            row.purposes = vec![format!("token-{iin}")];
            row
        }),
        ("consent.given_in_future", {
            let mut row = good();
            row.given_at = "2190-01-01T00:00:00Z".parse().ok();
            row
        }),
    ] {
        assert_eq!(told.ask(caller, rights::GIVE, &row).await, wanted);
    }
    let mut by_guardian = good();
    by_guardian.guardian_iin = GUARDIAN.into();
    assert_eq!(told.ask(caller, rights::GIVE, &by_guardian).await, "answered");
    let listed = ListRequest { iin: iin.into(), ..ListRequest::default() };
    assert_eq!(told.ask(caller, "/qaqpa.consent.v1.Consents/List", &listed).await, "answered");
    let since = "2026-01-01T00:00:00Z".parse().ok();
    let watch = WatchRequest { since }.encode_to_vec().into();
    let mut events = caller.open("/qaqpa.consent.v1.Consents/Watch", stream::iter([watch])).await.unwrap();
    told.services.push(events.message().await.unwrap().unwrap());
}

/// The operation of a purpose: answered, refused, and failed in every way that speaks of values.
async fn exchanges(
    world: &World,
    caller: &Caller,
    operator: &str,
    purpose: &str,
    (number, iin): (usize, &str),
    told: &mut Told,
) {
    let behaviours =
        ["normal", "drift", "soap-fault", "status", "tampered-body", "truncated-xml", "cut-mid-body", "html-502"];
    for behaviour in behaviours {
        world.government.behave_once(behaviour.parse::<Behaviour>().unwrap());
        let answer = one(world, caller, operator, purpose, (number, iin), told).await;
        assert!(behaviour != "normal" || answer == "answered", "{operator} {purpose}: {answer}");
    }
    if operator == "avtomektep" {
        return;
    }
    let minor = told.number(203 + 10 * number);
    assert_eq!(code(&rights::ask(caller, purpose, &minor).await), "consent.missing");
    let form = PURPOSES[number].2;
    let given = caller.call::<GiveResponse>(rights::GIVE, &rights::consent(world, &[purpose], &minor, form)).await;
    assert_eq!(code(&given), "answered");
    let request = |iin: &str| GetPersonRequest {
        kdp_token: KDP.into(),
        kdp_public_key: KDP_KEY.into(),
        ..rights::asked(purpose, iin)
    };
    assert_eq!(told.ask(caller, rights::GET_PERSON, &request(&minor)).await, "consent.minor_refused");
    assert_eq!(told.ask(caller, rights::GET_PERSON, &request(BAD_IIN)).await, "request.invalid");
}

async fn one(
    world: &World,
    caller: &Caller,
    operator: &str,
    purpose: &str,
    (number, iin): (usize, &str),
    told: &mut Told,
) -> String {
    let context = Some(people::context("", purpose));
    match (operator, purpose) {
        ("avtomektep", "photo-identification") => {
            let today = world.site.time.clock().today();
            let plain = Student { photo_sha256: DIGEST.to_vec(), ..people::student(200 + 10 * number, today) };
            let sync = |student| qaqpa_proto::avtoshkola::v1::SyncStudentsRequest {
                context: context.clone(),
                ..people::sync("", student)
            };
            let whole = Student { photo_sha256: DIGEST.to_vec(), ..student(200 + 10 * number, today) };
            let strict = told.ask(caller, people::SYNC_STUDENTS, &sync(whole)).await;
            assert_eq!(strict, "answered", "refused inside the stream");
            told.ask(caller, people::SYNC_STUDENTS, &sync(plain)).await
        }
        ("avtomektep", _) => {
            let school = GetSchoolRequest { context, school_bin: people::SCHOOL.into() };
            told.ask(caller, people::GET_SCHOOL, &school).await;
            told.ask(caller, people::GET_STUDENT_STATUS, &people::status_of("", purpose, iin)).await
        }
        _ => {
            let asked = rights::asked(purpose, iin);
            let request = GetPersonRequest { kdp_token: KDP.into(), kdp_public_key: KDP_KEY.into(), ..asked };
            told.ask(caller, rights::GET_PERSON, &request).await
        }
    }
}

/// Every right once; every third person is erased.
async fn exercise(world: &World, operator: &str, purpose: &str, iin: &str, told: &mut Told) {
    let officer = world.caller(officer_of(operator));
    let iin = || iin.to_owned();
    told.ask(&officer, rights::REPORT, &ReportRequest { iin: iin(), ..ReportRequest::default() }).await;
    told.ask(&officer, rights::REPORT, &ReportRequest { iin: BAD_IIN.into(), ..ReportRequest::default() }).await;
    told.ask(&officer, rights::FIND_USAGE, &FindUsageRequest { user_code: iin(), ..FindUsageRequest::default() }).await;
    let fields = vec!["iin".to_owned(), "persons.person.surname".to_owned()];
    let correct = CorrectRequest { iin: iin(), fields, note: 1, forward: true };
    told.ask(&officer, rights::CORRECT, &correct).await;
    let wrong = CorrectRequest { iin: iin(), fields: vec![iin()], note: 1, forward: true };
    assert_eq!(told.ask(&officer, rights::CORRECT, &wrong).await, "request.invalid");
    told.ask(&officer, rights::DUE, &DueRequest::default()).await;
    assert_eq!(code(&rights::restrict(&officer, &iin(), &iin()).await), "purpose.unknown");
    let own = matches!(operator, "avtomektep" | "myverify");
    if own {
        assert_eq!(code(&rights::object(&officer, &iin(), purpose).await), "answered");
    }
    assert_eq!(code(&rights::restrict(&officer, &iin(), "").await), "answered");
    let again = match operator {
        "avtomektep" => rights::status(&world.caller(SCHOOL), "reporting", &iin()).await,
        _ => rights::ask(&world.caller(&caller_of(operator)), purpose, &iin()).await,
    };
    if let Err(status) = again {
        told.errors.push(status);
    }
    if iin().as_bytes()[9] % 3 == 0 {
        assert!(rights::erase(&officer, &iin()).await.unwrap().found);
    }
}
