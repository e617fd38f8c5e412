//! What a viewer was given, and what it makes of it: a beginning and what comes on top, a gap only where
//! a `reset` said so.
//!
//! An event is compared once the log is known, so a witness keeps *links*: from where its viewer
//! stood, to where it came, and by what. The verdict is in its own file.

mod verdict;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::mem::take;
use std::sync::Arc;

use order_events_core::{Audience, Cursor, OrderStatus, ResetReason, Scope};

use crate::told::Told;

/// How much of what was given last is told where something is wrong.
const RECENT: usize = 30;

#[derive(Debug)]
pub(crate) struct Witness {
    pub(crate) who: String,
    pub(crate) scope: Scope,
    pub(crate) audience: Audience,
    /// What it is given goes through a client that drops what it has by version.
    drops_by_version: bool,
    cursor: Option<Cursor>,
    /// How many logs had been lost when it connected, and when it had connected by which it came to
    /// its cursor: what it reads may have been sent before a loss.
    connected: usize,
    losses: usize,
    picture: Picture,
    reading: Reading,
    /// The versions that the last beginning told.
    told: Arc<HashMap<String, u64>>,
    links: Vec<Link>,
    over: Option<Over>,
    recent: VecDeque<String>,
    pub(crate) counts: Counts,
}

/// How far it is with what it reads.
#[derive(Debug)]
enum Reading {
    /// It was not resumed, and has not been told why.
    IsOwedReset,
    /// A beginning comes, and of it came these snapshots.
    Begins { arrived: Picture, is_to_page: bool },
    /// The beginning is whole, and nothing was said of the place that it was made at.
    IsPlaceless(Picture),
    /// What it is told now comes on top.
    GoesOn,
}

impl Reading {
    /// Of a beginning, by its first word.
    fn begins(is_to_page: bool) -> Self {
        Self::Begins { arrived: Picture::new(), is_to_page }
    }
}

type Picture = BTreeMap<String, Pictured>;

/// An order as a viewer pictures it.
#[derive(Debug, Clone, Copy)]
struct Pictured {
    version: u64,
    status: Option<OrderStatus>,
}

/// An order as a snapshot shows it.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) order: String,
    pub(crate) version: u64,
    pub(crate) status: OrderStatus,
}

#[derive(Debug)]
struct Link {
    from: Cursor,
    to: Cursor,
    /// Without an event the link says that there was none.
    by: Option<Told>,
    told: Arc<HashMap<String, u64>>,
}

/// Why a viewer watches no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    /// The order cannot go on.
    Finished,
    /// There is no such order.
    Absent,
}

/// What was given to viewers, of which kind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    pub(crate) events: u64,
    pub(crate) snapshots: u64,
    pub(crate) links: u64,
    pub(crate) resets: BTreeMap<String, u64>,
    pub(crate) ends: BTreeMap<String, u64>,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.events += other.events;
        self.snapshots += other.snapshots;
        self.links += other.links;
        for (mine, theirs) in [(&mut self.resets, &other.resets), (&mut self.ends, &other.ends)] {
            theirs.iter().for_each(|(why, count)| *mine.entry(why.clone()).or_default() += count);
        }
    }
}

impl Witness {
    pub(crate) fn new(who: String, scope: Scope, audience: Audience) -> Self {
        Self {
            who,
            scope,
            audience,
            drops_by_version: false,
            cursor: None,
            connected: 0,
            losses: 0,
            picture: Picture::new(),
            reading: Reading::GoesOn,
            told: Arc::default(),
            links: Vec::new(),
            over: None,
            recent: VecDeque::new(),
            counts: Counts::default(),
        }
    }

    /// … of one whose client drops what it has by version.
    pub(crate) fn of_a_client(mut self) -> Self {
        self.drops_by_version = true;
        self
    }

    /// A connection is asked for, after so many losses; the cursor that is to be presented.
    pub(crate) fn connects(&mut self, losses: usize) -> Option<Cursor> {
        self.connected = losses;
        let cursor = self.cursor;
        self.note(format_args!("connects, at {cursor:?}"));
        self.reading = match cursor {
            Some(_) => Reading::GoesOn,
            None => Reading::begins(false),
        };
        cursor
    }

