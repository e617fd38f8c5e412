//! Where a client is made, and what it may follow.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use order_events_core::{CustomerId, Lifecycle, OrderId, OrderSnapshot, Scope};
use reqwest::redirect::Policy;
use url::Url;

use crate::address;
use crate::config::Settings;
use crate::credentials::{Bearer, Credentials};
use crate::error::{BuildError, Error};
use crate::feed::Feed;
use crate::once;
use crate::reconnect::Machine;
use crate::session::Session;
use crate::store::{BoxError, Cursor, CursorStore};
use crate::stream::Events;
use crate::tls;
use crate::transport::Transport;

/// Follows orders on one server. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Client {
    base: Url,
    settings: Settings,
    transport: Arc<Transport>,
    seed: Option<u64>,
}

/// Without its address, which may have credentials in it.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Client {
    /// A client of the routes that are mounted at this address: `https://shop.example/live`.
    pub fn builder(address: impl AsRef<str>) -> ClientBuilder {
        ClientBuilder {
            address: address.as_ref().to_owned(),
            settings: Settings::default(),
            headers: HeaderMap::new(),
            credentials: None,
            http: None,
            seed: None,
        }
    }

    /// … without credentials, and with the defaults.
    pub fn new(address: impl AsRef<str>) -> Result<Self, BuildError> {
        Self::builder(address).build()
    }

    /// One order.
    pub fn order(&self, order: impl Into<OrderId>) -> Watching {
        self.watch(Scope::Order(order.into()))
    }

    /// One customer's orders.
    pub fn customer(&self, customer: impl Into<CustomerId>) -> Watching {
        self.watch(Scope::Customer(customer.into()))
    }

    /// All orders of the tenant that the credentials are for.
    pub fn tenant(&self) -> Watching {
        self.watch(Scope::Tenant)
    }

    /// Whichever scope this is.
    pub fn watch(&self, scope: impl Into<Scope>) -> Watching {
        Watching { client: self.clone(), scope: scope.into(), after: None, store: None }
    }

    /// One order as it stands, and where to follow it from: one request, which is not tried again.
    pub async fn snapshot(&self, order: &OrderId) -> Result<(OrderSnapshot, Cursor), Error> {
        self.snapshot_as(order).await
    }

    /// … of a lifecycle of your own.
    pub async fn snapshot_as<L: Lifecycle>(
        &self,
        order: &OrderId,
    ) -> Result<(OrderSnapshot<L>, Cursor), Error> {
        let url = address::order(&self.base, order.as_str())?;
        once::order(&self.transport, url, &self.settings).await
    }
}

/// Sets a [`Client`] up.
pub struct ClientBuilder {
    address: String,
    settings: Settings,
    headers: HeaderMap,
    credentials: Option<Arc<dyn Credentials>>,
    http: Option<HttpSetup>,
    seed: Option<u64>,
}

type HttpSetup = Box<dyn FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder>;

impl ClientBuilder {
    /// A header of every request. For what changes or may be refused there is
    /// [`credentials`](Self::credentials).
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// A bearer token, asked for before each request: from a cache, until it is about to expire.
    /// The function is given `true` after a 401: what it gave last is of no use any more.
    #[must_use]
    pub fn bearer<F, T>(self, token: F) -> Self
    where
        F: Fn(bool) -> T + Send + Sync + 'static,
        T: Future<Output = Result<String, BoxError>> + Send + 'static,
    {
        self.credentials(Bearer(token))
    }

    /// Whatever says who asks.
    #[must_use]
    pub fn credentials(mut self, credentials: impl Credentials + 'static) -> Self {
        self.credentials = Some(Arc::new(credentials));
        self
    }

    /// Other limits than the default ones.
    #[must_use]
    pub fn configure(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self
    }

    /// Changes the HTTP client beneath: a proxy, an address to connect from, a TLS backend of your
    /// own (`tls_backend_preconfigured`, which must offer `h2` by ALPN for HTTP/2 to be spoken; what
    /// is said of certificates otherwise has no effect, for there is a backend already). Redirects are
    /// ours, whatever it says of them. A time-out for whole requests would end streams.
    #[must_use]
    pub fn http(
        mut self,
        change: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder + 'static,
    ) -> Self {
        self.http = Some(Box::new(change));
        self
    }

    /// Has every stream wait as long as in the last run, for tests.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The client. Connects to nobody yet.
    pub fn build(self) -> Result<Client, BuildError> {
        let base = Url::parse(&self.address).map_err(|_| BuildError::Address)?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(BuildError::Address);
        }
        let http = outliving(reqwest::Client::builder());
        let http = tls::set_up(http, &base, self.http.is_some())?;
        let http = match self.http {
            Some(change) => change(http),
            None => http,
        };
        // A redirect is judged before it is followed. And where one came from is nobody's business.
        let http = http.redirect(Policy::none()).referer(false);
        let http = http.build().map_err(|error| BuildError::Http(error.into()))?;
        let transport = Transport { http, headers: self.headers, credentials: self.credentials };
        let (settings, seed) = (self.settings, self.seed);
        Ok(Client { base, settings, transport: Arc::new(transport), seed })
    }
}

/// Has a connection that streams share be noticed when it is dead. Giving up a stream does not close
/// it, and whatever is asked for next would be asked of the dead.
#[cfg(feature = "http2")]
fn outliving(http: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    http.http2_keep_alive_interval(crate::config::PING)
        .http2_keep_alive_timeout(crate::config::PING_PATIENCE)
        .http2_keep_alive_while_idle(true)
}

/// Each stream has a connection of its own, which goes with it.
#[cfg(not(feature = "http2"))]
fn outliving(http: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    http
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither the headers nor the address, which may have credentials in them.
        f.debug_struct("ClientBuilder").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// A scope that is about to be followed.
#[derive(Clone)]
#[must_use = "nothing is followed before it is opened"]
pub struct Watching {
    client: Client,
    scope: Scope,
    after: Option<Cursor>,
    store: Option<Arc<dyn CursorStore>>,
}

impl Watching {
    /// … with what comes after this cursor, and not with the orders as they stand.
    pub fn after(mut self, cursor: Cursor) -> Self {
        self.after = Some(cursor);
        self
    }

    /// … from where it stopped the last time. See [`CursorStore`] for when it is asked.
    pub fn stored(mut self, store: impl CursorStore + 'static) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Loads the cursor, where there is a store. Connects when it is first polled.
    pub async fn open(self) -> Result<Events, Error> {
        self.open_as().await
    }

    /// … of a lifecycle of your own.
    pub async fn open_as<L: Lifecycle>(self) -> Result<Events<L>, Error> {
        let Self { client, scope, mut after, store } = self;
        let address = address::events(&client.base, &scope)?;
        if let (None, Some(store)) = (&after, &store) {
            after = store.load().await.map_err(Error::Store)?;
        }
        let Client { settings, transport, seed, .. } = client;
        let seed = seed.unwrap_or_else(|| fastrand::u64(..));
        let machine = Machine::new(settings.clone(), transport.credentials.is_some(), seed);
        let feed = Feed::new(&settings, matches!(scope, Scope::Order(_)), after);
        Ok(Events::new(Session::new(address, machine, feed), transport, settings, store))
    }
}

impl fmt::Debug for Watching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watching")
            .field("scope", &self.scope)
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}
