//! The channels and systems of the configuration: every file of a channel read, every name of a channel and of a system found.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::SignedDuration;
use qaqpa_adapters::shep::{Password, Sender};
use qaqpa_adapters::wsse::{PinnedSigners, Security, Signer};
use qaqpa_policy::Plans;
use qaqpa_proto::Contract;
use qaqpa_residency::Plane;
use zeroize::Zeroizing;

use super::Checker;
use crate::exchange::signing::Signing;
use crate::exchange::system::System;
use crate::start::config;

impl Checker<'_> {
    /// Systems by id, each with the channel it names. Systems of one channel share it.
    pub(super) fn systems(
        &mut self,
        contract: Option<&Contract>,
        policies: &HashMap<String, Arc<Plans>>,
    ) -> BTreeMap<String, Arc<System>> {
        let named: Vec<&str> = contract
            .map(|contract| contract.operations().iter().map(|operation| operation.system.id.as_str()).collect())
            .unwrap_or_default();
        let channels = self.channels();
        let mut systems = BTreeMap::new();
        for (id, system) in &self.config.systems {
            if contract.is_some() && !named.contains(&id.as_str()) {
                self.at(&format!("systems.{id}"), format!("no contract speaks of a system `{id}`"));
            }
            if !self.config.channels.contains_key(&system.channel) {
                let message = format!("channel `{}` is not declared: it needs a table [channels.*]", system.channel);
                self.at(&format!("systems.{id}.channel"), message);
            }
            systems.extend(channels.get(&system.channel).map(|channel| (id.clone(), Arc::clone(channel))));
        }
        if let Some(contract) = contract {
            self.reached_systems_exist(contract, policies);
        }
        systems
    }

    fn channels(&mut self) -> BTreeMap<String, Arc<System>> {
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
            channels.extend(self.channel(id, channel).map(|drawn| (id.clone(), Arc::new(drawn))));
        }
        channels
    }

    fn channel(&mut self, id: &str, channel: &config::Channel) -> Option<System> {
        let key = |part: &str| format!("channels.{id}.{part}");
        self.is_on_plane(&key("endpoint"), &channel.endpoint, Plane::Upstream);
        let password = self.read(&key("password_file"), &channel.password_file).map(Zeroizing::new);
        let certificate = self.read(&key("signer_certificate"), &channel.signer_certificate);
        let signing_key = self.read(&key("signer_key"), &channel.signer_key).map(Zeroizing::new);
        let mut pinned = Vec::new();
        for path in &channel.reply_signers {
            pinned.extend(self.read(&key("reply_signers"), path).unwrap_or_default());
            pinned.push(b'\n');
        }
        let password = password?;
        let password = std::str::from_utf8(&password)
            .map_err(|_| self.at(&key("password_file"), "the password is not UTF-8"))
            .ok()?;
        let signer = Signer::from_pem(&certificate?, &signing_key?)
            .map_err(|why| self.at(&key("signer_certificate"), format!("`signer_certificate`: {why}")))
            .ok();
        let pinned = PinnedSigners::from_pem(&pinned)
            .map_err(|why| self.at(&key("reply_signers"), format!("`reply_signers`: {why}")))
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
}
