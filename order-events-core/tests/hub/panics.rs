//! A panic in a user's code hurts the call it happens in, and nobody else.

use async_trait::async_trait;
use order_events_core::{
    Authorizer, Denied, Grant, Lifecycle, MemoryEngine, OrderStatus, PublishError, Resume, Scope,
    Update, authorize,
};

use crate::support::{House, anna, applied, drain, house_with, order, words};

fn fussy() -> House {
    house_with(MemoryEngine::builder(), |hub| {
        hub.guard(|proposed| match proposed.event.actor.as_deref() {
            Some("panic in the guard") => panic!("a guard of a user's"),
            _ => Ok(()),
        })
        .after_commit(|applied| {
            assert_ne!(applied.event.actor.as_deref(), Some("panic in the hook"));
        })
    })
}

#[tokio::test]
async fn one_of_a_hundred_guards_that_panics_fails_its_own_call_only() {
    let house = fussy();
    for number in 0..100 {
        let id = number.to_string();
        house.create(&id).await;
        let update = Update::status(order(&id), OrderStatus::Processing);
        if number == 50 {
            let error = house.hub.publish(update.with_actor("panic in the guard")).await;
            assert!(matches!(error, Err(PublishError::Rejected { .. })), "{error:?}");
        } else {
            applied(house.hub.publish(update).await.unwrap());
        }
    }
    assert_eq!(house.move_to("50", OrderStatus::Processing).await.event.version, 2);
}

#[tokio::test]
async fn a_hook_that_panics_neither_undoes_the_event_nor_stops_the_stream() {
    let house = fussy();
    let mut watching = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
    drain(&mut watching);
    let update = Update::<OrderStatus>::create(order("42")).with_actor("panic in the hook");
    assert_eq!(applied(house.hub.publish(update).await.unwrap()).event.version, 1);
    house.move_to("42", OrderStatus::Processing).await;
    assert_eq!(words(&mut watching), ["42@1 order.created", "42@2 order.status"]);
}

struct Moody;

#[async_trait]
impl Authorizer<str> for Moody {
    async fn authorize(&self, caller: &str, wanted: &Scope) -> Result<Grant, Denied> {
        match caller {
            "panic at once" => panic!("an authorizer of a user's"),
            "panic later" => {
                tokio::task::yield_now().await;
                panic!("an authorizer of a user's");
            }
            "stranger" => Err(Denied::NotFound),
            caller => Ok(Grant::new(crate::support::principal(caller), wanted.clone())),
        }
    }
}

#[tokio::test]
async fn an_authorizer_that_panics_lets_nobody_in_and_goes_on() {
    let wanted = Scope::Order(order("42"));
    for caller in ["panic at once", "panic later"] {
        assert_eq!(authorize(&Moody, caller, &wanted).await, Err(Denied::Failed));
    }
    assert_eq!(authorize(&Moody, "stranger", &wanted).await, Err(Denied::NotFound));
    let grant = authorize(&Moody, "anna", &wanted).await.unwrap();
    assert_eq!(grant.scope(), &wanted);
}

#[tokio::test]
async fn a_panicking_publisher_leaves_no_lock_behind() {
    let house = fussy();
    house.create("42").await;
    let hub = house.hub.clone();
    let died = tokio::spawn(async move {
        let update = Update::status(order("42"), OrderStatus::INITIAL).with_note("x");
        hub.publish(update).await.unwrap();
        panic!("the publisher's own code");
    });
    assert!(died.await.is_err());
    house.move_to("42", OrderStatus::Processing).await;
}

struct Grumpy(std::sync::atomic::AtomicUsize, bool);

impl std::task::Wake for Grumpy {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        assert!(!self.1, "a waker of a user's");
    }
}

#[tokio::test]
async fn a_waker_that_panics_costs_nobody_else_their_wake_up() {
    let house = fussy();
    let mut watching = Vec::new();
    for panics in [true, false] {
        let waker = std::sync::Arc::new(Grumpy(0.into(), panics));
        let mut reader = house.hub.subscribe(anna("42"), Resume::Fresh).await.unwrap();
        drain(&mut reader);
        let task = std::task::Waker::from(std::sync::Arc::clone(&waker));
        let polled = reader.poll_delivery(&mut std::task::Context::from_waker(&task));
        assert!(polled.is_pending());
        watching.push((reader, waker));
    }
    house.create("42").await;
    for (reader, waker) in &mut watching {
        assert_eq!(waker.0.load(std::sync::atomic::Ordering::SeqCst), 1);
        assert_eq!(words(reader), ["42@1 order.created"]);
    }
}
