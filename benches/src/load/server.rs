//! The server under load: started here, or already there.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::machine::{self, Process};

const PATIENCE: Duration = Duration::from_secs(20);
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// A server on a port of loopback. One that was started here ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub port: u16,
    /// What its processor time and memory are read from.
    pub process: Process,
    child: Option<Child>,
}

impl Server {
    /// One that runs already.
    pub fn running(port: u16, pid: u32) -> Self {
        Self { port, process: Process(pid), child: None }
    }

    /// Starts one on some cores and waits until it answers `GET /health`. `{port}` in its command
    /// stands for its port, which is any that is free where none is given.
    pub fn start(command: &[String], port: Option<u16>, cores: &[usize]) -> io::Result<Self> {
        let port = port.map_or_else(free_port, Ok)?;
        let words: Vec<_> =
            command.iter().map(|word| word.replace("{port}", &port.to_string())).collect();
        let Some((program, arguments)) = words.split_first() else {
            return Err(io::Error::other("no command to start a server by"));
        };
        // A child begins on its parent's cores, and the caller pins itself afterwards.
        machine::pin(cores)?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().map_err(|error| {
            io::Error::new(error.kind(), format!("{program} did not start: {error}"))
        })?;
        let mut server = Self { port, process: Process(child.id()), child: Some(child) };
        server.wait_until_ready()?;
        Ok(server)
    }

    fn wait_until_ready(&mut self) -> io::Result<()> {
        let begun = Instant::now();
        while !self.is_ready() {
            if let Some(ended) = self.child.as_mut().and_then(|child| child.try_wait().transpose())
            {
                return Err(io::Error::other(format!("the server ended at once: {}", ended?)));
            }
            if begun.elapsed() > PATIENCE {
                return Err(io::Error::other("the server never became ready"));
            }
            thread::sleep(BETWEEN_LOOKS);
        }
        Ok(())
    }

    fn is_ready(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)) else {
            return false;
        };
        let request = b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        let mut answer = [0; 16];
        stream.set_read_timeout(Some(PATIENCE)).is_ok()
            && stream.write_all(request).is_ok()
            && stream.read(&mut answer).is_ok()
            && answer.starts_with(b"HTTP/1.1 200")
    }

    /// Waits until it has had nothing to do for a while, which ends what earlier steps left behind.
    pub fn wait_until_quiet(&self) -> io::Result<()> {
        const QUIET: Duration = Duration::from_millis(30);
        /// A thirtieth of that: what timers and heartbeats may take.
        const NOTHING: u64 = 1_000_000;
        const LONGEST: Duration = Duration::from_secs(10);
        let begun = Instant::now();
        let mut before = self.process.cpu()?;
        while begun.elapsed() < LONGEST {
            thread::sleep(QUIET);
            let now = self.process.cpu()?;
            if now - before <= NOTHING {
                break;
            }
            before = now;
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(child) = &mut self.child else { return };
        if let Some(pid) = Pid::from_raw(child.id() as i32) {
            let _gone = kill_process(pid, Signal::TERM);
        }
        let begun = Instant::now();
        while matches!(child.try_wait(), Ok(None)) {
            if begun.elapsed() > PATIENCE {
                let _gone = child.kill();
                let _gone = child.wait();
                return;
            }
            thread::sleep(BETWEEN_LOOKS);
        }
    }
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
