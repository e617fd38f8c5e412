//! The machine by a scripted clock.

use super::*;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A machine, and what time it is.
struct Script {
    machine: Machine,
    now: Duration,
}

impl Script {
    fn new(seed: u64) -> Self {
        Self { machine: Machine::new(Settings::default(), true, seed), now: Duration::ZERO }
    }

    fn without_credentials() -> Self {
        let machine = Machine::new(Settings::default(), false, 0);
        Self { machine, now: Duration::ZERO }
    }

    /// What is asked for next, and after how long.
    fn asked(&mut self) -> (Ask, Duration) {
        let since = self.now;
        loop {
            match self.machine.step(self.now) {
                Step::Ask(ask) => return (ask, self.now - since),
                Step::LetGo => {}
                Step::Wait(until) => self.now = until,
                Step::Over(ending) => panic!("over: {ending:?}"),
            }
        }
    }

    fn form(&mut self) -> Form {
        self.asked().0.form
    }

    /// How it ends, if it does not wait for anything before.
    fn ending(&mut self) -> Ending {
        loop {
            match self.machine.step(self.now) {
                Step::Over(ending) => return ending,
                Step::LetGo => {}
                other => panic!("goes on: {other:?}"),
            }
        }
    }

    /// Asks for a stream, which is one.
    fn live(&mut self) {
        assert_eq!(self.form(), Form::Stream);
        self.machine.answered(self.now);
        self.machine.heard(self.now);
        self.machine.ready(Some(secs(10)));
        assert_eq!(self.machine.state(), State::Live);
    }

    fn lost(&mut self) {
        self.machine.lost(self.now);
    }

    fn refused(&mut self, status: u16, retry_after: Option<Duration>) {
        self.machine.refused(self.now, status, retry_after);
    }

    /// A stream that three failures have taken to polling, up to its first poll.
    fn polling(seed: u64) -> Self {
        let mut script = Self::new(seed);
        for _ in 0..3 {
            assert_eq!(script.form(), Form::Stream);
            script.lost();
        }
        assert_eq!(script.form(), Form::Page);
        script
    }

    /// Polls, each held to its end, until something else is asked for; and how long that took.
    fn polls(&mut self) -> Duration {
        let since = self.now;
        loop {
            self.now += secs(25);
            self.machine.paged(self.now, false, true);
            if self.form() == Form::Stream {
                return self.now - since;
            }
        }
    }
}

#[test]
fn it_connects_at_once() {
    let (ask, wait) = Script::new(0).asked();
    let first = Ask { form: Form::Stream, attempt: 0, wait: Duration::ZERO, renew: false };
    assert_eq!((ask, wait), (first, Duration::ZERO));
}

#[test]
fn waits_double_up_to_a_bound_and_are_spread_over_all_of_it() {
    for (failures, most) in [(1, 1), (2, 2), (3, 4), (5, 16), (6, 30), (40, 30)] {
        let waits: Vec<_> = (0..200)
            .map(|seed| {
                let mut script = Script::new(seed);
                script.machine.polls = true;
                script.machine.probe_at = Duration::MAX;
                for _ in 0..failures {
                    script.asked();
                    script.lost();
                }
                script.asked().1
            })
            .collect();
        let most = secs(most);
        assert!(waits.iter().all(|wait| *wait <= most), "{failures}: {waits:?}");
        assert!(waits.iter().any(|wait| *wait < most / 10), "{failures}: {waits:?}");
        assert!(waits.iter().any(|wait| *wait > most * 9 / 10), "{failures}: {waits:?}");
    }
}

#[test]
fn what_the_server_says_to_wait_is_the_least() {
    for seed in 0..50 {
        let mut script = Script::new(seed);
        script.live();
        script.machine.told(secs(3));
        script.lost();
        let (_, wait) = script.asked();
        assert!((secs(3)..=secs(4)).contains(&wait), "{wait:?}");
        // This once.
        script.refused(503, Some(secs(7)));
        let (_, wait) = script.asked();
        assert!((secs(7)..=secs(9)).contains(&wait), "{wait:?}");
    }
}

