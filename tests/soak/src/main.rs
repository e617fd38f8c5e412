//! Everything at once, for as long as it is told to, and each delivery compared with the log.
//!
//! ```text
//! soak run --seconds N [--seed N] [--calm yes]
//! soak serve --adapter axum|actix --port N [--redis URL]
//! ```
//!
//! `run` is the soak: it starts its servers as children (`serve`, the same program), and a Redis of
//! its own; publishes at random; has viewers come, go, freeze and vanish; kills, drains and restarts
//! whatever there is; and lets all of it come to rest in between, when everybody must know the
//! truth and nothing may be left of anybody. `scripts/soak` calls it.

mod growth;
mod http;
mod log;
mod process;
mod publisher;
mod report;
mod run;
mod serve;
mod told;
mod trouble;
mod viewer;
mod witness;
mod world;

use std::process::ExitCode;

use order_events_benches::server::Args;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    let done = match std::env::args().nth(1).as_deref() {
        Some("run") => Args::read_after(1, &["seconds", "seed", "calm"])
            .map_err(Into::into)
            .and_then(|args| run::run(&args)),
        Some("serve") => Args::read_after(1, &["adapter", "port", "redis"])
            .map_err(Into::into)
            .and_then(|args| serve::serve(&args)),
        other => Err(format!("run or serve, not {other:?}").into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("soak: {error}");
            ExitCode::FAILURE
        }
    }
}
