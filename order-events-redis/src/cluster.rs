//! A Redis Cluster: which primary has which slot, and how that is learned anew.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redis::{Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, RedisError, Value, cmd};
use tokio::time::Instant;

use crate::error::Failure;
use crate::node::Node;

/// How often one request is sent on to another node.
const REDIRECTS: usize = 8;

/// See the [module](self).
pub(crate) struct Cluster {
    /// Credentials and TLS of every node are those of the first address.
    seeds: Vec<ConnectionInfo>,
    map: Mutex<Map>,
    /// Held by whoever asks for the slots: one at a time.
    refreshing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Map {
    /// First and last slot, and whose.
    ranges: Vec<(u16, u16, Address)>,
    nodes: HashMap<Address, Arc<Node>>,
    /// How often it was learned.
    version: u64,
}

type Address = (String, u16);

impl Cluster {
    pub(crate) fn new(seeds: Vec<ConnectionInfo>) -> Self {
        let (map, refreshing) = (Mutex::default(), tokio::sync::Mutex::new(()));
        Self { seeds, map, refreshing }
    }

    /// Whether every primary could be reached when that was last tried.
    pub(crate) fn is_up(&self) -> bool {
        self.lock().nodes.values().all(|node| node.is_up())
    }

    /// Asks the node that has the slot, wherever it is by now. Only what was not executed is sent
    /// once more.
    pub(crate) async fn ask(
        &self,
        slot: u16,
        request: &[Cmd],
        deadline: Instant,
    ) -> Result<Vec<Value>, Failure> {
        let mut node = self.node(slot, deadline).await?;
        let mut failed = None;
        for _ in 0..REDIRECTS {
            let version = self.lock().version;
            let failure = match node.ask(request, deadline).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let Failure::NotDone(error) = &failure else {
                // The node may be gone: where it was is asked for when it is needed next.
                if failure.code().is_none() {
                    self.lock().forget(slot);
                }
                return Err(failure);
            };
            match error.code() {
                Some("ASK") => {
                    let Some(next) = self.redirected(error, &node) else { return Err(failure) };
                    // It has no right to the slot yet, and answers only who says so.
                    let mut asking = vec![cmd("ASKING")];
                    asking.extend_from_slice(request);
                    return next.ask(&asking, deadline).await.and_then(first_of_the_rest);
                }
                Some("MOVED") => {
                    let Some(next) = self.redirected(error, &node) else { return Err(failure) };
                    self.lock().forget(slot);
                    node = next;
                }
                // A primary that is none any more, or one that is not there.
                Some("READONLY") | None => {
                    let next = self.refresh(version, deadline).await.ok();
                    match next.and_then(|()| self.lock().node(slot)) {
                        Some(next) if !Arc::ptr_eq(&next, &node) => node = next,
                        _ => return Err(failure),
                    }
                }
                Some(_) => return Err(failure),
            }
            failed = Some(failure);
        }
        Err(failed.unwrap_or_else(|| Failure::NotDone(unknown_slot())))
    }

    /// The node that has the slot as far as is known.
    pub(crate) async fn node(&self, slot: u16, deadline: Instant) -> Result<Arc<Node>, Failure> {
        let version = {
            let map = self.lock();
            if let Some(node) = map.node(slot) {
                return Ok(node);
            }
            map.version
        };
        self.refresh(version, deadline).await.map_err(Failure::NotDone)?;
        self.lock().node(slot).ok_or_else(|| Failure::NotDone(unknown_slot()))
    }

    /// Looks whether those that could not be reached are back, or gone for good: where none of our
    /// tenants is theirs, nobody else asks them.
    pub(crate) async fn revisit(&self, deadline: Instant) {
        let (away, version): (Vec<_>, u64) = {
            let map = self.lock();
            (map.nodes.values().filter(|node| !node.is_up()).cloned().collect(), map.version)
        };
        for node in away {
            if node.ask(&[cmd("PING")], deadline).await.is_err() {
                let _looked_at_again_later = self.refresh(version, deadline).await;
            }
        }
    }

    /// The slot's node has to be asked for again.
    pub(crate) fn forget(&self, slot: u16) {
        self.lock().forget(slot);
    }

    /// Asks any node that answers who has which slot, unless somebody did since `seen`.
    async fn refresh(&self, seen: u64, deadline: Instant) -> Result<(), RedisError> {
        let _one_at_a_time = self.refreshing.lock().await;
        let known: Vec<_> = {
            let map = self.lock();
            if map.version != seen {
                return Ok(());
            }
            map.nodes.keys().cloned().collect()
        };
        let seeds = self.seeds.iter().filter_map(|seed| address(seed.addr()));
        let mut failed = unknown_slot();
        // Each gets its share of the time, for some may be dead.
        let candidates: Vec<Address> = known.into_iter().chain(seeds).collect();
        let share = deadline.saturating_duration_since(Instant::now())
            / (candidates.len() as u32).clamp(1, 8);
        for candidate in candidates {
            let Ok(node) = self.lock().at(&self.seeds, &candidate) else { continue };
            let slots = [cmd("CLUSTER").arg("SLOTS").to_owned()];
            match node.ask(&slots, deadline.min(Instant::now() + share)).await {
                Ok(answers) => {
                    let ranges = answers.first().map(|slots| ranges(slots, &candidate.0));
                    let ranges = ranges.unwrap_or_default();
                    let mut map = self.lock();
                    for (_, _, address) in &ranges {
                        map.at(&self.seeds, address)?;
                    }
                    map.nodes.retain(|address, _| ranges.iter().any(|range| range.2 == *address));
                    map.ranges = ranges;
                    map.version += 1;
                    return Ok(());
                }
                Err(Failure::NotDone(error) | Failure::Unknown(error)) => failed = error,
                Err(Failure::Foreign(_)) => {}
            }
        }
        Err(failed)
    }

