//! Whoever reads an answer to the letter.

use std::io::ErrorKind;
use std::net::SocketAddr;

use order_events_wire_tests::in_time;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) struct Visitor {
    socket: TcpStream,
    heard: String,
}

impl Visitor {
    pub(crate) async fn at(address: SocketAddr) -> Self {
        Self { socket: TcpStream::connect(address).await.unwrap(), heard: String::new() }
    }

    pub(crate) async fn ask(&mut self, text: &str) {
        self.socket.write_all(text.as_bytes()).await.unwrap();
    }

    /// Asks nothing more, and says so.
    pub(crate) async fn asks_nothing_more(&mut self) {
        self.socket.shutdown().await.unwrap();
    }

    /// Asks without end, and hears nothing.
    pub(crate) async fn ask_without_end(&mut self, text: &str) {
        let many = text.repeat(1000);
        loop {
            self.ask(&many).await;
        }
    }

    /// This was heard already, and is to be heard again.
    pub(crate) fn hears_first(&mut self, heard: String) {
        self.heard.insert_str(0, &heard);
    }

    /// Reads on until it has heard this; gives what came before it and with it, and forgets that.
    pub(crate) async fn hears(&mut self, what: &str) -> String {
        in_time(what, self.read_until(what)).await
    }

    async fn read_until(&mut self, what: &str) -> String {
        let mut looked_at = 0;
        loop {
            if let Some(at) = self.heard[looked_at..].find(what) {
                let rest = self.heard.split_off(looked_at + at + what.len());
                return std::mem::replace(&mut self.heard, rest);
            }
            looked_at = self.heard.len().saturating_sub(what.len());
            let mut some = [0; 4096];
            let count = self.socket.read(&mut some).await.unwrap();
            assert_ne!(count, 0, "closed before {what:?} was said, after {:?}", self.heard);
            self.heard.push_str(std::str::from_utf8(&some[..count]).unwrap());
        }
    }

    /// What comes until the connection is closed, and whether it was in good order.
    pub(crate) async fn hears_the_end(mut self) -> String {
        let mut rest = Vec::new();
        match in_time("the end", self.socket.read_to_end(&mut rest)).await {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
        self.heard + std::str::from_utf8(&rest).unwrap()
    }
}
