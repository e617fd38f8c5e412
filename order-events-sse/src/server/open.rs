//! THE request path: from whoever may grant it to an answer.
//!
//! ```text
//! open_if  method, form ─▶ granted? (a door: scope ─▶ authorize) ─▶ grant ─┐
//!                                                                          ▼
//! open     is it there? ─▶ subscribe (limits, resume) ─▶ head + body, or a refusal
//! ```

use std::future::Future;

use http::{Response, StatusCode};
use order_events_core::engine::EngineError;
use order_events_core::{
    Denied, Grant, Hub, Lifecycle, Resume, Scope, SubscribeError, Subscription,
};
use tokio::time::timeout;

use super::accept::Form;
use super::body::{Body, EventBody};
use super::control;
use super::head;
use super::page::Page;
use super::problem::Problem;
use super::request::{Asked, StreamRequest};
use super::settings::{Settings, WhenRefused};
use super::telemetry::{self, For};

impl StreamRequest {
    /// Answers with what the grant allows: a stream, a page, or a refusal.
    ///
    /// This is what a handler of the user's own returns once it has decided who may see what. An
    /// order that is not there is 404 unless the grant [may be early](Grant::even_if_absent) or its
    /// end is among what the reader missed.
    pub async fn open<L: Lifecycle>(&self, hub: &Hub<L>, grant: Grant) -> Response<Body> {
        self.open_with(hub, grant, &Settings::default()).await
    }

    /// … as these settings say.
    pub async fn open_with<L: Lifecycle>(
        &self,
        hub: &Hub<L>,
        grant: Grant,
        settings: &Settings,
    ) -> Response<Body> {
        telemetry::reconnects(self.attempt());
        self.open_granted(hub, grant, settings).await
    }

    async fn open_granted<L: Lifecycle>(
        &self,
        hub: &Hub<L>,
        grant: Grant,
        settings: &Settings,
    ) -> Response<Body> {
        let answer = match self.asked {
            Ok(asked) => granted(hub, grant, self, asked, settings).await,
            Err(problem) => Err(problem),
        };
        answer.unwrap_or_else(|problem| refusal(problem, self, settings))
    }

    /// … where somebody who is still to be asked grants it: what the ready-made routes do.
    ///
    /// What can never be answered (405, 406) is refused before anybody is asked, and a refusal is
    /// told as the settings want it, with a wait that the hub spreads. `granted` is usually
    /// [`authorize`](order_events_core::authorize) on an authorizer of yours; as it may look into the
    /// log or another store, it is waited for [as long](Settings::log_patience) as the log is.
    pub async fn open_if<L: Lifecycle>(
        &self,
        hub: &Hub<L>,
        granted: impl Future<Output = Result<Grant, Denied>>,
    ) -> Response<Body> {
        self.open_if_with(hub, granted, &Settings::default()).await
    }

    /// … as these settings say.
    pub async fn open_if_with<L: Lifecycle>(
        &self,
        hub: &Hub<L>,
        granted: impl Future<Output = Result<Grant, Denied>>,
        settings: &Settings,
    ) -> Response<Body> {
        telemetry::reconnects(self.attempt());
        if let Err(problem) = self.asked {
            telemetry::refused(problem.code(), For::Readers);
            return problem.response();
        }
        match in_time(hub, settings, granted).await {
            Ok(Ok(grant)) => self.open_granted(hub, grant, settings).await,
            Ok(Err(denied)) => {
                refusal(Problem::denied(denied, settings.retry_after(hub)), self, settings)
            }
            Err(late) => refusal(late, self, settings),
        }
    }
}

/// A refusal of a request for events: by its status, or by a stream where the service prefers that
/// and the trouble will pass.
fn refusal(problem: Problem, request: &StreamRequest, settings: &Settings) -> Response<Body> {
    telemetry::refused(problem.code(), For::Readers);
    let streams = Ok(Asked { form: Form::Stream, head_only: false });
    match problem.retry_after() {
        Some(wait) if settings.when_refused == WhenRefused::Stream && request.asked == streams => {
            head::stream(Body::full(control::end(problem.code(), Some(wait))))
        }
        _ => problem.response(),
    }
}

