//! The shop: its log, its hub, and the servers.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use order_events_axum::{
    Door, Hub, Listener, MemoryEngine, Origins, Settings, WhenRefused, authorizer, cors, routes,
    serve,
};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::access::{self, Access};
use crate::faults::{Faults, before};
use crate::pages::{pages, redirects, sign_in, stranger};

/// How long a stream may take over its end.
const DEADLINE: Duration = Duration::from_secs(1);

pub(crate) struct Shop {
    pub(crate) hub: Hub,
    pub(crate) access: Access,
    pub(crate) faults: Faults,
    pub(crate) is_soft: bool,
    engine: Arc<MemoryEngine>,
    module: PathBuf,
    /// Its own address, that of a page which is allowed to read along, and a stranger's.
    own: SocketAddr,
    friend: SocketAddr,
    stranger: SocketAddr,
    running: Option<Running>,
}

struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Shop {
    pub(crate) async fn open(module: PathBuf) -> io::Result<Self> {
        let faults = Faults::default();
        let beside = pages(module.clone());
        let friend = open_for_good(beside.clone())?;
        let stranger = open_for_good(beside.merge(stranger(faults.clone())))?;
        let engine = Arc::new(MemoryEngine::new());
        let mut shop = Self {
            hub: hub(&engine),
            access: Access::default(),
            faults,
            is_soft: false,
            engine,
            module,
            own: anywhere(),
            friend,
            stranger,
            running: None,
        };
        shop.up().map_err(io::Error::other)?;
        Ok(shop)
    }

    pub(crate) fn addresses(&self) -> Value {
        let [own, friend, stranger] =
            [self.own, self.friend, self.stranger].map(|address| format!("http://{address}"));
        json!({ "own": own, "friend": friend, "stranger": stranger })
    }

    /// Listens, where it did before.
    pub(crate) fn up(&mut self) -> Result<(), String> {
        let listener = Listener::bind(self.own).map_err(|error| error.to_string())?;
        self.own = listener.local_addr().map_err(|error| error.to_string())?;
        let (stop, stopped) = oneshot::channel();
        let (router, hub) = (self.router()?, self.hub.clone());
        let stopped = async { drop(stopped.await) };
        let task = async move { serve(listener, router, &hub, stopped, DEADLINE).await };
        self.running = Some(Running { stop, task: tokio::spawn(task) });
        Ok(())
    }

    /// Closes everything without a word.
    pub(crate) async fn down(&mut self) {
        // Whoever drops `stop` stops the server gently.
        let Some(Running { stop: _stop, task }) = self.running.take() else { return };
        task.abort();
        let _aborted = task.await;
    }

    /// Drains, ends and starts again.
    pub(crate) async fn restart(&mut self) -> Result<(), String> {
        if let Some(Running { stop, task }) = self.running.take() {
            let _told = stop.send(());
            task.await.map_err(|error| error.to_string())?;
        }
        self.hub = hub(&self.engine);
        self.up()
    }

    /// An empty log instead of the one there was.
    pub(crate) fn lose(&mut self) {
        self.engine = Arc::new(MemoryEngine::new());
        self.hub = hub(&self.engine);
    }

    fn router(&self) -> Result<Router, String> {
        let access = authorizer((self.hub.clone(), self.access.clone()), access::grant);
        let settings = Settings::default().configure(|settings| {
            settings.heartbeat = Duration::from_secs(1);
            settings.retry = Duration::from_millis(100);
            settings.retry_after = Duration::from_millis(500);
            if self.is_soft {
                settings.when_refused = WhenRefused::Stream;
            }
        });
        let door = Door::with_settings(&self.hub, access, settings);
        let friend = format!("http://{}", self.friend);
        let origins = Origins::of([&*friend]).map_err(|error| error.to_string())?;
        Ok(routes(&door)
            .layer(from_fn_with_state(self.faults.clone(), before))
            .merge(sign_in(self.access.clone()))
            .merge(redirects(format!("http://{}", self.stranger)))
            .merge(pages(self.module.clone()))
            .layer(cors(&origins)))
    }
}

fn hub(engine: &Arc<MemoryEngine>) -> Hub {
    let hub = Hub::builder().engine(Arc::clone(engine));
    hub.configure(|config| config.drain_spread = Duration::from_millis(200)).build()
}

/// Serves what outlives every trouble of the shop's.
fn open_for_good(router: Router) -> io::Result<SocketAddr> {
    let listener = Listener::bind(anywhere())?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

fn anywhere() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}
