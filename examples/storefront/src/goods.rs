//! What there is to buy.

use serde::Serialize;

/// One kind of goods.
#[derive(Debug, Serialize)]
pub(crate) struct Good {
    /// What requests call it, and the name of its picture.
    pub(crate) id: &'static str,
    /// What pages call it.
    pub(crate) name: &'static str,
    /// What it costs, in cents.
    pub(crate) cents: u32,
}

/// All of them.
pub(crate) const GOODS: [Good; 4] = [
    Good { id: "mug", name: "Stoneware mug", cents: 2400 },
    Good { id: "board", name: "Oak serving board", cents: 4800 },
    Good { id: "candle", name: "Beeswax candle", cents: 1600 },
    Good { id: "apron", name: "Linen apron", cents: 5600 },
];

impl Good {
    /// The one of this id.
    pub(crate) fn of(id: &str) -> Option<&'static Self> {
        GOODS.iter().find(|good| good.id == id)
    }
}
