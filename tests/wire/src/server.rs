//! The servers, each on a thread and a free port of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, Condition};
use actix_web::rt::System;
use actix_web::{App, Error, HttpServer};
use axum::Router;
use order_events_axum::{Door, Listener};
use order_events_core::Hub;
use order_events_sse::server::{Settings, Socket};
use tokio::sync::oneshot;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;

use crate::shop::{Shop, Trusting};
use crate::wait::until;

/// A server that somebody might run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Our `serve`.
    Axum,
    /// Stock `axum::serve` with our listener.
    StockAxum,
    /// actix, by our `serve`.
    Actix,
    /// actix's own `HttpServer`, by our `bind` and `run`.
    StockActix,
}

impl Kind {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Axum, Self::StockAxum, Self::Actix, Self::StockActix];
}

/// How a server is set up.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Of its streams and pages.
    pub settings: Settings,
    /// Of its connections.
    pub socket: Socket,
    /// Whether the framework's compressor stands before the routes, told to spare nothing.
    pub compresses: bool,
    /// How long open streams may take over their end.
    pub deadline: Duration,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            socket: Socket::default(),
            compresses: false,
            deadline: Duration::from_secs(2),
        }
    }
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: JoinHandle<()>,
}

impl Server {
    /// Serves a shop until it is stopped, or the test is over.
    pub fn start(kind: Kind, shop: &Shop, setup: &Setup) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (listening, address) = mpsc::channel();
        let run = Run { hub: shop.hub.clone(), setup: setup.clone(), listening, stopped };
        let thread = std::thread::spawn(move || match kind {
            Kind::Axum => run.axum(),
            Kind::StockAxum => run.stock_axum(),
            Kind::Actix => run.actix(),
            Kind::StockActix => run.stock_actix(),
        });
        Self { address: address.recv().unwrap(), stop: Some(stop), thread }
    }

    /// Stops it as a service would, and says how long it took.
    pub async fn stop(mut self) -> Duration {
        self.stop.take();
        until("the server ends", || self.thread.is_finished()).await
    }
}

struct Run {
    hub: Hub,
    setup: Setup,
    listening: mpsc::Sender<SocketAddr>,
    stopped: oneshot::Receiver<()>,
}

impl Run {
    fn door(&self) -> Door {
        Door::with_settings(&self.hub, Trusting, self.setup.settings.clone())
    }

    fn router(&self) -> Router {
        let router = order_events_axum::routes(&self.door());
        match self.setup.compresses {
            true => router.layer(CompressionLayer::new().compress_when(SizeAbove::new(0))),
            false => router,
        }
    }

    fn listener(&self) -> Listener {
        let listener = Listener::bind_with(anywhere(), self.setup.socket).unwrap();
        self.listening.send(listener.local_addr().unwrap()).unwrap();
        listener
    }

    fn axum(self) {
        runtime().block_on(async {
            let (listener, router) = (self.listener(), self.router());
            let stop = async { drop(self.stopped.await) };
            order_events_axum::serve(listener, router, &self.hub, stop, self.setup.deadline).await;
        });
    }

    fn stock_axum(self) {
        runtime().block_on(async {
            let (listener, router) = (self.listener(), self.router());
            let (hub, deadline) = (self.hub, self.setup.deadline);
            let (told, tell) = oneshot::channel::<()>();
            let stop = async move {
                drop(self.stopped.await);
                let _drain = hub.drain(deadline);
                drop(told);
            };
            let served = axum::serve(listener, router).with_graceful_shutdown(stop);
            // Stock axum waits for its connections without end: what bounds that is the service's.
            let late = async {
                drop(tell.await);
                tokio::time::sleep(deadline).await;
            };
            tokio::select! {
                served = async { served.await } => served.unwrap(),
                () = late => {}
            }
        });
    }

    fn actix(self) {
        System::new().block_on(async {
            let (door, compresses) = (self.door(), self.setup.compresses);
            let app = move || app(door.clone(), compresses);
            let listener = order_events_actix::Listener::bind_with(anywhere(), self.setup.socket);
            let listener = listener.unwrap().workers(2);
            self.listening.send(listener.local_addr().unwrap()).unwrap();
            let (hub, deadline) = (&self.hub, self.setup.deadline);
            let stop = async move { drop(self.stopped.await) };
            order_events_actix::serve(listener, app, hub, stop, deadline).await.unwrap();
        });
    }

    fn stock_actix(self) {
        System::new().block_on(async {
            let (door, compresses) = (self.door(), self.setup.compresses);
            let server = HttpServer::new(move || app(door.clone(), compresses)).workers(2);
            let socket = self.setup.socket;
            let server = order_events_actix::bind_with(server, anywhere(), socket).unwrap();
            self.listening.send(server.addrs()[0]).unwrap();
            let (hub, deadline) = (&self.hub, self.setup.deadline);
            let stop = async move { drop(self.stopped.await) };
            order_events_actix::run(server, hub, stop, deadline).await.unwrap();
        });
    }
}

fn app(
    door: Door,
    compresses: bool,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .wrap(Condition::new(compresses, Compress::default()))
        .configure(order_events_actix::routes(&door))
}

fn anywhere() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}
