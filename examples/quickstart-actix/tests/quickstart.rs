//! The suite of both quickstarts, on this one.

const SERVER: &str = env!("CARGO_BIN_EXE_quickstart-actix");
const PROGRAM: &str = include_str!("../src/main.rs");

#[path = "../../tests/mod.rs"]
mod suite;
