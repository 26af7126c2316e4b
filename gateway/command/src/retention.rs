//! `qaqpa retention due`: what the gateway destroys next, and when. No person is named. `qaqpa retention confirm-clock`: the officer
//! says that the gateway's clock is right; after a jump nothing is destroyed before.
//!
//! ```text
//! When              What                              How many  Id
//! 23.11.2026 15:00  content of a withdrawn consent    1         0192f0c1-...
//! 21.11.2027 05:00  salts of exchanges                412
//! ```

use std::process::ExitCode;

use jiff::Timestamp;
use qaqpa_gateway::start::Environment;
use qaqpa_papers::printed::{Document, PrintedTable};
use qaqpa_proto::language::text;
use qaqpa_proto::moment::{moment, stamp};
use qaqpa_proto::subject::v1::{ConfirmClockRequest, ConfirmClockResponse, DueItem, DueKind, DueRequest, DueResponse};

use super::subject::connection::{Connection, Failure, Keys, ended, json, say_json};
use super::subject::names::Names;
use super::subject::period;
use super::{Format, say};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Show what is destroyed next
    Due(Due),
    /// Say that the gateway's clock is right: after a jump of more than a day nothing is destroyed before
    ConfirmClock(ConfirmClock),
}

#[derive(Debug, clap::Args)]
pub(super) struct Due {
    /// Up to this day, all of it, or this moment; a year from now when absent
    #[arg(long, value_name = "WHEN", value_parser = |text: &str| period::moment(text, true))]
    until: Option<Timestamp>,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, clap::Args)]
pub(super) struct ConfirmClock {
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

pub(super) async fn run(command: Command, environment: &Environment) -> ExitCode {
    match command {
        Command::Due(arguments) => ended(due(&arguments, environment).await),
        Command::ConfirmClock(arguments) => ended(confirm_clock(&arguments, environment).await),
    }
}

async fn due(arguments: &Due, environment: &Environment) -> Result<(), Failure> {
    let names = Names::new(None, None, arguments.connection.language())?;
    let client = arguments.connection.open(environment)?;
    let until = arguments.until.map(stamp);
    let mut request = DueRequest { until, page_size: PAGE, page_token: String::new() };
    let mut reply = DueResponse::default();
    loop {
        let page: DueResponse = client.call(DUE, request.clone()).await?;
        reply.items.extend(page.items);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    match arguments.format {
        Format::Json => say_json(&json("qaqpa.subject.v1.DueResponse", &reply, Keys::Proto)),
        Format::Text => say(table(&reply, environment.clock.now(), &names).text().trim_end()),
    }
    Ok(())
}

async fn confirm_clock(arguments: &ConfirmClock, environment: &Environment) -> Result<(), Failure> {
    let names = Names::new(None, None, arguments.connection.language())?;
    let client = arguments.connection.open(environment)?;
    let reply: ConfirmClockResponse = client.call(CONFIRM_CLOCK, ConfirmClockRequest {}).await?;
    match arguments.format {
        Format::Json => say_json(&json("qaqpa.subject.v1.ConfirmClockResponse", &reply, Keys::Proto)),
        Format::Text => say(&confirmed(&reply, &names)),
    }
    Ok(())
}

fn confirmed(reply: &ConfirmClockResponse, names: &Names) -> String {
    let words = match reply.was_away {
        true => text(
            "Сағат расталды, мерзімі біткендер енді жойылады. Шлюз сағаты",
            "Часы подтверждены, то, чему вышел срок, теперь уничтожается. Часы шлюза",
            "Confirmed: what is at the end of its term is destroyed from now on. The gateway's clock says",
        ),
        false => text(
            "Сағат ауытқымаған еді. Шлюз сағаты",
            "Часы и до этого шли верно. Часы шлюза",
            "It had not jumped. The gateway's clock says",
        ),
    };
    format!("{}: {}", names.say(words), names.moment(reply.now.as_ref()))
}

fn table(reply: &DueResponse, now: Timestamp, names: &Names) -> Document {
    let title =
        names.say(text("Не және қашан жойылады", "Что и когда будет уничтожено", "What is destroyed, and when"));
    let mut table = PrintedTable::new(
        "",
        [
            text("Қашан", "Когда", "When"),
            text("Не", "Что", "What"),
            text("Саны", "Сколько", "How many"),
            text("Нөмірі", "Номер", "Id"),
        ]
        .map(|words| names.say(words)),
    );
    for item in &reply.items {
        table.rows.push(vec![when(item, now, names), what(item, names), item.count.to_string(), item.id.clone()]);
    }
    if table.rows.is_empty() {
        let nothing = names.say(text("бұл мерзімде ештеңе жойылмайды", "в этот срок ничего", "nothing in that time"));
        return Document {
            title: title.to_owned(),
            facts: vec![(String::new(), nothing.to_owned())],
            tables: Vec::new(),
        };
    }
    Document { title: title.to_owned(), facts: Vec::new(), tables: vec![table] }
}

fn when(item: &DueItem, now: Timestamp, names: &Names) -> String {
    let at = names.moment(item.at.as_ref());
    let is_over = item.at.as_ref().and_then(moment).is_some_and(|end| end <= now);
    let next_run = names.say(text("келесі тексеруде", "при следующей проверке", "with the next run"));
    if is_over { format!("{at} ({next_run})") } else { at }
}

fn what(item: &DueItem, names: &Names) -> String {
    let words = match item.what() {
        DueKind::ConsentContent => text(
            "қайтарып алынған келісімнің мазмұны",
            "содержание отозванного согласия",
            "content of a withdrawn consent",
        ),
        DueKind::ConsentRecord => {
            text("аяқталған келісімнің жазбасы", "запись о прекратившемся согласии", "record of a consent that is over")
        }
        DueKind::Request => text(
            "жабылған өтініш не алынған шектеу",
            "закрытое обращение или снятое ограничение",
            "closed request or lifted hold",
        ),
        DueKind::Salts => text("алмасулардың тұздары", "соли обменов", "salts of exchanges"),
        DueKind::Unspecified => text("белгісіз", "неизвестно", "unknown"),
    };
    names.say(words).to_owned()
}

const CONFIRM_CLOCK: &str = "/qaqpa.subject.v1.Subjects/ConfirmClock";
const DUE: &str = "/qaqpa.subject.v1.Subjects/Due";
/// Items asked for at a time; the gateway gives no more.
const PAGE: u32 = 1_000;

#[cfg(test)]
mod tests {
    use qaqpa_proto::language::Language;

    use super::*;

    #[test]
    fn what_is_next_in_three_languages() {
        let item = |at: &str, what: DueKind, count| DueItem {
            at: at.parse().ok().map(stamp),
            what: what.into(),
            id: String::new(),
            count,
        };
        let reply = DueResponse {
            next_page_token: String::new(),
            items: vec![
                item("2026-11-20T06:00:00Z", DueKind::ConsentContent, 1),
                item("2027-11-21T00:00:00Z", DueKind::Salts, 412),
            ],
        };
        let now = "2026-11-20T07:00:00Z".parse().unwrap();
        for (language, wanted) in [
            (Language::Kk, "20.11.2026 11:00 (келесі тексеруде)"),
            (Language::Ru, "содержание отозванного согласия"),
            (Language::En, "21 November 2027, 05:00"),
        ] {
            let names = Names::new(None, None, language).unwrap();
            let text = table(&reply, now, &names).text();
            assert!(text.contains(wanted) && text.contains("412"), "{text}");
            assert!(!table(&DueResponse::default(), now, &names).text().is_empty());
        }
    }
}
