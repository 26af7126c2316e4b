//! The channels and systems of the configuration: every file of a channel read, every name of a channel and of a system found.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use qaqpa_adapters::shep::{Password, Sender};
use qaqpa_adapters::wsse::{PinnedSigners, Security, Signer};
use qaqpa_policy::Plans;
use qaqpa_proto::Contract;
use qaqpa_residency::Plane;

use super::Checker;
use crate::exchange::passport::Passport;
use crate::exchange::signing::Signing;
use crate::exchange::system::System;
use crate::secret;
use crate::start::config;

impl Checker<'_> {
    /// Systems by id, each with the channel it names. Systems of one channel share it.
    pub(super) fn systems(
        &mut self,
        contract: Option<&Contract>,
        policies: &HashMap<String, Arc<Plans>>,
        now: Timestamp,
    ) -> BTreeMap<String, Arc<System>> {
        let named: Vec<&str> = contract
            .map(|contract| contract.operations().iter().map(|operation| operation.system.id.as_str()).collect())
            .unwrap_or_default();
        let channels = self.channels(now);
        let mut systems = BTreeMap::new();
        for (id, system) in &self.config.systems {
            if contract.is_some() && !named.contains(&id.as_str()) {
                self.at(&format!("systems.{id}"), format!("no contract speaks of a system `{id}`"));
            }
            if !self.config.channels.contains_key(&system.channel) {
                let message = format!("channel `{}` is not declared: it needs a table [channels.*]", system.channel);
                self.at(&format!("systems.{id}.channel"), message);
            }
            self.passport(id, system.passport());
            systems.extend(channels.get(&system.channel).map(|channel| (id.clone(), Arc::clone(channel))));
        }
        if let Some(contract) = contract {
            self.reached_systems_exist(contract, policies);
        }
        systems
    }

    /// Whether anything may be sent at once: what is stored up for that is the peak less what is refilled in the hour.
    fn passport(&mut self, id: &str, Passport { nominal_per_hour, peak_per_hour }: Passport) {
        if peak_per_hour <= nominal_per_hour {
            let message = format!(
                "`peak_per_hour` ({peak_per_hour}) must be more than `nominal_per_hour` ({nominal_per_hour}): the difference is \
                 what may be sent at once, and without one nearly every call is `quota.system`"
            );
            self.at(&format!("systems.{id}.peak_per_hour"), message);
        }
    }

    fn channels(&mut self, now: Timestamp) -> BTreeMap<String, Arc<System>> {
        let config = self.config;
        let mut channels = BTreeMap::new();
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        for (id, channel) in &config.channels {
            if let Some(owner) = owners.insert(&channel.endpoint, id) {
                self.at(
                    &format!("channels.{id}.endpoint"),
                    format!(
                        "endpoint `{}` is that of channel `{owner}` already, and has its timeouts: declare it once more \
                         under another name",
                        channel.endpoint
                    ),
                );
            }
            channels.extend(self.channel(id, channel, now).map(|drawn| (id.clone(), Arc::new(drawn))));
        }
        channels
    }

    fn channel(&mut self, id: &str, channel: &config::Channel, now: Timestamp) -> Option<System> {
        let key = |part: &str| format!("channels.{id}.{part}");
        self.is_on_plane(&key("endpoint"), &channel.endpoint, Plane::Upstream);
        let password = self.secret(&key("password_file"), &channel.password_file, secret::text);
        let certificate = self.read(&key("signer_certificate"), &channel.signer_certificate);
        let signing_key = self.secret(&key("signer_key"), &channel.signer_key, secret::octets);
        let pinned = self.pinned(&key("reply_signers"), &channel.reply_signers);
        self.some_are_current(&key("reply_signers"), &channel.reply_signers, now);
        let (password, certificate) = (password?, certificate?);
        self.is_current(&key("signer_certificate"), &channel.signer_certificate, &certificate, now);
        let signer = Signer::from_pem(&certificate, &signing_key?)
            .map_err(|why| {
                let (name, path) = match why.is_of_the_private_key() {
                    true => ("signer_key", &channel.signer_key),
                    false => ("signer_certificate", &channel.signer_certificate),
                };
                self.at(&key(name), format!("`{name}`: {}: {why}", path.display()));
            })
            .ok();
        Some(System {
            endpoint: channel.endpoint.clone(),
            sender: Sender {
                id: channel.sender_id.clone(),
                password: Password::new(password.trim_end_matches(['\r', '\n'])),
            },
            signing: Signing::new(Security::new(Box::new(signer?), pinned?)),
            replay_window: SignedDuration::try_from(channel.replay_window()).unwrap_or_default(),
        })
    }

    /// Each file by itself, so that what is wrong with one is told with its name; then all together.
    fn pinned(&mut self, key: &str, files: &[PathBuf]) -> Option<PinnedSigners> {
        let mut all = Some(Vec::new());
        for path in files {
            let octets = self.read(key, path);
            let read = octets.and_then(|octets| {
                let told = |why| self.at(key, format!("`reply_signers`: {}: {why}", path.display()));
                PinnedSigners::from_pem(&octets).map_err(told).is_ok().then_some(octets)
            });
            all = all.zip(read).map(|(all, read)| [all, read, b"\n".to_vec()].concat());
        }
        let told = |_| self.at(key, "`reply_signers`: at least one certificate is needed");
        PinnedSigners::from_pem(&all?).map_err(told).ok()
    }
}
