//! The ready-made routes.

use actix_web::HttpRequest;
use actix_web::web::{self, ServiceConfig};
use order_events_core::Lifecycle;
use order_events_sse::server::{Door, Route};

use crate::convert;
use crate::response::EventResponse;

/// Everything that a [`Door`] answers, to configure an `App` with, or a `web::scope`.
///
/// Every method is taken in, for the door answers those it does not know.
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
