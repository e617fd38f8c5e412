//! Everything that the documents say of a server is provoked on one, and is as they say.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use order_events_core::config::WhenFull;
use order_events_core::{
    Audience, Config, Cursor, CustomerId, Epoch, EventKind, EventName, Hub, MemoryEngine, OrderId,
    OrderStatus, Principal, Published, ResetReason, Stage, StageState, Update,
};
use order_events_sse::server::{Route, Settings, WhenRefused};
use serde_json::{Value, json};

use crate::client::{Asked, Block, ask};
use crate::documented::Documented;
use crate::server::{Framework, Server};

const STREAMS: [Route; 3] = [Route::OrderEvents, Route::CustomerEvents, Route::Events];
const READERS: [(&str, Audience); 2] = [("staff", Audience::Staff), ("public", Audience::Public)];

#[tokio::test]
async fn axum_does_what_the_documents_say() {
    tour(Framework::Axum).await;
}

#[tokio::test]
async fn actix_does_what_the_documents_say() {
    tour(Framework::Actix).await;
}

async fn tour(framework: Framework) {
    let mut tour = Tour { framework, documented: Documented::new() };
    tour.refusals().await;
    tour.limits().await;
    tour.orders().await;
    tour.events().await;
    tour.pages().await;
    tour.resets().await;
    tour.heartbeats().await;
    tour.ends().await;
    let unseen = tour.documented.unseen();
    assert!(unseen.is_empty(), "documented, and not seen: {unseen:#?}");
}

struct Tour {
    framework: Framework,
    documented: Documented,
}

fn order() -> OrderId {
    OrderId::new("42").unwrap()
}

fn customer() -> CustomerId {
    CustomerId::new("c-1").unwrap()
}

fn path(route: Route) -> String {
    route.path().replace("{order}", "42").replace("{customer}", "c-1")
}

/// Gives the place of the last deletion: before it an order's stream goes on from no cursor.
async fn publish(hub: &Hub, updates: impl IntoIterator<Item = Update>) -> Option<Cursor> {
    let mut deleted = None;
    for update in updates {
        if let Published::Applied(applied) = hub.publish(update).await.unwrap()
            && applied.event.kind == EventKind::Deleted
        {
            deleted = Some(applied.cursor);
        }
    }
    deleted
}

/// A hub with an order of the customer's that is being worked on.
async fn hub_with(engine: MemoryEngine, change: impl FnOnce(&mut Config)) -> Hub {
    let hub = Hub::builder().engine(Arc::new(engine)).configure(change).build();
    let created = Update::create_as(order(), OrderStatus::Processing).with_customer(customer());
    publish(&hub, [created, Update::progress(order(), 1, None)]).await;
    hub
}

impl Tour {
    async fn server(
        &self,
        change: impl FnOnce(&mut Config),
        settings: impl FnOnce(&mut Settings),
    ) -> Server {
        let hub = hub_with(MemoryEngine::new(), change).await;
        Server::start(self.framework, hub, Settings::default().configure(settings))
    }

    /// An answer whose head is as documented; of JSON the body, too, which is given.
    async fn visit(&mut self, at: &Server, route: Route, asked: Asked) -> (StatusCode, Value) {
        let answer = ask(at.address, &asked).await;
        let (status, what) = (answer.status, format!("{asked:?}: {}", answer.status));
        let schema = self.documented.head(route, &asked.method, status, &answer.headers);
        if asked.method != Method::HEAD && schema.is_none() && status == StatusCode::OK {
            return (status, Value::Null);
        }
        let body = answer.whole().await;
        match schema {
            Some(schema) => {
                self.documented.body(&schema, audience(&asked), &body, &what);
                (status, serde_json::from_str(&body).unwrap())
            }
            None => {
                assert_eq!(body, "", "{what}");
                (status, Value::Null)
            }
        }
    }

