//! OpenAPI 3.1 of the routes of admins: a document of its own, for they are mounted by themselves, for
//! others, where readers do not come.

use order_events_core::{EndReason, MAX_CURSOR_BYTES, ResetReason};
use order_events_sse::server::{AdminRoute, MAX_PAGE_WATCHERS, PAGE_WATCHERS, Problem};
use serde_json::{Map, Value, json};

use crate::field;
use crate::openapi::{carried, headers};

const ABOUT: &str = "\
    Who watches what, how far behind they are, and ending it, as the `admin_routes` of order-events \
    say it. Generated from the code; see README.md beside this file.";

pub(crate) fn document() -> Value {
    let paths: Map<_, _> =
        AdminRoute::ALL.iter().map(|route| (route.path().to_owned(), path(*route))).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "order-events: admins",
            "summary": "Who watches what, and ending it.",
            "description": ABOUT,
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "jsonSchemaDialect": crate::DIALECT,
        "servers": [{"url": "/admin", "description": "Wherever the service mounts the routes."}],
        "security": [{"admin": []}],
        "paths": paths,
        "components": {
            "parameters": parameters(),
            "headers": headers_of_admins(),
            "responses": refusals(),
            "schemas": schemas(),
            "securitySchemes": {
                "admin": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A placeholder: who may do what, and by which credentials, is \
                                    decided by the service's authorizer of admins. They come in a \
                                    header, for a parameter that is not known is refused.",
                },
            },
        },
    })
}

fn path(route: AdminRoute) -> Value {
    let allow = route.allow();
    let named = match route {
        AdminRoute::Watcher => Some("watcher"),
        AdminRoute::Principal => Some("principal"),
        _ => None,
    };
    let named: Vec<_> = named.iter().map(|name| parameter(&format!("path.{name}"))).collect();
    let mut path = json!({
        "description": format!("Any method but {allow} is answered as `x-other-methods` says."),
        "x-other-methods": {"$ref": "#/components/responses/405"},
        "parameters": named,
    });
    for method in allow.split(", ") {
        path[method.to_lowercase()] = operation(route, method == "HEAD");
    }
    path
}

fn operation(route: AdminRoute, is_head: bool) -> Value {
    let (id, summary) = match route {
        AdminRoute::Status => ("status", "How the hub does, in numbers, and what it allows."),
        AdminRoute::Watchers => ("watchers", "Who watches what, oldest first."),
        AdminRoute::Watcher => ("close", "Ends one stream."),
        AdminRoute::Principal => ("revoke", "Ends every stream of a principal, on all nodes."),
        _ => ("drain", "Ends every stream of this node, which takes no new ones."),
    };
    let (id, summary) = match is_head {
        true => (format!("{id}Head"), format!("The head of: {summary}")),
        false => (id.to_owned(), summary.to_owned()),
    };
    let query = match route {
        AdminRoute::Watchers => &order_events_sse::server::ADMIN_PARAMETERS[..],
        _ => &[],
    };
    let query: Vec<_> = query.iter().map(|name| parameter(name)).collect();
    let mut responses = done(route, is_head);
    for status in ["400", "401", "403", "404", "503"] {
        let refusal = json!({"$ref": format!("#/components/responses/{status}")});
        responses.insert(status.to_owned(), refusal);
    }
    json!({"operationId": id, "summary": summary, "parameters": query, "responses": responses})
}

fn done(route: AdminRoute, is_head: bool) -> Map<String, Value> {
    let (status, about, schema) = match route {
        AdminRoute::Status => ("200", "How the hub does.", Some("status")),
        AdminRoute::Watchers => ("200", "A page of them.", Some("watchers")),
        AdminRoute::Watcher => {
            ("204", "Its stream has been told to end. Whoever may still watch comes back.", None)
        }
        AdminRoute::Principal => {
            ("200", "They have been told to end, and other nodes were told to.", Some("ended"))
        }
        _ => ("202", "They have been told to end. There is no way back.", Some("told")),
    };
    let headers = carried(&["cache-control", "x-content-type-options"]);
    let mut response = json!({"description": about, "headers": headers});
    if let Some(name) = schema {
        let body = match is_head {
            true => json!({}),
            false => json!({"schema": {"$ref": format!("#/components/schemas/{name}")}}),
        };
        response["content"] = json!({"application/json": body});
    }
    Map::from_iter([(status.to_owned(), response)])
}