async fn granted<L: Lifecycle>(
    hub: &Hub<L>,
    grant: Grant,
    request: &StreamRequest,
    asked: Asked,
    settings: &Settings,
) -> Result<Response<Body>, Problem> {
    let refused = |error: SubscribeError| refused(hub, &error, settings);
    // Before the log is looked at: what there is is no business of a grant that is over.
    hub.admits(&grant).map_err(refused)?;
    let is_absent = in_time(hub, settings, is_absent(hub, &grant)).await?;
    let is_absent = is_absent.map_err(|error| refused(error.into()))?;
    if is_absent && !matches!(request.resume, Resume::After(_)) {
        return Err(Problem::NotFound);
    }
    if asked.head_only {
        return match is_absent {
            true => Err(Problem::NotFound),
            false => Ok(head(asked.form)),
        };
    }
    let subscribed = hub.subscribe(grant, request.resume.clone());
    let subscription = match in_time(hub, settings, subscribed).await? {
        Ok(subscription) => subscription,
        // It is gone, and the reader was told so.
        Err(SubscribeError::Finished) if is_absent => return Err(Problem::NotFound),
        Err(SubscribeError::Finished) => return Ok(finished(request, asked.form)),
        Err(error) => return Err(refused(error)),
    };
    // Somebody who watched an order until it was deleted is told so, and only then that it is not
    // there.
    if is_absent && !subscription.has_missed() {
        return Err(Problem::NotFound);
    }
    Ok(answer(hub, subscription, request, asked.form, settings).await)
}

async fn is_absent<L: Lifecycle>(hub: &Hub<L>, grant: &Grant) -> Result<bool, EngineError> {
    match grant.scope() {
        Scope::Order(order) if !grant.is_even_if_absent() => {
            hub.exists(grant.tenant(), order).await.map(|exists| !exists)
        }
        _ => Ok(false),
    }
}

/// What the log, or whoever authorises, answers, unless it takes longer than a caller should wait.
pub(super) async fn in_time<L: Lifecycle, T>(
    hub: &Hub<L>,
    settings: &Settings,
    asked: impl Future<Output = T>,
) -> Result<T, Problem> {
    let answer = timeout(settings.log_patience, asked).await;
    answer.map_err(|_late| Problem::Unavailable(settings.retry_after(hub)))
}

async fn answer<L: Lifecycle>(
    hub: &Hub<L>,
    subscription: Subscription,
    request: &StreamRequest,
    form: Form,
    settings: &Settings,
) -> Response<Body> {
    match form {
        Form::Stream => {
            let body = EventBody::styled(hub, subscription, settings, request.heartbeat);
            head::stream(Body::Events(body))
        }
        Form::Page => head::page(Page::of(subscription, request.wait, settings).await.body()),
    }
}

fn head(form: Form) -> Response<Body> {
    match form {
        Form::Stream => head::stream(Body::Head),
        Form::Page => head::page(Body::Head),
    }
}

/// The answer to a reader who has seen everything of an order that cannot go on.
fn finished(request: &StreamRequest, form: Form) -> Response<Body> {
    match (form, &request.resume) {
        (Form::Page, Resume::After(cursor)) => head::page(Page::finished(*cursor).body()),
        // A browser that is told this stops asking.
        _ => no_content(),
    }
}

/// What a hub's refusal is to the caller.
pub(super) fn refused<L: Lifecycle>(
    hub: &Hub<L>,
    error: &SubscribeError,
    settings: &Settings,
) -> Problem {
    let wait = settings.retry_after(hub);
    Problem::refused(error, wait).unwrap_or(Problem::Unavailable(wait))
}

fn no_content() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    head::not_stored(response.headers_mut());
    response
}
