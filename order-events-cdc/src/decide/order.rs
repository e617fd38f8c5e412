//! What a change of an order asks for.

use std::borrow::Cow;

use order_events_core::{CustomerId, IdempotencyKey, Lifecycle, OrderId, Update};

use super::provision;
use super::values::{self, Text};
use crate::change::{Change, Changed, Operation, Records};
use crate::decision::{Decision, LookUp, Skip};
use crate::key;
use crate::malformed::Malformed;
use crate::rules::{Key, Rules};

pub(super) fn decide<L: Lifecycle>(
    change: &Change,
    rules: &Rules<L>,
) -> Result<Vec<Decision<L>>, Malformed> {
    let mut decisions = Vec::new();
    match (&change.records, &rules.id) {
        (Records::These(records), Key::Record) => {
            for record in records {
                let order = values::order_of(change, "recordIds", record)?;
                Case { change, rules, record, order }.decide(&mut decisions)?;
            }
        }
        (Records::These(records), Key::Field(field)) => {
            for record in records {
                match values::text(change, record, field)? {
                    Text::Unsaid => decisions.push(look_up(change, record, vec![field.clone()])),
                    _ => {
                        let order = values::order_id(change, record, field)?;
                        Case { change, rules, record, order }.decide(&mut decisions)?;
                    }
                }
            }
        }
        (_, Key::Field(field)) => {
            let order = values::order_id(change, "", field)?;
            let record = order.as_str().to_owned();
            Case { change, rules, record: &record, order }.decide(&mut decisions)?;
        }
        (_, Key::Record) => {
            let actual = "values only: the rules must name the field of the id".to_owned();
            return Err(Malformed::new(change.path, "", "a record's id beside its values", actual));
        }
    }
    Ok(decisions)
}

/// Which of a change's records is this order.
pub(crate) fn record_of<L: Lifecycle>(
    change: &Change,
    rules: &Rules<L>,
    order: &OrderId,
) -> Option<String> {
    let Records::These(records) = &change.records else { return Some(order.to_string()) };
    let is_its = |record: &&String| match &rules.id {
        Key::Record => record.as_str() == order.as_str(),
        Key::Field(field) => values::order_id(change, record, field).is_ok_and(|id| id == *order),
    };
    records.iter().find(is_its).cloned()
}

/// One order that a change is about.
struct Case<'a, L: Lifecycle> {
    change: &'a Change,
    rules: &'a Rules<L>,
    record: &'a str,
    order: OrderId,
}