fn headers_of_admins() -> Value {
    let all = headers();
    let names = ["cache-control", "x-content-type-options", "retry-after", "www-authenticate"];
    let mut some: Map<_, _> =
        names.iter().map(|name| ((*name).to_owned(), all[*name].clone())).collect();
    let mut allowed: Vec<_> = AdminRoute::ALL.iter().map(|route| route.allow()).collect();
    allowed.dedup();
    some.insert(
        "allow".to_owned(),
        json!({
            "required": true,
            "description": "What is understood here.",
            "schema": {"enum": allowed},
        }),
    );
    some.into()
}

fn refusals() -> Value {
    let bad_parameter = "`bad-parameter`: a parameter that the route does not know, that is given twice, or whose \
         value cannot be meant. The detail names it, what was given and what is expected.";
    let of = |problem: Problem| format!("`{}`: {problem}.", problem.code());
    let wait = Problem::ALL.into_iter().find(|problem| problem.code() == "unavailable");
    let wait = wait.map(of).unwrap_or_default();
    let method = "`method-not-allowed`: only what `allow` names is understood here.".to_owned();
    let refusals = [
        (400, "bad-parameter", bad_parameter.to_owned(), &[][..]),
        (401, "unauthenticated", of(Problem::Unauthenticated), &["www-authenticate"]),
        (403, "forbidden", of(Problem::Forbidden), &[]),
        (404, "not-found", of(Problem::NotFound), &[]),
        (405, "method-not-allowed", method, &["allow"]),
        (503, "unavailable", wait, &["retry-after"]),
    ];
    let response = |(status, code, about, more): (u16, &str, String, &[&str])| {
        let names = [&["cache-control", "x-content-type-options"], more].concat();
        let response = json!({
            "description": about,
            "headers": carried(&names),
            "content": {"application/problem+json": {"schema": problem(status, code)}},
        });
        (status.to_string(), response)
    };
    refusals.into_iter().map(response).collect::<Map<_, _>>().into()
}

fn problem(status: u16, code: &str) -> Value {
    object(
        "Why the request was refused (RFC 9457).",
        &[
            ("type", json!({"const": "about:blank"})),
            ("title", json!({"description": "The status in words.", "type": "string"})),
            ("status", json!({"const": status})),
            ("code", json!({"description": "A word for it that stays the same.", "const": code})),
            ("detail", json!({"description": "For people.", "type": "string"})),
        ],
        &[],
    )
}

/// All of these fields, of which those named may be absent.
fn object(about: &str, fields: &[(&str, Value)], may_be_absent: &[&str]) -> Value {
    let required: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
    let required: Vec<_> =
        required.into_iter().filter(|name| !may_be_absent.contains(name)).collect();
    let properties: Map<_, _> =
        fields.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({
        "description": about, "type": "object", "properties": properties, "required": required,
    })
}

fn count(about: &str) -> Value {
    json!({"description": about, "type": "integer", "minimum": 0})
}

fn boolean(about: &str) -> Value {
    json!({"description": about, "type": "boolean"})
}

fn schemas() -> Value {
    json!({
        "status": status(),
        "watchers": watchers(),
        "watcher": watcher(),
        "ended": object(
            "What was ended.",
            &[("ended", count("Streams that ended on this node."))],
            &[],
        ),
        "told": object(
            "Who was told.",
            &[("told", count("Streams that were told to end."))],
            &[],
        ),
    })
}

