//! Servers of ours that speak TLS themselves, HTTP/2 or HTTP/1.1.

use std::future::IntoFuture as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use order_events_axum::{Door, Hub};
use order_events_client::Client;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::host::{Desk, Gate, brisk, gate, hurry, with_token};
use crate::identity::Identity;

/// What a server speaks, as TLS names it.
pub(crate) const HTTP_1: &[u8] = b"http/1.1";
pub(crate) const HTTP_2: &[u8] = b"h2";

/// A listener as a service would have it, where nobody terminates TLS before.
struct Tls {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    /// How many have agreed on what was to be spoken.
    accepted: Arc<AtomicUsize>,
    speaks: &'static [u8],
}

impl axum::serve::Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, peer)) = self.listener.accept().await else { continue };
            let Ok(stream) = self.acceptor.accept(stream).await else { continue };
            assert_eq!(stream.get_ref().1.alpn_protocol(), Some(self.speaks));
            self.accepted.fetch_add(1, Ordering::SeqCst);
            return (stream, peer);
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A server over stock axum, and what it speaks first.
pub(crate) struct Secure {
    pub(crate) port: u16,
    pub(crate) accepted: Arc<AtomicUsize>,
    hub: Hub,
    stop: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
}

impl Secure {
    pub(crate) async fn start(
        hub: &Hub,
        its: &Identity,
        speaks: &[&'static [u8]],
        door: Gate,
        port: u16,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let accepted = Arc::new(AtomicUsize::new(0));
        let tls = Tls {
            listener,
            acceptor: its.acceptor(speaks),
            accepted: Arc::clone(&accepted),
            speaks: speaks[0],
        };
        let routes = order_events_axum::routes(&Door::with_settings(hub, Desk, brisk()));
        let router = Router::new().nest("/live", routes).layer(from_fn_with_state(door, gate));
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = axum::serve(tls, router);
        let serving = serving.with_graceful_shutdown(async { drop(stopped.await) });
        let served = tokio::spawn(serving.into_future());
        Self { port, accepted, hub: hub.clone(), stop, served }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}/live", self.port)
    }

    pub(crate) fn client(&self, its: &Identity) -> Client {
        let config = its.trusted(&[HTTP_2, HTTP_1]);
        with_token(Client::builder(self.url()), "staff")
            .http(|http| http.tls_backend_preconfigured(config))
            .configure(hurry)
            .seed(7)
            .build()
            .unwrap()
    }

    /// Ends as a service would: by HTTP/2 with a GOAWAY, and what is open by a word.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        self.hub.drain(Duration::from_secs(1)).await;
        self.served.await.unwrap().unwrap();
    }
}
