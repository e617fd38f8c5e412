//! Real servers, and hubs and readers to be troubled by them.

#![allow(dead_code, reason = "each test program takes what it needs")]

pub(crate) mod clock;
pub(crate) mod cluster;
pub(crate) mod facts;
pub(crate) mod load;
pub(crate) mod nodes;
pub(crate) mod proxy;
pub(crate) mod redis;
pub(crate) mod resp;
pub(crate) mod tls;
pub(crate) mod viewer;
pub(crate) mod wait;
