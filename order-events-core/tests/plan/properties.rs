//! Any updates whatever, one after the other: the path is legal, and no version is skipped.

use order_events_core::plan::{Plan, Planned, plan};
use order_events_core::{
    EventKind, Expected, Lifecycle, OrderState, OrderStatus, Timestamp, Update, Visibility,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::{customer, gift, order, stage};

fn any_status() -> impl Strategy<Value = OrderStatus> {
    prop::sample::select(OrderStatus::ALL)
}

fn any_base() -> impl Strategy<Value = Update> {
    prop_oneof![
        2 => Just(Update::create(order())),
        1 => any_status().prop_map(|status| Update::create_as(order(), status)),
        6 => any_status().prop_map(|status| Update::status(order(), status)),
        1 => Just(Update::attach(order(), customer("c-1"))),
        1 => Just(Update::attach(order(), customer("c-2"))),
        1 => Just(Update::note(order(), "n")),
        1 => Just(Update::assign(order(), "Ben")),
        1 => Just(Update::tracking(order(), "FedEx", "7946", None)),
        1 => Just(Update::stage(order(), stage())),
        1 => (90..=110_u8).prop_map(|percent| Update::progress(order(), percent, None)),
        1 => Just(Update::fail(order(), "r")),
        1 => Just(Update::delete(order())),
        1 => Just(Update::custom(order(), gift(), Value::Null)),
    ]
}

fn any_expectation() -> impl Strategy<Value = Option<Expected<OrderStatus>>> {
    prop_oneof![
        8 => Just(None),
        1 => Just(Some(Expected::Absent)),
        1 => (0..20_u64).prop_map(|version| Some(Expected::Version(version))),
        1 => any_status().prop_map(|status| Some(Expected::Status(status))),
    ]
}

prop_compose! {
    fn any_update()(
        base in any_base(),
        expected in any_expectation(),
        assumed in prop::option::weighted(0.2, any_status()),
        note in prop::option::weighted(0.2, Just("n")),
        owner in prop::option::weighted(0.2, prop::sample::select(vec!["c-1", "c-2"])),
        creates in prop::bool::weighted(0.2),
        visibility in prop::option::weighted(
            0.2,
            prop::sample::select(vec![Visibility::Public, Visibility::Staff]),
        ),
    ) -> Update {
        let mut update = base;
        update = match expected {
            None => update,
            Some(Expected::Absent) => update.expecting_absent(),
            Some(Expected::Version(version)) => update.expecting_version(version),
            Some(Expected::Status(status)) => update.expecting_status(status),
        };
        if let Some(status) = assumed {
            update = update.assuming(status);
        }
        if let Some(note) = note {
            update = update.with_note(note);
        }
        if let Some(owner) = owner {
            update = update.with_customer(customer(owner));
        }
        update = match visibility {
            None => update,
            Some(Visibility::Public) => update.public(),
            Some(Visibility::Staff) => update.staff_only(),
        };
        if creates { update.or_create() } else { update }
    }
}

/// The order as somebody sees it who knows nothing but drafts.
fn apply(state: Option<&OrderState>, planned: &Planned<OrderStatus>, at: Timestamp) -> OrderState {
    let becomes = &planned.draft.becomes;
    OrderState {
        status: OrderStatus::parse(&becomes.status).unwrap(),
        version: planned.draft.expected + 1,
        customer: becomes.customer.clone(),
        deleted: becomes.deleted,
        created_at: state.map_or(at, |state| state.created_at),
        updated_at: at,
    }
}

fn follows(
    before: Option<&OrderState>,
    planned: &Planned<OrderStatus>,
    after: &OrderState,
) -> Result<(), TestCaseError> {
    let event = &planned.event;
    prop_assert_eq!(event.version, before.map_or(0, |state| state.version) + 1);
    prop_assert_eq!(after.version, event.version);
    prop_assert_eq!(after.deleted, event.kind == EventKind::Deleted);
    if let Some(told) = event.kind.status() {
        prop_assert_eq!(told, after.status, "an event that says a status says the true one");
    }
    let payload: Value = serde_json::from_str(&planned.draft.event.payload).unwrap();
    prop_assert_eq!(payload["version"].as_u64(), Some(event.version));

    let is_public = event.visibility == Visibility::Public;
    let Some(before) = before.filter(|before| !before.deleted) else {
        prop_assert!(is_public && event.kind.status().is_some(), "everybody learns what it is");
        return Ok(());
    };
    prop_assert!(!planned.is_preliminary);
    let shows = before.status != after.status
        || before.customer != after.customer
        || before.deleted != after.deleted;
    prop_assert!(is_public || !shows, "nobody misses what their snapshot shows: {event:?}");
    if before.status == after.status {
        prop_assert!(planned.transition.is_none());
    } else {
        prop_assert!(before.status.may_become(after.status), "{before:?} to {after:?}");
        let transition = planned.transition.unwrap();
        prop_assert_eq!((transition.from(), transition.to()), (before.status, after.status));
        let told = matches!(event.kind, EventKind::Status { status, previous, .. }
            if (previous, status) == (before.status, after.status));
        prop_assert!(told, "only a status event moves the machine: {event:?}");
    }
    if before.customer.is_some() {
        prop_assert_eq!(&before.customer, &after.customer, "an order never changes hands");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_updates_give_a_legal_path_without_a_hole(
        updates in prop::collection::vec(any_update(), 1..40)
    ) {
        let mut state: Option<OrderState> = None;
        for (step, update) in updates.iter().enumerate() {
            let at = Timestamp::from_millis(step as i64);
            match plan(state.as_ref(), update, at) {
                Err(_) => {}
                Ok(Plan::Unchanged(current)) => {
                    prop_assert!(!current.deleted);
                    prop_assert_eq!(Some(&current), state.as_ref());
                }
                Ok(Plan::Append(planned)) => {
                    let after = apply(state.as_ref(), &planned, at);
                    follows(state.as_ref(), &planned, &after)?;
                    state = Some(after);
                }
            }
        }
    }

    #[test]
    fn planning_twice_gives_the_same(
        first in any_update(),
        second in any_update(),
    ) {
        let at = Timestamp::UNIX_EPOCH;
        let state = match plan(None, &first, at) {
            Ok(Plan::Append(planned)) => Some(apply(None, &planned, at)),
            _ => None,
        };
        let once = plan(state.as_ref(), &second, at);
        prop_assert_eq!(format!("{once:?}"), format!("{:?}", plan(state.as_ref(), &second, at)));
    }

    #[test]
    fn a_move_that_was_made_is_unchanged_when_asked_for_again(
        from in any_status(),
        to in any_status(),
    ) {
        let at = Timestamp::UNIX_EPOCH;
        let update = Update::status(order(), to);
        if let Ok(Plan::Append(planned)) = plan(Some(&crate::having(from)), &update, at) {
            let after = apply(None, &planned, at);
            let again = plan(Some(&after), &update, at);
            let is_unchanged = matches!(again, Ok(Plan::Unchanged(_)));
            prop_assert!(is_unchanged);
        }
    }
}
