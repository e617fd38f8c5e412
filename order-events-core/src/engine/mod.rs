//! The log beneath the hub: two small traits, and the contract that every engine keeps.
//!
//! An engine stores untyped [`Record`]s. It knows no state machine, no wire format and no
//! subscriber; it is asked to compare and append, to read, and to pass on what was appended. The
//! suite in `order-events-conformance` holds any engine to the numbered rules below.
//!
//! # The contract
//!
//! **Appending**
//!
//! 1. *Contiguous seq.* Committed events of a tenant have seq 1, 2, 3 … in the order in which they
//!    were committed, and no other tenant moves them.
//! 2. *Contiguous version.* An event's version is one more than its order's last.
//! 3. *Compare and append.* Where the order's version is not [`Draft::expected`], or the log's epoch
//!    is not [`Draft::epoch`], nothing is stored and the answer is [`Appended::Conflict`] with the
//!    version it has.
//! 4. *The key is rechecked inside.* Where the key was used before, nothing is stored and the
//!    answer is [`Appended::KeySeen`], whatever the version: the key is looked at first.
//! 5. *All or nothing.* A call whose future is dropped at any await has stored the whole event or
//!    nothing, and holds no lock.
//! 6. *[`EngineError::Unavailable`] means that nothing was committed;* where that cannot be known
//!    the error is [`EngineError::Indeterminate`].
//!
//! **Reading**
//!
//! 7. *Read your writes.* What was acknowledged is seen by every read that begins later.
//! 8. *History is complete or says so.* It holds every event of the scope after the place asked
//!    for, in order, or [`History::dropped`] is above that place, or [`History::complete`] is
//!    false, which it is only where the reader may see more of what is there.
//! 9. *Expiry is judged per scope.* [`History::dropped`] is the highest seq of *this scope* that
//!    the log no longer holds. A scope that is not known, or was not when its first event came, may
//!    be one that was forgotten: for it the highest of those that were will do, and anything up to
//!    what the tenant has trimmed is allowed.
//! 10. *By index.* Reading an order's or a customer's history costs by what it returns, not by the
//!     size of the tenant.
//! 11. *Snapshots are not older than their head.* Each shows its order at or after
//!     [`Snapshots::head`], and every order that lived all through the paging is on a page.
//! 12. *Timelines outlive the log.* Trimming never shortens one.
//! 13. *An order is forgotten only when it is finished* (its [`Finality`](crate::Finality) is not
//!     `Open`, or it was deleted), its last event is trimmed and its keys have expired. Deleted
//!     orders are kept until then, so that their version goes on.
//!
//! **Following**
//!
//! 14. *In order, once.* A [`Tail`] is given each event of its tenant by increasing seq, without
//!     holes, one call at a time.
//! 15. *No gap at the seam.* What is appended after [`Log::follow`] returned, and not seen by a
//!     read that began after it returned, is given to the tail.
//! 16. *Or it says so.* Where 14 and 15 cannot be kept (a lost connection, a lost log), the engine
//!     calls [`Tail::interrupted`], and readers look for themselves. After it the seqs go on, with or
//!     without a hole, or begin again at 1.
//! 17. *Told before acknowledged* within one process: when `append` returns, the tails of the same
//!     engine value have been given the event, or will be without further help.
//!
//! **Epoch**
//!
//! 18. The epoch changes whenever an acknowledged event may have been lost, and a loss of nothing
//!     resets nobody: an engine that cannot tell begins another epoch and says in
//!     [`History::lineage`] up to which place the cursors of the former one are still true. What
//!     comes after that place has the new epoch; a tail is interrupted before it is given any of it.
//!
//! **Company**
//!
//! 19. *Nobody is woken under a lock:* whoever is woken may call the engine.
//! 20. *Announcements reach every node,* the announcer's own included, within a second. Nodes are held
//!     weakly, and one that is gone is let go of.
//! 21. *A token of no page of this log is refused* as [`EngineError::UnknownPage`].

mod answer;
mod cause;
pub mod memory;
mod record;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::task::Waker;

use async_trait::async_trait;
use smallvec::SmallVec;

