//! Any sequence of failures, by a scripted clock: there is one connection at most, each event comes
//! once, waits are within their bounds, and a server that is well is soon live again.

use std::collections::{BTreeMap, VecDeque};

use order_events_core::OrderStatus;
use proptest::prelude::*;

use super::*;
use crate::delivery::Delivery;
use crate::reconnect::Ending;
use crate::store::BoxError;
use world::World;

mod world;

/// What becomes of a request.
#[derive(Debug, Clone)]
enum Fate {
    Unreachable,
    NoCredentials,
    NoAnswer,
    HeldBack,
    WrongType,
    Refused {
        status: u16,
        retry_after: Option<u64>,
    },
    EndedAtOnce {
        retry: u64,
    },
    /// It is answered, cut off after so many bytes, and then breaks, or goes silent.
    Cut {
        after: usize,
        breaks: bool,
    },
    /// … with a reset, though the cursor is one to go on from.
    Reset {
        after: usize,
        breaks: bool,
    },
    /// It is answered, and ends with this word after everything that there is.
    Ends {
        reason: &'static str,
        retry: Option<u64>,
    },
}

/// What a reader has made of it.
#[derive(Debug, Default)]
struct Reader {
    orders: BTreeMap<String, u64>,
    /// Places of the events that came, since the last reset.
    places: Vec<usize>,
    resets: usize,
    is_beginning: bool,
}

impl Reader {
    fn take(&mut self, given: Given<OrderStatus>) {
        match given.delivery {
            Delivery::Reset(_) => {
                self.orders.clear();
                self.places.clear();
                self.resets += 1;
                self.is_beginning = true;
            }
            Delivery::Snapshot(order) => {
                assert!(self.is_beginning);
                self.orders.insert(order.order_id.to_string(), order.version);
            }
            Delivery::Current => self.is_beginning = false,
            Delivery::Event(event) => {
                assert!(!self.is_beginning);
                let cursor = given.cursor.expect("each event has a place");
                let place = cursor.as_str().strip_prefix("e.").unwrap().parse().unwrap();
                assert!(self.places.last().is_none_or(|last| *last < place), "twice: {place}");
                self.places.push(place);
                self.orders.insert(event.order_id.to_string(), event.version);
            }
            Delivery::Other(other) => panic!("{other:?}"),
        }
    }
}

/// What is under way.
enum Line {
    /// Nothing comes any more.
    Silence,
    Failure(Failure),
    Bytes {
        form: Form,
        bytes: VecDeque<u8>,
        then: Then,
    },
    /// A stream that is well.
    Open,
}

/// What follows the bytes.
enum Then {
    Silence,
    Failure(Failure),
    /// A page was whole, or a stream goes on.
    Well,
}

struct Run {
    world: World,
    session: Session<OrderStatus>,
    reader: Reader,
    settings: Settings,
    now: Duration,
    reading: Option<Reading>,
    line: Option<Line>,
    base: Url,
    chunk: usize,
}

impl Run {
    fn new(world: World, after: Option<&str>, seed: u64, chunk: usize) -> Self {
        let settings = Settings::default();
        let base = Url::parse("http://shop.example/events").unwrap();
        let machine = Machine::new(settings.clone(), true, seed);
        let feed = Feed::new(&settings, false, after.map(Cursor::new));
        let session = Session::new(base.clone(), machine, feed);
        let (reader, now) = (Reader::default(), Duration::ZERO);
        let (reading, line) = (None, None);
        Self { world, session, reader, settings, now, reading, line, base, chunk }
    }

    /// One thing that happens. How it ended, if it did.
    fn turn(&mut self, fate: &mut impl FnMut() -> Option<Fate>) -> Option<Ending> {
        while let Some(given) = self.session.next() {
            self.reader.take(given);
        }
        match self.session.step(self.now) {
            Step::Over(ending) => return Some(ending),
            Step::LetGo => self.line = None,
            Step::Ask(ask) => {
                assert!(self.line.is_none(), "a second connection");
                let request = self.session.request(ask).unwrap();
                self.line = Some(self.answer(&request, fate()));
            }
            Step::Wait(until) => self.wait(until),
        }
        None
    }

