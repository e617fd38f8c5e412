//! The program, as it is run, and somebody who waits for an order.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use order_events_client::reqwest::{self, StatusCode};
use order_events_client::{BoxError, Client, Delivery, Events, OrderEvent, OrderId, OrderStatus};
use tokio::time::timeout;

type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const SECRET: &str = "a secret of this test";

struct Service {
    process: Child,
    // A program that prints to a closed pipe fails.
    _output: BufReader<ChildStdout>,
    address: String,
}

impl Service {
    fn start() -> Result<Self> {
        let mut process = program().env("ADDRESS", "127.0.0.1:0").spawn()?;
        let mut output = BufReader::new(process.stdout.take().ok_or("no output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let address = line.trim().strip_prefix("listening on ").ok_or("it does not listen")?;
        Ok(Self { process, _output: output, address: address.to_owned() })
    }

    async fn publish(&self, token: &str, order: &str, change: &'static str) -> Result<StatusCode> {
        let asked = reqwest::Client::new()
            .post(format!("{}/orders/{order}", self.address))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .body(change);
        Ok(asked.send().await?.status())
    }

    async fn watch(&self, token: String, order: &str) -> Result<Events> {
        let token = move |_renew| {
            let token = token.clone();
            async { Ok::<_, BoxError>(token) }
        };
        let client = Client::builder(&self.address).bearer(token).build()?;
        Ok(client.order(OrderId::new(order)?).open().await?)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _gone = self.process.wait();
    }
}

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_order-service"));
    program.env("SECRET", SECRET).env_remove("REDIS_URL").stdout(Stdio::piped());
    program
}

fn token(words: &[&str]) -> Result<String> {
    let said = program().arg("token").args(words).output()?;
    Ok(String::from_utf8(said.stdout)?.trim().to_owned())
}

async fn next_event(events: &mut Events) -> Result<OrderEvent> {
    loop {
        let given = timeout(Duration::from_secs(30), events.next()).await?;
        if let Delivery::Event(event) = given.ok_or("it is over")??.delivery {
            return Ok(event);
        }
    }
}

#[tokio::test]
async fn a_change_arrives_at_whoever_waits_for_the_order() -> Result {
    let service = Service::start()?;
    let (anna, staff) = (token(&["anna"])?, token(&["sam", "staff"])?);
    let created = r#"{"status": "PENDING", "customer": "anna"}"#;
    assert_eq!(service.publish(&staff, "42", created).await?, 200);

    let mut events = service.watch(anna, "42").await?;
    while !matches!(events.next().await.ok_or("it is over")??.delivery, Delivery::Current) {}
    let moved = r#"{"status": "PROCESSING", "note": "on the bench"}"#;
    assert_eq!(service.publish(&staff, "42", moved).await?, 200);
    let told = next_event(&mut events).await?;
    assert_eq!((told.kind.status(), told.version), (Some(OrderStatus::Processing), 2));

    let impossible = r#"{"status": "DELIVERED"}"#;
    assert_eq!(service.publish(&staff, "42", impossible).await?, 409);
    Ok(())
}

#[test]
fn without_a_secret_it_is_there_for_its_own_machine_alone() -> Result {
    let mut service = program();
    service.env_remove("SECRET").env("ADDRESS", "0.0.0.0:0").stderr(Stdio::piped());
    let ended = service.output()?;
    let said = String::from_utf8(ended.stderr)?;
    assert!(!ended.status.success() && said.contains("SECRET: must be set"), "{said}");
    Ok(())
}

#[tokio::test]
async fn nobody_sees_or_moves_what_is_not_theirs() -> Result {
    let service = Service::start()?;
    let (eve, staff) = (token(&["eve"])?, token(&["sam", "staff"])?);
    let created = r#"{"status": "PENDING", "customer": "anna"}"#;
    assert_eq!(service.publish(&eve, "42", created).await?, 403);
    assert_eq!(service.publish("nonsense", "42", created).await?, 401);
    assert_eq!(service.publish(&staff, "42", created).await?, 200);
    let mut events = service.watch(eve, "42").await?;
    let refused = events.next().await.ok_or("it is over")?;
    assert!(matches!(refused, Err(order_events_client::Error::NotFound)));
    Ok(())
}
