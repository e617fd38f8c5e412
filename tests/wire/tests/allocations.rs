//! What a delivery costs beyond what the framework does with bytes that are ready: a test by itself,
//! for its allocator counts. It counts per thread, so everything measured here is polled by hand.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker, ready};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use axum::response::IntoResponse;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use hyper_util::rt::TokioIo;
use order_events_actix::EventMessage;
use order_events_axum::EventResponse;
use order_events_benches::counting::{self, Counting};
use order_events_core::{Delivery, Grant, OrderId, Principal, Resume, Scope, Subscription};
use order_events_sse::SseCodec;
use order_events_sse::server::{Body, EventBody, Settings};
use order_events_wire_tests::{ORDER, Shop};
use tokio::io::{AsyncRead, AsyncWriteExt, DuplexStream, ReadBuf};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const TIMES: u64 = 1_000;

/// Bytes that are ready, or not yet: the barest body there is.
#[derive(Debug, Clone, Default)]
struct Bare(Arc<Mutex<Option<Bytes>>>);

impl Bare {
    fn give(&self, bytes: Bytes) {
        *self.0.lock().unwrap() = Some(bytes);
    }

    fn poll(&self) -> Poll<Option<Result<Bytes, Infallible>>> {
        self.0.lock().unwrap().take().map_or(Poll::Pending, |bytes| Poll::Ready(Some(Ok(bytes))))
    }
}

impl http_body::Body for Bare {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.poll().map(|bytes| bytes.map(|bytes| bytes.map(Frame::data)))
    }
}

impl MessageBody for Bare {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        self.poll()
    }
}

/// A body in its framework's hands.
enum InHand {
    Itself(Pin<Box<dyn http_body::Body<Data = Bytes, Error = Infallible>>>),
    Axum(axum::body::Body),
    Actix(Pin<Box<BoxBody>>),
}

impl InHand {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        let frame = match self {
            Self::Itself(body) => ready!(body.as_mut().poll_frame(cx)).unwrap().unwrap(),
            Self::Axum(body) => {
                ready!(http_body::Body::poll_frame(Pin::new(body), cx)).unwrap().unwrap()
            }
            Self::Actix(body) => {
                let chunk = ready!(body.as_mut().poll_next(cx));
                return Poll::Ready(chunk.unwrap().unwrap());
            }
        };
        Poll::Ready(frame.into_data().unwrap())
    }

    /// All that is due, and how often memory was asked for on the way to the next wait.
    fn take(&mut self) -> (Vec<Bytes>, u64) {
        let mut chunks = Vec::with_capacity(8);
        let mut cx = Context::from_waker(Waker::noop());
        let before = counting::allocations();
        while let Poll::Ready(chunk) = self.poll(&mut cx) {
            chunks.push(chunk);
        }
        (chunks, counting::allocations() - before)
    }
}

/// The same body in each of the hands it can come into.
fn hands<B>(
    mut body: impl FnMut() -> B,
    axum: fn(B) -> axum::body::Body,
    actix: fn(B) -> BoxBody,
) -> [InHand; 3]
where
    B: http_body::Body<Data = Bytes, Error = Infallible> + 'static,
{
    [
        InHand::Itself(Box::pin(body())),
        InHand::Axum(axum(body())),
        InHand::Actix(Box::pin(actix(body()))),
    ]
}

fn ours(shop: &Shop) -> [InHand; 3] {
    hands(
        || Body::Events(EventBody::new(&shop.hub, watch(shop), &Settings::default())),
        |body| EventResponse(Response::new(body)).into_response().into_body(),
        |body| BoxBody::new(EventMessage(body)),
    )
}

fn watch(shop: &Shop) -> Subscription {
    let grant =
        Grant::new(Principal::new("anna").unwrap(), Scope::Order(OrderId::new(ORDER).unwrap()));
    at_once(shop.hub.subscribe(grant, Resume::Fresh)).unwrap()
}

fn at_once<F: Future>(future: F) -> F::Output {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the engine in memory never waits"),
    }
}

/// What is polled by hand is this task's, which the runtime lets do only so much at a time.
async fn give_way() {
    tokio::task::yield_now().await;
}

/// The frames that are due to a reader beside the stream, who has them made.
fn frames(beside: &mut Subscription) -> Vec<Bytes> {
    let mut frames = Vec::new();
    let mut cx = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(delivery)) = beside.poll_delivery(&mut cx) {
        if let Delivery::Event(event) = delivery {
            frames.push(event.frame(&SseCodec));
        }
    }
    frames
}

