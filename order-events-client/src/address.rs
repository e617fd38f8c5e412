//! Where requests go: pure.

use order_events_core::Scope;
use url::{Origin, Url};

use crate::error::{Error, Failure};

/// The address of a scope's events, below where the routes are mounted.
pub(crate) fn events(base: &Url, scope: &Scope) -> Result<Url, Error> {
    match scope {
        Scope::Order(order) => below(base, &["orders", order.as_str(), "events"]),
        Scope::Customer(customer) => below(base, &["customers", customer.as_str(), "events"]),
        Scope::Tenant => below(base, &["events"]),
    }
}

/// The address of one order as it stands.
pub(crate) fn order(base: &Url, order: &str) -> Result<Url, Error> {
    below(base, &["orders", order])
}

fn below(base: &Url, segments: &[&str]) -> Result<Url, Error> {
    // They are steps in a path however they are written, also as `%2e`.
    if segments.iter().any(|segment| matches!(*segment, "." | "..")) {
        return Err(Error::Unaddressable);
    }
    let mut url = base.clone();
    let mut path = url.path_segments_mut().map_err(|()| Error::Unaddressable)?;
    path.pop_if_empty().extend(segments);
    drop(path);
    Ok(url)
}

/// The address of one page of orders, by the server's link.
pub(crate) fn page(base: &Url, link: &str, token: Option<&str>) -> Option<Url> {
    let mut url = base.join(link).ok()?;
    if let Some(token) = token {
        url.query_pairs_mut().append_pair("page", token);
    }
    Some(url)
}

/// Where a redirect goes, which must be the same origin: scheme, host and port. So nothing goes
/// from `https` to `http` either.
pub(crate) fn redirect(from: &Url, location: Option<&str>) -> Result<Url, Failure> {
    let to = location.and_then(|location| from.join(location).ok()).ok_or(Failure::Redirects)?;
    same_origin(from, &to)?;
    Ok(to)
}

pub(crate) fn same_origin(ours: &Url, other: &Url) -> Result<(), Failure> {
    let origin @ Origin::Tuple(..) = other.origin() else {
        return Err(Failure::OtherOrigin(format!("one of {}", other.scheme())));
    };
    match origin == ours.origin() {
        true => Ok(()),
        false => Err(Failure::OtherOrigin(origin.ascii_serialization())),
    }
}

#[cfg(test)]
mod tests {
    use order_events_core::{CustomerId, OrderId};

    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn order_at(base: &str, id: &str) -> String {
        let scope = Scope::Order(OrderId::new(id).unwrap());
        events(&url(base), &scope).unwrap().to_string()
    }

    #[test]
    fn ids_stay_one_segment_whatever_is_in_them() {
        let base = "https://shop.example/live";
        assert_eq!(order_at(base, "42"), "https://shop.example/live/orders/42/events");
        assert_eq!(
            order_at("https://shop.example/", "a/b"),
            "https://shop.example/orders/a%2Fb/events"
        );
        assert_eq!(order_at(base, "a%2Fb"), "https://shop.example/live/orders/a%252Fb/events");
        assert_eq!(order_at(base, "?x=1#y"), "https://shop.example/live/orders/%3Fx=1%23y/events");
        let ada = Scope::Customer(CustomerId::new("ada@x.org").unwrap());
        let events = events(&url("http://h:81/v1/?ticket=7"), &ada).unwrap();
        assert_eq!(events.as_str(), "http://h:81/v1/customers/ada@x.org/events?ticket=7");
    }

    #[test]
    fn what_would_be_a_step_in_a_path_is_no_address() {
        for id in [".", ".."] {
            let scope = Scope::Order(OrderId::new(id).unwrap());
            assert!(matches!(events(&url("http://h"), &scope), Err(Error::Unaddressable)), "{id}");
        }
        assert_eq!(order_at("http://h", "%2e%2e"), "http://h/orders/%252e%252e/events");
    }

    #[test]
    fn a_redirect_stays_within_the_origin() {
        let from = url("https://shop.example/a/events");
        let to = |location| redirect(&from, location).map(String::from);
        assert_eq!(to(Some("/b/events")).unwrap(), "https://shop.example/b/events");
        assert_eq!(to(Some("https://shop.example:443/c")).unwrap(), "https://shop.example/c");
        for (location, origin) in [
            ("http://shop.example/a/events", "http://shop.example"),
            ("https://shop.example:444/", "https://shop.example:444"),
            ("//evil.example/a", "https://evil.example"),
            ("https://shop.example@evil.example/", "https://evil.example"),
        ] {
            match to(Some(location)) {
                Err(Failure::OtherOrigin(other)) => assert_eq!(other, origin),
                other => panic!("{location}: {other:?}"),
            }
        }
        assert!(matches!(to(Some("data:text/event-stream,")), Err(Failure::OtherOrigin(_))));
        assert!(matches!(to(None), Err(Failure::Redirects)));
        assert!(matches!(to(Some("https://:0")), Err(Failure::Redirects)));
    }

    #[test]
    fn a_link_is_relative_to_the_streams_address() {
        let base = url("https://shop.example/live/customers/ada/events");
        let link = "../../orders?customer=ada";
        let first = page(&base, link, None).unwrap();
        assert_eq!(first.as_str(), "https://shop.example/live/orders?customer=ada");
        let next = page(&base, link, Some("a&b=")).unwrap();
        assert_eq!(next.as_str(), "https://shop.example/live/orders?customer=ada&page=a%26b%3D");
    }
}
