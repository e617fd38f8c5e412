#![doc = include_str!("../README.md")]

mod auth;
mod change;
mod guard;
mod pages;
mod people;
mod run;
mod said;
mod session;
mod story;

pub use auth::{Claims, Role, SESSION, Shop, User};
pub use change::{Change, Receipt};
pub use guard::{GUARDS, is_ours};
pub use pages::{ABSENT, File, Page, Site};
pub use people::{People, Person};
pub use run::{ORIGINS, SECRET, address, secret, warn_of};
pub use said::{Key, Move, Remark};
pub use story::tell;
