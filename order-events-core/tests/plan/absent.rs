//! An order that the log does not know, or knows to be deleted.

use order_events_core::plan::Refusal;
use order_events_core::{
    EventKind, Expected, IdempotencyKey, OrderState, OrderStatus, Update, Visibility, Why,
};

use crate::{customer, deleted, having, invalid, order, owned, planned, refused, reports};

use OrderStatus::{Cancelled, Delivered, Pending, Processing, Shipped};

fn conflict(expected: Expected<OrderStatus>) -> Refusal<OrderStatus> {
    Refusal::Conflict { expected, current: None }
}

#[test]
fn a_new_order_begins_with_version_one() {
    let planned = planned(None, &Update::create(order()));
    assert_eq!((planned.draft.expected, planned.event.version), (0, 1));
    let expected = EventKind::Created { status: Pending, customer: None, note: None };
    assert_eq!(planned.event.kind, expected);
    assert!(planned.transition.is_none(), "a beginning is not a move");
}

#[test]
fn an_order_begun_elsewhere_is_created_in_the_status_it_has() {
    let update = Update::create_as(order(), Shipped).with_customer(customer("c-1")).with_note("n");
    let planned = planned(None, &update);
    let note = Some("n".to_owned());
    let customer = Some(customer("c-1"));
    assert_eq!(planned.draft.becomes.customer, customer);
    assert_eq!(planned.event.kind, EventKind::Created { status: Shipped, customer, note });
    assert_eq!(planned.draft.becomes.status, "SHIPPED");
}

#[test]
fn an_unknown_order_is_refused_unless_the_update_creates_it_or_says_what_it_was() {
    let others = [Update::status(order(), Processing), Update::attach(order(), customer("c-1"))];
    for update in reports().into_iter().chain(others) {
        assert_eq!(refused(None, &update), Refusal::UnknownOrder);
        planned(None, &update.clone().or_create());
        planned(None, &update.assuming(Pending));
    }
}

#[test]
fn an_unknown_order_is_said_to_be_unknown_whatever_was_expected_of_it() {
    for update in reports().into_iter().chain([Update::status(order(), Processing)]) {
        for update in [
            update.clone().expecting_absent(),
            update.clone().expecting_version(3),
            update.expecting_status(Pending),
        ] {
            assert_eq!(refused(None, &update), Refusal::UnknownOrder);
        }
    }
}

#[test]
fn a_status_that_creates_is_told_as_creation() {
    let planned = planned(None, &Update::status(order(), Shipped).or_create().with_note("n"));
    let note = Some("n".to_owned());
    assert_eq!(planned.event.kind, EventKind::Created { status: Shipped, customer: None, note });
    assert!(planned.transition.is_none());
}

#[test]
fn any_other_update_that_creates_begins_with_the_first_status() {
    let owned = |update: Update| update.with_customer(customer("c-1"));
    for update in reports().into_iter().map(owned).chain([attach()]) {
        let planned = planned(None, &update.or_create());
        let customer = Some(customer("c-1"));
        assert_eq!(planned.draft.becomes.status, "PENDING");
        assert_eq!(planned.draft.becomes.customer, customer);
        let created = EventKind::Created { status: Pending, customer, note: None };
        assert_eq!((planned.event.version, planned.event.kind), (1, created));
    }
}

fn attach() -> Update {
    Update::attach(order(), customer("c-1"))
}

#[test]
fn a_report_that_creates_is_told_after_the_creation() {
    let key = IdempotencyKey::new("k").unwrap();
    for report in reports() {
        for hidden in [report.clone(), report.staff_only()] {
            let update = hidden.or_create().with_customer(customer("c-1")).with_key(key.clone());
            let creation = planned(None, &update);
            assert!(creation.is_preliminary);
            assert_eq!(creation.event.visibility, Visibility::Public, "it says the status");
            assert_eq!(creation.draft.key, None, "the key is the report's");

            let known = OrderState { version: 1, ..owned(Pending, "c-1") };
            let told = planned(Some(&known), &update);
            assert!(!told.is_preliminary);
            assert_eq!(told.event.version, 2);
            assert_eq!(told.event.kind.status(), None, "a report tells no status");
            assert_eq!(told.draft.key.map(|(key, _)| key), Some(key.clone()));
        }
    }
}

#[test]
fn what_tells_the_status_itself_needs_no_creation_before_it() {
    let status = Update::status(order(), Shipped);
    for update in [
        Update::create(order()),
        status.clone().or_create(),
        status.clone().assuming(Shipped),
        status.assuming(Processing),
        attach().or_create(),
        attach().assuming(Delivered),
    ] {
        let planned = planned(None, &update);
        assert!(!planned.is_preliminary, "{update:?}");
        assert!(planned.event.kind.status().is_some(), "{update:?}");
    }
}

