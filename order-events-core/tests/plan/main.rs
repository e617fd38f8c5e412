//! The pure part of publishing: what an update makes of an order, or why it cannot be.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

mod absent;
mod fields;
mod fingerprints;
mod known;
mod properties;

use order_events_core::plan::{Plan, Planned, Refusal, plan};
use order_events_core::{
    CustomerId, EventName, Invalid, OrderId, OrderState, OrderStatus, Stage, StageState, Timestamp,
    Update, Why,
};
use serde_json::json;

const NOW: Timestamp = Timestamp::from_millis(1_795_262_400_123);
const BEFORE: Timestamp = Timestamp::from_millis(1_795_262_000_000);

fn order() -> OrderId {
    OrderId::new("42").unwrap()
}

fn customer(id: &str) -> CustomerId {
    CustomerId::new(id).unwrap()
}

/// An order in this status, at version 3, nobody's.
fn having(status: OrderStatus) -> OrderState {
    OrderState {
        status,
        version: 3,
        customer: None,
        deleted: false,
        created_at: BEFORE,
        updated_at: BEFORE,
    }
}

fn owned(status: OrderStatus, by: &str) -> OrderState {
    OrderState { customer: Some(customer(by)), ..having(status) }
}

fn deleted() -> OrderState {
    OrderState { deleted: true, ..owned(OrderStatus::Shipped, "c-1") }
}

fn planned(state: Option<&OrderState>, update: &Update) -> Planned<OrderStatus> {
    match plan(state, update, NOW) {
        Ok(Plan::Append(planned)) => planned,
        other => panic!("{update:?} gives {other:?}"),
    }
}

fn refused(state: Option<&OrderState>, update: &Update) -> Refusal<OrderStatus> {
    match plan(state, update, NOW) {
        Err(refusal) => refusal,
        Ok(planned) => panic!("{update:?} gives {planned:?}"),
    }
}

fn assert_unchanged(state: &OrderState, update: &Update) {
    match plan(Some(state), update, NOW) {
        Ok(Plan::Unchanged(current)) => assert_eq!(&current, state),
        other => panic!("{update:?} gives {other:?}"),
    }
}

fn invalid(field: &'static str, why: Why) -> Refusal<OrderStatus> {
    Refusal::Invalid(Invalid { field, why })
}

fn stage() -> Stage {
    Stage {
        workflow: "wf-7".to_owned(),
        stage: "engrave".to_owned(),
        state: StageState::Completed,
        result: Some(json!({"depth": 3})),
        reason: None,
    }
}

/// Whatever a user may call an event.
fn gift() -> EventName {
    EventName::custom("gift.wrapped").unwrap()
}

/// One update of each kind that neither creates, moves, attaches nor deletes.
fn reports() -> Vec<Update> {
    vec![
        Update::note(order(), "n"),
        Update::assign(order(), "Ben"),
        Update::unassign(order()),
        Update::tracking(order(), "FedEx", "7946", None),
        Update::stage(order(), stage()),
        Update::progress(order(), 40, None),
        Update::stage_progress(order(), "wf-7", "engrave", 40, None),
        Update::fail(order(), "r"),
        Update::custom(order(), gift(), json!({"ribbon": "red"})),
    ]
}
