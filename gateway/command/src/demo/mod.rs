//! `qaqpa demo`: the main job on loopback, with synthetic data, told as it goes.
//!
//! Real listeners, real TLS, real signatures, a real journal: only the state is a stand-in. The verdict is true only if
//! every promise held: what had to leave left, what had to stay stayed, every refusal came with its code, the journal
//! verified, and one flipped bit was found and named.

mod audit;
mod keep;
mod records;
mod refusals;
mod rights;
mod story;
mod student;
mod world;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use qaqpa_gateway::start::Environment;

use self::story::Story;
use self::world::World;
use super::{Format, INPUT, failed};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Keep what the demo made in this directory (new or empty): sent, wire, answers, bundle.zip, pki, gateway.toml
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// text tells the story; json prints one object at the end
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(super) async fn run(arguments: Arguments, environment: Environment) -> ExitCode {
    let (directory, temporary) = match place(arguments.keep.as_deref(), &environment) {
        Ok(place) => place,
        Err(error) => return failed(&error, INPUT),
    };
    let mut story = Story::new(arguments.format);
    let told = tell(&directory, &environment, &mut story).await;
    if temporary {
        let _ = std::fs::remove_dir_all(&directory);
    }
    match told {
        Ok(()) => story.verdict(arguments.keep.as_deref()),
        Err(error) => {
            story.broke(&error);
            story.verdict(arguments.keep.as_deref())
        }
    }
}

/// Where the world is laid out: the directory to keep, or one that goes away.
fn place(keep: Option<&Path>, environment: &Environment) -> Result<(PathBuf, bool), String> {
    let directory = match keep {
        Some(directory) => directory.to_owned(),
        None => {
            std::env::temp_dir().join(format!("qaqpa-demo-{}-{}", std::process::id(), environment.clock.unix_millis()))
        }
    };
    let used = std::fs::read_dir(&directory).is_ok_and(|mut entries| entries.next().is_some());
    if used {
        return Err(format!("{} is not empty", directory.display()));
    }
    std::fs::create_dir_all(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    Ok((directory, keep.is_none()))
}

async fn tell(directory: &Path, environment: &Environment, story: &mut Story) -> Result<(), String> {
    story.say("Qaqpa: only what the purpose needs, only inside Kazakhstan, and proof of every exchange.");
    story.say("Everything here is synthetic and on this machine. AIS Avtoshkola's schema is RECONSTRUCTED.");
    let world = World::start(directory, environment, story).await?;
    let synced = student::sync_all(&world, story).await?;
    student::one_student(&world, &synced, story).await?;
    rights::all(&world, story).await?;
    refusals::all(&world, environment, story).await?;
    keep::exchanges(&world, &synced)?;
    audit::export_verify_flip(world, story).await
}
