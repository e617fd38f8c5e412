//! The trail of admins: who did what to whom, and what came of it.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, StatusCode};
use order_events_conformance::moody::{Mood, Moody};
use order_events_core::{Denied, Hub, MemoryEngine, Principal, Resume, Update};
use order_events_sse::server::{AdminAction, AdminDoor, AdminRoute, Parts, admin_authorizer};
use tracing::Level;

use crate::told::Told;
use crate::{grant, order};

/// Whoever says that they are one.
pub(crate) async fn may((): (), caller: Parts, _: AdminAction) -> Result<Principal, Denied> {
    match caller.headers.contains_key("x-admin") {
        true => Ok(Principal::new("ops").unwrap()),
        false => Err(Denied::Forbidden),
    }
}

pub(crate) fn request(method: &str, path: &str) -> Parts {
    let request = Request::builder().method(method).uri(path).header("x-admin", "yes");
    request.body(()).unwrap().into_parts().0
}

/// What each line of the trail says, and whom it names.
fn trail(told: &Told) -> Vec<[String; 3]> {
    let lines =
        told.lines().into_iter().filter(|line| !line.is_span && line.text == "an admin acts");
    let trail = lines.map(|line| {
        assert_eq!((line.level, line.fields["admin"].as_str()), (Level::INFO, "ops"));
        ["action", "subject", "outcome"].map(|field| line.fields[field].clone())
    });
    trail.collect()
}

#[tokio::test]
async fn whatever_an_admin_does_is_told_with_what_came_of_it() {
    let told = Told::default();
    let _listening = tracing::subscriber::set_default(told.subscriber());
    let hub = Hub::builder().build();
    hub.publish(Update::create(order())).await.unwrap();
    let _anna = hub.subscribe(grant(), Resume::Fresh).await.unwrap();
    let door = AdminDoor::new(&hub, admin_authorizer((), may));
    let hers = format!("{:016x}-{}", hub.instance(), hub.watchers()[0].id);
    let others = format!("{:016x}-1", !hub.instance());
    for (route, method, path) in [
        (AdminRoute::Status, "GET", "/status"),
        (AdminRoute::Watcher, "DELETE", &format!("/watchers/{hers}")),
        (AdminRoute::Watcher, "DELETE", &format!("/watchers/{others}")),
        (AdminRoute::Watcher, "DELETE", "/watchers/Bearer%20s3cr3t%0A"),
        (AdminRoute::Principal, "DELETE", "/principals/anna/watchers"),
        (AdminRoute::Drain, "PUT", "/drain"),
    ] {
        door.answer(route, &request(method, path)).await;
    }
    // Who is not let in does nothing.
    let (stranger, ()) = Request::put("/drain").body(()).unwrap().into_parts();
    assert_eq!(door.answer(AdminRoute::Drain, &stranger).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        trail(&told),
        [
            ["close", &hers, "done"],
            ["close", &others, "not-found"],
            // Whatever that was.
            ["close", "", "not-found"],
            ["revoke", "anna", "done"],
            ["drain", "", "done"],
        ]
    );
}

#[tokio::test]
async fn an_admin_who_leaves_midway_is_told_of_as_well() {
    let told = Told::default();
    let _listening = tracing::subscriber::set_default(told.subscriber());
    let engine = Arc::new(Moody::new(MemoryEngine::new()));
    let hub = Hub::builder().engine(Arc::clone(&engine)).build();
    let door = AdminDoor::new(&hub, admin_authorizer((), may));
    let _anna = hub.subscribe(grant().even_if_absent(), Resume::Fresh).await.unwrap();
    engine.turn(Mood::HoldsNotices);
    let revoke = request("DELETE", "/principals/anna/watchers");
    let revoking = door.answer(AdminRoute::Principal, &revoke);
    tokio::time::timeout(Duration::ZERO, revoking).await.expect_err("other nodes wait to be told");
    assert!(hub.watchers()[0].ending.is_some(), "this node's ended");
    assert_eq!(trail(&told), [["revoke", "anna", "cancelled"]]);
}
