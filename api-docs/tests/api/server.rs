//! Real servers of both frameworks.

use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use http::request::Parts;
use order_events_axum::{
    Authorizer, Clock, Denied, Door, Grant, Hub, Listener, Principal, Scope, Settings, SystemClock,
    Timestamp,
};

/// Lets in whoever says so, as they say.
struct Gate;

#[async_trait]
impl Authorizer<Parts> for Gate {
    async fn authorize(&self, caller: &Parts, wanted: &Scope) -> Result<Grant, Denied> {
        let who = caller.headers.get("x-as").and_then(|who| who.to_str().ok());
        let anna = Principal::new("anna").map_err(|_| Denied::Failed)?;
        let mut grant = Grant::new(anna, wanted.clone());
        if caller.headers.contains_key("x-early") {
            grant = grant.even_if_absent();
        }
        match who {
            Some("staff") => Ok(grant.as_staff()),
            Some("public") => Ok(grant),
            Some("early") => Ok(grant.even_if_absent()),
            Some("late") => Ok(grant.until(Timestamp::UNIX_EPOCH)),
            Some("soon") => Ok(grant.until(soon())),
            Some("forbidden") => Err(Denied::Forbidden),
            Some("stranger") => Err(Denied::NotFound),
            Some("unlucky") => Err(Denied::Failed),
            _ => Err(Denied::Unauthenticated),
        }
    }
}

/// Soon enough to be waited for.
fn soon() -> Timestamp {
    SystemClock.now().saturating_add(Duration::from_millis(500))
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Framework {
    Axum,
    Actix,
}

/// A server that runs until this is dropped.
pub(crate) struct Server {
    pub(crate) hub: Hub,
    pub(crate) address: SocketAddr,
    running: Running,
}

enum Running {
    Axum(tokio::task::JoinHandle<()>),
    Actix(actix_web::dev::ServerHandle),
}

impl Server {
    pub(crate) fn start(framework: Framework, hub: Hub, settings: Settings) -> Self {
        let door = Door::with_settings(&hub, Gate, settings);
        let here = SocketAddr::from(([127, 0, 0, 1], 0));
        match framework {
            Framework::Axum => {
                let listener = Listener::bind(here).unwrap();
                let address = listener.local_addr().unwrap();
                let app = order_events_axum::routes(&door);
                let serving = async { axum::serve(listener, app).await.unwrap() };
                Self { hub, address, running: Running::Axum(tokio::spawn(serving)) }
            }
            Framework::Actix => {
                let (to, from) = std::sync::mpsc::channel();
                std::thread::spawn(move || {
                    actix_web::rt::System::new().block_on(async move {
                        let app = move || {
                            actix_web::App::new().configure(order_events_actix::routes(&door))
                        };
                        let server = actix_web::HttpServer::new(app)
                            .workers(1)
                            .disable_signals()
                            .shutdown_timeout(0)
                            .bind(here)
                            .unwrap();
                        let address = server.addrs()[0];
                        let server = server.run();
                        to.send((address, server.handle())).unwrap();
                        server.await.unwrap();
                    });
                });
                let (address, handle) = from.recv().unwrap();
                Self { hub, address, running: Running::Actix(handle) }
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        match &self.running {
            Running::Axum(task) => task.abort(),
            // Sent at once; the future only waits for the end.
            Running::Actix(handle) => drop(handle.stop(false)),
        }
    }
}
