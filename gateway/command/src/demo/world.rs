//! The demo's world: a development environment, the mock government, the gateway and a school that calls it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use qaqpa_gateway::dial::{NoAnswer, Resolve};
use qaqpa_gateway::start::Environment;
use qaqpa_gateway::start::config::{Config, Problem, Source};
use qaqpa_gateway::start::setup::Setup;
use qaqpa_gateway::start::start;
use qaqpa_gateway::start::{self, Running};
use qaqpa_mock::Government;
use qaqpa_residency::Answer;

use super::story::Story;
use crate::DialArgs;
use crate::client::{Access, Client};
use crate::development::{self, Layout};

/// Resolves to 8.8.8.8, which the tables place in the United States; nothing is ever sent there.
pub(super) const ABROAD: &str = "shep.example.com";

/// Everything that runs.
pub(super) struct World {
    pub(super) directory: PathBuf,
    pub(super) config: Config,
    pub(super) government: Government,
    pub(super) running: Running,
    pub(super) school: Client,
    pub(super) environment: Environment,
}

/// Names of the demo, so that it needs no network.
struct Table;

impl Resolve for Table {
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<Answer, NoAnswer>> {
        let addresses = match host {
            ABROAD => vec![IpAddr::V4(Ipv4Addr::new(8, 8, 8, 8))],
            "localhost" => vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
            _ => Vec::new(),
        };
        Box::pin(std::future::ready(Ok(Answer { addresses, aliases: Vec::new() })))
    }
}

impl World {
    pub(super) async fn start(directory: &Path, environment: &Environment, story: &mut Story) -> Result<Self, String> {
        let environment = Environment { clock: environment.clock.clone(), resolver: Some(Arc::new(Table)) };
        let layout = Layout { directory: directory.to_owned(), listen: free_port()?, shep: free_port()? };
        development::lay_out(&layout, &environment.clock)?;
        story.progress("development certificates, keys and policy are laid out");
        let options = development::government(directory, layout.shep, &environment.clock)?;
        let government = Government::start(options).await.map_err(|error| error.to_string())?;
        story.progress(&format!("the mock government listens on {}", government.address()));
        let (config, source, setup) = draw(&directory.join("gateway.toml"), &environment, |_| {})?;
        let running = start(&config, &source, setup, &environment).await.map_err(|why| why.to_string())?;
        story.progress(&format!("the gateway listens on {}", running.address));
        let school = client(directory, running.address, Some("clients/school"), &environment)?;
        Ok(Self { directory: directory.to_owned(), config, government, running, school, environment })
    }

    /// A second gateway on the same journal, with a changed configuration.
    pub(super) async fn variant(&self, change: impl FnOnce(&mut Config)) -> Result<Running, String> {
        let (config, source, setup) = draw(&self.directory.join("gateway.toml"), &self.environment, |config| {
            config.listen.address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            change(config);
        })?;
        let first = &self.running.gateway;
        let gateway = setup.open(first.journal().clone(), first.persons().clone());
        start::listen(&config, &source, gateway, &self.environment).await.map_err(|why| why.to_string())
    }

    /// A caller with one of the development certificates, or none.
    pub(super) fn caller(&self, address: SocketAddr, credential: Option<&str>) -> Result<Client, String> {
        client(&self.directory, address, credential, &self.environment)
    }
}

/// Reads the configuration, lets it be changed, and compiles it.
pub(super) fn draw(
    path: &Path,
    environment: &Environment,
    change: impl FnOnce(&mut Config),
) -> Result<(Config, Source, Setup), String> {
    let lines = |problems: Vec<Problem>| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let (mut config, source) = Config::read(path).map_err(lines)?;
    change(&mut config);
    let setup = Setup::check(&config, &source, environment).map_err(lines)?;
    Ok((config, source, setup))
}

fn client(
    directory: &Path,
    address: SocketAddr,
    credential: Option<&str>,
    environment: &Environment,
) -> Result<Client, String> {
    let pki = directory.join("pki");
    let files = credential.map(|name| (pki.join(format!("{name}.pem")), pki.join(format!("{name}.key"))));
    let access = Access {
        url: &format!("https://localhost:{}", address.port()),
        ca: &pki.join("ca.pem"),
        certificate: files.as_ref().map(|(certificate, key)| (certificate.as_path(), key.as_path())),
        dial: &DialArgs::default(),
    };
    Client::new(&access, environment)
}

/// A port of loopback that is free now.
fn free_port() -> Result<SocketAddr, String> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map_err(|error| error.to_string())
}
