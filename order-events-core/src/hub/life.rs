//! Which life of an order a stream is about.
//!
//! A deleted order's id may be given again, and the next order of that id may be somebody else's. A
//! grant is for the order that there is; so a stream of one order ends with its life, and whoever
//! comes back is authorised anew.

use super::delivery::EndReason;
use crate::engine::Record;
use crate::time::Timestamp;

/// See the [module](self). As small as a time, for every subscription has one: what is no time says
/// the rest.
#[derive(Debug)]
pub(crate) struct Life(i64);

const ANY: i64 = i64::MIN;
const TO_COME: i64 = i64::MIN + 1;
const OVER: i64 = i64::MIN + 2;

enum Is {
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
    /// Of no order in particular.
    pub(crate) fn any() -> Self {
        Self(ANY)
    }

    /// The life that began then, or that is still to begin.
    pub(crate) fn of(born: Option<Timestamp>) -> Self {
        Self(born.map_or(TO_COME, Timestamp::as_millis))
    }

    fn is(&self) -> Is {
        match self.0 {
            ANY => Is::Any,
            TO_COME => Is::ToCome,
            OVER => Is::Over,
            since => Is::Since(Timestamp::from_millis(since)),
        }
    }

    /// Whether nothing of it can follow.
    pub(crate) fn is_over(&self) -> bool {
        self.0 == OVER
    }

    /// Takes an event of the order, or says why the stream ends before it.
    pub(crate) fn take(&mut self, record: &Record) -> Result<(), EndReason> {
        match self.is() {
            Is::Any => return Ok(()),
            Is::Over => return Err(EndReason::Final),
            // An order that was not there begins with its first version, unless it had a life that
            // was over when the stream began.
            Is::ToCome if record.version() > 1 => return Err(EndReason::Lifetime),
            Is::ToCome => *self = Self::of(Some(record.at())),
            Is::Since(_) => {}
        }
        if record.is_deletion() {
            self.0 = OVER;
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
        match (self.is(), born) {
            (Is::Any | Is::Over, _) => {}
            (Is::Since(known), Some(born)) if known == born => {}
            (_, Some(_)) => return Err(EndReason::Lifetime),
            (Is::Since(_), None) if !log_was_lost => self.0 = OVER,
            (_, None) => self.0 = TO_COME,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_is_a_time_and_nothing_else() {
        for time in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
            assert!(matches!(Life::of(Some(time)).is(), Is::Since(since) if since == time));
        }
        assert!(matches!(Life::of(None).is(), Is::ToCome));
        assert!(matches!(Life::any().is(), Is::Any));
    }
}
