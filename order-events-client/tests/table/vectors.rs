//! The cases, as `vectors/client.json` of the conformance suite has them. What the fields mean
//! stands at its head.

use std::collections::HashMap;
use std::time::Duration;

use order_events_client::Settings;
use serde::Deserialize;

const VECTORS: &str = include_str!("../../../order-events-conformance/vectors/client.json");

#[derive(Debug, Deserialize)]
pub(crate) struct Vectors {
    settings: HashMap<String, u64>,
    pub(crate) cases: Vec<Case>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) log: u64,
    pub(crate) after: Option<u64>,
    pub(crate) invented: Option<u64>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) ends: Ends,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Attempt {
    pub(crate) r#for: Option<String>,
    pub(crate) status: Option<u16>,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) wants: Option<String>,
    pub(crate) redirect: Option<String>,
    pub(crate) answers: Option<bool>,
    pub(crate) speaks: Option<bool>,
    pub(crate) r#type: Option<String>,
    pub(crate) encoding: Option<String>,
    pub(crate) refuses: Option<String>,
    pub(crate) repeats: u64,
    pub(crate) tells: Option<u64>,
    pub(crate) reset: Option<String>,
    pub(crate) slow: bool,
    pub(crate) then: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ends {
    pub(crate) events: Vec<u64>,
    pub(crate) version: u64,
    pub(crate) state: String,
    pub(crate) why: Option<String>,
    pub(crate) requests: Option<usize>,
}

impl Vectors {
    pub(crate) fn read() -> Self {
        serde_json::from_str(VECTORS).unwrap()
    }

    pub(crate) fn settings(&self, settings: &mut Settings) {
        for (name, millis) in &self.settings {
            let span = Duration::from_millis(*millis);
            match name.as_str() {
                "head" => settings.head = span,
                "firstByte" => settings.first_byte = span,
                "backoff" => settings.backoff = span,
                "maxBackoff" => settings.max_backoff = span,
                "stable" => settings.stable = span,
                "pollAfter" => settings.poll_after = *millis as u32,
                "pollWait" => settings.poll_wait = span,
                "pollSlack" => settings.poll_slack = span,
                "pollPause" => settings.poll_pause = span,
                "probe" => settings.probe = span,
                "maxProbe" => settings.max_probe = span,
                other => panic!("no setting: {other}"),
            }
        }
    }
}
