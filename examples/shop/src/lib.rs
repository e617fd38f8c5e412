#![doc = include_str!("../README.md")]

mod auth;
mod change;
mod run;

pub use auth::{Claims, Role, SESSION, Shop, User};
pub use change::{Change, Receipt};
pub use run::{ORIGINS, SECRET, address, secret};
