//! What a service makes of changes, as plain data.

use std::collections::{BTreeMap, BTreeSet};

use order_events_core::{Lifecycle, OrderStatus, TenantId};

mod salesforce;

/// What [`decide`](crate::decide) goes by: plain data, set up once.
///
/// [`Rules::salesforce`] has what an org with its standard objects needs; [`Rules::of`] begins with
/// nothing, for a table behind Debezium or for a lifecycle of your own.
///
/// ```
/// use order_events_cdc::{Rules, Key};
/// use order_events_core::OrderStatus;
///
/// let rules: Rules = Rules::of("public.orders", Key::Field("id".into()))
///     .status_in("status")
///     .status("new", OrderStatus::Pending)
///     .status("approved", OrderStatus::Processing)
///     .status("sent", OrderStatus::Shipped)
///     .account_in("customer_id")
///     .triggered_once_by(["approved"])
///     .visible(["total", "delivery_date"])
///     .items("public.order_lines", "order_id")
///     .visible_of_items(["quantity", "sku"]);
/// # let _ = rules;
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Rules<L: Lifecycle = OrderStatus> {
    /// The tenant whose orders these are.
    pub tenant: TenantId,
    /// Where orders are.
    pub entity: String,
    /// What of an order is its id.
    pub id: Key,
    /// The field of its status.
    pub status: Option<String>,
    /// What its statuses are in the lifecycle. One that is not here is skipped, and said so.
    pub statuses: BTreeMap<String, L>,
    /// The field of the account it belongs to. In the hub an account is a customer.
    pub account: Option<String>,
    /// The field of a remark to the customer.
    pub note: Option<String>,
    /// The fields of its parcel.
    pub tracking: Option<TrackingFields>,
    /// The fields that customers see, beside those above. Where one changes, what is cached of the
    /// order is not true any more; where none does, nothing is invalidated.
    pub visible: BTreeSet<String>,
    /// When to provision it.
    pub provisioning: Provisioning,
    /// Where its items are.
    pub items: Option<ItemRules>,
    /// Where somebody asks for its provisioning.
    pub requests: Option<RequestRules>,
}

/// What of a record is an order's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// The record's own id, which the source tells beside its fields.
    Record,
    /// This field, or column.
    Field(String),
}

/// The fields of an order's parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackingFields {
    /// Who carries it.
    pub carrier: String,
    /// The carrier's number.
    pub number: String,
    /// The carrier's page.
    pub url: Option<String>,
}

/// When an order is provisioned, and when it is not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Provisioning {
    /// Statuses whose arrival asks for it. An order is provisioned once by all of these together,
    /// unless [`attempt`](Self::attempt) says that this is another attempt.
    pub once: BTreeSet<String>,
    /// Statuses whose every arrival asks for it again.
    pub again: BTreeSet<String>,
    /// The field that says how far the provisioning is.
    pub activation: Option<String>,
    /// What [`activation`](Self::activation), or the status before, says of an order that is being
    /// provisioned or has been: nothing is done then.
    pub active: BTreeSet<String>,
    /// The field of the id that the order has where it was provisioned to: an order that has one
    /// is done.
    pub external_id: Option<String>,
    /// The field that numbers the attempts, from 1.
    pub attempt: Option<String>,
    /// Whether an order is looked up where a change says nothing of what the guards ask. Else what
    /// is not told does not stand in the way.
    pub is_strict: bool,
    /// Whether reading a table from the beginning provisions what it finds.
    pub by_reading: bool,
}

/// What concerns an order by way of its items.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ItemRules {
    /// Where items are.
    pub entity: String,
    /// The field of the order's id.
    pub order: String,
    /// The fields that customers see.
    pub visible: BTreeSet<String>,
}

/// What asks for an order's provisioning by a word of its own, beside what changes in the order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestRules {
    /// The kind of event.
    pub entity: String,
    /// The field of the order's id.
    pub order: String,
    /// The field of who asks; else it is who made the event.
    pub requested_by: Option<String>,
    /// The field of how urgent it is.
    pub priority: Option<String>,
    /// The field that numbers the attempts, from 1, as [`Provisioning::attempt`] does in the order.
    pub attempt: Option<String>,
}

impl RequestRules {
    /// Events of this kind, whose order is in this field.
    pub fn of(entity: impl Into<String>, order: impl Into<String>) -> Self {
        let (entity, order) = (entity.into(), order.into());
        Self { entity, order, requested_by: None, priority: None, attempt: None }
    }

    /// … and these are the fields of who asks, of how urgent it is, and of the attempt's number.
    #[must_use]
    pub fn with(mut self, requested_by: &str, priority: &str, attempt: &str) -> Self {
        self.requested_by = Some(requested_by.to_owned());
        self.priority = Some(priority.to_owned());
        self.attempt = Some(attempt.to_owned());
        self
    }
}

