//! `qaqpa sync FILE`: a file of students through a gateway, one exchange per row.
//!
//! Rows are CSV with a header (`iin,surname,...,group_external_id,...`; dotted paths where a name is not unique) or JSON,
//! one `SyncStudentsRequest` a line. Each row has a request id, its own or a digest of the row, and what went through is
//! noted in `FILE.done`: run the same command again after an interruption and only the rest is sent. Refused rows go to
//! `FILE.refused.csv` or `.jsonl` with the reason, ready to be corrected and sent by the same command.

mod rows;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use qaqpa_gateway::start::Environment;
use qaqpa_proto::avtoshkola::v1::SyncStudentsRequest;
use qaqpa_proto::language::Language;
use qaqpa_proto::reason;
use qaqpa_proto::v1::Context;
use tonic_types::StatusExt as _;

use self::rows::{Row, Rows};
use super::{DialArgs, INPUT, failed, language, say, tell};
use crate::client::{Access, Client};
use crate::not_done::NotDone;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// CSV or JSONL of students
    file: PathBuf,
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
    /// Purpose of the operator's policy
    #[arg(long, default_value = "state-exchange")]
    purpose: String,
    /// BIN of the school
    #[arg(long, value_name = "BIN", default_value = "")]
    on_behalf_of: String,
    /// Language of refusals: kk, ru or en
    #[arg(long, default_value_t, value_parser = language::accepted)]
    language: Language,
    #[command(flatten)]
    dial: DialArgs,
}

/// Refusals that waiting cures are tried again this often.
const PASSES: u32 = 3;
/// Longest wait between passes; beyond it the rows are left for the next run.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

pub(super) async fn run(arguments: Arguments, environment: Environment) -> ExitCode {
    let client = match client(&arguments, &environment) {
        Ok(client) => client,
        Err(error) => return failed(&error, INPUT),
    };
    let rows = match Rows::read(&arguments.file) {
        Ok(rows) => rows,
        Err(error) => return failed(&format!("{}: {error}", arguments.file.display()), INPUT),
    };
    match sync(&arguments, &client, rows).await {
        Ok(summary) => {
            say(&summary.to_string());
            if summary.refused + summary.unanswered == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => failed(&error, INPUT),
    }
}

fn client(arguments: &Arguments, environment: &Environment) -> Result<Client, String> {
    let access = Access {
        url: &arguments.gateway,
        ca: &arguments.ca,
        certificate: Some((&arguments.certificate, &arguments.key)),
        dial: &arguments.dial,
    };
    Ok(Client::new(&access, environment)?.speaking(arguments.language))
}

#[derive(Debug, Default)]
struct Summary {
    already: usize,
    sent: usize,
    refused: usize,
    unanswered: usize,
    reasons: BTreeMap<String, usize>,
    refused_file: PathBuf,
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} sent, {} done before, {} refused, {} unanswered",
            self.sent, self.already, self.refused, self.unanswered
        )?;
        for (reason, count) in &self.reasons {
            write!(f, "\n  {count} {reason}")?;
        }
        if self.refused > 0 {
            write!(f, "\nrefused rows: {}", self.refused_file.display())?;
        }
        if self.unanswered > 0 {
            write!(f, "\nthe connection ended early; run the same command again to send the rest")?;
        }
        Ok(())
    }
}

