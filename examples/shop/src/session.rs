//! Signing in and out at a page: a token in a cookie that scripts cannot read.

use std::time::Duration;

use jsonwebtoken::errors::Error;
use order_events_core::Principal;
use order_events_sse::server::Parts;

use crate::auth::{SESSION, Shop};
use crate::people::Person;

/// A working day: staff sign in once.
const VALID: Duration = Duration::from_secs(8 * 60 * 60);

impl Shop {
    /// The value of `Set-Cookie` by which somebody is signed in.
    pub fn sign_in(&self, person: &Person) -> Result<String, Error> {
        Ok(cookie(&self.token(person.id, person.role, VALID)?, VALID))
    }

    /// … and the one by which nobody is. Ends the streams of whoever signs out, too: on a shared
    /// computer the next one sees nothing of theirs. Where they are signed in elsewhere, that page
    /// comes back by itself.
    pub async fn sign_out(&self, request: &Parts) -> String {
        if let Ok(user) = self.user(request) {
            // Nobody else is on a log in memory, so there is nobody who could not be told.
            let _told = self.hub.revoke(&Principal::from(&user.id)).await;
        }
        cookie("", Duration::ZERO)
    }
}

/// `Secure` is left out for trying out without TLS alone.
fn cookie(token: &str, valid: Duration) -> String {
    let age = valid.as_secs();
    format!("{SESSION}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}")
}