#[test]
fn nobody_is_told_to_wait_for_ever() {
    let mut script = Script::new(0);
    script.asked();
    script.refused(503, Some(Duration::MAX));
    assert!(script.asked().1 <= secs(3601));
    script.machine.told(Duration::MAX);
    script.lost();
    assert!(script.asked().1 <= secs(3602));
}

#[test]
fn who_was_connected_for_long_has_not_failed() {
    let mut script = Script::new(0);
    for _ in 0..20 {
        script.live();
        script.now += secs(10);
        script.lost();
        assert!(script.asked().1 <= secs(1));
        script.machine.lost(script.now);
        script.machine.lost = 0;
    }
}

#[test]
fn a_server_that_hangs_up_at_once_is_not_asked_in_a_tight_loop() {
    let mut script = Script::new(7);
    for _ in 0..8 {
        script.asked();
        script.machine.answered(script.now);
        script.machine.heard(script.now);
        script.machine.ready(None);
        script.lost();
    }
    assert_eq!(script.machine.failures, 8);
}

#[test]
fn some_refusals_are_for_good() {
    for (status, ending) in
        [(204, Ending::Final), (403, Ending::Forbidden), (404, Ending::NotFound)]
    {
        let mut script = Script::new(0);
        script.asked();
        script.refused(status, Some(secs(1)));
        assert_eq!(script.ending(), ending);
        assert_eq!(script.machine.state(), State::Closed);
    }
}

#[test]
fn other_refusals_are_not() {
    for status in [400, 406, 408, 418, 429, 500, 502, 503, 504] {
        let mut script = Script::new(0);
        script.asked();
        script.refused(status, None);
        script.asked();
    }
}

#[test]
fn credentials_are_renewed_once() {
    let mut script = Script::new(0);
    assert!(!script.asked().0.renew);
    script.refused(401, None);
    let (ask, wait) = script.asked();
    assert!(ask.renew && wait.is_zero());
    script.refused(401, None);
    assert_eq!(script.ending(), Ending::Unauthenticated);
}

#[test]
fn credentials_that_were_good_may_be_renewed_again() {
    let mut script = Script::new(0);
    for _ in 0..5 {
        script.live();
        script.machine.ended(script.now, "expired", None);
        script.asked();
        script.refused(401, None);
        let (ask, _) = script.asked();
        assert!(ask.renew);
        script.machine.answered(script.now);
        script.machine.heard(script.now);
        script.machine.ready(None);
        script.now += secs(10);
        script.lost();
    }
}

#[test]
fn trouble_between_two_refusals_does_not_renew_once_more() {
    let mut script = Script::new(0);
    script.asked();
    script.refused(401, None);
    assert!(script.asked().0.renew);
    script.refused(503, None);
    assert!(!script.asked().0.renew);
    script.refused(401, None);
    assert_eq!(script.ending(), Ending::Unauthenticated);
}

#[test]
fn credentials_that_could_not_be_had_are_asked_for_again() {
    let mut script = Script::new(0);
    script.asked();
    script.refused(401, None);
    assert!(script.asked().0.renew);
    script.machine.without_credentials(script.now);
    script.asked();
    script.refused(401, None);
    assert!(script.asked().0.renew);
}

#[test]
fn credentials_that_took_too_long_to_renew_are_asked_for_again() {
    let mut script = Script::new(0);
    script.asked();
    script.refused(401, None);
    assert!(script.asked().0.renew);
    // Nothing is answered, for nothing was asked yet.
    let (ask, waited) = script.asked();
    assert!(waited >= secs(15) && !ask.renew, "{waited:?}");
    script.refused(401, None);
    assert!(script.asked().0.renew);
}

#[test]
fn where_nobody_can_renew_them_the_first_refusal_is_the_last() {
    let mut script = Script::without_credentials();
    script.asked();
    script.refused(401, None);
    assert_eq!(script.ending(), Ending::Unauthenticated);
}

