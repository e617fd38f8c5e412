//! The process itself. All that it takes to report is the lines that begin with `workflow`; the rest
//! is the work, which here is waiting.

use std::error::Error;
use std::time::Duration;

use order_events_axum::{Hub, OrderId, Update};
use order_events_cdc::Workflow;
use serde_json::json;
use tokio::time::sleep;

const PARSING: &str = "ai-parsing";
const SAVING: &str = "database-save";
const SYNC: &str = "shop-sync";

/// In this order.
pub(crate) const STAGES: [&str; 3] = [PARSING, SAVING, SYNC];

/// What came in by mail, and what will become of it.
pub(crate) struct PurchaseOrder {
    pub(crate) id: &'static str,
    pub(crate) from: &'static str,
    pub(crate) pages: u32,
    pub(crate) items: u32,
    pub(crate) confidence: f64,
    /// Whether the shop does not answer when it is asked first.
    pub(crate) finds_no_shop: bool,
}

/// Reads a purchase order, saves it, and brings it into the shop. A step of the work takes so long.
pub(crate) async fn import(
    hub: &Hub,
    PurchaseOrder { id, from, pages, items, confidence, finds_no_shop }: &PurchaseOrder,
    pace: Duration,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let order = OrderId::new(*id)?;
    hub.publish(Update::create(&order).with_note(format!("{from}, {pages} pages"))).await?;
    let workflow = Workflow::new(hub, order, "import", STAGES)?;

    workflow.start(PARSING).await?;
    for page in 1..=*pages {
        sleep(pace).await;
        workflow
            .progress(PARSING, percent(page, *pages), format!("page {page} of {pages}"))
            .await?;
    }
    workflow.complete(PARSING, json!({"lineItems": items, "confidence": confidence})).await?;

    for row in 1..=*items {
        sleep(pace / 3).await;
        workflow.progress(SAVING, percent(row, *items), format!("row {row} of {items}")).await?;
    }
    workflow.complete(SAVING, json!({"rows": items})).await?;

    for attempt in 1.. {
        sleep(pace * 2).await;
        workflow.progress(SYNC, 50, "the customer is known there").await?;
        sleep(pace * 2).await;
        if attempt > 1 || !finds_no_shop {
            break;
        }
        workflow.fail(SYNC, "the shop did not answer within 5 s").await?;
        sleep(pace * 10).await;
        workflow.retry(SYNC).await?;
    }
    workflow.complete(SYNC, json!({"shopOrder": id.replace("PO", "S")})).await?;
    Ok(())
}

fn percent(part: u32, of: u32) -> u8 {
    u8::try_from(part * 100 / of).unwrap_or(100)
}
