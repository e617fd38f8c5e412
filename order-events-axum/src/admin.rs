//! The routes of admins.

use axum::Router;
use axum::extract::Request;
use axum::routing::any;
use order_events_core::Lifecycle;
use order_events_sse::server::{AdminDoor, AdminRoute};

use crate::response::EventResponse;

/// Everything that an [`AdminDoor`] answers, to be nested under a prefix, and better still served on
/// an address of its own.
pub fn admin_routes<L, S>(door: &AdminDoor<L>) -> Router<S>
where
    L: Lifecycle,
    S: Clone + Send + Sync + 'static,
{
    AdminRoute::ALL.iter().fold(Router::new(), |router, &route| {
        let door = door.clone();
        let answer = async move |request: Request| {
            EventResponse(door.answer(route, &request.into_parts().0).await)
        };
        router.route(route.path(), any(answer))
    })
}
