//! What nodes tell each other.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use async_trait::async_trait;
use order_events_core::engine::{
    Answer, Append, Appended, Current, Draft, Engine, EngineError, Follow, History, HistoryLimit,
    Log, Node, Notice, PageToken, Snapshots, Tail,
};
use order_events_core::{IdempotencyKey, OrderId, Principal, Scope, TenantId, Timestamp};

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

/// An engine behind a pointer, for hubs.
pub(super) struct Erased(pub(super) Arc<dyn Engine>);

#[async_trait]
impl Log for Erased {
    fn read<'a>(
        &'a self,
        tenant: &'a TenantId,
        order: &'a OrderId,
        key: Option<&'a IdempotencyKey>,
        now: Timestamp,
    ) -> Answer<'a, Current> {
        self.0.read(tenant, order, key, now)
    }

    async fn history(
        &self,
        tenant: &TenantId,
        scope: &Scope,
        after: u64,
        limit: HistoryLimit,
    ) -> Result<History, EngineError> {
        self.0.history(tenant, scope, after, limit).await
    }

    async fn snapshots(
        &self,
        tenant: &TenantId,
        scope: &Scope,
        page: Option<&PageToken>,
        limit: usize,
    ) -> Result<Snapshots, EngineError> {
        self.0.snapshots(tenant, scope, page, limit).await
    }

    fn follow(&self, tenant: &TenantId, tail: Arc<dyn Tail>) -> Follow {
        self.0.follow(tenant, tail)
    }

    fn attend(&self, node: Weak<dyn Node>) {
        self.0.attend(node);
    }

    fn is_reachable(&self) -> bool {
        self.0.is_reachable()
    }
}

#[async_trait]
impl Append for Erased {
    fn append<'a>(&'a self, tenant: &'a TenantId, draft: Draft) -> Answer<'a, Appended> {
        self.0.append(tenant, draft)
    }

    async fn announce(&self, notice: Notice) -> Result<(), EngineError> {
        self.0.announce(notice).await
    }

    fn replies_can_be_lost(&self) -> bool {
        self.0.replies_can_be_lost()
    }
}
