//! Every refusal the gateway promises, caused for real: the code that came back, and that nothing left where nothing may.

use std::num::NonZeroU32;

use qaqpa_gateway::start::Environment;
use qaqpa_gateway::start::config::{Endpoint, LocationFiles, OnStale, TableFile};
use qaqpa_mock::{Behaviour, Wrapping};
use qaqpa_proto::avtoshkola::v1::{GetSchoolResponse, SubmitGroupRequest, SubmitGroupResponse, SyncStudentsRequest};
use qaqpa_synthetic::people::{self, STATE_EXCHANGE};
use qaqpa_synthetic::tables::{MadeUpTables, NETWORKS};
use tonic::Status;
use tonic_types::StatusExt as _;

use super::records;
use super::story::{Story, code};
use super::world::{ABROAD, World, draw};
use crate::client::Client;

pub(super) async fn all(world: &World, environment: &Environment, story: &mut Story) -> Result<(), String> {
    story.chapter("4. What the gateway refuses");
    let _ = environment;
    purposes(world, story).await;
    certificates(world, story).await?;
    residency(world, story).await?;
    quotas_and_consent(world, story).await?;
    replies(world, story).await;
    let after = get_school(&world.school, "after-all-refusals", STATE_EXCHANGE).await;
    story.promise("after all of this the next call works", "answered", code(after));
    Ok(())
}

async fn purposes(world: &World, story: &mut Story) {
    let before = world.government.requests();
    story.promise("purpose missing", "purpose.missing", code(get_school(&world.school, "no-purpose", "").await));
    story.promise(
        "purpose not allowed",
        "purpose.not_allowed",
        code(get_school(&world.school, "not-allowed", "support").await),
    );
    story.promise(
        "purpose that the policy prohibits",
        "purpose.prohibited",
        code(get_school(&world.school, "prohibited", "marketing").await),
    );
    story.promise(
        "purpose unknown to the policy",
        "purpose.unknown",
        code(get_school(&world.school, "unknown", "curiosity").await),
    );
    story.promise("messages that left meanwhile", before, world.government.requests());
}

async fn certificates(world: &World, story: &mut Story) -> Result<(), String> {
    let before = world.government.requests();
    for (name, credential, wanted) in [
        ("no client certificate", None, "tls.CertificateRequired"),
        ("foreign certificate", Some("enemies/foreign"), "tls.DecryptError"),
        ("self-signed certificate", Some("enemies/self-signed"), "tls.UnknownCA"),
        ("expired certificate", Some("enemies/expired"), "tls.CertificateExpired"),
        ("revoked certificate", Some("enemies/revoked"), "tls.CertificateRevoked"),
        ("valid certificate of nobody we know", Some("enemies/unknown"), "caller.unknown"),
    ] {
        let stranger = world.caller(world.running.address, credential)?;
        story.promise(name, wanted, code(get_school(&stranger, "stranger", STATE_EXCHANGE).await));
    }
    story.promise("messages that left meanwhile", before, world.government.requests());
    Ok(())
}

