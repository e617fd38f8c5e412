//! Defaults, each with its reason.

use std::time::Duration;

/// How long a worker has a job before another may take it over. It is extended while the worker is
/// at it, so it need not be as long as the job takes: only longer than a worker may stand still.
pub const LEASE: Duration = Duration::from_secs(30);

/// How often a job is tried before it is a dead letter. With the waits below that is about half an
/// hour: longer than what heals by itself takes, shorter than a customer's patience.
pub const ATTEMPTS: u32 = 10;

/// The wait after the first attempt, which doubles with each further one, and is spread by jitter.
pub const FIRST_RETRY: Duration = Duration::from_secs(2);

/// The longest wait between two attempts.
pub const LONGEST_RETRY: Duration = Duration::from_secs(5 * 60);

/// How long a queue remembers a trigger: longer than any source delivers again what it delivered.
/// Salesforce keeps events for three days, Kafka by default for seven.
pub const REMEMBER: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How long a worker that has nothing to do waits for a job at a time.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// What every key of the queue on Redis begins with: another than that of the log, whose keys are
/// the engine's alone.
#[cfg(feature = "redis")]
pub const REDIS_PREFIX: &str = "oe-jobs";

/// How long a call of the queue on Redis waits for it.
#[cfg(feature = "redis")]
pub const REDIS_TIMEOUT: Duration = Duration::from_secs(2);

/// How often a worker that waits at a queue on Redis looks for itself. It is told of new jobs, but not
/// of a lease that is over: beside a lease a second is nothing, and a hundred idle workers are nothing
/// to a server.
#[cfg(feature = "redis")]
pub const LOOK_EVERY: Duration = Duration::from_secs(1);

/// … and how often where it cannot be told: soon enough that nobody notices.
#[cfg(feature = "redis")]
pub const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Orders that a cache keeps: what a service's customers look at within some minutes.
pub const CACHE_ORDERS: u64 = 10_000;

/// How long a cache keeps an order at most, should an invalidation never come.
pub const CACHE_AGE: Duration = Duration::from_secs(5 * 60);

/// Places that say when orders, and accounts, were invalidated: one in so many other orders is
/// loaded again along with one that is invalidated. 128 KiB for each of the two.
pub const CACHE_STRIPES: usize = 16 * 1024;
