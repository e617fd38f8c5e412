//! Orders, and whoever waits for them. See README.md.

mod access;
mod publishing;
mod settings;

use std::error::Error;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use order_events_axum::{
    Door, Hub, Listener, Origins, STOP_DEADLINE, authorizer, cors, routes, serve, stopped,
};
use order_events_redis::RedisEngine;

use crate::access::Access;
use crate::settings::Settings;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let settings = Settings::from_env()?;
    let words: Vec<_> = std::env::args().skip(1).collect();
    match &words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => run(&settings).await,
        ["token", user] => print_token(&settings, user, false),
        ["token", user, "staff"] => print_token(&settings, user, true),
        _ => Err("usage: order-service [token USER [staff]]".into()),
    }
}

async fn run(settings: &Settings) -> Result<(), Box<dyn Error>> {
    let hub = match &settings.redis {
        Some(url) => {
            let engine = RedisEngine::builder(url).connect().await?;
            Hub::builder().engine(Arc::new(engine)).build()
        }
        None => Hub::builder().build(),
    };
    let access = Access::new(&hub, &settings.secret);
    let door = Door::new(&hub, authorizer(access.clone(), access::access));
    let router = routes(&door)
        .route("/orders/{order}", post(publishing::publish))
        // That the process runs. While Redis is away streams stay open, so the log is not asked.
        .route("/health", get(async || "ok"))
        .route("/ready", get(ready))
        .layer(cors(&Origins::of(settings.origins())?))
        .with_state(access);
    let listener = Listener::bind(&settings.address)?;
    println!("listening on http://{}", listener.local_addr()?);
    if settings.secret_is_known() {
        eprintln!("SECRET is not set: anybody can sign in as anybody");
    }
    serve(listener, router, &hub, stopped(), STOP_DEADLINE).await;
    Ok(())
}

/// Whether readers may be sent here: not once the hub is drained, which is when it takes no new ones.
async fn ready(State(access): State<Access>) -> StatusCode {
    if access.hub.is_draining() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
}

fn print_token(settings: &Settings, user: &str, is_staff: bool) -> Result<(), Box<dyn Error>> {
    println!("{}", access::token(&settings.secret, user, is_staff)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn nobody_is_to_be_sent_to_a_drained_node() {
        let access = Access::new(&Hub::builder().build(), "a secret of this test");
        assert_eq!(ready(State(access.clone())).await, StatusCode::OK);
        access.hub.drain(Duration::ZERO).await;
        assert_eq!(ready(State(access)).await, StatusCode::SERVICE_UNAVAILABLE);
    }
}
