//! Ours, as `load` measures it: the ready-made routes of a door, open to everybody, and
//! `POST /publish/{order}`, whose body becomes the note of a public event.
//!
//! ```text
//! serve --adapter axum|axum-stock|actix|actix-stock --port N --threads N [--engine memory|redis --redis URL]
//! ```
//!
//! `axum` and `actix` are our one-call `serve` of either; `axum-stock` is stock `axum::serve` with our
//! listener, `actix-stock` is actix's own `HttpServer` set up by our `bind`.

mod actix;
mod axum;
mod shop;

use std::error::Error;
use std::iter;
use std::process::ExitCode;

use order_events_benches::server::Args;
use shop::Kept;

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
    let kept = match args.optional("engine").unwrap_or("memory") {
        "memory" => Kept::InMemory,
        "redis" => Kept::OnRedis(args.text("redis")?.to_owned()),
        other => return Err(format!("unknown engine {other}")),
    };
    let served = match args.text("adapter")? {
        "axum" => axum::serve(&kept, port, threads),
        "axum-stock" => axum::serve_stock(&kept, port, threads),
        "actix" => actix::serve(&kept, port, threads),
        "actix-stock" => actix::serve_stock(&kept, port, threads),
        other => return Err(format!("unknown adapter {other}")),
    };
    served.map_err(|error| said_in_full(&error))
}

/// With its causes: why a Redis cannot be used is one.
fn said_in_full(error: &dyn Error) -> String {
    let causes = iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |said, cause| format!("{said}: {cause}"))
}
