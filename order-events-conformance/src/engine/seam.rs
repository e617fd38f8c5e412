//! Between what is read and what is told: no gap, and no lock.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use order_events_core::{Delivery, Grant, Hub, Principal, Resume, Scope, Update};

use super::Outcome;
use super::lab::{Lab, Shop, order, word};
use super::tail::Recorder;

pub(super) async fn nothing_is_lost_at_the_seam(lab: &Lab<'_>) -> Outcome {
    const PUBLISHERS: usize = 4;
    const EACH: usize = 40;
    let shop = lab.open().await?;
    let published = Arc::new(AtomicUsize::new(0));
    let task = |place: usize| {
        let shop = if place.is_multiple_of(2) { shop.clone() } else { shop.elsewhere() };
        let published = Arc::clone(&published);
        async move {
            if place < PUBLISHERS {
                let order = order(&format!("order-{place}"));
                for _ in 0..EACH {
                    shop.publish(&order, word(&order)).await;
                    published.fetch_add(1, Ordering::SeqCst);
                    super::yield_now().await;
                }
                return None;
            }
            // Each begins at another moment.
            while published.load(Ordering::SeqCst) < (place - PUBLISHERS) * 15 {
                super::yield_now().await;
            }
            let tail = Recorder::new();
            let follow = shop.follow(&tail);
            let interruptions = tail.interruptions();
            let read = shop.seqs(&Scope::Tenant, 0).await;
            Some((tail, follow, interruptions, read))
        }
    };
    let readers = lab.race((0..PUBLISHERS + 8).map(task).collect()).await;
    let head = (PUBLISHERS * EACH) as u64;
    assert_eq!(shop.head().await, head);
    for (tail, _follow, interruptions, read) in readers.into_iter().flatten() {
        if read.last() != Some(&head) {
            tail.until(lab, head, interruptions).await;
        }
        let mut known = tail.known(&shop, 0).await;
        known.extend(read);
        known.sort_unstable();
        known.dedup();
        assert_eq!(known, (1..=head).collect::<Vec<_>>(), "read and heard together");
    }
    Ok(())
}

pub(super) async fn nobody_is_woken_under_a_lock(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let order = order("42");
    shop.publish(&order, Update::create(&order)).await;
    let hub = Hub::builder().any_engine(Arc::clone(&shop.engine)).build();
    let principal = Principal::new("anna").expect("a principal");
    let grant = Grant::new(principal, Scope::Tenant).as_staff();
    let mut watching = hub.subscribe(grant, Resume::Fresh).await.expect("there is room");
    let meddler = Arc::new(Meddler { shop: shop.clone(), hub, woken: 0.into(), stuck: 0.into() });
    let waker = Waker::from(Arc::clone(&meddler));
    for round in 1..=5 {
        // The waker is left behind in the subscription.
        lab.until("the subscription waits", || {
            let polled = watching.poll_delivery(&mut Context::from_waker(&waker));
            std::future::ready(polled.is_pending().then_some(()))
        })
        .await;
        let woken = meddler.woken.load(Ordering::SeqCst);
        shop.publish(&order, Update::note(&order, "wakes")).await;
        lab.until("the subscription was woken", || async {
            (meddler.woken.load(Ordering::SeqCst) > woken).then_some(())
        })
        .await;
        let stuck = meddler.stuck.load(Ordering::SeqCst);
        assert_eq!(stuck, 0, "round {round}: who is woken cannot call the engine");
        let delivery = lab.until("the event is delivered", || {
            let polled = watching.poll_delivery(&mut Context::from_waker(&waker));
            std::future::ready(match polled {
                Poll::Ready(delivery) => Some(delivery),
                Poll::Pending => None,
            })
        });
        assert!(matches!(delivery.await, Some(Delivery::Event(_))));
    }
    Ok(())
}

/// Calls the engine and the hub while it is woken.
struct Meddler {
    shop: Shop,
    hub: Hub,
    woken: AtomicUsize,
    stuck: AtomicUsize,
}

impl Wake for Meddler {
    fn wake(self: Arc<Self>) {
        // On another thread, so that a lock which is held shows as a delay and not as a hang.
        let (done, is_done) = mpsc::channel();
        let meddler = Arc::clone(&self);
        thread::spawn(move || {
            meddler.meddle();
            let _ = done.send(());
        });
        // An engine that needs a runtime panics on that thread: that is an end, too.
        let answer = is_done.recv_timeout(Duration::from_secs(5));
        if answer == Err(mpsc::RecvTimeoutError::Timeout) {
            self.stuck.fetch_add(1, Ordering::SeqCst);
        }
        self.woken.fetch_add(1, Ordering::SeqCst);
    }
}

impl Meddler {
    fn meddle(&self) {
        let Shop { engine, tenant, .. } = &self.shop;
        let order = order("42");
        let _watchers = self.hub.watchers();
        drop(self.shop.follow(&Recorder::new()));
        let mut cx = Context::from_waker(Waker::noop());
        let limit = super::lab::NO_LIMIT;
        let _ = pin!(engine.read(tenant, &order, None, self.shop.now())).poll(&mut cx);
        let _ = pin!(engine.history(tenant, &Scope::Tenant, 0, limit)).poll(&mut cx);
        let _ = pin!(engine.snapshots(tenant, &Scope::Tenant, None, 5)).poll(&mut cx);
    }
}
