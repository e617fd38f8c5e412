//! What may become of an order.
//!
//! ```text
//!                   (start)
//!                      │
//!                      ▼
//!  CANCELLED ◀──┬── PENDING
//!               │      │
//!               │      ▼
//!               └── PROCESSING ──┐
//!                      │         │
//!                      ▼         │
//!                   SHIPPED ─────┤
//!                      │         │
//!                      ▼         ▼
//!                   DELIVERED ─▶ REFUNDED
//! ```
//!
//! A [`Lifecycle`] is an enum with a table: for each status, what it may become. Ours is
//! [`OrderStatus`](crate::OrderStatus); you bring your own by implementing the trait on your own
//! enum. Nothing else in the crate knows the table, so that no second copy can disagree with it.
//!
//! The way through ours:
//!
//! ```
//! use order_events_core::{Finality, Lifecycle, OrderStatus::*, Transition};
//!
//! // An order begins as the lifecycle says.
//! let now = order_events_core::OrderStatus::INITIAL;
//! assert_eq!(now, Pending);
//! assert_eq!(now.next(), [Processing, Cancelled]);
//!
//! // Whoever holds a `Transition` holds the proof that the move is legal:
//! // there is no other way to come by one.
//! let paid = Transition::new(now, Processing)?;
//! let sent = Transition::new(paid.to(), Shipped)?;
//!
//! // What the table lacks is refused, and the refusal says what would have been possible.
//! let refused = Transition::new(sent.to(), Cancelled).unwrap_err();
//! assert_eq!(refused.allowed, [Delivered, Refunded]);
//! assert_eq!(
//!     refused.to_string(),
//!     "SHIPPED may not become CANCELLED; allowed: DELIVERED, REFUNDED"
//! );
//!
//! // A delivered order is probably finished, though a refund may still come.
//! let arrived = Transition::new(sent.to(), Delivered)?;
//! assert_eq!(arrived.to().finality(), Finality::Quiet);
//!
//! // A refunded one is finished.
//! let refunded = Transition::new(arrived.to(), Refunded)?;
//! assert_eq!(refunded.to().finality(), Finality::Final);
//! # Ok::<(), order_events_core::IllegalTransition<order_events_core::OrderStatus>>(())
//! ```

use std::borrow::Cow;
use std::fmt::{self, Debug};

use serde::{Deserialize, Serialize};

mod check;

pub use check::{LifecycleFault, check};

/// The most bytes a status token may have.
pub const MAX_TOKEN_BYTES: usize = 64;

/// The statuses of an order and the moves between them.
///
/// Implement it on a plain enum. Only the first four items are the machine; the rest has defaults.
/// The functions must be pure: the same answer each time, in every process of a deployment. Run
/// [`check`] on it in a test of yours; a faulty table cannot be caught by the compiler.
pub trait Lifecycle: Copy + Eq + Debug + Send + Sync + 'static {
    /// Every status, each once, in the order in which people should read them.
    const ALL: &'static [Self];

    /// The status of an order that is created without naming one.
    const INITIAL: Self;

    /// The name of this status in JSON and in the log: `PENDING`. At most [`MAX_TOKEN_BYTES`]
    /// bytes out of `A-Z`, `0-9` and `_`. Logs outlive deployments: once published, a token stays.
    fn token(self) -> &'static str;

    /// The table: what this status may become. A status without exits is final. It does not list
    /// itself, because staying is not a move.
    fn next(self) -> &'static [Self];

    /// Whether an order in this status is probably finished, though it has exits. Streams of such
    /// an order end after a grace. Of no effect on a status without exits.
    fn is_quiet(self) -> bool {
        false
    }

    /// What a page shows for this status.
    fn face(self) -> Face {
        Face::plain(self.token())
    }

    /// Whether this status has no exits.
    fn is_final(self) -> bool {
        self.next().is_empty()
    }

    /// Whether the table has this move. See [`Transition::new`] for one that leaves a proof.
    fn may_become(self, to: Self) -> bool {
        self.next().contains(&to)
    }

    /// The status with that token, letter by letter.
    fn parse(token: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|status| status.token() == token)
    }

    /// How finished an order in this status is.
    fn finality(self) -> Finality {
        if self.is_final() {
            Finality::Final
        } else if self.is_quiet() {
            Finality::Quiet
        } else {
            Finality::Open
        }
    }
}

/// How finished an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Finality {
    /// More is expected.
    #[default]
    Open,
    /// Probably finished, though there are exits.
    Quiet,
    /// Finished: there are no exits.
    Final,
}

/// A legal move from one status to another. It cannot be made but by [`Transition::new`], so that
/// code which takes one need not check again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Transition<L> {
    from: L,
    to: L,
}

impl<L: Lifecycle> Transition<L> {
    /// Looks the move up in the table.
    pub fn new(from: L, to: L) -> Result<Self, IllegalTransition<L>> {
        if from.may_become(to) {
            Ok(Self { from, to })
        } else {
            Err(IllegalTransition { from, to, allowed: from.next() })
        }
    }
}

impl<L: Copy> Transition<L> {
    /// The status before.
    pub fn from(self) -> L {
        self.from
    }

    /// The status after.
    pub fn to(self) -> L {
        self.to
    }
}

/// A move that the table does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IllegalTransition<L: 'static> {
    /// The status the order has.
    pub from: L,
    /// The status that was asked for.
    pub to: L,
    /// What the order may become instead; nothing, if it is final.
    pub allowed: &'static [L],
}

impl<L: Lifecycle> fmt::Display for IllegalTransition<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} may not become {}; allowed: ", self.from.token(), self.to.token())?;
        let Some((first, others)) = self.allowed.split_first() else {
            return f.write_str("nothing: it is final");
        };
        f.write_str(first.token())?;
        others.iter().try_for_each(|other| write!(f, ", {}", other.token()))
    }
}

impl<L: Lifecycle> std::error::Error for IllegalTransition<L> {}

/// What a page shows for a status. Plain data: how a colour role looks and which icon set the
/// names belong to is the page's affair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Face {
    /// A word or two: `Out for delivery`.
    pub label: Cow<'static, str>,
    /// A sentence for the customer; empty if there is nothing to add.
    pub description: &'static str,
    /// The place on a progress bar, from 1. None for what is not on the way, such as a refund.
    pub step: Option<u8>,
    /// The role that decides the colour.
    pub color: ColorRole,
    /// The name of an icon.
    pub icon: &'static str,
}

impl Face {
    /// A face made from the token alone: `OUT_FOR_DELIVERY` is labelled "Out for delivery",
    /// neutral, with the icon `circle`, without description or step. Handy as a base:
    /// `Face { step: Some(2), ..Face::plain("READY") }`.
    pub fn plain(token: &str) -> Self {
        let mut label = token.replace('_', " ").to_lowercase();
        // Tokens are ASCII; for anything else the label merely stays in lower case.
        if let Some(first) = label.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Self {
            label: label.into(),
            description: "",
            step: None,
            color: ColorRole::Neutral,
            icon: "circle",
        }
    }
}

/// What a colour is to say, without saying which colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ColorRole {
    /// Nothing in particular.
    #[default]
    Neutral,
    /// Good to know; nothing has begun.
    Info,
    /// Under way.
    Progress,
    /// Went well.
    Success,
    /// Asks for attention.
    Warning,
    /// Went wrong, or was called off.
    Danger,
}
