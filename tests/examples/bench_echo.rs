//! What stands behind nginx in the benchmark: a gRPC backend without TLS that reads a message and answers with one of a
//! fixed size, whatever the method. It does nothing else, so that the proxy before it is what is measured.
//!
//! ```text
//! bench_echo ADDRESS BYTES      until it is killed
//! ```

use std::convert::Infallible;
use std::error::Error;

use bytes::{BufMut as _, Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, bytes] = arguments.as_slice() else { return Err("usage: bench_echo ADDRESS BYTES".into()) };
    let answer = message(bytes.parse()?)?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(address, answer))
}

/// A gRPC message: uncompressed, its length, its octets.
fn message(bytes: usize) -> Result<Bytes, std::num::TryFromIntError> {
    let mut message = BytesMut::with_capacity(bytes + 5);
    message.put_u8(0);
    message.put_u32(u32::try_from(bytes)?);
    message.put_bytes(b'x', bytes);
    Ok(message.freeze())
}

async fn serve(address: &str, answer: Bytes) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(address).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let answer = answer.clone();
        let service = service_fn(move |request| reply(request, answer.clone()));
        tokio::spawn(http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service));
    }
}

async fn reply(
    request: Request<Incoming>,
    answer: Bytes,
) -> Result<Response<impl Body<Data = Bytes, Error = Infallible>>, hyper::Error> {
    request.into_body().collect().await?;
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let mut response = Response::new(Full::new(answer).with_trailers(std::future::ready(Some(Ok(trailers)))));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    Ok(response)
}
