//! Whether an order is to be provisioned, and what makes two signals the same trigger.
//!
//! A status that arrives and an event that asks for it have nothing in common but the order. So the
//! trigger is the order and its attempt. The attempt is numbered by a field where the rules name
//! one; without a number it is the first. What asks again each time, without a number, is told apart
//! by the identity of the event itself.

use order_events_core::{IdempotencyKey, Lifecycle, OrderId};

use super::order::look_up;
use super::values::{self, Text};
use crate::change::{Change, Changed, Operation};
use crate::decision::{Decision, Job, Skip};
use crate::malformed::Malformed;
use crate::rules::{RequestRules, Rules};

const FIRST: &str = "1";

/// The order got this status.
pub(super) fn by_status<L: Lifecycle>(
    change: &Change,
    rules: &Rules<L>,
    record: &str,
    order: &OrderId,
    status: &str,
    decisions: &mut Vec<Decision<L>>,
) -> Result<(), Malformed> {
    let provisioning = &rules.provisioning;
    let is_again = provisioning.again.contains(status);
    if !is_again && !provisioning.once.contains(status) {
        return Ok(());
    }
    if change.operation == Operation::Read && !provisioning.by_reading {
        decisions.push(Decision::Skip(Skip::OnlyRead));
        return Ok(());
    }
    if let Some(why_not) = guard(change, rules, record)? {
        decisions.push(why_not);
        return Ok(());
    }
    let attempt = values::optional(change, record, provisioning.attempt.as_ref())?;
    let trigger = match (attempt, &change.identity) {
        (Text::Is(attempt), _) => trigger(change, rules, order, &numbered(&attempt))?,
        (_, _) if !is_again => trigger(change, rules, order, FIRST)?,
        (_, Some(identity)) if change.changed != Changed::Unknown => {
            let of_order = ["provision", rules.tenant.as_str(), order.as_str()];
            let parts = identity.0.iter().map(String::as_str);
            values::key_of(change, of_order.into_iter().chain(parts).chain([record]))?
        }
        _ => {
            let field = rules.status.clone().unwrap_or_default();
            decisions.push(Decision::Skip(Skip::Undatable { field }));
            return Ok(());
        }
    };
    decisions.push(Decision::Provision(Job {
        trigger,
        tenant: rules.tenant.clone(),
        order: order.clone(),
        status: Some(status.to_owned()),
        requested_by: change.by.clone(),
        priority: None,
    }));
    Ok(())
}

/// Somebody asks for it.
pub(super) fn requested<L: Lifecycle>(
    change: &Change,
    rules: &Rules<L>,
    requests: &RequestRules,
) -> Result<Vec<Decision<L>>, Malformed> {
    let order = values::order_id(change, "", &requests.order)?;
    if let Some(why_not) = guard(change, rules, order.as_str())? {
        // What is to be looked up is the order, not the request.
        return Ok(vec![match why_not {
            Decision::LookUp(mut wanted) => {
                wanted.entity.clone_from(&rules.entity);
                Decision::LookUp(wanted)
            }
            other => other,
        }]);
    }
    let of_request = |field| values::optional(change, "", field).map(Text::value);
    let attempt = of_request(requests.attempt.as_ref())?;
    let attempt = attempt.map_or_else(|| FIRST.to_owned(), |attempt| numbered(&attempt));
    let requested_by = of_request(requests.requested_by.as_ref())?;
    Ok(vec![Decision::Provision(Job {
        trigger: trigger(change, rules, &order, &attempt)?,
        tenant: rules.tenant.clone(),
        status: None,
        requested_by: requested_by.or_else(|| change.by.clone()),
        priority: of_request(requests.priority.as_ref())?,
        order,
    })])
}

/// Why the order is not to be provisioned, or not yet.
fn guard<L: Lifecycle>(
    change: &Change,
    rules: &Rules<L>,
    record: &str,
) -> Result<Option<Decision<L>>, Malformed> {
    let provisioning = &rules.provisioning;
    let activation = values::optional(change, record, provisioning.activation.as_ref())?;
    let external_id = values::optional(change, record, provisioning.external_id.as_ref())?;
    let states = [activation.clone().value(), values::was(change, rules.status.as_ref())];
    let active = |state: &String| provisioning.active.contains(state);
    if let Some(state) = states.into_iter().flatten().find(active) {
        return Ok(Some(Decision::Skip(Skip::Active { state })));
    }
    if let Text::Is(id) = external_id {
        return Ok(Some(Decision::Skip(Skip::ExternalId { id })));
    }
    if provisioning.is_strict {
        let asked = [
            (activation, provisioning.activation.as_ref()),
            (external_id, provisioning.external_id.as_ref()),
        ];
        let unsaid = asked.into_iter().filter(|(said, _)| *said == Text::Unsaid);
        let fields: Vec<_> = unsaid.filter_map(|(_, field)| field.cloned()).collect();
        if !fields.is_empty() {
            return Ok(Some(look_up(change, record, fields)));
        }
    }
    Ok(None)
}

fn trigger<L: Lifecycle>(
    change: &Change,
    rules: &Rules<L>,
    order: &OrderId,
    attempt: &str,
) -> Result<IdempotencyKey, Malformed> {
    values::key_of(change, ["provision", rules.tenant.as_str(), order.as_str(), attempt])
}

/// `2`, `2.0` and `"2"` are one number: Salesforce has no whole ones.
fn numbered(attempt: &str) -> String {
    attempt.strip_suffix(".0").unwrap_or(attempt).to_owned()
}
