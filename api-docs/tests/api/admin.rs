//! What the routes of admins answer is documented, and what is documented is provoked and seen.

use std::collections::BTreeSet;

use http::{Method, Request};
use http_body_util::BodyExt;
use order_events_api_docs::documents;
use order_events_core::{
    Audience, CustomerId, Denied, Grant, Hub, OrderId, Principal, Resume, Scope, Subscription,
};
use order_events_sse::server::{
    ADMIN_PARAMETERS, AdminAction, AdminDoor, AdminRoute, Parts, admin_authorizer,
};
use serde_json::{Value, json};

use crate::strict::{assert_valid, closed, validator};

async fn may((): (), caller: Parts, _: AdminAction) -> Result<Principal, Denied> {
    match caller.headers.get("x-as").map(|who| who.as_bytes()) {
        Some(b"ops") => Principal::new("ops").map_err(|_| Denied::Failed),
        Some(b"forbidden") => Err(Denied::Forbidden),
        Some(b"stranger") => Err(Denied::NotFound),
        Some(b"unlucky") => Err(Denied::Failed),
        _ => Err(Denied::Unauthenticated),
    }
}

/// The document, asked whether an answer is as it says; and what of it was seen.
struct Documented {
    document: Value,
    seen: BTreeSet<String>,
}

impl Documented {
    fn new() -> Self {
        let found = documents().into_iter().find(|(path, _)| path == "admin.json");
        Self { document: found.unwrap().1, seen: BTreeSet::new() }
    }

    async fn visit(
        &mut self,
        door: &AdminDoor,
        route: AdminRoute,
        who: &str,
        method: Method,
        path: &str,
    ) -> (u16, Value) {
        let request = Request::builder().method(&method).uri(path).header("x-as", who);
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let (head, body) = door.answer(route, &parts).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let status = head.status.as_u16();
        let operation = method.as_str().to_lowercase();
        let item = &self.document["paths"][route.path()];
        let response = match status {
            405 => &item["x-other-methods"],
            _ => &item[&operation]["responses"][status.to_string()],
        };
        let what = format!("{method} {} {status}", route.path());
        assert!(response.is_object(), "{what} is not documented");
        let response = self.whole(response);
        self.seen.insert(what.clone());
        for (name, value) in &head.headers {
            let header = &response["headers"][name.as_str()];
            if name == "content-type" {
                continue;
            }
            assert!(header.is_object(), "{what}: {name} is not documented");
            let text = value.to_str().unwrap();
            let is_number = header["schema"]["type"] == "integer";
            let value = if is_number { json!(text.parse::<u64>().unwrap()) } else { json!(text) };
            assert_valid(&validator(&header["schema"]), &value, &format!("{what}: {name}"));
        }
        for (name, _) in response["headers"].as_object().unwrap() {
            assert!(head.headers.contains_key(name), "{what} without {name}");
        }
        let Some(content) = response.get("content") else {
            assert!(body.is_empty(), "{what}");
            return (status, Value::Null);
        };
        let media = head.headers["content-type"].to_str().unwrap();
        let schema = &content.get(media).unwrap_or_else(|| panic!("{what}: {media}"))["schema"];
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        if schema.is_object() {
            assert_valid(&validator(&closed(schema, Audience::Staff)), &body, &what);
            self.note("", schema, &body);
        }
        (status, body)
    }

    /// Which fields were seen.
    fn note(&mut self, place: &str, schema: &Value, body: &Value) {
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(value) = body.get(name) {
                self.seen.insert(format!("{place}.{name}"));
                self.note(&format!("{place}.{name}"), schema, value);
            }
        }
        for value in body.as_array().into_iter().flatten() {
            self.note(&format!("{place}[]"), &schema["items"], value);
        }
    }

    /// Everything that the document has.
    fn all(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for (path, item) in self.document["paths"].as_object().unwrap() {
            all.insert(format!("PATCH {path} 405"));
            for method in ["get", "head", "put", "delete"] {
                for status in item[method]["responses"].as_object().into_iter().flatten() {
                    all.insert(format!("{} {path} {}", method.to_uppercase(), status.0));
                    for media in self.whole(status.1)["content"].as_object().into_iter().flatten() {
                        fields("", &media.1["schema"], &mut all);
                    }
                }
            }
        }
        all
    }

    /// With what it refers to.
    fn whole(&self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => match fields.get("$ref").and_then(Value::as_str) {
                Some(there) => {
                    self.whole(self.document.pointer(there.trim_start_matches('#')).unwrap())
                }
                None => {
                    let whole = |(name, value): (&String, _)| (name.clone(), self.whole(value));
                    Value::Object(fields.iter().map(whole).collect())
                }
            },
            Value::Array(values) => values.iter().map(|value| self.whole(value)).collect(),
            other => other.clone(),
        }
    }
}

