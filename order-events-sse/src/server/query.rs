//! The parameters of a request.

use std::borrow::Cow;

/// The parameters of a query that mean something to the ready-made routes; others are ignored.
pub const PARAMETERS: [&str; 8] =
    ["last_event_id", "after", "wait", "attempt", "heartbeat", "page", "limit", "customer"];

/// A query, read once: of each name that means something here the first value.
#[derive(Debug, Default)]
pub(crate) struct Query<'a>([Option<Cow<'a, str>>; PARAMETERS.len()]);

impl<'a> Query<'a> {
    pub(crate) fn of(query: Option<&'a str>) -> Self {
        let mut values = Self::default();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            let slot = PARAMETERS.iter().position(|known| *known == name);
            if let Some(slot) = slot.and_then(|place| values.0.get_mut(place)) {
                slot.get_or_insert(value);
            }
        }
        values
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let place = PARAMETERS.iter().position(|known| *known == name)?;
        self.0.get(place)?.as_deref()
    }

    /// A number; none where it is not one.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }
}
