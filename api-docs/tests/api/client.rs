//! A client that knows nothing of ours but HTTP and the form of an event stream.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// How long anything may take before the test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Asked {
    /// As staff, unless said otherwise.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        let headers = vec![("x-as", "staff".to_owned())];
        Self { method: Method::GET, path: path.into(), headers }
    }

    pub(crate) fn by(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    pub(crate) fn who(self, who: &str) -> Self {
        self.with("x-as", who)
    }

    pub(crate) fn json(self) -> Self {
        self.with("accept", "application/json")
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }
}

/// What is answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Incoming,
    text: String,
}

pub(crate) async fn ask(address: SocketAddr, asked: &Asked) -> Answer {
    let pool: Pool<HttpConnector, Empty<Bytes>> =
        Pool::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
    let mut request = Request::builder()
        .method(asked.method.clone())
        .uri(format!("http://{address}{}", asked.path));
    for (name, value) in &asked.headers {
        request = request.header(*name, value);
    }
    let request = pool.request(request.body(Empty::new()).unwrap());
    let response = tokio::time::timeout(PATIENCE, request).await.expect("an answer").unwrap();
    let (head, body) = response.into_parts();
    Answer { status: head.status, headers: head.headers, body, text: String::new() }
}

impl Answer {
    /// The whole body.
    pub(crate) async fn whole(mut self) -> String {
        while self.more().await {}
        self.text
    }

    /// The blocks of a stream up to the first one for which this holds, or to its end.
    pub(crate) async fn until(&mut self, is_last: impl Fn(&Block) -> bool) -> Vec<Block> {
        loop {
            if let Some((blocks, rest)) = complete(&self.text, &is_last) {
                self.text = rest;
                return blocks;
            }
            if !self.more().await {
                let text = std::mem::take(&mut self.text);
                return text.split_terminator("\n\n").map(Block::of).collect();
            }
        }
    }

    async fn more(&mut self) -> bool {
        let frame = tokio::time::timeout(PATIENCE, self.body.frame()).await;
        match frame.unwrap_or_else(|_| panic!("nothing more after {:?}", self.text)) {
            Some(frame) => {
                let bytes = frame.unwrap().into_data().unwrap_or_default();
                self.text.push_str(std::str::from_utf8(&bytes).expect("whole characters"));
                true
            }
            None => false,
        }
    }
}

fn complete(text: &str, is_last: impl Fn(&Block) -> bool) -> Option<(Vec<Block>, String)> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((block, after)) = rest.split_once("\n\n") {
        blocks.push(Block::of(block));
        rest = after;
        if blocks.last().is_some_and(&is_last) {
            return Some((blocks, rest.to_owned()));
        }
    }
    None
}

/// The fields of one block of a stream, as they stand in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Block(pub(crate) BTreeMap<String, String>);

impl Block {
    fn of(text: &str) -> Self {
        let mut fields = BTreeMap::<String, String>::new();
        for line in text.lines() {
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            let field = fields.entry(name.to_owned()).or_default();
            if !field.is_empty() {
                field.push('\n');
            }
            field.push_str(value);
        }
        Self(fields)
    }

    pub(crate) fn event(&self) -> &str {
        self.0.get("event").map(String::as_str).unwrap_or_default()
    }

    pub(crate) fn id(&self) -> Option<&str> {
        self.0.get("id").map(String::as_str)
    }
}
