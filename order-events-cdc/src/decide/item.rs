//! What a change of an item asks for: it concerns its order.

use order_events_core::Lifecycle;

use super::order::look_up;
use super::values::{self, Text};
use crate::change::{Change, Records};
use crate::decision::{Decision, Skip};
use crate::malformed::Malformed;
use crate::rules::ItemRules;

/// The order is named by the item where the item is new, or where the change happens to be about
/// that. Else it is to be looked up: Salesforce tells of an update only what changed.
pub(super) fn decide<L: Lifecycle>(
    change: &Change,
    items: &ItemRules,
) -> Result<Vec<Decision<L>>, Malformed> {
    let own = std::iter::once(&items.order);
    if !items.visible.iter().chain(own).any(|field| change.concerns(field)) {
        return Ok(vec![Decision::Skip(Skip::Internal)]);
    }
    let mut decisions = Vec::new();
    // Who had it before has it no more.
    if let Some(former) = values::was(change, Some(&items.order)) {
        let order = values::order_of(change, &items.order, &former)?;
        decisions.push(Decision::Invalidate { order, account: None });
    }
    let in_fields = [String::new()];
    let records = match &change.records {
        Records::These(records) => records.as_slice(),
        Records::InFields | Records::Any => &in_fields,
    };
    for record in records {
        let decision = match values::text(change, record, &items.order)? {
            Text::Unsaid if record.is_empty() => {
                return Err(Malformed::value(change.path, &items.order, "an order's id", None));
            }
            Text::Unsaid => look_up(change, record, vec![items.order.clone()]),
            _ => {
                let order = values::order_id(change, record, &items.order)?;
                Decision::Invalidate { order, account: None }
            }
        };
        if !decisions.contains(&decision) {
            decisions.push(decision);
        }
    }
    Ok(decisions)
}
