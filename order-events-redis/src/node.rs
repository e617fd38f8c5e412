//! One server, and the connection to it that all calls share.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, Pipeline, ProtocolVersion, PushInfo,
    PushKind, RedisError, Value,
};
use tokio::time::{Instant, timeout_at};

use crate::error::Failure;
use crate::info::{Info, questions};

/// The least and the most time between two attempts to reach a server that is away, but for jitter.
const LEAST_GAP: Duration = Duration::from_millis(20);
const MOST_GAP: Duration = Duration::from_millis(500);

/// What waits to be written to a server that does not take it as fast as it comes.
const WAITING_REQUESTS: usize = 1024;

/// See the [module](self).
pub(crate) struct Node {
    client: Client,
    state: Mutex<State>,
    /// Held by whoever connects: one attempt at a time.
    connecting: tokio::sync::Mutex<()>,
    is_up: AtomicBool,
}

struct State {
    connection: Option<Connection>,
    backoff: ExponentialBackoff,
    /// Nobody tries again before this.
    not_before: Option<(Instant, RedisError)>,
}

#[derive(Clone)]
struct Connection {
    inner: MultiplexedConnection,
    is_lost: Arc<AtomicBool>,
}

impl Node {
    pub(crate) fn new(info: ConnectionInfo) -> Result<Self, RedisError> {
        let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let info = info
            .set_redis_settings(redis)
            .set_tcp_settings(TcpSettings::default().set_nodelay(true));
        Ok(Self {
            client: Client::open(info)?,
            state: Mutex::new(State { connection: None, backoff: backoff(), not_before: None }),
            connecting: tokio::sync::Mutex::new(()),
            is_up: AtomicBool::new(true),
        })
    }

    /// Whether it could be reached when that was last tried.
    pub(crate) fn is_up(&self) -> bool {
        self.is_up.load(Ordering::Relaxed)
    }

    /// Asks all of this at once, on one connection and in this order, and waits for the answers until
    /// the deadline. The first is the request: where it fails, all has failed.
    pub(crate) async fn ask(
        &self,
        request: &[Cmd],
        deadline: Instant,
    ) -> Result<Vec<Value>, Failure> {
        let mut connection = self.connection(deadline).await.map_err(Failure::NotDone)?;
        let asked = ask(&mut connection.inner, request, deadline).await;
        match &asked {
            Ok(_) => self.is_up.store(true, Ordering::Relaxed),
            Err(error) => {
                // A server that refuses to work is as good as away.
                let is_up = error.code().is_some_and(|code| !AWAY.contains(&code));
                self.is_up.store(is_up, Ordering::Relaxed);
                // A primary that is none any more may have another address by now.
                if error.code().is_none_or(|code| code == "READONLY") {
                    connection.is_lost.store(true, Ordering::Relaxed);
                }
            }
        }
        asked.map_err(Failure::of_sent)
    }

    /// A connection of the caller's own, which tells what the server sends unasked.
    pub(crate) async fn listen(
        &self,
        deadline: Instant,
        told: impl Fn(PushInfo) + Send + Sync + 'static,
    ) -> Result<MultiplexedConnection, RedisError> {
        let connected = bounded(deadline, self.connect(told)).await;
        self.is_up.store(connected.is_ok(), Ordering::Relaxed);
        connected
    }

    /// What it says of itself. Where it has begun to evict keys it is not asked for anything more,
    /// before it stops.
    pub(crate) async fn look(&self, deadline: Instant) -> Result<Info, Failure> {
        let said = self.ask(&questions(), deadline).await?;
        let said = Info::read(said).map_err(Failure::of_sent)?;
        let Some(policy) = said.evicts() else { return Ok(said) };
        self.is_up.store(false, Ordering::Relaxed);
        if let Some(connection) = &self.lock().connection {
            connection.is_lost.store(true, Ordering::Relaxed);
        }
        Err(Failure::NotDone(policy))
    }

