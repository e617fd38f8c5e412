//! What a server of streams needs of its sockets, as one call.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use actix_http::{Request, Response};
use actix_service::{IntoServiceFactory, Service, ServiceFactory};
use actix_web::body::MessageBody;
use actix_web::dev::AppConfig;
use actix_web::rt::net::TcpStream;
use actix_web::{Error, HttpServer};
use order_events_sse::server::Socket;

/// Binds a server as streams need it: room for a storm of reconnects; no delay, a bounded send
/// buffer and a bounded wait for dead peers on each connection; and a peer that has closed its side
/// is gone. HTTP/1.1, and HTTP/2 to those who begin with it.
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
    address: SocketAddr,
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
