//! What an idempotency key stands for, as a number that is the same everywhere and always.

use serde_json::Value;

use crate::engine::Fingerprint;
use crate::event::{StageState, Visibility};
use crate::lifecycle::Lifecycle;
use crate::update::{Action, Stage, Update};

/// The fingerprint of what an update asks for.
///
/// Tenant, expectations, `or_create` and the key itself are left out: a caller who retries with a
/// fresh expectation still means the same thing. Keys of JSON objects are compared sorted. FNV-1a,
/// because the number is stored beside the key and compared by other nodes and later versions;
/// std's hashers promise no such stability.
pub fn fingerprint<L: Lifecycle>(update: &Update<L>) -> Fingerprint {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    hash.text(update.order.as_str());
    match &update.action {
        Action::Create { status } => hash.fields(&["create", status.token()]),
        Action::Status { status } => hash.fields(&["status", status.token()]),
        Action::Attach => hash.fields(&["attach"]),
        Action::Note => hash.fields(&["note"]),
        Action::Assign { assignee } => {
            hash.text("assign");
            hash.option(assignee.as_deref());
        }
        Action::Track { carrier, number, url } => {
            hash.fields(&["track", carrier, number]);
            hash.option(url.as_deref());
        }
        Action::Stage(Stage { workflow, stage, state, result, reason }) => {
            let state = match state {
                StageState::Started => "started",
                StageState::Completed => "completed",
                StageState::Failed => "failed",
            };
            hash.fields(&["stage", workflow, stage, state]);
            hash.option(result.as_ref().map(|result| sorted(result).to_string()).as_deref());
            hash.option(reason.as_deref());
        }
        Action::Progress { percent, message, of } => {
            hash.fields(&["progress", &percent.to_string()]);
            hash.option(message.as_deref());
            hash.option(of.as_ref().map(|(workflow, _)| workflow.as_str()));
            hash.option(of.as_ref().map(|(_, stage)| stage.as_str()));
        }
        Action::Fail { reason } => hash.fields(&["fail", reason]),
        Action::Delete => hash.fields(&["delete"]),
        Action::Custom { name, data } => {
            hash.fields(&["custom", name.as_str(), &sorted(data).to_string()]);
        }
    }
    hash.option(update.note.as_deref());
    hash.option(update.actor.as_deref());
    hash.option(update.show_actor.then_some("shown"));
    hash.option(update.customer.as_ref().map(|customer| customer.as_str()));
    hash.option(update.visibility.map(|visibility| match visibility {
        Visibility::Public => "public",
        Visibility::Staff => "staff",
    }));
    hash.option(update.assumed.map(Lifecycle::token));
    Fingerprint(hash.0)
}

/// The same JSON with its keys in order, whatever order serde_json was built to keep them in.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(sorted).collect(),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(key, _)| *key);
            fields.into_iter().map(|(key, value)| (key.clone(), sorted(value))).collect()
        }
        plain => plain.clone(),
    }
}

struct Fnv(u64);

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// With its length, so that no two lists of fields read the same.
    fn text(&mut self, text: &str) {
        self.bytes(&(text.len() as u64).to_le_bytes());
        self.bytes(text.as_bytes());
    }

    fn fields(&mut self, fields: &[&str]) {
        for field in fields {
            self.text(field);
        }
    }

    fn option(&mut self, text: Option<&str>) {
        match text {
            None => self.bytes(&[0]),
            Some(text) => {
                self.bytes(&[1]);
                self.text(text);
            }
        }
    }
}
