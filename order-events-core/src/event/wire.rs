//! The JSON of events, in both directions.
//!
//! One flat object of optional fields serves every kind: the table of what belongs to which kind is
//! the two `match`es below.

use std::borrow::Cow;

use serde::de::Error as _;
use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::json::{Object, Serialized, Written};
use super::{EventKind, EventName, Known, OrderEvent, StageState, Visibility};
use crate::id::{CustomerId, OrderId};
use crate::lifecycle::Lifecycle;
use crate::time::Timestamp;

/// Every field that an event of ours can have.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Fields<'a> {
    order_id: Option<Cow<'a, OrderId>>,
    version: Option<u64>,
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
    #[serde(borrow)]
    previous_status: Option<Cow<'a, str>>,
    timestamp: Option<Timestamp>,
    #[serde(borrow)]
    note: Option<Cow<'a, str>>,
    #[serde(borrow)]
    assignee: Option<Cow<'a, str>>,
    #[serde(borrow)]
    carrier: Option<Cow<'a, str>>,
    #[serde(borrow)]
    tracking_number: Option<Cow<'a, str>>,
    #[serde(borrow)]
    tracking_url: Option<Cow<'a, str>>,
    #[serde(borrow)]
    workflow: Option<Cow<'a, str>>,
    #[serde(borrow)]
    stage: Option<Cow<'a, str>>,
    state: Option<StageState>,
    result: Option<Cow<'a, Value>>,
    progress: Option<u8>,
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
    data: Option<Cow<'a, Value>>,
    #[serde(borrow)]
    reason: Option<Cow<'a, str>>,
    customer_id: Option<Cow<'a, CustomerId>>,
    visibility: Visibility,
    #[serde(borrow)]
    actor: Option<Cow<'a, str>>,
}

impl Fields<'_> {
    /// The fields there are, in the order in which they are written everywhere.
    fn tell<O: Object>(&self, to: &mut O) -> Result<(), O::Error> {
        to.maybe("orderId", self.order_id.as_ref().map(|id| id.as_str()))?;
        to.maybe_value("version", self.version.as_ref())?;
        to.maybe("status", self.status.as_deref())?;
        to.maybe("previousStatus", self.previous_status.as_deref())?;
        to.maybe_value("timestamp", self.timestamp.as_ref())?;
        to.maybe("note", self.note.as_deref())?;
        to.maybe("assignee", self.assignee.as_deref())?;
        to.maybe("carrier", self.carrier.as_deref())?;
        to.maybe("trackingNumber", self.tracking_number.as_deref())?;
        to.maybe("trackingUrl", self.tracking_url.as_deref())?;
        to.maybe("workflow", self.workflow.as_deref())?;
        to.maybe("stage", self.stage.as_deref())?;
        to.maybe_value("state", self.state.as_ref())?;
        to.maybe_value("result", self.result.as_ref())?;
        to.maybe_value("progress", self.progress.as_ref())?;
        to.maybe("message", self.message.as_deref())?;
        to.maybe_value("data", self.data.as_ref())?;
        to.maybe("reason", self.reason.as_deref())?;
        to.maybe("customerId", self.customer_id.as_ref().map(|id| id.as_str()))?;
        if self.visibility != Visibility::Public {
            to.value("visibility", &self.visibility)?;
        }
        to.maybe("actor", self.actor.as_deref())
    }

    fn to_json(&self) -> Box<str> {
        let mut object = Written::new();
        // Writing to memory cannot fail, and none of our types refuses to be serialised: all keys
        // are strings.
        let _cannot_fail = self.tell(&mut object);
        object.finish()
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.tell(&mut Serialized(&mut map))?;
        map.end()
    }
}

/// Everything the event says, to staff.
fn fields<L: Lifecycle>(event: &OrderEvent<L>) -> Fields<'_> {
    let mut fields = Fields {
        order_id: Some(Cow::Borrowed(&event.order_id)),
        version: Some(event.version),
        timestamp: Some(event.timestamp),
        visibility: event.visibility,
        actor: event.actor.as_deref().map(Cow::Borrowed),
        ..Fields::default()
    };
    match &event.kind {
        EventKind::Created { status, customer, note } => {
            fields.status = Some(status.token().into());
            fields.note = note.as_deref().map(Cow::Borrowed);
            fields.customer_id = customer.as_ref().map(Cow::Borrowed);
        }
        EventKind::Status { status, previous, customer, note } => {
            fields.status = Some(status.token().into());
            fields.previous_status = Some(previous.token().into());
            fields.note = note.as_deref().map(Cow::Borrowed);
            fields.customer_id = customer.as_ref().map(Cow::Borrowed);
        }
        EventKind::CustomerAttached { customer, status } => {
            fields.status = Some(status.token().into());
            fields.customer_id = customer.as_ref().map(Cow::Borrowed);
        }
        EventKind::Note { note } => fields.note = Some(note.into()),
        EventKind::Assigned { assignee } => {
            fields.assignee = assignee.as_deref().map(Cow::Borrowed);
        }
        EventKind::Tracking { carrier, number, url } => {
            fields.carrier = Some(carrier.into());
            fields.tracking_number = Some(number.into());
            fields.tracking_url = url.as_deref().map(Cow::Borrowed);
        }
        EventKind::Stage { workflow, stage, state, result, reason } => {
            fields.workflow = Some(workflow.into());
            fields.stage = Some(stage.into());
            fields.state = Some(*state);
            fields.result = result.as_ref().map(Cow::Borrowed);
            fields.reason = reason.as_deref().map(Cow::Borrowed);
        }
        EventKind::Progress { percent, message, workflow, stage } => {
            fields.progress = Some(*percent);
            fields.message = message.as_deref().map(Cow::Borrowed);
            fields.workflow = workflow.as_deref().map(Cow::Borrowed);
            fields.stage = stage.as_deref().map(Cow::Borrowed);
        }
        EventKind::Failed { reason } => fields.reason = Some(reason.into()),
        EventKind::Custom { data, .. } => fields.data = Some(Cow::Borrowed(data)),
        EventKind::Deleted | EventKind::Unknown { .. } => {}
    }
    fields
}

