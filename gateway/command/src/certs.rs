//! `qaqpa certs`: development certificates, and a look into one.

use std::path::PathBuf;
use std::process::ExitCode;

use qaqpa_certs_dev::inspect;
use qaqpa_gateway::listen::identity::identity;
use qaqpa_gateway::start::Environment;

use super::{INPUT, failed, say};
use crate::development::{self, Layout};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Lay out a development environment: certificates (and their enemies), keys, policy and gateway.toml
    Dev {
        /// Empty or new directory
        directory: PathBuf,
        /// Address the gateway shall listen on
        #[arg(long, default_value = "127.0.0.1:7443")]
        listen: std::net::SocketAddr,
        /// Address the mock government shall listen on
        #[arg(long, default_value = "127.0.0.1:8443")]
        shep: std::net::SocketAddr,
    },
    /// Say what is in a certificate or revocation list (PEM or DER), and by which names a gateway would know its holder
    Inspect {
        /// File to look into
        file: PathBuf,
    },
}

pub(super) fn run(command: Command, environment: &Environment) -> ExitCode {
    match command {
        Command::Dev { directory, listen, shep } => dev(&Layout { directory, listen, shep }, environment),
        Command::Inspect { file } => look(&file, environment),
    }
}

fn dev(layout: &Layout, environment: &Environment) -> ExitCode {
    match development::lay_out(layout, &environment.clock) {
        Ok(_) => {
            let directory = layout.directory.display();
            say(&format!("development environment in {directory}: nothing in it may be used outside this machine\n"));
            say(&format!("  qaqpa mock up --dir {directory}"));
            say(&format!("  qaqpa serve --config {directory}/gateway.toml"));
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error, INPUT),
    }
}

fn look(file: &std::path::Path, environment: &Environment) -> ExitCode {
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => return failed(&format!("{}: {error}", file.display()), INPUT),
    };
    match inspect(&bytes, qaqpa_gateway::clock::offset_date_time(&environment.clock)) {
        Ok(inspection) => {
            say(&inspection.to_string());
            for certificate in qaqpa_gateway::tls::certificates(file).unwrap_or_default() {
                let identity = identity(&certificate, &[]);
                say("A gateway knows the holder by:");
                identity.uris.iter().for_each(|uri| say(&format!("  uri = \"{uri}\"")));
                identity.bin.iter().for_each(|bin| say(&format!("  bin = \"{}\"", bin.as_str())));
                identity.uid.iter().for_each(|uid| say(&format!("  uid = \"{uid}\"")));
            }
            ExitCode::SUCCESS
        }
        Err(error) => failed(&format!("{}: {error}", file.display()), INPUT),
    }
}
