//! `qaqpa mock up`: the mock government as a process, for integration teams and foreign SOAP stacks.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use qaqpa_gateway::start::Environment;
use qaqpa_gateway::start::signals::Signals;
use qaqpa_mock::{Behaviour, Government, Options, Replies, UnknownBehaviour};

use super::policy::Contracts;
use super::{INPUT, failed, say};
use crate::development;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Serve SHEP's synchronous channel with AIS Avtoshkola (RECONSTRUCTED) and GBD FL behind it, and any other system that has a
    /// contract and replies in files, until Ctrl-C
    Up(Arguments),
    /// List the ways in which it can misbehave
    Behaviours,
}

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Development environment made by `qaqpa certs dev`
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// Folder of .proto files, or descriptor set, beside the compiled-in contracts (may be given again)
    #[arg(long, value_name = "PATH")]
    contracts: Vec<PathBuf>,
    /// Folder of replies: SYSTEM/CASE/request.xml and reply.xml, and SYSTEM/schemas/ for what is served at ?xsd=NAME
    #[arg(long, value_name = "DIR")]
    replies: Option<PathBuf>,
    /// Also answer requests that are not signed (the answer is then unsigned, and no gateway will believe it)
    #[arg(long)]
    accept_unsigned: bool,
    /// Misbehave: one of the names that `qaqpa mock behaviours` lists
    #[arg(long, value_name = "NAME", default_value = "normal")]
    behave: String,
}

pub(super) async fn run(command: Command, environment: Environment) -> ExitCode {
    let told = match command {
        Command::Behaviours => {
            Behaviour::ALL.iter().for_each(|entry| say(&format!("{:<24} {}", entry.name, entry.about)));
            Ok(())
        }
        Command::Up(arguments) => up(arguments, environment).await,
    };
    told.map_or_else(|error: String| failed(&error, INPUT), |()| ExitCode::SUCCESS)
}

async fn up(arguments: Arguments, environment: Environment) -> Result<(), String> {
    let behaviour: Behaviour = arguments.behave.parse().map_err(|error: UnknownBehaviour| error.to_string())?;
    let replies = arguments.replies.as_deref().map(Replies::read).transpose().map_err(|error| error.to_string())?;
    let options = Options {
        accept_unsigned: arguments.accept_unsigned,
        contract: Arc::new(Contracts { contracts: arguments.contracts }.load()?),
        replies: replies.unwrap_or_default(),
        ..development::government(&arguments.dir, arguments.listen, &environment.clock)?
    };
    let government = Government::start(options).await.map_err(|error| error.to_string())?;
    government.behave(behaviour);
    say(&format!("mock government on {} (AIS Avtoshkola RECONSTRUCTED; WSDL at ?wsdl)", government.url()));
    Signals::new().map_err(|error| error.to_string())?.stop().await;
    government.stop().await;
    Ok(())
}