    /// The node that an error of `from` points to.
    fn redirected(&self, error: &RedisError, from: &Arc<Node>) -> Option<Arc<Node>> {
        let (target, _) = error.redirect_node()?;
        let (host, port) = target.rsplit_once(':')?;
        let port = port.parse().ok()?;
        let mut map = self.lock();
        // Without a host it is the one of whoever says so.
        let its = map.nodes.iter().find(|(_, node)| Arc::ptr_eq(node, from));
        let its = its.map(|(address, _)| address.0.clone());
        let host = if host.is_empty() { its? } else { host.to_owned() };
        map.at(&self.seeds, &(host, port)).ok()
    }

    fn lock(&self) -> MutexGuard<'_, Map> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Map {
    fn node(&self, slot: u16) -> Option<Arc<Node>> {
        let range = self.ranges.iter().find(|(first, last, _)| (*first..=*last).contains(&slot))?;
        self.nodes.get(&range.2).cloned()
    }

    /// The slots of this one's range have to be asked for again.
    fn forget(&mut self, slot: u16) {
        self.ranges.retain(|(first, last, _)| !(*first..=*last).contains(&slot));
    }

    fn at(&mut self, seeds: &[ConnectionInfo], address: &Address) -> Result<Arc<Node>, RedisError> {
        if let Some(node) = self.nodes.get(address) {
            return Ok(Arc::clone(node));
        }
        let first = seeds.first().ok_or_else(unknown_slot)?;
        let (host, port) = address.clone();
        let addr = match first.addr() {
            ConnectionAddr::TcpTls { insecure, tls_params, .. } => ConnectionAddr::TcpTls {
                host,
                port,
                insecure: *insecure,
                tls_params: tls_params.clone(),
            },
            _ => ConnectionAddr::Tcp(host, port),
        };
        let node = Arc::new(Node::new(first.clone().set_addr(addr))?);
        self.nodes.insert(address.clone(), Arc::clone(&node));
        Ok(node)
    }
}

fn address(addr: &ConnectionAddr) -> Option<Address> {
    match addr {
        ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
            Some((host.clone(), *port))
        }
        _ => None,
    }
}

/// The answers without that to `ASKING`.
fn first_of_the_rest(mut answers: Vec<Value>) -> Result<Vec<Value>, Failure> {
    answers.remove(0);
    if let Some(first) = answers.first_mut() {
        let answer = std::mem::replace(first, Value::Nil).extract_error();
        *first = answer.map_err(Failure::of_sent)?;
    }
    Ok(answers)
}

/// What `CLUSTER SLOTS` says: `[[first, last, [host, port, …], replicas…]…]`.
fn ranges(answer: &Value, asked: &str) -> Vec<(u16, u16, Address)> {
    let Value::Array(ranges) = answer else { return Vec::new() };
    let number = |value: &Value| match value {
        Value::Int(number) => u16::try_from(*number).ok(),
        _ => None,
    };
    let range = |range: &Value| {
        let Value::Array(parts) = range else { return None };
        let [first, last, Value::Array(primary), ..] = parts.as_slice() else { return None };
        let host = match primary.first()? {
            Value::BulkString(host) => String::from_utf8(host.clone()).ok()?,
            Value::SimpleString(host) => host.clone(),
            _ => String::new(),
        };
        // A node that does not know its own name is where it was asked.
        let host = if host.is_empty() || host == "?" { asked.to_owned() } else { host };
        Some((number(first)?, number(last)?, (host, number(primary.get(1)?)?)))
    };
    ranges.iter().filter_map(range).collect()
}

fn unknown_slot() -> RedisError {
    RedisError::from((ErrorKind::Client, "no node of the cluster is known to have this slot"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slots_of_a_cluster_are_read() {
        let text = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        let node = |host, port| Value::Array(vec![host, Value::Int(port), text("id")]);
        let range =
            |first, last, node| Value::Array(vec![Value::Int(first), Value::Int(last), node]);
        let answer = Value::Array(vec![
            range(0, 5, node(text("a"), 1)),
            range(6, 9, node(Value::Nil, 2)),
            range(10, 11, node(text(""), 3)),
            Value::Nil,
        ]);
        let wanted = [
            (0, 5, ("a".to_owned(), 1)),
            (6, 9, ("asked".to_owned(), 2)),
            (10, 11, ("asked".to_owned(), 3)),
        ];
        assert_eq!(ranges(&answer, "asked"), wanted);
    }
}
