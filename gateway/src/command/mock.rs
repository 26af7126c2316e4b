//! `qaqpa mock up`: the mock government as a process, for integration teams and foreign SOAP stacks.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use qaqpa_adapters::shep::sync::Password;
use qaqpa_adapters::wsse::{PinnedSigners, Signer};
use qaqpa_mock::{Behaviour, Government, Options, Sender, Transport};
use qaqpa_proto::Contract;
use rustls::ServerConfig;

use super::development::SENDER;
use super::{INPUT, failed, say};
use crate::gateway::Surroundings;
use crate::listen::{certificates, private_key, provider};

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
        ..options(&arguments.dir, arguments.listen, &surroundings)?
    };
    let government = Government::start(options).await.map_err(|error| error.to_string())?;
    government.behave(behaviour);
    say(&format!("mock government on {} (AIS Avtoshkola RECONSTRUCTED; WSDL at ?wsdl)", government.url()));
    let _ = tokio::signal::ctrl_c().await;
    government.stop().await;
    Ok(())
}

/// The mock government of a development environment.
pub(super) fn options(directory: &Path, address: SocketAddr, surroundings: &Surroundings) -> Result<Options, String> {
    let file = |name: &str| directory.join(name);
    let read = |name: &str| std::fs::read(file(name)).map_err(|error| format!("{}: {error}", file(name).display()));
    let signer = |name: &str| {
        Signer::from_pem(&read(&format!("pki/{name}.pem"))?, &read(&format!("pki/{name}.key"))?)
            .map_err(|error| error.to_string())
    };
    let trusted = PinnedSigners::from_pem(
        &[read("pki/signers/gateway-signer.pem")?, read("pki/signers/gateway-signer-ec.pem")?].join(&b'\n'),
    )
    .map_err(|error| error.to_string())?;
    let password = String::from_utf8_lossy(&read("secrets/shep.password")?).trim().to_owned();
    let clock = surroundings.clock.clone();
    let contract = Arc::new(Contract::embedded().map_err(|error| error.to_string())?);
    Ok(Options {
        address,
        transport: Transport::Tls(tls(directory)?),
        trusted,
        signer: Arc::new(signer("signers/shep-signer")?),
        rogue: Some(Arc::new(signer("enemies/rogue-signer")?)),
        contract,
        clock: Arc::new(move || clock.now()),
        accept_unsigned: false,
        sender: Some(Sender { id: SENDER.to_owned(), password: Password::new(password) }),
        keep: KEPT,
        generous: 0,
    })
}

/// Exchanges that the mock remembers, octet for octet.
const KEPT: usize = 1_000;

fn tls(directory: &Path) -> Result<Arc<ServerConfig>, String> {
    let chain = certificates(&directory.join("pki/servers/shep.pem")).map_err(|error| error.to_string())?;
    let key = private_key(&directory.join("pki/servers/shep.key")).map_err(|error| error.to_string())?;
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| error.to_string())?;
    Ok(Arc::new(config))
}
