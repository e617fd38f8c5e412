//! What every handler has: the log, the tickets, and whose deliveries are believed.

use std::error::Error;
use std::sync::Arc;

use order_events_actix::{Hub, MemoryEngine, PublishError, Published, TenantId, Update};
use shop::Shop;

use crate::seed;
use crate::signature::Secret;
use crate::tickets::Tickets;

/// Cheap to clone; clones are one board.
#[derive(Debug, Clone)]
pub(crate) struct Board {
    /// The orders' log, and the keys of sign-in.
    pub(crate) shop: Shop,
    /// Whose orders these are. The log may hold those of other shops, and nothing here sees them.
    pub(crate) tenant: TenantId,
    /// What is to be made.
    pub(crate) tickets: Tickets,
    /// What the shop signs its deliveries with.
    pub(crate) webhook: Secret,
}

impl Board {
    /// A board with some orders on it.
    pub(crate) async fn open(
        secret: &str,
        webhook: &str,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let engine = Arc::new(MemoryEngine::new());
        let (tenant, tickets) = (TenantId::new("stem-and-thorn")?, Tickets::default());
        seed::fill(&engine, &tenant, &tickets).await?;
        let shop = Shop::new(Hub::builder().engine(engine).build(), secret);
        let webhook = webhook.parse::<Secret>().map_err(|why| format!("WEBHOOK_SECRET: {why}"))?;
        Ok(Self { shop, tenant, tickets, webhook })
    }

    /// Publishes for this shop.
    pub(crate) async fn publish(&self, update: Update) -> Result<Published, PublishError> {
        self.shop.hub.publish(update.in_tenant(&self.tenant)).await
    }
}
