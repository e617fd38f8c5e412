//! What nodes tell each other.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use order_events_core::Principal;
use order_events_core::engine::{Engine, Node, Notice};

use super::Outcome;
use super::lab::Lab;

#[derive(Default)]
struct Listener(AtomicUsize);

impl Node for Listener {
    fn notice(&self, notice: &Notice) {
        if *notice == revoked() {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl Listener {
    fn new() -> Arc<Self> {
        Arc::default()
    }

    async fn until(&self, lab: &Lab<'_>, times: usize) {
        lab.until("a node was told", || async {
            (self.0.load(Ordering::SeqCst) >= times).then_some(())
        })
        .await;
        assert_eq!(self.0.load(Ordering::SeqCst), times, "each is told once");
    }
}

fn attend(engine: &dyn Engine, node: &Arc<Listener>) {
    let weak: Weak<Listener> = Arc::downgrade(node);
    engine.attend(weak as Weak<dyn Node>);
}

fn revoked() -> Notice {
    Notice::Revoked(Principal::new("anna@shop.example").expect("a principal"))
}

pub(super) async fn an_announcement_reaches_every_node(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let elsewhere = shop.elsewhere();
    let (here, too, there) = (Listener::new(), Listener::new(), Listener::new());
    attend(&*shop.engine, &here);
    attend(&*shop.engine, &too);
    attend(&*elsewhere.engine, &there);
    for round in 1..=3 {
        let announcer = if round == 2 { &elsewhere } else { &shop };
        announcer.engine.announce(revoked()).await.expect("it can be announced");
        for node in [&here, &too, &there] {
            node.until(lab, round).await;
        }
    }
    Ok(())
}

pub(super) async fn a_node_that_is_gone_is_let_go_of(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let (stays, goes) = (Listener::new(), Listener::new());
    attend(&*shop.engine, &goes);
    attend(&*shop.engine, &stays);
    let gone = Arc::downgrade(&goes);
    drop(goes);
    assert!(gone.upgrade().is_none(), "the engine keeps a node alive");
    shop.engine.announce(revoked()).await.expect("it can be announced");
    stays.until(lab, 1).await;
    // One that comes and goes at once harms nobody either.
    attend(&*shop.engine, &Listener::new());
    shop.engine.announce(revoked()).await.expect("it can be announced");
    stays.until(lab, 2).await;
    Ok(())
}
