//! A request, to the byte.

/// One request without a body, sent exactly as it stands here.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(super) method: String,
    target: String,
    headers: Vec<(&'static str, Vec<u8>)>,
}

impl Request {
    pub(crate) fn new(method: &str, target: impl Into<String>) -> Self {
        let host = ("host", b"orders.example".to_vec());
        Self { method: method.to_owned(), target: target.into(), headers: vec![host] }
    }

    pub(crate) fn get(target: impl Into<String>) -> Self {
        Self::new("GET", target)
    }

    pub(crate) fn head(target: impl Into<String>) -> Self {
        Self::new("HEAD", target)
    }

    /// … of an order's events.
    pub(crate) fn events_of(order: &str) -> Self {
        Self::get(format!("/orders/{order}/events"))
    }

    /// … with a header. Its value may be any bytes.
    pub(crate) fn with(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name, value.as_ref().to_vec()));
        self
    }

    /// … by somebody.
    pub(crate) fn by(self, who: &str) -> Self {
        self.with("authorization", format!("Bearer {who}"))
    }

    /// … for a page instead of a stream.
    pub(crate) fn for_json(self) -> Self {
        self.with("accept", "application/json")
    }

    /// … from where a reader says it stands.
    pub(crate) fn after(self, cursor: impl AsRef<[u8]>) -> Self {
        self.with("last-event-id", cursor)
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes
    }
}
