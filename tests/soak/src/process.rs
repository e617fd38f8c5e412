//! The processes of a soak: servers and Redis, each on a port of its own that stays its own while it
//! is killed and started again. They end with the soak.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use order_events_benches::load::machine::Process as Figures;
use tokio::time::{Duration, sleep};

use crate::Result;
use crate::http::{PATIENCE, once};
use crate::told::{Answer, DRAIN, REVOKE, VITALS, Vitals};

/// How long is waited before something is looked at again.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// A program that is started again and again.
struct Program {
    name: String,
    make: Box<dyn Fn() -> Command + Send + Sync>,
    child: Mutex<Option<Child>>,
}

impl Program {
    fn start(&self) -> Result<()> {
        let child = (self.make)().stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
        let child = child.map_err(|error| format!("{} does not start: {error}", self.name))?;
        *self.child() = Some(child);
        Ok(())
    }

    /// As a loss of power does it.
    fn kill(&self) -> Result<()> {
        if let Some(mut child) = self.child().take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Fails where it ended by itself.
    fn is_alive(&self) -> Result<()> {
        match self.child().as_mut().map(Child::try_wait).transpose()?.flatten() {
            Some(ended) => Err(format!("{} ended by itself: {ended}", self.name).into()),
            None => Ok(()),
        }
    }

    fn pid(&self) -> u32 {
        self.child().as_ref().map_or(0, Child::id)
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _gone = self.kill();
    }
}

/// A server under soak.
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
    program: Program,
    /// Grows whenever it is killed.
    life: AtomicU32,
    disturbances: Disturbances,
}

/// What is done to a node that cuts its connections.
#[derive(Debug, Default)]
struct Disturbances {
    under_way: AtomicU32,
    /// Counted when one begins and when it is over, so that whoever was connected in between sees it.
    counted: AtomicU32,
}

impl Disturbances {
    fn begins(&self) {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        self.counted.fetch_add(1, Ordering::SeqCst);
    }

    fn is_over(&self) {
        self.counted.fetch_add(1, Ordering::SeqCst);
        self.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What the system says of a node, with what it says of itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    pub(crate) vitals: Vitals,
    pub(crate) resident: u64,
    pub(crate) files: usize,
}

impl Node {
    pub(crate) async fn start(name: &str, adapter: &str, redis: Option<&Redis>) -> Result<Self> {
        let port = free_port()?;
        let mut arguments = vec!["serve".to_owned(), "--adapter".to_owned(), adapter.to_owned()];
        arguments.extend(["--port".to_owned(), port.to_string()]);
        if let Some(redis) = redis {
            arguments.extend(["--redis".to_owned(), format!("redis://{}", redis.address)]);
        }
        let this = std::env::current_exe()?;
        let make = move || {
            let mut command = Command::new(&this);
            command.args(&arguments);
            command
        };
        let program =
            Program { name: name.to_owned(), make: Box::new(make), child: Mutex::default() };
        let address = (Ipv4Addr::LOCALHOST, port).into();
        let node = Self {
            name: name.to_owned(),
            address,
            program,
            life: AtomicU32::new(0),
            disturbances: Disturbances::default(),
        };
        node.program.start()?;
        node.serves().await?;
        Ok(node)
    }

    pub(crate) fn life(&self) -> u32 {
        self.life.load(Ordering::SeqCst)
    }

    /// Grows with each disturbance.
    pub(crate) fn disturbances(&self) -> u32 {
        self.disturbances.counted.load(Ordering::SeqCst)
    }

    /// Whether it was left in peace since there were so many disturbances, and so has no reason to cut
    /// anybody.
    pub(crate) fn is_in_peace_since(&self, then: u32) -> bool {
        self.is_in_peace() && self.disturbances() == then
    }

    fn is_in_peace(&self) -> bool {
        self.disturbances.under_way.load(Ordering::SeqCst) == 0
    }

    /// Waits until nothing that was done to it is under way any more, and it answers.
    pub(crate) async fn comes_to_peace(&self) -> Result<Vitals> {
        let since = Instant::now();
        while !self.is_in_peace() {
            if since.elapsed() > PATIENCE {
                return Err(format!("{} does not get over its drain", self.name).into());
            }
            sleep(LOOK_AGAIN).await;
        }
        self.serves().await
    }

    pub(crate) fn kill(&self) -> Result<()> {
        self.program.is_alive()?;
        self.disturbances.begins();
        self.life.fetch_add(1, Ordering::SeqCst);
        self.program.kill()
    }

    /// Starts it after it was killed.
    pub(crate) async fn start_again(&self) -> Result<()> {
        self.program.start()?;
        self.serves().await?;
        self.disturbances.is_over();
        Ok(())
    }

