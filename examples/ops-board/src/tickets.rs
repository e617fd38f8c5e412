//! What is to be made, and for whom: the shop's own table, beside the log, which knows what became
//! of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use order_events_actix::{OrderId, Timestamp};
use serde::{Deserialize, Serialize};

/// One order, as it was placed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ticket {
    pub(crate) order_id: OrderId,
    pub(crate) recipient: String,
    pub(crate) items: Vec<Item>,
    /// When it is to be at the door.
    pub(crate) due: Timestamp,
    /// What is written on its card.
    pub(crate) message: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) count: u32,
}

/// All of them. Cheap to clone; clones are one table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tickets(Arc<Mutex<BTreeMap<OrderId, Row>>>);

#[derive(Debug)]
struct Row {
    ticket: Ticket,
    /// Whether the log knows the order. Until then another delivery may say what it is.
    is_settled: bool,
}

impl Tickets {
    /// Enters a ticket before its order is in the log, so that whoever is told of the order finds
    /// it. What an order in the log is of stays as it is.
    pub(crate) fn expect(&self, ticket: &Ticket) {
        self.with(|rows| {
            if !rows.get(&ticket.order_id).is_some_and(|row| row.is_settled) {
                let row = Row { ticket: ticket.clone(), is_settled: false };
                rows.insert(ticket.order_id.clone(), row);
            }
        });
    }

    /// This is what an order in the log is of.
    pub(crate) fn settle(&self, ticket: Ticket) {
        let row = |ticket| Row { ticket, is_settled: true };
        self.with(|rows| rows.insert(ticket.order_id.clone(), row(ticket)));
    }

    /// What the orders in the log are of, and those that are just coming.
    pub(crate) fn all(&self) -> Vec<Ticket> {
        self.with(|rows| rows.values().map(|row| row.ticket.clone()).collect())
    }

    fn with<T>(&self, read: impl FnOnce(&mut BTreeMap<OrderId, Row>) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_order_in_the_log_is_of_no_other_delivery_changes() {
        let ticket = |recipient: &str| Ticket {
            order_id: OrderId::new("1").unwrap(),
            recipient: recipient.to_owned(),
            items: Vec::new(),
            due: Timestamp::from_millis(0),
            message: None,
        };
        let tickets = Tickets::default();
        let recipient = || tickets.all()[0].recipient.clone();
        tickets.expect(&ticket("Mara"));
        tickets.expect(&ticket("Noor"));
        assert_eq!(recipient(), "Noor");
        // Of two that came at once, the one whose order the log took.
        tickets.settle(ticket("Mara"));
        assert_eq!(recipient(), "Mara");
        tickets.expect(&ticket("Noor"));
        assert_eq!(recipient(), "Mara");
    }
}
