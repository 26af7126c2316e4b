//! What `--keep` leaves: every SOAP message, and what the school sent and got, under its request id.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde_json::Value;

use super::student::Synced;
use super::world::World;

/// Leaves the exchanges for curious people and scripts.
pub(super) fn exchanges(world: &World, synced: &Synced) -> Result<(), String> {
    let request_ids: HashMap<&str, &str> = synced
        .exchanges
        .iter()
        .map(|(request_id, exchange)| (exchange.exchange_id.as_str(), request_id.as_str()))
        .collect();
    for exchange in world.government.seen() {
        let name = request_ids.get(exchange.message_id.as_str()).map_or(exchange.message_id.as_str(), |id| *id);
        // Only ids of our own making name files.
        if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            write(&world.directory, &format!("wire/{name}.request.xml"), &exchange.request)?;
            write(&world.directory, &format!("wire/{name}.reply.xml"), &exchange.reply)?;
        }
    }
    let json = |values: BTreeMap<&String, &Value>, folder: &str| {
        values.into_iter().try_for_each(|(id, value)| {
            write(&world.directory, &format!("{folder}/{id}.json"), format!("{value:#}").as_bytes())
        })
    };
    json(synced.exchanges.iter().map(|(id, exchange)| (id, &exchange.sent)).collect(), "sent")?;
    json(synced.exchanges.iter().map(|(id, exchange)| (id, &exchange.answer)).collect(), "answers")
}

fn write(directory: &Path, name: &str, bytes: &[u8]) -> Result<(), String> {
    let path = directory.join(name);
    let text = |error: std::io::Error| format!("{}: {error}", path.display());
    path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(text)?;
    std::fs::write(&path, bytes).map_err(text)
}
