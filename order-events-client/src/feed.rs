//! What the server said, as what a reader is given: each event once, each beginning whole. Sans-IO.

use std::collections::{HashMap, HashSet, VecDeque};

use order_events_core::{Lifecycle, OrderEvent, OrderId, OrderSnapshot};

use crate::config::Settings;
use crate::delivery::{Delivery, Given, Other, Why};
use crate::store::Cursor;

#[derive(Debug)]
pub(crate) struct Feed<L: Lifecycle> {
    /// Whether one order is watched: it is in scope before its customer is known.
    is_one_order: bool,
    cursors: Cursors,
    versions: Versions,
    beginning: Beginning,
    /// How far we were told. None where we begin anew.
    at: Option<Cursor>,
    due: VecDeque<Due<L>>,
    /// How far the reader was given everything.
    given: Option<Cursor>,
}

#[derive(Debug)]
enum Beginning {
    /// Events follow.
    No,
    /// It was announced, and nothing of it has been told yet.
    Announced(Why),
    /// Its orders are being told.
    Told,
}

#[derive(Debug)]
struct Due<L: Lifecycle> {
    /// None where the reader is further, and there is nothing to tell it.
    delivery: Option<Delivery<L>>,
    cursor: Option<Cursor>,
}

impl<L: Lifecycle> Feed<L> {
    pub(crate) fn new(settings: &Settings, is_one_order: bool, after: Option<Cursor>) -> Self {
        let mut cursors = Cursors::new(settings.remembered_cursors);
        after.iter().for_each(|cursor| cursors.insert(cursor.clone()));
        Self {
            is_one_order,
            cursors,
            versions: Versions::new(settings.remembered_orders),
            beginning: Beginning::No,
            at: after.clone(),
            due: VecDeque::new(),
            given: after,
        }
    }

    /// Where to go on from. Empty where from the beginning.
    pub(crate) fn cursor(&self) -> &str {
        self.at.as_ref().map_or("", Cursor::as_str)
    }

    /// How far the reader was given everything.
    pub(crate) fn given(&self) -> Option<&Cursor> {
        self.given.as_ref()
    }

    /// The next for the reader.
    pub(crate) fn next(&mut self) -> Option<Given<L>> {
        loop {
            let Due { delivery, cursor } = self.due.pop_front()?;
            self.given.clone_from(&cursor);
            if let Some(delivery) = delivery {
                return Some(Given { delivery, cursor });
            }
        }
    }

