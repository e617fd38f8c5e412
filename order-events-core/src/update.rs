//! What a caller asks for.

use serde_json::Value;

use crate::event::{EventName, StageState, Visibility};
use crate::id::{CustomerId, IdempotencyKey, OrderId, TenantId};
use crate::lifecycle::Lifecycle;
use crate::status::OrderStatus;

/// One wish about one order: made here, validated by [`plan`](crate::plan::plan) alone.
///
/// Where no hub says which lifecycle is meant, the type does: `let update: Update = …`.
///
/// ```
/// use order_events_core::{IdempotencyKey, OrderId, OrderStatus, Update};
///
/// let order = OrderId::new("42")?;
/// let update = Update::status(&order, OrderStatus::Shipped)
///     .with_note("Shipped via FedEx")
///     .with_actor("anna@shop.example")
///     .with_key(IdempotencyKey::new("warehouse-scan-991")?);
/// # let _ = update;
/// # Ok::<(), order_events_core::Invalid>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Update<L: Lifecycle = OrderStatus> {
    pub(crate) tenant: TenantId,
    pub(crate) order: OrderId,
    pub(crate) action: Action<L>,
    pub(crate) note: Option<String>,
    pub(crate) actor: Option<String>,
    pub(crate) show_actor: bool,
    pub(crate) customer: Option<CustomerId>,
    pub(crate) visibility: Option<Visibility>,
    pub(crate) key: Option<IdempotencyKey>,
    pub(crate) expected: Option<Expected<L>>,
    pub(crate) or_create: bool,
    pub(crate) assumed: Option<L>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action<L> {
    Create { status: L },
    Status { status: L },
    Attach,
    Note,
    Assign { assignee: Option<String> },
    Track { carrier: String, number: String, url: Option<String> },
    Stage(Stage),
    Progress { percent: u8, message: Option<String>, of: Option<(String, String)> },
    Fail { reason: String },
    Delete,
    Custom { name: EventName, data: Value },
}

/// What the caller believes of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected<L> {
    /// It does not exist.
    Absent,
    /// It has this version.
    Version(u64),
    /// It has this status.
    Status(L),
}

/// The report of one stage of a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// The workflow's id.
    pub workflow: String,
    /// The stage's name.
    pub stage: String,
    /// What became of it.
    pub state: StageState,
    /// What it found.
    pub result: Option<Value>,
    /// Why it failed; staff's.
    pub reason: Option<String>,
}

impl<L: Lifecycle> Update<L> {
    fn new(order: impl Into<OrderId>, action: Action<L>) -> Self {
        Self {
            tenant: TenantId::default(),
            order: order.into(),
            action,
            note: None,
            actor: None,
            show_actor: false,
            customer: None,
            visibility: None,
            key: None,
            expected: None,
            or_create: false,
            assumed: None,
        }
    }

    /// The tenant it is for.
    pub fn tenant_id(&self) -> &TenantId {
        &self.tenant
    }

    /// The order it is for.
    pub fn order_id(&self) -> &OrderId {
        &self.order
    }

    /// Its key, if it has one.
    pub fn key(&self) -> Option<&IdempotencyKey> {
        self.key.as_ref()
    }

    /// The order exists, in the lifecycle's first status.
    ///
    /// Where it exists already with that status this changes nothing (a note beside it is then a
    /// note event, so a webhook that may repeat itself brings a key); with another status it is a
    /// conflict.
    pub fn create(order: impl Into<OrderId>) -> Self {
        Self::create_as(order, L::INITIAL)
    }

    /// The order exists, in this status: for orders that were begun elsewhere.
    pub fn create_as(order: impl Into<OrderId>, status: L) -> Self {
        Self::new(order, Action::Create { status })
    }

    /// The order moves to this status. Where it has that status already, a note makes this a note
    /// event, and without one it changes nothing.
    pub fn status(order: impl Into<OrderId>, status: L) -> Self {
        Self::new(order, Action::Status { status })
    }

    /// The order belongs to this customer: a guest signed in. An order that is somebody else's
    /// stays theirs.
    pub fn attach(order: impl Into<OrderId>, customer: impl Into<CustomerId>) -> Self {
        Self::new(order, Action::Attach).with_customer(customer)
    }

    /// A remark, staff's unless [`public`](Self::public).
    pub fn note(order: impl Into<OrderId>, note: impl Into<String>) -> Self {
        Self::new(order, Action::Note).with_note(note)
    }

    /// Somebody works on it. Staff's unless [`public`](Self::public).
    pub fn assign(order: impl Into<OrderId>, assignee: impl Into<String>) -> Self {
        Self::new(order, Action::Assign { assignee: Some(assignee.into()) })
    }