#[test]
fn a_stream_ends_for_good_only_when_the_order_is_finished() {
    let mut script = Script::new(0);
    script.live();
    assert!(!script.machine.ended(script.now, "final", None));
    assert_eq!(script.ending(), Ending::Final);
    for (reason, retry, least, state) in [
        ("quiet", Some(secs(600)), secs(600), State::Polling),
        ("draining", Some(secs(8)), secs(8), State::Connecting),
        ("lifetime", None, secs(2), State::Connecting),
        ("expired", None, secs(2), State::Connecting),
        ("revoked", None, secs(2), State::Connecting),
        ("replaced", None, secs(2), State::Connecting),
        ("a later reason", None, secs(2), State::Connecting),
    ] {
        let mut script = Script::new(3);
        script.live();
        script.machine.told(secs(2));
        assert!(!script.machine.ended(script.now, reason, retry));
        assert_eq!(script.machine.state(), state, "{reason}");
        let (ask, wait) = script.asked();
        assert!(wait >= least && wait <= least + secs(1), "{reason}: {wait:?}");
        assert_eq!(ask.form, Form::Stream);
    }
}

#[test]
fn a_refusal_in_soft_words_is_one() {
    let mut script = Script::new(0);
    for failures in 1..10 {
        script.asked();
        script.machine.answered(script.now);
        script.machine.heard(script.now);
        assert!(script.machine.ended(script.now, "busy", Some(secs(5))));
        assert_eq!(script.machine.failures, failures);
    }
}

#[test]
fn a_silent_stream_is_stale_and_then_given_up() {
    let mut script = Script::new(0);
    script.live();
    let since = script.now;
    assert_eq!(script.machine.step(script.now), Step::Wait(since + secs(10) * 5 / 4));
    script.now = since + secs(10) * 5 / 4;
    assert_eq!(script.machine.step(script.now), Step::Wait(since + secs(25)));
    assert_eq!(script.machine.state(), State::Stale);
    script.now = since + secs(25);
    assert_eq!(script.machine.step(script.now), Step::LetGo);
    assert_eq!(script.machine.take_lapse(), Some(Lapse::Heartbeat));
    assert_eq!(script.form(), Form::Stream);
}

#[test]
fn any_byte_makes_a_stale_stream_live() {
    let mut script = Script::new(0);
    script.live();
    for _ in 0..100 {
        script.now += secs(13);
        assert!(matches!(script.machine.step(script.now), Step::Wait(_)));
        assert_eq!(script.machine.state(), State::Stale);
        script.machine.heard(script.now);
        assert_eq!(script.machine.state(), State::Live);
    }
}

#[test]
fn who_slept_through_a_silence_gives_it_another_chance_but_only_one() {
    let mut script = Script::new(0);
    script.live();
    script.now += secs(3600);
    assert!(matches!(script.machine.step(script.now), Step::Wait(_)));
    script.now += secs(3600);
    assert_eq!(script.machine.step(script.now), Step::LetGo);
}

#[test]
fn a_stream_that_is_held_back_is_polled_at_once() {
    for (heads, lapse, after) in [(0, Lapse::Answer, 15), (1, Lapse::FirstByte, 5)] {
        let mut script = Script::new(0);
        script.asked();
        if heads > 0 {
            script.machine.answered(script.now);
        }
        assert_eq!(script.machine.step(script.now), Step::Wait(secs(after)));
        script.now = secs(after);
        assert_eq!(script.machine.step(script.now), Step::LetGo);
        assert_eq!(script.machine.take_lapse(), Some(lapse));
        let (ask, wait) = script.asked();
        assert_eq!((ask.form, wait), (Form::Page, Duration::ZERO));
        // The first one tells what there is, the next ones what comes.
        assert_eq!(ask.wait, Duration::ZERO);
        script.machine.paged(script.now, false, true);
        assert_eq!(script.machine.state(), State::Polling);
        let (ask, wait) = script.asked();
        assert_eq!((ask.form, ask.wait, wait), (Form::Page, secs(25), Duration::ZERO));
    }
}

#[test]
fn polling_takes_over_after_three_failures_in_a_row() {
    let script = Script::polling(0);
    assert_eq!(script.machine.attempt, 4);
}

#[test]
fn a_server_that_says_when_to_come_back_would_answer_a_poll_no_better() {
    let mut script = Script::new(0);
    for _ in 0..10 {
        assert_eq!(script.form(), Form::Stream);
        script.refused(503, Some(secs(1)));
    }
}

