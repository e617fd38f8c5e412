//! What an admin sees, as JSON.

use std::collections::BTreeMap;

use order_events_core::{
    Audience, CustomerId, EndReason, Hub, HubStats, Lifecycle, OrderId, Principal, Scope, TenantId,
    Timestamp, Watcher,
};
use serde::Serialize;

use super::super::control::json;
use super::query::Filter;

/// What a stream is called here: by a word of this process, so that what was read of another, or
/// before a restart, does not end somebody else's.
fn id<L: Lifecycle>(hub: &Hub<L>, number: u64) -> String {
    format!("{:016x}-{number}", hub.instance())
}

/// The process and the number of a stream that is called so, if one can be.
pub(super) fn parsed(id: &str) -> Option<(u64, u64)> {
    let (process, number) = id.split_once('-')?;
    Some((u64::from_str_radix(process, 16).ok()?, number.parse().ok()?))
}

/// The number of a stream that is called so, if it can be one of this process.
pub(super) fn number<L: Lifecycle>(hub: &Hub<L>, id: &str) -> Option<u64> {
    let (process, number) = parsed(id)?;
    (process == hub.instance()).then_some(number)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    id: String,
    principal: Principal,
    tenant: TenantId,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<OrderId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<CustomerId>,
    audience: &'static str,
    since: Timestamp,
    cursor: String,
    /// Null where it is catching up: it has to read the log, waits for it, or is given what it said.
    behind: Option<u64>,
    /// Why its time is over, where its connection has yet to take note.
    #[serde(skip_serializing_if = "Option::is_none")]
    ending: Option<&'static str>,
}

impl Listed {
    fn of<L: Lifecycle>(hub: &Hub<L>, watcher: Watcher) -> Self {
        let (order, customer) = match watcher.scope {
            Scope::Order(order) => (Some(order), None),
            Scope::Customer(customer) => (None, Some(customer)),
            Scope::Tenant => (None, None),
        };
        Self {
            id: id(hub, watcher.id),
            principal: watcher.principal,
            tenant: watcher.tenant,
            order,
            customer,
            audience: match watcher.audience {
                Audience::Public => "public",
                Audience::Staff => "staff",
            },
            since: watcher.since,
            cursor: watcher.cursor.to_string(),
            behind: watcher.behind,
            ending: watcher.ending.map(EndReason::as_str),
        }
    }
}

/// Who watches what, oldest first; `next` is what the next page comes after.
pub(super) fn watchers<L: Lifecycle>(hub: &Hub<L>, filter: &Filter) -> String {
    #[derive(Serialize)]
    struct Page {
        watchers: Vec<Listed>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next: Option<String>,
    }
    let mut found = hub.watchers_of(&filter.of, filter.after, filter.limit + 1);
    let has_more = found.len() > filter.limit;
    found.truncate(filter.limit);
    let next = found.last().map(|last| id(hub, last.id)).filter(|_| has_more);
    json(&Page {
        watchers: found.into_iter().map(|watcher| Listed::of(hub, watcher)).collect(),
        next,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    subscriptions: Subscriptions,
    watch_points: usize,
    is_draining: bool,
    is_log_reachable: bool,
    behind: Behind,
    opened: BTreeMap<&'static str, u64>,
    resets: BTreeMap<&'static str, u64>,
    fell_behind: u64,
    log_failures: u64,
    refused: u64,
    reclaimed: u64,
    limits: &'a Limits,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Subscriptions {
    all: usize,
    of_orders: usize,
    of_customers: usize,
    of_tenants: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Behind {
    streams: usize,
    catching_up: usize,
    most: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Limits {
    subscriptions: usize,
    per_principal: usize,
    per_scope: usize,
    window_events: usize,
    replay_events: usize,
    replay_bytes: usize,
}

/// How the hub does.
pub(super) fn status<L: Lifecycle>(hub: &Hub<L>) -> String {
    let (stats, lag, config): (HubStats, _, _) = (hub.stats(), hub.lag(), hub.config());
    json(&Status {
        subscriptions: Subscriptions {
            all: stats.subscriptions,
            of_orders: stats.of_orders,
            of_customers: stats.of_customers,
            of_tenants: stats.of_tenants,
        },
        watch_points: stats.watch_points,
        is_draining: hub.is_draining(),
        is_log_reachable: stats.is_log_reachable,
        behind: Behind { streams: lag.streams, catching_up: lag.catching_up, most: lag.most },
        opened: [("fresh", stats.fresh), ("resumed", stats.resumed), ("replayed", stats.replayed)]
            .into(),
        resets: stats.resets.iter().map(|(reason, count)| (reason.as_str(), *count)).collect(),
        fell_behind: stats.fell_behind,
        log_failures: stats.log_failures,
        refused: stats.refused,
        reclaimed: stats.reclaimed,
        limits: &Limits {
            subscriptions: config.max_subscriptions,
            per_principal: config.max_per_principal,
            per_scope: config.max_per_scope,
            window_events: config.window_events,
            replay_events: config.replay_events,
            replay_bytes: config.replay_bytes,
        },
    })
}
