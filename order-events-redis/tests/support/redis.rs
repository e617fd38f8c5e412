//! A real `redis-server` on a free port and in a directory of its own. Ends with the test.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::resp::{Reply, Wire};
use crate::support::wait::until;
use crate::support::{clock, tls};

/// How a server is set up. By default it keeps nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Options {
    more: Vec<String>,
    password: Option<String>,
    user: Option<String>,
    tls: bool,
    /// Where certificate and key are, where they are not the server's own.
    certificate: Option<PathBuf>,
    has_a_clock: bool,
}

impl Options {
    /// What it forgets when it ends.
    pub(crate) fn forgetful() -> Self {
        Self::default()
    }

    /// What it has acknowledged is on the disk.
    pub(crate) fn kept_always() -> Self {
        Self::default().with("appendonly", "yes").with("appendfsync", "always")
    }

    /// What it has acknowledged is on the disk a second later. What is killed by a signal alone
    /// loses nothing for that, for the kernel has it.
    pub(crate) fn kept_each_second() -> Self {
        Self::default().with("appendonly", "yes").with("appendfsync", "everysec")
    }

    /// A replica of the server at this address, which may be a proxy before it.
    pub(crate) fn replica_of(primary: SocketAddr) -> Self {
        let place = format!("{} {}", primary.ip(), primary.port());
        // A primary that is gone is missed, and found again, at once.
        Self::default().with("replicaof", &place).with("repl-diskless-sync-delay", "0")
    }

    /// Writes need so many replicas.
    pub(crate) fn min_replicas(self, count: usize) -> Self {
        self.with("min-replicas-to-write", &count.to_string())
    }

    /// Whoever connects must know this.
    pub(crate) fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self.with("requirepass", password)
    }

    /// Clients are this user, who may do what the rules say; tests themselves may do everything.
    pub(crate) fn user(mut self, name: &str, password: &str, rules: &str) -> Self {
        self.user = Some(format!("{name}:{password}"));
        self.with("user", &format!("{name} on >{password} {rules}"))
    }

    /// Clients speak TLS, with a certificate that the test signs itself.
    pub(crate) fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// … with the certificate of another server, by which those of a Cluster know each other.
    pub(crate) fn tls_as(mut self, other: &Redis) -> Self {
        self.certificate = Some(other.place.clone());
        self.tls().with("tls-cluster", "yes")
    }

    /// Its clock can be set. See [`Redis::set_clock`].
    pub(crate) fn with_a_clock(mut self) -> Self {
        self.has_a_clock = true;
        self
    }

    /// Any other directive; its words are separated by blanks.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.more.push(format!("--{name}"));
        self.more.extend(value.split(' ').map(str::to_owned));
        self
    }
}

/// A running server, unless it was killed.
#[derive(Debug)]
pub(crate) struct Redis {
    options: Options,
    port: u16,
    tls_port: u16,
    place: PathBuf,
    child: Child,
    is_killed: bool,
}

