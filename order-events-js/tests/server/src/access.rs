//! Who is signed in, by a cookie.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::COOKIE;
use order_events_axum::{
    Clock, CustomerId, Denied, Grant, Hub, Parts, Principal, Scope, SystemClock, Timestamp,
};

const COOKIE_NAME: &str = "session=";

/// The sessions there are. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access(Arc<Mutex<Sessions>>);

#[derive(Debug, Default)]
struct Sessions {
    count: u64,
    open: HashMap<String, Session>,
}

#[derive(Debug, Clone)]
struct Session {
    user: String,
    until: Timestamp,
}

impl Access {
    /// Signs a user in, and gives the cookie for it.
    pub(crate) fn sign_in(&self, user: &str, valid: Duration) -> String {
        let until = SystemClock.now().saturating_add(valid);
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.count += 1;
        let token = sessions.count.to_string();
        sessions.open.insert(token.clone(), Session { user: user.to_owned(), until });
        format!("{COOKIE_NAME}{token}; Path=/; HttpOnly; SameSite=Lax")
    }

    /// Signs everybody out, and says whom.
    pub(crate) fn sign_out(&self) -> Vec<Principal> {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let users =
            sessions.open.drain().filter_map(|(_, session)| Principal::new(session.user).ok());
        users.collect()
    }

    fn session(&self, request: &Parts) -> Result<Session, Denied> {
        let cookies = request.headers.get_all(COOKIE).iter();
        let mut cookies =
            cookies.filter_map(|value| value.to_str().ok()).flat_map(|v| v.split("; "));
        let token = cookies.find_map(|cookie| cookie.strip_prefix(COOKIE_NAME));
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let session = token.and_then(|token| sessions.open.get(token));
        let session = session.filter(|session| session.until > SystemClock.now());
        session.cloned().ok_or(Denied::Unauthenticated)
    }
}

/// Customers watch what is theirs, Sam watches everything as staff.
pub(crate) async fn grant(
    (hub, access): (Hub, Access),
    request: Parts,
    wanted: Scope,
) -> Result<Grant, Denied> {
    let session = access.session(&request)?;
    let principal = Principal::new(&session.user).map_err(|_| Denied::Unauthenticated)?;
    let grant = Grant::new(principal, wanted).until(session.until);
    if session.user == "sam" {
        return Ok(grant.as_staff());
    }
    let customer = CustomerId::new(&session.user).map_err(|_| Denied::Unauthenticated)?;
    hub.check_owner(grant, &customer).await
}
