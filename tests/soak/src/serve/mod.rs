//! A server under soak: the ready-made routes of a door, and what the soak asks for beside them.
//!
//! It ends with whoever started it, and at once where anything panics: nothing here is expected to.

mod actix;
mod axum;
mod shop;

use std::io::Read;
use std::time::Duration;

use order_events_benches::server::Args;

use crate::Result;

/// How long streams may take over their end when the server is drained.
const DEADLINE: Duration = Duration::from_secs(2);

pub(crate) fn serve(args: &Args) -> Result<()> {
    end_at_a_panic();
    std::thread::spawn(end_with_the_starter);
    let (port, redis) = (args.number("port")?, args.optional("redis"));
    match args.text("adapter")? {
        "axum" => axum::serve(port, redis),
        "actix" => actix::serve(port, redis),
        other => Err(format!("unknown adapter {other}").into()),
    }
}

fn end_at_a_panic() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tell(panic);
        std::process::abort();
    }));
}

/// Whoever started it holds the other end of its input, and says nothing.
fn end_with_the_starter() {
    let _ended = std::io::stdin().read(&mut [0]);
    std::process::exit(0);
}