fn status() -> Value {
    let resets: Vec<_> = ResetReason::ALL
        .iter()
        .map(|reason| (reason.as_str(), count("Readers that began anew for this reason.")))
        .collect();
    object(
        "How the hub does. Counters begin with it.",
        &[
            (
                "subscriptions",
                object(
                    "Streams there are.",
                    &[
                        ("all", count("All.")),
                        ("ofOrders", count("Of one order each.")),
                        ("ofCustomers", count("Of one customer's orders each.")),
                        ("ofTenants", count("Of a whole tenant each.")),
                    ],
                    &[],
                ),
            ),
            ("watchPoints", count("Scopes that are watched, each audience counted.")),
            ("isDraining", boolean("Whether it was drained.")),
            ("isLogReachable", boolean("Whether the log could be reached when last tried.")),
            (
                "behind",
                object(
                    "Readers that do not have everything yet.",
                    &[
                        ("streams", count("How many.")),
                        ("catchingUp", count("Of them, who have to read the log, or do.")),
                        ("most", count("The most events that one of the others has to take.")),
                    ],
                    &[],
                ),
            ),
            (
                "opened",
                object(
                    "Streams that began, and were not reset.",
                    &[
                        ("fresh", count("Without a cursor.")),
                        ("resumed", count("From a cursor, and had missed nothing.")),
                        ("replayed", count("From a cursor, and were given what they missed.")),
                    ],
                    &[],
                ),
            ),
            ("resets", object("Streams that began anew.", &resets, &[])),
            ("fellBehind", count("Times a reader was lapped by its window.")),
            ("logFailures", count("Times the log could not be read for a reader.")),
            ("refused", count("Streams that were refused.")),
            ("reclaimed", count("Places that were taken back.")),
            (
                "limits",
                object(
                    "What it allows.",
                    &[
                        ("subscriptions", count("Streams of the process.")),
                        ("perPrincipal", count("Streams of one principal.")),
                        ("perScope", count("Streams of one scope.")),
                        ("windowEvents", count("Events that a window holds.")),
                        ("replayEvents", count("Events that are replayed.")),
                        ("replayBytes", count("Bytes of them.")),
                    ],
                    &[],
                ),
            ),
        ],
        &[],
    )
}

fn watchers() -> Value {
    let list = json!({"type": "array", "items": {"$ref": "#/components/schemas/watcher"}});
    let next = json!({
        "description": "What to ask the next page with, as `after`. Absent from the last page.",
        "type": "string",
    });
    object(
        "A page of who watches what, oldest first.",
        &[("watchers", list), ("next", next)],
        &["next"],
    )
}

fn watcher() -> Value {
    let ended: Vec<_> = EndReason::ALL.iter().map(|reason| reason.as_str()).collect();
    object(
        "One stream.",
        &[
            (
                "id",
                json!({"description": "What it is closed by. Of this process.", "type": "string"}),
            ),
            ("principal", field::id("Who watches.")),
            ("tenant", field::id("The tenant.")),
            ("order", field::id("The order, where it is of one.")),
            ("customer", field::id("The customer, where it is of one's orders.")),
            ("audience", json!({"description": "On whose behalf.", "enum": ["public", "staff"]})),
            ("since", field::timestamp("Since when.")),
            (
                "cursor",
                json!({
                    "description": "The last event it was given.",
                    "type": "string",
                    "maxLength": MAX_CURSOR_BYTES,
                }),
            ),
            (
                "behind",
                json!({
                    "description": "Events of the window that it has yet to take; null where it is \
                                    catching up, from the log.",
                    "type": ["integer", "null"],
                    "minimum": 0,
                }),
            ),
            (
                "ending",
                json!({
                    "description": "Why its time is over, where its connection has yet to take note.",
                    "enum": ended,
                }),
            ),
        ],
        &["order", "customer", "ending"],
    )
}

fn parameter(name: &str) -> Value {
    json!({"$ref": format!("#/components/parameters/{name}")})
}

fn parameters() -> Value {
    let query = |name: &str, about: &str, schema: Value| json!({"name": name, "in": "query", "description": about, "schema": schema});
    let path = |name: &str, about: &str, schema: Value| {
        json!({
            "name": name, "in": "path", "required": true, "description": about, "schema": schema,
        })
    };
    let limit = json!({
        "type": "integer", "minimum": 1, "maximum": MAX_PAGE_WATCHERS, "default": PAGE_WATCHERS,
    });
    let text = || json!({"type": "string"});
    json!({
        "path.watcher": path("watcher", "The stream's id in the listing.", text()),
        "path.principal": path("principal", "Whose streams.", field::id("Whose streams.")),
        "tenant": query("tenant", "Of this tenant.", field::id("The tenant.")),
        "principal": query("principal", "Of this principal.", field::id("The principal.")),
        "order": query("order", "Of just this order; not with `customer`.", field::id("The order.")),
        "customer": query(
            "customer", "Of just this customer; not with `order`.", field::id("The customer."),
        ),
        "after": query("after", "The `next` of the page before.", text()),
        "limit": query("limit", "How many at most.", limit),
    })
}
