//! What a door may be told, and its defaults, each with its reason.

use std::time::Duration;

use order_events_core::{Hub, Lifecycle};

/// How long a stream is silent before a heartbeat: well below the 60 s after which proxies and load
/// balancers give up on a connection.
pub const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long a stream may live. Reconnecting costs little and loses nothing, and it is what spreads
/// readers over nodes again after one was added.
pub const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// What a reader is told to wait at least before it reconnects; at most twice as long.
pub const RETRY: Duration = Duration::from_secs(2);

/// What a refused reader is told to wait at least before it asks again; at most twice as long.
pub const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Bytes above which no further event joins those that leave together.
pub const FRAME_BYTES: usize = 16 * 1024;

/// Events of one JSON page.
pub const PAGE_EVENTS: usize = 256;

/// Bytes of one JSON page, of events or of orders; one event, and a few orders, are given however
/// large they are.
pub const PAGE_BYTES: usize = 1024 * 1024;

/// Orders of one page of snapshots, where the request does not ask for fewer.
pub const PAGE_ORDERS: usize = 100;

/// The longest wait of a long poll: below the 60 s of proxies.
pub const MAX_WAIT: Duration = Duration::from_secs(30);

/// How long a request waits for whoever authorises it, who may have to ask a log or a store, and for
/// a slow log: for its beginning, then it is 503; and on a page for what was missed, then it is given
/// without what the log would have said.
pub const LOG_PATIENCE: Duration = Duration::from_secs(5);

/// What a door may be told. [`Default`] gives the constants of this module.
///
/// ```
/// use std::time::Duration;
/// use order_events_sse::server::Settings;
///
/// let settings = Settings::default().configure(|settings| {
///     settings.heartbeat = Duration::from_secs(5);
/// });
/// assert_eq!(settings.heartbeat, Duration::from_secs(5));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// See [`HEARTBEAT`]. Each stream's own is up to a fifth longer or shorter.
    pub heartbeat: Duration,
    /// See [`LIFETIME`]; none lets streams live as long as their connections. Each stream's own is
    /// up to a fifth longer or shorter.
    pub lifetime: Option<Duration>,
    /// See [`RETRY`].
    pub retry: Duration,
    /// See [`RETRY_AFTER`].
    pub retry_after: Duration,
    /// See [`FRAME_BYTES`].
    pub frame_bytes: usize,
    /// See [`PAGE_EVENTS`]; at least 1.
    pub page_events: usize,
    /// See [`PAGE_BYTES`]; at least 1.
    pub page_bytes: usize,
    /// See [`PAGE_ORDERS`]; at least 1.
    pub page_orders: usize,
    /// See [`MAX_WAIT`].
    pub max_wait: Duration,
    /// See [`LOG_PATIENCE`].
    pub log_patience: Duration,
    /// How a stream is refused for a reason that will pass.
    pub when_refused: WhenRefused,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            heartbeat: HEARTBEAT,
            lifetime: Some(LIFETIME),
            retry: RETRY,
            retry_after: RETRY_AFTER,
            frame_bytes: FRAME_BYTES,
            page_events: PAGE_EVENTS,
            page_bytes: PAGE_BYTES,
            page_orders: PAGE_ORDERS,
            max_wait: MAX_WAIT,
            log_patience: LOG_PATIENCE,
            when_refused: WhenRefused::default(),
        }
    }
}

impl Settings {
    /// These, changed.
    #[must_use]
    pub fn configure(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// What a refused reader is told: each another time.
    pub(crate) fn retry_after<L: Lifecycle>(&self, hub: &Hub<L>) -> Duration {
        self.retry_after.saturating_add(hub.spread(self.retry_after))
    }
}

/// How a stream is refused for a reason that will pass: the server, the scope or the principal has
/// too many, the node is going away, or the log or the authorizer cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenRefused {
    /// By 429 or 503 with `Retry-After`, which is what clients other than a browser's own
    /// `EventSource` understand.
    #[default]
    Status,
    /// By a stream that says `retry:` and `end`. A browser's own `EventSource` gives up for good on
    /// any error status; this keeps it coming back.
    Stream,
}