async fn residency(world: &World, story: &mut Story) -> Result<(), String> {
    let before = world.government.requests();
    let tables = world.directory.join("tables");
    let made = MadeUpTables::of(&NETWORKS, world.environment.clock.today()).map_err(|error| error.to_string())?;
    made.write(&tables).map_err(|error| error.to_string())?;
    let abroad = world
        .variant(|config| {
            let file = |name: &str| tables.join(name);
            config.residency.registry = Some(TableFile { file: file("delegated"), sha256: None });
            let (v4, v6) = (file("geoip"), file("geoip6"));
            config.residency.location = Some(LocationFiles { v4, v6, sha256_v4: None, sha256_v6: None });
            // The list of clouds' networks is compiled in and may be too old by now: its no stands all the same.
            config.residency.stale.insert("upstream".into(), OnStale::TurnAway);
            let ca = config.endpoints.values().find_map(|endpoint| endpoint.ca.clone());
            let endpoint = Endpoint {
                plane: "upstream".into(),
                url: format!("https://{ABROAD}/bip-sync-wss-gost/"),
                kind: "internet".into(),
                pins: Vec::new(),
                addresses: Vec::new(),
                aliases: Vec::new(),
                tunnel: None,
                ca,
                spki_sha256: Vec::new(),
                exceptions: Vec::new(),
            };
            config.endpoints.insert("abroad".into(), endpoint);
            config.channels.values_mut().for_each(|channel| channel.endpoint = "abroad".into());
        })
        .await?;
    let school = world.caller(abroad.address, Some("clients/school"))?;
    story.promise(
        "endpoint whose name resolves abroad",
        "residency.foreign",
        code(get_school(&school, "abroad", STATE_EXCHANGE).await),
    );
    abroad.stop_listening().await;
    let literal = draw(&world.directory.join("gateway.toml"), &world.environment, |config| {
        config.endpoints.values_mut().for_each(|endpoint| {
            endpoint.url = "https://8.8.8.8/bip-sync-wss-gost/".into();
            endpoint.kind = "internet".into();
        });
    });
    let refused = literal
        .err()
        .filter(|problems| problems.contains("residency.literal"))
        .map_or("started", |_| "residency.literal");
    story.promise("endpoint that is an IP literal: does not start", "residency.literal", refused);
    story.promise("messages that left meanwhile", before, world.government.requests());
    world.government.behave_once(Behaviour::Redirect("https://shep.example.com/elsewhere".into()));
    story.promise(
        "a redirect to abroad is not followed",
        "residency.redirect",
        code(get_school(&world.school, "redirect", STATE_EXCHANGE).await),
    );
    Ok(())
}

async fn quotas_and_consent(world: &World, story: &mut Story) -> Result<(), String> {
    let narrow = world.variant(|config| config.quotas.purpose_per_minute = NonZeroU32::MIN).await?;
    let school = world.caller(narrow.address, Some("clients/school"))?;
    let first = code(get_school(&school, "quota-1", STATE_EXCHANGE).await);
    let before = world.government.requests();
    let second = get_school(&school, "quota-2", STATE_EXCHANGE).await;
    let wait =
        second.as_ref().err().and_then(|status| status.get_details_retry_info()).and_then(|info| info.retry_delay);
    story.promise("first call within the quota", "answered", first);
    story.promise("quota exceeded", "quota.purpose", code(second));
    story.promise("the refusal says when to come back", true, wait.is_some_and(|wait| !wait.is_zero()));
    narrow.stop_listening().await;
    let minor = minor_without_guardian(world);
    story.promise(
        "minor without a guardian's consent",
        "consent.guardian_missing",
        code(world.school.call::<_, SubmitGroupResponse>(people::SUBMIT_GROUP, minor).await),
    );
    story.promise("messages that left meanwhile", before, world.government.requests());
    Ok(())
}

async fn replies(world: &World, story: &mut Story) {
    for (name, behaviour, wanted) in [
        ("forged reply signature", Behaviour::WrongSigner, "reply.not_authentic"),
        ("reply changed after signing", Behaviour::TamperedBody, "reply.not_authentic"),
        ("unsigned reply", Behaviour::Unsigned, "reply.not_authentic"),
        ("signed reply wrapped around a false one", Behaviour::Wrapped(Wrapping::InHeader), "reply.not_authentic"),
        ("reply to another message", Behaviour::WrongCorrelation, "reply.replayed"),
        ("reply with a DTD", Behaviour::Dtd, "reply.malformed"),
    ] {
        world.government.behave_once(behaviour);
        story.promise(name, wanted, code(get_school(&world.school, wanted, STATE_EXCHANGE).await));
    }
}

async fn get_school(caller: &Client, request_id: &str, purpose: &str) -> Result<GetSchoolResponse, Status> {
    caller.call(people::GET_SCHOOL, people::get_school(people::context(request_id, purpose))).await
}

fn minor_without_guardian(world: &World) -> SubmitGroupRequest {
    let SyncStudentsRequest { group, student, .. } = records::of(49, world.environment.clock.today());
    let mut student = student.unwrap_or_default();
    student.guardian_iin.clear();
    student.consent_ref.clear();
    SubmitGroupRequest { context: Some(people::context("minor", STATE_EXCHANGE)), group, student: vec![student] }
}
