//! The signature at the command line, for the comparison with other implementations (`tests/interop/test_wsse.py`).
//!
//! ```text
//! wsse sign   CERT KEY [issuer-serial]  < content > envelope       content is canonical text
//! wsse slow   CERT KEY [issuer-serial]  < content > envelope       content is any well-formed text
//! wsse verify NOW CERT...               < envelope                 NOW in Unix seconds; exit 1 and the code on stdout if refused
//! ```

use std::io::{Read, Write};
use std::process::ExitCode;

use qaqpa_adapters::wsse::{self, Id, KeyInfo, Layout, PinnedSigners, Signer};
use qaqpa_adapters::xml::{Document, text};

type Outcome = Result<String, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut input = Vec::new();
    let outcome = std::io::stdin().read_to_end(&mut input).map_err(Into::into).and_then(|_| match words.as_slice() {
        ["sign", certificate, key, rest @ ..] => sign(certificate, key, rest, &input, true),
        ["slow", certificate, key, rest @ ..] => sign(certificate, key, rest, &input, false),
        ["verify", now, certificates @ ..] => verify(now, certificates, &input),
        _ => Err("usage: wsse sign|slow CERT KEY [issuer-serial] | verify NOW CERT...".into()),
    });
    let (text, code) = match outcome {
        Ok(text) => (text, ExitCode::SUCCESS),
        Err(error) => (error.to_string(), ExitCode::FAILURE),
    };
    let written = std::io::stdout().lock().write_all(text.as_bytes());
    written.map_or(ExitCode::FAILURE, |()| code)
}

fn sign(certificate: &str, key: &str, rest: &[&str], content: &[u8], is_canonical: bool) -> Outcome {
    let signer = Signer::from_pem(&std::fs::read(certificate)?, &std::fs::read(key)?)?;
    let content = std::str::from_utf8(content)?;
    let key_info = if rest == ["issuer-serial"] { KeyInfo::IssuerSerial } else { KeyInfo::KeyIdentifier };
    let layout = Layout { key_info, ..Layout::request(Id::new(uuid::Uuid::nil())) };
    if is_canonical {
        Ok(wsse::envelope_with(content, &layout, &signer)?)
    } else {
        Ok(wsse::envelope_parsed(content, &layout, &signer)?)
    }
}

fn verify(now: &str, certificates: &[&str], envelope: &[u8]) -> Outcome {
    let mut pem = Vec::new();
    for path in certificates {
        pem.extend(std::fs::read(path)?);
    }
    let pinned = PinnedSigners::from_pem(&pem)?;
    let text = text::decode(envelope, None).map_err(text::NotText::code)?;
    let document = Document::parse(&text).map_err(|refused| refused.code())?;
    let verified = wsse::verify(&document, &pinned, now.parse()?).map_err(wsse::NotAuthentic::code)?;
    Ok(format!("verified {}", verified.certificate_serial().unwrap_or_default()))
}
