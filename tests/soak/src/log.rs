//! The truth of a tenant: what publishers were told is in its log, place by place.
//!
//! A log may be lost, and begins again then: each beginning is a *life*. Within one the places have
//! no holes, whatever the epochs are called by which they are told.

use std::collections::{BTreeMap, HashMap};

use order_events_core::{
    Audience, Cursor, CustomerId, Epoch, Lifecycle, OrderId, OrderStatus, Scope,
};

use crate::told::{Attempt, Told};

/// Where the log is kept, and so how it is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// With its process: every epoch is a life of its own.
    InMemory,
    /// On Redis, where a restart brings a new epoch and no new life.
    OnRedis,
}

#[derive(Debug)]
pub(crate) struct Log {
    kept: Kept,
    lives: Vec<Life>,
    epochs: HashMap<Epoch, usize>,
    /// The life that was told of last.
    current: usize,
    /// Attempts whose answer was lost with the log that may have them.
    unresolved: HashMap<String, Attempt>,
}

#[derive(Debug, Default)]
struct Life {
    facts: BTreeMap<u64, Fact>,
    orders: BTreeMap<String, Truth>,
    /// Every fact up to here is in `orders`.
    folded: u64,
    /// The place of the last event that somebody may see.
    latest: HashMap<(Scope, bool), u64>,
}

#[derive(Debug, Clone)]
pub(crate) struct Fact {
    pub(crate) told: Told,
    /// Whose the order is after it.
    owner: Option<String>,
}

/// An order as it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Truth {
    pub(crate) version: u64,
    pub(crate) status: Option<OrderStatus>,
    pub(crate) customer: Option<String>,
    pub(crate) is_deleted: bool,
}

impl Truth {
    /// Readers need not know it any more: it may have been forgotten.
    pub(crate) fn is_finished(&self) -> bool {
        self.is_deleted || self.status.is_none_or(|status| status.is_final() || status.is_quiet())
    }

    /// It cannot go on.
    pub(crate) fn is_over(&self) -> bool {
        self.is_deleted || self.status.is_none_or(Lifecycle::is_final)
    }
}

impl Log {
    pub(crate) fn new(kept: Kept) -> Self {
        Self {
            kept,
            lives: vec![Life::default()],
            epochs: HashMap::new(),
            current: 0,
            unresolved: HashMap::new(),
        }
    }

    /// A publisher was told that this is in the log.
    pub(crate) fn acknowledged(&mut self, at: Cursor, told: Told) -> Result<(), String> {
        let life = self.enter(at.epoch);
        if self.kept == Kept::InMemory {
            self.current = life;
        }
        self.put(life, at, told)
    }

    /// A publisher will never be told.
    pub(crate) fn unresolved(&mut self, attempt: Attempt) {
        self.unresolved.insert(attempt.key.clone(), attempt);
    }

    /// A log on Redis was emptied: what is told from now on is another life's. To be said while
    /// nobody publishes.
    pub(crate) fn lose(&mut self) {
        self.lives.push(Life::default());
        self.current = self.lives.len() - 1;
    }

    fn enter(&mut self, epoch: Epoch) -> usize {
        if let Some(life) = self.epochs.get(&epoch) {
            return *life;
        }
        let life = match self.kept {
            Kept::OnRedis => self.lives.len() - 1,
            Kept::InMemory if self.epochs.is_empty() => 0,
            Kept::InMemory => {
                self.lives.push(Life::default());
                self.lives.len() - 1
            }
        };
        self.epochs.insert(epoch, life);
        life
    }

    fn put(&mut self, life: usize, at: Cursor, told: Told) -> Result<(), String> {
        let life = &mut self.lives[life];
        match life.facts.get(&at.seq) {
            Some(known) if !known.told.is(&told) => {
                Err(format!("two events at {at}: {:?} and {told:?}", known.told))
            }
            Some(_) => Ok(()),
            None if at.seq <= life.folded => Err(format!("{at} was taken before: {told:?}")),
            None => {
                life.facts.insert(at.seq, Fact { told, owner: None });
                Ok(())
            }
        }
    }