    /// It lets go of everything it knows.
    pub(crate) fn begins_anew(&mut self) {
        self.cursor = None;
        self.picture.clear();
    }

    /// A beginning begins, of one who knew nothing.
    pub(crate) fn begins(&mut self) {
        self.note(format_args!("begins"));
        (self.cursor, self.reading) = (None, Reading::begins(false));
    }

    /// Whether a beginning is not whole yet.
    pub(crate) fn is_beginning(&self) -> bool {
        matches!(self.reading, Reading::Begins { .. })
    }

    /// The beginning is whole, and events follow on the same page, which does not say where the one
    /// ends. So it is taken to be right before the first of them.
    pub(crate) fn is_followed(&mut self) -> Result<(), String> {
        self.note(format_args!("begins before what follows"));
        match &mut self.reading {
            Reading::Begins { arrived, .. } => {
                self.reading = Reading::IsPlaceless(take(arrived));
                Ok(())
            }
            other => Err(format!("a beginning is whole that did not begin: {other:?}")),
        }
    }

    /// The stream goes on from here, or does not say so.
    pub(crate) fn ready(&mut self, resumed: Option<Cursor>) -> Result<(), String> {
        self.note(format_args!("ready, resumed {resumed:?}"));
        match (self.cursor, resumed) {
            // By another epoch where the log has one by now: it is the same place all the same.
            (Some(presented), Some(resumed)) if presented.seq == resumed.seq => {
                self.link(presented, resumed, None);
                self.cursor = Some(resumed);
            }
            (None, None) => {}
            (Some(_), None) => self.reading = Reading::IsOwedReset,
            (presented, resumed) => {
                return Err(format!("presented {presented:?}, and is resumed at {resumed:?}"));
            }
        }
        Ok(())
    }

    /// What it knew does not hold any more.
    pub(crate) fn reset(
        &mut self,
        reason: &str,
        is_to_page: bool,
        losses: usize,
    ) -> Result<(), String> {
        self.note(format_args!("reset {reason}, to page: {is_to_page}"));
        *self.counts.resets.entry(reason.to_owned()).or_default() += 1;
        let is_of_a_lost_log = [ResetReason::Foreign, ResetReason::Future, ResetReason::Malformed]
            .iter()
            .any(|lost| lost.as_str() == reason);
        if is_of_a_lost_log && self.cursor.is_some() && losses == self.losses {
            return Err(format!("reset as {reason}, and nothing was lost since its cursor"));
        }
        (self.cursor, self.reading) = (None, Reading::begins(is_to_page));
        Ok(())
    }

    /// An order as it stands.
    pub(crate) fn snapshot(&mut self, shown: Shown) -> Result<(), String> {
        self.note(format_args!("snapshot {shown:?}"));
        self.counts.snapshots += 1;
        if let Scope::Order(order) = &self.scope
            && order.as_str() != shown.order
        {
            return Err(format!("a snapshot of {} on the stream of {order}", shown.order));
        }
        let (arrived, is_to_page) = match &mut self.reading {
            Reading::Begins { arrived, is_to_page } => (arrived, *is_to_page),
            Reading::IsOwedReset => return Err("a snapshot came where a reset was due".to_owned()),
            Reading::IsPlaceless(_) | Reading::GoesOn => {
                return Err(format!("a snapshot came after the beginning: {shown:?}"));
            }
        };
        let pictured = Pictured { version: shown.version, status: Some(shown.status) };
        match arrived.insert(shown.order.clone(), pictured) {
            Some(_) if !is_to_page && !self.drops_by_version => {
                Err(format!("{} came twice in a beginning", shown.order))
            }
            _ => Ok(()),
        }
    }

    /// Whether the orders are to be paged before anything else is taken.
    pub(crate) fn is_to_page(&self) -> bool {
        matches!(self.reading, Reading::Begins { is_to_page: true, .. })
    }

