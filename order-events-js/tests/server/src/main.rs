//! The shop that `order-events-js` is tested with in real browsers.
//!
//! It reads commands from its standard input, one JSON object a line, answers each by a line, and
//! ends with its input, so that it cannot outlive the test that started it.

mod access;
mod command;
mod faults;
mod pages;
mod shop;

use std::path::PathBuf;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, stdin};

use crate::shop::Shop;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let module = std::env::args_os().nth(1).map(PathBuf::from).unwrap_or_default();
    let mut shop = Shop::open(module).await?;
    say(&shop.addresses());
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let done = match serde_json::from_str(&line) {
            Ok(command) => shop.carry_out(command).await,
            Err(error) => Err(error.to_string()),
        };
        say(&done.unwrap_or_else(|error| json!({ "error": error })));
    }
    Ok(())
}

fn say(value: &Value) {
    println!("{value}");
}
