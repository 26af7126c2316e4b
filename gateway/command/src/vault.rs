//! `qaqpa vault restore`: after a backup of the vault was put back, applies what the journal says became of persons since.
//!
//! The gateway does not start on an older copy: consents that were withdrawn would live again. It must not run meanwhile.
//!
//! ```text
//! cp backup/vault.sqlite vault/vault.sqlite && qaqpa vault restore --config gateway.toml
//! qaqpa vault restore --config gateway.toml --new      # there is no copy: a vault that knows nobody
//! ```

use std::process::ExitCode;

use qaqpa_gateway::persons::restore::Restored;
use qaqpa_gateway::start::Environment;
use qaqpa_gateway::start::config::Config;
use qaqpa_gateway::start::restore::restore;
use qaqpa_proto::language::{Language, Text, text};

use super::{CONFIGURATION, ConfigFile, Format, failed, language, say};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Apply to the vault what the journal says was withdrawn, destroyed, restricted and erased
    Restore(Restore),
}

#[derive(Debug, clap::Args)]
pub(super) struct Restore {
    #[command(flatten)]
    config: ConfigFile,
    /// Make a new vault: there is no copy. Whoever was known is unknown, and consents must be given again
    #[arg(long)]
    new: bool,
    /// Language of what is printed
    #[arg(long, default_value_t, value_parser = language::tag())]
    language: Language,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(super) async fn run(command: Command, environment: &Environment) -> ExitCode {
    let Command::Restore(arguments) = command;
    match restored(&arguments, environment).await {
        Ok(restored) => {
            match arguments.format {
                Format::Json => say(&json(&restored)),
                Format::Text => say(&told(&restored, arguments.language)),
            }
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error, CONFIGURATION),
    }
}

async fn restored(arguments: &Restore, environment: &Environment) -> Result<Restored, String> {
    let (config, _) = Config::read(&arguments.config.path)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?;
    restore(&config, arguments.new, environment).await.map_err(|error| error.to_string())
}

fn json(restored: &Restored) -> String {
    serde_json::json!({
        "withdrawn": restored.withdrawn,
        "destroyed": restored.destroyed,
        "held": restored.held,
        "erased": restored.erased,
        "unknown_holds": restored.unknown_holds,
        "unknown_erasures": restored.unknown_erasures,
        "unknown_consents": restored.unknown_consents,
    })
    .to_string()
}

/// A line for each count, and below it the ids of what nobody can apply.
fn told(restored: &Restored, language: Language) -> String {
    let applied = [
        (WITHDRAWN, restored.withdrawn),
        (DESTROYED, restored.destroyed),
        (HELD, restored.held),
        (ERASED, restored.erased),
    ];
    let mut lines: Vec<String> =
        applied.iter().map(|(words, count)| format!("{}: {count}", words.in_language(language))).collect();
    for (words, ids) in [
        (UNKNOWN_HOLDS, &restored.unknown_holds),
        (UNKNOWN_ERASURES, &restored.unknown_erasures),
        (UNKNOWN_CONSENTS, &restored.unknown_consents),
    ] {
        if !ids.is_empty() {
            lines.push(format!("{}: {}", words.in_language(language), ids.len()));
            lines.extend(ids.iter().map(|id| format!("  {id}")));
        }
    }
    lines.join("\n")
}

const WITHDRAWN: Text =
    text("Қайта қайтарып алынған келісімдер", "Снова отозвано согласий", "Consents withdrawn again");
const DESTROYED: Text = text(
    "Мазмұны қайта жойылған келісімдер",
    "Снова уничтожено содержаний согласий",
    "Contents of consents destroyed again",
);
const HELD: Text = text(
    "Қайта қолданылған шектеулер мен қарсылықтар",
    "Снова действуют ограничения и возражения",
    "Restrictions and objections in force again",
);
const ERASED: Text = text("Қайта өшірілген адамдар", "Снова стёрто лиц", "Persons erased again");
const UNKNOWN_HOLDS: Text = text(
    "Бұл қоймадан адамы табылмаған шектеулер мен қарсылықтар: өшірілген, немесе көшірмеден кейін танылған. Уәкілетті тұлға қайта \
     енгізеді",
    "Ограничения и возражения, лицо которых это хранилище не знает: стёрто, или стало известно после копии. Их снова вносит \
     ответственное лицо",
    "Restrictions and objections of nobody whom this vault knows: erased, or known first after the copy. The officer enters them again",
);
const UNKNOWN_ERASURES: Text = text(
    "Бұл қоймадан адамы табылмаған өшірулер: өшіретін ештеңе жоқ, немесе жол белгісіз. Уәкілетті тұлға тексереді",
    "Стирания, лицо которых это хранилище не знает: стирать нечего, или строка без метки. Их проверяет ответственное лицо",
    "Erasures of nobody whom this vault knows: nothing to erase, or a line without a mark. The officer looks into them",
);
const UNKNOWN_CONSENTS: Text = text(
    "Бұл қоймада жоқ келісімдер: өшірілген, мерзімі біткен, немесе көшірмеден кейін берілген. Оларсыз алмасу болмайды",
    "Согласия, которых в этом хранилище нет: стёрты, закончились, или даны после копии. Без них обмена нет",
    "Consents that this vault does not have: erased, over, or given after the copy. Without them nothing is exchanged",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_applied_is_told_by_its_id_in_three_languages() {
        let restored = Restored { withdrawn: 3, unknown_holds: vec!["h-1".into()], ..Restored::default() };
        for (language, wanted) in [
            (Language::Kk, "Қайта қайтарып алынған келісімдер: 3"),
            (Language::Ru, "Снова отозвано согласий: 3"),
            (Language::En, "Consents withdrawn again: 3"),
        ] {
            let told = told(&restored, language);
            assert!(told.starts_with(wanted) && told.ends_with(": 1\n  h-1"), "{told}");
        }
        assert!(json(&restored).contains(r#""unknown_holds":["h-1"]"#));
    }
}
