//! Queues, held to what `ProvisioningQueue` promises, and the runner on them.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod contract;
mod memory;
#[cfg(feature = "redis")]
mod redis;
mod runner;

use order_events_cdc::Job;
use order_events_core::{IdempotencyKey, OrderId, TenantId};

fn job(order: &str, attempt: u32) -> Job {
    Job {
        trigger: IdempotencyKey::new(format!("provision/default/{order}/{attempt}")).unwrap(),
        tenant: TenantId::default(),
        order: OrderId::new(order).unwrap(),
        status: Some("Approved".to_owned()),
        requested_by: None,
        priority: None,
    }
}
