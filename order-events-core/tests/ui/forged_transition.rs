//! A `Transition` is the proof of a legal move, so nobody else may make one.

use order_events_core::{OrderStatus, Transition};

fn main() {
    let _forged = Transition { from: OrderStatus::Refunded, to: OrderStatus::Pending };
}
