//! The watch point under every interleaving that `loom` can think of.
//!
//! Run by `scripts/test`: `RUSTFLAGS="--cfg order_events_loom" cargo test --lib --release loom_`.

use std::future::poll_fn;
use std::task::{Context, Poll};

use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;

use super::watch::{Item, Taken, WatchPoint};
use crate::engine::Wakes;

impl Item for u64 {
    fn seq(&self) -> u64 {
        *self
    }
}

type Point = WatchPoint<u64, (), ()>;

fn publish(point: &Point, item: u64, window: usize) {
    let mut wakes = Wakes::new();
    point.publish(item, window, &mut wakes);
    wakes.wake();
}

fn take(point: &Point, seat: u32) -> Taken<u64, ()> {
    block_on(poll_fn(|cx| point.poll(seat, 0, cx)))
}

fn poll_once(point: &Point, seat: u32) -> Poll<Taken<u64, ()>> {
    let waker = std::task::Waker::noop();
    point.poll(seat, 0, &mut Context::from_waker(waker))
}

/// Publishers of one tenant are put in order by the engine's lock; this is that lock.
fn publisher(point: &Arc<Point>, next: &Arc<loom::sync::Mutex<u64>>) -> thread::JoinHandle<()> {
    let (point, next) = (Arc::clone(point), Arc::clone(next));
    thread::spawn(move || {
        let mut wakes = Wakes::new();
        let mut next = next.lock().unwrap();
        *next += 1;
        point.publish(*next, 8, &mut wakes);
        drop(next);
        wakes.wake();
    })
}

#[test]
fn loom_two_publishers_and_a_reader_lose_nothing() {
    loom::model(|| {
        let point = Arc::new(Point::new());
        let seat = point.join((), 9).unwrap();
        let next = Arc::new(loom::sync::Mutex::new(0));
        let publishers = [publisher(&point, &next), publisher(&point, &next)];
        assert_eq!(take(&point, seat), Taken::Item(1));
        assert_eq!(take(&point, seat), Taken::Item(2));
        for publisher in publishers {
            publisher.join().unwrap();
        }
        assert!(poll_once(&point, seat).is_pending());
        assert!(point.leave(seat));
    });
}

#[test]
fn loom_who_joins_during_a_publish_sees_a_suffix() {
    loom::model(|| {
        let point = Arc::new(Point::new());
        let keeper = point.join((), 9).unwrap();
        let publisher = {
            let point = Arc::clone(&point);
            thread::spawn(move || (1..=2).for_each(|item| publish(&point, item, 8)))
        };
        let seat = point.join((), 9).unwrap();
        publisher.join().unwrap();
        let mut seen = Vec::new();
        while let Poll::Ready(Taken::Item(item)) = poll_once(&point, seat) {
            seen.push(item);
        }
        assert!([vec![], vec![2], vec![1, 2]].contains(&seen), "{seen:?}");
        assert_eq!(take(&point, keeper), Taken::Item(1));
    });
}

#[test]
fn loom_leaving_during_a_publish_frees_the_window() {
    loom::model(|| {
        let point = Arc::new(Point::new());
        let (stays, leaves) = (point.join((), 9).unwrap(), point.join((), 9).unwrap());
        let publisher = {
            let point = Arc::clone(&point);
            thread::spawn(move || publish(&point, 1, 8))
        };
        assert!(!point.leave(leaves));
        assert_eq!(take(&point, stays), Taken::Item(1));
        publisher.join().unwrap();
        assert_eq!(point.held(), 0);
    });
}

#[test]
fn loom_ending_wakes_a_waiting_reader() {
    loom::model(|| {
        let point = Arc::new(Point::new());
        let seat = point.join((), 9).unwrap();
        let admin = {
            let point = Arc::clone(&point);
            thread::spawn(move || {
                let mut wakes = Wakes::new();
                assert!(point.end(seat, (), &mut wakes));
                wakes.wake();
            })
        };
        assert_eq!(take(&point, seat), Taken::Ended(()));
        admin.join().unwrap();
    });
}

#[test]
fn loom_a_small_window_laps_but_never_skips() {
    loom::model(|| {
        let point = Arc::new(Point::new());
        let seat = point.join((), 9).unwrap();
        let publisher = {
            let point = Arc::clone(&point);
            thread::spawn(move || (1..=3).for_each(|item| publish(&point, item, 1)))
        };
        let mut last = 0;
        loop {
            match take(&point, seat) {
                Taken::Item(item) => {
                    assert_eq!(item, last + 1, "an event was skipped without a word");
                    last = item;
                    if item == 3 {
                        break;
                    }
                }
                Taken::Lapped => break,
                Taken::Ended(()) => unreachable!("nobody ends it"),
            }
        }
        publisher.join().unwrap();
    });
}

#[test]
fn loom_an_interruption_reaches_even_who_had_everything() {
    loom::model(|| {
        let point = Arc::new(Point::new());
        let seat = point.join((), 9).unwrap();
        let engine = {
            let point = Arc::clone(&point);
            thread::spawn(move || {
                publish(&point, 1, 8);
                let mut wakes = Wakes::new();
                point.interrupt(&mut wakes);
                wakes.wake();
            })
        };
        let mut taken = take(&point, seat);
        if taken == Taken::Item(1) {
            taken = take(&point, seat);
        }
        assert_eq!(taken, Taken::Lapped);
        engine.join().unwrap();
    });
}