impl<L: Lifecycle> Case<'_, L> {
    fn decide(&self, decisions: &mut Vec<Decision<L>>) -> Result<(), Malformed> {
        let account = self.account()?;
        if self.change.is_deletion() {
            self.invalidate(account, decisions)?;
            let update = self.keyed(Update::delete(&self.order), "delete")?;
            decisions.push(Decision::Publish(update));
            return Ok(());
        }
        // Nothing of it is told: it is decided again with what the record says.
        let is_gap = matches!(self.change.operation, Operation::Gap(_));
        if is_gap && !self.change.known.contains_key(self.record) {
            self.invalidate(account, decisions)?;
            decisions.push(look_up(self.change, self.record, Vec::new()));
            return Ok(());
        }
        let before = decisions.len();
        // First, so that who is told by the log finds nothing older in a cache.
        if self.is_visible() {
            self.invalidate(account.clone(), decisions)?;
        }
        let status = self.publish_status(account.as_ref(), decisions)?;
        self.publish_customer(account.as_ref(), status.as_deref(), decisions)?;
        self.publish_tracking(status.as_deref(), decisions)?;
        self.publish_note(status.as_deref(), decisions)?;
        let arrived = status.as_deref().filter(|_| self.arrives());
        if let Some(status) = arrived {
            provision::by_status(
                self.change,
                self.rules,
                self.record,
                &self.order,
                status,
                decisions,
            )?;
        }
        if decisions.len() == before {
            decisions.push(Decision::Skip(Skip::Internal));
        }
        Ok(())
    }

    /// The status that was told to the watchers or skipped, in the source's words.
    fn publish_status(
        &self,
        account: Option<&CustomerId>,
        decisions: &mut Vec<Decision<L>>,
    ) -> Result<Option<String>, Malformed> {
        let Some(field) = self.rules.status.as_ref().filter(|field| self.change.concerns(field))
        else {
            return Ok(None);
        };
        let Some(status) = values::text(self.change, self.record, field)?.value() else {
            return Ok(None);
        };
        let Some(&to) = self.rules.statuses.get(&status) else {
            decisions.push(Decision::Skip(Skip::UnmappedStatus { status: status.clone() }));
            return Ok(Some(status));
        };
        let update = Update::status(&self.order, to);
        // What it was is of use to a log that does not know the order, where the move is legal;
        // else the order begins with what it is.
        let was = values::was(self.change, Some(field));
        let update = match was.and_then(|was| self.rules.statuses.get(&was).copied()) {
            Some(was) if was.may_become(to) => update.assuming(was),
            _ => update.or_create(),
        };
        let update = match account.filter(|_| self.is_creation()) {
            Some(account) => update.with_customer(account),
            None => update,
        };
        // What was looked up is not the event's own, and may be another when the event comes again.
        let what = match self.change.operation {
            Operation::Gap(_) => Cow::Owned(format!("status={status}")),
            _ => Cow::Borrowed("status"),
        };
        decisions.push(Decision::Publish(self.keyed(update, &what)?));
        Ok(Some(status))
    }

    /// An order that is somebody else's stays theirs in the hub, which must not keep its status from
    /// being told: so whose it is is an update of its own, unless the order is new.
    fn publish_customer(
        &self,
        account: Option<&CustomerId>,
        status: Option<&str>,
        decisions: &mut Vec<Decision<L>>,
    ) -> Result<(), Malformed> {
        let Some(account) = account.filter(|_| !self.is_creation()) else { return Ok(()) };
        if status.is_some() || self.names_account() {
            let update = self.begun(Update::attach(&self.order, account), status)?;
            decisions.push(Decision::Publish(self.keyed(update, "customer")?));
        }
        Ok(())
    }

    fn publish_tracking(
        &self,
        status: Option<&str>,
        decisions: &mut Vec<Decision<L>>,
    ) -> Result<(), Malformed> {
        let Some(fields) = &self.rules.tracking else { return Ok(()) };
        let all = [Some(&fields.carrier), Some(&fields.number), fields.url.as_ref()];
        if !all.into_iter().flatten().any(|field| self.change.concerns(field)) {
            return Ok(());
        }
        let number = values::text(self.change, self.record, &fields.number)?;
        let carrier = values::text(self.change, self.record, &fields.carrier)?;
        let url = values::optional(self.change, self.record, fields.url.as_ref())?;
        match (carrier, number) {
            (Text::Is(carrier), Text::Is(number)) => {
                let url = url.value();
                let key = match self.change.changed {
                    // Whatever changes in the order, the same parcel is told once.
                    Changed::Unknown => {
                        let texts = [carrier.as_str(), &number, url.as_deref().unwrap_or_default()];
                        Some(self.key_of_content("tracking", texts)?)
                    }
                    _ => self.key("tracking")?,
                };
                let update = Update::tracking(&self.order, carrier, number, url);
                let update = self.begun(update, status)?;
                decisions.push(Decision::Publish(self.with_key(update, key)));
            }
            // There is no parcel, or not yet all of it.
            (Text::Empty, _) | (_, Text::Empty) => {}
            // What is not told of an order whose row is, did not change.
            _ if self.change.changed == Changed::Unknown => {}
            _ => {
                let wanted = all.into_iter().flatten().cloned().collect();
                decisions.push(look_up(self.change, self.record, wanted));
            }
        }
        Ok(())
    }

    fn publish_note(
        &self,
        status: Option<&str>,
        decisions: &mut Vec<Decision<L>>,
    ) -> Result<(), Malformed> {
        let Some(field) = self.rules.note.as_ref().filter(|field| self.change.concerns(field))
        else {
            return Ok(());
        };
        match values::text(self.change, self.record, field)? {
            Text::Is(_) if self.change.changed == Changed::Unknown => {
                decisions.push(Decision::Skip(Skip::Undatable { field: field.clone() }));
            }
            Text::Is(note) => {
                let update = self.begun(Update::note(&self.order, note).public(), status)?;
                decisions.push(Decision::Publish(self.keyed(update, "note")?));
            }
            Text::Unsaid if self.names(field) => {
                decisions.push(look_up(self.change, self.record, vec![field.clone()]));
            }
            Text::Empty | Text::Unsaid => {}
        }
        Ok(())
    }

    /// A log that does not know the order learns what it is, where the change says so without being
    /// about it; `status` is what was told already.
    fn begun(&self, update: Update<L>, status: Option<&str>) -> Result<Update<L>, Malformed> {
        let Some(field) = self.rules.status.as_ref().filter(|_| status.is_none()) else {
            return Ok(update);
        };
        let is = values::text(self.change, self.record, field)?.value();
        Ok(match is.and_then(|is| self.rules.statuses.get(&is).copied()) {
            Some(is) => update.assuming(is),
            None => update,
        })
    }

    /// Also for whoever had it before.
    fn invalidate(
        &self,
        account: Option<CustomerId>,
        decisions: &mut Vec<Decision<L>>,
    ) -> Result<(), Malformed> {
        let former =
            match (&self.rules.account, values::was(self.change, self.rules.account.as_ref())) {
                (Some(field), Some(id)) => Some(values::customer_of(self.change, field, &id)?),
                _ => None,
            };
        let is_other = former.is_some() && former != account;
        let order = self.order.clone();
        decisions.push(Decision::Invalidate { order: order.clone(), account });
        if is_other {
            decisions.push(Decision::Invalidate { order, account: former });
        }
        Ok(())
    }

    fn account(&self) -> Result<Option<CustomerId>, Malformed> {
        let Some(field) = &self.rules.account else { return Ok(None) };
        let id = values::text(self.change, self.record, field)?.value();
        id.map(|id| values::customer_of(self.change, field, &id)).transpose()
    }

    fn is_creation(&self) -> bool {
        matches!(self.change.operation, Operation::Create | Operation::Undelete)
    }

    fn names_account(&self) -> bool {
        self.rules.account.as_ref().is_some_and(|field| self.names(field))
    }

    /// Whether the change is certainly about this field.
    fn names(&self, field: &str) -> bool {
        self.change.changed != Changed::Unknown && self.change.concerns(field)
    }

    fn is_visible(&self) -> bool {
        let rules = self.rules;
        let tracking = rules.tracking.iter().flat_map(|fields| {
            [Some(&fields.carrier), Some(&fields.number), fields.url.as_ref()].into_iter().flatten()
        });
        let own = [&rules.status, &rules.account, &rules.note].into_iter().flatten();
        rules.visible.iter().chain(own).chain(tracking).any(|field| self.change.concerns(field))
    }

    /// Whether the status may have come by this change.
    fn arrives(&self) -> bool {
        self.rules.status.as_ref().is_some_and(|field| self.change.concerns(field))
    }

    /// With a key of the event's own identity, of the order, and of what is told of it.
    fn keyed(&self, update: Update<L>, what: &str) -> Result<Update<L>, Malformed> {
        Ok(self.with_key(update, self.key(what)?))
    }

    fn with_key(&self, update: Update<L>, key: Option<IdempotencyKey>) -> Update<L> {
        let update = update.in_tenant(&self.rules.tenant);
        match key {
            Some(key) => update.with_key(key),
            None => update,
        }
    }

    fn key(&self, what: &str) -> Result<Option<IdempotencyKey>, Malformed> {
        let Some(identity) = &self.change.identity else { return Ok(None) };
        let parts = identity.0.iter().map(String::as_str);
        values::key_of(self.change, parts.chain([self.record, what])).map(Some)
    }

    fn key_of_content(&self, what: &str, texts: [&str; 3]) -> Result<IdempotencyKey, Malformed> {
        let digest = key::digest(texts.iter().flat_map(|text| [text.as_bytes(), b"\0"]));
        let digest = format!("{digest:032x}");
        values::key_of(self.change, ["told", &self.change.entity, self.record, what, &digest])
    }
}

pub(super) fn look_up<L: Lifecycle>(
    change: &Change,
    record: &str,
    fields: Vec<String>,
) -> Decision<L> {
    let (entity, record) = (change.entity.clone(), record.to_owned());
    Decision::LookUp(LookUp { entity, record, fields })
}
