//! Which life of an order a stream is about.
//!
//! A deleted order's id may be given again, and the next order of that id may be somebody else's. A
//! grant is for the order that there is; so a stream of one order ends with its life, and whoever
//! comes back is authorised anew.

use super::delivery::EndReason;
use crate::engine::Record;
use crate::time::Timestamp;

/// See the [module](self). Small, for every subscription has one.
#[derive(Debug)]
pub(crate) enum Life {
    /// Whatever comes: a scope is wider than an order, or the grant is for whatever order has the id
    /// or will have it.
    Any,
    /// The first of an order that was not there yet.
    ToCome,
    /// The one that began then.
    Since(Timestamp),
    /// Nothing of it can follow.
    Over,
}

impl Life {
    /// The life that began then, or that is still to begin.
    pub(crate) fn of(born: Option<Timestamp>) -> Self {
        born.map_or(Self::ToCome, Self::Since)
    }

    /// Whether nothing of it can follow.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self, Self::Over)
    }

    /// Takes an event of the order, or says why the stream ends before it.
    pub(crate) fn take(&mut self, record: &Record) -> Result<(), EndReason> {
        match self {
            Self::Any => return Ok(()),
            Self::Over => return Err(EndReason::Final),
            // An order that was not there begins with its first version, unless it had a life that
            // was over when the stream began.
            Self::ToCome if record.version() > 1 => return Err(EndReason::Lifetime),
            Self::ToCome => *self = Self::Since(record.at()),
            Self::Since(_) => {}
        }
        if record.is_deletion() {
            *self = Self::Over;
        }
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
        match (&*self, born) {
            (Self::Any | Self::Over, _) => {}
            (Self::Since(known), Some(born)) if *known == born => {}
            (_, Some(_)) => return Err(EndReason::Lifetime),
            (Self::Since(_), None) if !log_was_lost => *self = Self::Over,
            (_, None) => *self = Self::ToCome,
        }
        Ok(())
    }
}
