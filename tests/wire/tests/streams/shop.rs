//! A shop with a stream, behind each server, which gives what the test sends.

use std::convert::Infallible;
use std::future::{Future, pending, ready};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, spawn};

use actix_web::middleware::Compress;
use actix_web::rt::System;
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use axum::Router;
use axum::body::Body;
use axum::routing::{any, get, post};
use bytes::Bytes;
use futures_core::Stream;
use futures_util::stream::{StreamExt, iter, unfold};
use order_events_core::Hub;
use order_events_wire_tests::{CAP, Kind};
use tokio::sync::{mpsc, oneshot};

use crate::visitor::Visitor;

type Chunk = Result<Bytes, std::io::Error>;

pub(crate) struct Shop {
    address: SocketAddr,
    pub(crate) chunks: mpsc::UnboundedSender<Chunk>,
    /// Resolves once the stream has been asked for.
    pub(crate) asked: oneshot::Receiver<()>,
    pub(crate) served: JoinHandle<()>,
}

impl Shop {
    pub(crate) fn open(kind: Kind) -> Self {
        Self::open_until(kind, pending())
    }

    pub(crate) fn open_until(kind: Kind, stop: impl Future<Output = ()> + Send + 'static) -> Self {
        let (chunks, given) = mpsc::unbounded_channel();
        let (asks, asked) = oneshot::channel();
        let goods =
            Goods { given: Arc::new(Mutex::new(Some((given, asks)))), read: Arc::default() };
        let (listening, address) = channel();
        let served = spawn(move || match kind {
            Kind::Axum | Kind::StockAxum => axum(kind, goods, stop, &listening),
            Kind::Actix | Kind::StockActix => actix(kind, goods, stop, &listening),
        });
        Self { address: address.recv().unwrap(), chunks, asked, served }
    }

    pub(crate) fn say(&self, chunk: impl Into<Bytes>) {
        self.chunks.send(Ok(chunk.into())).unwrap();
    }

    pub(crate) async fn visitor(&self) -> Visitor {
        Visitor::at(self.address).await
    }
}

/// The one stream there is, to whoever asks first.
#[derive(Clone)]
struct Goods {
    given: Arc<Mutex<Option<Given>>>,
    /// How often the long text was asked for.
    read: Arc<AtomicUsize>,
}

type Given = (mpsc::UnboundedReceiver<Chunk>, oneshot::Sender<()>);

impl Goods {
    fn stream(&self) -> impl Stream<Item = Chunk> + use<> {
        let (given, asks) = self.given.lock().unwrap().take().unwrap();
        let _nobody_waits = asks.send(());
        unfold(given, async |mut given| given.recv().await.map(|chunk| (chunk, given)))
    }

    /// More than the buffers of both ends hold.
    fn long(&self) -> String {
        self.read.fetch_add(1, Relaxed);
        "No line is lost. ".repeat(500_000) + "The end."
    }

    fn read(&self) -> String {
        format!("read {} times", self.read.load(Relaxed))
    }
}

/// A stream that has an end.
fn brief() -> impl Stream<Item = Result<Bytes, Infallible>> {
    iter(["data: a\n\n", "data: b\n\n"]).map(|chunk| Ok(Bytes::from(chunk)))
}

const ANYWHERE: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0);

const KIND: (&str, &str) = ("content-type", "text/event-stream");

fn axum(
    kind: Kind,
    goods: Goods,
    stop: impl Future<Output = ()> + Send + 'static,
    listening: &Sender<SocketAddr>,
) {
    let [long, read] = [goods.clone(), goods.clone()];
    let stream = any(async move |method: axum::http::Method| {
        // What a `HEAD` is answered is never sent, and nobody may wait for it.
        let body = match method {
            axum::http::Method::HEAD => Body::empty(),
            _ => Body::from_stream(goods.stream()),
        };
        ([KIND], body)
    });
    let router = Router::new()
        .route("/stream", stream)
        .route("/brief", get(async |_: Bytes| ([KIND], Body::from_stream(brief()))))
        .route("/name", get(async || "a shop"))
        .route("/long", get(async move || long.long()))
        .route("/read", get(async move || read.read()))
        .route("/echo", post(async |body: Bytes| body));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = order_events_axum::Listener::bind(ANYWHERE).unwrap();
        listening.send(listener.local_addr().unwrap()).unwrap();
        match kind {
            Kind::Axum => {
                let hub = Hub::builder().build();
                order_events_axum::serve(listener, router, &hub, stop, CAP).await;
            }
            _ => axum::serve(listener, router).with_graceful_shutdown(stop).await.unwrap(),
        }
    });
}

fn actix(
    kind: Kind,
    goods: Goods,
    stop: impl Future<Output = ()> + Send + 'static,
    listening: &Sender<SocketAddr>,
) {
    let answers = move |config: &mut ServiceConfig| {
        let [goods, long, read] = [goods.clone(), goods.clone(), goods.clone()];
        let stream = move |request: HttpRequest| {
            let mut answer = HttpResponse::Ok();
            answer.insert_header(KIND);
            ready(match *request.method() {
                actix_web::http::Method::HEAD => answer.streaming(brief()),
                _ => answer.streaming(goods.stream()),
            })
        };
        config
            .route("/stream", web::to(stream))
            .route(
                "/brief",
                web::get()
                    .to(async |_: Bytes| HttpResponse::Ok().insert_header(KIND).streaming(brief())),
            )
            .route("/name", web::get().to(async || "a shop"))
            .route("/long", web::get().to(move || ready(long.long())))
            .route("/read", web::get().to(move || ready(read.read())))
            .route("/echo", web::post().to(async |body: Bytes| body));
    };
    let app = move || App::new().wrap(Compress::default()).configure(answers.clone());
    System::new().block_on(async {
        let hub = Hub::builder().build();
        match kind {
            Kind::Actix => {
                let listener = order_events_actix::Listener::bind(ANYWHERE).unwrap().workers(1);
                listening.send(listener.local_addr().unwrap()).unwrap();
                order_events_actix::serve(listener, app, &hub, stop, CAP).await.unwrap();
            }
            _ => {
                let server = HttpServer::new(app).workers(1);
                let server = order_events_actix::bind(server, ANYWHERE).unwrap();
                listening.send(server.addrs()[0]).unwrap();
                order_events_actix::run(server, &hub, stop, CAP).await.unwrap();
            }
        }
    });
}
