//! Room 10, signatures: made off the runtime's threads, at most as many at once as there are cores.
//!
//! A signature takes a core for most of a millisecond, or a token for longer. Made on a worker it holds up every exchange that
//! worker carries, and the journal's batches with them: measured, they stay small. Each channel has a bound of its own, so a
//! device that hangs stops the systems behind it and no others.
//!
//! | what happens | what the caller is told |
//! |---|---|
//! | the content cannot be signed | `request.not_signable` |
//! | the key does not answer | `signer.unavailable` |
//! | no signature within ten seconds | `signer.unavailable: timeout`; the thread goes on and keeps its place until it ends |
//! | the signer panics | `signer.unavailable: panicked` |
//! | the runtime ends first | `signer.unavailable: cancelled`; nothing has left |

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use qaqpa_adapters::shep::{Signed, Unsigned};
use qaqpa_adapters::wsse::{Id, Security};
use qaqpa_proto::reason::Failure;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};
use uuid::Uuid;

use crate::refusal::NotDone;

/// Signer and pinned certificates of one channel, with a bound on concurrent signatures.
pub struct Signing {
    security: Arc<Security>,
    places: Arc<Semaphore>,
    patience: Duration,
}

impl Signing {
    /// Security with as many signatures at once as there are cores.
    #[must_use]
    pub fn new(security: Security) -> Self {
        let places = available_parallelism().map_or(1, NonZeroUsize::get);
        Self { security: Arc::new(security), places: Arc::new(Semaphore::new(places)), patience: PATIENCE }
    }

    /// The signer and the pinned certificates of the channel. Verifying stays on the worker: RSA takes less than the
    /// way to another thread and back is worth (all of room 13: 15-18 us; ECDSA was not measured). A suite that takes
    /// longer belongs here beside the signature.
    #[must_use]
    pub fn security(&self) -> &Security {
        &self.security
    }

    /// Signs a message; `id` becomes the id of its Body.
    ///
    /// # Errors
    /// `request.not_signable`, `signer.unavailable`. Nothing may be sent.
    pub async fn sign(&self, unsigned: Unsigned, id: Uuid) -> Result<Signed, NotDone> {
        match tokio::time::timeout(self.patience, self.in_its_place(unsigned, id)).await {
            Ok(signed) => signed,
            Err(_) => Err(unavailable("timeout")),
        }
    }

    async fn in_its_place(&self, unsigned: Unsigned, id: Uuid) -> Result<Signed, NotDone> {
        let place = self.places.clone().acquire_owned().await.map_err(|_| unavailable("cancelled"))?;
        let security = self.security.clone();
        let signing = spawn_blocking(move || {
            // Given back when the thread is free, not when its caller is tired of waiting: threads stay bounded.
            let _place = place;
            unsigned.sign(&security, Id::new(id))
        });
        // A crash during this await loses a message that nobody has seen: no intent is on record yet, nothing has left.
        Ok(signing.await.map_err(ended)??)
    }
}

/// Why a thread brought no signature.
fn ended(error: JoinError) -> NotDone {
    unavailable(if error.is_panic() { "panicked" } else { "cancelled" })
}

fn unavailable(word: &'static str) -> NotDone {
    NotDone::from(Failure::SignerUnavailable).detailed(word)
}

/// Timeout of a signature, with the wait for a place: 10 s. Longer than any token; shorter than a caller's patience.
const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use qaqpa_adapters::shep::{Channel, Message, Password, Sender};
    use qaqpa_adapters::wsse::{PinnedSigners, Sign, SignerUnavailable, Suite, suite};
    use qaqpa_proto::Contract;
    use qaqpa_proto::v1::Payload;

    use super::*;

    /// A signer with a will of its own.
    struct Device(fn() -> Result<Vec<u8>, SignerUnavailable>);

    impl Sign for Device {
        fn suite(&self) -> &'static dyn Suite {
            suite::by_uri("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256").unwrap()
        }
        fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SignerUnavailable> {
            self.0()
        }
        fn certificate_der(&self) -> &[u8] {
            &[]
        }
    }

    fn unsigned(payload: Payload, document: &str) -> Unsigned {
        let contract = Contract::embedded().unwrap();
        let mut operation = contract.operations().first().unwrap().clone();
        operation.payload = payload;
        let sender = Sender { id: "demo_sender".into(), password: Password::new("demo_password") };
        let date = "2026-03-02T05:15:30Z".parse().unwrap();
        Channel::Sync.write(&operation, &Message { id: "m-1", date, sender: &sender, document }).unwrap()
    }

    fn signing(device: fn() -> Result<Vec<u8>, SignerUnavailable>, patience: Duration) -> Signing {
        let pins = include_bytes!("../../../tests/vectors/signer-rsa-cert.pem");
        let security = Security::new(Box::new(Device(device)), PinnedSigners::from_pem(pins).unwrap());
        Signing { patience, ..Signing::new(security) }
    }

    #[tokio::test]
    async fn whose_fault_it_is_that_nothing_is_signed_is_told() {
        let good = || Ok(vec![7; 256]);
        for (wanted, payload, document, device) in [
            (Ok(()), Payload::Root, "<a></a>", good as fn() -> _),
            (Ok(()), Payload::XsiType, "<a></a>", good),
            (Err(("request.not_signable", None)), Payload::XsiType, "<a></b>", good),
            (Err(("request.not_signable", None)), Payload::XsiType, "<!DOCTYPE a>", good),
            (Err(("signer.unavailable", None)), Payload::Root, "<a></a>", || Err(SignerUnavailable)),
            (Err(("signer.unavailable", Some("panicked"))), Payload::Root, "<a></a>", || panic!("a device's driver")),
            (Err(("signer.unavailable", Some("timeout"))), Payload::Root, "<a></a>", || {
                std::thread::sleep(Duration::from_secs(4));
                Err(SignerUnavailable)
            }),
        ] {
            let signed = signing(device, Duration::from_secs(3)).sign(unsigned(payload, document), Uuid::nil()).await;
            let found = signed.map(|_| ()).map_err(|not_done| (not_done.reason.code(), not_done.detail));
            let wanted = wanted.map_err(|(reason, word)| (reason, word.map(str::to_owned)));
            assert_eq!(found, wanted, "{document}");
        }
    }

    #[tokio::test]
    async fn a_device_that_hangs_keeps_its_places_and_no_more_threads() {
        let slow = || {
            std::thread::sleep(Duration::from_millis(600));
            Ok(vec![7; 256])
        };
        let signing = signing(slow, Duration::from_millis(100));
        let places = signing.places.available_permits();
        for _ in 0..=places {
            assert!(signing.sign(unsigned(Payload::Root, "<a></a>"), Uuid::nil()).await.is_err());
        }
        assert_eq!(signing.places.available_permits(), 0, "as many threads hang as there are places");
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert_eq!(signing.places.available_permits(), places, "given back by the threads themselves");
    }
}
