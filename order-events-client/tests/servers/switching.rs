//! Streams and polls on one cursor.

use std::sync::atomic::Ordering;

use order_events_axum::{Hub, Update};
use order_events_client::State;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::host::{Gate, Host, brisk, next, order, publish, word, words};

#[tokio::test]
async fn where_streams_do_not_get_through_polls_do_until_streams_do_again() {
    let hub = Hub::builder().build();
    let gate = Gate::default();
    gate.refuses_streams.store(true, Ordering::SeqCst);
    let server = Host::start_behind(&hub, brisk(), gate.clone(), 0).await;
    publish(&hub, Update::create(order("a"))).await;
    let mut events = server.client().tenant().open().await.unwrap();
    assert_eq!(words(&mut events, 3).await, ["reset New", "a at 1", "current"]);
    assert_eq!(events.state(), State::Polling);
    publish(&hub, Update::note(order("a"), "by a poll")).await;
    assert_eq!(words(&mut events, 1).await, ["order.note a@2"]);
    gate.refuses_streams.store(false, Ordering::SeqCst);
    let mut version = 2;
    while events.state() != State::Live {
        publish(&hub, Update::note(order("a"), "by whatever comes first")).await;
        version += 1;
        assert_eq!(word(&next(&mut events).await), format!("order.note a@{version}"));
    }
    let pages = gate.pages.load(Ordering::SeqCst);
    publish(&hub, Update::note(order("a"), "by a stream")).await;
    assert_eq!(words(&mut events, 1).await, [format!("order.note a@{}", version + 1)]);
    assert_eq!(gate.pages.load(Ordering::SeqCst), pages);
    server.stop().await;
}

/// What happens next.
#[derive(Debug, Clone)]
enum Turn {
    /// So many events.
    Publish(u8),
    /// Every stream there is ends, and for now none is let in; or they are again.
    Streams(bool),
    /// The reader takes so many, if they have come.
    Take(u8),
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        (1_u8..6).prop_map(Turn::Publish),
        any::<bool>().prop_map(Turn::Streams),
        (1_u8..6).prop_map(Turn::Take),
    ]
}

#[test]
fn switching_at_any_moment_loses_and_repeats_nothing() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 24, ..Config::default() });
    let turns = proptest::collection::vec(turn(), 1..40);
    runner
        .run(&turns, |turns| {
            runtime.block_on(switch(turns));
            Ok(())
        })
        .unwrap();
}

async fn switch(turns: Vec<Turn>) {
    let hub = Hub::builder().build();
    let gate = Gate::default();
    let server = Host::start_behind(&hub, brisk(), gate.clone(), 0).await;
    let mut events = server.client().tenant().open().await.unwrap();
    assert_eq!(words(&mut events, 2).await, ["reset New", "current"]);
    let (mut published, mut taken) = (0, 0);
    for turn in turns.into_iter().chain([Turn::Publish(1), Turn::Take(u8::MAX)]) {
        match turn {
            Turn::Publish(count) => {
                for _ in 0..count {
                    published += 1;
                    let update = match published {
                        1 => Update::create(order("a")),
                        _ => Update::note(order("a"), "a remark"),
                    };
                    publish(&hub, update).await;
                }
            }
            Turn::Streams(are_let_in) => {
                gate.refuses_streams.store(!are_let_in, Ordering::SeqCst);
                for watcher in hub.watchers() {
                    hub.close(watcher.id);
                }
            }
            Turn::Take(count) => {
                for _ in 0..u64::from(count).min(published - taken) {
                    taken += 1;
                    let given = next(&mut events).await;
                    let is_next = word(&given).ends_with(&format!(" a@{taken}"));
                    assert!(is_next, "{taken}: {given:?}");
                }
            }
        }
    }
    while taken < published {
        taken += 1;
        let given = word(&next(&mut events).await);
        assert!(given.ends_with(&format!(" a@{taken}")), "{taken}: {given}");
    }
    server.stop().await;
}
