//! `qaqpa consent give`: records a consent.
//!
//! The document that proves it stays where it is: its SHA-256 is computed here and only that is sent. A token of the state's
//! access control is read from files, since an argument is seen by others.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use clap::ValueEnum;
use jiff::{SignedDuration, Timestamp};
use qaqpa_gateway::start::Environment;
use qaqpa_policy::category;
use qaqpa_proto::consent::v1 as wire;
use qaqpa_proto::consent::v1::give_request::End;
use qaqpa_proto::moment::{lasting, stamp};
use qaqpa_proto::v1::Category;

use super::{How, shown};
use crate::subject::connection::{Failure, Keys, json};
use crate::subject::number::{self, Whose};
use crate::subject::period;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Ask for the IIN of the person whose data it is about
    #[arg(long, required = true)]
    iin: bool,
    /// Ask for the IIN of the parent or guardian who gave it for a minor, after the person's
    #[arg(long)]
    guardian: bool,
    /// Purpose of the operator's policy; may be given more than once
    #[arg(long = "purpose", value_name = "ID", required = true)]
    purposes: Vec<String>,
    /// Only this kind of data; all that the purposes need when absent
    #[arg(long = "category", value_name = "NAME", value_parser = kind_of_data)]
    categories: Vec<Category>,
    /// Only this system; all that the purposes reach when absent
    #[arg(long = "recipient", value_name = "ID")]
    recipients: Vec<String>,
    /// How it was given
    #[arg(long, value_enum)]
    form: Form,
    /// When it was given, a day or a moment; now when absent
    #[arg(long, value_name = "WHEN", value_parser = |text: &str| period::moment(text, false))]
    given_at: Option<Timestamp>,
    /// When it ends, a day (all of it) or a moment
    #[arg(long, value_name = "WHEN", value_parser = |text: &str| period::moment(text, true), conflicts_with = "days")]
    expires_at: Option<Timestamp>,
    /// For how many days it is given
    #[arg(long, value_name = "N")]
    days: Option<u32>,
    /// Document that proves it; only its digest is sent
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
    /// Your own number of the document
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reference: String,
    /// File with the token of the state's access control (KDP), reply element `code`
    #[arg(long, value_name = "FILE", requires = "kdp_public_key")]
    kdp_token: Option<PathBuf>,
    /// File with its public key, reply element `public-key`
    #[arg(long, value_name = "FILE", requires = "kdp_token")]
    kdp_public_key: Option<PathBuf>,
    /// BIN of the organisation for which it was given; the operator itself when absent
    #[arg(long, value_name = "BIN", default_value = "", hide_default_value = true)]
    on_behalf_of: String,
    /// The same id gives the same consent, however often it is sent
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    request_id: String,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Written,
    Electronic,
    #[value(name = "sms-1414")]
    Sms1414,
    Kdp,
}

pub(super) async fn run(arguments: &Arguments, environment: &Environment) -> Result<(), Failure> {
    let how = &arguments.how;
    let (client, names) = (how.connection.open(environment)?, how.names()?);
    // Files first: one that is missing should not cost the typing.
    let evidence = arguments.evidence.as_deref().map(digest).transpose()?.unwrap_or_default();
    let kdp = token(arguments)?;
    let iin = number::ask(Whose::Subject, names.language())?;
    let guardian = arguments.guardian.then(|| number::ask(Whose::Guardian, names.language())).transpose()?;
    let request = wire::GiveRequest {
        iin: iin.text(),
        guardian_iin: guardian.map(|guardian| guardian.text()).unwrap_or_default(),
        purposes: arguments.purposes.clone(),
        categories: arguments.categories.iter().map(|category| (*category).into()).collect(),
        recipients: arguments.recipients.clone(),
        form: arguments.form.wire().into(),
        given_at: Some(stamp(arguments.given_at.unwrap_or_else(|| environment.clock.now()))),
        end: arguments.end(),
        evidence_sha256: evidence,
        reference: arguments.reference.clone(),
        kdp,
        on_behalf_of: arguments.on_behalf_of.clone(),
        request_id: arguments.request_id.clone(),
    };
    let reply: wire::GiveResponse = client.call(GIVE, request).await?;
    let value = json("qaqpa.consent.v1.GiveResponse", &reply, Keys::Proto);
    how.print(&value, || shown(&reply.consent.unwrap_or_default(), &names).text());
    Ok(())
}

impl Arguments {
    fn end(&self) -> Option<End> {
        let days = |days: u32| End::Term(lasting(SignedDuration::from_hours(24 * i64::from(days))));
        self.expires_at.map(|end| End::ExpiresAt(stamp(end))).or_else(|| self.days.map(days))
    }
}

impl Form {
    fn wire(self) -> wire::Form {
        match self {
            Self::Written => wire::Form::Written,
            Self::Electronic => wire::Form::Electronic,
            Self::Sms1414 => wire::Form::Sms1414,
            Self::Kdp => wire::Form::Kdp,
        }
    }
}

/// As packs spell it: `birth_date`.
fn kind_of_data(name: &str) -> Result<Category, String> {
    category::ruled(name).ok_or_else(|| "no kind of data has this name; `qaqpa policy explain` shows them".to_owned())
}

/// SHA-256 of a file, 32 bytes.
fn digest(file: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("{}: {error}", file.display());
    let mut input = File::open(file).map_err(unreadable)?;
    let (mut context, mut chunk) = (Context::new(&SHA256), vec![0; CHUNK]);
    loop {
        let read = input.read(&mut chunk).map_err(unreadable)?;
        match chunk.get(..read) {
            None | Some([]) => return Ok(context.finish().as_ref().to_vec()),
            Some(bytes) => context.update(bytes),
        }
    }
}

fn token(arguments: &Arguments) -> Result<Option<wire::KdpToken>, String> {
    let (Some(token), Some(public_key)) = (&arguments.kdp_token, &arguments.kdp_public_key) else { return Ok(None) };
    let read = |file: &Path| {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok::<String, String>(text.split_whitespace().collect())
    };
    Ok(Some(wire::KdpToken { token: read(token)?, public_key: read(public_key)? }))
}

const GIVE: &str = "/qaqpa.consent.v1.Consents/Give";
/// Bytes read at a time.
const CHUNK: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_a_document() {
        let directory = tempfile::tempdir().unwrap();
        for (wanted, content) in [
            ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Vec::new()), // FIPS 180-4, empty
            ("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", b"abc".to_vec()),
            ("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", vec![b'a'; 1_000_000]),
        ] {
            let file = directory.path().join("document");
            std::fs::write(&file, content).unwrap();
            assert_eq!(hex::encode(digest(&file).unwrap()), wanted);
        }
        assert!(digest(&directory.path().join("missing")).is_err());
    }
}