    fn answer(&mut self, request: &Request, fate: Option<Fate>) -> Line {
        let form = request.form;
        let cursor = match fate {
            Some(Fate::Reset { .. }) => "of another log",
            _ => &request.cursor,
        };
        let text = match form {
            Form::Stream => self.world.stream(cursor),
            Form::Page => self.world.page(cursor),
            Form::Orders => self.world.page_of_orders(&request.url),
        };
        let source = || BoxError::from("as the test wants it");
        let is_stream = form == Form::Stream;
        let (text, then) = match fate {
            None => (text, Then::Well),
            Some(Fate::Unreachable) => return Line::Failure(Failure::Unreachable(source())),
            Some(Fate::NoCredentials) => return Line::Failure(Failure::Credentials(source())),
            Some(Fate::Refused { status, retry_after }) => {
                let status = StatusCode::from_u16(status).unwrap();
                let retry_after = retry_after.map(Duration::from_secs);
                return Line::Failure(Failure::Refused { status, retry_after });
            }
            Some(Fate::NoAnswer) => return Line::Silence,
            Some(Fate::HeldBack) => (String::new(), Then::Silence),
            Some(Fate::EndedAtOnce { retry }) if is_stream => {
                let end = format!("retry: {retry}\nevent: end\ndata: {{\"reason\":\"busy\"}}\n\n");
                (end, Then::Failure(Failure::CutOff))
            }
            Some(Fate::Ends { reason, retry }) if is_stream => {
                let retry = retry.map(|retry| format!("retry: {retry}\n")).unwrap_or_default();
                let end = format!("{text}{retry}event: end\ndata: {{\"reason\":\"{reason}\"}}\n\n");
                (end, Then::Failure(Failure::CutOff))
            }
            Some(Fate::WrongType | Fate::EndedAtOnce { .. } | Fate::Ends { .. }) => {
                return Line::Failure(Failure::WrongType("text/html".to_owned()));
            }
            Some(Fate::Cut { after, breaks } | Fate::Reset { after, breaks }) => {
                let mut bytes = text.into_bytes();
                bytes.truncate(after % (bytes.len() + 1));
                let then = match breaks {
                    true => Then::Failure(Failure::Broken(source())),
                    false => Then::Silence,
                };
                return self.begin(form, bytes, then);
            }
        };
        self.begin(form, text.into_bytes(), then)
    }

    fn begin(&mut self, form: Form, bytes: Vec<u8>, then: Then) -> Line {
        self.reading = Some(self.session.answered(self.now, self.base.clone(), &self.settings));
        Line::Bytes { form, bytes: bytes.into(), then }
    }

    fn wait(&mut self, until: Duration) {
        let soon = (self.now + Duration::from_millis(3)).min(until);
        match self.line.take() {
            None => self.now = until,
            Some(Line::Silence) => {
                self.now = until;
                self.line = Some(Line::Silence);
            }
            Some(Line::Failure(failure)) => {
                self.now = soon;
                self.session.failed(self.now, failure);
            }
            Some(Line::Open) => self.goes_on(until),
            Some(Line::Bytes { form: Form::Stream, mut bytes, then }) => {
                self.now = soon;
                let chunk: Vec<u8> = bytes.drain(..self.chunk.min(bytes.len())).collect();
                let Some(reading) = &mut self.reading else { return };
                if !chunk.is_empty() && !self.session.heard(self.now, reading, &chunk) {
                    return;
                }
                self.line = Some(match (bytes.is_empty(), then) {
                    (false, then) => Line::Bytes { form: Form::Stream, bytes, then },
                    (true, Then::Failure(failure)) => Line::Failure(failure),
                    (true, Then::Silence) => Line::Silence,
                    (true, Then::Well) => Line::Open,
                });
            }
            Some(Line::Bytes { then: Then::Silence, .. }) => self.line = Some(Line::Silence),
            Some(Line::Bytes { then: Then::Failure(failure), .. }) => {
                self.now = soon;
                self.session.failed(self.now, failure);
            }
            Some(Line::Bytes { form, bytes, then: Then::Well }) => {
                self.now = soon;
                let json: Vec<u8> = bytes.into();
                match form {
                    Form::Orders => self.session.orders_paged(self.now, &json),
                    _ => self.session.paged(self.now, &self.base, &json),
                }
            }
        }
    }

    /// A stream that is well: events as they come, else heartbeats.
    fn goes_on(&mut self, until: Duration) {
        let Some(reading) = &mut self.reading else { return };
        self.now = (self.now + Duration::from_millis(900)).min(until);
        // What it has told is what its reader has come to.
        let told = reading.position.strip_prefix("e.").and_then(|place| place.parse().ok());
        let blocks = told.map(|place| self.world.blocks(place)).unwrap_or_default();
        let bytes = if blocks.is_empty() { ": hb\n\n".to_owned() } else { blocks };
        if self.session.heard(self.now, reading, bytes.as_bytes()) {
            self.line = Some(Line::Open);
        }
    }

