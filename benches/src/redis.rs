//! A `redis-server` of the program's own, on a free port of the loopback. It keeps nothing, and ends
//! with its owner.

use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};

use crate::load::machine::Process;
use crate::server::loopback;

/// How often another port is tried: somebody else may take one before the server does.
const ATTEMPTS: usize = 20;

/// A running server.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    child: Child,
}

impl Redis {
    /// Starts one, and waits until it takes connections.
    pub fn start() -> io::Result<Self> {
        for _ in 0..ATTEMPTS {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
            let mut command = Command::new("redis-server");
            command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
            let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
            let child = child.map_err(|error| {
                io::Error::new(error.kind(), format!("redis-server did not start: {error}"))
            })?;
            let mut redis = Self { port, child };
            if redis.becomes_ready() {
                return Ok(redis);
            }
        }
        Err(io::Error::other("redis-server ends at once"))
    }

    fn becomes_ready(&mut self) -> bool {
        let Some(said) = self.child.stdout.take() else { return false };
        let mut lines = BufReader::new(said).lines().map_while(Result::ok);
        lines.any(|line| line.contains("Ready to accept connections"))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        loopback(self.port)
    }

    /// What an engine is given.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    /// What its processor time is read from.
    pub fn process(&self) -> Process {
        Process(self.child.id())
    }

    /// One of the programs that come with it, told where it is: `redis-cli`, `redis-benchmark`.
    pub fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        command
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
