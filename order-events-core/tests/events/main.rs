//! Events in JSON: what every kind looks like to staff and to the public, and that nothing is lost
//! on the way there and back.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod kinds;
mod properties;
mod snapshots;
mod unknown;

use std::sync::Arc;

use order_events_core::engine::Record;
use order_events_core::plan::{Plan, Planned, plan};
use order_events_core::{
    CustomerId, Epoch, Grant, Hub, ManualClock, MemoryEngine, OrderEvent, OrderId, OrderState,
    OrderStatus, Principal, Scope, Stage, StageState, Timestamp, Update,
};
use serde_json::Value;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_795_262_400_123);

pub(crate) fn order() -> OrderId {
    OrderId::new("42").unwrap()
}

pub(crate) fn customer(id: &str) -> CustomerId {
    CustomerId::new(id).unwrap()
}

pub(crate) fn processing() -> OrderState {
    OrderState {
        status: OrderStatus::Processing,
        version: 3,
        customer: None,
        deleted: false,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// The event that comes of an update, typed and as the log holds it.
pub(crate) fn commit(state: Option<&OrderState>, update: &Update) -> (OrderEvent, Record) {
    match plan(state, update, NOW) {
        Ok(Plan::Append(Planned { draft, event, .. })) => (event, Record::commit(draft, 7)),
        other => panic!("{update:?} gives {other:?}"),
    }
}

pub(crate) fn stage(state: StageState, result: Option<Value>, reason: Option<&str>) -> Stage {
    Stage {
        workflow: "wf-7".to_owned(),
        stage: "engrave".to_owned(),
        state,
        result,
        reason: reason.map(str::to_owned),
    }
}

pub(crate) fn hub() -> Hub {
    let engine = MemoryEngine::builder().fixed_epoch(Epoch::from_u64(7)).build();
    Hub::builder().engine(Arc::new(engine)).clock(ManualClock::new(NOW)).build()
}

pub(crate) fn grant() -> Grant {
    Grant::new(Principal::new("anna").unwrap(), Scope::Order(order()))
}
