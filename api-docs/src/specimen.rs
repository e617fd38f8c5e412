//! Updates of every kind, with and without whatever they may carry, for the code to write.

use order_events_core::engine::NewEvent;
use order_events_core::plan::{Plan, plan};
use order_events_core::{
    CustomerId, EventName, Known, OrderId, OrderState, OrderStatus, Stage, StageState, Timestamp,
    Update,
};
use serde_json::json;

use crate::event::Kind;

const NOW: Timestamp = Timestamp::from_millis(1_795_262_400_123);

/// What the code makes of updates of this kind: every field it can have is in one of them, and
/// every field it can lack is not in one of them.
pub fn specimens(kind: Kind) -> Vec<NewEvent> {
    updates(kind).into_iter().flat_map(told_in_every_way).filter_map(planned).collect()
}

/// Texts and ids of ours are within every limit, so there is an update for each.
fn updates(kind: Kind) -> Vec<Update> {
    let (Ok(order), Ok(customer), Ok(gift)) =
        (OrderId::new("42"), CustomerId::new("c-1"), EventName::custom("gift.wrapped"))
    else {
        return Vec::new();
    };
    let text = || "text".to_owned();
    let stage = |result, reason| {
        let (workflow, stage) = (text(), text());
        Update::stage(&order, Stage { workflow, stage, state: StageState::Failed, result, reason })
    };
    let url = Some("https://carrier.example/7946".to_owned());
    let Kind::Ours(known) = kind else {
        return vec![Update::custom(&order, gift, json!({"ribbon": "red"}))];
    };
    match known {
        Known::Created => vec![
            Update::create(&order),
            Update::create(&order).with_note(text()).with_customer(&customer),
        ],
        Known::Status => vec![
            Update::status(&order, OrderStatus::Shipped),
            Update::status(&order, OrderStatus::Shipped).with_note(text()).with_customer(&customer),
        ],
        Known::Customer => vec![Update::attach(&order, &customer)],
        Known::Note => vec![Update::note(&order, text())],
        Known::Assigned => vec![Update::assign(&order, text()), Update::unassign(&order)],
        Known::Tracking => vec![
            Update::tracking(&order, text(), text(), None),
            Update::tracking(&order, text(), text(), url),
        ],
        Known::Stage => vec![stage(None, None), stage(Some(json!({"depth": 3})), Some(text()))],
        Known::Progress => vec![
            Update::progress(&order, 40, None),
            Update::stage_progress(&order, text(), text(), 40, Some(text())),
        ],
        Known::Failed => vec![Update::fail(&order, text())],
        Known::Deleted => vec![Update::delete(&order)],
    }
}

/// To the public or to staff, by nobody, by somebody, and by somebody who is shown.
fn told_in_every_way(update: Update) -> Vec<Update> {
    let by = |update: Update| {
        let somebody = update.clone().with_actor("anna");
        [update, somebody.clone(), somebody.show_actor()]
    };
    let audiences = [update.clone(), update.clone().public(), update.staff_only()];
    audiences.into_iter().flat_map(by).collect()
}

/// What comes of an update; none where the code refuses it, as it does a move that only staff see.
fn planned(update: Update) -> Option<NewEvent> {
    let state = OrderState {
        status: OrderStatus::Processing,
        version: 3,
        customer: None,
        deleted: false,
        created_at: NOW,
        updated_at: NOW,
    };
    // A creation wants no order to be there; everything else wants one.
    [None, Some(&state)].into_iter().find_map(|state| match plan(state, &update, NOW) {
        Ok(Plan::Append(planned)) if !planned.is_preliminary => Some(planned.draft.event),
        _ => None,
    })
}
