//! The ready-made routes: where they are, and what each is about.

use http::Uri;
use order_events_core::{CustomerId, OrderId, Scope};
use percent_encoding::percent_decode_str;

use super::query::Query;

/// A ready-made route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// The events of one order.
    OrderEvents,
    /// The events of one customer's orders.
    CustomerEvents,
    /// The events of the tenant.
    Events,
    /// One order as it stands.
    Order,
    /// The orders of the tenant, or of a customer, as they stand.
    Orders,
}

impl Route {
    /// Every one.
    pub const ALL: [Self; 5] =
        [Self::OrderEvents, Self::CustomerEvents, Self::Events, Self::Order, Self::Orders];

    /// Its path, in the notation that axum and actix share. The door reads the parameters itself,
    /// from the end of the request's path, so a prefix before it does no harm and every framework's
    /// requests are read alike.
    pub const fn path(self) -> &'static str {
        match self {
            Self::OrderEvents => "/orders/{order}/events",
            Self::CustomerEvents => "/customers/{customer}/events",
            Self::Events => "/events",
            Self::Order => "/orders/{order}",
            Self::Orders => "/orders",
        }
    }

    /// What a request to this route wants to watch; none where it names no possible order or
    /// customer, of which there is therefore none.
    pub fn wanted(self, uri: &Uri) -> Option<Scope> {
        let from_end = |place| {
            let segment = uri.path().rsplit('/').nth(place)?;
            percent_decode_str(segment).decode_utf8().ok()
        };
        match self {
            Self::OrderEvents => Some(Scope::Order(OrderId::new(from_end(1)?).ok()?)),
            Self::Order => Some(Scope::Order(OrderId::new(from_end(0)?).ok()?)),
            Self::CustomerEvents => Some(Scope::Customer(CustomerId::new(from_end(1)?).ok()?)),
            Self::Events => Some(Scope::Tenant),
            Self::Orders => match Query::of(uri.query()).get("customer") {
                Some(customer) => Some(Scope::Customer(CustomerId::new(customer).ok()?)),
                None => Some(Scope::Tenant),
            },
        }
    }

    /// Whether it gives events, rather than orders.
    pub(crate) fn is_events(self) -> bool {
        !matches!(self, Self::Order | Self::Orders)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(route: Route, uri: &str) -> Option<Scope> {
        route.wanted(&uri.parse().unwrap())
    }

    fn order(id: &str) -> Option<Scope> {
        Some(Scope::Order(OrderId::new(id).unwrap()))
    }

    fn customer(id: &str) -> Option<Scope> {
        Some(Scope::Customer(CustomerId::new(id).unwrap()))
    }

    #[test]
    fn ids_are_read_whatever_comes_before_them() {
        assert_eq!(wanted(Route::OrderEvents, "/orders/42/events?wait=1"), order("42"));
        assert_eq!(wanted(Route::OrderEvents, "/api/v1/orders/42/events"), order("42"));
        assert_eq!(wanted(Route::Order, "/api/orders/42"), order("42"));
        assert_eq!(
            wanted(Route::CustomerEvents, "/customers/ada%40x.org/events"),
            customer("ada@x.org")
        );
        assert_eq!(wanted(Route::Events, "/api/events"), Some(Scope::Tenant));
    }

    #[test]
    fn ids_are_decoded_once() {
        assert_eq!(wanted(Route::Order, "/orders/a%2Fb"), order("a/b"));
        assert_eq!(wanted(Route::Order, "/orders/a%252Fb"), order("a%2Fb"));
        assert_eq!(wanted(Route::Order, "/orders/a+b"), order("a+b"));
        assert_eq!(wanted(Route::Order, "/orders/%E6%9D%B1"), order("東"));
    }

    #[test]
    fn what_can_be_no_id_is_nothing() {
        for path in ["/orders/", "/orders/%00", "/orders/%0A", "/orders/%FF"] {
            assert_eq!(wanted(Route::Order, path), None, "{path}");
        }
        assert_eq!(wanted(Route::Order, &format!("/orders/{}", "x".repeat(129))), None);
        assert_eq!(wanted(Route::OrderEvents, "/orders//events"), None);
    }

    #[test]
    fn a_customers_orders_are_asked_for_by_the_query() {
        assert_eq!(wanted(Route::Orders, "/orders"), Some(Scope::Tenant));
        assert_eq!(wanted(Route::Orders, "/orders?customer=ada%40x"), customer("ada@x"));
        assert_eq!(wanted(Route::Orders, "/orders?customer="), None);
    }
}