    /// Until everything that there is has been told on a stream that is live.
    fn settle(&mut self) {
        let since = self.now;
        for _ in 0..20_000 {
            let is_settled = self.session.state() == State::Live
                && self.session.feed.cursor() == self.world.head()
                && self.session.feed.waiting() == 0
                && !self.reader.is_beginning;
            if is_settled {
                // At worst a long poll, its slack, a probe in vain and the next one.
                assert!(self.now - since < Duration::from_secs(1200), "{:?}", self.now - since);
                return;
            }
            assert_eq!(self.turn(&mut || None), None);
        }
        panic!("never live again: {:?} at {:?}", self.session.state(), self.now);
    }
}

fn fate() -> impl Strategy<Value = Fate> {
    let status = prop_oneof![Just(500), Just(502), Just(503), Just(429), Just(400), Just(406)];
    let refused = (status, proptest::option::of(0_u64..30))
        .prop_map(|(status, retry_after)| Fate::Refused { status, retry_after });
    let reason = prop_oneof![
        Just("quiet"),
        Just("draining"),
        Just("lifetime"),
        Just("expired"),
        Just("revoked"),
        Just("replaced"),
        Just("later")
    ];
    prop_oneof![
        2 => Just(Fate::Unreachable),
        1 => Just(Fate::NoCredentials),
        1 => Just(Fate::NoAnswer),
        1 => Just(Fate::HeldBack),
        1 => Just(Fate::WrongType),
        2 => refused,
        1 => (0_u64..10_000).prop_map(|retry| Fate::EndedAtOnce { retry }),
        6 => (any::<usize>(), any::<bool>()).prop_map(|(after, breaks)| Fate::Cut { after, breaks }),
        3 => (reason, proptest::option::of(0_u64..10_000))
            .prop_map(|(reason, retry)| Fate::Ends { reason, retry }),
    ]
}

fn fate_or_reset() -> impl Strategy<Value = Fate> {
    let reset = (any::<usize>(), any::<bool>());
    prop_oneof![
        5 => fate(),
        1 => reset.prop_map(|(after, breaks)| Fate::Reset { after, breaks }),
    ]
}

