//! The documents, asked whether an answer is as they say; and what of them was seen.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode};
use jsonschema::Validator;
use order_events_api_docs::{Kind, documents};
use order_events_core::Audience;
use order_events_sse::server::Route;
use serde_json::{Value, json};

use crate::client::Block;
use crate::strict::{assert_valid, closed, validator};

/// Of HTTP itself, and not ours to document.
const OF_HTTP: [&str; 5] =
    ["content-type", "content-length", "date", "transfer-encoding", "connection"];

pub(crate) struct Documented {
    openapi: Value,
    asyncapi: Value,
    seen: BTreeSet<String>,
    validators: HashMap<(String, Audience), Arc<Validator>>,
}

impl Documented {
    pub(crate) fn new() -> Self {
        let documents = documents();
        let document =
            |name: &str| documents.iter().find(|(path, _)| path == name).unwrap().1.clone();
        Self {
            openapi: document("openapi.json"),
            asyncapi: document("asyncapi.json"),
            seen: BTreeSet::new(),
            validators: HashMap::new(),
        }
    }

    /// Whether this operation may be answered by such a head; what may be in the body then, where
    /// that is a JSON document.
    pub(crate) fn head(
        &mut self,
        route: Route,
        method: &Method,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Option<Value> {
        let what = format!("{method} {} {}", route.path(), status.as_u16());
        let path = &self.openapi["paths"][route.path()];
        let response = match *method {
            Method::GET => &path["get"]["responses"][status.as_str()],
            Method::HEAD => &path["head"]["responses"][status.as_str()],
            _ if status == StatusCode::METHOD_NOT_ALLOWED => &path["x-other-methods"],
            _ => &Value::Null,
        };
        assert!(response.is_object(), "{what} is not documented");
        let response = self.referred(response);
        let mut seen = vec![what.clone()];

        for (name, value) in headers {
            if OF_HTTP.contains(&name.as_str()) {
                continue;
            }
            let header = self.referred(&response["headers"][name.as_str()]);
            assert!(header.is_object(), "{what}: {name} is not documented");
            let text = value.to_str().unwrap();
            let value = match header["schema"]["type"] == "integer" {
                true => json!(text.parse::<u64>().unwrap()),
                false => json!(text),
            };
            assert_valid(&validator(&header["schema"]), &value, &format!("{what}: {name}"));
            seen.push(format!("{what}: {name}"));
        }
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            let is_required = self.referred(header)["required"] == true;
            assert!(!is_required || headers.contains_key(name), "{what} without {name}");
        }

        let media = headers.get("content-type").map(|media| media.to_str().unwrap());
        let schema = match (media, response.get("content")) {
            (None, None) => None,
            (Some(media), Some(content)) => {
                let content = content.get(media);
                let content =
                    content.unwrap_or_else(|| panic!("{what}: {media} is not documented"));
                seen.push(format!("{what}: {media}"));
                let is_json = media.ends_with("json") && *method != Method::HEAD;
                is_json.then(|| content["schema"].clone())
            }
            (media, content) => panic!("{what}: {media:?}, documented are {content:?}"),
        };
        self.seen.extend(seen);
        schema
    }

    /// Whether such a JSON body may be there.
    pub(crate) fn body(&mut self, schema: &Value, audience: Audience, body: &str, what: &str) {
        let value: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{what}: {body}"));
        assert_valid(&self.strict(schema, audience), &value, what);
        let name = match &schema["$ref"] {
            Value::String(file) => file.trim_start_matches("schema/").trim_end_matches(".json"),
            _ => "problem",
        };
        self.note(name, &value);
    }

