//! `qaqpa subject report`: every exchange about a person, for the person.
//!
//! Asks the gateway page by page and writes one document: a page to read, text, JSON, or the names of Estonia's usage
//! protocol. The person's number goes to the gateway and nowhere else; a file that is written is its owner's alone.
//!
//! ```text
//! qaqpa subject report --iin --from 2026-11-01 --format html --language kk --output report.html ...
//! ```

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use qaqpa_gateway::start::Environment;
use qaqpa_papers::printed::{Document, PrintedTable};
use qaqpa_proto::language::text;
use qaqpa_proto::subject::v1::{FindUsageRequest, FindUsageResponse, ReportRequest, ReportResponse};

use super::connection::{Connection, Failure, Keys, json};
use super::names::Names;
use super::number::{self, Number, Whose};
use super::page::{self, Report};
use super::period::Period;
use super::told;
use crate::client::Client;
use crate::{say, tell};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Ask for the person's IIN: at the terminal, else the first line of standard input
    #[arg(long, required = true)]
    iin: bool,
    #[command(flatten)]
    period: Period,
    /// html: a page for the person. text: for a terminal. json: for programs. estonia: findUsage of Estonia's Data Tracker
    #[arg(long, value_enum, default_value = "text")]
    format: Form,
    /// File to write, readable for its owner alone; `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Pack to take names from; that of the same operator which came with this binary, when absent
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Html,
    Text,
    Json,
    Estonia,
}

pub(super) async fn run(arguments: &Arguments, environment: &Environment) -> Result<(), Failure> {
    let language = arguments.connection.language();
    // Before the number is asked for: a pack that is none should not cost the typing.
    Names::new(arguments.policy.as_deref(), None, language)?;
    let client = arguments.connection.open(environment)?;
    let number = number::ask(Whose::Subject, language)?;
    let text = match arguments.format {
        Form::Estonia => pretty(&find_usage(&client, &number, &arguments.period).await?),
        form => {
            let reply = all(&client, &number, &arguments.period).await?;
            let operator = reply.entries.first().map(|usage| usage.operator.as_str());
            let names = Names::new(arguments.policy.as_deref(), operator, language)?;
            let made = environment.clock.now();
            let report = Report { reply: &reply, period: arguments.period, made, names: &names };
            match form {
                Form::Html => page::page(&report),
                Form::Json => pretty(&merged(&reply)),
                Form::Text | Form::Estonia => document(&report).text(),
            }
        }
    };
    write(&arguments.output, &text)?;
    Ok(())
}

/// All pages as one reply. What happens in between moves the pages; an exchange is still told once.
async fn all(client: &Client, number: &Number, period: &Period) -> Result<ReportResponse, Failure> {
    let (from, to) = period.stamps();
    let (mut whole, mut seen) = (ReportResponse::default(), HashSet::new());
    let mut page_token = String::new();
    loop {
        let request = ReportRequest { iin: number.text(), from, to, page_size: PAGE, page_token };
        let reply: ReportResponse = client.call(REPORT, request).await?;
        whole.journal = reply.journal;
        whole.entries.extend(reply.entries.into_iter().filter(|usage| seen.insert(usage.exchange_id.clone())));
        if reply.next_page_token.is_empty() {
            return Ok(whole);
        }
        page_token = reply.next_page_token;
    }
}

async fn find_usage(client: &Client, number: &Number, period: &Period) -> Result<serde_json::Value, Failure> {
    let (period_start, period_end) = period.inclusive();
    let mut whole = FindUsageResponse::default();
    loop {
        let request = FindUsageRequest {
            user_code: number.text(),
            period_start,
            period_end,
            offset: u32::try_from(whole.usages.len()).unwrap_or(u32::MAX),
            limit: PAGE,
        };
        let reply: FindUsageResponse = client.call(FIND_USAGE, request).await?;
        whole.total_usages = reply.total_usages;
        let is_last = reply.usages.is_empty();
        whole.usages.extend(reply.usages);
        if is_last || u64::try_from(whole.usages.len()).is_ok_and(|known| known >= whole.total_usages) {
            return Ok(json("qaqpa.subject.v1.FindUsageResponse", &whole, Keys::Camel));
        }
    }
}

/// The reply's own keys; pages are the command's business.
pub(super) fn merged(reply: &ReportResponse) -> serde_json::Value {
    let mut value = json("qaqpa.subject.v1.ReportResponse", reply, Keys::Proto);
    if let Some(keys) = value.as_object_mut() {
        keys.remove("next_page_token");
    }
    value
}

/// For a terminal.
pub(super) fn document(report: &Report<'_>) -> Document {
    let (names, reply) = (report.names, report.reply);
    let operator = names.operator().map(str::to_owned);
    let operator = operator.or_else(|| reply.entries.first().map(|usage| usage.operator.clone()));
    let mut facts: Vec<(String, String)> =
        operator.map(|operator| (names.say(page::OPERATOR).to_owned(), operator)).into_iter().collect();
    facts.push((names.say(text("Кезең", "Период", "Period")).to_owned(), page::period(report)));
    let title = names.say(page::TITLE).to_owned();
    if reply.entries.is_empty() {
        facts.push((String::new(), names.say(page::NOTHING).to_owned()));
        return Document { title, facts, tables: Vec::new() };
    }
    let count = reply.entries.len().to_string();
    facts.push((names.say(text("Алмасу", "Обменов", "Exchanges")).to_owned(), count));
    let tables = reply.entries.iter().map(|usage| {
        let mut table =
            PrintedTable::new("", [names.moment(usage.at.as_ref()).as_str(), names.purpose(&usage.purpose).as_str()]);
        let lines =
            |lines: Vec<String>| if lines.is_empty() { names.say(page::NONE).to_owned() } else { lines.join("\n") };
        let moved = |fields| lines(told::moved(fields, names).iter().map(told::Moved::words).collect());
        let basis: Vec<String> =
            std::iter::once(names.legal_basis(&usage.legal_basis)).chain(told::clauses(usage, names)).collect();
        for (name, value) in [
            (page::BASIS, basis.join("\n")),
            (page::CONSENT, told::consent(usage, names)),
            (page::ASKED, page::asked(usage, names)),
            (page::RECEIVER, names.system(&usage.system)),
            (page::WENT, moved(&usage.request_fields)),
            (page::CAME, moved(&usage.reply_fields)),
            (page::STAYED, lines(told::withheld(&usage.withheld, names))),
            (page::OUTCOME, told::outcome(usage, names).to_owned()),
        ] {
            table.rows.push(vec![names.say(name).to_owned(), value]);
        }
        table.rows.push(vec!["id".to_owned(), usage.exchange_id.clone()]);
        table
    });
    Document { title, facts, tables: tables.collect() }
}

fn pretty(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

fn write(output: &Path, text: &str) -> Result<(), String> {
    if output == Path::new("-") {
        say(text.trim_end());
        return Ok(());
    }
    let unwritable = |error: std::io::Error| format!("{}: {error}", output.display());
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(output);
    file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all())).map_err(unwritable)?;
    tell(&format!("{}", output.display()));
    Ok(())
}

const REPORT: &str = "/qaqpa.subject.v1.Subjects/Report";
const FIND_USAGE: &str = "/qaqpa.subject.v1.Subjects/FindUsage";
/// Exchanges asked for at a time; the gateway gives no more.
const PAGE: u32 = 1_000;
