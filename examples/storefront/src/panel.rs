//! How the hub does, for staff: who is connected, how far they lag, what was resumed, and how long
//! publishing takes.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use order_events_axum::{Answer, Audience, Head, HubStats, Scope, Timestamp, Watcher};
use serde::Serialize;

use crate::pages::PEOPLE;
use crate::staff::staff;
use crate::store::Store;
use crate::timings::Summary;

pub(crate) fn routes() -> Router<Store> {
    Router::new().route("/staff/panel", get(panel))
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Panel {
    connections: usize,
    watch_points: usize,
    lag: Lag,
    began: Began,
    publishing: Summary,
    watchers: Vec<Seat>,
}

/// How far readers are behind.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Lag {
    /// Events that the furthest behind has yet to take.
    most: u64,
    /// Those so far behind that they read the log.
    reading_the_log: usize,
}

/// How streams began, since the start.
#[derive(Debug, Serialize)]
struct Began {
    fresh: u64,
    /// Where they had stopped, with nothing missed.
    resumed: u64,
    /// Where they had stopped, with what was missed.
    replayed: u64,
    /// Anew, because the past could not be bridged.
    reset: u64,
    refused: u64,
}

#[derive(Debug, Serialize)]
struct Seat {
    who: String,
    what: String,
    audience: &'static str,
    since: Timestamp,
    /// None where they read the log.
    behind: Option<u64>,
}

async fn panel(State(store): State<Store>, head: Head) -> Answer<Json<Panel>> {
    staff(&store, &head)?;
    let hub = &store.shop.hub;
    let (stats, watchers) = (hub.stats(), hub.watchers());
    Ok(Json(Panel {
        connections: stats.subscriptions,
        watch_points: stats.watch_points,
        lag: Lag {
            most: watchers.iter().filter_map(|watcher| watcher.behind).max().unwrap_or(0),
            reading_the_log: watchers.iter().filter(|watcher| watcher.behind.is_none()).count(),
        },
        began: Began::of(&stats),
        publishing: store.timings.summary(),
        watchers: watchers.iter().map(Seat::of).collect(),
    }))
}

impl Began {
    fn of(stats: &HubStats) -> Self {
        Self {
            fresh: stats.fresh,
            resumed: stats.resumed,
            replayed: stats.replayed,
            reset: stats.resets.iter().map(|(_, count)| count).sum(),
            refused: stats.refused,
        }
    }
}

impl Seat {
    fn of(watcher: &Watcher) -> Self {
        Self {
            who: PEOPLE.name_of(watcher.principal.as_str()).to_owned(),
            what: match &watcher.scope {
                Scope::Tenant => "every order".to_owned(),
                scope => scope.to_string(),
            },
            audience: match watcher.audience {
                Audience::Public => "public",
                Audience::Staff => "staff",
            },
            since: watcher.since,
            behind: watcher.behind,
        }
    }
}
