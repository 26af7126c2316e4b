//! `qaqpa audit`: what an auditor takes away, and how anybody checks it.
//!
//! `export` reads the journal beside a running gateway, up to its last checkpoint. When no gateway runs it also enters the
//! export into the journal; while one runs, that lane has one writer and the export says so.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use qaqpa_gateway::start::Environment;
use qaqpa_gateway::start::config::Config;
use qaqpa_gateway::start::recovery::{OpenFailed, open_journal};
use qaqpa_journal::export::{bundle, jsonl};
use qaqpa_journal::line::{Event, Phase};
use qaqpa_journal::verify::{Request, verify};
use qaqpa_journal::{Entry, Trust};

use super::{CONFIGURATION, ConfigFile, Format, failed, say, tell};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Export the journal's records
    Export(Export),
    /// Verify an export or a journal directory, offline. Exit code 0 valid, 1 tampered, 2 valid but trust incomplete,
    /// 3 unusable
    Verify(Verify),
}

#[derive(Debug, clap::Args)]
pub(super) struct Export {
    #[command(flatten)]
    config: ConfigFile,
    /// jsonl: the records, one a line, exactly as they were written. bundle: a zip with all it takes to verify them
    #[arg(long, value_enum, default_value = "bundle")]
    format: ExportFormat,
    /// First record, from 0
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// One past the last record; all when absent
    #[arg(long)]
    to: Option<u64>,
    /// File to write; `-` for standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    Jsonl,
    Bundle,
}

#[derive(Debug, clap::Args)]
pub(super) struct Verify {
    /// bundle.zip, records.jsonl, or a journal directory
    input: PathBuf,
    /// trust.toml: whose signatures count. Must have come by another way than the input
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// A checkpoint of the same lane that you kept earlier; the journal must be its continuation
    #[arg(long, value_name = "FILE")]
    previous: Vec<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(super) async fn run(command: Command, environment: &Environment) -> ExitCode {
    match command {
        Command::Export(arguments) => match export(&arguments, environment).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&error, CONFIGURATION),
        },
        Command::Verify(arguments) => check(&arguments),
    }
}

async fn export(arguments: &Export, environment: &Environment) -> Result<(), String> {
    let (config, _) = Config::read(&arguments.config.path)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    enter(&config, arguments, environment).await?;
    let directory = &config.journal.directory;
    if arguments.out == Path::new("-") {
        return write(arguments, directory, &mut io::stdout().lock());
    }
    let mut file =
        std::fs::File::create(&arguments.out).map_err(|error| format!("{}: {error}", arguments.out.display()))?;
    write(arguments, directory, &mut file)?;
    file.sync_all().map_err(|error| error.to_string())
}

fn write(arguments: &Export, directory: &Path, out: &mut dyn Write) -> Result<(), String> {
    let range =
        (arguments.from > 0 || arguments.to.is_some()).then(|| arguments.from..arguments.to.unwrap_or(u64::MAX));
    let exported = match arguments.format {
        ExportFormat::Jsonl => jsonl(directory, range, out),
        ExportFormat::Bundle => bundle(directory, range, out),
    };
    let exported = exported.map_err(|error| error.to_string())?;
    tell(&format!("records {}..{} of lane {}", exported.range.start, exported.range.end, exported.origin));
    Ok(())
}

/// Enters the export into the journal, unless a running gateway holds it.
async fn enter(config: &Config, arguments: &Export, environment: &Environment) -> Result<(), String> {
    let journal = match open_journal(&config.journal) {
        Ok((journal, _)) => journal,
        Err(OpenFailed::InUse) => {
            tell(
                "a gateway is running on this journal: exported up to its last checkpoint; the export itself is not entered",
            );
            return Ok(());
        }
        Err(error) => return Err(error.to_string()),
    };
    let to = arguments.to.map_or("end".to_owned(), |to| to.to_string());
    let facts = [
        ("format", format!("{:?}", arguments.format).to_lowercase()),
        ("from", arguments.from.to_string()),
        ("to", to),
    ];
    let event = Event::new(Phase::Export, environment.clock.now(), "audit_export", facts);
    let entered = Entry::of(&event, None).map_err(|error| error.to_string())?;
    journal.append(entered).await.map_err(|error| error.to_string())?;
    journal.close();
    Ok(())
}

fn check(arguments: &Verify) -> ExitCode {
    let (trust, previous) = match beliefs(arguments) {
        Ok(beliefs) => beliefs,
        Err(error) => return failed(&error, UNUSABLE),
    };
    let report = verify(&Request { trust: trust.as_ref(), previous: &previous, ..Request::new(&arguments.input) });
    match arguments.format {
        Format::Text => say(report.to_string().trim_end()),
        Format::Json => say(&serde_json::to_string(&report).unwrap_or_default()),
    }
    ExitCode::from(report.verdict().exit_code())
}

/// What the auditor brought along: whom to trust, and earlier checkpoints.
fn beliefs(arguments: &Verify) -> Result<(Option<Trust>, Vec<Vec<u8>>), String> {
    let read = |path: &PathBuf| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let trust = arguments.trust.as_ref().map(|path| {
        let text = String::from_utf8(read(path)?).map_err(|_| format!("{}: it is not UTF-8", path.display()))?;
        Trust::parse(&text).map_err(|error| format!("{}: {error}", path.display()))
    });
    Ok((trust.transpose()?, arguments.previous.iter().map(read).collect::<Result<_, _>>()?))
}

/// Fourth exit code of `audit verify`.
const UNUSABLE: u8 = 3;
