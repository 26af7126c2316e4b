//! `qaqpa consent`: the ledger of consents, at a running gateway.
//!
//! A person's number is typed or piped in, never an argument. Of the document that proves a consent only its digest is sent.
//!
//! ```text
//! qaqpa consent give --iin --purpose reporting --form written --evidence scan.pdf --days 365 ...
//! qaqpa consent withdraw --id 0192f0c1-... --reason subject-request        qaqpa consent watch --format json
//! ```

mod give;

use std::process::ExitCode;

use clap::ValueEnum;
use jiff::Timestamp;
use qaqpa_gateway::start::Environment;
use qaqpa_papers::printed::{Document, PrintedTable};
use qaqpa_papers::words;
use qaqpa_proto::consent::v1 as wire;
use qaqpa_proto::consent::v1::withdraw_request::Which;
use qaqpa_proto::language::{Text, text};
use qaqpa_proto::moment::stamp;
use serde_json::Value;

use super::subject::connection::{Connection, Failure, Keys, ended, json, say_json};
use super::subject::names::Names;
use super::subject::number::{self, Whose};
use super::subject::period;
use super::{Format, say};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Record a consent
    Give(give::Arguments),
    /// Take consents back: one by its id, or a person's
    Withdraw(Withdraw),
    /// Show one consent
    Get(Get),
    /// Show a person's consents
    List(List),
    /// Say what happens to consents as it happens; a line each
    Watch(Watch),
}

