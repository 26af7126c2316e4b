//! `qaqpa subject restrict|unrestrict|object|correct|erase`: what a person may demand, done by the officer.
//!
//! Says of each what it did, since when, and what was under way already. Erasing asks first: nothing can bring a key back.

use std::io::{self, IsTerminal as _};

use clap::ValueEnum;
use qaqpa_gateway::start::Environment;
use qaqpa_proto::language::{Text, text};
use qaqpa_proto::subject::v1 as wire;
use serde_json::Value;

use super::connection::{Connection, Failure, Keys, json, say_json};
use super::names::Names;
use super::number::{self, Whose};
use crate::{Format, say, tell};

#[derive(Debug, clap::Args)]
pub(crate) struct Restrict {
    /// Ask for the person's IIN
    #[arg(long, required = true)]
    iin: bool,
    /// On what it rests
    #[arg(long, value_enum, default_value = "subject-request")]
    basis: Ground,
    /// Only this purpose; all when absent
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    purpose: String,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Unrestrict {
    /// Id of the restriction or objection
    id: String,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Object {
    /// Ask for the person's IIN
    #[arg(long, required = true)]
    iin: bool,
    /// Purpose that the person objects to
    #[arg(long, value_name = "ID")]
    purpose: String,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Correct {
    /// Ask for the person's IIN
    #[arg(long, required = true)]
    iin: bool,
    /// Field in dispute, as reports name it; may be given more than once. Never a value
    #[arg(long = "field", value_name = "PATH", required = true)]
    fields: Vec<String>,
    /// What is the matter with it
    #[arg(long, value_enum)]
    note: Note,
    /// Also say who has received the fields, so that they can be told
    #[arg(long)]
    forward: bool,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Erase {
    /// Ask for the person's IIN
    #[arg(long, required = true)]
    iin: bool,
    /// On what it rests
    #[arg(long, value_enum, default_value = "subject-request")]
    basis: Ground,
    /// Do not ask for a confirmation
    #[arg(long)]
    yes: bool,
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
enum Ground {
    SubjectRequest,
    GuardianRequest,
    AuthorityOrder,
    Disputed,
    TermOver,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Note {
    Wrong,
    Incomplete,
    OutOfDate,
}

pub(super) async fn restrict(arguments: &Restrict, environment: &Environment) -> Result<(), Failure> {
    let how = &arguments.how;
    let client = how.connection.open(environment)?;
    let iin = number::ask(Whose::Subject, how.connection.language())?.text();
    let basis = arguments.basis.wire().into();
    let request = wire::RestrictRequest { iin, basis, purpose: arguments.purpose.clone() };
    let reply: wire::RestrictResponse = client.call(RESTRICT, request).await?;
    let value = json("qaqpa.subject.v1.RestrictResponse", &reply, Keys::Proto);
    let names = how.names()?;
    how.print(&value, || {
        held(
            reply.hold.unwrap_or_default(),
            &reply.under_way,
            &names,
            text("Бұғатталды", "Заблокировано", "Restricted"),
        )
    });
    Ok(())
}

pub(super) async fn unrestrict(arguments: &Unrestrict, environment: &Environment) -> Result<(), Failure> {
    let how = &arguments.how;
    let client = how.connection.open(environment)?;
    let request = wire::UnrestrictRequest { id: arguments.id.clone() };
    let reply: wire::UnrestrictResponse = client.call(UNRESTRICT, request).await?;
    let value = json("qaqpa.subject.v1.UnrestrictResponse", &reply, Keys::Proto);
    let (names, hold) = (how.names()?, reply.hold.unwrap_or_default());
    how.print(&value, || {
        format!(
            "{}: {}, {}",
            names.say(text("Алынды", "Снято", "Lifted")),
            hold.id,
            names.moment(hold.lifted_at.as_ref())
        )
    });
    Ok(())
}

pub(super) async fn object(arguments: &Object, environment: &Environment) -> Result<(), Failure> {
    let how = &arguments.how;
    let client = how.connection.open(environment)?;
    let iin = number::ask(Whose::Subject, how.connection.language())?.text();
    let request = wire::ObjectRequest { iin, purpose: arguments.purpose.clone() };
    let reply: wire::ObjectResponse = client.call(OBJECT, request).await?;
    let value = json("qaqpa.subject.v1.ObjectResponse", &reply, Keys::Proto);
    let names = how.names()?;
    how.print(&value, || {
        held(
            reply.hold.unwrap_or_default(),
            &reply.under_way,
            &names,
            text("Қарсылық жазылды", "Возражение записано", "Objection recorded"),
        )
    });
    Ok(())
}

pub(super) async fn correct(arguments: &Correct, environment: &Environment) -> Result<(), Failure> {
    let how = &arguments.how;
    let client = how.connection.open(environment)?;
    let request = wire::CorrectRequest {
        iin: number::ask(Whose::Subject, how.connection.language())?.text(),
        fields: arguments.fields.clone(),
        note: arguments.note.wire().into(),
        forward: arguments.forward,
    };
    let reply: wire::CorrectResponse = client.call(CORRECT, request).await?;
    let value = json("qaqpa.subject.v1.CorrectResponse", &reply, Keys::Proto);
    let names = how.names()?;
    how.print(&value, || corrected(&reply, arguments.forward, &names));
    Ok(())
}

pub(super) async fn erase(arguments: &Erase, environment: &Environment) -> Result<(), Failure> {
    let how = &arguments.how;
    let (client, names) = (how.connection.open(environment)?, how.names()?);
    if !arguments.yes && !io::stdin().is_terminal() {
        return Err(Failure::Unusable(names.say(NOT_CONFIRMED).to_owned()));
    }
    let iin = number::ask(Whose::Subject, how.connection.language())?;
    tell(names.say(CANNOT_BE_UNDONE));
    if !arguments.yes && !confirmed(&names)? {
        return Err(Failure::Unusable(
            names.say(text("жойылған жоқ", "не уничтожено", "nothing was erased")).to_owned(),
        ));
    }
    let request = wire::EraseRequest { iin: iin.text(), basis: arguments.basis.wire().into() };
    let reply: wire::EraseResponse = client.call(ERASE, request).await?;
    let value = json("qaqpa.subject.v1.EraseResponse", &reply, Keys::Proto);
    how.print(&value, || erased(&reply, &names));
    Ok(())
}

impl How {
    fn names(&self) -> Result<Names, Failure> {
        Ok(Names::new(None, None, self.connection.language())?)
    }

    fn print(&self, value: &Value, text: impl FnOnce() -> String) {
        match self.format {
            Format::Json => say_json(value),
            Format::Text => say(&text()),
        }
    }
}

impl Ground {
    fn wire(self) -> wire::Basis {
        match self {
            Self::SubjectRequest => wire::Basis::SubjectRequest,
            Self::GuardianRequest => wire::Basis::GuardianRequest,
            Self::AuthorityOrder => wire::Basis::AuthorityOrder,
            Self::Disputed => wire::Basis::Disputed,
            Self::TermOver => wire::Basis::TermOver,
        }
    }
}

impl Note {
    fn wire(self) -> wire::CorrectionNote {
        match self {
            Self::Wrong => wire::CorrectionNote::Wrong,
            Self::Incomplete => wire::CorrectionNote::Incomplete,
            Self::OutOfDate => wire::CorrectionNote::OutOfDate,
        }
    }
}

fn held(hold: wire::Hold, under_way: &[String], names: &Names, done: Text) -> String {
    let purpose = match hold.purpose.as_str() {
        "" => names.say(text("барлық мақсат", "все цели", "all purposes")).to_owned(),
        id => id.to_owned(),
    };
    let mut lines = format!("{}: {purpose}, {}\n  {}", names.say(done), names.moment(hold.since.as_ref()), hold.id);
    if !under_way.is_empty() {
        lines += &format!(
            "\n{}: {}",
            names.say(text(
                "Бұған дейін кетіп үлгерген алмасулар",
                "Обмены, ушедшие до этого",
                "Exchanges that had left already"
            )),
            under_way.join(", ")
        );
    }
    lines
}

fn corrected(reply: &wire::CorrectResponse, asked: bool, names: &Names) -> String {
    let mut lines = format!("{}: {}", names.say(text("Белгіленді", "Отмечено", "Marked")), reply.request_id);
    for receiver in &reply.forwarded_to {
        let whom = if receiver.system.is_empty() { &receiver.organisation } else { &receiver.system };
        lines += &format!("\n  {whom}: {} ({})", receiver.fields.join(", "), names.moment(receiver.last_at.as_ref()));
    }
    if asked && reply.forwarded_to.is_empty() {
        lines += "\n  ";
        lines += names.say(text(
            "бұл өрістерді шлюз арқылы ешкім алмаған",
            "через шлюз эти поля никто не получал",
            "nobody has received these fields through the gateway",
        ));
    }
    lines
}

fn erased(reply: &wire::EraseResponse, names: &Names) -> String {
    if !reply.found {
        let words = text("мұндай адам шлюзде жоқ", "такого человека в шлюзе нет", "the gateway knows no such person");
        return format!("{} ({})", names.say(words), reply.erasure_id);
    }
    format!(
        "{}: {}\n  {} {}, {} {}, {} {}",
        names.say(text("Кілт жойылды", "Ключ уничтожен", "The key is destroyed")),
        reply.erasure_id,
        names.say(text("келісім:", "согласий:", "consents:")),
        reply.consents,
        names.say(text("бұғаттау мен қарсылық:", "блокирований и возражений:", "restrictions and objections:")),
        reply.holds,
        names.say(text("өтініш:", "обращений:", "requests:")),
        reply.requests,
    )
}

fn confirmed(names: &Names) -> Result<bool, String> {
    let word = names.say(text("жою", "уничтожить", "erase"));
    tell(&format!(
        "{} {word}",
        names.say(text("Растау үшін мына сөзді жазыңыз:", "Чтобы подтвердить, напишите:", "To confirm, type:"))
    ));
    let mut line = String::new();
    io::stdin().read_line(&mut line).map_err(|error| error.to_string())?;
    Ok(line.trim() == word)
}

const CANNOT_BE_UNDONE: Text = text(
    "Мұны кері қайтару мүмкін емес: кілтпен бірге келісімдер, бұғаттаулар мен қарсылықтар жойылады, яғни бұдан былай шлюз бұл адам \
     туралы алмасуды оларға сүйеніп тоқтатпайды; қай алмасу осы адам туралы болғанын ешкім дәлелдей алмайды, есеп бос болады. \
     Мемлекеттік жүйелер мен ұйымдардағы мәліметтер жойылмайды.",
    "Это необратимо: вместе с ключом исчезают согласия, блокирования и возражения, и шлюз больше не остановит по ним обмены об этом \
     человеке; никто не докажет, какие обмены были о нём, отчёт станет пустым. Сведения в государственных системах и \
     организациях этим не уничтожаются.",
    "This cannot be undone: with the key go the consents, restrictions and objections, so that the gateway stops no exchange about \
     the person on their account any more; nobody can prove which exchanges were about the person, and reports will be empty. \
     What state systems and organisations hold is not erased by this.",
);
const NOT_CONFIRMED: Text = text(
    "терминал жоқ, растауды сұрайтын ешкім жоқ; --yes қосыңыз",
    "терминала нет, подтвердить некому; добавьте --yes",
    "there is no terminal to confirm at; add --yes",
);
const RESTRICT: &str = "/qaqpa.subject.v1.Subjects/Restrict";
const UNRESTRICT: &str = "/qaqpa.subject.v1.Subjects/Unrestrict";
const OBJECT: &str = "/qaqpa.subject.v1.Subjects/Object";
const CORRECT: &str = "/qaqpa.subject.v1.Subjects/Correct";
const ERASE: &str = "/qaqpa.subject.v1.Subjects/Erase";
