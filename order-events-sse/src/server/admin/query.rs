//! What the query of an admin's request may say. Nothing in it is passed over: a filter that is
//! misspelt would show everybody, and one that a route has no use for would do more than was meant.

use std::borrow::Cow;
use std::fmt;

use order_events_core::{
    CustomerId, Hub, Invalid, Lifecycle, OrderId, Principal, Scope, TenantId, WatcherFilter,
};

use super::listing;

/// Watchers of one page of the listing of admins, where the request does not ask for another number.
pub const PAGE_WATCHERS: usize = 100;

/// … and where it asks for as many as it can.
pub const MAX_PAGE_WATCHERS: usize = 1_000;

/// The parameters that the listing of admins takes. The other routes of admins take none.
pub const ADMIN_PARAMETERS: [&str; 6] =
    ["tenant", "principal", "order", "customer", "after", "limit"];

/// Characters of what was given that are said back.
const SAID_BACK: usize = 64;

const AFTER: &str = "expected the `next` of a page, of this process since its start";

/// Whom an admin wants to see.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) of: WatcherFilter,
    /// Only those with a greater number.
    pub(super) after: u64,
    pub(super) limit: usize,
}

/// What is wrong with a parameter: its name, what was given, what is expected.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadParameter(String);

impl BadParameter {
    /// A word for it that stays the same, for programs.
    pub(crate) const CODE: &'static str = "bad-parameter";

    fn new(name: &str, given: &str, expected: &dyn fmt::Display) -> Self {
        Self(format!("the parameter {} is {}: {expected}", quoted(name), quoted(given)))
    }

    fn unknown(name: &str, expected: &str) -> Self {
        Self(format!("the parameter {} is not known here: expected {expected}", quoted(name)))
    }

    pub(super) fn detail(self) -> String {
        self.0
    }
}

/// As it was given, so that whoever gave it knows it again; what does nothing but confuse a terminal
/// is escaped, and what is long cut.
fn quoted(given: &str) -> String {
    let mut said: String = given.chars().take(SAID_BACK).collect();
    if said.len() < given.len() {
        said.push('…');
    }
    format!("{said:?}")
}

impl Filter {
    pub(super) fn of<L: Lifecycle>(
        hub: &Hub<L>,
        query: Option<&str>,
    ) -> Result<Self, BadParameter> {
        let mut filter = Self { of: WatcherFilter::default(), after: 0, limit: PAGE_WATCHERS };
        let mut seen = Vec::new();
        for (name, value) in pairs(query) {
            if seen.contains(&name) {
                return Err(BadParameter::new(&name, &value, &"expected once"));
            }
            let bad = |expected: &dyn fmt::Display| BadParameter::new(&name, &value, expected);
            let refused = |why: Invalid| bad(&why.why);
            match &*name {
                "tenant" => filter.of.tenant = Some(TenantId::new(&value).map_err(refused)?),
                "principal" => filter.of.principal = Some(Principal::new(&value).map_err(refused)?),
                "order" | "customer" if filter.of.scope.is_some() => {
                    return Err(bad(&"expected an order or a customer, not both"));
                }
                "order" => {
                    filter.of.scope = Some(Scope::Order(OrderId::new(&value).map_err(refused)?));
                }
                "customer" => {
                    filter.of.scope =
                        Some(Scope::Customer(CustomerId::new(&value).map_err(refused)?));
                }
                "after" => {
                    let after = listing::number(hub, &value);
                    filter.after = after.ok_or_else(|| bad(&AFTER))?;
                }
                "limit" => {
                    let limit =
                        value.parse().ok().filter(|limit| (1..=MAX_PAGE_WATCHERS).contains(limit));
                    let expected = format_args!("expected a number from 1 to {MAX_PAGE_WATCHERS}");
                    filter.limit = limit.ok_or_else(|| bad(&expected))?;
                }
                _ => {
                    return Err(BadParameter::unknown(&name, &ADMIN_PARAMETERS.join(", ")));
                }
            }
            seen.push(name);
        }
        Ok(filter)
    }
}

/// Nothing may be said to the other routes, which would do for all what was meant for some.
pub(super) fn none(query: Option<&str>) -> Result<(), BadParameter> {
    match pairs(query).next() {
        Some((name, _)) => Err(BadParameter::unknown(&name, "none")),
        None => Ok(()),
    }
}

fn pairs(query: Option<&str>) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes())
}
