//! How the connection is, for whoever shows or watches it.

use std::fmt;

use tokio::sync::watch;

/// How the connection is.
///
/// ```text
///                 ┌────────────────────────────────────────┐
///                 ▼                                        │ lost
///   Connecting ─▶ Live ◀─▶ Stale ──────────────────────────┤
///       ▲         ▲                                        │
///       │         └── Polling ◀── streams fail ────────────┤
///       └──────────── Offline ◀── nobody can be reached ◀──┘     any ─▶ Closed
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// It is being made, for the first time or once more.
    Connecting,
    /// A stream is open and has been heard from lately.
    Live,
    /// Streams do not get through; polls do. A stream is tried now and then.
    Polling,
    /// A stream is open, but a heartbeat is overdue: what is known may be old.
    Stale,
    /// The server could not be reached at all.
    Offline,
    /// It is over, and nothing follows.
    Closed,
}

impl State {
    /// The word for it, the same as the browser's client has.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Polling => "polling",
            Self::Stale => "stale",
            Self::Offline => "offline",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Follows the [`State`] of one stream, from any task: for a health check, or a light on a page.
#[derive(Debug, Clone)]
pub struct States(pub(crate) watch::Receiver<State>);

impl States {
    /// How it is now.
    pub fn now(&self) -> State {
        *self.0.borrow()
    }

    /// Waits until it is otherwise than when this was last asked. None once the stream was dropped.
    ///
    /// States that come and go meanwhile are not told one by one: only how it is then.
    pub async fn changed(&mut self) -> Option<State> {
        self.0.changed().await.ok()?;
        Some(*self.0.borrow_and_update())
    }
}
