//! What the targets of the request path share: a shop with orders of every kind, what is asked of
//! it, and what may be answered.

#![allow(missing_docs, reason = "nobody but the targets reads this")]

pub mod answer;
pub mod asked;
pub mod shop;
