//! An order that the log knows.

use order_events_core::plan::{Plan, Refusal, plan};
use order_events_core::{
    EventKind, Expected, Finality, IllegalTransition, Lifecycle, OrderStatus, Update, Visibility,
    Why,
};

use crate::{
    NOW, assert_unchanged, customer, having, invalid, order, owned, planned, refused, reports,
};

use OrderStatus::{Cancelled, Delivered, Pending, Processing, Refunded, Shipped};

#[test]
fn every_pair_moves_stays_or_is_refused_as_the_table_says() {
    for &from in OrderStatus::ALL {
        for &to in OrderStatus::ALL {
            let state = having(from);
            match plan(Some(&state), &Update::status(order(), to), NOW) {
                Ok(Plan::Unchanged(current)) => assert!(from == to && current == state),
                Ok(Plan::Append(planned)) => {
                    assert!(from.may_become(to), "{from} to {to}");
                    let transition = planned.transition.unwrap();
                    assert_eq!((transition.from(), transition.to()), (from, to));
                    assert_eq!(planned.draft.becomes.status, to.token());
                    assert_eq!(planned.draft.becomes.finality, to.finality());
                }
                Err(refusal) => {
                    assert!(from != to && !from.may_become(to), "{from} to {to}");
                    let illegal = IllegalTransition { from, to, allowed: from.next() };
                    assert_eq!(refusal, Refusal::IllegalTransition(illegal));
                }
            }
        }
    }
}

#[test]
fn an_event_takes_the_next_version_and_the_time_of_the_call() {
    let planned = planned(Some(&having(Processing)), &Update::status(order(), Shipped));
    assert_eq!((planned.draft.expected, planned.event.version), (3, 4));
    assert_eq!((planned.draft.event.at, planned.event.timestamp), (NOW, NOW));
    assert_eq!(planned.draft.order, order());
    assert_eq!(
        planned.event.kind,
        EventKind::Status { status: Shipped, previous: Processing, customer: None, note: None }
    );
}

#[test]
fn fields_are_checked_before_the_expectation() {
    let update = Update::status(order(), Shipped).with_note("").expecting_version(99);
    assert_eq!(refused(Some(&having(Processing)), &update), invalid("note", Why::Empty));
}

#[test]
fn the_expectation_is_checked_before_the_no_op() {
    let state = having(Processing);
    let update = Update::status(order(), Processing).expecting_version(2);
    let expected = Expected::Version(2);
    assert_eq!(
        refused(Some(&state), &update),
        Refusal::Conflict { expected, current: Some(state) }
    );
}

#[test]
fn the_expectation_is_checked_before_the_edge() {
    let state = having(Processing);
    let update = Update::status(order(), Pending).expecting_status(Pending);
    let expected = Expected::Status(Pending);
    assert_eq!(
        refused(Some(&state), &update),
        Refusal::Conflict { expected, current: Some(state) }
    );
}

#[test]
fn the_no_op_is_checked_before_the_edge() {
    // No table has an edge from a status to itself, least of all from a final one.
    assert_unchanged(&having(Cancelled), &Update::status(order(), Cancelled));
    assert_unchanged(&having(Refunded), &Update::status(order(), Refunded).expecting_version(3));
}

#[test]
fn whose_it_is_is_checked_before_the_no_op_and_the_edge() {
    let state = owned(Processing, "c-1");
    for to in [Processing, Pending] {
        let update = Update::status(order(), to).with_customer(customer("c-2"));
        assert_eq!(refused(Some(&state), &update), invalid("customer", Why::AlreadyAttached));
        let Refusal::Conflict { .. } = refused(Some(&state), &update.expecting_version(2)) else {
            panic!("the expectation is checked before it")
        };
    }
}

#[test]
fn an_expectation_that_is_met_changes_nothing_else() {
    let state = having(Processing);
    let plain = planned(Some(&state), &Update::status(order(), Shipped));
    for update in [
        Update::status(order(), Shipped).expecting_version(3),
        Update::status(order(), Shipped).expecting_status(Processing),
    ] {
        assert_eq!(planned(Some(&state), &update).event, plain.event);
    }
}