    /// The blocks of a stream up to one, each as documented.
    async fn stream(
        &mut self,
        at: &Server,
        route: Route,
        asked: Asked,
        last: &str,
        then: impl AsyncFnOnce(&Hub),
    ) -> Vec<Block> {
        let mut answer = ask(at.address, &asked).await;
        let status = answer.status;
        assert_eq!(status, StatusCode::OK, "{asked:?}");
        self.documented.head(route, &asked.method, status, &answer.headers);
        let mut blocks = Vec::new();
        // A soft refusal is an end and nothing else; otherwise whoever waits is there by then.
        blocks.extend(answer.until(|block| ["ready", "end"].contains(&block.event())).await);
        then(&at.hub).await;
        if blocks.last().unwrap().event() != last {
            blocks.extend(answer.until(|block| block.event() == last).await);
        }
        let found = blocks.last().map(Block::event).unwrap_or_default();
        assert_eq!(found, last, "{asked:?}: {blocks:#?}");
        for block in &blocks {
            self.documented.block(route, audience(&asked), block);
        }
        blocks
    }

    async fn refusals(&mut self) {
        let server = self.server(|_| {}, |_| {}).await;
        for route in Route::ALL {
            for method in [Method::GET, Method::HEAD] {
                let asked = Asked::get(path(route)).by(method.clone());
                for (asked, status, code) in [
                    (asked.clone().who("nobody"), 401, "unauthenticated"),
                    (asked.clone().who("forbidden"), 403, "forbidden"),
                    (asked.clone().who("stranger"), 404, "not-found"),
                    (asked.clone().who("unlucky"), 503, "unavailable"),
                    (asked.clone().with("accept", "text/html"), 406, "not-acceptable"),
                ] {
                    let (found, problem) = self.visit(&server, route, asked).await;
                    assert_eq!(found, status, "{method} {}", route.path());
                    assert!(method == Method::HEAD || problem["code"] == code, "{problem}");
                }
            }
            let asked = Asked::get(path(route));
            let (_, problem) = self.visit(&server, route, asked.clone().by(Method::POST)).await;
            assert_eq!(problem["code"], "method-not-allowed");
            let (_, problem) = self.visit(&server, route, asked.who("late")).await;
            assert_eq!(problem["code"], "expired");
        }
        for method in [Method::GET, Method::HEAD] {
            let asked = Asked::get("/orders?page=nonsense").by(method);
            let (status, _) = self.visit(&server, Route::Orders, asked).await;
            assert_eq!(status, StatusCode::BAD_REQUEST);
        }
        for (route, path) in [
            (Route::Order, "/orders/none"),
            (Route::OrderEvents, "/orders/none/events"),
            (Route::OrderEvents, "/orders/%00/events"),
            (Route::Orders, "/orders?customer="),
        ] {
            let (status, _) = self.visit(&server, route, Asked::get(path)).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        }
    }

    async fn limits(&mut self) {
        for (code, status) in [("too-many-streams", 429), ("busy", 503), ("draining", 503)] {
            let change = move |config: &mut Config| match code {
                "too-many-streams" => config.max_per_principal = 0,
                "busy" => config.max_subscriptions = 0,
                _ => {}
            };
            let hard = self.server(change, |_| {}).await;
            let soft = |settings: &mut Settings| settings.when_refused = WhenRefused::Stream;
            let soft = self.server(change, soft).await;
            if code == "draining" {
                hard.hub.drain(Duration::ZERO).await;
                soft.hub.drain(Duration::ZERO).await;
            }
            for route in STREAMS {
                let asked = Asked::get(path(route));
                let (found, problem) = self.visit(&hard, route, asked.clone()).await;
                assert_eq!((found.as_u16(), &problem["code"]), (status, &json!(code)));
                let (found, _) = self.visit(&hard, route, asked.clone().json()).await;
                assert_eq!(found, status);
                self.stream(&soft, route, asked, "end", async |_| {}).await;
            }
        }
    }

