//! A cursor that is not of this log: it is told so, and nothing is looked for.

use http::StatusCode;
use order_events_core::{Cursor, Epoch, TenantId, Update};
use order_events_sse::server::Settings;
use serde_json::Value;

use crate::given::{House, anna, house, next, order, request};

async fn page(house: &House, after: &str) -> Value {
    let asked = request(&format!("/orders/42/events?after={after}"), "application/json");
    let answer = asked.open_with(&house.hub, anna(), &Settings::default()).await;
    assert_eq!(answer.status(), StatusCode::OK, "{after}");
    serde_json::from_slice(&next(&mut answer.into_body()).await.unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_bad_cursor_costs_a_look_at_the_log_and_one_at_the_present() {
    let house = house().await;
    let at = house.remark("the first of many").await.cursor;
    for _ in 0..2_000 {
        house.remark("another").await;
    }
    let foreign = Cursor { epoch: Epoch::from_u64(42), ..at };
    let future = Cursor { seq: u64::MAX, ..at };
    let overflowing = format!("{}.18446744073709551616", at.epoch);
    for (cursor, reason, looks) in [
        ("nonsense", "malformed", 0),
        (&*overflowing, "malformed", 0),
        (&*"9".repeat(4_000), "malformed", 0),
        (&*foreign.to_string(), "foreign", 1),
        (&*future.to_string(), "future", 1),
        // More was missed than is replayed.
        (&*at.to_string(), "behind", 1),
    ] {
        let (reads, histories) = (house.engine.reads(), house.engine.histories());
        let page = page(&house, cursor).await;
        assert_eq!(page["reset"]["reason"], reason, "{cursor}");
        assert_eq!(page["snapshots"][0]["orderId"], "42", "{cursor}");
        assert_eq!(house.engine.histories() - histories, looks, "{cursor}");
        assert_eq!(house.engine.reads() - reads, looks + 1, "{cursor}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cursor_of_another_tenant_is_answered_as_one_of_no_log_at_all() {
    let house = house().await;
    let elsewhere = Update::create(order()).in_tenant(TenantId::new("other").unwrap());
    let theirs = house.publish(elsewhere).await.cursor;
    let nobodys = Cursor { epoch: Epoch::from_u64(42), ..theirs };
    let told = page(&house, &theirs.to_string()).await;
    assert_eq!(told["reset"]["reason"], "foreign");
    assert_eq!(told, page(&house, &nobodys.to_string()).await);
}
