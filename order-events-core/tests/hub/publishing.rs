//! Publishing is the transition.

use std::sync::Arc;
use std::time::Duration;

use order_events_core::{
    EventKind, Expected, Hub, Lifecycle, MemoryEngine, OrderStatus, PublishError, Published,
    Resume, Update,
};

use crate::support::{House, anna, applied, drain, house, house_with, key, order, staff, words};

#[tokio::test]
async fn an_applied_update_has_its_cursor_and_version() {
    let house = house();
    let first = house.create("42").await;
    let second = house.move_to("42", OrderStatus::Processing).await;
    assert_eq!((first.event.version, first.cursor.seq), (1, 1));
    assert_eq!((second.event.version, second.cursor.seq), (2, 2));
    assert_eq!(first.cursor.epoch, second.cursor.epoch);
    assert_eq!(
        second.event.kind,
        EventKind::Status {
            status: OrderStatus::Processing,
            previous: OrderStatus::Pending,
            customer: None,
            note: None
        }
    );
}

#[tokio::test]
async fn an_illegal_transition_names_what_is_allowed() {
    let house = house();
    house.create("42").await;
    let error = house.hub.publish(Update::status(order("42"), OrderStatus::Delivered)).await;
    let Err(PublishError::IllegalTransition(illegal)) = error else { panic!("{error:?}") };
    assert_eq!(illegal.allowed, [OrderStatus::Processing, OrderStatus::Cancelled]);
}

#[tokio::test]
async fn a_status_it_already_has_changes_nothing() {
    let house = house();
    house.create("42").await;
    let again = house.hub.publish(Update::status(order("42"), OrderStatus::Pending)).await.unwrap();
    let Published::Unchanged(state) = again else { panic!("{again:?}") };
    assert_eq!((state.version, state.status), (1, OrderStatus::Pending));
}

#[tokio::test]
async fn a_conflict_says_what_was_expected_and_what_is() {
    let house = house();
    house.create("42").await;
    house.move_to("42", OrderStatus::Processing).await;
    let stale = Update::status(order("42"), OrderStatus::Cancelled).expecting_version(1);
    let error = house.hub.publish(stale).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected version 1, but the order has version 2 and status PROCESSING"
    );
    let stale =
        Update::status(order("42"), OrderStatus::Shipped).expecting_status(OrderStatus::Pending);
    let error = house.hub.publish(stale).await.unwrap_err();
    let PublishError::Conflict { expected, current: Some(state) } = error else {
        panic!("{error:?}")
    };
    assert_eq!(expected, Expected::Status(OrderStatus::Pending));
    assert_eq!(state.version, 2);
}

#[tokio::test]
async fn an_unknown_order_is_an_error_unless_the_update_creates_it_or_says_what_it_was() {
    let house = house();
    let ship = || Update::status(order("42"), OrderStatus::Shipped);
    assert!(matches!(house.hub.publish(ship()).await, Err(PublishError::UnknownOrder)));
    let learned =
        applied(house.hub.publish(ship().assuming(OrderStatus::Processing)).await.unwrap());
    assert!(matches!(
        learned.event.kind,
        EventKind::Status { previous: OrderStatus::Processing, .. }
    ));
    let illegal = Update::status(order("43"), OrderStatus::Shipped).assuming(OrderStatus::Pending);
    assert!(matches!(house.hub.publish(illegal).await, Err(PublishError::IllegalTransition(_))));
}

#[tokio::test]
async fn a_report_that_creates_its_order_comes_after_the_creation() {
    let house = house();
    let mut inside = house.hub.subscribe(staff(), Resume::Fresh).await.unwrap();
    let mut outside = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    drain(&mut inside);
    drain(&mut outside);
    let report =
        || Update::<OrderStatus>::note(order("42"), "by hand").or_create().with_key(key("k"));
    let reported = house.hub.publish(report()).await.unwrap();
    assert_eq!(words(&mut inside), ["42@1 order.created", "42@2 order.note"]);
    assert_eq!(words(&mut outside), ["42@1 order.created"], "the note is staff's");
    assert_eq!(
        house.hub.publish(report()).await.unwrap(),
        match reported {
            Published::Applied(applied) => Published::Duplicate(applied),
            other => panic!("{other:?}"),
        }
    );
    // Of an order that the log has forgotten the caller says what it was.
    let note = Update::note(order("43"), "late").assuming(OrderStatus::Delivered);
    assert_eq!(applied(house.hub.publish(note).await.unwrap()).event.version, 2);
    let state = house.hub.state(&Default::default(), &order("43")).await.unwrap().unwrap();
    assert_eq!(state.status, OrderStatus::Delivered);
}

