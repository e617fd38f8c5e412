//! Names of events: ours, and those that users may choose.

use std::borrow::Cow;
use std::fmt;

use crate::config::MAX_NAME_BYTES;
use crate::invalid::{Invalid, Why};

/// The kinds this version knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Known {
    /// `order.created`
    Created,
    /// `order.status`
    Status,
    /// `order.customer`
    Customer,
    /// `order.note`
    Note,
    /// `order.assigned`
    Assigned,
    /// `order.tracking`
    Tracking,
    /// `order.stage`
    Stage,
    /// `order.progress`
    Progress,
    /// `order.failed`
    Failed,
    /// `order.deleted`
    Deleted,
}

impl Known {
    /// Every one.
    pub const ALL: [Self; 10] = [
        Self::Created,
        Self::Status,
        Self::Customer,
        Self::Note,
        Self::Assigned,
        Self::Tracking,
        Self::Stage,
        Self::Progress,
        Self::Failed,
        Self::Deleted,
    ];

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "order.created",
            Self::Status => "order.status",
            Self::Customer => "order.customer",
            Self::Note => "order.note",
            Self::Assigned => "order.assigned",
            Self::Tracking => "order.tracking",
            Self::Stage => "order.stage",
            Self::Progress => "order.progress",
            Self::Failed => "order.failed",
            Self::Deleted => "order.deleted",
        }
    }

    /// The kind with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// Whether it belongs in an order's timeline.
    pub const fn is_timeline(self) -> bool {
        matches!(
            self,
            Self::Created
                | Self::Status
                | Self::Note
                | Self::Assigned
                | Self::Tracking
                | Self::Failed
        )
    }

    /// Whether it reports on work under way.
    pub const fn is_work(self) -> bool {
        matches!(self, Self::Stage | Self::Progress)
    }
}

/// The prefix of our own kinds, which no custom event may have.
pub const RESERVED_PREFIX: &str = "order.";

/// Names that mean something else on the stream: `open` and `error` are `EventSource`'s own, the
/// others are ours.
pub const RESERVED_NAMES: [&str; 7] =
    ["open", "error", "ready", "snapshot", "reset", "end", "heartbeat"];

/// The name of an event's kind.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EventName(Cow<'static, str>);

impl EventName {
    /// A name of the user's own: 1 to [`MAX_NAME_BYTES`] bytes without control characters, not
    /// one of [`RESERVED_NAMES`] and without the prefix [`RESERVED_PREFIX`].
    pub fn custom(name: impl Into<String>) -> Result<Self, Invalid> {
        let name = name.into();
        crate::invalid::text("event", &name, MAX_NAME_BYTES)?;
        if name.starts_with(RESERVED_PREFIX) || RESERVED_NAMES.contains(&name.as_str()) {
            return Err(Invalid { field: "event", why: Why::Reserved { name } });
        }
        Ok(Self(Cow::Owned(name)))
    }

    /// A name as an engine stored it, whatever it is.
    pub fn stored(name: &str) -> Self {
        match Known::parse(name) {
            Some(known) => known.into(),
            None => Self(Cow::Owned(name.to_owned())),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Which of ours it is, if any.
    pub fn known(&self) -> Option<Known> {
        Known::parse(&self.0)
    }
}

impl From<Known> for EventName {
    fn from(known: Known) -> Self {
        Self(Cow::Borrowed(known.name()))
    }
}

impl fmt::Debug for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventName({})", self.0)
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
