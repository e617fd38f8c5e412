//! The judge is judged: whatever can be wrong with what a viewer is given is found, and nothing else.

use order_events_core::{Epoch, OrderId};

use super::*;
use crate::log::{Kept, Log};
use crate::told::{Attempt, What};

const EPOCH: Epoch = Epoch::from_u64(1);

fn at(seq: u64) -> Cursor {
    Cursor { epoch: EPOCH, seq }
}

fn created(order: &str, version: u64) -> Told {
    Told {
        name: if version == 1 { "order.created" } else { "order.note" }.to_owned(),
        order: order.to_owned(),
        version,
        status: (version == 1).then_some(OrderStatus::Pending),
        mark: Some(format!("{order}-{version}")),
        customer: None,
        is_staffs: false,
    }
}

fn staffs(order: &str, version: u64) -> Told {
    Told { is_staffs: true, ..created(order, version) }
}

/// `a` 1, `b` 1, `a` 2, and a note on `b` that is staff's.
fn facts() -> [Told; 4] {
    [created("a", 1), created("b", 1), created("a", 2), staffs("b", 2)]
}

fn log() -> Log {
    let mut log = Log::new(Kept::InMemory);
    for (told, seq) in facts().into_iter().zip(1..) {
        log.acknowledged(at(seq), told).unwrap();
    }
    log.fold().unwrap();
    log
}

fn viewer(scope: Scope, audience: Audience) -> Witness {
    let mut viewer = Witness::new("viewer".to_owned(), scope, audience);
    assert_eq!(viewer.connects(0), None);
    viewer.ready(None).unwrap();
    viewer.position(at(0)).unwrap();
    viewer
}

/// Given these places of the log, one after the other.
fn given(viewer: &mut Witness, places: &[u64]) {
    for seq in places {
        let told = facts()[*seq as usize - 1].clone();
        viewer.event(at(*seq), told).unwrap();
    }
}

fn staff() -> Witness {
    viewer(Scope::Tenant, Audience::Staff)
}

fn wrong(viewer: &mut Witness, what: &str) {
    let found = viewer.compare(&log()).unwrap_err();
    assert!(found.contains(what), "{found}");
}

#[test]
fn who_was_given_everything_in_its_scope_is_right_and_current() {
    let mut all = staff();
    given(&mut all, &[1, 2, 3, 4]);
    let mut public = viewer(Scope::Tenant, Audience::Public);
    given(&mut public, &[1, 2, 3]);
    let mut one = viewer(Scope::Order(OrderId::new("b").unwrap()), Audience::Public);
    given(&mut one, &[2]);
    for viewer in [&mut all, &mut public, &mut one] {
        viewer.compare(&log()).unwrap();
        viewer.is_current(&log()).unwrap();
    }
}

#[test]
fn an_event_that_was_left_out_is_found() {
    let mut viewer = staff();
    given(&mut viewer, &[1, 3, 4]);
    wrong(&mut viewer, "was left out");
}

#[test]
fn an_event_that_was_left_out_before_a_position_is_found() {
    let mut viewer = staff();
    given(&mut viewer, &[1, 2]);
    viewer.served(at(4));
    wrong(&mut viewer, "was left out");
}

#[test]
fn an_event_that_came_twice_is_found() {
    let mut viewer = staff();
    given(&mut viewer, &[1, 2, 2]);
    wrong(&mut viewer, "came after");
}

#[test]
fn an_event_of_another_scope_is_found() {
    let mut viewer = viewer(Scope::Order(OrderId::new("b").unwrap()), Audience::Staff);
    given(&mut viewer, &[1]);
    wrong(&mut viewer, "not for it");
}

#[test]
fn what_is_staffs_and_was_given_to_the_public_is_found() {
    let mut viewer = viewer(Scope::Tenant, Audience::Public);
    assert!(viewer.event(at(4), facts()[3].clone()).is_err());
}

#[test]
fn an_event_that_says_something_else_is_found() {
    let mut viewer = staff();
    viewer.event(at(1), Told { mark: None, ..facts()[0].clone() }).unwrap();
    wrong(&mut viewer, "is not what is at");
}

#[test]
fn an_event_that_nobody_published_is_found_and_a_lost_answer_explains_one() {
    let mut viewer = staff();
    given(&mut viewer, &[1, 2, 3, 4]);
    viewer.event(at(5), created("c", 1)).unwrap();
    let mut log = log();
    assert!(viewer.tell(&mut log).is_err());
    log.unresolved(Attempt {
        tenant: "north".to_owned(),
        order: "c".to_owned(),
        key: "c-1".to_owned(),
        what: What::Create { customer: None },
    });
    viewer.tell(&mut log).unwrap();
    log.fold().unwrap();
    viewer.compare(&log).unwrap();
    viewer.is_current(&log).unwrap();
}

