//! The main job: 200 students through the stream, and the story of one of them there and back.

use std::collections::BTreeMap;
use std::time::Instant;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use qaqpa_adapters::xml::{Document, document};
use qaqpa_policy::category;
use qaqpa_proto::avtoshkola::v1::{SyncStudentsRequest, SyncStudentsResponse};
use qaqpa_proto::v1::{Receipt, Withheld};
use qaqpa_synthetic::people::STATE_EXCHANGE;
use serde_json::{Value, json};

use super::records;
use super::rights;
use super::story::{HERO, HERO_NUMBER, STUDENTS, Story, code};
use super::world::World;
use crate::not_done::NotDone;

/// What went through, by request id.
pub(super) struct Synced {
    pub(super) exchanges: BTreeMap<String, Exchange>,
}

/// One exchange as the school saw it.
pub(super) struct Exchange {
    pub(super) exchange_id: String,
    pub(super) sent: Value,
    pub(super) answer: Value,
    withheld: Vec<Withheld>,
}

pub(super) async fn sync_all(world: &World, story: &mut Story) -> Result<Synced, String> {
    story.chapter(&format!("1. A school sends {STUDENTS} student records to AIS Avtoshkola"));
    let given = rights::guardians(world).await?;
    story
        .say(&format!("  first the ledger: {given} guardians of minors have consented, each in a record of their own"));
    let today = world.environment.clock.today();
    let requests: Vec<SyncStudentsRequest> = (0..STUDENTS).map(|number| records::of(number, today)).collect();
    let mut sent: BTreeMap<String, Value> = requests
        .iter()
        .map(|request| {
            (request.context.clone().unwrap_or_default().request_id, json_of("SyncStudentsRequest", request))
        })
        .collect();
    let began = Instant::now();
    let mut replies = world
        .school
        .sync_students(futures_util::stream::iter(requests))
        .await
        .map_err(|status| status.message().to_owned())?;
    let mut exchanges = BTreeMap::new();
    let mut warnings = 0;
    while let Some(reply) = replies.message().await.map_err(|status| status.message().to_owned())? {
        let receipt = reply.receipt.clone().unwrap_or_default();
        if let Some(refusal) = receipt.error.clone().map(NotDone::from) {
            story.say(&format!("  {}: {} {}", receipt.request_id, refusal.reason, refusal.message));
            continue;
        }
        warnings += receipt.warnings.len();
        let Some(record) = sent.remove(&receipt.request_id) else { continue };
        exchanges.insert(receipt.request_id.clone(), exchange(record, &reply, receipt));
        if exchanges.len() % 50 == 0 {
            story.progress(&format!("{} of {STUDENTS} students", exchanges.len()));
        }
    }
    let millis = began.elapsed().as_millis();
    story.say(&format!(
        "  one gRPC stream with mutual TLS, one signed SOAP exchange per student, two durable records each: {millis} ms"
    ));
    story.say(&format!(
        "  {warnings} warnings: the synthetic IINs say 2099-12-31, which contradicts the birth dates and refuses nobody"
    ));
    story.promise("students accepted by the state", STUDENTS, exchanges.len());
    story.promise("SOAP messages that reached the mock government", STUDENTS, world.government.requests());
    story.fact(
        "synced",
        json!({ "students": STUDENTS, "answered": exchanges.len(), "milliseconds": millis, "warnings": warnings }),
    );
    Ok(Synced { exchanges })
}

fn exchange(sent: Value, reply: &SyncStudentsResponse, receipt: Receipt) -> Exchange {
    Exchange {
        exchange_id: receipt.exchange_id,
        sent,
        answer: json_of("SyncStudentsResponse", reply),
        withheld: receipt.withheld_from_request,
    }
}

pub(super) async fn one_student(world: &World, synced: &Synced, story: &mut Story) -> Result<(), String> {
    let hero = synced.exchanges.get(HERO).ok_or("the student of the story did not go through")?;
    story.chapter(&format!("2. One of them, {HERO}, purpose {}", STATE_EXCHANGE));
    let wire = soap_of(world, &hero.exchange_id).ok_or("the mock government did not see the student of the story")?;
    let left = elements(&wire.0, "student");
    story.say("  What the school sent:");
    let record = hero.sent.get("student").and_then(Value::as_object).cloned().unwrap_or_default();
    record.iter().for_each(|(field, value)| story.say(&format!("    {field:<22} {}", short(value))));
    story.say("  What left, signed, for the state:");
    left.iter().for_each(|(element, value)| story.say(&format!("    {element:<22} {value}")));
    story.say("  What was withheld, and by which clause of Avtomektep's policy:");
    hero.withheld.iter().for_each(|withheld| story.say(&describe(withheld)));
    let leaked = record
        .keys()
        .filter(|field| !left.iter().any(|(element, _)| element == *field))
        .filter(|field| contains_value(&wire.0, record.get(*field)))
        .count();
    story.promise("withheld values found in the SOAP message", 0, leaked);
    story.promise(
        "every withheld field names its clause",
        true,
        hero.withheld.iter().all(|withheld| !withheld.clause.is_empty()),
    );
    reply_both_ways(world, hero, story).await
}

