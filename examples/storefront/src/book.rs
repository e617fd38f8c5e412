//! Who bought what: the shop's own table, beside the log, which knows what became of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use order_events_axum::{CustomerId, Invalid, OrderId};
use serde::Serialize;

use crate::goods::Good;
use crate::pages::PEOPLE;

/// Cheap to clone; clones are one book.
#[derive(Debug, Clone, Default)]
pub(crate) struct Book(Arc<Mutex<Pages>>);

#[derive(Debug, Default)]
struct Pages {
    purchases: BTreeMap<u64, Purchase>,
    /// Paid for at this moment, and by whom: the log does not know them yet.
    awaited: HashMap<OrderId, CustomerId>,
}

/// What somebody bought.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Purchase {
    order_id: OrderId,
    #[serde(skip)]
    customer: CustomerId,
    customer_name: String,
    items: Vec<Item>,
    cents: u32,
}

#[derive(Debug, Clone, Serialize)]
struct Item {
    good: &'static Good,
    count: u32,
}

impl Book {
    /// Enters a purchase whose order the log does not know yet, under the next free number.
    pub(crate) fn expect(
        &self,
        customer: &CustomerId,
        good: &'static Good,
    ) -> Result<OrderId, Invalid> {
        self.with(|pages| {
            let number = pages.purchases.last_key_value().map_or(1, |(last, _)| last + 1);
            let order = OrderId::new(number.to_string())?;
            pages.awaited.insert(order.clone(), customer.clone());
            pages.purchases.insert(number, Purchase::new(&order, customer, &[(good, 1)]));
            Ok(order)
        })
    }

    /// The log knows an order now, or never will.
    pub(crate) fn settle(&self, order: &OrderId) {
        self.with(|pages| pages.awaited.remove(order));
    }

    /// Whether this order is to come, and will be this customer's.
    pub(crate) fn awaits(&self, order: &OrderId, customer: &CustomerId) -> bool {
        self.with(|pages| pages.awaited.get(order) == Some(customer))
    }

    /// Enters a purchase whose order the log knows.
    pub(crate) fn enter(
        &self,
        number: u64,
        order: &OrderId,
        customer: &CustomerId,
        items: &[(&'static Good, u32)],
    ) {
        let purchase = Purchase::new(order, customer, items);
        self.with(|pages| pages.purchases.insert(number, purchase));
    }

    /// What this customer bought, or everybody; the latest first.
    pub(crate) fn purchases(&self, of: Option<&CustomerId>) -> Vec<Purchase> {
        self.with(|pages| {
            let wanted = |purchase: &&Purchase| of.is_none_or(|of| purchase.customer == *of);
            pages.purchases.values().rev().filter(wanted).cloned().collect()
        })
    }

    fn with<T>(&self, read: impl FnOnce(&mut Pages) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Purchase {
    fn new(order: &OrderId, customer: &CustomerId, items: &[(&'static Good, u32)]) -> Self {
        Self {
            order_id: order.clone(),
            customer: customer.clone(),
            customer_name: PEOPLE.name_of(customer.as_str()).to_owned(),
            items: items.iter().map(|&(good, count)| Item { good, count }).collect(),
            cents: items.iter().map(|(good, count)| good.cents * count).sum(),
        }
    }
}
