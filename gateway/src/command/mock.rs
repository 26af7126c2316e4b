//! `qaqpa mock up`: the mock government as a process, for integration teams and foreign SOAP stacks.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use qaqpa_mock::{Behaviour, Government, Options};

use super::{INPUT, failed, say};
use crate::development;
use crate::gateway::Surroundings;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Serve SHEP's synchronous channel with AIS Avtoshkola (RECONSTRUCTED) behind it, until Ctrl-C
    Up(Arguments),
}

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Development environment made by `qaqpa certs dev`
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Also answer requests that are not signed (the answer is then unsigned, and no gateway will believe it)
    #[arg(long)]
    accept_unsigned: bool,
    /// Misbehave: one of the names of `--list-behaviours`
    #[arg(long, value_name = "NAME", default_value = "normal")]
    behave: String,
    /// Print the names of all behaviours and end
    #[arg(long)]
    list_behaviours: bool,
}

pub(super) async fn run(Command::Up(arguments): Command, surroundings: Surroundings) -> ExitCode {
    if arguments.list_behaviours {
        Behaviour::ALL.iter().for_each(|entry| say(&format!("{:<24} {}", entry.name, entry.about)));
        return ExitCode::SUCCESS;
    }
    match up(arguments, surroundings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error, INPUT),
    }
}

async fn up(arguments: Arguments, surroundings: Surroundings) -> Result<(), String> {
    let behaviour: Behaviour =
        arguments.behave.parse().map_err(|_| format!("no behaviour `{}`; see --list-behaviours", arguments.behave))?;
    let options = Options {
        accept_unsigned: arguments.accept_unsigned,
        ..development::government(&arguments.dir, arguments.listen, &surroundings.clock)?
    };
    let government = Government::start(options).await.map_err(|error| error.to_string())?;
    government.behave(behaviour);
    say(&format!("mock government on {} (AIS Avtoshkola RECONSTRUCTED; WSDL at ?wsdl)", government.url()));
    let _ = tokio::signal::ctrl_c().await;
    government.stop().await;
    Ok(())
}