    async fn orders(&mut self) {
        let server = self.server(|_| {}, |_| {}).await;
        let work = Update::progress(order(), 40, None);
        publish(
            &server.hub,
            story().into_iter().chain([Update::create("43".parse::<OrderId>().unwrap()), work]),
        )
        .await;
        for (who, audience) in READERS {
            let asked = Asked::get("/orders/42").who(who);
            let (status, found) = self.visit(&server, Route::Order, asked.clone()).await;
            assert_eq!(status, StatusCode::OK);
            assert_eq!(found.get("customerId").is_some(), audience == Audience::Staff);
            assert!(!found["timeline"].as_array().unwrap().is_empty());

            let known = asked.clone().with("if-none-match", "*");
            for asked in [known.clone(), known.by(Method::HEAD)] {
                let (status, _) = self.visit(&server, Route::Order, asked).await;
                assert_eq!(status, StatusCode::NOT_MODIFIED);
            }
            self.visit(&server, Route::Order, asked.by(Method::HEAD)).await;

            let asked = Asked::get("/orders?limit=1").who(who);
            let (_, first) = self.visit(&server, Route::Orders, asked.clone()).await;
            let next = first["next"].as_str().expect("a next page");
            let asked_next = Asked::get(format!("/orders?limit=1&page={next}")).who(who);
            let (_, second) = self.visit(&server, Route::Orders, asked_next).await;
            assert_ne!(first["orders"], second["orders"]);
            assert!(second.get("next").is_none());
            self.visit(&server, Route::Orders, asked.by(Method::HEAD)).await;
            let asked = Asked::get("/orders?customer=c-1").who(who);
            let (_, theirs) = self.visit(&server, Route::Orders, asked).await;
            assert_eq!(theirs["orders"].as_array().unwrap().len(), 1);
        }
    }

    async fn events(&mut self) {
        for route in STREAMS {
            for (who, _) in READERS {
                let server = self.server(|_| {}, |_| {}).await;
                // The stream of one order goes through several of its lives where it may be early.
                let asked = Asked::get(path(route)).who(who).with("x-early", "1");
                let last = "tour.over";
                let told = self
                    .stream(&server, route, asked.clone(), last, async |hub| {
                        publish(hub, story()).await;
                    })
                    .await;
                // From the snapshot on, or of one order in its last life, the same once more,
                // replayed.
                let begun = match route {
                    Route::OrderEvents => {
                        told.iter().rfind(|block| block.event() == "order.deleted")
                    }
                    _ => told.iter().find(|block| block.id().is_some()),
                };
                let begun = begun.and_then(Block::id).expect("a cursor").to_owned();
                let asked = asked.with("last-event-id", begun);
                let again = self.stream(&server, route, asked, last, async |_| {}).await;
                assert!(
                    told.iter()
                        .map(Block::id)
                        .collect::<Vec<_>>()
                        .ends_with(&again.iter().skip(1).map(Block::id).collect::<Vec<_>>())
                );
                for accept in ["text/event-stream", "application/json"] {
                    let asked = Asked::get(path(route)).by(Method::HEAD).with("accept", accept);
                    self.visit(&server, route, asked).await;
                }
            }
        }
    }

    async fn pages(&mut self) {
        for route in STREAMS {
            for (who, _) in READERS {
                let server = self.server(|_| {}, |settings| settings.page_events = 5).await;
                let asked = Asked::get(path(route)).who(who).json();
                let (_, mut page) = self.visit(&server, route, asked).await;
                assert_eq!(page["snapshots"].as_array().unwrap().len(), 1);
                let deleted = publish(&server.hub, story()).await;
                if route == Route::OrderEvents {
                    page["cursor"] = deleted.unwrap().to_string().into();
                }
                let mut names = BTreeSet::new();
                loop {
                    let after = page["cursor"].as_str().unwrap();
                    let asked = Asked::get(format!("{}?after={after}", path(route)));
                    (_, page) = self.visit(&server, route, asked.who(who).json()).await;
                    let events = page["events"].as_array().unwrap();
                    names.extend(events.iter().map(|event| event["event"].to_string()));
                    if page["more"] == false {
                        break;
                    }
                }
                assert!(names.contains("\"tour.over\""), "{names:?}");
            }
        }
    }

