//! A request on a connection of its own.

use std::net::SocketAddr;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::handshake;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Result;
use crate::parts::PATIENCE;

/// A stream, from a cursor on where there is one.
pub(crate) async fn watch(
    at: SocketAddr,
    path: &str,
    token: &str,
    last_event_id: &str,
) -> Result<Response<Incoming>> {
    let request = Request::get(path).header("last-event-id", last_event_id);
    send(at, request, token, String::new()).await
}

/// What admins say of an order.
pub(crate) async fn publish(
    at: SocketAddr,
    token: &str,
    change: String,
) -> Result<Response<Incoming>> {
    let request = Request::post("/orders");
    send(at, request.header(CONTENT_TYPE, "application/json"), token, change).await
}

async fn send(
    at: SocketAddr,
    request: http::request::Builder,
    token: &str,
    body: String,
) -> Result<Response<Incoming>> {
    let request = request.header(HOST, "shop.example").header(AUTHORIZATION, token);
    let request = request.body(Full::<Bytes>::from(body))?;
    let answer = async {
        let (mut sender, served) = handshake(TokioIo::new(TcpStream::connect(at).await?)).await?;
        // It ends with the body.
        tokio::spawn(served);
        Ok(sender.send_request(request).await?)
    };
    timeout(PATIENCE, answer).await?
}
