//! One connection, from its first byte to its last.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use actix_http::Protocol;
use actix_http::error::DispatchError;
use actix_server::GracefulShutdownSignal;
use actix_service::{Service, apply_fn};
use order_events_sse::server::Socket;
use order_events_sse::server::takeover::{Connection, Stream};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::gate::Lent;
use crate::outgoing::Events;

/// How many requests that came together are answered before others have their turn.
const REQUESTS_IN_A_ROW: usize = 16;

/// How connections are served.
pub(crate) struct Terms {
    pub(crate) socket: Socket,
    pub(crate) head_timeout: Duration,
    pub(crate) keep_alive: Duration,
    pub(crate) stopping: GracefulShutdownSignal,
}

/// What speaks HTTP on a connection.
pub(crate) trait Http:
    Service<(Lent, Protocol, Option<SocketAddr>), Response = (), Error = DispatchError>
{
}

impl<S> Http for S where
    S: Service<(Lent, Protocol, Option<SocketAddr>), Response = (), Error = DispatchError>
{
}

/// What serves the connections of a worker, by what answers their requests.
pub(crate) fn connections<H: Http + 'static>(
    http: H,
    terms: Rc<Terms>,
) -> impl Service<TcpStream, Response = (), Error = DispatchError> {
    apply_fn(Rc::new(http), move |stream, http: &Rc<H>| {
        // In a box, for actix's task would have room for it twice.
        Box::pin(connect(stream, Rc::clone(http), Rc::clone(&terms)))
    })
}

/// Serves a connection until it ends, or until the server stops and what is under way is finished.
async fn connect(
    stream: TcpStream,
    http: Rc<impl Http>,
    terms: Rc<Terms>,
) -> Result<(), DispatchError> {
    // A connection that cannot be set up is one that has gone already.
    let (Ok(()), Ok(address)) = (terms.socket.tune(&stream), stream.peer_addr()) else {
        return Ok(());
    };
    let mut connection = Connection::new(stream);
    let peer = connection.peer();
    // What is over soon, or is seldom, is kept apart: a task is as large as the largest that it may
    // ever hold, and a service has a task for each stream.
    let first = Box::pin(async {
        // Until a peer has said something, nobody knows which HTTP it speaks.
        in_time(&terms, terms.head_timeout, connection.is_http2()).await?.ok()
    });
    let Some(is_http2) = first.await else { return Ok(()) };
    if is_http2 {
        let lent = Lent::whole(connection, Rc::default());
        Box::pin(serve(&*http, lent, Protocol::Http2, address, &terms)).await;
        return Ok(());
    }
    loop {
        let lent = Lent::by_turns(connection, Rc::default());
        let taken = Box::pin(serve(&*http, lent, Protocol::Http1, address, &terms)).await;
        let Some((stream, rest)) = taken else { return Ok(()) };
        if !stream.send(&peer).await || terms.keep_alive.is_zero() {
            return Ok(());
        }
        connection = rest;
        // Nothing is kept ready for a request before it comes.
        let next = Box::pin(in_time(&terms, terms.keep_alive, connection.is_asked()));
        if !matches!(next.await, Some(Ok(true))) {
            return Ok(());
        }
    }
}

/// What comes of it, unless it takes too long or the server stops.
async fn in_time<F: Future>(terms: &Terms, limit: Duration, future: F) -> Option<F::Output> {
    tokio::select! {
        biased;
        () = terms.stopping.notified() => None,
        output = timeout(limit, future) => output.ok(),
    }
}

/// Has actix answer requests until the connection ends, or until an answer is a stream: its body, of
/// which actix has sent the beginning and all of that, and the connection, of which it has read
/// nothing else.
async fn serve(
    http: &impl Http,
    lent: Lent,
    protocol: Protocol,
    address: SocketAddr,
    terms: &Terms,
) -> Option<(Stream<Events>, Connection)> {
    let (exchange, peer) = (lent.exchange(), lent.peer());
    let mut stopping = pin!(terms.stopping.notified());
    let stream = {
        let mut served = pin!(http.call((lent.clone(), protocol, Some(address))));
        poll_fn(|cx| {
            for _ in 0..REQUESTS_IN_A_ROW {
                if !exchange.is_last() && stopping.as_mut().poll(cx).is_ready() {
                    exchange.end();
                }
                // How it ended is its peer's affair.
                if served.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(None);
                }
                // What is being written may be the end of an answer to a peer that asks for nothing
                // more.
                if !peer.is_flushed() {
                    return Poll::Pending;
                }
                if let Some(stream) = exchange.handover.take() {
                    return Poll::Ready(Some(stream));
                }
                if exchange.is_last() && exchange.is_idle() {
                    return Poll::Ready(None);
                }
                if !lent.passes_again() {
                    // actix is kept from reading on, and so from seeing it.
                    let is_watched = protocol == Protocol::Http1;
                    let closed = if is_watched { peer.poll_closed(cx) } else { Poll::Pending };
                    return closed.map(|()| None);
                }
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await?
    };
    Some((stream, lent.into_connection()?))
}
