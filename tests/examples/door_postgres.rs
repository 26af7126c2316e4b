//! A database driver at the door: `tokio-postgres` is given a judged connection and opens none of its own.
//!
//! Declares one endpoint on the plane storage, asks `select 1` over it, and says as JSON what came of it. With a second
//! folder of tables, those take the place of the first while the connection is open, and the question is asked again.
//! Refuses a DSN's user, options and second host: they are the driver's configuration, never the endpoint's.
//!
//! ```text
//! door_postgres TABLES postgres://db.example.kz:5432 internet 195.12.113.29 [NEW_TABLES]
//! {"answer":"1","evidence":"endpoint=db plane=storage code=residency.ok ...","peer":"195.12.113.29:5432"}
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use qaqpa_gateway::dial::{Door, Names, Stream, Target};
use qaqpa_residency::{
    Endpoint, EndpointKind, EndpointRule, Location, MaxAge, Origins, Plane, Profile, Registry, Tables,
};
use qaqpa_tests::{Names as Table, Time};
use rustls::RootCertStore;
use serde_json::{Value, json};
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Config, Connection, NoTls, SimpleQueryMessage};

const DATABASE: &str = "db";
const PATIENCE: Duration = Duration::from_secs(5);

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let told = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [tables, url, kind, addresses] => told(tables, url, kind, addresses, None).await,
        [tables, url, kind, addresses, new] => told(tables, url, kind, addresses, Some(new)).await,
        _ => Err("TABLES URL KIND ADDRESSES [NEW_TABLES]".into()),
    };
    Ok(writeln!(io::stdout(), "{}", told?)?)
}

async fn told(tables: &str, url: &str, kind: &str, addresses: &str, new: Option<&str>) -> Outcome<Value> {
    let door = match declared(url, kind) {
        Ok(endpoint) => door(endpoint, addresses, read(tables)?)?,
        Err(code) => return Ok(json!({ "refused": code })),
    };
    let stream = match door.connect(DATABASE).await {
        Ok(stream) => stream,
        Err(error) => return Ok(json!({ "refused": error.to_string() })),
    };
    let peer = stream.peer()?.to_string();
    let (client, connection) = Config::new().user("qaqpa").dbname("postgres").connect_raw(stream, NoTls).await?;
    let ended = tokio::spawn(ended(connection));
    let answer = one(&client).await?;
    let evidence = door.judge(DATABASE).await.map_err(|not_done| not_done.reason.code())?.evidence().to_owned();
    let mut told = json!({ "answer": answer, "evidence": evidence, "peer": peer });
    if let (Some(new), Value::Object(told)) = (new, &mut told) {
        door.replace_tables(read(new)?);
        let again = one(&client).await;
        told.insert("again".to_owned(), again.map_or_else(|_| Value::Null, Value::from));
        if !client.is_closed() {
            return Ok(Value::Object(told.clone()));
        }
        told.insert("ended".to_owned(), tokio::time::timeout(PATIENCE, ended).await??.into());
        let reconnected = door.connect(DATABASE).await.err().map(|error| error.to_string());
        told.insert("reconnected".to_owned(), reconnected.into());
    }
    Ok(told)
}

/// The innermost reason why the driver's connection is over.
async fn ended(connection: Connection<Stream, NoTlsStream>) -> String {
    match connection.await {
        Ok(()) => "closed".to_owned(),
        Err(error) => error.source().map_or_else(|| error.to_string(), ToString::to_string),
    }
}

async fn one(client: &Client) -> Outcome<String> {
    let rows = tokio::time::timeout(PATIENCE, client.simple_query("select 1")).await??;
    let first = rows.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    first.ok_or_else(|| "no row".into())
}

fn declared(url: &str, kind: &str) -> Result<Endpoint, &'static str> {
    let rule = EndpointRule {
        name: DATABASE.to_owned(),
        url: url.to_owned(),
        plane: Plane::Storage,
        kind: EndpointKind::parse(kind).ok_or("no kind of endpoint")?,
        pins: Vec::new(),
        aliases: Vec::new(),
        tunnel: None,
        exceptions: Vec::new(),
    };
    let endpoint = Endpoint::parse(rule).map_err(|refusal| refusal.reason().code())?;
    endpoint.admit(Profile::Development).map_err(|refusal| refusal.reason().code())?;
    Ok(endpoint)
}

/// A door with one way, whose name has these addresses, between commas.
fn door(endpoint: Endpoint, addresses: &str, tables: Arc<Tables>) -> Outcome<Door> {
    let addresses: Result<Vec<IpAddr>, _> = addresses.split(',').map(str::parse).collect();
    let target = Target::new(endpoint, addresses?, RootCertStore::empty(), (PATIENCE, 2 * PATIENCE))?;
    let names = Names::Given(Arc::new(Table::default()));
    Ok(Door::new(BTreeMap::from([(DATABASE.to_owned(), target)]), tables, names, Time::default().clock()))
}

fn read(directory: &str) -> Outcome<Arc<Tables>> {
    let file = |name: &str| std::fs::read(Path::new(directory).join(name));
    let registry = Registry::parse(file("delegated")?.as_slice())?;
    let location = Location::parse_text(file("geoip")?.as_slice(), file("geoip6")?.as_slice())?;
    let max_age = MaxAge { registry_days: 45, locations_days: 45, origins_days: 365 };
    Ok(Arc::new(Tables::new(registry, vec![location], Origins::embedded(), max_age)))
}
