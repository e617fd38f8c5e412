//! The rivals: small servers of the same paths and of the same events, each made as fast as its
//! kind allows.
//!
//! ```text
//! peer --kind floor|actix-bytes|actix-lab|axum-bytes|axum-user|bare-axum|bare-actix
//!      --port N --threads N [--heartbeat SECONDS]
//! ```
//!
//! What they leave out is what the contract asks for: there is no log, so nothing is resumed,
//! replayed or reset and a reader that falls behind misses events; no state of an order, no plan
//! and no check of what is published; no audiences, no authorisation, no limits, no end of a
//! stream, no drain. A topic is never removed. What remains is the delivery, which is what they are
//! measured by.
//!
//! `--heartbeat` is for the two bare kinds, which are silent without it.

mod actix_bytes;
mod actix_lab;
mod actix_server;
mod axum_bytes;
mod axum_server;
mod axum_user;
mod bare;
mod event;
mod topics;

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use order_events_benches::server::Args;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peer: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let args = Args::read(&["kind", "port", "threads", "heartbeat"])?;
    let (port, threads) = (args.number("port")?, args.number("threads")?);
    let heartbeat = match args.optional("heartbeat") {
        Some(_) => Some(Duration::from_secs(args.number("heartbeat")?)),
        None => None,
    };
    let served: io::Result<()> = match args.text("kind")? {
        "actix-bytes" => actix_bytes::serve(port, threads),
        "actix-lab" => actix_lab::serve(port, threads),
        "axum-bytes" => axum_bytes::serve(port, threads),
        "axum-user" => axum_user::serve(port, threads),
        "bare-axum" => bare::serve_axum(port, threads, heartbeat),
        "bare-actix" => bare::serve_actix(port, threads, heartbeat),
        "floor" => order_events_benches::floor::run(port),
        other => return Err(format!("unknown kind {other}")),
    };
    served.map_err(|error| error.to_string())
}
