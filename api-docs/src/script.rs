//! What the browser's client takes from the code: its types, made of the schemas, and the table of
//! the lifecycle.

use std::fmt::Write;

use order_events_core::{ColorRole, Finality, Lifecycle, OrderStatus};
use serde_json::{Value, json};

use crate::event::Kind;

/// Each file: its path below `order-events-js`, and what stands in it.
pub(crate) fn files(schemas: &[(String, Value)]) -> Vec<(&'static str, String)> {
    vec![("types/events.d.ts", types(schemas)), ("src/statuses.js", statuses())]
}

fn types(schemas: &[(String, Value)]) -> String {
    let mut file = String::from(
        "// Generated from the server's types by api-docs; UPDATE_DOCS=1 writes it anew.\n\n",
    );
    let tokens: Vec<_> = OrderStatus::ALL.iter().map(|status| status.token()).collect();
    declare(
        &mut file,
        "OrderStatus",
        &json!({"description": "A status.", "anyOf": consts(&tokens)}),
    );
    for (name, schema) in schemas {
        declare(&mut file, &type_name(name), schema);
    }
    let snapshot = schemas.iter().find(|(name, _)| name == "snapshot");
    let properties = snapshot.map(|(_, schema)| &schema["properties"]).unwrap_or(&Value::Null);
    let entry = json!({
        "description": "An entry of a timeline.",
        "anyOf": properties["timeline"]["items"]["anyOf"],
    });
    declare(&mut file, "TimelineEntry", &entry);
    declare(&mut file, "WorkEntry", &properties["work"]);
    let ours = Kind::ALL.into_iter().filter(|kind| matches!(kind, Kind::Ours(_)));
    let ours: Vec<_> = ours.map(|kind| crate::event::named(kind, false)).collect();
    let event = json!({"description": "An event of ours, by its name.", "anyOf": ours});
    declare(&mut file, "OrderEvent", &event);
    file
}

fn declare(file: &mut String, name: &str, schema: &Value) {
    let text = after_a_space(written(schema, 0));
    let _infallible = writeln!(file, "{}export type {name} ={text};\n", comment(schema, 0));
}

/// Where it begins on the same line.
fn after_a_space(text: String) -> String {
    if text.starts_with('\n') { text } else { format!(" {text}") }
}

/// `order.status` is what `OrderStatusData` holds, `snapshot` is an `OrderSnapshot`.
fn type_name(schema: &str) -> String {
    let known = match schema {
        "snapshot" => "OrderSnapshot",
        "order" => "OrderDocument",
        "orders" => "OrdersPage",
        "page" => "EventsPage",
        "problem" => "Problem",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let words = schema.split('.').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    });
    words.collect::<String>() + "Data"
}

fn consts(tokens: &[&str]) -> Vec<Value> {
    tokens.iter().map(|token| json!({"const": token})).collect()
}

/// A schema as a type. What a type cannot say (lengths, patterns, bounds) it leaves out.
fn written(schema: &Value, depth: usize) -> String {
    if let Some(file) = schema["$ref"].as_str() {
        return type_name(file.trim_end_matches(".json"));
    }
    if let Some(value) = schema.get("const") {
        return value.to_string();
    }
    if let Some(values) = schema["enum"].as_array() {
        let is_status = values.len() == OrderStatus::ALL.len()
            && OrderStatus::ALL.iter().zip(values).all(|(status, value)| value == status.token());
        if is_status {
            return "OrderStatus".to_owned();
        }
        return values.iter().map(Value::to_string).collect::<Vec<_>>().join(" | ");
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let gap = format!("\n{}| ", "  ".repeat(depth + 1));
        let types = any.iter().map(|schema| written(schema, depth + 1));
        return types.fold(String::new(), |all, one| all + &gap + &one);
    }
    match schema["type"].as_str() {
        Some("object") => object(schema, depth),
        Some("array") => format!("readonly ({})[]", written(&schema["items"], depth)),
        Some("integer" | "number") => "number".to_owned(),
        Some(name) => name.to_owned(),
        None => "unknown".to_owned(),
    }
}

fn object(schema: &Value, depth: usize) -> String {
    let always = schema["required"].as_array();
    let is_always = |name: &String| always.is_some_and(|all| all.iter().any(|one| one == name));
    let mut text = "{\n".to_owned();
    let indent = "  ".repeat(depth + 1);
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        text += &comment(schema, depth + 1);
        let mark = if is_always(name) { "" } else { "?" };
        let _infallible =
            writeln!(text, "{indent}readonly {name}{mark}: {};", written(schema, depth + 1));
    }
    text + &"  ".repeat(depth) + "}"
}

fn comment(schema: &Value, depth: usize) -> String {
    let Some(text) = schema["description"].as_str() else { return String::new() };
    let whose = if schema["x-audience"] == "staff" { " For staff alone." } else { "" };
    format!("{}/** {text}{whose} */\n", "  ".repeat(depth))
}

fn statuses() -> String {
    let mut file = String::from(
        "// Generated from the server's table by api-docs; UPDATE_DOCS=1 writes it anew.\n\n\
         /** @import { Face } from \"./lifecycle.js\" */\n\
         /** @import { OrderStatus } from \"../events.js\" */\n\n\
         /** @type {Readonly<Record<OrderStatus, Readonly<Face>>>} */\n\
         export const STATUSES = {\n",
    );
    for status in OrderStatus::ALL {
        let face = status.face();
        let next: Vec<_> =
            status.next().iter().map(|next| json!(next.token()).to_string()).collect();
        let finality = match status.finality() {
            Finality::Final => "final",
            Finality::Quiet => "quiet",
            Finality::Open => "open",
        };
        let _infallible = write!(
            file,
            "  {}: {{\n    label: {},\n    description: {},\n    step: {},\n    color: {},\n    \
             icon: {},\n    finality: {},\n    next: [{}],\n  }},\n",
            status.token(),
            json!(face.label),
            json!(face.description),
            json!(face.step),
            json!(color(face.color)),
            json!(face.icon),
            json!(finality),
            next.join(", "),
        );
    }
    file + "};\n"
}

fn color(role: ColorRole) -> &'static str {
    match role {
        ColorRole::Info => "info",
        ColorRole::Progress => "progress",
        ColorRole::Success => "success",
        ColorRole::Warning => "warning",
        ColorRole::Danger => "danger",
        _ => "neutral",
    }
}
