//! What an admin sees, as JSON.

use std::collections::BTreeMap;

use order_events_core::{
    Audience, CustomerId, Hub, HubStats, Lifecycle, OrderId, Principal, Scope, TenantId, Timestamp,
    Watcher,
};
use serde::Serialize;

use super::super::control::json;
use super::super::query::value;

/// Watchers of one page, where the request does not ask for fewer.
const PAGE: usize = 100;

/// … and where it asks for more.
const MOST: usize = 1_000;

/// Whom an admin wants to see.
#[derive(Debug, Default)]
pub(super) struct Filter {
    tenant: Option<String>,
    principal: Option<String>,
    order: Option<String>,
    customer: Option<String>,
    after: u64,
    limit: usize,
}

impl Filter {
    pub(super) fn of(query: Option<&str>) -> Self {
        let number = |name| value(query, name).and_then(|value| value.parse().ok());
        Self {
            tenant: value(query, "tenant"),
            principal: value(query, "principal"),
            order: value(query, "order"),
            customer: value(query, "customer"),
            after: number("after").unwrap_or(0),
            limit: number("limit").map_or(PAGE, |limit| (limit as usize).clamp(1, MOST)),
        }
    }

    fn lets(&self, watcher: &Watcher) -> bool {
        let order = match &watcher.scope {
            Scope::Order(order) => Some(order.as_str()),
            _ => None,
        };
        let customer = match &watcher.scope {
            Scope::Customer(customer) => Some(customer.as_str()),
            _ => None,
        };
        let is = |wanted: &Option<String>, is: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| is == Some(wanted))
        };
        watcher.id > self.after
            && is(&self.tenant, Some(watcher.tenant.as_str()))
            && is(&self.principal, Some(watcher.principal.as_str()))
            && is(&self.order, order)
            && is(&self.customer, customer)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    id: u64,
    principal: Principal,
    tenant: TenantId,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<OrderId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<CustomerId>,
    audience: &'static str,
    since: Timestamp,
    cursor: String,
    /// Null where the window has passed it by, and it will read the log.
    behind: Option<u64>,
}

impl From<Watcher> for Listed {
    fn from(watcher: Watcher) -> Self {
        let (order, customer) = match watcher.scope {
            Scope::Order(order) => (Some(order), None),
            Scope::Customer(customer) => (None, Some(customer)),
            Scope::Tenant => (None, None),
        };
        Self {
            id: watcher.id,
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
        }
    }
}

/// Who watches what, by number; `next` is what the next page comes after.
pub(super) fn watchers<L: Lifecycle>(hub: &Hub<L>, filter: &Filter) -> String {
    #[derive(Serialize)]
    struct Page {
        watchers: Vec<Listed>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next: Option<u64>,
    }
    let mut found = hub.watchers();
    found.retain(|watcher| filter.lets(watcher));
    found.sort_unstable_by_key(|watcher| watcher.id);
    let has_more = found.len() > filter.limit;
    found.truncate(filter.limit);
    let next = found.last().map(|last| last.id).filter(|_| has_more);
    json(&Page { watchers: found.into_iter().map(Listed::from).collect(), next })
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
struct Behind {
    streams: usize,
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
        behind: Behind { streams: lag.streams, most: lag.most },
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
