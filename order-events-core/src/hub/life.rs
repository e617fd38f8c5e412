//! Which life of an order a stream is about.
//!
//! A deleted order's id may be given again, and the next order of that id may be somebody else's. A
//! grant is for the order that there is; so a stream of one order ends with its life, and whoever
//! comes back is authorised anew.

use super::delivery::EndReason;
use crate::engine::Record;
use crate::time::Timestamp;

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Life {
    /// Not where a scope is wider than an order, nor where the grant is for whatever order has the
    /// id or will have it.
    is_bound: bool,
    /// None while the order was not there yet.
    born: Option<Timestamp>,
    is_over: bool,
}

impl Life {
    /// Whatever comes.
    pub(crate) const ANY: Self = Self { is_bound: false, born: None, is_over: false };

    /// The life that began then, or that is still to begin.
    pub(crate) fn of(born: Option<Timestamp>) -> Self {
        Self { is_bound: true, born, is_over: false }
    }

    /// Whether nothing of it can follow.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Takes an event of the order, or says why the stream ends before it.
    pub(crate) fn take(&mut self, record: &Record) -> Result<(), EndReason> {
        if !self.is_bound {
            return Ok(());
        }
        if self.is_over {
            return Err(EndReason::Final);
        }
        if self.born.is_none() {
            // An order that was not there begins with its first version, unless it had a life that
            // was over when the stream began.
            if record.version() > 1 {
                return Err(EndReason::Lifetime);
            }
            self.born = Some(record.at());
        }
        self.is_over = record.is_deletion();
        Ok(())
    }

    /// Takes the order as it stands (since when, if it is there) in place of events that were not
    /// seen, or says why the stream ends before it: of another life its reader knows nothing yet,
    /// not even whether it is theirs to see. A log that was lost says nothing of anybody's end.
    pub(crate) fn stand(
        &mut self,
        born: Option<Timestamp>,
        log_was_lost: bool,
    ) -> Result<(), EndReason> {
        match born {
            _ if !self.is_bound => Ok(()),
            Some(_) if born != self.born => Err(EndReason::Lifetime),
            Some(_) => Ok(()),
            None => {
                self.is_over = self.born.is_some() && !log_was_lost;
                self.born = None;
                Ok(())
            }
        }
    }
}