/// The reply before and after: a status asked for the purpose of reporting, which may not see who it is about.
async fn reply_both_ways(world: &World, hero: &Exchange, story: &mut Story) -> Result<(), String> {
    let iin = hero.sent.pointer("/student/iin").and_then(Value::as_str).unwrap_or_default().to_owned();
    let refused = code(rights::status(world, "status-0007-early", &iin).await);
    story.promise("a status asked for reporting, without consent", "consent.missing", refused);
    rights::consents_to_reporting(world, HERO_NUMBER).await.map_err(|status| status.message().to_owned())?;
    let reply = rights::status(world, "status-0007", &iin).await.map_err(|status| status.message().to_owned())?;
    let receipt = reply.receipt.clone().unwrap_or_default();
    let (_, raw) = soap_of(world, &receipt.exchange_id).ok_or("the mock government did not see the status request")?;
    story.say("  The state's answer about this student, before (purpose reporting):");
    elements(&raw, "certificate").iter().for_each(|(element, value)| story.say(&format!("    {element:<22} {value}")));
    story.say("  and as the school's reporting got it:");
    let answer = json_of("GetStudentStatusResponse", &reply);
    let certificate = answer.pointer("/certificate/0").and_then(Value::as_object).cloned().unwrap_or_default();
    certificate.iter().for_each(|(field, value)| story.say(&format!("    {field:<22} {}", short(value))));
    receipt.withheld_from_reply.iter().for_each(|withheld| story.say(&describe(withheld)));
    story.promise("the raw reply names the person", true, raw.contains(&iin));
    story.promise("the minimised reply names the person", false, answer.to_string().contains(&iin));
    story.fact("student", json!({ "sent": hero.sent, "left": elements(&soap_of(world, &hero.exchange_id).unwrap_or_default().0, "student").into_iter().collect::<BTreeMap<_, _>>(), "answer": hero.answer, "status": answer }));
    Ok(())
}

fn describe(withheld: &Withheld) -> String {
    format!(
        "    {:<22} {:<14} clause {:<10} {}",
        withheld.path,
        category::name(withheld.category()),
        withheld.clause,
        withheld.reason
    )
}

/// Request and reply of an exchange, as the mock government saw them.
fn soap_of(world: &World, exchange_id: &str) -> Option<(String, String)> {
    let seen = world.government.seen().into_iter().find(|seen| seen.message_id == exchange_id)?;
    Some((String::from_utf8_lossy(&seen.request).into_owned(), String::from_utf8_lossy(&seen.reply).into_owned()))
}

/// Children of the first element with this name, with their text.
fn elements(xml: &str, parent: &str) -> Vec<(String, String)> {
    let Ok(parsed) = Document::parse(xml) else { return Vec::new() };
    let found = parsed.root_element().descendants().find(|node| node.is_element() && node.tag_name().name() == parent);
    found
        .map(|node| {
            document::elements(node)
                .map(|child| {
                    (
                        child.tag_name().name().to_owned(),
                        child
                            .descendants()
                            .filter(roxmltree::Node::is_text)
                            .filter_map(|text| text.text())
                            .collect::<Vec<_>>()
                            .join(" "),
                    )
                })
                .collect()
        })
        .unwrap_or_default()
}

/// A value long enough to be recognised stands in the message.
fn contains_value(xml: &str, value: Option<&Value>) -> bool {
    value.and_then(Value::as_str).is_some_and(|text| text.len() > 5 && xml.contains(text))
}

fn short(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if text.chars().count() > 60 {
        format!("{}... ({} characters)", text.chars().take(40).collect::<String>(), text.chars().count())
    } else {
        text
    }
}

/// A message as protobuf's JSON.
fn json_of(name: &str, message: &impl Message) -> Value {
    let pool = DescriptorPool::decode(qaqpa_proto::DESCRIPTOR_SET).unwrap_or_default();
    let Some(descriptor) = pool.get_message_by_name(&format!("qaqpa.avtoshkola.v1.{name}")) else { return Value::Null };
    DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice())
        .ok()
        .and_then(|dynamic| {
            dynamic
                .serialize_with_options(
                    serde_json::value::Serializer,
                    &SerializeOptions::new().stringify_64_bit_integers(false),
                )
                .ok()
        })
        .unwrap_or_default()
}
