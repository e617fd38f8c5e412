//! Ours, as `load` measures it: the ready-made routes of a door, open to everybody, and
//! `POST /publish/{order}`, whose body becomes the note of a public event.
//!
//! ```text
//! serve --adapter axum|axum-stock|actix --port N --threads N [--engine memory|redis --redis URL]
//! ```
//!
//! `axum` is our one-call `serve`, `axum-stock` is stock `axum::serve` with our listener.

mod actix;
mod axum;
mod shop;

use std::process::ExitCode;

use order_events_benches::server::Args;
use shop::Shop;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("serve: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let args = Args::read(&["adapter", "port", "threads", "engine", "redis"])?;
    let (port, threads) = (args.number("port")?, args.number("threads")?);
    let shop = match args.optional("engine").unwrap_or("memory") {
        "memory" => Shop::in_memory(),
        "redis" => return Err("the Redis engine is not built in yet".to_owned()),
        other => return Err(format!("unknown engine {other}")),
    };
    let served = match args.text("adapter")? {
        "axum" => axum::serve(&shop, port, threads),
        "axum-stock" => axum::serve_stock(&shop, port, threads),
        "actix" => actix::serve(&shop, port, threads),
        other => return Err(format!("unknown adapter {other}")),
    };
    served.map_err(|error| error.to_string())
}
