//! From an admin's request to its answer.

use std::fmt;
use std::sync::Arc;

use http::header::ALLOW;
use http::{HeaderValue, Response, StatusCode};
use order_events_core::{Hub, Lifecycle, OrderStatus, unless_it_panics};

use super::super::Parts;
use super::super::body::Body;
use super::super::head;
use super::super::problem::Problem;
use super::super::settings::Settings;
use super::super::telemetry;
use super::action::{AdminAction, AdminAuthorizer, AdminRoute};
use super::listing::{self, Filter};

/// Answers the requests of admins: mounted by the adapters' `admin_routes`.
///
/// | request | answer |
/// |---|---|
/// | `GET /status` | subscriptions, lag, counters and limits |
/// | `GET /watchers` | who watches what, where they stand, how far behind; by number, `?limit=` (100; at most 1,000) of them `?after=` a number, of one `?tenant=`, `?principal=`, `?order=` or `?customer=` |
/// | `DELETE /watchers/{number}` | 204: its stream has been told to end; 404 |
/// | `DELETE /principals/{principal}/watchers` | `{"ended":…}`: the streams that ended on this node; others were told. 503 where they could not be: this node's have ended all the same |
/// | `PUT /drain?within=30` | 202 `{"told":…}`: every stream has been told to end, and no new one is taken |
///
/// It listens where you mount it, and should not be where readers are: on an address of its own that
/// the load balancer does not know, or under a prefix that it does not pass on. Costs by the number of
/// subscriptions of the process, whatever the page's size. Cheap to clone.
pub struct AdminDoor<L: Lifecycle = OrderStatus>(Arc<Inner<L>>);

struct Inner<L: Lifecycle> {
    hub: Hub<L>,
    authorizer: Box<dyn AdminAuthorizer>,
    settings: Settings,
}

impl<L: Lifecycle> AdminDoor<L> {
    /// A door to this hub, for whom the authorizer lets in.
    pub fn new(hub: &Hub<L>, authorizer: impl AdminAuthorizer + 'static) -> Self {
        let settings = Settings::default();
        Self(Arc::new(Inner { hub: hub.clone(), authorizer: Box::new(authorizer), settings }))
    }

    /// The answer to a request.
    pub async fn answer(&self, route: AdminRoute, parts: &Parts) -> Response<Body> {
        self.admitted(route, parts).await.unwrap_or_else(|problem| {
            telemetry::refused(&problem);
            let mut response = problem.response();
            if problem == Problem::MethodNotAllowed {
                let allow = HeaderValue::from_static(route.allow());
                response.headers_mut().insert(ALLOW, allow);
            }
            response
        })
    }

    async fn admitted(&self, route: AdminRoute, parts: &Parts) -> Result<Response<Body>, Problem> {
        let Inner { hub, authorizer, settings } = &*self.0;
        if !route.takes(&parts.method) {
            return Err(Problem::MethodNotAllowed);
        }
        let action = route.action(&parts.uri).ok_or(Problem::NotFound)?;
        let asked = unless_it_panics(async { authorizer.admit(parts, &action).await });
        let admitted = super::super::open::in_time(hub, settings, asked).await?;
        let wait = settings.retry_after(hub);
        admitted.map_err(|denied| Problem::denied(denied, wait))?;
        telemetry::admin(&action);
        match action {
            AdminAction::See => Ok(json(
                StatusCode::OK,
                match route {
                    AdminRoute::Watchers => listing::watchers(hub, &Filter::of(parts.uri.query())),
                    _ => listing::status(hub),
                },
            )),
            AdminAction::Close(id) if hub.close(id) => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::NO_CONTENT;
                head::not_stored(response.headers_mut());
                Ok(response)
            }
            AdminAction::Close(_) => Err(Problem::NotFound),
            AdminAction::Revoke(principal) => {
                let ended = hub.revoke(&principal).await.map_err(|_| Problem::Unavailable(wait))?;
                Ok(json(StatusCode::OK, format!("{{\"ended\":{ended}}}")))
            }
            AdminAction::Drain(within) => {
                let told = hub.stats().subscriptions;
                // They have been told by the call; who waits for them to go is the service's stop.
                drop(hub.drain(within));
                Ok(json(StatusCode::ACCEPTED, format!("{{\"told\":{told}}}")))
            }
        }
    }
}

fn json(status: StatusCode, json: String) -> Response<Body> {
    let mut response = head::document(Body::full(json));
    *response.status_mut() = status;
    head::not_stored(response.headers_mut());
    response
}

impl<L: Lifecycle> Clone for AdminDoor<L> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<L: Lifecycle> fmt::Debug for AdminDoor<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminDoor").finish_non_exhaustive()
    }
}