impl<L: Lifecycle> Rules<L> {
    /// Orders are in this entity, and this is their id. Nothing else is known of them yet.
    pub fn of(entity: impl Into<String>, id: Key) -> Self {
        Self {
            tenant: TenantId::default(),
            entity: entity.into(),
            id,
            status: None,
            statuses: BTreeMap::new(),
            account: None,
            note: None,
            tracking: None,
            visible: BTreeSet::new(),
            provisioning: Provisioning::default(),
            items: None,
            requests: None,
        }
    }

    /// … of this tenant instead of the default one.
    #[must_use]
    pub fn in_tenant(mut self, tenant: impl Into<TenantId>) -> Self {
        self.tenant = tenant.into();
        self
    }

    /// … and their status is in this field.
    #[must_use]
    pub fn status_in(mut self, field: impl Into<String>) -> Self {
        self.status = Some(field.into());
        self
    }

    /// … whose value `from` means this in the lifecycle.
    #[must_use]
    pub fn status(mut self, from: impl Into<String>, to: L) -> Self {
        self.statuses.insert(from.into(), to);
        self
    }

    /// … and this is the field of the account.
    #[must_use]
    pub fn account_in(mut self, field: impl Into<String>) -> Self {
        self.account = Some(field.into());
        self
    }

    /// … and what stands in this field is a note to the customer.
    #[must_use]
    pub fn note_in(mut self, field: impl Into<String>) -> Self {
        self.note = Some(field.into());
        self
    }

    /// … and these are the fields of the parcel.
    #[must_use]
    pub fn tracking_in(
        mut self,
        carrier: impl Into<String>,
        number: impl Into<String>,
        url: Option<&str>,
    ) -> Self {
        let (carrier, number) = (carrier.into(), number.into());
        self.tracking = Some(TrackingFields { carrier, number, url: url.map(str::to_owned) });
        self
    }

    /// … and customers see these fields, too.
    #[must_use]
    pub fn visible<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.visible.extend(fields.into_iter().map(Into::into));
        self
    }

    /// … and an order is provisioned when it gets one of these statuses, once.
    #[must_use]
    pub fn triggered_once_by<S: Into<String>>(
        mut self,
        statuses: impl IntoIterator<Item = S>,
    ) -> Self {
        self.provisioning.once.extend(statuses.into_iter().map(Into::into));
        self
    }

    /// … and again each time that it gets one of these.
    #[must_use]
    pub fn triggered_again_by<S: Into<String>>(
        mut self,
        statuses: impl IntoIterator<Item = S>,
    ) -> Self {
        self.provisioning.again.extend(statuses.into_iter().map(Into::into));
        self
    }

    /// … but not where this field, or the status before, has one of these values.
    #[must_use]
    pub fn not_while<S: Into<String>>(
        mut self,
        field: impl Into<String>,
        values: impl IntoIterator<Item = S>,
    ) -> Self {
        self.provisioning.activation = Some(field.into());
        self.provisioning.active.extend(values.into_iter().map(Into::into));
        self
    }

    /// … nor where it has an id there already.
    #[must_use]
    pub fn external_id_in(mut self, field: impl Into<String>) -> Self {
        self.provisioning.external_id = Some(field.into());
        self
    }

    /// … and this field numbers the attempts, from 1.
    #[must_use]
    pub fn attempt_in(mut self, field: impl Into<String>) -> Self {
        self.provisioning.attempt = Some(field.into());
        self
    }

    /// … and where a change says nothing of what the guards ask, the order is looked up.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.provisioning.is_strict = true;
        self
    }

    /// … and a table that is read from the beginning provisions what it finds.
    #[must_use]
    pub fn provisioning_by_reading(mut self) -> Self {
        self.provisioning.by_reading = true;
        self
    }

    /// … and items are in this entity, with their order's id in this field.
    #[must_use]
    pub fn items(mut self, entity: impl Into<String>, order: impl Into<String>) -> Self {
        let (entity, order) = (entity.into(), order.into());
        self.items = Some(ItemRules { entity, order, visible: BTreeSet::new() });
        self
    }

    /// … of which customers see these fields. Say first where [`items`](Self::items) are.
    #[must_use]
    pub fn visible_of_items<S: Into<String>>(
        mut self,
        fields: impl IntoIterator<Item = S>,
    ) -> Self {
        if let Some(items) = &mut self.items {
            items.visible.extend(fields.into_iter().map(Into::into));
        }
        self
    }

    /// … and these events ask for an order's provisioning.
    #[must_use]
    pub fn requests(mut self, requests: RequestRules) -> Self {
        self.requests = Some(requests);
        self
    }
}
