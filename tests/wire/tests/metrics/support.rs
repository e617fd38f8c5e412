//! Who is who, and taking what is there.

use std::future::poll_fn;
use std::task::Poll;

use order_events_core::{
    Delivery, EndReason, Grant, Hub, OrderId, Principal, Resume, Scope, Subscription,
};

pub(crate) fn anna() -> Principal {
    Principal::new("anna").unwrap()
}

pub(crate) fn id(id: &str) -> OrderId {
    OrderId::new(id).unwrap()
}

/// Anna's to this.
pub(crate) fn grant(scope: impl Into<Scope>) -> Grant {
    Grant::new(anna(), scope).even_if_absent()
}

pub(crate) async fn watch(hub: &Hub, scope: impl Into<Scope>) -> Subscription {
    hub.subscribe(grant(scope), Resume::Fresh).await.unwrap()
}

/// Takes what is there.
pub(crate) async fn take(watching: &mut Subscription) -> Vec<Delivery> {
    let mut taken = Vec::new();
    poll_fn(|cx| {
        while let Poll::Ready(Some(delivery)) = watching.poll_delivery(cx) {
            taken.push(delivery);
        }
        Poll::Ready(())
    })
    .await;
    taken
}

/// Takes what is there, which ends so.
pub(crate) async fn ends(mut watching: Subscription, reason: EndReason) {
    let taken = take(&mut watching).await;
    assert!(matches!(taken[..], [.., Delivery::End(end)] if end.reason == reason), "{taken:?}");
}
