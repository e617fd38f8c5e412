//! The machine's driver: timer, requests and bodies, polled by whoever takes the events.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http_body::Body as _;
use order_events_core::{Lifecycle, OrderStatus};
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep_until};
use url::Url;

use crate::config::Settings;
use crate::delivery::Given;
use crate::error::{Error, Failure};
use crate::reconnect::{Ask, Ending, Form, Step};
use crate::session::{Reading, Session};
use crate::state::{State, States};
use crate::store::{BoxError, Cursor, CursorStore};
use crate::transport::{Answer, Transport};

/// What happens to the orders of a scope, as a [`Stream`].
///
/// # What comes
///
/// A [`Given`] for each delivery, see [`Delivery`](crate::Delivery). Trouble is not among them: the
/// client connects again, goes on from its cursor and polls where streams do not get through, and
/// each event comes once, in order. An `Err` is the last item, and says what trying again would not
/// change. Nothing at all follows the last event of an order that is finished.
///
/// # Who does the work
///
/// Whoever polls. There is no task behind it: a stream that nobody polls reads nothing, and the
/// server holds what it has. Taking long over a delivery costs nothing but that; the server brings
/// who falls far behind to the present by a [`Reset`](crate::Delivery::Reset). It must be polled
/// within a Tokio runtime, and dropping it closes its connection.
pub struct Events<L: Lifecycle = OrderStatus> {
    session: Session<L>,
    transport: Arc<Transport>,
    settings: Settings,
    connection: Connection,
    began: Instant,
    timer: Pin<Box<Sleep>>,
    states: watch::Sender<State>,
    store: Option<Arc<dyn CursorStore>>,
    saved: Option<Cursor>,
    is_over: bool,
}

enum Connection {
    None,
    Asking(Form, Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send>>),
    Streaming(reqwest::Body, Reading),
    /// A page, of which these bytes have come.
    Gathering(Form, Url, reqwest::Body, Vec<u8>),
}

/// What a connection has to tell.
enum Told {
    Answer(Form, Result<Answer, Failure>),
    Chunk(Option<Result<Bytes, Failure>>),
}

impl<L: Lifecycle> Events<L> {
    pub(crate) fn new(
        session: Session<L>,
        transport: Arc<Transport>,
        settings: Settings,
        store: Option<Arc<dyn CursorStore>>,
    ) -> Self {
        let began = Instant::now();
        Self {
            saved: session.given().cloned(),
            states: watch::Sender::new(session.state()),
            session,
            transport,
            settings,
            connection: Connection::None,
            began,
            timer: Box::pin(sleep_until(began)),
            store,
            is_over: false,
        }
    }

    /// The next delivery; none after the last. As [`Stream`]'s `next`, for those who need nothing
    /// else of a stream.
    pub async fn next(&mut self) -> Option<Result<Given<L>, Error>> {
        std::future::poll_fn(|cx| self.poll_given(cx)).await
    }

    /// You have taken care of everything that you were given: keeps the cursor, where there is a
    /// store, and it moved. See [`CursorStore`] for what it means to say so before or after.
    ///
    /// Within a beginning there is no cursor yet, and nothing is kept. An error leaves everything as
    /// it was: go on, and say so again after the next delivery.
    pub async fn done(&mut self) -> Result<(), BoxError> {
        let (Some(store), Some(cursor)) = (&self.store, self.session.given()) else {
            return Ok(());
        };
        if self.saved.as_ref() != Some(cursor) {
            store.save(cursor).await?;
            self.saved = Some(cursor.clone());
        }
        Ok(())
    }

    /// Where to go on from, once everything that was given is taken care of. None within a
    /// beginning.
    pub fn cursor(&self) -> Option<&Cursor> {
        self.session.given()
    }

    /// How the connection is.
    pub fn state(&self) -> State {
        *self.states.borrow()
    }

    /// … for others to follow. It moves only while the stream is polled.
    pub fn states(&self) -> States {
        States(self.states.subscribe())
    }

    /// What went wrong last, until a stream is live again: for a log, or whoever wonders why the
    /// state is what it is.
    pub fn failure(&self) -> Option<&Failure> {
        self.session.failure()
    }