#[tokio::test(start_paused = true)]
async fn a_delivery_asks_for_no_more_memory_than_ready_bytes_do() {
    let shop = Shop::open().await;
    let mut beside = watch(&shop);
    frames(&mut beside);
    let bare = Bare::default();
    let ready = hands(|| bare.clone(), axum::body::Body::new, BoxBody::new);
    for (mut ours, mut ready) in ours(&shop).into_iter().zip(ready) {
        // The beginning, and the first wait with its timer.
        ours.take();
        let (mut by_us, mut by_ready) = (0, 0);
        for _ in 0..TIMES {
            give_way().await;
            shop.remark("Your parcel is on its way to you.").await;
            let frame = frames(&mut beside).pop().unwrap();
            let (chunks, asked) = ours.take();
            by_us += asked;
            let [chunk] = &chunks[..] else { panic!("{chunks:?}") };
            assert_eq!((chunk, chunk.as_ptr()), (&frame, frame.as_ptr()), "shared, not copied");
            bare.give(frame);
            by_ready += ready.take().1;
        }
        println!("{TIMES} deliveries: {by_us} allocations, {by_ready} for ready bytes");
        assert_eq!((by_us, by_ready), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn several_events_are_copied_once_into_one_frame() {
    let shop = Shop::open().await;
    let mut beside = watch(&shop);
    frames(&mut beside);
    for mut ours in ours(&shop) {
        ours.take();
        for (count, most) in [(2, 1), (5, 1), (16, 1), (50, 4)] {
            for n in 0..count {
                shop.remark(&format!("the {n}th of them")).await;
            }
            let frames = frames(&mut beside);
            let (chunks, asked) = ours.take();
            println!("{count} at once: {asked} allocations, {} bytes", chunks[0].len());
            assert_eq!(chunks, [frames.concat()]);
            assert!((1..=most).contains(&asked), "{asked} for {count} events");
        }
    }
}

/// A connection of hyper's, in memory, with one request on it.
struct Connection {
    served: Pin<Box<dyn Future<Output = ()>>>,
    client: DuplexStream,
}

impl Connection {
    async fn serving(body: axum::body::Body) -> Self {
        let (mut client, server) = tokio::io::duplex(64 * 1024);
        let body = Mutex::new(Some(body));
        let service = hyper::service::service_fn(move |_: Request<hyper::body::Incoming>| {
            let body = body.lock().unwrap().take().unwrap();
            async { Ok::<_, Infallible>(Response::new(body)) }
        });
        let mut builder = hyper::server::conn::http1::Builder::new();
        builder.writev(false).max_buf_size(order_events_axum::MAX_HEAD_BYTES);
        let connection = builder.serve_connection(TokioIo::new(server), service);
        client.write_all(b"GET / HTTP/1.1\r\nhost: shop.test\r\n\r\n").await.unwrap();
        Self { served: Box::pin(async { drop(connection.await) }), client }
    }

    /// Lets hyper write what is due, counts how often it asked for memory, and reads what came.
    fn take(&mut self) -> (Vec<u8>, u64) {
        let mut cx = Context::from_waker(Waker::noop());
        let before = counting::allocations();
        // Twice: hyper looks after itself in between.
        for _ in 0..2 {
            assert!(self.served.as_mut().poll(&mut cx).is_pending());
        }
        let asked = counting::allocations() - before;
        let mut bytes = vec![0; 64 * 1024];
        let mut buffer = ReadBuf::new(&mut bytes);
        assert!(Pin::new(&mut self.client).poll_read(&mut cx, &mut buffer).is_ready());
        (buffer.filled().to_vec(), asked)
    }
}

#[tokio::test(start_paused = true)]
async fn hyper_asks_for_no_more_memory_than_for_ready_bytes() {
    let shop = Shop::open().await;
    let mut beside = watch(&shop);
    frames(&mut beside);
    let bare = Bare::default();
    let body = EventBody::new(&shop.hub, watch(&shop), &Settings::default());
    let response = EventResponse(Response::new(Body::Events(body))).into_response();
    let mut ours = Connection::serving(response.into_body()).await;
    let mut ready = Connection::serving(axum::body::Body::new(bare.clone())).await;
    // Heads and beginnings, with which both come to the buffers they keep.
    let (begun, _) = ours.take();
    assert!(begun.ends_with(b"\n\n\r\n"));
    ready.take();
    bare.give(begun.into());
    ready.take();
    let (mut by_us, mut by_ready) = (0, 0);
    let since = std::time::Instant::now();
    for _ in 0..TIMES {
        give_way().await;
        shop.remark("Your parcel is on its way to you.").await;
        bare.give(frames(&mut beside).pop().unwrap());
        let (sent, asked) = ours.take();
        by_us += asked;
        let (same, asked) = ready.take();
        by_ready += asked;
        assert_eq!(sent, same);
    }
    println!("{TIMES} deliveries by hyper: {by_us} allocations, {by_ready} for ready bytes");
    // Once a second, by the real clock, hyper makes a new date for heads, in whichever is polled then.
    let dates = since.elapsed().as_secs() + 1;
    assert!(by_us <= by_ready + dates, "{by_us} and {by_ready}, with {dates} dates at most");
}