    /// How much there is for the reader.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.due.len()
    }

    /// The present follows.
    pub(crate) fn begin(&mut self, why: Why) {
        self.beginning = Beginning::Announced(why);
    }

    /// Events follow after all: whoever announced a beginning told nothing of it and is gone.
    pub(crate) fn go_on(&mut self) {
        if matches!(self.beginning, Beginning::Announced(_)) {
            self.beginning = Beginning::No;
        }
    }

    fn is_beginning(&self) -> bool {
        !matches!(self.beginning, Beginning::No)
    }

    /// An order as it stands.
    pub(crate) fn snapshot(&mut self, data: &str) {
        self.tell_the_beginning();
        let Ok(order) = serde_json::from_str::<OrderSnapshot<L>>(data) else {
            return self.other("snapshot", data, None);
        };
        // Of two pages the newer counts, whichever came first.
        if self.versions.get(&order.order_id).is_some_and(|known| order.version <= known) {
            return;
        }
        self.versions.insert(&order.order_id, order.version);
        self.push(Delivery::Snapshot(order), None);
    }

    /// Everything up to here has been told.
    pub(crate) fn position(&mut self, cursor: &str) {
        self.tell_the_beginning();
        let cursor = Cursor::new(cursor);
        if matches!(self.beginning, Beginning::Told) {
            self.beginning = Beginning::No;
            self.push(Delivery::Current, Some(cursor.clone()));
        } else if self.at.as_ref() != Some(&cursor) {
            self.push(None, Some(cursor.clone()));
        }
        self.move_to(cursor);
    }

    /// Something happened; at this place, or at none of its own.
    pub(crate) fn event(&mut self, name: &str, data: &str, cursor: &str) {
        let cursor = Some(cursor).filter(|cursor| !cursor.is_empty()).map(Cursor::new);
        let Ok(event) = OrderEvent::<L>::parse(name, data) else {
            // What is no event has no place of its own, but may come with one.
            let moves = cursor.filter(|cursor| !self.cursors.has(cursor));
            return self.other(name, data, moves);
        };
        if cursor.as_ref().is_some_and(|cursor| self.cursors.has(cursor)) {
            return;
        }
        if self.is_beginning() {
            // Whatever the beginning was, it is over. At which place nobody said, and the one before
            // it would not bring back what was let go of.
            self.tell_the_beginning();
            self.beginning = Beginning::No;
            self.push(Delivery::Current, None);
        }
        let is_new = self.is_new(&event);
        match (is_new, &cursor) {
            (true, _) => {
                self.versions.insert(&event.order_id, event.version);
                self.push(Delivery::Event(event), cursor.clone());
            }
            (false, Some(_)) => self.push(None, cursor.clone()),
            (false, None) => {}
        }
        if let Some(cursor) = cursor {
            self.move_to(cursor);
        }
    }

    /// An event by which an order enters the scope replaces what was known under its id; any other
    /// must be newer.
    fn is_new(&self, event: &OrderEvent<L>) -> bool {
        let begins = match event.kind.name() {
            "order.created" => true,
            "order.customer" => !self.is_one_order,
            _ => false,
        };
        let known = self.versions.get(&event.order_id);
        begins || event.version == 1 || known.is_none_or(|known| event.version > known)
    }

    fn other(&mut self, name: &str, data: &str, cursor: Option<Cursor>) {
        let other = Other { name: name.to_owned(), data: data.to_owned() };
        let at = if self.is_beginning() { None } else { cursor.clone().or(self.at.clone()) };
        self.push(Delivery::Other(other), at);
        if let Some(cursor) = cursor {
            self.move_to(cursor);
        }
    }

    /// What was announced, now that there is something of it.
    fn tell_the_beginning(&mut self) {
        match std::mem::replace(&mut self.beginning, Beginning::No) {
            Beginning::No => {}
            Beginning::Told => self.beginning = Beginning::Told,
            Beginning::Announced(why) => {
                self.beginning = Beginning::Told;
                // From here on the old cursor would not bring back what the reader lets go of. And a
                // log that was lost may give its numbers again.
                self.at = None;
                self.cursors.clear();
                self.versions.clear();
                self.push(Delivery::Reset(why), None);
            }
        }
    }

    fn push(&mut self, delivery: impl Into<Option<Delivery<L>>>, cursor: Option<Cursor>) {
        self.due.push_back(Due { delivery: delivery.into(), cursor });
    }

    fn move_to(&mut self, cursor: Cursor) {
        self.cursors.insert(cursor.clone());
        self.at = Some(cursor);
    }
}

/// The latest cursors.
#[derive(Debug)]
struct Cursors {
    most: usize,
    known: HashSet<Cursor>,
    order: VecDeque<Cursor>,
}

impl Cursors {
    fn new(most: usize) -> Self {
        Self { most: most.max(1), known: HashSet::new(), order: VecDeque::new() }
    }

    fn has(&self, cursor: &Cursor) -> bool {
        self.known.contains(cursor)
    }

    fn insert(&mut self, cursor: Cursor) {
        if !self.known.insert(cursor.clone()) {
            return;
        }
        self.order.push_back(cursor);
        if self.order.len() > self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    fn clear(&mut self) {
        self.known.clear();
        self.order.clear();
    }
}

/// The versions of the orders that were last heard of: two generations, of which the older is
/// forgotten once the younger is full.
#[derive(Debug)]
struct Versions {
    most: usize,
    young: HashMap<OrderId, u64>,
    old: HashMap<OrderId, u64>,
}

impl Versions {
    fn new(most: usize) -> Self {
        Self { most: most.max(1), young: HashMap::new(), old: HashMap::new() }
    }

    fn get(&self, order: &OrderId) -> Option<u64> {
        self.young.get(order).or_else(|| self.old.get(order)).copied()
    }

    fn insert(&mut self, order: &OrderId, version: u64) {
        if !self.young.contains_key(order) && self.young.len() >= self.most {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(order.clone(), version);
    }

    fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}

#[cfg(test)]
mod tests;
