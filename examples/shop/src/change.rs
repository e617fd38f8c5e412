//! What staff may say of an order over HTTP, and what they are answered.

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use order_events_core::{
    CustomerId, IdempotencyKey, Invalid, OrderId, OrderStatus, PublishError, Published, Update,
};
use order_events_sse::server::Body;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The JSON of an update: `{"status": "SHIPPED", "note": "by bike"}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    status: OrderStatus,
    note: Option<String>,
    customer: Option<String>,
    key: Option<String>,
}

impl Change {
    /// An order of this customer has this status.
    pub fn of(status: OrderStatus, customer: &str) -> Self {
        Self { status, note: None, customer: Some(customer.to_owned()), key: None }
    }

    /// The update it stands for. An order that is not there yet is created.
    pub fn on(self, order: &str) -> Result<Update, Invalid> {
        let mut update = Update::status(OrderId::new(order)?, self.status).or_create();
        if let Some(note) = self.note {
            update = update.with_note(note);
        }
        if let Some(customer) = self.customer {
            update = update.with_customer(CustomerId::new(customer)?);
        }
        if let Some(key) = self.key {
            update = update.with_key(IdempotencyKey::new(key)?);
        }
        Ok(update)
    }
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    outcome: &'static str,
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

impl From<Published> for Receipt {
    fn from(published: Published) -> Self {
        let (outcome, told) = match published {
            Published::Applied(told) => ("applied", told),
            Published::Duplicate(told) => ("duplicate", told),
            Published::Unchanged(state) => {
                return Self { outcome: "unchanged", version: state.version, cursor: None };
            }
        };
        Self { outcome, version: told.event.version, cursor: Some(told.cursor.to_string()) }
    }
}

/// Why it was not published, as a problem document.
pub fn refused(error: impl Into<PublishError>) -> Response<Body> {
    let error = error.into();
    let status = match &error {
        PublishError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        PublishError::UnknownOrder => StatusCode::NOT_FOUND,
        PublishError::Unavailable(_) | PublishError::Indeterminate { .. } => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        // The order is not, or the shop is not, as the caller believes.
        _ => StatusCode::CONFLICT,
    };
    let title = status.canonical_reason();
    let problem = json!({
        "type": "about:blank", "title": title, "status": status.as_u16(),
        "detail": error.to_string(),
    });
    let mut response = Response::new(Body::Full(problem.to_string().into()));
    *response.status_mut() = status;
    let problem = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(CONTENT_TYPE, problem);
    response
}