#[test]
fn a_stream_is_tried_now_and_then_while_polling() {
    let mut script = Script::polling(0);
    for most in [30, 60, 120, 240, 300, 300, 300] {
        let took = script.polls();
        assert!(took <= secs(most + 25) && took + secs(25) >= secs(most), "{most}: {took:?}");
        // In vain: the next poll does not wait for it.
        script.lost();
        let (ask, wait) = script.asked();
        assert_eq!((ask.form, wait), (Form::Page, Duration::ZERO));
    }
    script.polls();
    script.machine.answered(script.now);
    script.machine.heard(script.now);
    script.machine.ready(None);
    assert_eq!(script.machine.state(), State::Live);
    assert_eq!(script.machine.probe, secs(30));
}

#[test]
fn a_server_that_was_down_is_not_polled_for_long() {
    let mut script = Script::polling(0);
    script.machine.probe = secs(300);
    script.machine.probe_at = script.now + secs(300);
    script.lost();
    assert_eq!(script.form(), Form::Page);
    assert!(script.polls() <= secs(25 + 30 + 25));
}

#[test]
fn an_empty_poll_that_was_not_held_is_no_reason_to_hurry() {
    let mut script = Script::polling(0);
    script.machine.paged(script.now, false, true);
    let (ask, wait) = script.asked();
    assert_eq!((ask.wait, wait), (secs(25), Duration::ZERO));
    script.machine.paged(script.now, false, true);
    let (_, wait) = script.asked();
    assert!((secs(3)..=secs(4)).contains(&wait), "{wait:?}");
    for more in [true, false] {
        script.machine.paged(script.now, more, false);
        assert!(script.asked().1.is_zero());
    }
    // Nor is one that promises more and brings nothing, however often.
    script.machine.paged(script.now, false, true);
    script.asked();
    for _ in 0..3 {
        script.machine.paged(script.now, true, true);
        let (_, wait) = script.asked();
        assert!((secs(3)..=secs(4)).contains(&wait), "{wait:?}");
    }
}

#[test]
fn a_poll_that_is_not_answered_is_given_up() {
    let mut script = Script::polling(0);
    let since = script.now;
    assert_eq!(script.machine.step(script.now), Step::Wait(since + secs(10)));
    script.machine.paged(script.now, false, true);
    script.asked();
    let Step::Wait(until) = script.machine.step(script.now) else { panic!("goes on") };
    assert_eq!(until - script.now, secs(35));
    script.now = until;
    assert_eq!(script.machine.step(script.now), Step::LetGo);
    assert_eq!(script.machine.state(), State::Connecting);
}

#[test]
fn nobody_there_is_offline() {
    let mut script = Script::new(0);
    script.asked();
    script.machine.unreachable(script.now);
    assert_eq!(script.machine.state(), State::Offline);
    script.asked();
    script.refused(503, None);
    assert_eq!(script.machine.state(), State::Connecting);
}

#[test]
fn orders_are_paged_to_their_end_and_then_followed() {
    let mut script = Script::new(0);
    script.live();
    script.machine.begin_orders(script.now);
    assert_eq!(script.machine.step(script.now), Step::LetGo);
    let (ask, wait) = script.asked();
    assert_eq!((ask.form, wait), (Form::Orders, Duration::ZERO));
    script.machine.orders_paged(script.now, false, false);
    let (ask, wait) = script.asked();
    assert_eq!((ask.form, wait), (Form::Orders, Duration::ZERO));
    // A page of nothing that is not the last is no reason to hurry.
    script.machine.orders_paged(script.now, false, true);
    let (ask, wait) = script.asked();
    assert_eq!(ask.form, Form::Orders);
    assert!(wait >= secs(3), "{wait:?}");
    script.lost();
    assert_eq!(script.form(), Form::Orders);
    script.machine.orders_paged(script.now, true, false);
    assert_eq!(script.form(), Form::Stream);
}

#[test]
fn orders_that_must_be_paged_again_and_again_are_not_in_a_tight_loop() {
    let mut script = Script::new(0);
    let mut waited = Duration::ZERO;
    for _ in 0..10 {
        script.live();
        script.machine.begin_orders(script.now);
        let (ask, wait) = script.asked();
        assert_eq!(ask.form, Form::Orders);
        waited += wait;
        script.machine.orders_paged(script.now, true, false);
    }
    assert!(waited > secs(5), "{waited:?}");
}
