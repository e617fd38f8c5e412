//! The parts of the cluster: processes of this machine, on free ports of the loopback, ended with
//! the story.

use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;

/// Where a node finds its Redis.
pub(crate) const REDIS_URL: &str = "REDIS_URL";

/// What a node is called.
pub(crate) const NODE: &str = "NODE";

/// What takes longer does not happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// How long is waited before something is looked at again.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Everything.
pub(crate) struct Cluster {
    pub(crate) redis: Part,
    pub(crate) nodes: [Part; 2],
    pub(crate) nginx: Part,
    _place: Place,
}

impl Cluster {
    pub(crate) async fn start() -> Result<Self> {
        let place = Place::new()?;
        let redis = Part::start("redis", |at| redis(at, &place.0)).await?;
        let url = format!("redis://{}", redis.address);
        let a = Part::start("a", |at| node("a", at, &url)).await?;
        let b = Part::start("b", |at| node("b", at, &url)).await?;
        let addresses = [a.address, b.address];
        let nginx = Part::start("nginx", |at| nginx(at, addresses, &place.0)).await?;
        Ok(Self { redis, nodes: [a, b], nginx, _place: place })
    }
}

/// A process that listens.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    start: Box<dyn Fn() -> io::Result<Command> + Send + Sync>,
    child: Child,
}

impl Part {
    async fn start<F>(name: &'static str, command: impl FnOnce(SocketAddr) -> F) -> Result<Self>
    where
        F: Fn() -> io::Result<Command> + Send + Sync + 'static,
    {
        let address = free_address()?;
        let start = Box::new(command(address));
        let child = spawn(name, start()?)?;
        let mut part = Self { name, address, start, child };
        part.listens().await?;
        Ok(part)
    }

    async fn listens(&mut self) -> Result<()> {
        let (name, address) = (self.name, self.address);
        until(&format!("{name} listens"), || {
            if let Some(ended) = self.child.try_wait()? {
                return Err(format!("{name} ended at once: {ended}").into());
            }
            Ok(TcpStream::connect(address).is_ok())
        })
        .await
    }

    /// As a loss of power does it, without a word to anybody.
    pub(crate) fn kill(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(drop)
    }

    /// Starts it once more, where it was.
    pub(crate) async fn start_again(&mut self) -> Result<()> {
        self.child = spawn(self.name, (self.start)()?)?;
        self.listens().await
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

fn spawn(name: &str, mut command: Command) -> io::Result<Child> {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
    quiet.spawn().map_err(|error| {
        let program = command.get_program().to_string_lossy();
        io::Error::other(format!("{name} does not start: {program}: {error}"))
    })
}

/// Keeps what it acknowledged through a kill: with less, viewers are told by `reset` what is lost.
fn redis(at: SocketAddr, place: &Path) -> impl Fn() -> io::Result<Command> + use<> {
    let place = place.to_owned();
    move || {
        let mut command = Command::new("redis-server");
        command.args(["--port", &at.port().to_string(), "--bind", "127.0.0.1", "--save", ""]);
        command.args(["--appendonly", "yes", "--appendfsync", "always", "--dir"]).arg(&place);
        Ok(command)
    }
}

/// This program again.
fn node(name: &'static str, at: SocketAddr, url: &str) -> impl Fn() -> io::Result<Command> + use<> {
    let url = url.to_owned();
    move || {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("node").env(NODE, name).env(REDIS_URL, &url);
        command.env("PORT", at.port().to_string());
        Ok(command)
    }
}

/// Round robin with what nginx does by itself: who cannot be reached is passed over.
fn nginx(
    at: SocketAddr,
    [a, b]: [SocketAddr; 2],
    place: &Path,
) -> impl Fn() -> io::Result<Command> + use<> {
    let place = place.to_owned();
    move || {
        // One process, so that ending it ends all of it.
        let config = format!(
            "daemon off; master_process off; pid {place}/pid; error_log {place}/error.log;
            events {{}}
            http {{
                access_log off;
                client_body_temp_path {place}/body; proxy_temp_path {place}/proxy;
                fastcgi_temp_path {place}/fastcgi; uwsgi_temp_path {place}/uwsgi;
                scgi_temp_path {place}/scgi;
                upstream nodes {{
                    server {a} max_fails=1 fail_timeout=1s;
                    server {b} max_fails=1 fail_timeout=1s;
                }}
                server {{
                    listen {at};
                    location / {{
                        proxy_pass http://nodes;
                        proxy_http_version 1.1;
                        proxy_set_header Connection \"\";
                    }}
                }}
            }}",
            place = place.display()
        );
        let file = place.join("nginx.conf");
        fs::write(&file, config)?;
        // Debian puts it where only root looks.
        let sbin = "/usr/sbin/nginx";
        let program = if fs::exists(sbin)? { sbin } else { "nginx" };
        let mut command = Command::new(program);
        command.arg("-e").arg(place.join("error.log")).arg("-p").arg(&place).arg("-c").arg(&file);
        Ok(command)
    }
}

/// A directory that goes with the story.
struct Place(PathBuf);

impl Place {
    fn new() -> io::Result<Self> {
        let name = format!("order-events-cluster-{}", std::process::id());
        let place = std::env::temp_dir().join(name);
        fs::create_dir_all(&place)?;
        Ok(Self(place))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

/// Below the ports that the kernel hands out, so that it stays free while its owner is down.
fn free_address() -> io::Result<SocketAddr> {
    let first = u16::try_from(std::process::id() % 10_000).unwrap_or(0);
    for step in 0..10_000 {
        let address = (Ipv4Addr::LOCALHOST, 22_000 + (first + step) % 10_000).into();
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    Err(io::Error::other("no port is free"))
}

/// Waits for a condition.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let since = Instant::now();
    while !is_so()? {
        if since.elapsed() > PATIENCE {
            return Err(format!("it does not happen: {what}").into());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Ok(())
}
