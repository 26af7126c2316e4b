//! How a command reaches a gateway, and how it ends: flags, refusals, exit codes, formats.
//!
//! ```text
//! --gateway https://gateway:8443 --ca ca.pem --certificate officer.pem --key officer.key --language ru
//! 0 done, 1 the gateway refused, 65 something given cannot be used, 69 the gateway does not answer
//! ```

use std::path::PathBuf;
use std::process::ExitCode;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use qaqpa_gateway::start::Environment;
use qaqpa_proto::DESCRIPTOR_SET;
use qaqpa_proto::language::Language;
use serde_json::Value;
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::client::{Access, Client};
use crate::{DialArgs, INPUT, failed, language, say, tell};

/// Which gateway, as whom, in which language.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Connection {
    /// Gateway, `https://host:port`
    #[arg(long, value_name = "URL")]
    gateway: String,
    /// Roots of the gateway's certificate, PEM
    #[arg(long, value_name = "FILE")]
    ca: PathBuf,
    /// Client certificate, PEM
    #[arg(long, value_name = "FILE")]
    certificate: PathBuf,
    /// Key of the client certificate, PEM
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Language of what is printed and of refusals
    #[arg(long, default_value_t, value_parser = language::tag())]
    language: Language,
    #[command(flatten)]
    dial: DialArgs,
}

impl Connection {
    pub(crate) fn open(&self, environment: &Environment) -> Result<Client, Failure> {
        let certificate = Some((self.certificate.as_path(), self.key.as_path()));
        let access = Access { url: &self.gateway, ca: &self.ca, certificate, dial: &self.dial };
        let client = Client::new(&access, environment).map_err(Failure::Unusable)?;
        Ok(client.speaking(self.language))
    }

    pub(crate) fn language(&self) -> Language {
        self.language
    }
}

/// Why a command did not do what it was asked for.
pub(crate) enum Failure {
    /// The gateway said no, or did not answer.
    Status(Box<Status>),
    /// Something that was given cannot be used.
    Unusable(String),
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Status(Box::new(status))
    }
}

impl From<String> for Failure {
    fn from(sentence: String) -> Self {
        Self::Unusable(sentence)
    }
}

impl Failure {
    /// Tells why, with the fields at fault and the id under which the journal has it.
    pub(crate) fn end(&self) -> ExitCode {
        let status = match self {
            Self::Unusable(sentence) => return failed(sentence, INPUT),
            Self::Status(status) => status,
        };
        let details = status.get_error_details();
        let Some(explained) = details.error_info() else { return failed(status.message(), NO_ANSWER) };
        let ended = failed(status.message(), REFUSED);
        for field in details.bad_request().iter().flat_map(|bad| &bad.field_violations) {
            tell(&format!("  {}: {}", field.field, field.description));
        }
        if let Some(exchange) = explained.metadata.get("exchange_id") {
            tell(&format!("  {exchange}"));
        }
        ended
    }
}

/// The exit code of what was done, or of why it was not.
pub(crate) fn ended(done: Result<(), Failure>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.end(),
    }
}

/// How JSON keys are spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// As in the .proto: `exchange_id`.
    Proto,
    /// As proto's JSON has them: `totalUsages`.
    Camel,
}

/// A reply as protobuf's JSON, with every key of its message but those of absent moments and messages; `name` is its full name.
pub(crate) fn json(name: &str, message: &impl Message, keys: Keys) -> Value {
    let shown = || {
        let pool = DescriptorPool::decode(DESCRIPTOR_SET).ok()?;
        let described = pool.get_message_by_name(name)?;
        let message = DynamicMessage::decode(described, message.encode_to_vec().as_slice()).ok()?;
        let options = SerializeOptions::new()
            .skip_default_fields(false)
            .stringify_64_bit_integers(false)
            .use_proto_field_name(keys == Keys::Proto);
        message.serialize_with_options(serde_json::value::Serializer, &options).ok()
    };
    shown().unwrap_or_default()
}

/// Prints JSON, indented.
pub(crate) fn say_json(value: &Value) {
    say(&serde_json::to_string_pretty(value).unwrap_or_default());
}

const REFUSED: u8 = 1;
/// The gateway does not answer, sysexits.h `EX_UNAVAILABLE`.
const NO_ANSWER: u8 = 69;