pub use answer::Answer;
pub use cause::Cause;
pub use record::{
    Becomes, Current, Draft, Fingerprint, NewEvent, Prior, Record, Snapshot, State, Token,
};

use crate::cursor::{Cursor, Epoch};
use crate::event::Audience;
use crate::grant::Scope;
use crate::id::{CustomerId, IdempotencyKey, OrderId, Principal, TenantId};
use crate::time::Timestamp;

/// The reading half of an engine. See the [module](self) for its numbered contract.
#[async_trait]
pub trait Log: Send + Sync + 'static {
    /// An order's state and, where a key is given, what was published with it. `now` decides
    /// whether the key has expired, for engines without a clock of their own.
    ///
    /// It fails as [`EngineError::Indeterminate`] only where the key was used, and what came of it
    /// is not yet as safe as an acknowledgement would say.
    fn read<'a>(
        &'a self,
        tenant: &'a TenantId,
        order: &'a OrderId,
        key: Option<&'a IdempotencyKey>,
        now: Timestamp,
    ) -> Answer<'a, Current>;

    /// The events of a scope after the place `after`, oldest first.
    async fn history(
        &self,
        tenant: &TenantId,
        scope: &Scope,
        after: u64,
        limit: HistoryLimit,
    ) -> Result<History, EngineError>;

    /// The orders of a scope as they stand, a page at a time. Deleted ones are absent.
    async fn snapshots(
        &self,
        tenant: &TenantId,
        scope: &Scope,
        page: Option<&PageToken>,
        limit: usize,
    ) -> Result<Snapshots, EngineError>;

    /// Passes the tenant's events on to `tail` until the [`Follow`] is dropped.
    ///
    /// Called with the hub's locks held: it must return at once and must not call the tail before
    /// it has returned. Where an engine needs time to find its place, reads wait for that instead
    /// (rule 15).
    fn follow(&self, tenant: &TenantId, tail: Arc<dyn Tail>) -> Follow;

    /// Registers a node, to be told of notices from now on.
    fn attend(&self, node: Weak<dyn Node>);

    /// Whether the log could be reached when that was last tried. It is there to be shown: nothing
    /// is refused by it.
    fn is_reachable(&self) -> bool {
        true
    }
}

/// The writing half of an engine. See the [module](self) for its numbered contract.
#[async_trait]
pub trait Append: Log {
    /// Compares the order's version and the key, and appends.
    fn append<'a>(&'a self, tenant: &'a TenantId, draft: Draft) -> Answer<'a, Appended>;

    /// Tells every node of this engine, the caller's own included, within a second.
    async fn announce(&self, notice: Notice) -> Result<(), EngineError>;

    /// Whether an acknowledgement can be lost between engine and caller. If so, the hub mints a key
    /// for each update that came without one, so that a retry can tell what happened.
    fn replies_can_be_lost(&self) -> bool;
}

/// Both halves: what a hub stands on. Implemented for whatever has them.
pub trait Engine: Append {}

impl<E: Append> Engine for E {}

/// What an engine hands on as it is committed. Implemented by the hub.
pub trait Tail: Send + Sync {
    /// The next event of the tenant; `customer` is whose order it is after the event.
    ///
    /// Takes short locks, wakes nobody: whoever must be woken is put on `wakes`, which the engine
    /// drops, or empties by [`Wakes::wake`], once its own locks are released.
    fn committed(&self, record: &Arc<Record>, customer: Option<&CustomerId>, wakes: &mut Wakes);

    /// Something may be missing between the last event and the next: readers look for themselves.
    fn interrupted(&self, wakes: &mut Wakes);
}

/// What an engine tells of other nodes' doings. Implemented by the hub.
pub trait Node: Send + Sync {
    /// Another node, or this one, announced something.
    fn notice(&self, notice: &Notice);
}

/// What one node tells all others.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The streams of this principal are over.
    Revoked(Principal),
}

/// The tasks to be woken, collected under locks and woken outside of them.
///
/// Dropping it wakes them as well: a wake-up cannot be forgotten.
#[derive(Default)]
pub struct Wakes(SmallVec<[Waker; 4]>);

