//! What is in the repository is what the code says, and is well made.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use order_events_api_docs::{documents, schemas, scripts};
use order_events_sse::server::PARAMETERS;
use serde_json::Value;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/api")
}

#[test]
fn the_documents_are_those_of_the_code() {
    let directory = directory();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let _none_yet = std::fs::remove_dir_all(directory.join("schema"));
        std::fs::create_dir_all(directory.join("schema")).unwrap();
        for (path, document) in documents() {
            let text = serde_json::to_string_pretty(&document).unwrap();
            std::fs::write(directory.join(path), text + "\n").unwrap();
        }
    }
    for (path, document) in documents() {
        let text = std::fs::read_to_string(directory.join(&path)).unwrap_or_default();
        let written: Value = serde_json::from_str(&text).unwrap_or_default();
        let hint = "UPDATE_DOCS=1 writes docs/api anew";
        assert_eq!(written, document, "docs/api/{path} is out of date; {hint}");
    }
    let files = std::fs::read_dir(directory.join("schema")).unwrap();
    assert_eq!(files.count(), schemas().len(), "a schema of something that is no more");
}

#[test]
fn what_the_browsers_client_takes_is_that_of_the_code() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../order-events-js");
    for (path, text) in scripts() {
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(directory.join(path), &text).unwrap();
        }
        let written = std::fs::read_to_string(directory.join(path)).unwrap_or_default();
        let hint = "UPDATE_DOCS=1 writes it anew";
        assert!(written == text, "order-events-js/{path} is out of date; {hint}");
    }
}

#[test]
fn every_schema_is_a_json_schema() {
    for (name, schema) in schemas() {
        if let Err(error) = jsonschema::draft202012::meta::validate(&schema) {
            panic!("{name}: {error}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let documents = documents();
    let exists = |from: &str, reference: &str| match reference.strip_prefix('#') {
        Some(pointer) => {
            let document = documents.iter().find(|(path, _)| path == from);
            document.is_some_and(|(_, document)| document.pointer(pointer).is_some())
        }
        None => {
            let target = Path::new(from).with_file_name(reference);
            documents.iter().any(|(path, _)| Path::new(path) == target)
        }
    };
    let mut references = 0;
    for (path, document) in &documents {
        each_reference(document, &mut |reference| {
            references += 1;
            assert!(exists(path, reference), "{path} refers to {reference}");
        });
    }
    assert!(references > 100);
}

fn each_reference(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                found(reference);
            }
            fields.values().for_each(|value| each_reference(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| each_reference(value, found)),
        _ => {}
    }
}

#[test]
fn the_parameters_of_the_query_are_those_that_the_routes_read() {
    let documents = documents();
    let (_, openapi) = documents.iter().find(|(path, _)| path == "openapi.json").unwrap();
    let components = openapi["components"]["parameters"].as_object().unwrap();
    let mut used = BTreeSet::new();
    each_reference(&openapi["paths"], &mut |reference| {
        let Some(name) = reference.strip_prefix("#/components/parameters/") else { return };
        used.insert(name.to_owned());
    });
    assert_eq!(used, components.keys().cloned().collect(), "a parameter that no route has");
    let in_query: BTreeSet<_> = components
        .values()
        .filter(|parameter| parameter["in"] == "query")
        .map(|parameter| parameter["name"].as_str().unwrap())
        .collect();
    assert_eq!(in_query, PARAMETERS.into_iter().collect());
}
