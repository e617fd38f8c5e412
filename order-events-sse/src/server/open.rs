//! THE request path: from a grant to an answer.
//!
//! ```text
//! door    method, form ─▶ scope ─▶ authorize ─▶ grant ─┐
//!                                                       ▼
//! open              is it there? ─▶ subscribe (limits, resume) ─▶ head + body, or a refusal
//! ```

use http::{Response, StatusCode};
use order_events_core::{Grant, Hub, Lifecycle, Resume, Scope, SubscribeError, Subscription};

use super::accept::Form;
use super::body::{Body, EventBody};
use super::control;
use super::head;
use super::page::Page;
use super::problem::Problem;
use super::request::{Asked, StreamRequest};
use super::settings::{Settings, WhenRefused};

/// Answers a request for events with what the grant allows: a stream, a page, or a refusal.
///
/// This is what a handler of the user's own returns once it has decided who may see what. An order
/// that is not there is 404 unless the grant [may be early](Grant::even_if_absent) or its end is
/// among what the reader missed.
pub async fn open<L: Lifecycle>(
    hub: &Hub<L>,
    grant: Grant,
    request: &StreamRequest,
    settings: &Settings,
) -> Response<Body> {
    let answer = match request.asked {
        Ok(asked) => granted(hub, grant, request, asked, settings).await,
        Err(problem) => Err(problem),
    };
    answer.unwrap_or_else(|problem| problem.response())
}

async fn granted<L: Lifecycle>(
    hub: &Hub<L>,
    grant: Grant,
    request: &StreamRequest,
    asked: Asked,
    settings: &Settings,
) -> Result<Response<Body>, Problem> {
    let is_absent = is_absent(hub, &grant, settings).await?;
    if is_absent && !matches!(request.resume, Resume::After(_)) {
        return Err(Problem::NotFound);
    }
    if asked.head_only {
        return match is_absent {
            true => Err(Problem::NotFound),
            false => Ok(head(asked.form)),
        };
    }
    let subscription = match hub.subscribe(grant, request.resume.clone()).await {
        Ok(subscription) => subscription,
        Err(error) => return refuse(hub, &error, request, asked.form, settings),
    };
    // Somebody who watched an order until it was deleted is told so, and only then that it is not
    // there.
    if is_absent && !subscription.has_missed() {
        return Err(Problem::NotFound);
    }
    Ok(answer(hub, subscription, request, asked.form, settings).await)
}

async fn is_absent<L: Lifecycle>(
    hub: &Hub<L>,
    grant: &Grant,
    settings: &Settings,
) -> Result<bool, Problem> {
    let Scope::Order(order) = grant.scope() else { return Ok(false) };
    if grant.is_even_if_absent() {
        return Ok(false);
    }
    let exists = hub.exists(grant.tenant(), order).await;
    exists.map(|exists| !exists).map_err(|_| Problem::Unavailable(settings.retry_after(hub)))
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

/// What a hub's refusal is on the wire: not always an error.
fn refuse<L: Lifecycle>(
    hub: &Hub<L>,
    error: &SubscribeError,
    request: &StreamRequest,
    form: Form,
    settings: &Settings,
) -> Result<Response<Body>, Problem> {
    let wait = settings.retry_after(hub);
    let problem = match (Problem::refused(error, wait), form, &request.resume) {
        (Some(problem), ..) => problem,
        (None, Form::Page, Resume::After(cursor)) => {
            return Ok(head::page(Page::finished(*cursor).body()));
        }
        // A browser that is told this stops asking.
        (None, ..) => return Ok(no_content()),
    };
    let is_soft = settings.when_refused == WhenRefused::Stream && form == Form::Stream;
    match problem {
        Problem::TooMany(_) | Problem::Busy(_) | Problem::Draining(_) if is_soft => {
            let end = control::end(problem.code(), Some(wait));
            Ok(head::stream(Body::full(end)))
        }
        problem => Err(problem),
    }
}

fn no_content() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    head::not_stored(response.headers_mut());
    response
}
