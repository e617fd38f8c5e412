//! How a seat stands with whoever drives it: whether its time is over, and whether the driver still
//! asks.

use std::time::Duration;

use crate::config::SILENT_POLLS;

/// How long who was silent for too long has to answer once it is woken, in seconds. A clock that
/// jumps and a process that was frozen make everybody look silent; who is well answers at once.
pub(super) const ANSWER: u32 = 5;

/// See the [module](self). Small, for there is one for each subscription.
#[derive(Debug)]
pub(super) struct Standing<E> {
    ended: Option<E>,
    listens: Listens,
    /// Seconds it may go without asking before its place is others'; 0: as long as it likes.
    patience: u16,
    /// Since when it is known not to have asked, or not to have answered, in seconds; 0 once it has.
    silent_since: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listens {
    /// As far as is known.
    Yes,
    /// It was woken, and has yet to answer.
    Woken,
    /// Its place was given to others before it was given back.
    Vacated,
}

/// What a look shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Nothing that matters.
    Well,
    /// It should be woken, to see whether it answers.
    Silent,
    /// It was woken, and did not answer.
    Gone,
}

impl<E: Copy> Standing<E> {
    pub(super) fn new() -> Self {
        Self { ended: None, listens: Listens::Yes, patience: 0, silent_since: 0 }
    }

    /// Its driver promises to ask at least this often.
    pub(super) fn will_ask_every(&mut self, every: Duration) {
        let span = every.saturating_mul(SILENT_POLLS);
        let seconds = span.as_secs().saturating_add(u64::from(span.subsec_nanos() > 0)).max(1);
        // What is longer than the field is no promise worth waiting for.
        self.patience = u16::try_from(seconds).unwrap_or(0);
    }

    /// Its driver asks; is told why its time is over, if it is.
    pub(super) fn asked(&mut self) -> Option<E> {
        self.silent_since = 0;
        if self.listens == Listens::Woken {
            self.listens = Listens::Yes;
        }
        self.ended
    }

    /// Why its time is over, if it is. Nobody has asked.
    pub(super) fn ended(&self) -> Option<E> {
        self.ended
    }

    /// Its time is over, unless it was already: then false.
    pub(super) fn end(&mut self, why: E) -> bool {
        let is_news = self.ended.is_none();
        self.ended.get_or_insert(why);
        is_news
    }

    /// Nothing is noted when a driver asks but that it did, so it takes several looks: one to begin
    /// the count, one to have it woken, and one to see that it did not answer.
    pub(super) fn look(&mut self, now: u32) -> Look {
        let wait = match self.listens {
            Listens::Yes => u32::from(self.patience),
            Listens::Woken => ANSWER,
            Listens::Vacated => return Look::Well,
        };
        if self.patience == 0 {
            return Look::Well;
        }
        // The second half: a clock that was set back.
        if self.silent_since == 0 || now < self.silent_since {
            self.silent_since = now.max(1);
        }
        if now - self.silent_since.min(now) < wait {
            return Look::Well;
        }
        match self.listens {
            Listens::Yes => {
                self.listens = Listens::Woken;
                self.silent_since = now.max(1);
                Look::Silent
            }
            _ => Look::Gone,
        }
    }

    /// Its place is others' from now on.
    pub(super) fn vacate(&mut self) {
        self.listens = Listens::Vacated;
    }

    pub(super) fn is_vacated(&self) -> bool {
        self.listens == Listens::Vacated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn promised(every: u64) -> Standing<()> {
        let mut standing = Standing::new();
        standing.will_ask_every(Duration::from_secs(every));
        standing
    }

    #[test]
    fn it_takes_a_count_and_an_answer_that_does_not_come() {
        let mut standing = promised(15);
        assert_eq!([100, 159].map(|now| standing.look(now)), [Look::Well, Look::Well]);
        assert_eq!([160, 164].map(|now| standing.look(now)), [Look::Silent, Look::Well]);
        assert_eq!(standing.look(165), Look::Gone);
    }

    #[test]
    fn whoever_answers_begins_anew() {
        let mut standing = promised(15);
        standing.look(100);
        assert_eq!(standing.look(100_000), Look::Silent, "the clock jumped");
        assert_eq!(standing.asked(), None);
        assert_eq!([100_001, 100_060].map(|now| standing.look(now)), [Look::Well, Look::Well]);
    }

    #[test]
    fn a_clock_that_is_set_back_protects_nobody() {
        let mut standing = promised(15);
        standing.look(100_000);
        assert_eq!(
            [100, 160, 165].map(|now| standing.look(now)),
            [Look::Well, Look::Silent, Look::Gone]
        );
    }

    #[test]
    fn who_promised_nothing_or_next_to_nothing_is_never_silent() {
        for every in [0, 20_000, u64::MAX] {
            let mut standing = promised(every);
            if every == 0 {
                standing.patience = 0;
            }
            assert_eq!(
                [1, 1_000_000, 2_000_000].map(|now| standing.look(now)),
                [Look::Well, Look::Well, Look::Well]
            );
        }
    }

    #[test]
    fn a_subscription_pays_a_word_for_it() {
        assert_eq!(size_of::<Standing<crate::EndReason>>(), 8);
    }
}