    /// Whether such a block may be on this stream.
    pub(crate) fn block(&mut self, route: Route, audience: Audience, block: &Block) {
        let name = block.event();
        if name.is_empty() {
            assert!(
                block.0.len() == 1,
                "neither a message nor a position nor a comment: {block:?}"
            );
            return;
        }
        let is_ours = self.asyncapi["components"]["messages"].get(name).is_some();
        let label = if is_ours { name } else { Kind::named(name).label() };
        let channels = self.asyncapi["channels"].as_object().unwrap().values();
        let channel = channels.into_iter().find(|channel| channel["address"] == route.path());
        let message = channel.unwrap()["messages"][label]["$ref"].as_str().unwrap_or_else(|| {
            panic!("{name} is not documented on {}", route.path());
        });
        let message = &self.asyncapi.pointer(message.trim_start_matches('#')).unwrap().clone();

        let mut fields: serde_json::Map<_, _> =
            block.0.iter().map(|(name, text)| (name.clone(), json!(text))).collect();
        if let Some(Value::String(retry)) = fields.get("retry") {
            let retry: u64 = retry.parse().unwrap();
            fields.insert("retry".to_owned(), retry.into());
        }
        let data = fields.remove("data").unwrap_or_else(|| panic!("without data: {block:?}"));
        let headers = self.strict(&message["headers"], audience);
        assert_valid(&headers, &Value::Object(fields.clone()), &format!("the block of {name}"));
        let data: Value = serde_json::from_str(data.as_str().unwrap()).unwrap();
        assert_eq!(message["payload"]["$ref"], format!("schema/{label}.json"));
        assert_valid(&self.strict(&message["payload"], audience), &data, name);

        self.seen.insert(format!("{} {label}", route.path()));
        for field in fields.keys() {
            self.seen.insert(format!("block of {label}: {field}"));
        }
        self.note(label, &data);
    }

    /// Everything that the documents have and that was not seen.
    pub(crate) fn unseen(&self) -> Vec<String> {
        let mut all = BTreeSet::new();
        for (path, item) in self.openapi["paths"].as_object().unwrap() {
            all.insert(format!("POST {path} 405"));
            for method in ["get", "head"] {
                for (status, response) in item[method]["responses"].as_object().unwrap() {
                    let what = format!("{} {path} {status}", method.to_uppercase());
                    let response = self.referred(response);
                    let names = |key: &str| -> Vec<String> {
                        let of = response.get(key).and_then(Value::as_object);
                        of.into_iter().flat_map(|of| of.keys().cloned()).collect()
                    };
                    for part in names("headers").into_iter().chain(names("content")) {
                        all.insert(format!("{what}: {part}"));
                    }
                    all.insert(what);
                }
            }
        }
        for channel in self.asyncapi["channels"].as_object().unwrap().values() {
            for name in channel["messages"].as_object().unwrap().keys() {
                all.insert(format!("{} {name}", channel["address"].as_str().unwrap()));
            }
        }
        for (name, message) in self.asyncapi["components"]["messages"].as_object().unwrap() {
            for field in message["headers"]["properties"].as_object().unwrap().keys() {
                all.insert(format!("block of {name}: {field}"));
            }
        }
        for (name, schema) in order_events_api_docs::schemas() {
            for (field, schema) in schema["properties"].as_object().unwrap() {
                all.insert(format!("{name}.{field}"));
                // Which status leads to which is the lifecycle's, and tested there.
                if ["status", "previousStatus"].contains(&field.as_str()) {
                    continue;
                }
                for value in schema["enum"].as_array().into_iter().flatten() {
                    all.insert(format!("{name}.{field} = {value}"));
                }
            }
        }
        all.difference(&self.seen).cloned().collect()
    }

    /// Made once for each schema and audience: they are large, and asked for at every block.
    fn strict(&mut self, schema: &Value, audience: Audience) -> Arc<Validator> {
        let made = self.validators.entry((schema.to_string(), audience));
        Arc::clone(made.or_insert_with(|| Arc::new(validator(&closed(schema, audience)))))
    }

    /// Which fields were seen, and with which values.
    fn note(&mut self, name: &str, value: &Value) {
        for (field, value) in value.as_object().into_iter().flatten() {
            self.seen.insert(format!("{name}.{field}"));
            self.seen.insert(format!("{name}.{field} = {value}"));
        }
    }

    fn referred(&self, value: &Value) -> Value {
        match value["$ref"].as_str() {
            Some(pointer) => self.openapi.pointer(pointer.trim_start_matches('#')).unwrap().clone(),
            None => value.clone(),
        }
    }
}
