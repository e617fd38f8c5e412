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

/// How many are kept: of more orders nobody has an overview, and a card whose ticket is gone still says
/// which order it is. The longest known goes first.
const MOST: usize = 1000;

/// All of them. Cheap to clone; clones are one table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tickets(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    rows: BTreeMap<OrderId, Row>,
    /// Entries that there have been.
    entries: u64,
}

#[derive(Debug)]
struct Row {
    ticket: Ticket,
    /// Its number among the entries.
    entry: u64,
    /// Whether the log knows the order. Until then another delivery may say what it is.
    is_settled: bool,
}

/// A ticket whose order is just coming. Where it does not come, the ticket goes.
#[must_use = "a ticket that nobody waits for is gone"]
pub(crate) struct Expected<'a> {
    tickets: &'a Tickets,
    ticket: Ticket,
    /// Its entry; none where it was not entered.
    entry: Option<u64>,
}

impl Tickets {
    /// Enters a ticket before its order is in the log, so that whoever is told of the order finds
    /// it. What an order in the log is of stays as it is.
    pub(crate) fn expect(&self, ticket: Ticket) -> Expected<'_> {
        let entry = self.with(|table| {
            let is_settled = table.rows.get(&ticket.order_id).is_some_and(|row| row.is_settled);
            (!is_settled).then(|| table.enter(ticket.clone(), false))
        });
        Expected { tickets: self, ticket, entry }
    }

    /// This is what an order in the log is of.
    pub(crate) fn settle(&self, ticket: Ticket) {
        self.with(|table| table.enter(ticket, true));
    }

    /// What the orders in the log are of, and those that are just coming.
    pub(crate) fn all(&self) -> Vec<Ticket> {
        self.with(|table| table.rows.values().map(|row| row.ticket.clone()).collect())
    }

    fn with<T>(&self, read: impl FnOnce(&mut Table) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Table {
    fn enter(&mut self, ticket: Ticket, is_settled: bool) -> u64 {
        self.entries += 1;
        let entry = self.entries;
        self.rows.insert(ticket.order_id.clone(), Row { ticket, entry, is_settled });
        if self.rows.len() > MOST
            && let Some(oldest) = self.rows.values().min_by_key(|row| row.entry)
        {
            let oldest = oldest.ticket.order_id.clone();
            self.rows.remove(&oldest);
        }
        entry
    }
}

impl Expected<'_> {
    /// The delivery brought the order into the log.
    pub(crate) fn settle(self) {
        self.tickets.settle(self.ticket.clone());
    }

    /// The log had the delivery already. What was entered then stays, where it still is.
    pub(crate) fn settle_again(self) {
        if self.entry.is_some() {
            self.tickets.settle(self.ticket.clone());
        }
    }
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        let Some(entry) = self.entry else { return };
        self.tickets.with(|table| {
            // Another delivery may have entered its own since, or this one be settled.
            if table.rows.get(&self.ticket.order_id).is_some_and(|row| row.entry == entry) {
                table.rows.remove(&self.ticket.order_id);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(order: &str, recipient: &str) -> Ticket {
        Ticket {
            order_id: OrderId::new(order).unwrap(),
            recipient: recipient.to_owned(),
            items: Vec::new(),
            due: Timestamp::from_millis(0),
            message: None,
        }
    }

    fn recipients(tickets: &Tickets) -> Vec<String> {
        tickets.all().into_iter().map(|ticket| ticket.recipient).collect()
    }

    #[test]
    fn what_an_order_in_the_log_is_of_no_other_delivery_changes() {
        let tickets = Tickets::default();
        let mara = tickets.expect(ticket("1", "Mara"));
        let noor = tickets.expect(ticket("1", "Noor"));
        assert_eq!(recipients(&tickets), ["Noor"]);
        // Of two that came at once, the one whose order the log took.
        mara.settle();
        drop(noor);
        assert_eq!(recipients(&tickets), ["Mara"]);
        let late = tickets.expect(ticket("1", "Noor"));
        assert_eq!(recipients(&tickets), ["Mara"]);
        // The same delivery once more, with another text.
        late.settle_again();
        assert_eq!(recipients(&tickets), ["Mara"]);
    }

    #[test]
    fn an_order_that_does_not_come_leaves_no_ticket() {
        let tickets = Tickets::default();
        drop(tickets.expect(ticket("1", "Mara")));
        assert!(recipients(&tickets).is_empty());
        // But for the one of whoever came meanwhile.
        let mara = tickets.expect(ticket("1", "Mara"));
        let _noor = tickets.expect(ticket("1", "Noor"));
        drop(mara);
        assert_eq!(recipients(&tickets), ["Noor"]);
    }

    #[test]
    fn a_delivery_that_the_log_had_already_has_its_ticket() {
        let tickets = Tickets::default();
        // Whoever sent it first was gone before it could be settled.
        tickets.expect(ticket("1", "Mara")).settle_again();
        assert_eq!(recipients(&tickets), ["Mara"]);
    }

    #[test]
    fn the_longest_known_go_first() {
        let tickets = Tickets::default();
        for order in 0..=MOST {
            tickets.settle(ticket(&order.to_string(), &order.to_string()));
        }
        let left = recipients(&tickets);
        assert_eq!((left.len(), left.contains(&"0".to_owned())), (MOST, false));
    }
}
