//! What watchers of an order see of its job.

use order_events_core::{
    Audience, Cursor, Delivery, EventKind, Grant, Hub, OrderEvent, Principal, Resume, Scope,
    StageState,
};

use crate::job;

/// The stages that watchers of order 1 see, with the reasons that staff see.
pub(crate) async fn seen(hub: &Hub, audience: Audience) -> Vec<(StageState, Option<String>)> {
    let grant = Grant::new(Principal::new("ada").unwrap(), Scope::Order(job("1", 1).order));
    let grant = if audience == Audience::Staff { grant.as_staff() } else { grant };
    let mut fresh = hub.subscribe(grant.clone(), Resume::Fresh).await.unwrap();
    fresh.next().await;
    let now = fresh.cursor();
    let resume = Resume::After(Cursor { seq: 0, ..now });
    let mut watching = hub.subscribe(grant, resume).await.unwrap();
    let mut stages = Vec::new();
    while watching.cursor() != now {
        let Some(Delivery::Event(event)) = watching.next().await else { break };
        let event: OrderEvent = event.decode();
        if let EventKind::Stage { workflow, stage, state, reason, .. } = event.kind {
            assert_eq!(
                (workflow.as_str(), stage.as_str()),
                ("provision/default/1/1", "activation")
            );
            stages.push((state, reason));
        }
    }
    stages
}