#[tokio::test]
async fn a_repeated_key_is_a_duplicate_even_if_the_order_has_moved_on() {
    let house = house();
    house.create("42").await;
    let update = || Update::status(order("42"), OrderStatus::Processing).with_key(key("scan-1"));
    let first = applied(house.hub.publish(update()).await.unwrap());
    house.move_to("42", OrderStatus::Shipped).await;
    // An expectation that no longer holds is not looked at: the key comes first.
    let again = house.hub.publish(update().expecting_version(1)).await.unwrap();
    assert_eq!(again, Published::Duplicate(first));
}

#[tokio::test]
async fn a_key_with_other_content_is_refused() {
    let house = house();
    house.create("42").await;
    let note = |text| Update::note(order("42"), text).with_key(key("k"));
    applied(house.hub.publish(note("one")).await.unwrap());
    let error = house.hub.publish(note("two")).await.unwrap_err();
    assert_eq!(error.to_string(), "the key k was used before for something else");
}

#[tokio::test]
async fn a_key_is_of_its_tenant() {
    let house = house();
    let create =
        |shop| Update::<OrderStatus>::create(order("42")).in_tenant(crate::support::tenant(shop));
    applied(house.hub.publish(create("a").with_key(key("k"))).await.unwrap());
    applied(house.hub.publish(create("b").with_key(key("k"))).await.unwrap());
}

#[tokio::test]
async fn a_key_is_forgotten_after_its_window() {
    let window = Duration::from_secs(60);
    let house = house_with(MemoryEngine::builder().key_window(window), |hub| hub);
    house.create("42").await;
    let note = |text| Update::note(order("42"), text).with_key(key("k"));
    applied(house.hub.publish(note("one")).await.unwrap());
    house.wait(window - Duration::from_millis(1));
    assert!(matches!(house.hub.publish(note("one")).await, Ok(Published::Duplicate(_))));
    house.wait(Duration::from_millis(1));
    applied(house.hub.publish(note("two")).await.unwrap());
    // … and its second life has a window of its own.
    assert!(matches!(house.hub.publish(note("two")).await, Ok(Published::Duplicate(_))));
}

#[tokio::test]
async fn a_deleted_order_reads_as_absent_and_its_version_goes_on() {
    let house = house();
    house.create("42").await;
    applied(house.hub.publish(Update::delete(order("42"))).await.unwrap());
    assert_eq!(house.hub.state(&Default::default(), &order("42")).await.unwrap(), None);
    let ship = Update::status(order("42"), OrderStatus::Processing);
    assert!(matches!(house.hub.publish(ship).await, Err(PublishError::UnknownOrder)));
    assert_eq!(house.create("42").await.event.version, 3);
}

#[tokio::test]
async fn a_guard_vetoes_with_its_reason() {
    let house = house_with(MemoryEngine::builder(), |hub| {
        hub.guard(|proposed| match proposed.transition.to() {
            OrderStatus::Shipped if proposed.event.actor.is_none() => {
                Err("somebody must sign for it".into())
            }
            _ => Ok(()),
        })
    });
    house.create("42").await;
    house.move_to("42", OrderStatus::Processing).await;
    let ship = || Update::status(order("42"), OrderStatus::Shipped);
    let error = house.hub.publish(ship()).await.unwrap_err();
    assert_eq!(error.to_string(), "rejected: somebody must sign for it");
    applied(house.hub.publish(ship().with_actor("anna")).await.unwrap());
}

#[tokio::test]
async fn guards_are_asked_about_legal_transitions_only() {
    let house = house_with(MemoryEngine::builder(), |hub| hub.guard(|_| Err("never".into())));
    house.create("42").await;
    house.remark("42", "hello").await;
    let illegal = Update::status(order("42"), OrderStatus::Delivered);
    let error = house.hub.publish(illegal).await;
    assert!(matches!(error, Err(PublishError::IllegalTransition(_))));
}

#[tokio::test]
async fn a_hook_is_told_once_of_what_is_committed_and_of_nothing_else() {
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let house = house_with(MemoryEngine::builder(), |hub| {
        let told = Arc::clone(&told);
        hub.after_commit(move |applied| told.lock().unwrap().push(applied.cursor.seq))
    });
    house.create("42").await;
    let keyed = || Update::note(order("42"), "x").with_key(key("k"));
    applied(house.hub.publish(keyed()).await.unwrap());
    house.hub.publish(keyed()).await.unwrap();
    house.hub.publish(Update::create(order("42"))).await.unwrap();
    house.hub.publish(Update::status(order("42"), OrderStatus::Delivered)).await.unwrap_err();
    assert_eq!(*told.lock().unwrap(), [1, 2]);
}

