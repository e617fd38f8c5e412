#![doc = include_str!("../README.md")]

mod auth;
mod change;
mod run;

pub use auth::{Claims, Role, Shop, User};
pub use change::{Change, Receipt, refused};
pub use run::{DEADLINE, ORIGINS, SECRET, address, secret, stopped};