    async fn connection(&self, deadline: Instant) -> Result<Connection, RedisError> {
        if let Some(connection) = self.lock().living() {
            return Ok(connection);
        }
        bounded(deadline, async {
            let _one_at_a_time = self.connecting.lock().await;
            {
                let mut state = self.lock();
                if let Some(connection) = state.living() {
                    return Ok(connection);
                }
                if let Some((not_before, error)) = &state.not_before
                    && Instant::now() < *not_before
                {
                    return Err(error.clone());
                }
            }
            let is_lost = Arc::new(AtomicBool::new(false));
            let its = Arc::clone(&is_lost);
            let connected = self.connect(move |push| {
                if push.kind == PushKind::Disconnection {
                    its.store(true, Ordering::Relaxed);
                }
            });
            let connected = bounded(deadline, connected).await;
            self.is_up.store(connected.is_ok(), Ordering::Relaxed);
            let mut state = self.lock();
            match connected {
                Ok(inner) => {
                    let connection = Connection { inner, is_lost };
                    state.connection = Some(connection.clone());
                    (state.backoff, state.not_before) = (backoff(), None);
                    Ok(connection)
                }
                Err(error) => {
                    let gap = state.backoff.next().unwrap_or(MOST_GAP);
                    state.not_before = Some((Instant::now() + gap, error.clone()));
                    Err(error)
                }
            }
        })
        .await
    }

    async fn connect(
        &self,
        told: impl Fn(PushInfo) + Send + Sync + 'static,
    ) -> Result<MultiplexedConnection, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None)
            .set_pipeline_buffer_size(WAITING_REQUESTS)
            .set_push_sender(move |push| {
                told(push);
                Ok::<(), RedisError>(())
            });
        let connected = self.client.get_multiplexed_async_connection_with_config(&config).await;
        let mut connection = connected?;
        match Info::read(send(&mut connection, &questions()).await?)?.evicts() {
            Some(policy) => Err(policy),
            None => Ok(connection),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn living(&mut self) -> Option<Connection> {
        // Whoever waits on the old one has a handle of their own, and keeps it open until then.
        self.connection.take_if(|connection| connection.is_lost.load(Ordering::Relaxed));
        self.connection.clone()
    }
}

/// Codes of a server that is there and answers nobody.
const AWAY: [&str; 5] = ["BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "READONLY"];

fn backoff() -> ExponentialBackoff {
    ExponentialBuilder::new()
        .with_min_delay(LEAST_GAP)
        .with_max_delay(MOST_GAP)
        .with_jitter()
        .without_max_times()
        .build()
}

/// Asks on a connection, and waits for the answers until the deadline.
pub(crate) async fn ask(
    connection: &mut MultiplexedConnection,
    request: &[Cmd],
    deadline: Instant,
) -> Result<Vec<Value>, RedisError> {
    bounded(deadline, send(connection, request)).await
}

/// … however long that takes.
async fn send(
    connection: &mut MultiplexedConnection,
    request: &[Cmd],
) -> Result<Vec<Value>, RedisError> {
    let mut answers = match request {
        [command] => vec![connection.send_packed_command(command).await?],
        commands => {
            let mut pipeline = Pipeline::with_capacity(commands.len());
            for command in commands {
                pipeline.add_command(command.clone());
            }
            connection.send_packed_commands(&pipeline, 0, commands.len()).await?
        }
    };
    if let Some(first) = answers.first_mut() {
        *first = std::mem::replace(first, Value::Nil).extract_error()?;
    }
    Ok(answers)
}

async fn bounded<T>(
    deadline: Instant,
    work: impl Future<Output = Result<T, RedisError>>,
) -> Result<T, RedisError> {
    match timeout_at(deadline, work).await {
        Ok(done) => done,
        Err(_) => {
            let late = std::io::Error::new(std::io::ErrorKind::TimedOut, "no answer in time");
            Err(RedisError::from(late))
        }
    }
}
