//! The ready-made routes.

use actix_web::HttpRequest;
use actix_web::web::{self, ServiceConfig};
use order_events_core::Lifecycle;
use order_events_sse::server::{Door, Route};

use crate::convert;
use crate::response::EventResponse;

/// Everything that a [`Door`] answers, to configure an `App` with, or a `web::scope`.
///
/// The door answers the methods that it does not know, too. A method that a route of the user's own
/// takes at the same path is that route's where it stands before these:
/// `.route("/orders/{order}", web::post().to(publish)).configure(routes(&door))`.
pub fn routes<L: Lifecycle>(door: &Door<L>) -> impl FnOnce(&mut ServiceConfig) + use<L> {
    let door = door.clone();
    move |config| {
        for route in Route::ALL {
            let door = door.clone();
            let answer = move |request: HttpRequest| {
                let door = door.clone();
                async move { EventResponse(door.answer(route, &convert::parts(&request)).await) }
            };
            config.route(route.path(), web::to(answer));
        }
    }
}