#[test]
fn a_report_that_might_create_does_not_attach_an_order_that_is_there() {
    for report in reports() {
        let update = report.or_create().with_customer(customer("c-1"));
        let refusal = refused(Some(&having(Pending)), &update);
        assert_eq!(refusal, invalid("customer", Why::Misplaced));
        planned(Some(&owned(Pending, "c-1")), &update);
        let refusal = refused(Some(&owned(Pending, "c-2")), &update);
        assert_eq!(refusal, invalid("customer", Why::AlreadyAttached));
    }
}

#[test]
fn what_is_not_there_cannot_be_deleted() {
    assert_eq!(refused(None, &Update::delete(order())), Refusal::UnknownOrder);
    assert_eq!(refused(Some(&deleted()), &Update::delete(order())), Refusal::UnknownOrder);
}

#[test]
fn a_deletion_neither_creates_nor_assumes() {
    let delete = Update::delete(order());
    for state in [None, Some(&having(Pending))] {
        let creating = refused(state, &delete.clone().or_create());
        assert_eq!(creating, invalid("orCreate", Why::Misplaced));
        let assuming = refused(state, &delete.clone().assuming(Delivered));
        assert_eq!(assuming, invalid("assuming", Why::Misplaced));
    }
}

#[test]
fn a_move_from_an_assumed_status_is_held_to_the_table() {
    let ship = |was| Update::status(order(), Shipped).assuming(was);
    let planned = planned(None, &ship(Processing));
    assert_eq!(
        planned.event.kind,
        EventKind::Status { status: Shipped, previous: Processing, customer: None, note: None }
    );
    let transition = planned.transition.unwrap();
    assert_eq!((transition.from(), transition.to()), (Processing, Shipped));
    let Refusal::IllegalTransition(illegal) = refused(None, &ship(Delivered)) else { panic!() };
    assert_eq!((illegal.from, illegal.to), (Delivered, Shipped));
}

#[test]
fn an_assumed_status_that_is_the_new_one_is_told_as_creation() {
    let update = Update::status(order(), Shipped).assuming(Shipped);
    let expected = EventKind::Created { status: Shipped, customer: None, note: None };
    assert_eq!(planned(None, &update).event.kind, expected);
    assert!(planned(None, &update).transition.is_none());
}

#[test]
fn reports_on_an_assumed_order_keep_its_status() {
    for update in reports().into_iter().chain([attach()]) {
        let planned = planned(None, &update.assuming(Delivered));
        assert_eq!(planned.draft.becomes.status, "DELIVERED");
        assert_eq!((planned.event.version, planned.event.kind.name()), (1, "order.created"));
        assert_eq!(planned.event.kind.status(), Some(Delivered));
    }
}

#[test]
fn an_assumption_yields_to_what_the_log_knows() {
    let state = having(Pending);
    let update = Update::status(order(), Shipped).assuming(Processing);
    let Refusal::IllegalTransition(illegal) = refused(Some(&state), &update) else { panic!() };
    assert_eq!(illegal.from, Pending);
}

#[test]
fn version_zero_is_another_word_for_absent() {
    planned(None, &Update::create(order()).expecting_absent());
    planned(None, &Update::create(order()).expecting_version(0));
    let update = Update::create(order()).expecting_version(1);
    assert_eq!(refused(None, &update), conflict(Expected::Version(1)));
    assert_eq!(
        refused(None, &update).to_string(),
        "expected version 1, but the order does not exist"
    );
}

#[test]
fn what_does_not_exist_has_no_status_but_an_assumed_one() {
    let create = Update::create(order()).expecting_status(Pending);
    assert_eq!(refused(None, &create), conflict(Expected::Status(Pending)));
    let assuming = Update::status(order(), Shipped).assuming(Processing);
    planned(None, &assuming.clone().expecting_status(Processing));
    let other = assuming.expecting_status(Pending);
    assert_eq!(refused(None, &other), conflict(Expected::Status(Pending)));
}

#[test]
fn the_expectation_is_checked_before_the_edge() {
    let update = Update::status(order(), Shipped).assuming(Cancelled).expecting_version(3);
    assert_eq!(refused(None, &update), conflict(Expected::Version(3)));
}

#[test]
fn a_deleted_order_reads_as_absent() {
    let gone = deleted();
    for update in reports().into_iter().chain([Update::status(order(), Delivered)]) {
        assert_eq!(refused(Some(&gone), &update), Refusal::UnknownOrder);
    }
    let create = Update::create(order());
    assert_eq!(
        refused(Some(&gone), &create.clone().expecting_version(gone.version)),
        conflict(Expected::Version(3))
    );
    planned(Some(&gone), &create.clone().expecting_absent());
    planned(Some(&gone), &create.expecting_version(0));
}

#[test]
fn a_deleted_order_that_is_created_again_goes_on_with_its_version() {
    let planned = planned(Some(&deleted()), &Update::create(order()));
    assert_eq!((planned.draft.expected, planned.event.version), (3, 4));
    assert_eq!(planned.event.kind.name(), "order.created");
    assert_eq!(planned.draft.becomes.status, "PENDING");
    assert!(!planned.draft.becomes.deleted);
    assert_eq!(planned.draft.becomes.customer, None, "nothing is left of its former life");
}
