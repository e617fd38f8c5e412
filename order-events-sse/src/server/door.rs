//! What the ready-made routes are made of: a hub, somebody who authorises, and settings.

use std::fmt;
use std::sync::Arc;

use http::Response;
use http::request::Parts;
use order_events_core::{Authorizer, Denied, Grant, Hub, Lifecycle, OrderStatus, authorize};

use super::accept;
use super::body::Body;
use super::open::in_time;
use super::orders;
use super::problem::Problem;
use super::query::Query;
use super::request::{StreamRequest, head_only};
use super::route::Route;
use super::settings::Settings;
use super::telemetry::{self, For};

/// Answers the requests of the ready-made routes.
///
/// Adapters mount it: they find the [`Route`], hand over the request's parts, and convert the
/// answer. The authorizer is given method, address and headers alike whatever the framework, so one
/// that asks for nothing else moves with its service; extensions are as the framework has them, in
/// axum what layers left there, in actix nothing. Cheap to clone.
pub struct Door<L: Lifecycle = OrderStatus>(Arc<Inner<L>>);

struct Inner<L: Lifecycle> {
    hub: Hub<L>,
    authorizer: Box<dyn Authorizer<Parts>>,
    settings: Settings,
}

impl<L: Lifecycle> Door<L> {
    /// A door with the default [`Settings`].
    pub fn new(hub: &Hub<L>, authorizer: impl Authorizer<Parts> + 'static) -> Self {
        Self::with_settings(hub, authorizer, Settings::default())
    }

    /// A door.
    pub fn with_settings(
        hub: &Hub<L>,
        authorizer: impl Authorizer<Parts> + 'static,
        settings: Settings,
    ) -> Self {
        Self(Arc::new(Inner { hub: hub.clone(), authorizer: Box::new(authorizer), settings }))
    }

    /// The answer to a request.
    pub async fn answer(&self, route: Route, parts: &Parts) -> Response<Body> {
        match route.is_events() {
            true => {
                let Inner { hub, settings, .. } = &*self.0;
                StreamRequest::of(parts).open_if_with(hub, self.grant(route, parts), settings).await
            }
            false => self.orders(route, parts).await.unwrap_or_else(|problem| {
                telemetry::refused(problem.code(), For::Readers);
                problem.response()
            }),
        }
    }

    /// What its authorizer grants a request to this route: for handlers of the user's own that ask
    /// the same one. What names no possible order or customer is not found.
    pub async fn grant(&self, route: Route, parts: &Parts) -> Result<Grant, Denied> {
        let wanted = route.wanted(&parts.uri).ok_or(Denied::NotFound)?;
        authorize(&*self.0.authorizer, parts, &wanted).await
    }

    /// What it was told.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    async fn orders(&self, route: Route, parts: &Parts) -> Result<Response<Body>, Problem> {
        let Inner { hub, settings, .. } = &*self.0;
        // The head alone is the framework's to send: it says how long the body would be.
        head_only(&parts.method)?;
        if !accept::takes_json(&parts.headers) {
            return Err(Problem::NotAcceptable("application/json"));
        }
        let granted = in_time(hub, settings, self.grant(route, parts)).await?;
        let grant = granted.map_err(|denied| Problem::denied(denied, settings.retry_after(hub)))?;
        match route {
            Route::Order => orders::one(hub, &grant, &parts.headers, settings).await,
            _ => orders::many(hub, &grant, &Query::of(parts.uri.query()), settings).await,
        }
    }
}

impl<L: Lifecycle> Clone for Door<L> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<L: Lifecycle> fmt::Debug for Door<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}
