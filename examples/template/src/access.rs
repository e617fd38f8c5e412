//! Who is who, and who may see what.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use order_events_axum::{
    Clock, CustomerId, Denied, Grant, Hub, Parts, Scope, SystemClock, Timestamp, bearer, cookie,
};
use serde::{Deserialize, Serialize};

/// How long a token of [`token`] holds.
const VALID: Duration = Duration::from_secs(8 * 60 * 60);

/// What a token says.
#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    exp: i64,
    #[serde(default)]
    staff: bool,
}

/// What is needed to decide, and what handlers have.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) hub: Hub,
    key: Arc<DecodingKey>,
    rules: Arc<Validation>,
}

/// Somebody who is signed in.
pub(crate) struct User {
    pub(crate) id: CustomerId,
    pub(crate) is_staff: bool,
    until: Timestamp,
}

impl Access {
    pub(crate) fn new(hub: &Hub, secret: &str) -> Self {
        // One algorithm: a token that names another one is refused.
        let mut rules = Validation::new(Algorithm::HS256);
        // A stream ends with its token, to the second.
        rules.leeway = 0;
        let key = DecodingKey::from_secret(secret.as_bytes());
        Self { hub: hub.clone(), key: Arc::new(key), rules: Arc::new(rules) }
    }

    /// Who sent a request, by a bearer token or the cookie `session`.
    pub(crate) fn user(&self, request: &Parts) -> Result<User, Denied> {
        let token = bearer(request).or_else(|| cookie(request, "session"));
        let token = decode::<Claims>(token.ok_or(Denied::Unauthenticated)?, &self.key, &self.rules);
        let claims = token.map_err(|_| Denied::Unauthenticated)?.claims;
        let id = CustomerId::new(&claims.sub).map_err(|_| Denied::Unauthenticated)?;
        let until = Timestamp::from_millis(claims.exp.saturating_mul(1000));
        Ok(User { id, is_staff: claims.staff, until })
    }
}

/// Customers may watch their own orders, staff every order; each until their token ends.
pub(crate) async fn access(
    access: Access,
    request: Parts,
    wanted: Scope,
) -> Result<Grant, Denied> {
    let user = access.user(&request)?;
    let grant = Grant::new(&user.id, wanted).until(user.until);
    match user.is_staff {
        true => Ok(grant.as_staff()),
        false => access.hub.check_owner(grant, &user.id).await,
    }
}

/// A token, for trying out: who has a login page gives them out there.
pub(crate) fn token(
    secret: &str,
    user: &str,
    is_staff: bool,
) -> Result<String, jsonwebtoken::errors::Error> {
    let exp = SystemClock.now().saturating_add(VALID).as_millis() / 1000;
    let claims = Claims { sub: user.to_owned(), exp, staff: is_staff };
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(Algorithm::HS256), &claims, &key)
}