    /// The beginning is whole, or nothing happened up to here.
    pub(crate) fn position(&mut self, at: Cursor) -> Result<(), String> {
        self.note(format_args!("position {at}"));
        match &mut self.reading {
            Reading::Begins { arrived, .. } | Reading::IsPlaceless(arrived) => {
                let arrived = take(arrived);
                self.is_whole(arrived);
            }
            Reading::GoesOn => match self.cursor {
                Some(from) => self.link(from, at, None),
                None => return Err(format!("a position came before a beginning: {at}")),
            },
            Reading::IsOwedReset => {
                return Err(format!("a position came where a reset was due: {at}"));
            }
        }
        self.stands_at(at);
        Ok(())
    }

    fn stands_at(&mut self, at: Cursor) {
        (self.cursor, self.losses) = (Some(at), self.connected);
    }

    fn is_whole(&mut self, picture: Picture) {
        let told = picture.iter().map(|(order, pictured)| (order.clone(), pictured.version));
        self.told = Arc::new(told.collect());
        (self.picture, self.reading) = (picture, Reading::GoesOn);
    }

    /// The stream was served up to here; its reader is not moved by that.
    pub(crate) fn served(&mut self, up_to: Cursor) {
        if let Some(from) = self.cursor {
            self.link(from, up_to, None);
        }
    }

    pub(crate) fn event(&mut self, at: Cursor, told: Told) -> Result<(), String> {
        self.note(format_args!("event {at} {told:?}"));
        self.counts.events += 1;
        match &mut self.reading {
            Reading::IsPlaceless(arrived) => {
                let arrived = take(arrived);
                self.is_whole(arrived);
                self.stands_at(Cursor { seq: at.seq.saturating_sub(1), ..at });
            }
            Reading::GoesOn => {}
            Reading::Begins { .. } | Reading::IsOwedReset => {
                return Err(format!("an event came where a beginning or a reset was due: {at}"));
            }
        }
        let Some(from) = self.cursor else {
            return Err(format!("an event came before any beginning: {at}"));
        };
        if self.audience == Audience::Public && (told.is_staffs || told.customer.is_some()) {
            return Err(format!("the public was given what is staff's: {told:?}"));
        }
        self.apply(&told);
        self.link(from, at, Some(told));
        self.stands_at(at);
        Ok(())
    }

    /// What any client does: drop what it has, take what is new.
    fn apply(&mut self, told: &Told) {
        let known = self.picture.get(&told.order).copied();
        if !told.enters() && known.is_some_and(|known| known.version >= told.version) {
            return;
        }
        if told.deletes() {
            self.picture.remove(&told.order);
            return;
        }
        let status = told.status.or(known.and_then(|known| known.status));
        self.picture.insert(told.order.clone(), Pictured { version: told.version, status });
    }

    fn link(&mut self, from: Cursor, to: Cursor, by: Option<Told>) {
        self.counts.links += 1;
        self.links.push(Link { from, to, by, told: Arc::clone(&self.told) });
    }

    /// The stream says why it ends.
    pub(crate) fn end(&mut self, reason: &str) {
        self.note(format_args!("end {reason}"));
        *self.counts.ends.entry(reason.to_owned()).or_default() += 1;
        if reason == "final" {
            self.over = Some(Over::Finished);
        }
    }

    /// There is nothing more to be had.
    pub(crate) fn is_told_of_the_end(&mut self, over: Over) -> Result<(), String> {
        self.note(format_args!("told that it is {over:?}"));
        if !matches!(self.scope, Scope::Order(_)) {
            return Err(format!("only an order is {over:?}, not a {}", self.scope));
        }
        if over == Over::Absent {
            self.begins_anew();
        }
        self.over = Some(over);
        Ok(())
    }

    pub(crate) fn over(&self) -> Option<Over> {
        self.over
    }

    /// Something that happened to it.
    pub(crate) fn note(&mut self, what: fmt::Arguments<'_>) {
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(what.to_string());
    }

    /// What happened to it last.
    pub(crate) fn recent(&self) -> String {
        Vec::from_iter(self.recent.iter().map(String::as_str)).join("\n    ")
    }
}

#[cfg(test)]
mod tests;
