//! Random wishes, the same for the same seed.

use order_events_core::engine::{Draft, Fingerprint};
use order_events_core::plan::{Plan, plan};
use order_events_core::{
    EventName, Lifecycle, OrderId, OrderState, OrderStatus, Stage, StageState, Timestamp, Update,
};
use serde_json::json;

use super::lab::{customer, key, order};
use super::model::Model;

/// Xorshift: enough for tests, and the same everywhere.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        // Zero would stay zero.
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % sides.max(1)
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.roll(many) == 0
    }
}

/// Of how many the drafts make use.
#[derive(Clone, Copy)]
pub(super) struct Cast {
    pub(super) orders: u64,
    pub(super) customers: u64,
    pub(super) keys: u64,
}

impl Cast {
    pub(super) fn order(&self, number: u64) -> OrderId {
        order(&format!("order-{}", number % self.orders))
    }
}

/// A draft that mostly fits the model's state, and sometimes comes too late or with a used key.
pub(super) fn draft(dice: &mut Dice, cast: Cast, model: &Model, now: Timestamp) -> Draft {
    loop {
        let order = cast.order(dice.roll(cast.orders));
        let update = update(dice, cast, &order);
        let update = dress(dice, cast, update);
        let state = model.state(&order).cloned();
        let state = state.map(|state| OrderState::<OrderStatus>::of(&order, state));
        let state = state.transpose().expect("a status of ours");
        // What cannot be is not tried: planning is tested elsewhere.
        let Ok(Plan::Append(planned)) = plan(state.as_ref(), &update, now) else { continue };
        let mut draft = planned.draft;
        if dice.one_in(12) {
            draft.expected = draft.expected.wrapping_add(1).wrapping_sub(dice.roll(2) * 2);
            draft.expected = draft.expected.min(1 << 40);
        }
        if dice.one_in(20)
            && let Some((_, fingerprint)) = &mut draft.key
        {
            *fingerprint = Fingerprint(fingerprint.0 ^ 1);
        }
        return draft;
    }
}

fn update(dice: &mut Dice, cast: Cast, order: &OrderId) -> Update {
    let status = OrderStatus::ALL[dice.roll(OrderStatus::ALL.len() as u64) as usize];
    let text = "é\"\n".repeat(dice.roll(30) as usize + 1);
    match dice.roll(14) {
        0 => Update::create(order),
        1 => Update::create_as(order, status),
        2..=4 => Update::status(order, status),
        5 => Update::attach(order, customer(&format!("customer-{}", dice.roll(cast.customers)))),
        6 => Update::note(order, text),
        7 => Update::assign(order, "bob"),
        8 => Update::tracking(order, "DHL", text.replace('\n', ""), None),
        9 => Update::stage(
            order,
            Stage {
                workflow: "w".to_owned(),
                stage: "s".to_owned(),
                state: StageState::Failed,
                result: Some(json!([1, null])),
                reason: Some(text),
            },
        ),
        10 => Update::progress(order, dice.roll(101) as u8, None),
        11 => Update::fail(order, text),
        12 => Update::delete(order),
        _ => Update::custom(order, EventName::custom("weighed").expect("a name"), json!(text)),
    }
}

fn dress(dice: &mut Dice, cast: Cast, mut update: Update) -> Update {
    if dice.one_in(3) {
        update = update.or_create();
    }
    if dice.one_in(4) {
        update = update.with_customer(customer(&format!("customer-{}", dice.roll(cast.customers))));
    }
    if dice.one_in(3) {
        update = update.with_actor("anna");
    }
    match dice.roll(6) {
        0 => update = update.public(),
        1 => update = update.staff_only(),
        _ => {}
    }
    if dice.one_in(3) {
        update = update.with_key(key(&format!("key-{}", dice.roll(cast.keys))));
    }
    update
}
