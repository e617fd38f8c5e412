//! Two nodes behind nginx on one Redis, and what viewers see while parts of it are killed.
//!
//! Without an argument the program is the whole story; its nodes are the same program again.

mod http;
mod node;
mod parts;
mod publisher;
mod story;
mod viewer;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        None => story::tell().await,
        Some("node") => node::run().await,
        Some(other) => Err(format!("{other}: nothing, or `node`").into()),
    }
}
