//! Every measured server starts, is watched, is published to, and tells.

#![allow(clippy::unwrap_used, reason = "this is a test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use order_events_benches::redis::Redis;

const SERVE: &str = env!("CARGO_BIN_EXE_serve");
const PEER: &str = env!("CARGO_BIN_EXE_peer");

/// Nothing here takes so long unless it never happens.
const CAP: Duration = Duration::from_secs(60);

/// As `load` sends it.
const BODY: &str = "L7.1.123456789.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

#[test]
fn ours_on_axum_tells_what_is_published() {
    for threads in ["1", "2"] {
        tells(&Server::start(SERVE, &["--adapter", "axum", "--threads", threads]));
    }
}

#[test]
fn ours_on_stock_axum_tells_what_is_published() {
    tells(&Server::start(SERVE, &["--adapter", "axum-stock", "--threads", "1"]));
}

#[test]
fn ours_on_actix_tells_what_is_published() {
    for threads in ["1", "2"] {
        tells(&Server::start(SERVE, &["--adapter", "actix", "--threads", threads]));
    }
}

#[test]
fn ours_on_stock_actix_tells_what_is_published() {
    tells(&Server::start(SERVE, &["--adapter", "actix-stock", "--threads", "1"]));
}

#[test]
#[ignore = "needs redis-server: run by scripts/test"]
fn ours_on_redis_tells_what_is_published_on_another_node() {
    let redis = Redis::start().unwrap();
    let url = redis.url();
    for adapter in ["axum", "axum-stock", "actix", "actix-stock"] {
        for threads in ["1", "2"] {
            let args = ["--adapter", adapter, "--threads", threads, "--engine", "redis"];
            let args = [&args[..], &["--redis", &url]].concat();
            let (one, other) = (Server::start(SERVE, &args), Server::start(SERVE, &args));
            let mut watcher = other.watch(&format!("{adapter}-{threads}"));
            tells(&one);
            let (status, cursor) =
                post(one.address, &format!("/publish/{adapter}-{threads}"), "L8.1.");
            assert_eq!(status, 200, "{cursor}");
            watcher.read_to("L8.1.");
        }
    }
}

#[test]
fn an_order_that_many_publish_to_first_has_all_of_their_notes() {
    for adapter in ["axum", "actix"] {
        let server = Server::start(SERVE, &["--adapter", adapter, "--threads", "2"]);
        let mut watcher = server.watch("new");
        let publishers: Vec<_> = (1..=8)
            .map(|n| {
                let address = server.address;
                thread::spawn(move || post(address, "/publish/new", &format!("L7.{n}.1.")))
            })
            .collect();
        for publisher in publishers {
            let (status, cursor) = publisher.join().unwrap();
            assert_eq!(status, 200, "{cursor}");
            assert!(cursor.contains('.'), "{cursor} is no cursor");
        }
        let told = watcher.read_until(|text| text.matches("event: order.note").count() == 8);
        assert_eq!(told.matches("event: order.created").count(), 1, "{told}");
        for n in 1..=8 {
            assert_eq!(told.matches(&format!("L7.{n}.1.")).count(), 1, "{told}");
        }
    }
}

#[test]
fn the_peers_tell_what_is_published() {
    for kind in ["actix-bytes", "actix-lab", "axum-bytes", "axum-user"] {
        tells(&Server::start(PEER, &["--kind", kind, "--threads", "1"]));
    }
}

#[test]
fn the_peers_events_are_as_long_as_ours() {
    let ours = Server::start(SERVE, &["--adapter", "axum", "--threads", "1"]).event_bytes();
    for kind in ["actix-bytes", "actix-lab", "axum-bytes", "axum-user"] {
        let theirs = Server::start(PEER, &["--kind", kind, "--threads", "1"]).event_bytes();
        assert!(theirs.abs_diff(ours) <= 4, "{kind}: {theirs} bytes, ours {ours}");
    }
}

#[test]
fn the_bare_peers_hold_their_streams_open_and_may_beat() {
    for kind in ["bare-axum", "bare-actix"] {
        let still = Server::start(PEER, &["--kind", kind, "--threads", "1"]);
        still.watch("42").read_to(": hello\n\n");
        let (status, _) = post(still.address, "/publish/42", BODY);
        assert_eq!(status, 200);
        let beats = Server::start(PEER, &["--kind", kind, "--threads", "1", "--heartbeat", "1"]);
        beats.watch("42").read_to(": hb\n\n");
    }
}

