//! The cases, as `vectors/client.json` has them. What the fields mean stands at its head.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

/// The table as it is written: what clients in other languages read.
const TABLE: &str = include_str!("../../vectors/client.json");

/// All cases, and the settings that they are played with.
#[derive(Debug, Deserialize)]
#[non_exhaustive]
pub struct Table {
    /// How long clients wait for what, in milliseconds, by the names that the browser's client has.
    pub settings: BTreeMap<String, u64>,
    /// In the order in which they are written.
    pub cases: Vec<Case>,
}

impl Table {
    /// The table of this version.
    pub fn read() -> Self {
        serde_json::from_str(TABLE).expect("the table is part of this crate, and was read before")
    }

    /// The case of this name.
    pub fn case(&self, name: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.name == name)
    }
}

/// A server that misbehaves, and what a client comes to there.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Case {
    /// What it is about, and what it is known by.
    pub name: String,
    /// How many events there are.
    pub log: u64,
    /// Where the client begins; without a cursor where there is none.
    pub after: Option<u64>,
    /// The event that is of a kind which nobody knows.
    pub invented: Option<u64>,
    /// What each request meets; the last one goes on for ever.
    pub attempts: Vec<Attempt>,
    /// What it must come to.
    pub ends: Ends,
    /// Where it cannot be held, with the reason.
    #[serde(default)]
    pub except: BTreeMap<String, String>,
}

/// What a request meets. By default a server that is well.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the head of the table describes each")]
pub struct Attempt {
    pub r#for: Option<String>,
    pub status: Option<u16>,
    pub headers: HashMap<String, String>,
    pub wants: Option<String>,
    pub redirect: Option<String>,
    pub answers: Option<bool>,
    pub speaks: Option<bool>,
    pub r#type: Option<String>,
    pub encoding: Option<String>,
    pub schema: Option<u64>,
    pub refuses: Option<String>,
    pub repeats: u64,
    pub tells: Option<u64>,
    pub reset: Option<String>,
    pub slow: bool,
    pub then: Option<String>,
}

/// What a client must make of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Ends {
    /// The versions of the events that it gave, in order.
    pub events: Vec<u64>,
    /// The version that it last knew the order by.
    pub version: u64,
    /// How its connection is.
    pub state: String,
    /// Why it is closed.
    pub why: Option<String>,
    /// How many requests it made.
    pub requests: Option<usize>,
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_case_can_be_named_and_played() {
        let table = Table::read();
        let names: HashSet<_> = table.cases.iter().map(|case| &case.name).collect();
        assert_eq!(names.len(), table.cases.len());
        for case in &table.cases {
            assert!(!case.attempts.is_empty(), "{}", case.name);
            assert_eq!(case.ends.state == "closed", case.ends.why.is_some(), "{}", case.name);
            assert!(case.except.values().all(|why| why.len() > 20), "{}: no reason", case.name);
        }
    }
}
