//! The statuses of an order in a shop, and their table.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::invalid::{self, Invalid, Why};
use crate::lifecycle::{ColorRole, Face, Lifecycle};

use OrderStatus::{Cancelled, Delivered, Pending, Processing, Refunded, Shipped};

/// Where an order stands: the lifecycle that every generic type has by default. [`TABLE`] says all
/// about it.
///
/// `Ord` is the order of the declaration, for sorted maps and lists. It says nothing about what may
/// follow what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderStatus {
    /// Placed; nothing has been done about it yet.
    Pending,
    /// Being prepared.
    Processing,
    /// With the carrier.
    Shipped,
    /// Arrived. Quiet: probably finished, though a refund may still come.
    Delivered,
    /// Called off before it was sent. Final.
    Cancelled,
    /// Paid back. Final.
    Refunded,
}

/// All there is to say about one status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The status.
    pub status: OrderStatus,
    /// Its name in JSON and in the log.
    pub token: &'static str,
    /// What it may become.
    pub next: &'static [OrderStatus],
    /// Whether it is probably finished in spite of its exits.
    pub quiet: bool,
    /// What a page shows.
    pub face: Face,
}

/// The lifecycle, row by row in the order of [`OrderStatus`]. The code and the diagrams in the docs
/// read this table and nothing else.
pub const TABLE: &[Row; 6] = &[
    Row {
        status: Pending,
        token: "PENDING",
        next: &[Processing, Cancelled],
        quiet: false,
        face: Face {
            label: Cow::Borrowed("Pending"),
            description: "We have received your order.",
            step: Some(1),
            color: ColorRole::Info,
            icon: "clock",
        },
    },
    Row {
        status: Processing,
        token: "PROCESSING",
        next: &[Shipped, Cancelled, Refunded],
        quiet: false,
        face: Face {
            label: Cow::Borrowed("Processing"),
            description: "We are preparing your order.",
            step: Some(2),
            color: ColorRole::Progress,
            icon: "package",
        },
    },
    Row {
        status: Shipped,
        token: "SHIPPED",
        next: &[Delivered, Refunded],
        quiet: false,
        face: Face {
            label: Cow::Borrowed("Shipped"),
            description: "Your order is on its way.",
            step: Some(3),
            color: ColorRole::Progress,
            icon: "truck",
        },
    },
    Row {
        status: Delivered,
        token: "DELIVERED",
        next: &[Refunded],
        quiet: true,
        face: Face {
            label: Cow::Borrowed("Delivered"),
            description: "Your order has arrived.",
            step: Some(4),
            color: ColorRole::Success,
            icon: "check",
        },
    },
    Row {
        status: Cancelled,
        token: "CANCELLED",
        next: &[],
        quiet: false,
        face: Face {
            label: Cow::Borrowed("Cancelled"),
            description: "Your order was cancelled.",
            step: None,
            color: ColorRole::Danger,
            icon: "cross",
        },
    },
    Row {
        status: Refunded,
        token: "REFUNDED",
        next: &[],
        quiet: false,
        face: Face {
            label: Cow::Borrowed("Refunded"),
            description: "Your payment was returned.",
            step: None,
            color: ColorRole::Warning,
            icon: "undo",
        },
    },
];

// `row` finds a status by its place, and `ALL` must agree; a row out of place does not compile.
#[expect(clippy::indexing_slicing, reason = "whoever compiles it is told where it is not so")]
const _: () = {
    assert!(OrderStatus::ALL.len() == TABLE.len());
    let mut place = 0;
    while place < TABLE.len() {
        assert!(TABLE[place].status as usize == place);
        assert!(OrderStatus::ALL[place] as usize == place);
        place += 1;
    }
};

impl OrderStatus {
    /// The row of this status in [`TABLE`].
    #[expect(clippy::indexing_slicing, reason = "the table is held to the statuses, above")]
    pub const fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }
}

impl Lifecycle for OrderStatus {
    const ALL: &'static [Self] = &[Pending, Processing, Shipped, Delivered, Cancelled, Refunded];
    const INITIAL: Self = Pending;

    fn token(self) -> &'static str {
        self.row().token
    }

    fn next(self) -> &'static [Self] {
        self.row().next
    }

    fn is_quiet(self) -> bool {
        self.row().quiet
    }

    fn face(self) -> Face {
        // No allocation: the label is borrowed.
        self.row().face.clone()
    }
}

/// The token.
impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.token())
    }
}

/// By token, letter by letter.
impl FromStr for OrderStatus {
    type Err = Invalid;

    fn from_str(token: &str) -> Result<Self, Invalid> {
        let expected = "PENDING, PROCESSING, SHIPPED, DELIVERED, CANCELLED or REFUNDED";
        Self::parse(token).ok_or(Invalid { field: "status", why: Why::Malformed { expected } })
    }
}

impl Serialize for OrderStatus {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.token())
    }
}

impl<'de> Deserialize<'de> for OrderStatus {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        invalid::deserialize(from, "the token of an order status")
    }
}
