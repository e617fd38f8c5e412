//! A restart goes on where it stopped, and a position that is gone is told and dealt with.

use order_events_cdc::{FilePositions, MemoryPositions, NotDone, Position, Positions};
use serde_json::json;

use crate::support::{Bus, Service, becomes};

#[tokio::test]
async fn a_restart_goes_on_after_the_last_event_that_was_done() {
    let service = Service::new();
    let positions = MemoryPositions::default();
    let mut bus = Bus::of(vec![becomes("1", "Draft", "t1"), becomes("2", "Draft", "t2")]);
    service.pipeline().run(&mut bus, &positions, |_| {}).await.unwrap();
    assert_eq!(positions.load().await.unwrap(), Some(Position::Number(1)));

    bus.events.push(becomes("3", "Draft", "t3"));
    let mut seen = 0;
    service.pipeline().run(&mut bus, &positions, |_| seen += 1).await.unwrap();
    assert_eq!(seen, 1);
}

#[tokio::test]
async fn an_event_that_is_not_done_does_not_move_the_position() {
    let mut service = Service::new();
    service.drawer.is_full = true;
    let positions = MemoryPositions::default();
    let mut bus = Bus::of(vec![becomes("1", "Draft", "t1"), json!({"broken": true})]);
    let not_done = service.pipeline().run(&mut bus, &positions, |_| {}).await.unwrap_err();
    assert!(matches!(not_done, NotDone::Hook { .. }), "{not_done}");
    assert_eq!(positions.load().await.unwrap(), Some(Position::Number(0)));

    service.drawer.is_full = false;
    service.pipeline().run(&mut bus, &positions, |_| {}).await.unwrap();
    assert_eq!(service.drawer.reasons().len(), 1);
}

#[tokio::test]
async fn a_position_that_the_source_no_longer_has_is_a_full_refresh() {
    let service = Service::new();
    let positions = MemoryPositions::default();
    positions.save(&Position::Number(1)).await.unwrap();
    let events = ["t0", "t1", "t2", "t3", "t4"].map(|t| becomes("1", "Draft", t)).into();
    let mut bus = Bus { kept_from: 4, ..Bus::of(events) };
    let mut seen = 0;
    service.pipeline().run(&mut bus, &positions, |_| seen += 1).await.unwrap();
    assert_eq!(*service.refreshed.0.lock().unwrap(), ["Lost(Number(1))"]);
    assert_eq!(seen, 1);
    assert_eq!(positions.load().await.unwrap(), Some(Position::Number(4)));
}

#[tokio::test]
async fn an_overflow_is_a_full_refresh() {
    let service = Service::new();
    let mut event = becomes("1", "Draft", "t");
    event["ChangeEventHeader"]["changeType"] = json!("GAP_OVERFLOW");
    let mut bus = Bus::of(vec![event]);
    service.pipeline().run(&mut bus, &MemoryPositions::default(), |_| {}).await.unwrap();
    assert_eq!(*service.refreshed.0.lock().unwrap(), [r#"Uncertain("Order", Overflow)"#]);
}

#[tokio::test]
async fn a_position_in_a_file_is_there_after_a_restart() {
    let place = std::env::temp_dir().join(format!("order-events-position-{}", std::process::id()));
    let positions = FilePositions::at(&place);
    assert_eq!(positions.load().await.unwrap(), None);
    let all = [
        Position::Number(7),
        Position::Bytes(vec![0, 255]),
        Position::Text("AAAAAAABd3YAAA==".to_owned()),
    ];
    for position in all {
        positions.save(&position).await.unwrap();
        assert_eq!(FilePositions::at(&place).load().await.unwrap(), Some(position));
    }
    // What is there and no position is an error, and not a beginning anew.
    std::fs::write(&place, "{").unwrap();
    assert!(positions.load().await.is_err());
    positions.forget().await.unwrap();
    positions.forget().await.unwrap();
    assert_eq!(positions.load().await.unwrap(), None);
}
