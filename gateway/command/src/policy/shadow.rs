//! `qaqpa policy shadow NEW.yaml`: a pending pack beside the live one, at a running gateway, until time or number is up.
//!
//! The live pack alone decides; only field paths are compared and counted. Ctrl-C ends the run and keeps what was seen. Exit
//! code 1 when anything widens. A form that changes counts as widening, since a report does not say which of two is coarser.
//!
//! ```text
//! qaqpa policy shadow avtomektep-2027.yaml --for 10m --exchanges 1000 --gateway https://gateway:8443 ... (role admin)
//! ```

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use qaqpa_gateway::start::Environment;
use qaqpa_papers::printed::{Document, PrintedTable};
use qaqpa_proto::language::text;
use qaqpa_proto::moment::lasting;
use qaqpa_proto::policy::v1::{Change, ChangeKind, Direction, ShadowRequest, ShadowResponse};
use tonic::Streaming;

use super::Finding;
use crate::subject::connection::{Connection, Failure, Keys, json, say_json};
use crate::subject::names::Names;
use crate::{Format, say};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The pending pack
    pack: PathBuf,
    /// For how long, `90s`, `10m`, `2h`; a day at most
    #[arg(long = "for", value_name = "TIME", default_value = "10m", value_parser = duration)]
    duration: SignedDuration,
    /// How many exchanges at most; 0: as many as there are in that time
    #[arg(long, value_name = "N", default_value_t = 0)]
    exchanges: u64,
    /// text: a table, renewed every second on a terminal. json: the last report
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(arguments: &Arguments, environment: &Environment) -> Result<Finding, Failure> {
    let names = Names::new(Some(&arguments.pack), None, arguments.connection.language())?;
    let operator = names.pack().map(|pack| pack.id().to_owned()).unwrap_or_default();
    let pack_yaml = read(&arguments.pack)?;
    let client = arguments.connection.open(environment)?;
    let duration = Some(lasting(arguments.duration));
    let request = ShadowRequest { pack_yaml, operator, duration, max_exchanges: arguments.exchanges };
    let reports = client.listen::<_, ShadowResponse>(SHADOW, request).await?;
    let live = arguments.format == Format::Text && io::stdout().is_terminal();
    let last = last(reports, live.then_some(&names)).await?;
    match arguments.format {
        Format::Json => say_json(&json("qaqpa.policy.v1.ShadowResponse", &last, Keys::Proto)),
        Format::Text => show(&last, &names, live),
    }
    Ok(Finding::when(last.changes.iter().any(widens)))
}

fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

/// The last report: of a run that is over, or that was ended from here.
async fn last(mut reports: Streaming<ShadowResponse>, live: Option<&Names>) -> Result<ShadowResponse, Failure> {
    let mut last = ShadowResponse::default();
    loop {
        let next = tokio::select! {
            next = reports.message() => next?,
            _ = tokio::signal::ctrl_c() => return Ok(last),
        };
        let Some(report) = next else { return Ok(last) };
        if let Some(names) = live {
            show(&report, names, true);
        }
        last = report;
        if last.done {
            return Ok(last);
        }
    }
}

fn show(report: &ShadowResponse, names: &Names, live: bool) {
    let clear = if live { CLEAR } else { "" };
    say(&format!("{clear}{}", document(report, names).text().trim_end()));
}

fn document(report: &ShadowResponse, names: &Names) -> Document {
    let title = names.say(text(
        "Жаңа пакет қолданыстағының қасында",
        "Новый пакет рядом с действующим",
        "Pending pack beside the live one",
    ));
    let short = |sha256: &str| sha256.get(..12).unwrap_or(sha256).to_owned();
    let mut facts = vec![
        (names.say(text("Алмасу көрілді", "Обменов просмотрено", "Exchanges seen")), report.exchanges_seen.to_string()),
        (names.say(text("Өзгерер еді", "Изменилось бы", "Would change")), report.exchanges_changed.to_string()),
        (
            names.say(text("Пакеттер (SHA-256)", "Пакеты (SHA-256)", "Packs (SHA-256)")),
            format!("{} → {}", short(&report.live_sha256), short(&report.pending_sha256)),
        ),
    ];
    if !report.done {
        facts.push((
            names.say(text("Күйі", "Состояние", "State")),
            names.say(text("жүріп жатыр", "идёт", "under way")).to_owned(),
        ));
    }
    let mut table = PrintedTable::new(
        "",
        [
            "",
            names.say(text("Өзгеріс", "Изменение", "Change")),
            names.say(text("Операция", "Операция", "Operation")),
            names.say(text("Мақсат", "Цель", "Purpose")),
            names.say(text("Өріс", "Поле", "Field")),
            names.say(text("Алмасу", "Обменов", "Exchanges")),
        ],
    );
    table.rows = report.changes.iter().map(|change| row(change, names)).collect();
    let tables = if table.rows.is_empty() { Vec::new() } else { vec![table] };
    let facts = facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Document { title: title.to_owned(), facts, tables }
}

