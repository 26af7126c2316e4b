//! Fetches a revocation list: one HTTP GET of a declared endpoint through the residency connector.
//!
//! Follows nothing: a redirect is a refusal. Sends nothing but the declared host and path. Reads no more than 16 MiB and
//! waits no longer than half a minute in all.
//!
//! Example: `http://10.61.40.20/ca.crl` → its bytes, or `revocation.unreachable` with `residency.foreign`, `status_302`.

use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use qaqpa_proto::reason::Refusal;

use super::NotRenewed;
use crate::dial::{Connector, Door};
use crate::limits::MAX_REVOCATION_LIST;

/// Timeout of a fetch, from the DNS query to the last byte: 30 s.
const TIME: Duration = Duration::from_secs(30);

/// Fetches the body of the endpoint `id`.
pub(super) async fn list(door: &Door, id: &str) -> Result<Bytes, NotRenewed> {
    tokio::time::timeout(TIME, get(door, id)).await.unwrap_or_else(|_| Err(unreachable("timeout")))
}

async fn get(door: &Door, id: &str) -> Result<Bytes, NotRenewed> {
    let refused = |not_done: crate::refusal::NotDone| unreachable(not_done.reason.code());
    door.judge(id).await.map_err(refused)?; // the client below would tell of a refusal as of any failure
    let connector = door.connector(id).map_err(refused)?;
    let client: legacy::Client<Connector, Empty<Bytes>> = legacy::Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .retry_canceled_requests(false)
        .build(connector);
    let failed = |error: legacy::Error| unreachable(if error.is_connect() { "connect" } else { "cut" });
    let response = client.get(address(door, id)?).await.map_err(failed)?;
    if response.status() != StatusCode::OK {
        return Err(NotRenewed::Unreachable(format!("status_{}", response.status().as_u16())));
    }
    let body = Limited::new(response.into_body(), MAX_REVOCATION_LIST).collect().await;
    let body = body.map_err(|error| unreachable(if error.is::<LengthLimitError>() { "too_large" } else { "cut" }))?;
    Ok(body.to_bytes())
}

/// The declared URI of the endpoint.
fn address(door: &Door, id: &str) -> Result<Uri, NotRenewed> {
    let endpoint = door.endpoints().find(|endpoint| endpoint.name() == id);
    let endpoint = endpoint.ok_or_else(|| unreachable(Refusal::ResidencyNotDeclared.code()))?;
    let text = format!("{}://{}{}", endpoint.scheme().name(), endpoint.authority(), endpoint.path());
    text.parse().map_err(|_| unreachable(Refusal::ResidencyBadUrl.code()))
}

fn unreachable(word: &str) -> NotRenewed {
    NotRenewed::Unreachable(word.to_owned())
}