#[test]
fn what_is_not_there_is_said() {
    let redis = ["--adapter", "axum", "--port", "0", "--threads", "1", "--engine", "redis"];
    refuses(SERVE, &redis, "--redis is missing");
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("redis://{nobody}");
    refuses(SERVE, &[&redis[..], &["--redis", &url]].concat(), "refused");
    refuses(SERVE, &["--adapter", "rocket", "--port", "0", "--threads", "1"], "unknown adapter");
    refuses(PEER, &["--kind", "rocket", "--port", "0", "--threads", "1"], "unknown kind");
}

/// A watcher who was there first sees the body, and what else `load` asks for is answered.
fn tells(server: &Server) {
    let mut watcher = server.watch("42");
    let (status, reply) = post(server.address, "/publish/42", BODY);
    assert_eq!(status, 200, "{reply}");
    watcher.read_to(BODY);
    let (status, reply) = post(server.address, "/discard", BODY);
    assert_eq!((status, reply.as_str()), (200, "discarded"));
    let (status, _) = post(server.address, "/publish/42", &"x".repeat(1025));
    assert_eq!(status, 413);
}

fn refuses(program: &str, args: &[&str], why: &str) {
    let output = Command::new(program).args(args).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains(why), "{said}");
}

/// A server on a free port; ended with the test, by its own id.
struct Server {
    address: SocketAddr,
    child: Child,
}

impl Server {
    fn start(program: &str, args: &[&str]) -> Self {
        let mut command = Command::new(program);
        let mut child =
            command.args(args).args(["--port", "0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let address = said.trim().strip_prefix("listening on ").map(str::parse);
        let Some(Ok(address)) = address else { panic!("{args:?} said {said:?}") };
        let server = Self { address, child };
        let (status, _) = ask(server.address, "GET /health HTTP/1.1\r\nconnection: close", "");
        assert_eq!(status, 200);
        server
    }

    /// A stream whose head has come: whatever is published from now on is on it.
    fn watch(&self, order: &str) -> Reader {
        let mut reader = Reader::connect(self.address);
        reader.send(&format!("GET /orders/{order}/events HTTP/1.1\r\nhost: bench"), "");
        let head = reader.read_to("\r\n\r\n");
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        assert!(head.contains("text/event-stream"), "{head}");
        reader
    }

    /// How many bytes an event is on the wire: as far as it is from one note to the next, unless
    /// a keep-alive is between them.
    fn event_bytes(&self) -> usize {
        let mut watcher = self.watch("42");
        let places = ["L7.1.", "L7.2.", "L7.3.", "L7.4."].map(|note| {
            let (status, reply) = post(self.address, "/publish/42", note);
            assert_eq!(status, 200, "{reply}");
            watcher.read_to(note).find(note).unwrap()
        });
        places.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

fn post(address: SocketAddr, path: &str, body: &str) -> (u16, String) {
    ask(address, &format!("POST {path} HTTP/1.1\r\nconnection: close"), body)
}

/// Status and body of an answer after which the server hangs up.
fn ask(address: SocketAddr, request: &str, body: &str) -> (u16, String) {
    let mut reader = Reader::connect(address);
    reader.send(&format!("{request}\r\nhost: bench"), body);
    let mut answer = String::new();
    // A server that refuses a body may cut the rest off before its answer was read whole.
    let _cut = reader.stream.read_to_string(&mut answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("no answer to {request}: {answer:?}")), body.to_owned())
}

struct Reader {
    stream: TcpStream,
    /// What has come so far and was not taken.
    read: String,
}

impl Reader {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(CAP)).unwrap();
        Self { stream, read: String::new() }
    }

    fn send(&mut self, head: &str, body: &str) {
        let length = body.len();
        let request =
            format!("{head}\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\n\r\n{body}");
        self.stream.write_all(request.as_bytes()).unwrap();
    }

    /// Reads on until this has come.
    fn read_to(&mut self, text: &str) -> String {
        self.read_until(|read| read.contains(text))
    }

    fn read_until(&mut self, is_there: impl Fn(&str) -> bool) -> String {
        let mut piece = [0; 4096];
        while !is_there(&self.read) {
            let read = self.stream.read(&mut piece).unwrap();
            assert!(read > 0, "the stream ends: {}", self.read);
            self.read += str::from_utf8(&piece[..read]).unwrap();
        }
        self.read.clone()
    }
}
