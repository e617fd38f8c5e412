//! The routes of admins.

use actix_web::HttpRequest;
use actix_web::web::{self, ServiceConfig};
use order_events_core::Lifecycle;
use order_events_sse::server::{AdminDoor, AdminRoute};

use crate::convert;
use crate::response::EventResponse;

/// Everything that an [`AdminDoor`] answers, to configure a `web::scope` with, and better still an
/// `App` that is served on an address of its own.
pub fn admin_routes<L: Lifecycle>(door: &AdminDoor<L>) -> impl FnOnce(&mut ServiceConfig) + use<L> {
    let door = door.clone();
    move |config| {
        for &route in AdminRoute::ALL {
            let door = door.clone();
            let answer = move |request: HttpRequest| {
                let door = door.clone();
                async move { EventResponse(door.answer(route, &convert::parts(&request)).await) }
            };
            config.route(route.path(), web::to(answer));
        }
    }
}
