//! A `Transition` is the proof of a legal move, so nobody may turn it into another.

use order_events_core::{OrderStatus, Transition};

fn main() {
    let mut altered = Transition::new(OrderStatus::Pending, OrderStatus::Processing).unwrap();
    altered.to = OrderStatus::Refunded;
}
