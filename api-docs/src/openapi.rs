//! OpenAPI 3.1 of the ready-made routes.

use std::collections::BTreeMap;

use order_events_sse::server::{MAX_WAIT, PAGE_ORDERS, Problem, Route};
use serde_json::{Map, Value, json};

use crate::{field, wire};

/// What is said of both documents.
pub(crate) const ABOUT: &str = "\
    Order status in real time, as the ready-made routes of order-events say it with the lifecycle \
    that comes with the library. Generated from the code; see README.md beside this file.";

pub(crate) fn document() -> Value {
    let mut paths = Map::new();
    for route in Route::ALL {
        let mut path = json!({
            "description": "Any method but GET and HEAD is answered as `x-other-methods` says.",
            "x-other-methods": {"$ref": "#/components/responses/405"},
            "parameters": in_path(route),
        });
        for (method, is_head) in [("get", false), ("head", true)] {
            path[method] = operation(route, is_head);
        }
        paths.insert(route.path().to_owned(), path);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "order-events",
            "summary": "Order status in real time.",
            "description": ABOUT,
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "jsonSchemaDialect": crate::DIALECT,
        "servers": [{"url": "/", "description": "Wherever the service mounts the routes."}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "parameters": parameters(),
            "headers": headers(),
            "responses": problems(),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A placeholder: who may watch what, and by which credentials, \
                                    is decided by the service's authorizer.",
                },
            },
        },
    })
}

fn operation(route: Route, is_head: bool) -> Value {
    let (id, summary) = names(route);
    let id = if is_head { format!("{id}Head") } else { id.to_owned() };
    let summary = if is_head { format!("The head of: {summary}") } else { summary.to_owned() };
    let mut responses = answers(route, is_head);
    for status in refusals(route, is_head) {
        responses.insert(
            status.to_string(),
            json!({"$ref": format!("#/components/responses/{status}")}),
        );
    }
    json!({
        "operationId": id,
        "summary": summary,
        "parameters": of_request(route),
        "responses": responses,
    })
}

/// What each route's operation is called, and what it is for.
pub(crate) fn names(route: Route) -> (&'static str, &'static str) {
    match route {
        Route::OrderEvents => ("orderEvents", "The events of one order."),
        Route::CustomerEvents => ("customerEvents", "The events of one customer's orders."),
        Route::Events => ("events", "The events of the tenant."),
        Route::Order => ("order", "One order as it stands, with the cursor to watch it from."),
        Route::Orders => ("orders", "The orders of the tenant, or of a customer, as they stand."),
    }
}

fn answers(route: Route, is_head: bool) -> Map<String, Value> {
    let schema = |name: &str| match is_head {
        true => json!({}),
        false => json!({"schema": {"$ref": format!("schema/{name}.json")}}),
    };
    let mut answers = Map::new();
    match route {
        Route::OrderEvents | Route::CustomerEvents | Route::Events => {
            let stream = match is_head {
                true => json!({}),
                false => json!({"schema": {"type": "string", "description": "See asyncapi.json."}}),
            };
            answers.insert(
                "200".to_owned(),
                json!({
                    "description": "The stream, or one page of what it would say.",
                    "headers": carried(&[
                        "events-cache-control", "content-encoding", "x-accel-buffering", "vary",
                        "x-content-type-options",
                    ]),
                    "content": {"text/event-stream": stream, "application/json": schema("page")},
                }),
            );
            if route == Route::OrderEvents && !is_head {
                answers.insert(
                    "204".to_owned(),
                    json!({
                        "description": "The order is final and the reader has seen all of it. A \
                                        browser's EventSource stops asking.",
                        "headers": carried(&["cache-control", "x-content-type-options"]),
                    }),
                );
            }
        }
        Route::Order => {
            answers.insert(
                "200".to_owned(),
                json!({
                    "description": "The order.",
                    "headers": carried(&["order-cache-control", "etag", "x-content-type-options"]),
                    "content": {"application/json": schema("order")},
                }),
            );
            answers.insert(
                "304".to_owned(),
                json!({
                    "description": "Nothing has happened to the order.",
                    "headers": carried(&["order-cache-control", "etag"]),
                }),
            );
        }
        Route::Orders => {
            answers.insert(
                "200".to_owned(),
                json!({
                    "description": "A page of orders.",
                    "headers": carried(&["cache-control", "x-content-type-options"]),
                    "content": {"application/json": schema("orders")},
                }),
            );
        }
    }
    answers
}

/// The headers of a response, of those in `components`.
pub(crate) fn carried(names: &[&str]) -> Value {
    let header = |name: &&str| {
        let short = if name.ends_with("cache-control") { "cache-control" } else { name };
        (short.to_owned(), json!({"$ref": format!("#/components/headers/{name}")}))
    };
    names.iter().map(header).collect::<Map<_, _>>().into()
}