fn cases() -> ProptestConfig {
    let cases = std::env::var("ORDER_EVENTS_MODEL_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig::with_cases(cases.unwrap_or(300))
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn whatever_fails_each_event_comes_once_and_a_server_that_is_well_is_live(
        before in proptest::collection::vec(0_u8..5, 0..10),
        course in proptest::collection::vec((fate(), proptest::collection::vec(0_u8..5, 0..5)), 0..25),
        seed: u64,
        chunk in prop_oneof![Just(1), Just(7), Just(10_000)],
    ) {
        let world = World { log: before, trimmed: 0, inline: 100 };
        let mut run = Run::new(world, Some("e.0"), seed, chunk);
        let mut course = VecDeque::from(course);
        for _ in 0..20_000 {
            if course.is_empty() {
                break;
            }
            let mut published = Vec::new();
            let mut fate = || {
                let (fate, orders) = course.pop_front()?;
                published = orders;
                Some(fate)
            };
            prop_assert_eq!(run.turn(&mut fate), None);
            published.into_iter().for_each(|order| run.world.publish(order));
        }
        prop_assert!(course.is_empty());
        run.settle();
        let all: Vec<_> = (1..=run.world.log.len()).collect();
        prop_assert_eq!(&run.reader.places, &all);
        prop_assert_eq!(run.reader.resets, 0);
    }

    #[test]
    fn whatever_fails_and_is_forgotten_the_picture_is_the_servers(
        before in proptest::collection::vec(0_u8..5, 0..10),
        course in proptest::collection::vec(
            (fate_or_reset(), proptest::collection::vec(0_u8..5, 0..5), any::<bool>()), 0..25),
        seed: u64,
        inline in prop_oneof![Just(1_usize), Just(100)],
        begins_anew: bool,
    ) {
        let world = World { log: before, trimmed: 0, inline };
        let mut run = Run::new(world, (!begins_anew).then_some("e.0"), seed, 11);
        let mut course = VecDeque::from(course);
        for _ in 0..20_000 {
            if course.is_empty() {
                break;
            }
            let mut happened = (Vec::new(), false);
            let mut fate = || {
                let (fate, orders, trims) = course.pop_front()?;
                happened = (orders, trims);
                Some(fate)
            };
            prop_assert_eq!(run.turn(&mut fate), None);
            happened.0.into_iter().for_each(|order| run.world.publish(order));
            if happened.1 {
                run.world.trimmed = run.world.log.len();
            }
        }
        prop_assert!(course.is_empty());
        run.settle();
        prop_assert_eq!(&run.reader.orders, &run.world.orders());
    }
}

/// A run that has asked, and what is answered.
fn asked() -> (Run, Reading) {
    let mut run = Run::new(World::default(), None, 0, 1000);
    assert!(matches!(run.session.step(run.now), Step::Ask(_)));
    let reading = run.session.answered(run.now, run.base.clone(), &run.settings);
    (run, reading)
}

#[test]
fn a_link_to_another_origin_is_not_followed() {
    let (mut run, mut reading) = asked();
    let text =
        "event: reset\ndata: {\"reason\":\"large\",\"orders\":\"http://evil.example/orders\"}\n\n";
    assert!(!run.session.heard(run.now, &mut reading, text.as_bytes()));
    assert_eq!(run.session.step(run.now), Step::LetGo);
    let Step::Ask(ask) = run.session.step(run.now) else { panic!("does not ask") };
    assert!(matches!(run.session.request(ask), Err(Failure::OtherOrigin(_))));
}

#[test]
fn a_reset_that_was_cut_off_and_is_taken_back_is_none() {
    let mut run = Run::new(World { log: vec![1, 1], ..World::default() }, Some("e.1"), 0, 1000);
    let reset = Fate::Reset { after: 100, breaks: true };
    let mut fates = VecDeque::from([reset]);
    for _ in 0..10 {
        run.turn(&mut || fates.pop_front());
    }
    assert!(fates.is_empty());
    run.settle();
    assert_eq!((run.reader.resets, run.reader.places), (0, vec![2]));
}

#[test]
fn a_later_schema_is_not_misread() {
    let (mut run, mut reading) = asked();
    let text = "event: ready\ndata: {\"schema\":2,\"heartbeatMs\":1000}\n\n";
    assert!(!run.session.heard(run.now, &mut reading, text.as_bytes()));
    assert_eq!(run.session.step(run.now), Step::LetGo);
    assert_eq!(run.session.step(run.now), Step::Over(Ending::Schema(2)));
}

/// A server whose pages are these, in turn and for ever, and which has no streams.
fn time_for_pages(count: usize, pages: &[&str]) -> Duration {
    let mut run = Run::new(World::default(), Some("e.1"), 0, 1000);
    let mut answered = 0;
    while answered < count {
        let ask = match run.session.step(run.now) {
            Step::Wait(until) => {
                run.now = until;
                continue;
            }
            Step::LetGo => continue,
            Step::Ask(ask) => ask,
            Step::Over(ending) => panic!("{ending:?}"),
        };
        if ask.form == Form::Stream {
            run.session.failed(run.now, Failure::CutOff);
            continue;
        }
        run.session.answered(run.now, run.base.clone(), &run.settings);
        let page = pages[answered % pages.len()].as_bytes();
        match ask.form {
            Form::Orders => run.session.orders_paged(run.now, page),
            _ => run.session.paged(run.now, &run.base, page),
        }
        while run.session.next().is_some() {}
        answered += 1;
    }
    run.now
}

#[test]
fn pages_that_bring_nothing_new_are_no_reason_to_hurry() {
    // A cache in between, which knows the address and not the cursor.
    let event = r#"{"orderId":"a","version":2,"timestamp":"2026-11-21T12:00:00.000Z","note":"n"}"#;
    let cached = format!(
        r#"{{"events":[{{"id":"e.2","event":"order.note","data":{event}}}],"cursor":"e.2","more":true}}"#
    );
    // Two nodes with a log each, behind one address.
    let nodes = ["a.1", "b.1"].map(|cursor| {
        format!(
            r#"{{"events":[],"cursor":"{cursor}","reset":{{"reason":"foreign"}},"snapshots":[]}}"#
        )
    });
    // Orders whose next page is always the same.
    let large = r#"{"events":[],"cursor":"e.9","reset":{"reason":"large","orders":"orders"}}"#;
    let endless = r#"{"orders":[{"orderId":"a"}],"cursor":"e.9","next":"n"}"#;
    let endless = [&[large][..], &[endless; 99]].concat();
    for pages in [vec![&*cached], nodes.iter().map(String::as_str).collect(), endless] {
        let took = time_for_pages(100, &pages);
        assert!(took > Duration::from_secs(200), "{took:?}: {}", pages[0]);
    }
}