#[test]
fn a_gap_is_right_where_a_reset_said_so() {
    let mut viewer = staff();
    given(&mut viewer, &[1]);
    viewer.reset("behind", false, 0).unwrap();
    for (order, version) in [("a", 2), ("b", 1)] {
        let status = OrderStatus::Pending;
        viewer.snapshot(Shown { order: order.to_owned(), version, status }).unwrap();
    }
    viewer.position(at(3)).unwrap();
    given(&mut viewer, &[4]);
    viewer.compare(&log()).unwrap();
    viewer.is_current(&log()).unwrap();
}

#[test]
fn a_stream_that_does_not_go_on_from_the_cursor_owes_a_reset() {
    let mut viewer = staff();
    given(&mut viewer, &[1]);
    assert_eq!(viewer.connects(0), Some(at(1)));
    viewer.ready(None).unwrap();
    assert!(viewer.event(at(3), facts()[2].clone()).is_err());
    assert!(viewer.position(at(3)).is_err());
}

#[test]
fn a_reset_for_a_log_that_was_not_lost_is_found() {
    let mut viewer = staff();
    assert!(viewer.reset("foreign", false, 0).is_err());
    let mut viewer = staff();
    viewer.reset("foreign", false, 2).unwrap();
}

#[test]
fn another_log_without_a_reset_is_found() {
    let mut log = log();
    let other = Cursor { epoch: Epoch::from_u64(2), seq: 5 };
    log.acknowledged(other, created("c", 1)).unwrap();
    let mut viewer = staff();
    viewer.event(other, created("c", 1)).unwrap();
    assert!(viewer.compare(&log).unwrap_err().contains("another log"));
}

#[test]
fn who_lacks_the_last_word_or_an_order_is_not_current() {
    let mut late = staff();
    given(&mut late, &[1, 2, 3]);
    assert!(late.is_current(&log()).unwrap_err().contains("is for it"));
    let mut blind = staff();
    blind.reset("behind", false, 0).unwrap();
    blind.position(at(4)).unwrap();
    assert!(blind.is_current(&log()).unwrap_err().contains("is missing"));
}

/// A viewer who has the last event of the log by a snapshot, and stands before it: a snapshot may be
/// newer than the place that it was made at.
fn ahead_of_its_place(mut viewer: Witness) -> Witness {
    viewer.begins();
    for order in ["a", "b"] {
        let (order, status) = (order.to_owned(), OrderStatus::Pending);
        viewer.snapshot(Shown { order, version: 2, status }).unwrap();
    }
    viewer.position(at(3)).unwrap();
    viewer
}

#[test]
fn who_had_the_last_word_by_a_snapshot_is_current_though_its_client_drops_the_event() {
    ahead_of_its_place(staff().of_a_client()).is_current(&log()).unwrap();
    let owed = ahead_of_its_place(staff()).is_current(&log());
    assert!(owed.unwrap_err().contains("is for it"));
}

#[test]
fn who_had_the_last_word_by_a_snapshot_may_be_given_it_once_all_who_have_it_are_done() {
    let mut log = log();
    let mut viewer = ahead_of_its_place(staff().of_a_client());
    viewer.is_current(&log).unwrap();
    log.forget(viewer.stands_before(&log));
    assert_eq!(viewer.connects(0), Some(at(3)));
    viewer.ready(Some(at(3))).unwrap();
    given(&mut viewer, &[4]);
    viewer.compare(&log).unwrap();
    // Nobody has to be given what everybody had.
    log.forget(viewer.stands_before(&log));
    assert_eq!(viewer.connects(0), Some(at(4)));
    viewer.event(at(4), staffs("b", 2)).unwrap();
    assert!(viewer.compare(&log).is_err());
}

#[test]
fn who_keeps_an_order_that_is_gone_is_not_current() {
    let mut log = log();
    let gone = Told { name: "order.deleted".to_owned(), mark: None, ..created("a", 3) };
    log.acknowledged(at(5), gone).unwrap();
    log.fold().unwrap();
    let mut viewer = staff();
    given(&mut viewer, &[1, 2, 3, 4]);
    viewer.position(at(5)).unwrap();
    assert!(viewer.is_current(&log).unwrap_err().contains("was deleted"));
}

#[test]
fn an_order_is_over_only_where_it_is() {
    let mut viewer = viewer(Scope::Order(OrderId::new("a").unwrap()), Audience::Staff);
    viewer.end("final");
    assert!(viewer.is_current(&log()).is_err());
    assert!(staff().is_told_of_the_end(Over::Absent).is_err());
}
