//! Queues, held to what `ProvisioningQueue` promises, and the runner on them.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod contract;
#[cfg(feature = "redis")]
mod killed;
mod memory;
#[cfg(feature = "redis")]
mod redis;
mod runner;
mod stages;

/// Real servers, as those of the engine are tried on.
#[cfg(feature = "redis")]
#[path = "../../../order-events-redis/tests/support"]
#[allow(dead_code, reason = "the engine's tests ask for more")]
mod support {
    pub(crate) mod clock;
    pub(crate) mod cluster;
    pub(crate) mod redis;
    pub(crate) mod resp;
    pub(crate) mod tls;
    pub(crate) mod wait;
}

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
