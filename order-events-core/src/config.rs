//! Limits and defaults, each with its reason.

use std::time::Duration;

/// Bytes of a name: an actor, an assignee, a carrier, a workflow, a stage, a custom event.
pub const MAX_NAME_BYTES: usize = 128;

/// Bytes of free text: a note, a reason, a message. A page shows it beside a status; what is longer
/// belongs behind a link.
pub const MAX_NOTE_BYTES: usize = 4 * 1024;

/// Bytes of a tracking URL: what browsers and carriers agree on.
pub const MAX_URL_BYTES: usize = 2 * 1024;

/// Bytes of a whole event's data. Every watcher's connection must be able to buffer one.
pub const MAX_EVENT_BYTES: usize = 64 * 1024;

/// Levels of arrays and objects in a user's own JSON. serde_json reads 128, of which an event, a
/// snapshot and a page around it need some.
pub const MAX_JSON_DEPTH: usize = 64;

/// Entries of an order's timeline: more than any order's page shows, little enough to send whole.
/// Staff's entries count, so the public may be shown fewer.
pub const TIMELINE_ENTRIES: usize = 64;

/// How often `publish` re-reads and re-plans after a lost race before it answers `Conflict`.
///
/// Each round somebody won, so this is how many others may come first.
pub const PUBLISH_ATTEMPTS: usize = 128;

/// Events a watch point keeps for readers that have not taken them yet. Who falls further behind is
/// served from the log.
pub const WINDOW_EVENTS: usize = 256;

/// Events served from the log to a reader that is behind; beyond it the reader is reset.
pub const REPLAY_EVENTS: usize = 1_000;

/// Events of a replay that a reader holds at a time: one that stops in the middle of it keeps no
/// more than these from being let go.
pub const REPLAY_CHUNK: usize = 64;

/// Bytes of event data served from the log to a reader that is behind, likewise.
pub const REPLAY_BYTES: usize = 1024 * 1024;

/// Snapshots that come on the stream itself; a larger scope is told to page.
pub const INLINE_SNAPSHOTS: usize = 256;

/// Subscriptions of one principal: some tabs on some devices.
pub const MAX_PER_PRINCIPAL: usize = 64;

/// Subscriptions of one scope and audience. No bound by default: one product drop is one order for
/// all.
pub const MAX_PER_SCOPE: usize = usize::MAX;

/// Subscriptions in all, per process: about what one process may have of open sockets.
pub const MAX_SUBSCRIPTIONS: usize = 100_000;

/// Polls that a subscription's driver may miss of those it promised, before its place goes to others
/// where a limit is reached. By the wire's default heartbeat that is a minute.
pub const SILENT_POLLS: u32 = 4;

/// How long after its last event a quiet order's stream is ended.
pub const QUIET_GRACE: Duration = Duration::from_secs(24 * 60 * 60);

/// What a reader whose stream ended for `quiet` is told to wait before it comes back.
pub const QUIET_RETRY: Duration = Duration::from_secs(10 * 60);

/// The span over which readers of a drained node are told to come back, each at a time of its own.
pub const DRAIN_SPREAD: Duration = Duration::from_secs(10);

/// Events a tenant's log retains in memory.
pub const RETAIN_EVENTS: usize = 100_000;

/// How long a tenant's log retains an event in memory, unless [`RETAIN_EVENTS`] lets it go earlier. A
/// laptop that sleeps over a long weekend resumes without a reset.
pub const RETAIN_AGE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How long an idempotency key is remembered: longer than any retry policy one should have.
pub const KEY_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// Idempotency keys remembered per tenant; the oldest go first.
pub const MAX_KEYS: usize = 1_000_000;

/// What one hub allows, and how it behaves. [`Default`] gives the constants of this module.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Config {
    /// See [`WINDOW_EVENTS`]; at least 1.
    pub window_events: usize,
    /// See [`REPLAY_EVENTS`].
    pub replay_events: usize,
    /// See [`REPLAY_BYTES`].
    pub replay_bytes: usize,
    /// See [`INLINE_SNAPSHOTS`].
    pub inline_snapshots: usize,
    /// See [`MAX_PER_PRINCIPAL`].
    pub max_per_principal: usize,
    /// What happens to a principal's subscription too many.
    pub when_principal_is_full: WhenFull,
    /// See [`MAX_PER_SCOPE`].
    pub max_per_scope: usize,
    /// See [`MAX_SUBSCRIPTIONS`].
    pub max_subscriptions: usize,
    /// See [`QUIET_GRACE`]; none keeps quiet streams open.
    pub quiet_grace: Option<Duration>,
    /// See [`QUIET_RETRY`].
    pub quiet_retry: Duration,
    /// See [`DRAIN_SPREAD`].
    pub drain_spread: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            window_events: WINDOW_EVENTS,
            replay_events: REPLAY_EVENTS,
            replay_bytes: REPLAY_BYTES,
            inline_snapshots: INLINE_SNAPSHOTS,
            max_per_principal: MAX_PER_PRINCIPAL,
            when_principal_is_full: WhenFull::Refuse,
            max_per_scope: MAX_PER_SCOPE,
            max_subscriptions: MAX_SUBSCRIPTIONS,
            quiet_grace: Some(QUIET_GRACE),
            quiet_retry: QUIET_RETRY,
            drain_spread: DRAIN_SPREAD,
        }
    }
}

/// What happens to a principal's subscription too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenFull {
    /// It is refused.
    #[default]
    Refuse,
    /// It is let in, and the principal's oldest one ends as `replaced`. At most as many again as are
    /// allowed may be on their way out; then it is refused, too.
    ReplaceOldest,
}
