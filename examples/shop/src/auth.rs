//! Who is signed in.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use order_events_core::{Clock, CustomerId, Denied, Grant, Hub, SystemClock, Timestamp};
use order_events_sse::server::{Parts, bearer, cookie};
use serde::{Deserialize, Serialize};

/// The cookie that carries a token where a header cannot be set: a browser's `EventSource`.
pub const SESSION: &str = "session";

/// The header in which a page says for whom it was made.
const PAGE_OF: &str = "x-page-of";

/// What a token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    /// Who it is for: a customer's id, or a member of staff.
    pub sub: String,
    /// What they are.
    pub role: Role,
    /// When it ends, in seconds since 1970.
    pub exp: u64,
}

/// What somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees their own orders.
    Customer,
    /// Sees every order as staff, and says what happens to them.
    Admin,
}

/// The shop: its orders, and the keys of its tokens.
#[derive(Clone)]
pub struct Shop {
    /// Its orders.
    pub hub: Hub,
    keys: Arc<Keys>,
}

struct Keys {
    signing: EncodingKey,
    checking: DecodingKey,
    rules: Validation,
}

impl Shop {
    /// A shop with these orders, whose tokens are signed with this secret.
    pub fn new(hub: Hub, secret: &str) -> Self {
        // One algorithm, ours. A token that names another is refused, however it is signed.
        let mut rules = Validation::new(Algorithm::HS256);
        // The stream ends with the token, to the second. A minute's leeway would give a grant that
        // is over before it begins.
        rules.leeway = 0;
        let signing = EncodingKey::from_secret(secret.as_bytes());
        let checking = DecodingKey::from_secret(secret.as_bytes());
        Self { hub, keys: Arc::new(Keys { signing, checking, rules }) }
    }

    /// Who sent a request, by the bearer token of its header or else by its session cookie.
    ///
    /// Nobody, where the page that sent it says that it was made for somebody else. All tabs of a
    /// browser have one cookie: who signs in anew in one would else act in the others, under the
    /// name of whoever opened them.
    pub fn user(&self, request: &Parts) -> Result<User, Denied> {
        let token =
            bearer(request).or_else(|| cookie(request, SESSION)).ok_or(Denied::Unauthenticated)?;
        // Why a token is bad is nobody's business: expired, forged and garbled are one answer.
        let token = decode::<Claims>(token, &self.keys.checking, &self.keys.rules);
        let user = User::of(token.map_err(|_| Denied::Unauthenticated)?.claims)?;
        match request.headers.get(PAGE_OF) {
            Some(of) if of != user.id.as_str() => Err(Denied::Unauthenticated),
            _ => Ok(user),
        }
    }

    /// The grant of whoever sent a request to watch their own orders, until their token ends.
    pub fn own_orders(&self, request: &Parts) -> Result<Grant, Denied> {
        let user = self.user(request)?;
        Ok(Grant::new(&user.id, &user.id).until(user.until))
    }

    /// A token to sign in with; a real shop gives it out at its login page.
    pub fn token(
        &self,
        sub: &str,
        role: Role,
        valid: Duration,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let until = SystemClock.now().saturating_add(valid).as_millis() / 1000;
        self.sign(&Claims { sub: sub.to_owned(), role, exp: until.unsigned_abs() })
    }

    /// Claims, signed.
    pub fn sign(&self, claims: &Claims) -> Result<String, jsonwebtoken::errors::Error> {
        encode(&Header::new(Algorithm::HS256), claims, &self.keys.signing)
    }
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct User {
    /// Their account, and so the customer of their orders.
    pub id: CustomerId,
    /// Whether they see every order, as staff.
    pub is_admin: bool,
    /// When their token ends.
    pub until: Timestamp,
}

impl User {
    fn of(claims: Claims) -> Result<Self, Denied> {
        // Signed by us, and yet perhaps nobody's name.
        let id = CustomerId::new(&claims.sub).map_err(|_| Denied::Unauthenticated)?;
        let millis = i64::try_from(claims.exp.saturating_mul(1000)).unwrap_or(i64::MAX);
        let until = Timestamp::from_millis(millis);
        Ok(Self { id, is_admin: claims.role == Role::Admin, until })
    }

    /// Nothing, unless they are an admin.
    pub fn must_be_admin(&self) -> Result<(), Denied> {
        if self.is_admin { Ok(()) } else { Err(Denied::Forbidden) }
    }
}

impl std::fmt::Debug for Shop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the keys.
        f.debug_struct("Shop").field("hub", &self.hub).finish_non_exhaustive()
    }
}