fn fields(place: &str, schema: &Value, all: &mut BTreeSet<String>) {
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        all.insert(format!("{place}.{name}"));
        fields(&format!("{place}.{name}"), schema, all);
    }
    if schema["items"].is_object() {
        fields(&format!("{place}[]"), &schema["items"], all);
    }
}

async fn watching(hub: &Hub, scope: impl Into<Scope>) -> Subscription {
    let grant = Grant::new(Principal::new("anna").unwrap(), scope).even_if_absent();
    hub.subscribe(grant, Resume::Fresh).await.unwrap()
}

fn path(route: AdminRoute) -> String {
    route.path().replace("{watcher}", "nobody").replace("{principal}", "anna")
}

#[tokio::test]
async fn admins_are_answered_as_is_documented() {
    let hub = Hub::builder().build();
    let door = AdminDoor::new(&hub, admin_authorizer((), may));
    let mut documented = Documented::new();
    let _streams = [
        watching(&hub, Scope::Tenant).await,
        watching(&hub, &OrderId::new("1").unwrap()).await,
        watching(&hub, Scope::Customer(CustomerId::new("anna").unwrap())).await,
    ];
    for route in AdminRoute::ALL.iter().copied() {
        for method in route.allow().split(", ") {
            let method: Method = method.parse().unwrap();
            for (who, more, expected) in [
                ("nobody", "", 401),
                ("forbidden", "", 403),
                ("stranger", "", 404),
                ("unlucky", "", 503),
                ("ops", "?colour=red", 400),
            ] {
                let at = path(route) + more;
                let (status, _) = documented.visit(&door, route, who, method.clone(), &at).await;
                assert_eq!(status, expected, "{method} {at}");
            }
        }
        let (status, _) = documented.visit(&door, route, "ops", Method::PATCH, &path(route)).await;
        assert_eq!(status, 405);
    }
    for route in [AdminRoute::Status, AdminRoute::Watchers] {
        for method in [Method::GET, Method::HEAD] {
            documented.visit(&door, route, "ops", method, &path(route)).await;
        }
    }
    let (watcher, listing) = (AdminRoute::Watcher, AdminRoute::Watchers);
    let (_, page) = documented.visit(&door, listing, "ops", Method::GET, "/watchers?limit=1").await;
    let at = format!("/watchers/{}", page["watchers"][0]["id"].as_str().unwrap());
    let (status, _) = documented.visit(&door, watcher, "ops", Method::DELETE, &at).await;
    assert_eq!(status, 204);
    documented.visit(&door, listing, "ops", Method::GET, "/watchers").await;
    for (route, method) in
        [(AdminRoute::Principal, Method::DELETE), (AdminRoute::Drain, Method::PUT)]
    {
        documented.visit(&door, route, "ops", method, &path(route)).await;
    }
    let unseen: Vec<_> = documented.all().difference(&documented.seen).cloned().collect();
    assert!(unseen.is_empty(), "documented and not seen: {unseen:#?}");
}

#[test]
fn the_parameters_of_admins_are_those_that_the_listing_reads() {
    let documented = Documented::new();
    let parameters = documented.document["components"]["parameters"].as_object().unwrap();
    let in_query = parameters.values().filter(|parameter| parameter["in"] == "query");
    let names: BTreeSet<_> = in_query.map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ADMIN_PARAMETERS.into_iter().collect());
}