    fn poll_given(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Given<L>, Error>>> {
        loop {
            if let Some(given) = self.session.next() {
                return Poll::Ready(Some(Ok(given)));
            }
            if self.is_over {
                return Poll::Ready(None);
            }
            // Before the clock: what has come is not late because nobody looked.
            if let Poll::Ready(told) = self.connection.poll(cx) {
                self.take(told);
                self.tell_state();
                continue;
            }
            let now = self.began.elapsed();
            let step = self.session.step(now);
            self.tell_state();
            match step {
                Step::Ask(ask) => self.ask(now, ask),
                Step::LetGo => self.connection = Connection::None,
                Step::Wait(until) => ready!(self.poll_timer(cx, until)),
                Step::Over(ending) => {
                    self.is_over = true;
                    self.connection = Connection::None;
                    if let Some(error) = error(ending) {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
            }
        }
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>, until: Duration) -> Poll<()> {
        let Some(at) = self.began.checked_add(until) else { return Poll::Pending };
        if self.timer.deadline() != at {
            self.timer.as_mut().reset(at);
        }
        self.timer.as_mut().poll(cx)
    }

    fn ask(&mut self, now: Duration, ask: Ask) {
        match self.session.request(ask) {
            Err(failure) => self.session.failed(now, failure),
            Ok(request) => {
                let transport = Arc::clone(&self.transport);
                let form = request.form;
                let asking = async move { transport.ask(request).await };
                self.connection = Connection::Asking(form, Box::pin(asking));
            }
        }
    }

    fn take(&mut self, told: Told) {
        let now = self.began.elapsed();
        let connection = std::mem::replace(&mut self.connection, Connection::None);
        match (told, connection) {
            (Told::Answer(form, Ok(Answer { url, body })), _) => {
                let reading = self.session.answered(now, url.clone(), &self.settings);
                self.connection = match form {
                    Form::Stream => Connection::Streaming(body, reading),
                    Form::Page | Form::Orders => Connection::Gathering(form, url, body, Vec::new()),
                };
            }
            (Told::Answer(_, Err(failure)), _) | (Told::Chunk(Some(Err(failure))), _) => {
                self.session.failed(now, failure);
            }
            (Told::Chunk(Some(Ok(chunk))), Connection::Streaming(body, mut reading)) => {
                if self.session.heard(now, &mut reading, &chunk) {
                    self.connection = Connection::Streaming(body, reading);
                }
            }
            (Told::Chunk(None), Connection::Streaming(..)) => {
                self.session.failed(now, Failure::CutOff);
            }
            (Told::Chunk(Some(Ok(chunk))), Connection::Gathering(form, url, body, mut json)) => {
                let limit = self.settings.page_bytes;
                if chunk.len() > limit.saturating_sub(json.len()) {
                    return self.session.failed(now, Failure::TooLarge { limit });
                }
                json.extend_from_slice(&chunk);
                self.connection = Connection::Gathering(form, url, body, json);
            }
            (Told::Chunk(None), Connection::Gathering(Form::Orders, _, _, json)) => {
                self.session.orders_paged(now, &json);
            }
            (Told::Chunk(None), Connection::Gathering(_, url, _, json)) => {
                self.session.paged(now, &url, &json);
            }
            (Told::Chunk(_), Connection::None | Connection::Asking(..)) => {}
        }
    }

    fn tell_state(&self) {
        let state = self.session.state();
        self.states.send_if_modified(|known| std::mem::replace(known, state) != state);
    }
}

impl Connection {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Told> {
        match self {
            Self::None => Poll::Pending,
            Self::Asking(form, asking) => {
                let answer = ready!(asking.as_mut().poll(cx));
                Poll::Ready(Told::Answer(*form, answer))
            }
            Self::Streaming(body, _) | Self::Gathering(_, _, body, _) => loop {
                let chunk = match ready!(Pin::new(&mut *body).poll_frame(cx)) {
                    None => None,
                    Some(Err(error)) => Some(Err(Failure::Broken(error.without_url().into()))),
                    Some(Ok(frame)) => match frame.into_data() {
                        Ok(chunk) => Some(Ok(chunk)),
                        // Trailers say nothing.
                        Err(_) => continue,
                    },
                };
                return Poll::Ready(Told::Chunk(chunk));
            },
        }
    }
}

fn error(ending: Ending) -> Option<Error> {
    match ending {
        Ending::Final => None,
        Ending::Unauthenticated => Some(Error::Unauthenticated),
        Ending::Forbidden => Some(Error::Forbidden),
        Ending::NotFound => Some(Error::NotFound),
        Ending::Schema(schema) => Some(Error::Schema(schema)),
    }
}

/// Nothing in it is held in place: what is, is boxed.
impl<L: Lifecycle> Unpin for Events<L> {}

impl<L: Lifecycle> Stream for Events<L> {
    type Item = Result<Given<L>, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_given(cx)
    }
}

impl<L: Lifecycle> fmt::Debug for Events<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("state", &self.state())
            .field("cursor", &self.cursor())
            .finish_non_exhaustive()
    }
}
