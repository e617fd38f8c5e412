//! What the measured servers share: their arguments, their runtimes, what they take, and the word
//! that they are ready.
//!
//! None of them handles signals: SIGTERM ends them as it ends any process, streams and all.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;

use tokio::runtime::{Builder, Runtime};

/// The longest text that `/publish/{order}` and `/discard` take.
pub const MAX_BODY_BYTES: usize = 1024;

/// Arguments of the form `--name value`.
#[derive(Debug)]
pub struct Args(HashMap<String, String>);

impl Args {
    /// Those of this program, of which there are no others than `known`.
    pub fn read(known: &[&str]) -> Result<Self, String> {
        Self::read_after(0, known)
    }

    /// Those behind so many words that say what the program is to do.
    pub fn read_after(words: usize, known: &[&str]) -> Result<Self, String> {
        Self::of(std::env::args().skip(1 + words), known)
    }

    fn of(mut args: impl Iterator<Item = String>, known: &[&str]) -> Result<Self, String> {
        let mut found = HashMap::new();
        while let Some(arg) = args.next() {
            let name = arg.strip_prefix("--").filter(|name| known.contains(name));
            let name = name.ok_or_else(|| format!("unknown argument {arg}; known: {known:?}"))?;
            let value = args.next().ok_or_else(|| format!("{arg} wants a value"))?;
            found.insert(name.to_owned(), value);
        }
        Ok(Self(found))
    }

    /// An argument that must be there.
    pub fn text(&self, name: &str) -> Result<&str, String> {
        self.optional(name).ok_or_else(|| format!("--{name} is missing"))
    }

    /// An argument that may be left out.
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A number that must be there.
    pub fn number<T: FromStr>(&self, name: &str) -> Result<T, String> {
        let text = self.text(name)?;
        text.parse().map_err(|_| format!("--{name} wants a number, not {text}"))
    }
}

/// The loopback, at this port; at any that is free where it is 0.
pub fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Says where the server listens, once it does.
pub fn ready(address: SocketAddr) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "listening on {address}")?;
    out.flush()
}

/// A runtime with so many threads at work. With one it is Tokio's current-thread runtime, which took
/// some 5 % less per delivery than the other with one worker: it neither looks for work to steal nor
/// has a second thread to wake.
pub fn runtime(threads: usize) -> io::Result<Runtime> {
    let mut builder = match threads {
        0 | 1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    builder.worker_threads(threads.max(1)).enable_all().build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Result<Args, String> {
        Args::of(line.split_whitespace().map(str::to_owned), &["port", "kind"])
    }

    #[test]
    fn arguments_are_read_by_their_names() {
        let args = args("--kind floor --port 80").unwrap();
        assert_eq!(args.text("kind"), Ok("floor"));
        assert_eq!(args.number("port"), Ok(80_u16));
    }

    #[test]
    fn what_is_wrong_with_an_argument_is_said() {
        assert_eq!(args("--port").unwrap_err(), "--port wants a value");
        assert!(args("--colour red").unwrap_err().starts_with("unknown argument --colour"));
        assert!(args("80").unwrap_err().starts_with("unknown argument 80"));
        let args = args("--port many").unwrap();
        assert_eq!(args.number::<u16>("port").unwrap_err(), "--port wants a number, not many");
        assert_eq!(args.text("kind").unwrap_err(), "--kind is missing");
    }
}
