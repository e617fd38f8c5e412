//! The program under test, and somebody who talks to it.

use std::net::SocketAddr;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use http::header::{ACCESS_CONTROL_EXPOSE_HEADERS, AUTHORIZATION, DATE, HOST};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use order_events_core::Hub;
use order_events_sse::{Decoder, Message};
use serde_json::Value;
use shop::{Claims, Role, Shop};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::SERVER;

/// However slow the machine: what takes longer does not happen.
const PATIENCE: Duration = Duration::from_secs(60);

const SECRET: &str = "a secret of these tests";

pub(crate) async fn within<T>(patience: impl Future<Output = T>) -> T {
    timeout(PATIENCE, patience).await.expect("it does not happen")
}

/// A server with Anna's order 42. Ends with its test.
pub(crate) struct Server {
    process: Child,
    /// Kept, for a program that prints to a closed pipe fails.
    pub(crate) output: Lines<BufReader<ChildStdout>>,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await.expect("it says where it listens")
    }

    /// With variables of its own. None where it ends before it listens.
    pub(crate) async fn start_with(variables: &[(&str, &str)]) -> Option<Self> {
        let mut process = Command::new(SERVER)
            .env("PORT", "0")
            .env("SHOP_SECRET", SECRET)
            // Whoever runs the tests may have one; what they do not set is not set.
            .env_remove("WEBHOOK_SECRET")
            .env_remove("OPERATIONS_KEY")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = within(output.next_line()).await.unwrap()?;
        let address = line.strip_prefix("listening on http://").unwrap().parse().unwrap();
        Some(Self { process, output, address })
    }

    /// What it has said since it listens, when it serves. Ends it.
    pub(crate) async fn said(mut self) -> String {
        self.get("/", &[]).await;
        self.signal("TERM").await;
        let mut said = String::new();
        while let Some(line) = within(self.output.next_line()).await.unwrap() {
            said.push_str(&line);
            said.push('\n');
        }
        said
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask(Method::GET, path, headers, "").await
    }

    /// What staff say of an order, or try to.
    pub(crate) async fn publish(&self, change: &str) -> Answer {
        self.publish_as(&bearer("sam", Role::Admin), change).await
    }

    pub(crate) async fn publish_as(&self, token: &str, change: &str) -> Answer {
        let headers = [(AUTHORIZATION.as_str(), token), ("content-type", "application/json")];
        self.ask(Method::POST, "/orders", &headers, change).await
    }

    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let (head, body) = self.send(method, path, headers, body).await.into_parts();
        let body = within(body.collect()).await.unwrap().to_bytes().to_vec();
        Answer {
            status: head.status,
            headers: head.headers,
            body: String::from_utf8(body).unwrap(),
        }
    }

    /// A stream that is open.
    pub(crate) async fn watch(&self, path: &str, headers: &[(&str, &str)]) -> Stream {
        let response = self.send(Method::GET, path, headers, "").await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Stream { body: response.into_body(), decoder: Decoder::new(), rest: Vec::new() }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response<Incoming> {
        let connection = within(TcpStream::connect(self.address)).await.unwrap();
        let (mut sender, served) = handshake(TokioIo::new(connection)).await.unwrap();
        // It ends with the body, which the test looks at.
        tokio::spawn(served);
        let request = Request::builder().method(method).uri(path).header(HOST, "shop.example");
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let request = request.body(Full::<Bytes>::from(body.to_owned())).unwrap();
        within(sender.send_request(request)).await.unwrap()
    }

    /// Tells the process to stop.
    pub(crate) async fn signal(&self, signal: &str) {
        let pid = self.process.id().expect("it runs").to_string();
        let told = Command::new("sh").args(["-c", "kill -$0 $1", signal, &pid]).status();
        assert!(told.await.unwrap().success());
    }

    /// Waits until the process has ended by itself.
    pub(crate) async fn ended(mut self) -> ExitStatus {
        within(self.process.wait()).await.unwrap()
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// What is to be the same in two answers that must not be told apart: all but the date, and
    /// the order of the headers that a page may read, which `actix_cors` takes from a hash set
    /// that each worker seeds anew.
    pub(crate) fn comparable(mut self) -> (StatusCode, HeaderMap, String) {
        self.headers.remove(DATE);
        if let Some(exposed) = self.headers.get_mut(ACCESS_CONTROL_EXPOSE_HEADERS) {
            let mut names: Vec<_> = exposed.to_str().unwrap().split(", ").collect();
            names.sort_unstable();
            *exposed = names.join(", ").parse().unwrap();
        }
        (self.status, self.headers, self.body)
    }
}

/// A stream that is read event by event.
pub(crate) struct Stream {
    body: Incoming,
    decoder: Decoder,
    rest: Vec<u8>,
}

impl Stream {
    /// The next event; none where the stream is over. Heartbeats do not prolong the patience.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        within(self.read()).await
    }

    async fn read(&mut self) -> Option<Message> {
        loop {
            let mut rest = &self.rest[..];
            let message = self.decoder.decode(&mut rest).unwrap();
            self.rest = rest.to_vec();
            if message.is_some() {
                return message;
            }
            let frame = self.body.frame().await?.unwrap();
            self.rest.extend_from_slice(&frame.into_data().unwrap());
        }
    }

    /// The data of the next event, which has this name.
    pub(crate) async fn expect(&mut self, name: &str) -> Value {
        let message = self.next().await.expect("the stream is not over");
        assert_eq!(&*message.event, name, "{}", message.data);
        serde_json::from_str(&message.data).unwrap()
    }

    pub(crate) fn cursor(&self) -> &str {
        self.decoder.last_event_id()
    }
}

/// The value of an `Authorization` header that holds for an hour.
pub(crate) fn bearer(sub: &str, role: Role) -> String {
    format!("Bearer {}", token(SECRET, sub, role, 3600))
}

/// A token of the shop that ends so many seconds from now.
pub(crate) fn token_for(sub: &str, seconds: i64) -> String {
    token(SECRET, sub, Role::Customer, seconds)
}

/// A token that somebody else signed.
pub(crate) fn forged(sub: &str, role: Role) -> String {
    token("a guess", sub, role, 3600)
}

fn token(secret: &str, sub: &str, role: Role, seconds: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let exp = now.as_secs().checked_add_signed(seconds).unwrap();
    let shop = Shop::new(Hub::builder().build(), secret);
    shop.sign(&Claims { sub: sub.to_owned(), role, exp }).unwrap()
}