pub(crate) fn headers() -> Value {
    let said = |value: &str, about: &str| {
        json!({
            "required": true, "description": about, "schema": {"const": value},
        })
    };
    json!({
        "cache-control": said("no-store", "It is somebody's, and of this moment."),
        "order-cache-control":
            said("private, no-cache", "It may be kept by who asked, and is asked for again."),
        "events-cache-control": {
            "required": true,
            "description": "No cache keeps it, and nothing on the way may hold a stream back.",
            "schema": {"enum": ["no-store, no-transform", "no-store"]},
        },
        "content-encoding": {
            "description": "On streams: a compressor would wait for more.",
            "schema": {"const": "identity"},
        },
        "x-accel-buffering": {
            "description": "On streams: a proxy would gather them.",
            "schema": {"const": "no"},
        },
        "vary": said("accept", "The stream and the page are of one address."),
        "x-content-type-options": said("nosniff", "It is what it says it is."),
        "etag": {
            "required": true,
            "description": "Of the order's last event, for `If-None-Match`. Opaque.",
            "schema": {"type": "string"},
        },
        "retry-after": {
            "required": true,
            "description": "How many seconds to wait; each reader is told another time.",
            "schema": {"type": "integer", "minimum": 1},
        },
        "www-authenticate": {
            "required": true,
            "description": "How to sign in; with an `error` where the sign-in was good once.",
            "schema": {
                "type": "string",
                "enum": [
                    "Bearer realm=\"orders\"",
                    "Bearer realm=\"orders\", error=\"invalid_token\"",
                ],
            },
        },
        "allow": said("GET, HEAD", "What is understood here."),
    })
}

/// Which refusals an operation can meet, by status.
fn refusals(route: Route, is_head: bool) -> Vec<u16> {
    let may_meet = |problem: &Problem| match problem {
        Problem::MethodNotAllowed => false,
        Problem::UnknownPage => route == Route::Orders,
        // The head of a stream takes no seat.
        Problem::TooMany(_) => !is_head && !matches!(route, Route::Order | Route::Orders),
        _ => true,
    };
    let mut statuses: Vec<_> =
        Problem::ALL.iter().filter(|p| may_meet(p)).map(|p| p.status().as_u16()).collect();
    statuses.dedup();
    statuses
}

/// The refusals by their status, with the headers that the code gives them.
fn problems() -> Value {
    let mut by_status = BTreeMap::<u16, Vec<Problem>>::new();
    for problem in Problem::ALL {
        by_status.entry(problem.status().as_u16()).or_default().push(problem);
    }
    let response = |(status, problems): (u16, Vec<Problem>)| {
        let described: Vec<_> =
            problems.iter().map(|problem| format!("`{}`: {problem}.", problem.code())).collect();
        let described = described.join(" ");
        let mut names = Vec::new();
        for problem in &problems {
            let response = problem.response();
            let said = response.headers().keys().map(|name| name.as_str().to_owned());
            names.extend(said.filter(|name| name != "content-type"));
        }
        names.sort_unstable();
        names.dedup();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let response = json!({
            "description": described,
            "headers": carried(&names),
            "content": {
                "application/problem+json": {"schema": wire::problem(&described, &problems)},
            },
        });
        (status.to_string(), response)
    };
    by_status.into_iter().map(response).collect::<Map<_, _>>().into()
}

fn in_path(route: Route) -> Vec<Value> {
    let names = match route {
        Route::OrderEvents | Route::Order => &["order"][..],
        Route::CustomerEvents => &["customer"],
        Route::Events | Route::Orders => &[],
    };
    names.iter().map(|name| refer(&format!("path.{name}"))).collect()
}

fn of_request(route: Route) -> Vec<Value> {
    let names = match route {
        Route::OrderEvents | Route::CustomerEvents | Route::Events => {
            &["Last-Event-ID", "last_event_id", "after", "wait", "heartbeat", "attempt"][..]
        }
        Route::Order => &["If-None-Match"],
        Route::Orders => &["customer", "page", "limit"],
    };
    names.iter().map(|name| refer(name)).collect()
}

fn refer(parameter: &str) -> Value {
    json!({"$ref": format!("#/components/parameters/{parameter}")})
}

fn parameters() -> Value {
    let query = |name: &str, about: &str, schema: Value| {
        json!({
            "name": name, "in": "query", "description": about, "schema": schema,
        })
    };
    let path = |name: &str, description: &str| {
        let schema = field::id(description);
        json!({
            "name": name, "in": "path", "required": true,
            "description": description, "schema": schema,
        })
    };
    let header = |name: &str, description: &str| {
        let schema = json!({"type": "string"});
        json!({"name": name, "in": "header", "description": description, "schema": schema})
    };
    let text = || json!({"type": "string"});
    let number = |minimum: u64| json!({"type": "integer", "minimum": minimum});
    let wait = format!(
        "Of a page: how many seconds to wait for something to tell, at most {}.",
        MAX_WAIT.as_secs()
    );
    let limit = format!("How many orders at most, {PAGE_ORDERS} if the service says no other.");
    json!({
        "path.order": path("order", "The order."),
        "path.customer": path("customer", "The customer."),
        "Last-Event-ID": header(
            "Last-Event-ID",
            "The cursor to go on from, as a browser sends it. It wins over the query. A bad one is \
             no error: the answer begins with a reset.",
        ),
        "If-None-Match": header("If-None-Match", "The `etag` of what the caller has."),
        "last_event_id": query(
            "last_event_id", "The cursor, for those who cannot send a header.", text(),
        ),
        "after": query("after", "The cursor, for those who page.", text()),
        "wait": query("wait", &wait, number(0)),
        "heartbeat": query(
            "heartbeat",
            "Asks a stream for heartbeats that are messages instead of comments.",
            json!({"enum": ["named"]}),
        ),
        "attempt": query("attempt", "Which reconnect in a row this is, for metrics.", number(0)),
        "customer": query("customer", "Whose orders.", field::id("The customer.")),
        "page": query("page", "The `next` of the page before.", text()),
        "limit": query("limit", &limit, number(1)),
    })
}