    /// Nobody works on it any more. Staff's unless [`public`](Self::public).
    pub fn unassign(order: impl Into<OrderId>) -> Self {
        Self::new(order, Action::Assign { assignee: None })
    }

    /// The parcel's number, and the carrier's page for it.
    pub fn tracking(
        order: impl Into<OrderId>,
        carrier: impl Into<String>,
        number: impl Into<String>,
        url: Option<String>,
    ) -> Self {
        let (carrier, number) = (carrier.into(), number.into());
        Self::new(order, Action::Track { carrier, number, url })
    }

    /// A stage of a workflow began or ended.
    pub fn stage(order: impl Into<OrderId>, stage: Stage) -> Self {
        Self::new(order, Action::Stage(stage))
    }

    /// How far the work is, 0 to 100.
    pub fn progress(order: impl Into<OrderId>, percent: u8, message: Option<String>) -> Self {
        Self::new(order, Action::Progress { percent, message, of: None })
    }

    /// How far a stage of a workflow is, 0 to 100.
    pub fn stage_progress(
        order: impl Into<OrderId>,
        workflow: impl Into<String>,
        stage: impl Into<String>,
        percent: u8,
        message: Option<String>,
    ) -> Self {
        let of = Some((workflow.into(), stage.into()));
        Self::new(order, Action::Progress { percent, message, of })
    }

    /// Something went wrong. Staff's unless [`public`](Self::public).
    pub fn fail(order: impl Into<OrderId>, reason: impl Into<String>) -> Self {
        Self::new(order, Action::Fail { reason: reason.into() })
    }

    /// The order is gone. It is told so, and reads as absent from then on.
    pub fn delete(order: impl Into<OrderId>) -> Self {
        Self::new(order, Action::Delete)
    }

    /// An event of the user's own.
    pub fn custom(order: impl Into<OrderId>, name: EventName, data: Value) -> Self {
        Self::new(order, Action::Custom { name, data })
    }

    /// … of this tenant instead of the default one.
    #[must_use]
    pub fn in_tenant(mut self, tenant: impl Into<TenantId>) -> Self {
        self.tenant = tenant.into();
        self
    }

    /// … with a word on it, for those who see the event. For `create`, `status` and `note`; others
    /// refuse it.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// … done by this person or service. Staff's unless [`show_actor`](Self::show_actor).
    #[must_use]
    pub fn with_actor(mut self, actor: impl Into<String>) -> Self {
        self.actor = Some(actor.into());
        self
    }

    /// … and everybody may read who did it.
    #[must_use]
    pub fn show_actor(mut self) -> Self {
        self.show_actor = true;
        self
    }

    /// … and the order is this customer's. For `create`, `status` and `attach`, and for what may
    /// create the order; others refuse it.
    #[must_use]
    pub fn with_customer(mut self, customer: impl Into<CustomerId>) -> Self {
        self.customer = Some(customer.into());
        self
    }

    /// … visible to whoever may watch the order, whatever its kind.
    #[must_use]
    pub fn public(mut self) -> Self {
        self.visibility = Some(Visibility::Public);
        self
    }

    /// … visible to staff only. For reports: what an order is and whose it is, `create`, `status`,
    /// `attach` and `delete`, concerns all who may watch it and refuses this.
    #[must_use]
    pub fn staff_only(mut self) -> Self {
        self.visibility = Some(Visibility::Staff);
        self
    }

    /// … once: a repeated call with the same key and content answers `Duplicate`.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<IdempotencyKey>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// … only if the order has this version.
    #[must_use]
    pub fn expecting_version(mut self, version: u64) -> Self {
        self.expected = Some(Expected::Version(version));
        self
    }

    /// … only if the order has this status.
    #[must_use]
    pub fn expecting_status(mut self, status: L) -> Self {
        self.expected = Some(Expected::Status(status));
        self
    }

    /// … only if the order does not exist.
    #[must_use]
    pub fn expecting_absent(mut self) -> Self {
        self.expected = Some(Expected::Absent);
        self
    }

    /// … and where the log does not know the order, this creates it, in the status it names or else
    /// in the lifecycle's first. A report (a note, say) cannot tell a status, so there the creation
    /// is an event of its own before it. `delete` refuses this.
    #[must_use]
    pub fn or_create(mut self) -> Self {
        self.or_create = true;
        self
    }

    /// … and where the log does not know the order (any more), it had this status: for orders
    /// whose truth is in the caller's own database. Before a report the log is told of the order by a
    /// creation of its own. `delete` refuses this.
    ///
    /// The log does not know either whose the order was: say it by
    /// [`with_customer`](Self::with_customer), or the customer's streams do not see it.
    #[must_use]
    pub fn assuming(mut self, status: L) -> Self {
        self.assumed = Some(status);
        self
    }
}