/// Everybody at once, on threads of their own.
fn race<R: Send + 'static>(
    hub: &Hub,
    racers: usize,
    what: impl Fn(usize) -> Update + Send + Sync + 'static,
    ask: impl Fn(Result<Published, PublishError>) -> R + Send + Sync + 'static,
) -> Vec<R> {
    let start = Arc::new(std::sync::Barrier::new(racers));
    let shared = Arc::new((what, ask));
    let threads: Vec<_> = (0..racers)
        .map(|racer| {
            let (hub, start, shared) = (hub.clone(), Arc::clone(&start), Arc::clone(&shared));
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                start.wait();
                shared.1(runtime.block_on(hub.publish(shared.0(racer))))
            })
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

#[tokio::test]
async fn of_a_hundred_racers_for_one_transition_one_wins() {
    let house = house();
    house.create("42").await;
    let outcomes = race(
        &house.hub,
        100,
        |racer| {
            let update = Update::status(order("42"), OrderStatus::Cancelled);
            if racer % 2 == 0 { update.expecting_version(1) } else { update.with_note("mine") }
        },
        |outcome| match outcome {
            Ok(Published::Applied(applied)) => applied.event.kind.name().to_owned(),
            Err(PublishError::Conflict { .. }) => "conflict".to_owned(),
            other => panic!("{other:?}"),
        },
    );
    let won = outcomes.iter().filter(|outcome| *outcome == "order.status").count();
    assert_eq!(won, 1, "{outcomes:?}");
}

#[tokio::test]
async fn racers_without_an_expectation_look_again_until_all_are_in() {
    let house = house();
    house.create("42").await;
    let mut versions = race(
        &house.hub,
        32,
        |racer| Update::note(order("42"), format!("note {racer}")),
        |outcome| applied(outcome.unwrap()).event.version,
    );
    versions.sort_unstable();
    assert_eq!(versions, (2..=33).collect::<Vec<_>>());
}

#[tokio::test]
async fn every_history_of_random_concurrent_callers_is_a_legal_path() {
    let House { hub, .. } = house_with(MemoryEngine::builder(), |hub| {
        hub.configure(|config| config.replay_events = usize::MAX)
    });
    let engineers: Vec<_> = (0..4_u64)
        .map(|seed| {
            let hub = hub.clone();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let mut state = seed + 1;
                let mut random = |below: u64| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    state % below
                };
                for _ in 0..500 {
                    let id = order(&random(6).to_string());
                    let status = OrderStatus::ALL[random(6) as usize];
                    let update = match random(8) {
                        0 => Update::note(&id, "hm"),
                        1 => Update::delete(&id),
                        2 => Update::status(&id, status).or_create(),
                        _ => Update::status(&id, status),
                    };
                    let _refused_or_not = runtime.block_on(hub.publish(update));
                }
            })
        })
        .collect();
    for engineer in engineers {
        engineer.join().unwrap();
    }
    crate::support::assert_legal_histories(&hub).await;
}

#[tokio::test]
async fn nothing_is_created_for_a_report_that_is_refused() {
    let house = house();
    let data = serde_json::json!("x".repeat(order_events_core::config::MAX_EVENT_BYTES));
    let name = order_events_core::EventName::custom("photo").unwrap();
    let update = Update::<OrderStatus>::custom(order("42"), name, data).or_create();
    let error = house.hub.publish(update).await.unwrap_err();
    assert!(error.to_string().starts_with("event: may have at most 65536 bytes"), "{error}");
    assert_eq!(house.engine.counts().events, 0);
    let note = Update::<OrderStatus>::note(order("42"), "x").expecting_absent().or_create();
    assert!(matches!(house.hub.publish(note).await, Err(PublishError::Invalid(_))));
}

#[tokio::test]
async fn a_key_is_looked_at_before_the_fields() {
    let house = house();
    house.create("42").await;
    let note = |text: &str| Update::<OrderStatus>::note(order("42"), text).with_key(key("k"));
    applied(house.hub.publish(note("fine")).await.unwrap());
    let error = house.hub.publish(note("")).await.unwrap_err();
    assert!(matches!(error, PublishError::KeyReused { .. }), "{error}");
}

#[tokio::test]
async fn a_race_lost_too_often_is_a_conflict() {
    // Somebody else wins each race: a hook of theirs, run by a guard of ours.
    let rival = Arc::new(std::sync::OnceLock::<Hub>::new());
    let house = house_with(MemoryEngine::builder(), |hub| {
        let rival = Arc::clone(&rival);
        hub.guard(move |_| {
            let rival = rival.get().unwrap().clone();
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                runtime.block_on(rival.publish(Update::note(order("42"), "first"))).unwrap();
            })
            .join()
            .unwrap();
            Ok(())
        })
    });
    assert!(rival.set(house.second_hub()).is_ok());
    house.create("42").await;
    let update = Update::status(order("42"), OrderStatus::Cancelled);
    let error = house.hub.publish(update).await.unwrap_err();
    let attempts = order_events_core::config::PUBLISH_ATTEMPTS as u64;
    let PublishError::Conflict { current: Some(state), .. } = error else { panic!("{error:?}") };
    assert_eq!(state.version, attempts + 1);
}
