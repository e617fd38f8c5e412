//! What was given, held against the log: contiguous in its scope, nothing twice, nothing of others, and
//! the right picture in the end.

use std::collections::{BTreeMap, HashMap};
use std::mem::take;

use order_events_core::{Audience, Epoch, Scope};

use super::{Link, Over, Reading, Witness};
use crate::log::{Log, Truth};
use crate::told::Told;

impl Witness {
    /// Tells the log of the events that nobody told it of.
    pub(crate) fn tell(&self, log: &mut Log) -> Result<(), String> {
        let mut events = self.links.iter().filter_map(|link| Some((link.to, link.by.as_ref()?)));
        events.try_for_each(|(at, told)| log.seen(at, told))
    }

    /// Compares what was given since with the log, which is known by now.
    pub(crate) fn compare(&mut self, log: &Log) -> Result<(), String> {
        for link in take(&mut self.links) {
            self.hold(&link, log)?;
        }
        Ok(())
    }

    fn hold(&self, link: &Link, log: &Log) -> Result<(), String> {
        let Link { from, to, by, told } = link;
        let lives = [from.epoch, to.epoch].map(|epoch: Epoch| log.life_of(epoch));
        let life = match lives {
            [Some(before), Some(after)] if before != after => {
                return Err(format!("another log began at {to}, after {from}, without a reset"));
            }
            [before, after] => after.or(before),
        };
        let is_forward = if by.is_some() { to.seq > from.seq } else { to.seq >= from.seq };
        if !is_forward {
            return Err(format!("{to} came after {from}"));
        }
        // Nobody was ever told of this epoch, so nothing happened in it.
        let Some(life) = life else {
            return match by {
                Some(told) => Err(format!("an event of no log: {told:?} at {to}")),
                None => Ok(()),
            };
        };
        let mut after = from.seq;
        loop {
            let next = log.next(life, after, &self.scope, self.audience);
            match (next, by) {
                (Some((seq, fact)), Some(given)) if seq == to.seq => {
                    return match fact.told.is(given) {
                        true => Ok(()),
                        false => Err(format!("{given:?} is not what is at {to}: {:?}", fact.told)),
                    };
                }
                (Some((seq, fact)), _) if seq <= to.seq => {
                    if !self.drops(told, &fact.told) {
                        return Err(format!("{:?}, at {seq}, was left out before {to}", fact.told));
                    }
                    after = seq;
                }
                (_, None) => return Ok(()),
                (_, Some(given)) => {
                    return Err(format!("not for it, or of no log: {given:?} at {to}"));
                }
            }
        }
    }

    /// Whether its client drops an event, since a beginning that told of these versions told it already.
    fn drops(&self, told: &HashMap<String, u64>, event: &Told) -> bool {
        self.drops_by_version && told.get(&event.order).is_some_and(|had| event.version <= *had)
    }

    /// Whether there is anything for it after this place. What its client drops it is not given, and
    /// nothing else says that it came.
    fn lacks_any(&self, log: &Log, mut after: u64) -> bool {
        while let Some((seq, fact)) = log.next(log.current(), after, &self.scope, self.audience) {
            if !self.drops(&self.told, &fact.told) {
                return true;
            }
            after = seq;
        }
        false
    }

    /// Where it stands, if there is something for it after that: it knows that already, and is given it
    /// when it connects again.
    pub(crate) fn stands_before(&self, log: &Log) -> Option<u64> {
        let at = self.cursor.filter(|at| log.life_of(at.epoch) == Some(log.current()))?;
        log.next(log.current(), at.seq, &self.scope, self.audience).map(|_| at.seq)
    }

    /// Whether it knows the truth by now, and else what it does not know.
    pub(crate) fn is_current(&self, log: &Log) -> Result<(), String> {
        if let (Some(over), Scope::Order(order)) = (self.over, &self.scope) {
            let truth = log.order(order.as_str());
            let is_right = match over {
                Over::Finished => truth.is_none_or(Truth::is_over),
                Over::Absent => truth.is_none_or(Truth::is_finished),
            };
            return match is_right {
                true => Ok(()),
                false => Err(format!("it was told that {order} is {over:?}: {truth:?}")),
            };
        }
        if !matches!(self.reading, Reading::GoesOn) {
            return Err("its beginning is not whole".to_owned());
        }
        if let Some(latest) = log.latest(&self.scope, self.audience) {
            let at = self.cursor.filter(|at| log.life_of(at.epoch) == Some(log.current()));
            if at.is_none_or(|at| self.lacks_any(log, at.seq)) {
                return Err(format!("it stands at {:?}, and {latest} is for it", self.cursor));
            }
        }
        let mut pictured: BTreeMap<_, _> = self.picture.iter().collect();
        for (order, truth) in log.orders(&self.scope) {
            match pictured.remove(order) {
                None if truth.is_finished() => {}
                None => return Err(format!("{order} is missing: {truth:?}")),
                Some(_) if truth.is_deleted => return Err(format!("{order} was deleted")),
                Some(seen) => {
                    let is_version = match self.audience {
                        Audience::Staff => seen.version == truth.version,
                        Audience::Public => seen.version <= truth.version,
                    };
                    if !is_version || seen.status.is_some_and(|seen| Some(seen) != truth.status) {
                        return Err(format!("{order} is pictured as {seen:?}, and is {truth:?}"));
                    }
                }
            }
        }
        match pictured.is_empty() {
            true => Ok(()),
            false => Err(format!("there is no such order: {pictured:?}")),
        }
    }
}