#[derive(Debug, clap::Args)]
pub(super) struct Withdraw {
    /// Id of one consent
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    id: String,
    /// Ask for the IIN of the person whose consents are taken back
    #[arg(long, required_unless_present = "id", conflicts_with = "id")]
    iin: bool,
    /// Only consents that cover this purpose; may be given more than once
    #[arg(long = "purpose", value_name = "ID", conflicts_with = "id")]
    purposes: Vec<String>,
    /// Why
    #[arg(long, value_enum, default_value = "subject-request")]
    reason: Why,
    /// BIN of the organisation for which they were given
    #[arg(long, value_name = "BIN", default_value = "", hide_default_value = true)]
    on_behalf_of: String,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
pub(super) struct Get {
    /// Id of the consent
    id: String,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// Ask for the person's IIN
    #[arg(long, required = true)]
    iin: bool,
    /// Only those; all when absent
    #[arg(long, value_enum)]
    state: Option<Standing>,
    /// BIN of the organisation for which they were given
    #[arg(long, value_name = "BIN", default_value = "", hide_default_value = true)]
    on_behalf_of: String,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
pub(super) struct Watch {
    /// Also what happened since this day or moment
    #[arg(long, value_name = "WHEN", value_parser = |text: &str| period::moment(text, false))]
    since: Option<Timestamp>,
    #[command(flatten)]
    how: How,
}

/// Over which connection, and how it is printed.
#[derive(Debug, clap::Args)]
struct How {
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Why {
    SubjectRequest,
    GuardianRequest,
    KdpRevocation,
    PurposeEnded,
    GivenInError,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Standing {
    Live,
    Expired,
    Withdrawn,
    Destroyed,
}

pub(super) async fn run(command: Command, environment: &Environment) -> ExitCode {
    ended(match command {
        Command::Give(arguments) => give::run(&arguments, environment).await,
        Command::Withdraw(arguments) => withdraw(&arguments, environment).await,
        Command::Get(arguments) => get(&arguments, environment).await,
        Command::List(arguments) => list(&arguments, environment).await,
        Command::Watch(arguments) => watch(&arguments, environment).await,
    })
}

async fn withdraw(arguments: &Withdraw, environment: &Environment) -> Result<(), Failure> {
    let how = &arguments.how;
    let (client, names) = (how.connection.open(environment)?, how.names()?);
    let which = match arguments.iin {
        true => {
            let iin = number::ask(Whose::Subject, names.language())?.text();
            Which::Person(wire::OfPerson { iin, purposes: arguments.purposes.clone() })
        }
        false => Which::Id(arguments.id.clone()),
    };
    let request = wire::WithdrawRequest {
        which: Some(which),
        reason: arguments.reason.wire().into(),
        on_behalf_of: arguments.on_behalf_of.clone(),
    };
    let reply: wire::WithdrawResponse = client.call(WITHDRAW, request).await?;
    how.print(&json("qaqpa.consent.v1.WithdrawResponse", &reply, Keys::Proto), || withdrawn(&reply, &names));
    Ok(())
}

async fn get(arguments: &Get, environment: &Environment) -> Result<(), Failure> {
    let how = &arguments.how;
    let (client, names) = (how.connection.open(environment)?, how.names()?);
    let reply: wire::GetResponse = client.call(GET, wire::GetRequest { id: arguments.id.clone() }).await?;
    let value = json("qaqpa.consent.v1.GetResponse", &reply, Keys::Proto);
    how.print(&value, || shown(&reply.consent.unwrap_or_default(), &names).text());
    Ok(())
}

async fn list(arguments: &List, environment: &Environment) -> Result<(), Failure> {
    let how = &arguments.how;
    let (client, names) = (how.connection.open(environment)?, how.names()?);
    let iin = number::ask(Whose::Subject, names.language())?.text();
    let state = arguments.state.map_or(wire::State::Unspecified, Standing::wire).into();
    let on_behalf_of = arguments.on_behalf_of.clone();
    let mut request = wire::ListRequest { iin, state, on_behalf_of, page_size: PAGE, ..Default::default() };
    let mut reply = wire::ListResponse::default();
    loop {
        let page: wire::ListResponse = client.call(LIST, request.clone()).await?;
        reply.consents.extend(page.consents);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    how.print(&json("qaqpa.consent.v1.ListResponse", &reply, Keys::Proto), || table(&reply, &names).text());
    Ok(())
}

async fn watch(arguments: &Watch, environment: &Environment) -> Result<(), Failure> {
    let how = &arguments.how;
    let (client, names) = (how.connection.open(environment)?, how.names()?);
    let since = arguments.since.map(stamp);
    let mut events = client.listen::<_, wire::WatchResponse>(WATCH, wire::WatchRequest { since }).await?;
    while let Some(event) = events.message().await? {
        match how.format {
            Format::Json => say(&json("qaqpa.consent.v1.WatchResponse", &event, Keys::Proto).to_string()),
            Format::Text => {
                say(&format!("{}  {}  {}", names.moment(event.at.as_ref()), happened(event.event(), &names), event.id))
            }
        }
    }
    Ok(())
}

impl How {
    fn names(&self) -> Result<Names, Failure> {
        Ok(Names::new(None, None, self.connection.language())?)
    }

    fn print(&self, value: &Value, text: impl FnOnce() -> String) {
        match self.format {
            Format::Json => say_json(value),
            Format::Text => say(text().trim_end()),
        }
    }
}

impl Why {
    fn wire(self) -> wire::WithdrawalReason {
        match self {
            Self::SubjectRequest => wire::WithdrawalReason::SubjectRequest,
            Self::GuardianRequest => wire::WithdrawalReason::GuardianRequest,
            Self::KdpRevocation => wire::WithdrawalReason::KdpRevocation,
            Self::PurposeEnded => wire::WithdrawalReason::PurposeEnded,
            Self::GivenInError => wire::WithdrawalReason::GivenInError,
        }
    }
}

impl Standing {
    fn wire(self) -> wire::State {
        match self {
            Self::Live => wire::State::Live,
            Self::Expired => wire::State::Expired,
            Self::Withdrawn => wire::State::Withdrawn,
            Self::Destroyed => wire::State::Destroyed,
        }
    }
}

/// One consent for people.
fn shown(consent: &wire::Consent, names: &Names) -> Document {
    let all =
        |values: &[String], words| if values.is_empty() { names.say(words).to_owned() } else { values.join(", ") };
    let categories: Vec<String> = consent.categories().map(|category| names.category(category)).collect();
    let every = text("мақсаттарға қажеттің бәрі", "все, что нужны целям", "all that the purposes need");
    let facts = [
        (STATE, state(consent.state(), names).to_owned()),
        (PURPOSES, consent.purposes.join(", ")),
        (text("Мәліметтер", "Сведения", "Data"), all(&categories, every)),
        (text("Алушылар", "Получатели", "Recipients"), all(&consent.recipients, every)),
        (text("Түрі", "Форма", "Form"), form(consent.form(), names).to_owned()),
        (text("Берілген", "Дано", "Given"), names.moment(consent.given_at.as_ref())),
        (text("Жазылған", "Записано", "Recorded"), names.moment(consent.recorded_at.as_ref())),
        (ENDS, ends(consent, names)),
        (text("Заңды өкіл берген", "Дано представителем", "By a guardian"), yes(consent.by_guardian, names).to_owned()),
        (text("Құжат нөмірі", "Номер документа", "Reference"), consent.reference.clone()),
        (text("Ұйым (БСН)", "Организация (БИН)", "Organisation (BIN)"), consent.on_behalf_of.clone()),
        (text("Қайтарып алынған", "Отозвано", "Withdrawn"), names.moment(consent.withdrawn_at.as_ref())),
        (text("Жойылу мерзімі", "Уничтожить до", "To be destroyed by"), names.moment(consent.destroy_by.as_ref())),
        (text("Жойылған", "Уничтожено", "Destroyed"), names.moment(consent.destroyed_at.as_ref())),
    ];
    let facts = facts.into_iter().filter(|(_, value)| !value.is_empty());
    Document {
        title: consent.id.clone(),
        facts: facts.map(|(name, value)| (names.say(name).to_owned(), value)).collect(),
        tables: Vec::new(),
    }
}

fn table(reply: &wire::ListResponse, names: &Names) -> Document {
    let title = format!("{}: {}", names.say(text("Келісімдер", "Согласия", "Consents")), reply.consents.len());
    let columns = [text("id", "id", "id"), STATE, PURPOSES, text("Берілген", "Дано", "Given"), ENDS]
        .map(|words| names.say(words));
    let mut table = PrintedTable::new("", columns);
    for consent in &reply.consents {
        table.rows.push(vec![
            consent.id.clone(),
            state(consent.state(), names).to_owned(),
            consent.purposes.join("\n"),
            names.moment(consent.given_at.as_ref()),
            ends(consent, names),
        ]);
    }
    let tables = if reply.consents.is_empty() { Vec::new() } else { vec![table] };
    Document { title, facts: Vec::new(), tables }
}

fn withdrawn(reply: &wire::WithdrawResponse, names: &Names) -> String {
    if reply.withdrawn.is_empty() {
        return names.say(text("ондай келісім жоқ", "таких согласий нет", "there are no such consents")).to_owned();
    }
    let mut lines = format!(
        "{} {}: {}",
        names.moment(reply.stopped_at.as_ref()),
        names.say(text("қайтарып алынды", "отозвано", "withdrawn")),
        reply.withdrawn.join(", ")
    );
    for (words, value) in [
        (
            text("мазмұны мына уақытқа дейін жойылады", "содержание будет уничтожено до", "content destroyed by"),
            names.moment(reply.destroy_by.as_ref()),
        ),
        (
            text("бұған дейін кеткен алмасулар", "обмены, ушедшие до этого", "exchanges that had left already"),
            reply.under_way.join(", "),
        ),
    ] {
        if !value.is_empty() {
            lines += &format!("\n  {}: {value}", names.say(words));
        }
    }
    lines
}

fn ends(consent: &wire::Consent, names: &Names) -> String {
    match &consent.expires_at {
        None => names.say(text("қайтарып алынғанша", "до отзыва", "until withdrawn")).to_owned(),
        at => names.moment(at.as_ref()),
    }
}

fn state(state: wire::State, names: &Names) -> &'static str {
    names.say(match state {
        wire::State::Unspecified => text("белгісіз", "неизвестно", "unknown"),
        wire::State::Live => text("күшінде", "действует", "live"),
        wire::State::Expired => text("мерзімі өткен", "истекло", "expired"),
        wire::State::Withdrawn => text("қайтарып алынған", "отозвано", "withdrawn"),
        wire::State::Destroyed => text("жойылған", "уничтожено", "destroyed"),
    })
}

fn form(form: wire::Form, names: &Names) -> &'static str {
    let known = match form {
        wire::Form::Unspecified => return names.say(text("белгісіз", "неизвестно", "unknown")),
        wire::Form::Written => qaqpa_policy::consent::form::Form::Written,
        wire::Form::Electronic => qaqpa_policy::consent::form::Form::Electronic,
        wire::Form::Sms1414 => qaqpa_policy::consent::form::Form::Sms1414,
        wire::Form::Kdp => qaqpa_policy::consent::form::Form::Kdp,
    };
    words::form(known, names.language())
}

fn happened(event: wire::EventKind, names: &Names) -> &'static str {
    names.say(match event {
        wire::EventKind::Unspecified => text("белгісіз", "неизвестно", "unknown"),
        wire::EventKind::Given => text("берілді", "дано", "given"),
        wire::EventKind::Withdrawn => text("қайтарып алынды", "отозвано", "withdrawn"),
        wire::EventKind::Expired => text("мерзімі өтті", "истекло", "expired"),
        wire::EventKind::Destroyed => text("жойылды", "уничтожено", "destroyed"),
    })
}

fn yes(yes: bool, names: &Names) -> &'static str {
    if yes { names.say(text("иә", "да", "yes")) } else { "" }
}

const STATE: Text = text("Күйі", "Состояние", "State");
const PURPOSES: Text = text("Мақсаттары", "Цели", "Purposes");
const ENDS: Text = text("Аяқталады", "Истекает", "Ends");
const WITHDRAW: &str = "/qaqpa.consent.v1.Consents/Withdraw";
const GET: &str = "/qaqpa.consent.v1.Consents/Get";
const LIST: &str = "/qaqpa.consent.v1.Consents/List";
const WATCH: &str = "/qaqpa.consent.v1.Consents/Watch";
/// Consents asked for at a time; the gateway gives no more.
const PAGE: u32 = 1_000;