/// Splits an event into what everybody may read and what staff alone may.
pub(super) fn write<L: Lifecycle>(
    event: &OrderEvent<L>,
    show_actor: bool,
) -> (Box<str>, Option<Box<str>>) {
    if let EventKind::Unknown { data, .. } = &event.kind {
        return (data.to_string().into_boxed_str(), None);
    }
    let mut public = fields(event);
    let is_stage = matches!(event.kind, EventKind::Stage { .. });
    let staff = Fields {
        customer_id: public.customer_id.take(),
        actor: if show_actor { None } else { public.actor.take() },
        reason: if is_stage { public.reason.take() } else { None },
        ..Fields::default()
    };
    let anything = staff.customer_id.is_some() || staff.actor.is_some() || staff.reason.is_some();
    (public.to_json(), anything.then(|| staff.to_json()))
}

/// Reads an event's data object. Fails only where it lacks what every event of ours has.
pub(super) fn read<L: Lifecycle>(
    name: &str,
    data: &str,
) -> Result<OrderEvent<L>, serde_json::Error> {
    let Head { order_id, version, timestamp, visibility, actor } = serde_json::from_str(data)?;
    let kind = serde_json::from_str(data).ok().and_then(|fields| read_kind(name, fields));
    let kind = match kind {
        Some(kind) => kind,
        None => EventKind::Unknown { name: name.to_owned(), data: serde_json::from_str(data)? },
    };
    Ok(OrderEvent { order_id, version, timestamp, actor, visibility, kind })
}

/// What every event has, whatever its kind.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    order_id: OrderId,
    version: u64,
    timestamp: Timestamp,
    #[serde(default)]
    visibility: Visibility,
    actor: Option<String>,
}

/// None where the kind is not known, or lacks what it must have.
fn read_kind<L: Lifecycle>(name: &str, fields: Fields<'_>) -> Option<EventKind<L>> {
    let own = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
    let status = fields.status.as_deref().and_then(L::parse);
    let Some(known) = Known::parse(name) else {
        let name = EventName::custom(name).ok()?;
        let data = fields.data.map(Cow::into_owned).unwrap_or_default();
        return Some(EventKind::Custom { name, data });
    };
    Some(match known {
        Known::Created => EventKind::Created {
            status: status?,
            customer: fields.customer_id.map(Cow::into_owned),
            note: own(fields.note),
        },
        Known::Status => EventKind::Status {
            status: status?,
            previous: L::parse(&fields.previous_status?)?,
            customer: fields.customer_id.map(Cow::into_owned),
            note: own(fields.note),
        },
        Known::Customer => EventKind::CustomerAttached {
            customer: fields.customer_id.map(Cow::into_owned),
            status: status?,
        },
        Known::Note => EventKind::Note { note: own(fields.note)? },
        Known::Assigned => EventKind::Assigned { assignee: own(fields.assignee) },
        Known::Tracking => EventKind::Tracking {
            carrier: own(fields.carrier)?,
            number: own(fields.tracking_number)?,
            url: own(fields.tracking_url),
        },
        Known::Stage => EventKind::Stage {
            workflow: own(fields.workflow)?,
            stage: own(fields.stage)?,
            state: fields.state?,
            result: fields.result.map(Cow::into_owned),
            reason: own(fields.reason),
        },
        Known::Progress => EventKind::Progress {
            percent: fields.progress.filter(|percent| *percent <= 100)?,
            message: own(fields.message),
            workflow: own(fields.workflow),
            stage: own(fields.stage),
        },
        Known::Failed => EventKind::Failed { reason: own(fields.reason)? },
        Known::Deleted => EventKind::Deleted,
    })
}

impl Serialize for Visibility {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Public => "public",
            Self::Staff => "staff",
        })
    }
}

impl<'de> Deserialize<'de> for Visibility {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Cow::<'de, str>::deserialize(deserializer)?.as_ref() {
            "public" => Ok(Self::Public),
            // What a later version calls otherwise is shown to fewer people rather than to more.
            _ => Ok(Self::Staff),
        }
    }
}

/// The whole event, staff's fields included: `{"event": name, "data": {…}}`.
///
/// What goes to the public is made from the log's record, which keeps staff's fields apart; this
/// form is for services that hand typed events to each other.
impl<L: Lifecycle> Serialize for OrderEvent<L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut event = serializer.serialize_struct("OrderEvent", 2)?;
        event.serialize_field("event", self.kind.name())?;
        match &self.kind {
            EventKind::Unknown { data, .. } => event.serialize_field("data", data)?,
            _ => event.serialize_field("data", &fields(self))?,
        }
        event.end()
    }
}

impl<'de, L: Lifecycle> Deserialize<'de> for OrderEvent<L> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Named {
            event: String,
            data: Value,
        }
        let Named { event, data } = Named::deserialize(deserializer)?;
        read(&event, &data.to_string()).map_err(D::Error::custom)
    }
}
