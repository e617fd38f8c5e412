//! Every limit and default, each with its reason. The browser's client has the same ones.

use std::time::Duration;

use order_events_sse::Limits;

/// The silence that is expected between two heartbeats until the server says what it does: its own
/// default, and the fifth by which it may be longer.
pub const HEARTBEAT: Duration = Duration::from_secs(18);

/// After how many heartbeats without a byte, in percent, a stream is called stale: one is overdue.
pub const STALE_PERCENT: u32 = 125;

/// After how many a stream is given up. Two may be lost or late.
pub const SILENT_PERCENT: u32 = 250;

/// How long the head of an answer may take, credentials included. The server itself waits 5 s each
/// for whoever authorises and for the log before it refuses.
pub const HEAD: Duration = Duration::from_secs(15);

/// How long after its head a stream's first byte may take. The server sends it at once, so what
/// takes longer is held back by somebody in between.
pub const FIRST_BYTE: Duration = Duration::from_secs(5);

/// How often the other end of an HTTP/2 connection is asked whether it is there …
pub const PING: Duration = Duration::from_secs(15);

/// … and how long it may take to answer: together less than a silence that ends a stream, so that
/// what follows it is asked on a connection that is alive.
pub const PING_PATIENCE: Duration = Duration::from_secs(10);

/// What the wait after a first failure is drawn from; it doubles with each further one …
pub const BACKOFF: Duration = Duration::from_secs(1);

/// … up to this.
pub const MAX_BACKOFF: Duration = Duration::from_secs(30);

/// The longest that a server's word to come back later is taken for.
pub const MAX_TOLD: Duration = Duration::from_secs(60 * 60);

/// Who has been connected for as long has not failed, however it ended.
pub const STABLE: Duration = Duration::from_secs(10);

/// After how many failures in a row polling takes over.
pub const POLL_AFTER: u32 = 3;

/// How long the server is asked to hold a poll: below the 30 s that it is ready to, and below the
/// 60 s after which proxies give up. Sent in whole seconds.
pub const POLL_WAIT: Duration = Duration::from_secs(25);

/// How long a poll may take beyond that.
pub const POLL_SLACK: Duration = Duration::from_secs(10);

/// The pause after an empty poll that was not held: without it, a server that knows no `wait` would
/// be asked without end.
pub const POLL_PAUSE: Duration = Duration::from_secs(3);

/// How long to poll before a stream is tried again; it doubles each time in vain …
pub const PROBE: Duration = Duration::from_secs(30);

/// … up to this.
pub const MAX_PROBE: Duration = Duration::from_secs(5 * 60);

/// The most bytes of a page of events or orders. The server's own stop at 1 MiB, and one event or a
/// few long timelines more.
pub const PAGE_BYTES: usize = 16 * 1024 * 1024;

/// Redirects that one request follows.
pub const REDIRECTS: usize = 5;

/// Cursors that are remembered, to know again what comes twice.
pub const REMEMBERED_CURSORS: usize = 1024;

/// Orders whose versions are remembered for the same; twice as many at most, some 100 bytes each.
/// Those that went longest without a word are forgotten first. Of a forgotten one, what comes twice
/// is still known by its cursor.
pub const REMEMBERED_ORDERS: usize = 65_536;

/// What a client may be told. [`Default`] gives the constants of this module.
///
/// ```
/// use std::time::Duration;
/// use order_events_client::Settings;
///
/// let settings = Settings::default().configure(|settings| {
///     settings.max_backoff = Duration::from_secs(60);
/// });
/// assert_eq!(settings.max_backoff, Duration::from_secs(60));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// See [`HEARTBEAT`].
    pub heartbeat: Duration,
    /// See [`HEAD`].
    pub head: Duration,
    /// See [`FIRST_BYTE`].
    pub first_byte: Duration,
    /// See [`BACKOFF`].
    pub backoff: Duration,
    /// See [`MAX_BACKOFF`].
    pub max_backoff: Duration,
    /// See [`MAX_TOLD`].
    pub max_told: Duration,
    /// See [`STABLE`].
    pub stable: Duration,
    /// See [`POLL_AFTER`]; at least 1.
    pub poll_after: u32,
    /// See [`POLL_WAIT`].
    pub poll_wait: Duration,
    /// See [`POLL_SLACK`].
    pub poll_slack: Duration,
    /// See [`POLL_PAUSE`].
    pub poll_pause: Duration,
    /// See [`PROBE`].
    pub probe: Duration,
    /// See [`MAX_PROBE`].
    pub max_probe: Duration,
    /// What a line and an event of a stream may have: 1 MiB and 4 MiB.
    pub stream: Limits,
    /// See [`PAGE_BYTES`].
    pub page_bytes: usize,
    /// See [`REMEMBERED_CURSORS`]; at least 1.
    pub remembered_cursors: usize,
    /// See [`REMEMBERED_ORDERS`]; at least 1.
    pub remembered_orders: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            heartbeat: HEARTBEAT,
            head: HEAD,
            first_byte: FIRST_BYTE,
            backoff: BACKOFF,
            max_backoff: MAX_BACKOFF,
            max_told: MAX_TOLD,
            stable: STABLE,
            poll_after: POLL_AFTER,
            poll_wait: POLL_WAIT,
            poll_slack: POLL_SLACK,
            poll_pause: POLL_PAUSE,
            probe: PROBE,
            max_probe: MAX_PROBE,
            stream: Limits::default(),
            page_bytes: PAGE_BYTES,
            remembered_cursors: REMEMBERED_CURSORS,
            remembered_orders: REMEMBERED_ORDERS,
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
}