    /// A reader was given this. Where nobody was told of it, it must be what somebody tried whose
    /// answer was lost.
    pub(crate) fn seen(&mut self, at: Cursor, told: &Told) -> Result<(), String> {
        let known = self.epochs.get(&at.epoch).map(|life| &self.lives[*life]);
        if known.is_some_and(|life| at.seq <= life.folded || life.facts.contains_key(&at.seq)) {
            return Ok(());
        }
        let attempt = self.unresolved.values().find(|attempt| told.is_of(attempt));
        let Some(attempt) = attempt.cloned() else {
            return Err(format!("nobody published {told:?}, which is at {at}"));
        };
        let life = self.enter(at.epoch);
        let mut told = told.clone();
        if let crate::told::What::Create { customer: Some(customer) }
        | crate::told::What::Attach { customer } = &attempt.what
        {
            told.customer = Some(customer.clone());
        }
        told.is_staffs = matches!(attempt.what, crate::told::What::Note { is_public: false });
        self.put(life, at, told)
    }

    /// Makes states of the facts there are. A hole is one only where every answer came.
    pub(crate) fn fold(&mut self) -> Result<(), String> {
        let may_have_holes = !self.unresolved.is_empty();
        for life in &mut self.lives {
            let begin = life.folded;
            for (seq, fact) in life.facts.range_mut(begin + 1..) {
                if *seq != life.folded + 1 && !may_have_holes {
                    return Err(format!("nobody was told of the places before {seq}"));
                }
                life.folded = *seq;
                let order = life.orders.entry(fact.told.order.clone()).or_default();
                if fact.told.version <= order.version {
                    return Err(format!("a version came twice: {:?}", fact.told));
                }
                order.version = fact.told.version;
                order.status = fact.told.status.or(order.status);
                order.customer = fact.told.customer.clone().or(order.customer.take());
                order.is_deleted = fact.told.deletes();
                fact.owner.clone_from(&order.customer);
                for scope in scopes(fact) {
                    if !fact.told.is_staffs {
                        life.latest.insert((scope.clone(), false), *seq);
                    }
                    life.latest.insert((scope, true), *seq);
                }
            }
        }
        Ok(())
    }

    /// Everybody has seen everything, and in the present life nothing is wanted before `least`: the facts
    /// are let go of, the states stay.
    pub(crate) fn forget(&mut self, least: Option<u64>) {
        for (nth, life) in self.lives.iter_mut().enumerate() {
            let up_to = least.filter(|_| nth == self.current).unwrap_or(life.folded);
            life.facts = life.facts.split_off(&up_to.saturating_add(1));
        }
        self.unresolved.clear();
    }

    pub(crate) fn life_of(&self, epoch: Epoch) -> Option<usize> {
        self.epochs.get(&epoch).copied()
    }

    /// The next that somebody may see after a place, in a life.
    pub(crate) fn next(
        &self,
        life: usize,
        after: u64,
        scope: &Scope,
        audience: Audience,
    ) -> Option<(u64, &Fact)> {
        let facts = self.lives[life].facts.range(after.saturating_add(1)..);
        let mut facts = facts.map(|(seq, fact)| (*seq, fact));
        facts.find(|(_, fact)| {
            (audience == Audience::Staff || !fact.told.is_staffs) && is_in(scope, fact)
        })
    }

    /// The place of the last event that somebody may see, in the present life.
    pub(crate) fn latest(&self, scope: &Scope, audience: Audience) -> Option<u64> {
        let key = (scope.clone(), audience == Audience::Staff);
        self.lives[self.current].latest.get(&key).copied()
    }

    pub(crate) fn current(&self) -> usize {
        self.current
    }

    /// The orders of a scope as they are.
    pub(crate) fn orders<'a>(
        &'a self,
        scope: &'a Scope,
    ) -> impl Iterator<Item = (&'a String, &'a Truth)> {
        self.lives[self.current].orders.iter().filter(move |(order, truth)| match scope {
            Scope::Order(wanted) => wanted.as_str() == order.as_str(),
            Scope::Customer(wanted) => truth.customer.as_deref() == Some(wanted.as_str()),
            Scope::Tenant => true,
        })
    }

    pub(crate) fn order(&self, order: &str) -> Option<&Truth> {
        self.lives[self.current].orders.get(order)
    }
}

fn is_in(scope: &Scope, fact: &Fact) -> bool {
    match scope {
        Scope::Order(order) => order.as_str() == fact.told.order,
        Scope::Customer(customer) => fact.owner.as_deref() == Some(customer.as_str()),
        Scope::Tenant => true,
    }
}

fn scopes(fact: &Fact) -> impl Iterator<Item = Scope> {
    let order = OrderId::new(&fact.told.order).ok().map(Scope::Order);
    let customer = fact.owner.as_ref().and_then(|id| CustomerId::new(id).ok());
    [Some(Scope::Tenant), order, customer.map(Scope::Customer)].into_iter().flatten()
}
