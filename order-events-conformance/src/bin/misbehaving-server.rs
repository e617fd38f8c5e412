//! The servers of `vectors/client.json`, for clients that are not written in Rust.
//!
//! ```text
//! usage: misbehaving-server [SCRIPTS]
//! ```
//!
//! It reads commands from its standard input, one JSON object a line, answers each by a line, and
//! ends with its input, so that it cannot outlive the test that started it:
//!
//! | command | answer |
//! |---|---|
//! | `{"do": "open", "case": NAME}` | `{"origin": "http://127.0.0.1:…"}`: the server of that case. The one before is gone |
//! | `{"do": "publish"}` | `{}`: there is one more event |
//! | `{"do": "seen"}` | `{"requests": N, "leaks": N}` |
//! | `{"do": "left"}` | `{}`, once nobody is being answered any more |
//!
//! What cannot be done is answered by `{"error": WHY}`. Where a directory of scripts is named, an
//! empty page at `/` can load them from below `/js/`, for clients in browsers.

use std::path::PathBuf;

use order_events_conformance::clients::{Server, Table};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, stdin};

#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase")]
enum Command {
    Open { case: String },
    Publish,
    Seen,
    Left,
}

struct Stage {
    table: Table,
    scripts: Option<PathBuf>,
    server: Option<Server>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let scripts = std::env::args_os().nth(1).map(PathBuf::from);
    let mut stage = Stage { table: Table::read(), scripts, server: None };
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let done = match serde_json::from_str(&line) {
            Ok(command) => stage.carry_out(command).await,
            Err(error) => Err(error.to_string()),
        };
        println!("{}", done.unwrap_or_else(|error| json!({ "error": error })));
    }
    Ok(())
}

impl Stage {
    async fn carry_out(&mut self, command: Command) -> Result<Value, String> {
        if let Command::Open { case } = command {
            return self.open(&case).await;
        }
        let server = self.server.as_ref().ok_or("no case is open")?;
        Ok(match command {
            Command::Publish => {
                server.publish();
                json!({})
            }
            Command::Left => {
                server.is_left().await;
                json!({})
            }
            _ => json!({ "requests": server.requests(), "leaks": server.leaks() }),
        })
    }

    async fn open(&mut self, name: &str) -> Result<Value, String> {
        let case = self.table.case(name).ok_or_else(|| format!("no case is called {name:?}"))?;
        let started = match &self.scripts {
            Some(scripts) => Server::start_with_scripts(case, scripts).await,
            None => Server::start(case).await,
        };
        let server = started.map_err(|error| error.to_string())?;
        let origin = format!("http://{}", server.address());
        self.server = Some(server);
        Ok(json!({ "origin": origin }))
    }
}
