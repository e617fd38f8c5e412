//! Identifiers, validated once, when they are made.
//!
//! Each is text of 1 to [`MAX_ID_BYTES`] bytes without control characters, and nothing more is
//! asked of it: order numbers, UUIDs, e-mail addresses and names in any script all fit. Five types
//! rather than one, so that the compiler notices a customer where a tenant belongs.
//!
//! A clone shares the text and costs one counter; `&id` converts into an id the same way.
//!
//! ```
//! use order_events_core::{CustomerId, OrderId, TenantId};
//!
//! let order = OrderId::new("42")?;
//! assert_eq!(order.as_str(), "42");
//! assert_eq!(format!("{order} {order:?}"), r#"42 OrderId("42")"#);
//!
//! let customer: CustomerId = "ada@example.com".parse()?;
//! assert!(OrderId::new("").is_err());
//! assert_eq!(TenantId::default().as_str(), "default");
//! # let _ = customer;
//! # Ok::<(), order_events_core::Invalid>(())
//! ```

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::invalid::{self, Invalid};

/// The most bytes of UTF-8 an id may have. Room for a UUID with a long prefix, and little enough
/// that an id can stand in every event, key and log line without being thought about.
pub const MAX_ID_BYTES: usize = 128;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $field:literal) => {
        $(#[$doc])*
        ///
        /// Text of 1 to [`MAX_ID_BYTES`] bytes without control characters; compared byte by byte,
        /// neither trimmed nor folded. Cheap to clone.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is, or says what is wrong with it.
            pub fn new(text: impl AsRef<str>) -> Result<Self, Invalid> {
                let text = text.as_ref();
                invalid::text($field, text, MAX_ID_BYTES)?;
                Ok(Self(Arc::from(text)))
            }

            /// The text it was made from.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // On one line even where `{:#?}` is asked for: it is one word.
                write!(f, concat!(stringify!($name), "({:?})"), &*self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                Self::new(text)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = Invalid;

            fn try_from(text: &str) -> Result<Self, Invalid> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;

            fn try_from(text: String) -> Result<Self, Invalid> {
                Self::new(text)
            }
        }

        /// Shares the text, so that whatever takes `impl Into<Self>` also takes a reference.
        impl From<&Self> for $name {
            fn from(id: &Self) -> Self {
                id.clone()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                invalid::deserialize(from, concat!("a string for ", stringify!($name)))
            }
        }
    };
}

id! {
    /// Names one order within its tenant. Two tenants may use the same id for different orders.
    OrderId, "order"
}

id! {
    /// Names the isolation boundary: a shop, a merchant. A service with a single one uses
    /// [`TenantId::default`] and need not mention it.
    TenantId, "tenant"
}

id! {
    /// Names a customer within a tenant. An order has at most one, perhaps only later.
    CustomerId, "customer"
}

id! {
    /// Names who watches or acts, as the application's own sign-in knows them: a user, a service.
    /// Limits and revocation go by it alone, whatever the tenant: where users are known within a tenant
    /// only, name them by both, `Principal::new(format!("{tenant}/{user}"))`.
    Principal, "principal"
}

/// Where customers sign in by their own id, it is they who watch. Shares the text. For a service with
/// one tenant: customers of the same id in two of them would be one principal.
impl From<&CustomerId> for Principal {
    fn from(customer: &CustomerId) -> Self {
        Self(Arc::clone(&customer.0))
    }
}

id! {
    /// Marks an update that may be sent more than once: a tenant's log takes a key once.
    IdempotencyKey, "key"
}

const DEFAULT_TENANT: &str = "default";

impl TenantId {
    pub(crate) fn is_default(&self) -> bool {
        self.as_str() == DEFAULT_TENANT
    }
}

/// The tenant of a service that has only one.
impl Default for TenantId {
    /// The tenant `default`; every call shares one text.
    fn default() -> Self {
        static DEFAULT: LazyLock<TenantId> = LazyLock::new(|| TenantId(Arc::from(DEFAULT_TENANT)));
        DEFAULT.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_tenants_share_their_text() {
        assert!(Arc::ptr_eq(&TenantId::default().0, &TenantId::default().0));
        assert_eq!(TenantId::default(), TenantId::new("default").unwrap());
    }

    #[test]
    fn a_reference_converts_without_copying() {
        let order = OrderId::new("42").unwrap();
        let shared: OrderId = (&order).into();
        assert!(Arc::ptr_eq(&order.0, &shared.0));
    }
}
