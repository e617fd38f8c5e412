//! What happened, for people.

use std::time::Duration;

use order_events_cdc::{Carried, Enqueued};
use order_events_core::{Delivery, EventKind, OrderEvent, OrderStatus, Published, Subscription};
use tokio::time::timeout;

/// One thing that was done.
pub(crate) fn carried(done: &Carried) -> String {
    match done {
        Carried::Published(published) => match &**published {
            Published::Applied(applied) => format!("told        {}", event(&applied.event)),
            Published::Duplicate(before) => format!("told before {}", event(&before.event)),
            Published::Unchanged(state) => format!("unchanged   {}", state.status),
        },
        Carried::Enqueued(Enqueued::New) => "a new job".to_owned(),
        Carried::Enqueued(Enqueued::Known) => "a job that is known".to_owned(),
        Carried::Forgotten => "forgotten by caches".to_owned(),
        Carried::Skipped(skip) => format!("nothing: {skip:?}"),
        Carried::Dead(why) => format!("dead: {why}"),
        other => format!("{other:?}"),
    }
}

/// What the subscription has been given by now.
pub(crate) async fn print(watching: &mut Subscription) {
    println!("  {:<20} {:>7}  what", "order", "version");
    // Looks once, and waits for nothing.
    while let Ok(Some(given)) = timeout(Duration::ZERO, watching.next()).await {
        let Delivery::Event(given) = given else { continue };
        let told: OrderEvent<OrderStatus> = given.decode();
        println!("  {:<20} {:>7}  {}", told.order_id, told.version, what(&told.kind));
    }
}

fn event(event: &OrderEvent) -> String {
    format!("{} {}", event.order_id, what(&event.kind))
}

fn what(kind: &EventKind) -> String {
    match kind {
        EventKind::Created { status, .. } => format!("created {status}"),
        EventKind::Status { status, previous, .. } => format!("{previous} → {status}"),
        EventKind::Stage { stage, state, result: Some(result), .. } => {
            format!("{stage} {state:?} {result}")
        }
        EventKind::Stage { stage, state, .. } => format!("{stage} {state:?}"),
        other => other.name().to_owned(),
    }
}
