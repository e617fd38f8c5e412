//! The JSON of snapshots, and of the frame that a hub makes when it is told nothing else.

use insta::assert_snapshot;
use order_events_core::config::MAX_JSON_DEPTH;
use order_events_core::{
    Delivery, EventKind, EventName, Hub, JsonCodec, OrderSnapshot, OrderStatus, Resume, StageState,
    Update,
};
use serde_json::{Value, json};

use crate::{customer, grant, hub, order, stage};

/// An order with something of every kind that a snapshot shows, and of some that it does not.
async fn busy_hub() -> Hub {
    let hub = hub();
    let url = Some("https://fedex.example/7946".to_owned());
    let failed = stage(StageState::Failed, Some(json!({"depth": 1})), Some("the blade broke"));
    let updates = [
        Update::create(order()).with_customer(customer("c-1")).with_note("Gift \"wrapped\""),
        Update::status(order(), OrderStatus::Processing).with_actor("anna"),
        Update::note(order(), "Called twice").with_actor("ben"),
        Update::assign(order(), "Ben").public(),
        Update::stage(order(), stage(StageState::Started, None, None)),
        Update::progress(order(), 40, Some("Engraving".to_owned())),
        Update::fail(order(), "Out of silver"),
        Update::status(order(), OrderStatus::Shipped).with_actor("fedex").show_actor(),
        Update::tracking(order(), "FedEx", "7946", url),
        Update::custom(order(), EventName::custom("gift.wrapped").unwrap(), json!({"a": 1})),
        Update::stage(order(), failed),
    ];
    for update in updates {
        hub.publish(update).await.unwrap();
    }
    hub
}

fn pretty(json: &str) -> String {
    serde_json::to_string_pretty(&serde_json::from_str::<Value>(json).unwrap()).unwrap()
}

#[tokio::test]
async fn a_snapshot_shows_state_timeline_and_work_to_staff() {
    let hub = busy_hub().await;
    let page = hub.snapshots(&grant().as_staff(), None, 10).await.unwrap();
    assert_snapshot!(pretty(&page.orders[0].json()));
}

#[tokio::test]
async fn a_snapshot_shows_the_public_what_it_may_see() {
    let hub = busy_hub().await;
    let page = hub.snapshots(&grant(), None, 10).await.unwrap();
    assert_snapshot!(pretty(&page.orders[0].json()));
}

#[tokio::test]
async fn a_stream_begins_with_the_snapshot_that_a_page_shows() {
    let hub = busy_hub().await;
    for grant in [grant(), grant().as_staff()] {
        let page = hub.snapshots(&grant, None, 10).await.unwrap();
        let mut stream = hub.subscribe(grant, Resume::Fresh).await.unwrap();
        let Some(Delivery::Snapshot(first)) = stream.next().await else { panic!() };
        assert_eq!(first.json(), page.orders[0].json());
        assert_eq!(first.cursor(), Some(page.cursor));
    }
}

#[tokio::test]
async fn a_snapshot_round_trips_typed() {
    let hub = busy_hub().await;
    for grant in [grant(), grant().as_staff()] {
        let page = hub.snapshots(&grant, None, 10).await.unwrap();
        let typed: OrderSnapshot = page.orders[0].decode().unwrap();
        assert_eq!((typed.status, typed.version), (OrderStatus::Shipped, 11));
        assert!(typed.timeline.iter().is_sorted_by_key(|event| event.version), "oldest first");
        let json: Value = serde_json::from_str(&page.orders[0].json()).unwrap();
        assert_eq!(serde_json::to_value(&typed).unwrap(), json);
        assert_eq!(serde_json::from_value::<OrderSnapshot>(json).unwrap(), typed);
    }
}

#[tokio::test]
async fn the_deepest_json_that_is_taken_is_read_again() {
    let hub = hub();
    let deepest = (1..MAX_JSON_DEPTH).fold(json!([0.1]), |inner, _| json!([inner]));
    let deepest = stage(StageState::Completed, Some(deepest), None);
    hub.publish(Update::create(order())).await.unwrap();
    hub.publish(Update::stage(order(), deepest.clone())).await.unwrap();
    let page = hub.snapshots(&grant(), None, 1).await.unwrap();
    let typed: OrderSnapshot = page.orders[0].decode().unwrap();
    let Some(EventKind::Stage { result, .. }) = typed.work.map(|work| work.kind) else { panic!() };
    assert_eq!(result, deepest.result);
    // With room for what a wire may put around it.
    let wrapped = format!("{}{}{}", "[".repeat(50), page.orders[0].json(), "]".repeat(50));
    serde_json::from_str::<Value>(&wrapped).unwrap();
}

#[tokio::test]
async fn the_frame_of_the_json_codec_is_an_event_of_a_page() {
    let hub = hub();
    let mut stream = hub.subscribe(grant(), Resume::Fresh).await.unwrap();
    let Some(Delivery::Position(_)) = stream.next().await else { panic!() };
    hub.publish(Update::create(order())).await.unwrap();
    let Some(Delivery::Event(event)) = stream.next().await else { panic!() };
    assert_snapshot!(
        std::str::from_utf8(&event.frame(&JsonCodec)).unwrap(),
        @r#"{"id":"0000000000007.1","event":"order.created","data":{"orderId":"42","version":1,"status":"PENDING","timestamp":"2026-11-21T12:00:00.123Z"}}"#
    );
}
