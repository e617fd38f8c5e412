//! A Redis Cluster of real servers, put together by plain commands.

use std::net::SocketAddr;

use crate::support::redis::{Options, Redis};
use crate::support::wait::until;

/// How many primaries there are: the least that can agree on who has failed.
const PRIMARIES: usize = 3;

const SLOTS: usize = 16_384;

/// Three primaries, and perhaps a replica of each.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) primaries: Vec<Redis>,
    pub(crate) replicas: Vec<Redis>,
}

impl Cluster {
    pub(crate) async fn start() -> Self {
        Self::start_with(Options::forgetful(), 0).await
    }

    /// … with so many replicas of each primary, 0 or 1.
    pub(crate) async fn start_with(options: Options, replicas_each: usize) -> Self {
        let options = options.with("cluster-enabled", "yes").with("cluster-node-timeout", "2000");
        let mut servers = Vec::new();
        for _ in 0..PRIMARIES * (1 + replicas_each) {
            servers.push(Redis::start(options.clone()).await);
        }
        let replicas = servers.split_off(PRIMARIES);
        let cluster = Self { primaries: servers, replicas };
        cluster.share_slots();
        cluster.meet().await;
        cluster.pair_up().await;
        cluster.is_ok().await;
        cluster
    }

    fn share_slots(&self) {
        for (nth, primary) in self.primaries.iter().enumerate() {
            let first = (nth * SLOTS / PRIMARIES).to_string();
            let last = ((nth + 1) * SLOTS / PRIMARIES - 1).to_string();
            primary.ask(&["CLUSTER", "ADDSLOTSRANGE", &first, &last]);
            primary.ask(&["CLUSTER", "SET-CONFIG-EPOCH", &(nth + 1).to_string()]);
        }
    }

    async fn meet(&self) {
        let first = &self.primaries[0];
        for server in self.all().skip(1) {
            let address = server.public_address();
            let (ip, port) = (address.ip().to_string(), address.port().to_string());
            first.ask(&["CLUSTER", "MEET", &ip, &port]);
        }
        let count = self.all().count().to_string();
        until("every server knows every other", || {
            self.all().all(|server| {
                let nodes = server.ask(&["CLUSTER", "NODES"]).text();
                let known = server.ask(&["CLUSTER", "INFO"]).text();
                known.contains(&format!("cluster_known_nodes:{count}\r"))
                    && !nodes.contains("handshake")
            })
        })
        .await;
    }

    async fn pair_up(&self) {
        for (replica, primary) in self.replicas.iter().zip(&self.primaries) {
            let id = primary.ask(&["CLUSTER", "MYID"]).text();
            replica.ask(&["CLUSTER", "REPLICATE", &id]);
        }
        for (replica, primary) in self.replicas.iter().zip(&self.primaries) {
            replica.caught_up_with(primary).await;
        }
    }

    /// Waits until all who live say that all is well.
    pub(crate) async fn is_ok(&self) {
        until("the cluster is ok", || {
            self.all()
                .filter(|server| !server.is_killed())
                .all(|server| server.ask(&["CLUSTER", "INFO"]).text().contains("cluster_state:ok"))
        })
        .await;
    }

    fn all(&self) -> impl Iterator<Item = &Redis> {
        self.primaries.iter().chain(&self.replicas)
    }

    /// Where its primaries began.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.primaries.iter().map(Redis::address).collect()
    }

    /// What clients are to be given: each primary's URL.
    pub(crate) fn urls(&self) -> Vec<String> {
        self.primaries.iter().map(Redis::url).collect()
    }

    /// The primary that began with a key's slot.
    pub(crate) fn home_of(&self, key: &str) -> usize {
        let slot = self.primaries[0].ask(&["CLUSTER", "KEYSLOT", key]);
        let slot = usize::try_from(slot.number()).unwrap();
        (0..PRIMARIES).find(|nth| slot < (nth + 1) * SLOTS / PRIMARIES).unwrap()
    }

    /// Moves the slot of a key from one primary to another, key by key, as it is done where one was
    /// added. `between` is done after each.
    pub(crate) async fn move_slot(
        &self,
        key: &str,
        [from, to]: [usize; 2],
        mut between: impl AsyncFnMut(),
    ) {
        let slot = self.primaries[0].ask(&["CLUSTER", "KEYSLOT", key]).number().to_string();
        let [from, to] = [from, to].map(|nth| &self.primaries[nth]);
        let id = |server: &Redis| server.ask(&["CLUSTER", "MYID"]).text();
        to.ask(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &id(from)]);
        from.ask(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &id(to)]);
        let (host, port) = (to.address().ip().to_string(), to.address().port().to_string());
        loop {
            let keys = from.ask(&["CLUSTER", "GETKEYSINSLOT", &slot, "1000"]).items();
            if keys.is_empty() {
                break;
            }
            for key in keys {
                from.ask(&["MIGRATE", &host, &port, &key.text(), "0", "5000"]);
                between().await;
            }
        }
        // Whoever gets it is told first, and whoever had it next: nobody else is asked before that.
        let others = self.primaries.iter().filter(|other| other.port() != to.port());
        for server in std::iter::once(to).chain([from]).chain(others) {
            server.ask(&["CLUSTER", "SETSLOT", &slot, "NODE", &id(to)]);
        }
    }

    /// Kills a primary, and its replica takes its place.
    pub(crate) async fn fail_over(&mut self, nth: usize) {
        self.primaries[nth].kill9();
        self.replicas[nth].ask(&["CLUSTER", "FAILOVER", "TAKEOVER"]);
        until("the replica is the primary", || self.replicas[nth].info("role") == "master").await;
        self.is_ok().await;
    }
}