    async fn resets(&mut self) {
        let head = |hub: &Hub| {
            let hub = hub.clone();
            async move {
                let grant = order_events_core::Grant::new(
                    Principal::new("ada").unwrap(),
                    order_events_core::Scope::Tenant,
                );
                hub.snapshots(&grant, None, 1).await.unwrap().cursor
            }
        };
        for reason in ResetReason::ALL {
            let engine = match reason {
                ResetReason::Expired => MemoryEngine::builder().retain_events(2).build(),
                _ => MemoryEngine::new(),
            };
            let hub = hub_with(engine, |config| match reason {
                ResetReason::Behind => config.replay_events = 2,
                ResetReason::Large => config.inline_snapshots = 0,
                _ => {}
            })
            .await;
            let server = Server::start(self.framework, hub, Settings::default());
            let begun = head(&server.hub).await;
            publish(&server.hub, story()).await;
            let cursor = match reason {
                ResetReason::Malformed => "42".to_owned(),
                ResetReason::Foreign => Cursor { epoch: Epoch::from_u64(1), seq: 1 }.to_string(),
                ResetReason::Future => Cursor { seq: begun.seq + 1000, ..begun }.to_string(),
                ResetReason::Large => String::new(),
                _ => begun.to_string(),
            };
            for route in STREAMS {
                if reason == ResetReason::Large && route == Route::OrderEvents {
                    continue;
                }
                for (who, _) in READERS {
                    let asked = Asked::get(path(route)).who(who).with("last-event-id", &*cursor);
                    let blocks =
                        self.stream(&server, route, asked.clone(), "reset", async |_| {}).await;
                    let data: Value =
                        serde_json::from_str(&blocks.last().unwrap().0["data"]).unwrap();
                    assert_eq!(data["reason"], reason.as_str());
                    let (_, page) = self.visit(&server, route, asked.json()).await;
                    assert_eq!(page["reset"]["reason"], reason.as_str());
                }
            }
        }
    }

    async fn heartbeats(&mut self) {
        let often = |settings: &mut Settings| settings.heartbeat = Duration::from_millis(5);
        let server = self.server(|_| {}, often).await;
        for route in STREAMS {
            let asked = Asked::get(format!("{}?heartbeat=named&attempt=2", path(route)));
            self.stream(&server, route, asked, "heartbeat", async |_| {}).await;
        }
    }

    async fn ends(&mut self) {
        for route in STREAMS {
            let asked = Asked::get(path(route));
            let server = self.server(|_| {}, |with| with.lifetime = Some(Duration::ZERO)).await;
            self.ended(&server, route, asked.clone(), "lifetime", async |_| {}).await;

            let server = self.server(|_| {}, |_| {}).await;
            let revoke = async |hub: &Hub| {
                hub.revoke(&Principal::new("anna").unwrap()).await.unwrap();
            };
            self.ended(&server, route, asked.clone(), "revoked", revoke).await;
            let asked_soon = asked.clone().who("soon");
            self.ended(&server, route, asked_soon, "expired", async |_| {}).await;
            let drain = async |hub: &Hub| {
                // Its end waits for this very stream.
                drop(hub.drain(Duration::from_secs(60)));
            };
            self.ended(&server, route, asked.clone(), "draining", drain).await;

            let server = self
                .server(
                    |config| {
                        config.max_per_principal = 1;
                        config.when_principal_is_full = WhenFull::ReplaceOldest;
                    },
                    |_| {},
                )
                .await;
            let address = server.address;
            let newer = asked.clone();
            let replace = async |_: &Hub| drop(ask(address, &newer).await);
            self.ended(&server, route, asked, "replaced", replace).await;
        }
        self.finished().await;
    }