    async fn serves(&self) -> Result<Vitals> {
        let since = Instant::now();
        loop {
            if let Some(vitals) = self.vitals().await {
                return Ok(vitals);
            }
            self.program.is_alive()?;
            if since.elapsed() > PATIENCE {
                return Err(format!("{} does not answer", self.name).into());
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    pub(crate) fn is_alive(&self) -> Result<()> {
        self.program.is_alive()
    }

    async fn vitals(&self) -> Option<Vitals> {
        let (status, body) = once(self.address, "GET", VITALS, &[], b"").await.ok()?;
        let vitals: Vitals = serde_json::from_slice(&body).ok()?;
        // Somebody else may have taken the port.
        (status == 200 && vitals.pid == self.program.pid()).then_some(vitals)
    }

    /// What is to be known of it; none where it does not answer at the moment.
    pub(crate) async fn read(&self) -> Option<Reading> {
        let vitals = self.vitals().await?;
        let resident = Figures(vitals.pid).memory().ok()?.resident;
        let files = fs::read_dir(format!("/proc/{}/fd", vitals.pid)).ok()?.count();
        Some(Reading { vitals, resident, files })
    }

    /// Has it stop as a deployment stops it, and serve again on the same log. That may take its time, and
    /// meanwhile it may be killed.
    pub(crate) async fn drain(self: &Arc<Self>) -> Result<()> {
        let (life, before) = (self.life(), self.comes_to_peace().await?.served);
        self.disturbances.begins();
        let (status, _) = once(self.address, "POST", DRAIN, &[], b"").await?;
        if status != 200 {
            return Err(format!("a drain was answered by {status}").into());
        }
        let node = Arc::clone(self);
        tokio::spawn(async move {
            // What is killed meanwhile is waited for by whoever kills it.
            while node.life() == life && node.vitals().await.is_none_or(|now| now.served == before)
            {
                sleep(LOOK_AGAIN).await;
            }
            node.disturbances.is_over();
        });
        Ok(())
    }

    /// Ends every stream of a principal; whether that was done.
    pub(crate) async fn revoke(&self, principal: &str) -> bool {
        let path = format!("{REVOKE}/{principal}");
        let Ok((200, body)) = once(self.address, "POST", &path, &[], b"").await else {
            return false;
        };
        matches!(serde_json::from_slice(&body), Ok(Answer::Refused(_)))
    }
}

/// A `redis-server`. What it acknowledged is with the kernel, and so outlives it.
pub(crate) struct Redis {
    address: SocketAddr,
    program: Program,
    place: PathBuf,
}

impl Redis {
    pub(crate) async fn start() -> Result<Self> {
        let port = free_port()?;
        let place = std::env::temp_dir().join(format!("order-events-soak-{port}"));
        fs::create_dir_all(&place)?;
        let at = place.clone();
        let make = move || command(port, &at);
        let name = "redis-server".to_owned();
        let program = Program { name, make: Box::new(make), child: Mutex::default() };
        let redis = Self { address: (Ipv4Addr::LOCALHOST, port).into(), program, place };
        redis.program.start()?;
        redis.answers().await?;
        Ok(redis)
    }

    /// Kills it, and starts it again with what it had.
    pub(crate) async fn restart(&self) -> Result<()> {
        self.program.kill()?;
        self.program.start()?;
        self.answers().await
    }

    /// Empties it.
    pub(crate) fn flush(&self) -> Result<()> {
        match self.ask("FLUSHALL SYNC\r\n")?.starts_with("+OK") {
            true => Ok(()),
            false => Err("Redis could not be emptied".into()),
        }
    }

    async fn answers(&self) -> Result<()> {
        let since = Instant::now();
        while !self.ask("PING\r\n").is_ok_and(|said| said.starts_with("+PONG")) {
            self.program.is_alive()?;
            if since.elapsed() > PATIENCE {
                return Err("redis-server does not answer".into());
            }
            sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    fn ask(&self, command: &str) -> Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(command.as_bytes())?;
        let mut said = [0; 64];
        let length = stream.read(&mut said)?;
        Ok(String::from_utf8_lossy(&said[..length]).into_owned())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _gone = self.program.kill();
        let _gone = fs::remove_dir_all(&self.place);
    }
}

/// Writes each command to its file before it answers, and leaves it to the kernel to write that down.
fn command(port: u16, place: &Path) -> Command {
    let mut command = Command::new("redis-server");
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
    command.args(["--appendonly", "yes", "--appendfsync", "no", "--dir"]).arg(place);
    command
}

/// Below the ports that the kernel hands out, so that it stays free while its owner is down; and far
/// from those of a soak that was started at the same time.
fn free_port() -> Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 500)? * 8;
    for _ in 0..4_000 {
        let port = 28_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % 4_000;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err("no port is free".into())
}