#[test]
fn an_order_that_exists_is_in_conflict_with_being_expected_absent() {
    let state = having(Processing);
    for update in [
        Update::status(order(), Shipped).expecting_absent(),
        Update::create(order()).expecting_absent(),
        Update::create_as(order(), Processing).expecting_version(0),
    ] {
        let Refusal::Conflict { current, .. } = refused(Some(&state), &update) else {
            panic!("{update:?}")
        };
        assert_eq!(current, Some(state.clone()));
    }
}

#[test]
fn a_conflict_says_what_was_expected_and_what_is() {
    let update = Update::status(order(), Shipped).expecting_version(2);
    assert_eq!(
        refused(Some(&having(Processing)), &update).to_string(),
        "expected version 2, but the order has version 3 and status PROCESSING"
    );
    let update = Update::status(order(), Shipped).expecting_status(Pending);
    assert_eq!(
        refused(Some(&having(Processing)), &update).to_string(),
        "expected status PENDING, but the order has version 3 and status PROCESSING"
    );
}

#[test]
fn creating_an_order_again_in_the_same_status_changes_nothing() {
    assert_unchanged(&having(Pending), &Update::create(order()));
    assert_unchanged(&having(Shipped), &Update::create_as(order(), Shipped));
    assert_unchanged(&having(Pending), &Update::create(order()).or_create());
    let same = Update::create(order()).with_customer(customer("c-1"));
    assert_unchanged(&owned(Pending, "c-1"), &same);
}

#[test]
fn creating_an_order_again_in_another_status_is_a_conflict() {
    let state = having(Processing);
    let expected = Expected::Absent;
    assert_eq!(
        refused(Some(&state), &Update::create(order())),
        Refusal::Conflict { expected, current: Some(state) }
    );
}

#[test]
fn the_same_status_with_a_note_is_a_note_that_the_public_reads() {
    let update = Update::status(order(), Processing).with_note("On the bench");
    let planned = planned(Some(&having(Processing)), &update);
    assert_eq!(planned.event.kind, EventKind::Note { note: "On the bench".to_owned() });
    assert_eq!(planned.event.visibility, Visibility::Public);
    assert_eq!(planned.draft.event.visibility, Visibility::Public);
    assert_eq!(planned.draft.event.name.as_str(), "order.note");
    assert_eq!(planned.draft.becomes.status, "PROCESSING");
    assert!(planned.transition.is_none());
}

#[test]
fn creating_an_order_again_with_a_note_is_a_note_that_the_public_reads() {
    let update = Update::create_as(order(), Processing).with_note("Gift, please");
    let planned = planned(Some(&having(Processing)), &update);
    assert_eq!(planned.event.kind, EventKind::Note { note: "Gift, please".to_owned() });
    assert_eq!(planned.event.visibility, Visibility::Public);
    assert!(planned.transition.is_none());
}

#[test]
fn a_note_and_a_new_customer_are_two_facts() {
    let customer = || customer("c-1");
    for update in [
        Update::create(order()).with_note("n").with_customer(customer()),
        Update::status(order(), Pending).with_note("n").with_customer(customer()),
    ] {
        let refusal = refused(Some(&having(Pending)), &update);
        assert_eq!(refusal, invalid("customer", Why::Misplaced));
        let noted = planned(Some(&owned(Pending, "c-1")), &update);
        assert_eq!(noted.event.kind.name(), "order.note", "whose it is is no news");
    }
}

#[test]
fn a_final_order_still_takes_notes() {
    for state in [having(Cancelled), having(Refunded)] {
        let with_note = Update::status(order(), state.status).with_note("n");
        for update in reports().iter().chain([&with_note]) {
            let planned = planned(Some(&state), update);
            assert_eq!(planned.draft.becomes.finality, Finality::Final);
        }
    }
}

#[test]
fn a_guests_order_is_attached_to_a_customer_once() {
    let attach = Update::attach(order(), customer("c-1"));
    let planned = planned(Some(&having(Shipped)), &attach);
    let customer = Some(customer("c-1"));
    assert_eq!(planned.draft.becomes.customer, customer);
    assert_eq!(planned.draft.becomes.status, "SHIPPED");
    assert_eq!(planned.event.kind, EventKind::CustomerAttached { customer, status: Shipped });
    assert!(planned.transition.is_none());
}

