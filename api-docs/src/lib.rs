//! The documents of `docs/api`, made of the code they describe.
//!
//! Nothing here says by itself which fields an event has: updates of every kind are planned, and
//! what the code writes is looked at (`specimen`). What a field may hold is said once per field
//! name (`field`), from the named limits. Routes, parameters, refusals, statuses and reasons are
//! taken from where the code lists them. The rest is prose, and what the tests hold to a server
//! that runs.

mod admin;
mod asyncapi;
mod event;
mod field;
mod openapi;
mod script;
mod specimen;
mod wire;

use serde_json::Value;

pub use event::Kind;
pub use specimen::specimens;

/// The dialect of the schemas.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Every document: its path below `docs/api`, and what stands in it.
pub fn documents() -> Vec<(String, Value)> {
    let mut documents = vec![
        ("openapi.json".to_owned(), openapi::document()),
        ("admin.json".to_owned(), admin::document()),
        ("asyncapi.json".to_owned(), asyncapi::document()),
    ];
    for (name, schema) in schemas() {
        let mut schema = schema;
        schema["$schema"] = DIALECT.into();
        schema["title"] = name.as_str().into();
        documents.push((format!("schema/{name}.json"), schema));
    }
    documents
}

/// What `order-events-js` takes from the code: each file's path below it, and what stands in it.
pub fn scripts() -> Vec<(&'static str, String)> {
    script::files(&schemas())
}

/// Every schema by its name. They refer to each other as the files they become.
pub fn schemas() -> Vec<(String, Value)> {
    let events = Kind::ALL.into_iter().map(|kind| (kind.label().to_owned(), event::schema(kind)));
    let others = wire::schemas().into_iter().map(|(name, schema)| (name.to_owned(), schema));
    events.chain(others).collect()
}
