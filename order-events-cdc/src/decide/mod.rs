//! From a change to what is to be done about it: pure.

mod item;
mod order;
mod provision;
mod values;

use order_events_core::Lifecycle;

pub(crate) use order::record_of;

use crate::change::{Change, Operation, Records};
use crate::decision::{Decision, Skip, Uncertain};
use crate::malformed::Malformed;
use crate::rules::Rules;

/// Decides what is to be done about a change.
///
/// Pure: no clock, no lock, nothing remembered. The same change under the same rules gives the same
/// decisions, with the same idempotency keys, however often it is delivered.
///
/// Fails where a value that the rules name is not what it must be, an order's id for instance.
///
/// ```
/// use order_events_cdc::{Decision, Rules, Salesforce, Source, decide};
///
/// let change = Salesforce.read(br#"{
///     "payload": {
///         "ChangeEventHeader": {
///             "entityName": "Order", "recordIds": ["8013h000001LLXfAAO"], "changeType": "UPDATE",
///             "transactionKey": "0002343d-9d90-e395-ed20-cf416ba652ad", "sequenceNumber": 1,
///             "changedFields": ["Status", "LastModifiedDate"]
///         },
///         "Status": "Approved", "LastModifiedDate": 1616446128000
///     }
/// }"#)?;
/// let decisions = decide(&change, &Rules::salesforce())?;
/// let [Decision::Invalidate { .. }, Decision::Publish(update), Decision::Provision(job)] =
///     decisions.as_slice()
/// else {
///     panic!("forgotten, told and provisioned");
/// };
/// assert_eq!(
///     update.key().unwrap().as_str(),
///     "sf/0002343d-9d90-e395-ed20-cf416ba652ad/1/Order/8013h000001LLXfAAO/status"
/// );
/// assert_eq!(job.trigger.as_str(), "provision/default/8013h000001LLXfAAO/1");
/// # Ok::<(), order_events_cdc::Malformed>(())
/// ```
pub fn decide<L: Lifecycle>(
    change: &Change,
    rules: &Rules<L>,
) -> Result<Vec<Decision<L>>, Malformed> {
    match change.operation {
        Operation::Tombstone => return Ok(vec![Decision::Skip(Skip::Tombstone)]),
        Operation::Message => return Ok(vec![Decision::Skip(Skip::Message)]),
        _ => {}
    }
    let is_order = is_of(&change.entity, &rules.entity);
    let items = rules.items.as_ref().filter(|items| is_of(&change.entity, &items.entity));
    let requests = rules.requests.as_ref().filter(|asks| is_of(&change.entity, &asks.entity));
    if (is_order || items.is_some())
        && let Some(why) = uncertain(change)
    {
        return Ok(vec![Decision::Refresh { entity: change.entity.clone(), why }]);
    }
    if is_order {
        order::decide(change, rules)
    } else if let Some(items) = items {
        item::decide(change, items)
    } else if let Some(requests) = requests {
        provision::requested(change, rules, requests)
    } else {
        Ok(vec![Decision::Skip(Skip::Foreign { entity: change.entity.clone() })])
    }
}

/// Whether this is the entity that the rules mean: `orders` means `public.orders` as well.
fn is_of(entity: &str, meant: &str) -> bool {
    entity.strip_suffix(meant).is_some_and(|space| space.is_empty() || space.ends_with('.'))
}

fn uncertain(change: &Change) -> Option<Uncertain> {
    match (change.operation, &change.records) {
        (Operation::Overflow, _) => Some(Uncertain::Overflow),
        (Operation::Truncate, _) => Some(Uncertain::Truncated),
        (_, Records::Any) => Some(Uncertain::Wildcard),
        _ => None,
    }
}
