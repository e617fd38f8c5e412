//! Defaults, each with its reason. Those that engines share are in
//! [`order_events_core::config`].

use std::time::Duration;

/// What every key begins with.
pub const PREFIX: &str = "oe";

/// How long any call waits for Redis: long enough for a server that is busy, short enough that a
/// request of a user's can be answered after it.
pub const TIMEOUT: Duration = Duration::from_secs(2);

/// How often every followed tenant is compared with its log, for a lost last wake-up would go
/// unnoticed: less than a heartbeat.
pub const POLL: Duration = Duration::from_secs(10);

/// Events of one order, and of one customer, that can be found by it. It is what a replay may bring
/// at most; who missed more is reset.
pub const ORDER_HISTORY: usize = 1_000;

/// Connections of a node by which appends are waited for, where that is asked. A wait holds up the
/// connection that it came by, so as many publishers as this wait without holding up each other.
pub const WAITING_CONNECTIONS: usize = 16;
