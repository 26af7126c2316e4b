//! What signing costs at the least: SHA-256 with RSA-2048 over the octets of a SignedInfo, by the library the gateway uses.

use std::path::Path;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};
use qaqpa_adapters::pem;
use serde_json::{Value, json};

use crate::Outcome;
use crate::process::Process;

/// About what a SignedInfo has.
const SIGNED_INFO: [u8; 600] = [b'x'; 600];

pub(crate) fn run(key: &Path, window: Duration) -> Outcome<Value> {
    let key = pem::private_key(&std::fs::read(key)?)?;
    let pair = KeyPair::from_pkcs8(key.secret_der()).map_err(|_| "no RSA key in PKCS #8")?;
    let random = SystemRandom::new();
    let mut signature = vec![0; pair.public_modulus_len()];
    let sign_us = micros(window, || {
        pair.sign(&RSA_PKCS1_SHA256, &random, &SIGNED_INFO, &mut signature).map_err(|_| "signing failed".into())
    })?;
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &random, &SIGNED_INFO, &mut signature).map_err(|_| "signing failed")?;
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref());
    let verify_us = micros(window, || public.verify(&SIGNED_INFO, &signature).map_err(|_| "verifying failed".into()))?;
    Ok(json!({ "sign_us": sign_us, "verify_us": verify_us }))
}

/// CPU microseconds of one `act`.
fn micros(window: Duration, mut act: impl FnMut() -> Outcome<()>) -> Outcome<f64> {
    let process = Process::with_children(std::process::id())?;
    let (began, before) = (Instant::now(), process.cpu()?);
    let mut acts = 0_u32;
    while began.elapsed() < window {
        act()?;
        acts += 1;
    }
    Ok((process.cpu()? - before).as_secs_f64() * 1e6 / f64::from(acts))
}