fn row(change: &Change, names: &Names) -> Vec<String> {
    let way = match change.direction() {
        Direction::Request => "→ ",
        Direction::Reply => "← ",
        Direction::Unspecified => "",
    };
    let field = if change.path.is_empty() { change.code.clone() } else { format!("{way}{}", change.path) };
    vec![
        if widens(change) { "!".to_owned() } else { String::new() },
        kind(change.change(), names).to_owned(),
        change.operation.rsplit('/').next().unwrap_or_default().to_owned(),
        change.purpose.clone(),
        field,
        change.count.to_string(),
    ]
}

fn kind(kind: ChangeKind, names: &Names) -> &'static str {
    names.say(match kind {
        ChangeKind::Unspecified => text("белгісіз", "неизвестно", "unknown"),
        ChangeKind::NewlyReleased => text("енді беріледі", "станет передаваться", "would move"),
        ChangeKind::NewlyWithheld => text("енді берілмейді", "перестанет передаваться", "would stay behind"),
        ChangeKind::TransformChanged => text("түрі өзгереді", "изменится форма", "would change form"),
        ChangeKind::WouldBeRefused => text("алмасу қабылданбайды", "обмен будет отклонён", "would be refused"),
        ChangeKind::WouldBeAdmitted => text("алмасу қабылданады", "обмен будет допущен", "would be admitted"),
    })
}

fn widens(change: &Change) -> bool {
    matches!(
        change.change(),
        ChangeKind::NewlyReleased
            | ChangeKind::TransformChanged
            | ChangeKind::WouldBeAdmitted
            | ChangeKind::Unspecified
    )
}

/// `10m`.
fn duration(text: &str) -> Result<SignedDuration, String> {
    let wrong = || "give a time as 90s, 10m or 2h, a day at most".to_owned();
    let time: SignedDuration = text.parse().map_err(|_| wrong())?;
    Some(time).filter(|time| (1..=86_400).contains(&time.as_secs())).ok_or_else(wrong)
}

const SHADOW: &str = "/qaqpa.policy.v1.Policies/Shadow";
/// ECMA-48: erase the display, cursor to the upper left.
const CLEAR: &str = "\u{1b}[2J\u{1b}[H";

#[cfg(test)]
mod tests {
    use qaqpa_proto::language::Language;

    use super::*;

    #[test]
    fn times_as_people_write_them() {
        for (wanted, text) in [
            (Some(90), "90s"),
            (Some(600), "10m"),
            (Some(86_400), "24h"),
            (None, "25h"),
            (None, "0s"),
            (None, "-5m"),
            (None, "10"),
            (None, ""),
        ] {
            assert_eq!(duration(text).ok().map(|time| time.as_secs()), wanted, "{text}");
        }
    }

    #[test]
    fn what_widens_is_marked_in_every_language() {
        let change = |change: ChangeKind, path: &str, code: &str| Change {
            operation: "/qaqpa.avtoshkola.v1.Training/SyncStudents".to_owned(),
            purpose: "state-exchange".to_owned(),
            direction: Direction::Request.into(),
            path: path.to_owned(),
            change: change.into(),
            code: code.to_owned(),
            count: 3,
        };
        let report = ShadowResponse {
            exchanges_seen: 5,
            exchanges_changed: 3,
            changes: vec![
                change(ChangeKind::NewlyReleased, "student.phone", ""),
                change(ChangeKind::NewlyWithheld, "student.email", ""),
                change(ChangeKind::WouldBeRefused, "", "consent.missing"),
            ],
            ..ShadowResponse::default()
        };
        for (language, wanted) in
            [(Language::Kk, "енді беріледі"), (Language::Ru, "станет передаваться"), (Language::En, "would move")]
        {
            let names = Names::new(None, None, language).unwrap();
            let text = document(&report, &names).text();
            assert!(
                text.contains(wanted) && text.contains("→ student.phone") && text.contains("consent.missing"),
                "{text}"
            );
            assert_eq!(text.lines().filter(|line| line.starts_with('!')).count(), 1, "{text}");
        }
        for (wanted, kind) in [
            (true, ChangeKind::NewlyReleased),
            (true, ChangeKind::WouldBeAdmitted),
            (true, ChangeKind::TransformChanged),
            (false, ChangeKind::NewlyWithheld),
            (false, ChangeKind::WouldBeRefused),
        ] {
            assert_eq!(widens(&change(kind, "", "")), wanted);
        }
    }
}
