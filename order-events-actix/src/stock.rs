//! actix's own `HttpServer`, with sockets as streams need them, and ended with its streams.

use std::fmt;
use std::io;
use std::net::ToSocketAddrs;
use std::time::Duration;

use actix_http::{Request, Response};
use actix_service::{IntoServiceFactory, Service, ServiceFactory};
use actix_web::body::MessageBody;
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;
use actix_web::{Error, HttpServer};
use order_events_core::{Hub, Lifecycle};
use order_events_sse::server::Socket;

use crate::serve::seconds;

/// Binds an `HttpServer` as streams need it, at `"0.0.0.0:3000"` for example: room for a storm of
/// reconnects; no delay, a bounded send buffer and a bounded wait for dead peers on each connection;
/// and a peer that has closed its side is gone. HTTP/1.1, and HTTP/2 to those who begin with it.
///
/// By default actix lets a peer close half of a connection and then learns of the rest only when it
/// writes. This takes over `on_connect`: a service that needs that for itself sets its server up
/// by hand, and calls [`Socket::tune`] in its own.
///
/// Over HTTP/2 actix looks at a stream only when it writes to it: that a peer has reset it, or has
/// closed the connection, is seen at the next event or heartbeat.
///
/// A peer that connects and says nothing is kept for as long as it likes: actix looks at the first
/// bytes to know which HTTP it is, and gives their coming no time. What bounds such peers is
/// [`HttpServer::max_connections`].
pub fn bind<F, I, S, B>(
    server: HttpServer<F, I, S, B>,
    address: impl ToSocketAddrs,
) -> io::Result<HttpServer<F, I, S, B>>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    bind_with(server, address, Socket::default())
}

/// … with sockets set up like this.
pub fn bind_with<F, I, S, B>(
    server: HttpServer<F, I, S, B>,
    address: impl ToSocketAddrs,
    socket: Socket,
) -> io::Result<HttpServer<F, I, S, B>>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    server
        .on_connect(move |connection, _| {
            if let Some(connection) = connection.downcast_ref::<TcpStream>() {
                // A connection that cannot be set up is one that has gone already.
                let _gone = socket.tune(connection);
            }
        })
        .h1_allow_half_closed(false)
        .listen_auto_h2c(socket.listen(address)?)
}

/// Runs a server that was [bound](bind) until `stop` resolves, then drains the hub and ends.
///
/// From then on no connection is accepted; every stream is told to end and when to come back;
/// requests under way are finished; and what is left at the deadline, which actix takes in whole
/// seconds, is cut. Without the drain actix would wait the whole time for streams that never end.
/// This takes the place of actix's own handling of signals, and ends the actix system, too, as that does.
///
/// Most services stop by [`stopped`](crate::stopped), and have no reason for another deadline than
/// [`STOP_DEADLINE`](crate::STOP_DEADLINE).
pub async fn run<L, F, I, S, B>(
    server: HttpServer<F, I, S, B>,
    hub: &Hub<L>,
    stop: impl Future<Output = ()> + Send + 'static,
    deadline: Duration,
) -> io::Result<()>
where
    L: Lifecycle,
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let hub = hub.clone();
    let told = async move {
        stop.await;
        let _drain = hub.drain(deadline);
    };
    server.shutdown_timeout(seconds(deadline)).shutdown_signal(told).run().await
}
