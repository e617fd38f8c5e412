//! The ready-made routes.

use axum::Router;
use axum::extract::Request;
use axum::routing::any;
use order_events_core::Lifecycle;
use order_events_sse::server::{Door, Route};

use crate::response::EventResponse;

/// Everything that a [`Door`] answers, to be merged into a router or nested under a prefix.
///
/// The door answers the methods that it does not know, too. A method that a route of the user's own
/// takes at the same path is that route's: `.route("/orders/{order}", post(publish))`.
pub fn routes<L, S>(door: &Door<L>) -> Router<S>
where
    L: Lifecycle,
    S: Clone + Send + Sync + 'static,
{
    Route::ALL.into_iter().fold(Router::new(), |router, route| {
        let door = door.clone();
        let answer = async move |request: Request| {
            EventResponse(door.answer(route, &request.into_parts().0).await)
        };
        router.route(route.path(), any(answer))
    })
}
