//! From an admin's request to its answer.

use std::fmt;
use std::sync::Arc;

use http::{Response, StatusCode};
use order_events_core::{Hub, Lifecycle, OrderStatus, Principal, unless_it_panics};

use super::super::Parts;
use super::super::body::Body;
use super::super::head;
use super::super::open::in_time;
use super::super::problem::Problem;
use super::super::settings::Settings;
use super::super::stopping::STOP_DEADLINE;
use super::super::telemetry::{self, Acting, For};
use super::action::{AdminAction, AdminAuthorizer, AdminRoute};
use super::listing;
use super::query::{self, Filter};
use super::refusal::Refusal;

/// Answers the requests of admins: mounted by the adapters' `admin_routes`.
///
/// | request | answer |
/// |---|---|
/// | `GET /status` | subscriptions, lag, counters and limits |
/// | `GET /watchers` | who watches what, where they stand, how far behind; oldest first, `?limit=` (100; at most 1,000) of them `?after=` an id, of one `?tenant=`, `?principal=`, `?order=` or `?customer=` |
/// | `DELETE /watchers/{id}` | 204: its stream has been told to end; 404, also for an id of another process |
/// | `DELETE /principals/{principal}/watchers` | `{"ended":…}`: the streams that ended on this node; others were told. 503 where they could not be: this node's have ended all the same |
/// | `PUT /drain` | 202 `{"told":…}`: every stream has been told to end, and no new one is taken |
///
/// It listens where you mount it, and should not be where readers are: on an address of its own that
/// the load balancer does not know, or under a prefix that it does not pass on.
///
/// A listing of one principal, or of one order or customer, costs by how many there are of them; one of
/// a tenant or of all, as the status does, by all of these, whatever the page's size, though no more of
/// them are held than two pages. While those of a tenant are looked at, what is published to it waits:
/// fetch pages, and not in a loop. Cheap to clone.
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
        self.admitted(route, parts).await.unwrap_or_else(|refusal| {
            telemetry::refused(refusal.code(), For::Admins);
            refusal.response(route)
        })
    }

    async fn admitted(&self, route: AdminRoute, parts: &Parts) -> Result<Response<Body>, Refusal> {
        let Inner { hub, authorizer, settings } = &*self.0;
        if !route.takes(&parts.method) {
            return Err(Problem::MethodNotAllowed.into());
        }
        let action = route.action(&parts.uri).ok_or(Problem::NotFound)?;
        let asked = unless_it_panics(async { authorizer.admit(parts, &action).await });
        let admitted = in_time(hub, settings, asked).await?;
        let admin =
            admitted.map_err(|denied| Problem::denied(denied, settings.retry_after(hub)))?;
        let query = parts.uri.query();
        if action != AdminAction::SeeWatchers {
            query::none(query)?;
        }
        // Who merely looks leaves no trail.
        let acting = action.told().map(|told| Acting::begin(&admin, told));
        let done = match &action {
            AdminAction::SeeStatus => Ok(json(StatusCode::OK, listing::status(hub))),
            AdminAction::SeeWatchers => self.watchers(query),
            AdminAction::Close(id) => self.close(id),
            AdminAction::Revoke(principal) => self.revoke(principal).await,
            AdminAction::Drain => Ok(self.drain()),
        };
        if let Some(acting) = acting {
            acting.end(done.as_ref().err().map(Refusal::code));
        }
        done
    }

    fn watchers(&self, query: Option<&str>) -> Result<Response<Body>, Refusal> {
        let hub = &self.0.hub;
        let filter = Filter::of(hub, query)?;
        Ok(json(StatusCode::OK, listing::watchers(hub, &filter)))
    }

    fn close(&self, id: &str) -> Result<Response<Body>, Refusal> {
        let hub = &self.0.hub;
        let is_closed = listing::number(hub, id).is_some_and(|number| hub.close(number));
        if !is_closed {
            return Err(Problem::NotFound.into());
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        head::not_stored(response.headers_mut());
        Ok(response)
    }

    async fn revoke(&self, principal: &Principal) -> Result<Response<Body>, Refusal> {
        let Inner { hub, settings, .. } = &*self.0;
        // What it has ended here stays ended if others cannot be told in time.
        let revoked = in_time(hub, settings, hub.revoke(principal)).await?;
        let ended = revoked.map_err(|_| Problem::Unavailable(settings.retry_after(hub)))?;
        Ok(json(StatusCode::OK, format!("{{\"ended\":{ended}}}")))
    }

    fn drain(&self) -> Response<Body> {
        let hub = &self.0.hub;
        let told = hub.stats().subscriptions;
        // They are told by the call. To wait until they are gone, and to cut who is not, is for
        // whatever stops the process.
        drop(hub.drain(STOP_DEADLINE));
        json(StatusCode::ACCEPTED, format!("{{\"told\":{told}}}"))
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