async fn sync(arguments: &Arguments, client: &Client, rows: Rows) -> Result<Summary, String> {
    let done_file = beside(&arguments.file, "done");
    let done = read_done(&done_file).map_err(|error| format!("{}: {error}", done_file.display()))?;
    let mut summary = Summary { refused_file: beside(&arguments.file, rows.refused_extension()), ..Summary::default() };
    let mut pending: HashMap<String, Row> =
        rows.rows().iter().map(|row| (row.request_id.clone(), row.clone())).collect();
    pending.retain(|id, _| !done.contains(id));
    summary.already = rows.rows().len() - pending.len();
    let mut notes = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&done_file)
        .map_err(|error| format!("{}: {error}", done_file.display()))?;
    let mut refused: Vec<(Row, NotDone)> = rows.unreadable().to_vec();
    let bar = progress(pending.len());
    for pass in 1..=PASSES {
        let wait = one_pass(arguments, client, &mut pending, &mut refused, &mut notes, &mut summary, &bar).await?;
        match wait {
            Some(wait) if pass < PASSES && wait <= LONGEST_WAIT => tokio::time::sleep(wait).await,
            _ => break,
        }
        let (again, rest): (Vec<_>, Vec<_>) =
            refused.into_iter().partition(|(_, refusal)| !refusal.retry_after.is_zero());
        pending.extend(again.into_iter().map(|(row, _)| (row.request_id.clone(), row)));
        refused = rest;
    }
    bar.finish_and_clear();
    notes.sync_all().map_err(|error| error.to_string())?;
    summary.refused = refused.len();
    summary.unanswered = pending.len();
    for (_, refusal) in &refused {
        *summary.reasons.entry(format!("{}: {}", refusal.reason, refusal.message)).or_default() += 1;
    }
    rows.write_refused(&summary.refused_file, &refused)
        .map_err(|error| format!("{}: {error}", summary.refused_file.display()))?;
    Ok(summary)
}

/// Sends what is pending; returns the longest wait that a refusal asked for.
async fn one_pass(
    arguments: &Arguments,
    client: &Client,
    pending: &mut HashMap<String, Row>,
    refused: &mut Vec<(Row, NotDone)>,
    notes: &mut File,
    summary: &mut Summary,
    bar: &ProgressBar,
) -> Result<Option<Duration>, String> {
    let mut order: Vec<&Row> = pending.values().collect();
    order.sort_by_key(|row| row.line);
    let requests: Vec<SyncStudentsRequest> = order.into_iter().map(|row| with_context(row, arguments)).collect();
    let mut replies = match client.sync_students(futures_util::stream::iter(requests)).await {
        Ok(replies) => replies,
        // Beyond its quota a caller gets no stream: nothing was sent, and the rows stay for the next pass.
        Err(status) => {
            let wait = status.get_details_retry_info().and_then(|info| info.retry_delay);
            return wait.map(Some).ok_or_else(|| status.message().to_owned());
        }
    };
    let mut wait = None;
    loop {
        let reply = match replies.message().await {
            Ok(Some(reply)) => reply,
            Ok(None) => return Ok(wait),
            Err(status) => {
                tell(&format!("qaqpa: {}", status.message()));
                return Ok(None);
            }
        };
        let receipt = reply.receipt.unwrap_or_default();
        let Some(row) = pending.remove(&receipt.request_id) else { continue };
        bar.inc(1);
        match receipt.error.map(NotDone::from) {
            // It went through in an earlier run whose note was lost.
            Some(refusal) if refusal.reason == reason::Refusal::RequestDuplicate.code() => {
                note(notes, &row, &mut summary.already)?
            }
            Some(refusal) => {
                wait = wait.max(Some(refusal.retry_after).filter(|asked| !asked.is_zero()));
                refused.push((row, refusal));
            }
            None => note(notes, &row, &mut summary.sent)?,
        }
    }
}

fn note(notes: &mut File, row: &Row, count: &mut usize) -> Result<(), String> {
    *count += 1;
    writeln!(notes, "{}", row.request_id)
        .map_err(|error| format!("the note of what is done cannot be written: {error}"))
}

fn with_context(row: &Row, arguments: &Arguments) -> SyncStudentsRequest {
    let context = Context {
        purpose: arguments.purpose.clone(),
        on_behalf_of: arguments.on_behalf_of.clone(),
        request_id: row.request_id.clone(),
        ..Context::default()
    };
    SyncStudentsRequest { context: Some(context), ..row.request.clone() }
}

fn beside(file: &Path, extension: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

fn read_done(path: &Path) -> io::Result<HashSet<String>> {
    match File::open(path) {
        Ok(file) => io::BufReader::new(file).lines().collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(HashSet::new()),
        Err(error) => Err(error),
    }
}

fn progress(length: usize) -> ProgressBar {
    let bar = ProgressBar::new(length as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} students, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    bar
}
