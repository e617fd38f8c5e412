//! An answer as actix-http is given it: where it is a stream, the beginning alone.

use std::error::Error;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_http::{ConnectionType, Request, Response, ResponseHead};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::header::HeaderValue;
use actix_web::http::{Method, Version};
use bytes::Bytes;
use http_body::{Body, Frame};
use order_events_sse::server::takeover::{Beginning, is_stream};

use crate::exchange::{Answer, Exchange};

/// What must be known of a request to say whether its answer can be sent without actix.
pub(crate) struct Asked {
    exchange: Rc<Exchange>,
    answer: Answer,
    is_plain: bool,
    /// It knows no chunks, so that the end of a body of unknown length is the connection's.
    is_old: bool,
    closes: bool,
}

impl Asked {
    pub(crate) fn by(request: &Request) -> Self {
        // Each of our connections has brought its own.
        let exchange = request.conn_data::<Rc<Exchange>>().cloned().unwrap_or_default();
        let head = request.head();
        let is_get = head.method == Method::GET && head.version == Version::HTTP_11;
        Self {
            answer: exchange.ask(),
            is_plain: is_get && exchange.is_alone(),
            is_old: head.version <= Version::HTTP_10,
            closes: head.connection_type() != ConnectionType::KeepAlive,
            exchange,
        }
    }

    /// The answer as actix-http is given it.
    pub(crate) fn answer<B: MessageBody + 'static>(
        self,
        answer: Response<B>,
    ) -> Response<Outgoing> {
        answer.map_body(|head, body| {
            if self.is_old && body.size() == BodySize::Stream {
                head.no_chunking(true);
                head.set_connection_type(ConnectionType::Close);
            }
            if self.exchange.is_last() && !head.upgrade() {
                head.set_connection_type(ConnectionType::Close);
            }
            let closes = self.closes || head.connection_type() != ConnectionType::KeepAlive;
            let body = match self.is_for_a_stream(head, body.size()) {
                false => Sent::Whole(body.boxed()),
                true => Sent::Beginning(Beginning::new(
                    Events(body.boxed()),
                    closes,
                    self.exchange.handover.clone(),
                )),
            };
            Outgoing { body, _answer: self.answer }
        })
    }

    /// A stream of events, on a connection that has no more to do with this request.
    fn is_for_a_stream(&self, head: &ResponseHead, size: BodySize) -> bool {
        let header = |name: &str| head.headers().get(name).map(HeaderValue::as_bytes);
        self.is_plain
            && size == BodySize::Stream
            && head.chunked()
            && !head.upgrade()
            && is_stream(head.status.as_u16(), header)
    }
}

/// A body as actix-http is given it. It is dropped once its last chunk is in actix's buffer.
pub(crate) struct Outgoing {
    body: Sent,
    _answer: Answer,
}

enum Sent {
    /// All of it.
    Whole(BoxBody),
    /// Of a stream.
    Beginning(Beginning<Events>),
}

impl MessageBody for Outgoing {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        match &self.body {
            Sent::Whole(body) => body.size(),
            Sent::Beginning(_) => BodySize::Stream,
        }
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Box<dyn Error>>>> {
        match &mut self.get_mut().body {
            Sent::Whole(body) => loop {
                let chunk = ready!(body.as_pin_mut().poll_next(cx));
                // actix would take a chunk of nothing for the last.
                if !matches!(&chunk, Some(Ok(chunk)) if chunk.is_empty()) {
                    return Poll::Ready(chunk);
                }
            },
            Sent::Beginning(beginning) => beginning.poll_frame(cx).map(|frame| {
                // There are none but of data.
                frame.map(|frame| frame.map(|frame| frame.into_data().unwrap_or_default()))
            }),
        }
    }
}

/// A stream's body, whatever middleware is around it, as what sends it knows it.
pub(crate) struct Events(BoxBody);

impl Body for Events {
    type Data = Bytes;
    type Error = Box<dyn Error>;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Box<dyn Error>>>> {
        let chunk = self.get_mut().0.as_pin_mut().poll_next(cx);
        chunk.map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
    }
}
