//! Prints the public API of a crate, an item a line, from what rustdoc says of it as JSON.
//!
//! Without what every type has: blanket and automatic implementations, and derived ones. What is
//! marked as hidden is not told by rustdoc either.

use std::error::Error;
use std::io::{Write, stdout};

fn main() -> Result<(), Box<dyn Error>> {
    let json = std::env::args_os().nth(1).ok_or("usage: api-text RUSTDOC_JSON")?;
    let api = public_api::Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()?;
    write!(stdout().lock(), "{api}")?;
    Ok(())
}