impl Redis {
    pub(crate) async fn start(options: Options) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("order-events-redis-{}-{count}", std::process::id());
        let place = std::env::temp_dir().join(name);
        fs::create_dir_all(&place).unwrap();
        if options.tls && options.certificate.is_none() {
            tls::make_certificate(&place);
        }
        if options.has_a_clock {
            clock::make(&place);
        }
        // Somebody else may take the port before the server does.
        for _ in 0..20 {
            let (port, tls_port) = (free_port(), free_port());
            let child = spawn(&options, port, tls_port, &place);
            let (options, place) = (options.clone(), place.clone());
            let mut redis = Self { options, port, tls_port, place, child, is_killed: false };
            if redis.is_up().await {
                return redis;
            }
            redis.place = PathBuf::new();
        }
        panic!("it does not start: {}", log(&place));
    }

    /// Whether it came up; false where it ended at once.
    async fn is_up(&mut self) -> bool {
        let mut is_up = false;
        until("redis answers, and is ours", || {
            is_up = self.is_ours();
            is_up || self.child.try_wait().unwrap().is_some()
        })
        .await;
        is_up
    }

    fn is_ours(&self) -> bool {
        let pid = self.child.id().to_string();
        let info = self.try_ask(&["INFO"]);
        let Ok(Reply::Text(info)) = info else { return false };
        field(&info, "process_id") == Some(&pid) && field(&info, "loading") == Some("0")
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Where it listens for whoever knows the test: without TLS.
    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Where it listens for everybody else.
    pub(crate) fn public_address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, if self.options.tls { self.tls_port } else { self.port }).into()
    }

    /// What clients are to be given.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.options.tls { "rediss" } else { "redis" };
        self.url_at(self.public_address(), scheme)
    }

    /// … where they come by a proxy.
    pub(crate) fn url_by(&self, proxy: SocketAddr) -> String {
        self.url_at(proxy, "redis")
    }

    fn url_at(&self, address: SocketAddr, scheme: &str) -> String {
        let Options { user, password, .. } = &self.options;
        match (user, password) {
            (Some(user), _) => format!("{scheme}://{user}@{address}"),
            (None, Some(password)) => format!("{scheme}://:{password}@{address}"),
            (None, None) => format!("{scheme}://{address}"),
        }
    }

    /// The certificate that its clients have to trust.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.options.certificate.as_ref().unwrap_or(&self.place).join(tls::CERTIFICATE)
    }

    /// Asks it by a connection of the test's own.
    pub(crate) fn ask(&self, command: &[&str]) -> Reply {
        match self.try_ask(command) {
            Ok(Reply::Refused(why)) => panic!("{command:?}: {why}"),
            Ok(reply) => reply,
            Err(error) => panic!("{command:?}: {error}"),
        }
    }

    fn try_ask(&self, command: &[&str]) -> io::Result<Reply> {
        let mut wire = Wire::connect(self.address())?;
        if let Some(password) = &self.options.password {
            wire.ask(&["AUTH", password])?;
        }
        wire.ask(command)
    }

    /// A field of its `INFO`.
    pub(crate) fn info(&self, name: &str) -> String {
        let info = self.ask(&["INFO", "everything"]).text();
        field(&info, name).unwrap_or_else(|| panic!("no {name}")).to_owned()
    }

    /// Ends it as a loss of power would, but for what the kernel has.
    pub(crate) fn kill9(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.is_killed = true;
    }

    /// Whether it was killed, and has not come back.
    pub(crate) fn is_killed(&self) -> bool {
        self.is_killed
    }

    /// Starts it again where it was, with what it kept.
    pub(crate) async fn restart(&mut self) {
        until("the port is free again", || is_free(self.port)).await;
        self.child = spawn(&self.options, self.port, self.tls_port, &self.place);
        self.is_killed = false;
        assert!(self.is_up().await, "it does not start again: {}", log(&self.place));
    }

    /// It stands still and its connections stay, until it is resumed.
    pub(crate) fn pause(&self) {
        self.signal("STOP");
    }

    pub(crate) fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let told = Command::new("sh").args(["-c", "kill -$0 $1", signal, &pid]).status();
        assert!(told.unwrap().success());
    }

    /// Everything in it is gone.
    pub(crate) fn flush(&self) {
        self.ask(&["FLUSHALL"]);
    }

    /// Sets its clock: so many microseconds ahead of the machine's, or behind.
    pub(crate) fn set_clock(&self, micros: i64) {
        clock::set(&self.place, micros);
    }

    /// Makes a primary of a replica.
    pub(crate) fn promote(&self) {
        self.ask(&["REPLICAOF", "NO", "ONE"]);
    }

    /// Closes the connections of clients of this type: `normal`, `pubsub`, `replica`, `master`.
    pub(crate) fn cut_clients(&self, kind: &str) {
        self.ask(&["CLIENT", "KILL", "TYPE", kind]);
    }

    /// How many clients of this name pattern are connected, in the words of `CLIENT LIST`.
    pub(crate) fn clients(&self, having: &str) -> usize {
        let list = self.ask(&["CLIENT", "LIST"]).text();
        list.lines().filter(|line| line.contains(having)).count()
    }

    /// Waits until a replica has everything that its primary has.
    pub(crate) async fn caught_up_with(&self, primary: &Self) {
        until("the replica has everything", || {
            self.info("master_link_status") == "up"
                && self.info("slave_repl_offset") == primary.info("master_repl_offset")
        })
        .await;
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
        if self.place != PathBuf::new() {
            let _gone = fs::remove_dir_all(&self.place);
        }
    }
}

fn spawn(options: &Options, port: u16, tls_port: u16, place: &std::path::Path) -> Child {
    let mut command = Command::new(program());
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
    command.args(["--daemonize", "no", "--logfile", "log", "--dir"]).arg(place);
    if options.tls {
        let place = options.certificate.as_deref().unwrap_or(place);
        command.args(["--tls-port", &tls_port.to_string(), "--tls-auth-clients", "no"]);
        command.arg("--tls-cert-file").arg(place.join(tls::CERTIFICATE));
        command.arg("--tls-key-file").arg(place.join(tls::KEY));
        command.arg("--tls-ca-cert-file").arg(place.join(tls::CERTIFICATE));
    }
    if options.has_a_clock {
        clock::put_before(&mut command, place);
    }
    command.args(&options.more).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("redis-server is installed: scripts/test does so")
}

/// Another version than the system's can be tried: `ORDER_EVENTS_REDIS_SERVER` says where it is.
fn program() -> OsString {
    std::env::var_os("ORDER_EVENTS_REDIS_SERVER").unwrap_or_else(|| "redis-server".into())
}

fn log(place: &std::path::Path) -> String {
    fs::read_to_string(place.join("log")).unwrap_or_default()
}

fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

/// A port that is free, with the one that a cluster's bus wants beside it.
///
/// Below those that the kernel hands out, so that it stays free while its server is restarted.
fn free_port() -> u16 {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let begin = std::process::id() as usize * 101;
    loop {
        let step = begin + NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 12_000 + u16::try_from(step % 10_000).unwrap();
        if is_free(port) && is_free(port + 10_000) {
            return port;
        }
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
