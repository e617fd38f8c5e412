//! A server for streams: it drains before it ends.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use actix_http::{HttpService, Request, Response};
use actix_server::Server;
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, apply_fn_factory, fn_factory,
    map_config,
};
use actix_web::body::MessageBody;
use actix_web::dev::AppConfig;
use actix_web::{Error, HttpResponse};
use order_events_core::{Hub, Lifecycle};

use crate::connect::{Terms, connections};
use crate::gate::Lent;
use crate::listen::Listener;
use crate::outgoing::{Asked, Outgoing};

/// How long a connection may take over its end.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Serves an app until `stop` resolves, then drains the hub and ends.
///
/// From then on no connection is accepted; every stream is told to end and when to come back;
/// requests under way are finished; and what is left at the deadline, which actix takes in whole
/// seconds, is cut.
///
/// Most services stop by [`stopped`](crate::stopped), and have no reason for another deadline than
/// [`STOP_DEADLINE`](crate::STOP_DEADLINE).
///
/// HTTP/1.1, and HTTP/2 to those who begin with it.
///
/// `app` is what `HttpServer::new` takes: each worker calls it once. Requests are answered by actix,
/// and a stream's events by this crate; see the crate's documentation for what differs from actix's
/// own `HttpServer`.
pub async fn serve<L, F, I, S, B>(
    listener: Listener,
    app: F,
    hub: &Hub<L>,
    stop: impl Future<Output = ()>,
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
    let Listener { listener, socket, workers, max_connections, head_timeout, keep_alive } =
        listener;
    let server = Server::build()
        .workers(workers)
        .max_concurrent_connections(max_connections)
        // By a signal it would stop the whole system, with whatever else runs there.
        .disable_signals()
        .shutdown_timeout(seconds(deadline));
    let stopping = server.graceful_shutdown_signal();
    let worker = move || {
        let app = app().into_factory().map_err(|error| error.into().error_response());
        let app = map_config(app, |()| AppConfig::default());
        let answers = apply_fn_factory(app, |request: Request, app: &_| {
            let asked = Asked::by(&request);
            answer(asked, app.call(request))
        });
        let http = HttpService::build()
            .keep_alive(keep_alive)
            .client_request_timeout(head_timeout)
            .client_disconnect_timeout(DISCONNECT_TIMEOUT)
            .h1_allow_half_closed(false)
            .on_connect_ext(|lent: &Lent, data| {
                data.insert(lent.exchange());
            })
            .finish(answers);
        let terms = Rc::new(Terms { socket, head_timeout, keep_alive, stopping: stopping.clone() });
        fn_factory(move || {
            let (http, terms) = (http.new_service(()), Rc::clone(&terms));
            async move { Ok::<_, ()>(connections(http.await?, terms)) }
        })
    };
    let server = server.listen("order-events", listener, worker)?.run();
    let handle = server.handle();
    let mut server = pin!(server);
    tokio::select! {
        ended = server.as_mut() => return ended,
        () = stop => {}
    }
    let _drain = hub.drain(deadline);
    let ((), ended) = tokio::join!(handle.stop(true), server);
    ended
}

/// What is sent of what comes of a request, be it an answer or why there is none.
async fn answer<R, B>(
    asked: Asked,
    answered: impl Future<Output = Result<R, HttpResponse>>,
) -> Result<Response<Outgoing>, HttpResponse>
where
    R: Into<Response<B>>,
    B: MessageBody + 'static,
{
    Ok(match answered.await {
        Ok(answer) => asked.answer(answer.into()),
        Err(refusal) => asked.answer(Response::from(refusal)),
    })
}

/// A deadline as actix takes it.
pub(crate) fn seconds(deadline: Duration) -> u64 {
    deadline.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX)
}