    async fn ended(
        &mut self,
        at: &Server,
        route: Route,
        asked: Asked,
        reason: &str,
        then: impl AsyncFnOnce(&Hub),
    ) -> Vec<Block> {
        let blocks = self.stream(at, route, asked, "end", then).await;
        let data: Value = serde_json::from_str(&blocks.last().unwrap().0["data"]).unwrap();
        assert_eq!(data["reason"], reason, "{blocks:#?}");
        blocks
    }

    async fn finished(&mut self) {
        let route = Route::OrderEvents;
        let asked = Asked::get(path(route));
        let server = self.server(|_| {}, |_| {}).await;
        let cancel = async |hub: &Hub| {
            publish(hub, [Update::status(order(), OrderStatus::Cancelled)]).await;
        };
        let blocks = self.ended(&server, route, asked.clone(), "final", cancel).await;
        let last = blocks.iter().rev().find_map(Block::id).unwrap().to_owned();
        let again = asked.clone().with("last-event-id", last);
        let (status, _) = self.visit(&server, route, again.clone()).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        let (_, page) = self.visit(&server, route, again.json()).await;
        assert_eq!(page["end"]["reason"], "final");

        let server = self.server(|config| config.quiet_grace = Some(Duration::ZERO), |_| {}).await;
        let deliver = async |hub: &Hub| {
            let moves = [OrderStatus::Shipped, OrderStatus::Delivered];
            publish(hub, moves.map(|status| Update::status(order(), status))).await;
        };
        self.ended(&server, route, asked.clone(), "quiet", deliver).await;
        let (_, page) = self.visit(&server, route, asked.json()).await;
        assert_eq!(page["end"]["reason"], "quiet");
        assert!(page["end"]["retryMs"].is_u64());
    }
}

fn audience(asked: &Asked) -> Audience {
    let is_staff = asked.headers.iter().any(|(name, who)| *name == "x-as" && who == "staff");
    if is_staff { Audience::Staff } else { Audience::Public }
}

/// Every kind of event, for everybody and, where that can be, for staff alone. The last is for
/// everybody.
fn story() -> Vec<Update> {
    let named = |name: &str| EventName::custom(name).unwrap();
    let stage = |state, reason: Option<&str>| {
        let (workflow, stage) = ("wf-7".to_owned(), "engrave".to_owned());
        let (result, reason) = (Some(json!({"depth": 3})), reason.map(str::to_owned));
        Update::stage(order(), Stage { workflow, stage, state, result, reason })
    };
    let page = Some("https://carrier.example/7946".to_owned());
    let reports = [
        Update::note(order(), "Called\ntwice: \"two\""),
        Update::assign(order(), "Ben"),
        Update::unassign(order()),
        Update::tracking(order(), "FedEx", "7946", page),
        stage(StageState::Started, None),
        stage(StageState::Completed, None),
        stage(StageState::Failed, Some("the blade broke")),
        Update::progress(order(), 40, None),
        Update::stage_progress(order(), "wf-7", "engrave", 60, Some("Engraving".to_owned())),
        Update::fail(order(), "Out of silver"),
        Update::custom(order(), named("gift.wrapped"), json!({"ribbon": "red"})),
    ];
    let mut story = Vec::new();
    for report in reports {
        story.push(report.clone().public().with_actor("anna"));
        story.push(report.staff_only().with_actor("anna").show_actor());
    }
    story.extend([
        Update::delete(order()).with_actor("anna").show_actor(),
        Update::create(order()).with_customer(customer()).with_note("Gift, please"),
        Update::delete(order()),
        Update::create(order()).with_actor("anna"),
        Update::status(order(), OrderStatus::Processing).with_customer(customer()),
        Update::delete(order()),
        Update::create(order()),
        Update::attach(order(), customer()).with_actor("anna"),
        Update::status(order(), OrderStatus::Processing).with_note("At work").with_actor("anna"),
        Update::note(order(), "For staff").with_actor("anna"),
        Update::tracking(order(), "FedEx", "7946", None),
        Update::custom(order(), named("tour.over"), json!(null)),
    ]);
    story
}
