//! What every handler has: the shop, its book, and how long publishing took.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use order_events_axum::{
    EventKind, GuardVeto, Hub, MemoryEngine, OrderStatus, Proposed, PublishError, Published, Update,
};
use shop::Shop;

use crate::book::Book;
use crate::seed;
use crate::timings::Timings;

/// Cheap to clone; clones are one store.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    /// The orders' log, and the keys of sign-in.
    pub(crate) shop: Shop,
    /// Who bought what.
    pub(crate) book: Book,
    /// How long publishing took.
    pub(crate) timings: Timings,
}

impl Store {
    /// A store with some orders in it, whose sign-ins are signed with this secret.
    pub(crate) async fn open(secret: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let engine = Arc::new(MemoryEngine::new());
        let book = Book::default();
        seed::fill(&engine, &book).await?;
        let hub = Hub::builder().engine(engine).guard(refunds_are_explained).build();
        Ok(Self { shop: Shop::new(hub, secret), book, timings: Timings::default() })
    }

    /// Publishes, and takes the time. What was refused says nothing about the log.
    pub(crate) async fn publish(&self, update: Update) -> Result<Published, PublishError> {
        let began = Instant::now();
        let published = self.shop.hub.publish(update).await?;
        self.timings.took(began.elapsed());
        Ok(published)
    }
}

/// The shop's own rule beside the lifecycle: money that comes back without a word is a riddle.
fn refunds_are_explained(proposed: &Proposed<'_>) -> Result<(), GuardVeto> {
    let is_explained = matches!(proposed.event.kind, EventKind::Status { note: Some(_), .. });
    match proposed.transition.to() {
        OrderStatus::Refunded if !is_explained => {
            Err("a refund needs a note that tells the customer why".into())
        }
        _ => Ok(()),
    }
}
