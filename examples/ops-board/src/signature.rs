//! Whether a delivery is the shop's: signed as [Standard Webhooks](https://www.standardwebhooks.com)
//! say, so that a sender need not be made for us.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use order_events_actix::{Problem, Timestamp};
use sha2::Sha256;

use order_events_actix::Parts;

/// How far a sender's clock, and the way here, may put a delivery from now. Whoever listened on the
/// way may send it again for as long; that its id is known already is what makes this harmless.
const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// The least bytes of a key, as the standard has it.
const LEAST_KEY: usize = 24;

/// What both sides sign with.
#[derive(Clone)]
pub(crate) struct Secret(Hmac<Sha256>);

impl Secret {
    /// The id of a delivery; or why nobody should believe it.
    pub(crate) fn check<'a>(
        &self,
        request: &'a Parts,
        body: &[u8],
        now: Timestamp,
    ) -> Result<&'a str, Problem> {
        let header = |name| request.headers.get(name).and_then(|value| value.to_str().ok());
        let [id, sent, signatures] =
            ["webhook-id", "webhook-timestamp", "webhook-signature"].map(header);
        let (Some(id), Some(sent), Some(signatures)) = (id, sent, signatures) else {
            return Err(Problem::Unauthenticated);
        };
        if !self.has_signed(id, sent, body, signatures) {
            return Err(Problem::Unauthenticated);
        }
        // Only what is signed is worth being told that it is late.
        let sent: i64 = sent.parse().map_err(|_| Problem::Unauthenticated)?;
        let distance = (now.as_millis() / 1000).abs_diff(sent);
        if distance > TOLERANCE.as_secs() { Err(Problem::Expired) } else { Ok(id) }
    }

    /// Whether one of the signatures is ours: there are several while keys are being changed.
    fn has_signed(&self, id: &str, sent: &str, body: &[u8], signatures: &str) -> bool {
        // With a dot in an id the same text could be taken for another id and another body.
        if id.contains('.') {
            return false;
        }
        let mut signed = self.0.clone();
        for part in [id.as_bytes(), b".", sent.as_bytes(), b".", body] {
            signed.update(part);
        }
        let ours = signatures.split(' ').filter_map(|signature| signature.strip_prefix("v1,"));
        let mut ours = ours.filter_map(|signature| STANDARD.decode(signature).ok());
        // Compared in constant time.
        ours.any(|signature| signed.clone().verify_slice(&signature).is_ok())
    }
}

/// `whsec_`, and the key in base64.
impl FromStr for Secret {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let key = text.strip_prefix("whsec_").and_then(|key| STANDARD.decode(key).ok());
        let key = key.ok_or("a webhook's secret is `whsec_` and base64, which this is not")?;
        if key.len() < LEAST_KEY {
            let has = key.len();
            return Err(format!("a webhook's secret has at least {LEAST_KEY} bytes, not {has}"));
        }
        Ok(Self(Hmac::new_from_slice(&key).map_err(|error| error.to_string())?))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const SENT: i64 = 1_614_265_330;
    const BODY: &str = r#"{"test": 2432232314}"#;
    /// Made by another implementation, of the above.
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn check(id: &str, sent: &str, signature: &str, body: &str, now: i64) -> Result<(), Problem> {
        let request = http::Request::builder()
            .header("webhook-id", id)
            .header("webhook-timestamp", sent)
            .header("webhook-signature", signature);
        let (request, ()) = request.body(()).unwrap().into_parts();
        let secret: Secret = SECRET.parse().unwrap();
        let now = Timestamp::from_millis(now * 1000);
        secret.check(&request, body.as_bytes(), now).map(|found| assert_eq!(found, id))
    }

    #[test]
    fn what_another_implementation_signed_is_believed() {
        let sent = SENT.to_string();
        assert_eq!(check(ID, &sent, SIGNATURE, BODY, SENT), Ok(()));
        let among_others = format!("v1a,AAAA v1,AAAA v1,! {SIGNATURE}");
        assert_eq!(check(ID, &sent, &among_others, BODY, SENT), Ok(()));
    }

    #[test]
    fn what_was_changed_is_not() {
        let sent = SENT.to_string();
        let refused = Err(Problem::Unauthenticated);
        assert_eq!(check("msg_another", &sent, SIGNATURE, BODY, SENT), refused);
        assert_eq!(check(ID, "1614265331", SIGNATURE, BODY, SENT), refused);
        assert_eq!(check(ID, &sent, SIGNATURE, "{}", SENT), refused);
        assert_eq!(check(ID, &sent, "", BODY, SENT), refused);
        assert_eq!(check(ID, &sent, &SIGNATURE.replace("v1,", "v2,"), BODY, SENT), refused);
        // The signed text is the same, read differently.
        let (id, rest) = (format!("{ID}.{SENT}"), BODY.split_once('"').unwrap());
        assert_eq!(check(&id, rest.0, SIGNATURE, rest.1, SENT), refused);
    }

    #[test]
    fn it_is_believed_for_five_minutes_either_way() {
        let at = |now| check(ID, &SENT.to_string(), SIGNATURE, BODY, now);
        for distance in [-300, 300] {
            assert_eq!(at(SENT + distance), Ok(()), "{distance}");
        }
        for distance in [-301, 301] {
            assert_eq!(at(SENT + distance), Err(Problem::Expired), "{distance}");
        }
    }

    #[test]
    fn a_secret_that_is_none_is_refused() {
        for text in ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!", "whsec_c2hvcnQ="] {
            assert!(text.parse::<Secret>().is_err(), "{text}");
        }
    }
}
