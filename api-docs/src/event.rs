//! The schema of each kind of event, from what the code writes.

use std::collections::BTreeSet;

use order_events_core::engine::NewEvent;
use order_events_core::{Known, Visibility};
use serde_json::{Map, Value, json};

use crate::field;
use crate::specimen::specimens;

/// A kind of event: one of ours, or any of the user's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Ours.
    Ours(Known),
    /// A user's own.
    Custom,
}

impl Kind {
    /// Every one.
    pub const ALL: [Self; Known::ALL.len() + 1] = {
        let mut all = [Self::Custom; Known::ALL.len() + 1];
        let mut place = 0;
        while place < Known::ALL.len() {
            all[place] = Self::Ours(Known::ALL[place]);
            place += 1;
        }
        all
    };

    /// The kind of an event of this name.
    pub fn named(name: &str) -> Self {
        Known::parse(name).map_or(Self::Custom, Self::Ours)
    }

    /// What its schema is called: its name, where it has one.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ours(known) => known.name(),
            Self::Custom => "custom",
        }
    }

    /// What it is about.
    pub(crate) fn meaning(self) -> &'static str {
        let Self::Ours(known) = self else {
            return "An event of the service's own. Its name is any that is not one of ours; what \
                    it means is for the service to say.";
        };
        match known {
            Known::Created => "The order exists. Replaces whatever was known under its id.",
            Known::Status => "The order moved to another status.",
            Known::Customer => "The order now belongs to a customer.",
            Known::Note => "A remark. Staff's by default.",
            Known::Assigned => {
                "Somebody works on it, or, without `assignee`, nobody any more. Staff's by default."
            }
            Known::Tracking => "Where the parcel is.",
            Known::Stage => "A stage of a workflow began or ended.",
            Known::Progress => "How far the work is.",
            Known::Failed => "Something went wrong. Staff's by default.",
            Known::Deleted => "The order is gone and reads as absent from here on.",
        }
    }
}

/// The data of an event of this kind, as staff read it. What the public never reads is marked
/// `x-audience: staff`.
pub(crate) fn schema(kind: Kind) -> Value {
    let observed = Observed::of(&specimens(kind));
    let mut properties = Map::new();
    for name in &observed.all {
        let mut schema = field::schema(name);
        if !observed.public.contains(name) {
            schema["x-audience"] = "staff".into();
        }
        properties.insert(name.clone(), schema);
    }
    json!({
        "description": kind.meaning(),
        "type": "object",
        "properties": properties,
        "required": observed.always,
    })
}

/// An event as a page, a timeline or a snapshot's `work` hold it.
pub(crate) fn named(kind: Kind, with_id: bool) -> Value {
    let name = match kind {
        Kind::Ours(known) => json!({"const": known.name()}),
        Kind::Custom => field::custom_name(),
    };
    let mut event = json!({
        "type": "object",
        "properties": {
            "event": name,
            "data": {"$ref": format!("{}.json", kind.label())},
        },
        "required": ["event", "data"],
    });
    if with_id {
        event["properties"]["id"] = field::cursor();
        event["required"] = json!(["id", "event", "data"]);
    }
    event
}

/// Which fields there were in some events of one kind.
struct Observed {
    /// In one of them at least.
    all: BTreeSet<String>,
    /// Where the public could read it.
    public: BTreeSet<String>,
    /// In each of them, whoever read it.
    always: BTreeSet<String>,
}

impl Observed {
    fn of(events: &[NewEvent]) -> Self {
        let read = |text: &str| -> BTreeSet<String> {
            let object: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
            object.into_iter().map(|(name, _)| name).collect()
        };
        let (mut all, mut public) = (BTreeSet::new(), BTreeSet::new());
        let mut always: Option<BTreeSet<String>> = None;
        for event in events {
            let common = read(&event.payload);
            all.extend(common.iter().cloned());
            all.extend(event.staff.as_deref().map(read).unwrap_or_default());
            if event.visibility == Visibility::Public {
                public.extend(common.iter().cloned());
            }
            always = Some(match always {
                None => common,
                Some(always) => always.intersection(&common).cloned().collect(),
            });
        }
        Self { all, public, always: always.unwrap_or_default() }
    }
}