#[test]
fn attaching_the_customer_it_has_changes_nothing() {
    let state = owned(Shipped, "c-1");
    assert_unchanged(&state, &Update::attach(order(), customer("c-1")));
    let status = Update::status(order(), Shipped).with_customer(customer("c-1"));
    assert_unchanged(&state, &status);
}

#[test]
fn an_order_that_is_somebody_elses_stays_theirs() {
    let state = owned(Pending, "c-1");
    for update in [
        Update::attach(order(), customer("c-2")),
        Update::create(order()).with_customer(customer("c-2")),
        Update::status(order(), Processing).with_customer(customer("c-2")),
        Update::status(order(), Pending).with_customer(customer("c-2")),
    ] {
        assert_eq!(refused(Some(&state), &update), invalid("customer", Why::AlreadyAttached));
    }
}

#[test]
fn a_customer_given_with_the_status_it_has_is_attached() {
    for update in [
        Update::create(order()).with_customer(customer("c-1")),
        Update::status(order(), Pending).with_customer(customer("c-1")),
    ] {
        let planned = planned(Some(&having(Pending)), &update);
        assert_eq!(planned.event.kind.name(), "order.customer");
        assert_eq!(planned.draft.becomes.customer, Some(customer("c-1")));
    }
}

#[test]
fn a_customer_given_with_a_move_is_told_in_the_same_event() {
    let update = Update::status(order(), Processing).with_customer(customer("c-1"));
    let told = planned(Some(&having(Pending)), &update);
    let EventKind::Status { customer: Some(attached), .. } = &told.event.kind else {
        panic!("{:?}", told.event)
    };
    assert_eq!(attached, &customer("c-1"));
    assert_eq!(told.draft.becomes.customer, Some(customer("c-1")));

    let known = planned(Some(&owned(Pending, "c-1")), &update);
    let EventKind::Status { customer: None, .. } = known.event.kind else {
        panic!("what is no news is not told: {:?}", known.event)
    };
    assert_eq!(known.draft.becomes.customer, Some(customer("c-1")));
}

#[test]
fn reports_move_nothing() {
    for &status in OrderStatus::ALL {
        let state = owned(status, "c-1");
        for update in reports() {
            let planned = planned(Some(&state), &update);
            assert!(planned.transition.is_none(), "{update:?}");
            assert_eq!(planned.draft.becomes.status, status.token());
            assert_eq!(planned.draft.becomes.customer, state.customer);
            assert!(!planned.draft.becomes.deleted);
        }
    }
}

#[test]
fn a_deleted_order_keeps_its_status_and_customer_for_the_last_word() {
    for &status in OrderStatus::ALL {
        let planned = planned(Some(&owned(status, "c-1")), &Update::delete(order()));
        assert_eq!(planned.event.kind, EventKind::Deleted);
        let becomes = &planned.draft.becomes;
        assert!(becomes.deleted);
        assert_eq!(becomes.status, status.token());
        assert_eq!(becomes.customer, Some(customer("c-1")));
        assert_eq!(becomes.finality, Finality::Open, "it may be created again");
    }
}

#[test]
fn the_draft_says_what_the_event_says() {
    let update = Update::status(order(), Delivered)
        .with_note("At the door")
        .with_actor("fedex")
        .with_key(order_events_core::IdempotencyKey::new("k").unwrap());
    let planned = planned(Some(&having(Shipped)), &update);
    let draft = &planned.draft;
    assert_eq!(draft.event.name.as_str(), "order.status");
    assert_eq!(
        &*draft.event.payload,
        r#"{"orderId":"42","version":4,"status":"DELIVERED","previousStatus":"SHIPPED","timestamp":"2026-11-21T12:00:00.123Z","note":"At the door"}"#
    );
    assert_eq!(draft.event.staff.as_deref(), Some(r#"{"actor":"fedex"}"#));
    let (key, fingerprint) = draft.key.as_ref().unwrap();
    assert_eq!(key.as_str(), "k");
    assert_eq!(*fingerprint, order_events_core::plan::fingerprint(&update));
    assert_eq!(planned.draft.becomes.finality, Finality::Quiet);
}