impl Wakes {
    /// Nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a task that is to be woken.
    pub fn push(&mut self, waker: Waker) {
        self.0.push(waker);
    }

    /// Wakes them all. No lock may be held: a waker may run anything.
    pub fn wake(&mut self) {
        for waker in self.0.drain(..) {
            // One that panics is not everybody's affair.
            let _panic = catch_unwind(AssertUnwindSafe(|| waker.wake()));
        }
    }
}

impl Drop for Wakes {
    fn drop(&mut self) {
        self.wake();
    }
}

impl fmt::Debug for Wakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wakes").field(&self.0.len()).finish()
    }
}

/// Keeps a [`Tail`] fed; dropping it ends that.
pub struct Follow(Option<Box<dyn FnOnce() + Send + Sync>>);

impl Follow {
    /// `end` is called once, when this is dropped, with no lock of the hub held.
    pub fn new(end: impl FnOnce() + Send + Sync + 'static) -> Self {
        Self(Some(Box::new(end)))
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        if let Some(end) = self.0.take() {
            end();
        }
    }
}

impl fmt::Debug for Follow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Follow")
    }
}

/// How much of a history is wanted at most, and for whom.
#[derive(Debug, Clone, Copy)]
pub struct HistoryLimit {
    /// Events this audience may not see are left out and do not count.
    pub audience: Audience,
    /// Events at most.
    pub events: usize,
    /// Bytes of their data at most; one event is returned however large it is.
    pub bytes: usize,
}

/// A scope's events after some place.
#[derive(Debug, Clone)]
pub struct History {
    /// The log's epoch.
    pub epoch: Epoch,
    /// The epochs it had before (rule 18): each with the last place up to which its cursors are
    /// still true. Empty where the log cannot lose a part of itself.
    pub lineage: Vec<Cursor>,
    /// The place of the tenant's last event when this was read.
    pub head: u64,
    /// The highest seq of this scope that the log no longer holds (rule 9); 0 for none.
    pub dropped: u64,
    /// The events, oldest first.
    pub records: Vec<Arc<Record>>,
    /// Whether `records` reaches up to `head`: false where a limit cut it short.
    pub complete: bool,
}

/// A page of orders as they stand.
#[derive(Debug, Clone)]
pub struct Snapshots {
    /// The log's epoch.
    pub epoch: Epoch,
    /// The place the snapshots are at least as new as.
    pub head: u64,
    /// The orders of this page.
    pub orders: Vec<Snapshot>,
    /// Where the next page begins; none after the last.
    pub next: Option<PageToken>,
}

/// Where the next page of snapshots begins: opaque text of the engine's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageToken(pub String);

/// What came of an append.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Appended {
    /// It is in the log.
    Committed {
        /// The log's epoch.
        epoch: Epoch,
        /// The event with its place.
        record: Arc<Record>,
    },
    /// The order's version was another, or the log's epoch; nothing was stored.
    Conflict {
        /// The version it has; 0 where the log does not know it.
        version: u64,
    },
    /// The key was used before; nothing was stored.
    KeySeen {
        /// The log's epoch.
        epoch: Epoch,
        /// What was published with it.
        prior: Prior,
    },
}

/// What an engine answers when it cannot. [`because`](Self::because) adds what kind of failure it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// Nothing was committed.
    #[error("the log cannot be reached: {what}")]
    Unavailable {
        /// What was tried, or what was found.
        what: String,
        /// The cause.
        #[source]
        source: Option<BoxError>,
    },
    /// The page token is not one of this log.
    #[error("not a page token of this log")]
    UnknownPage,
    /// The answer was lost: it may have been committed or not.
    #[error("the log's answer was lost: {what}")]
    Indeterminate {
        /// What was tried.
        what: String,
        /// The cause.
        #[source]
        source: Option<BoxError>,
    },
}

/// A cause of any kind.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl EngineError {
    /// [`EngineError::Unavailable`] without a cause.
    pub fn unavailable(what: impl Into<String>) -> Self {
        Self::Unavailable { what: what.into(), source: None }
    }
}
