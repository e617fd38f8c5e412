//! Why an update was not published, or could not be read, for handlers that take updates over HTTP.

use http::{Response, StatusCode};
use order_events_core::{Lifecycle, PublishError};

use super::body::Body;
use super::problem::{document, wait_by_chance};

/// The refusal of an update, as `application/problem+json` with a `code` for programs.
///
/// What is out of bounds is 422, an order that is not there 404; 409 where the order is not as the
/// caller believes, or the service does not want it; and 503 where the log
/// cannot be reached: with a `Retry-After` where nothing was committed, but for the creation that a
/// report brings with it.
///
/// Where the answer was lost the update may have been committed. Sent again as it is it would be
/// published twice, so the caller is not asked to; the document has the `key` to send it with
/// instead, which tells, however often.
///
/// It says how the order is: whoever may publish may know.
pub fn unpublished<L: Lifecycle>(error: &PublishError<L>) -> Response<Body> {
    let status = match error {
        PublishError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        PublishError::UnknownOrder => StatusCode::NOT_FOUND,
        PublishError::IllegalTransition(_)
        | PublishError::Conflict { .. }
        | PublishError::KeyReused { .. }
        | PublishError::Rejected { .. } => StatusCode::CONFLICT,
        // A reason that this version does not know may pass.
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    let key = match error {
        PublishError::Indeterminate { key, .. } => Some(key.as_str()),
        _ => None,
    };
    let may_be_repeated = status == StatusCode::SERVICE_UNAVAILABLE && key.is_none();
    let retry_after = may_be_repeated.then(wait_by_chance);
    document(status, error.code(), error.to_string(), key, retry_after)
}

/// The refusal of a body that is no update, in the same form; `code` is `unreadable`.
///
/// The caller reads why as it is given here.
pub fn unreadable(status: StatusCode, why: String) -> Response<Body> {
    document(status, "unreadable", why, None, None)
}

#[cfg(test)]
mod tests {
    use order_events_core::engine::EngineError;
    use order_events_core::{Hub, IdempotencyKey, OrderId, OrderStatus, Update};

    use serde_json::Value;

    use super::*;

    async fn refused(hub: &Hub, update: Update) -> PublishError {
        hub.publish(update).await.expect_err("it is refused")
    }

    fn key() -> IdempotencyKey {
        IdempotencyKey::new("scan-1").unwrap()
    }

    #[tokio::test]
    async fn each_reason_has_its_status_and_its_code() {
        let hub = Hub::builder().build();
        let order = OrderId::new("42").unwrap();
        hub.publish(Update::create(&order).with_key(key())).await.unwrap();
        let unavailable = || EngineError::unavailable("gone");
        let indeterminate = PublishError::Indeterminate { key: key(), source: unavailable() };
        let absent = OrderId::new("absent").unwrap();
        for (error, status, code) in [
            (
                refused(&hub, Update::status(&order, OrderStatus::Delivered)).await,
                409,
                "illegal-transition",
            ),
            (refused(&hub, Update::note(&order, "x").expecting_version(7)).await, 409, "conflict"),
            (refused(&hub, Update::note(&order, "x").with_key(key())).await, 409, "key-reused"),
            (refused(&hub, Update::note(&absent, "x")).await, 404, "unknown-order"),
            (OrderId::new("").expect_err("no id").into(), 422, "invalid"),
            (PublishError::Rejected { reason: "closed".to_owned() }, 409, "rejected"),
            (PublishError::Unavailable(unavailable()), 503, "unavailable"),
            (indeterminate, 503, "indeterminate"),
        ] {
            let response = unpublished(&error);
            assert_eq!(response.status().as_u16(), status, "{error}");
            assert_eq!(response.headers()["content-type"], "application/problem+json");
            let may_be_repeated = code == "unavailable";
            assert_eq!(response.headers().contains_key("retry-after"), may_be_repeated, "{error}");
            let Body::Full(json) = response.into_body() else { panic!("a document") };
            let json: Value = serde_json::from_slice(&json).unwrap();
            assert_eq!((&json["code"], &json["detail"]), (&code.into(), &error.to_string().into()));
            let key = (code == "indeterminate").then_some("scan-1");
            assert_eq!(json.get("key"), key.map(Value::from).as_ref(), "{error}");
        }
    }
}
