//! A single request, which is answered or is not.

use std::future::poll_fn;
use std::pin::Pin;

use http::StatusCode;
use http_body::Body as _;
use order_events_core::{Lifecycle, OrderSnapshot};
use serde::Deserialize;
use tokio::time::timeout;
use url::Url;

use crate::config::Settings;
use crate::error::{Error, Failure};
use crate::reconnect::Form;
use crate::session::Request;
use crate::store::Cursor;
use crate::transport::{Answer, Transport};

/// An order as it stands, with its cursor.
pub(crate) async fn order<L: Lifecycle>(
    transport: &Transport,
    url: Url,
    settings: &Settings,
) -> Result<(OrderSnapshot<L>, Cursor), Error> {
    #[derive(Deserialize)]
    struct At {
        cursor: String,
    }
    let asked = timeout(settings.head, get(transport, url, settings.page_bytes));
    let json = asked.await.unwrap_or(Err(Failure::NoAnswer)).map_err(for_good)?;
    let read = |error| Error::Failed(Failure::Unreadable(error));
    let order = serde_json::from_slice(&json).map_err(read)?;
    let At { cursor } = serde_json::from_slice(&json).map_err(read)?;
    Ok((order, Cursor::new(cursor)))
}

async fn get(transport: &Transport, url: Url, limit: usize) -> Result<Vec<u8>, Failure> {
    let mut renew = false;
    let Answer { mut body, .. } = loop {
        let request =
            Request { url: url.clone(), form: Form::Orders, cursor: String::new(), renew };
        match transport.ask(request).await {
            Err(Failure::Refused { status: StatusCode::UNAUTHORIZED, .. })
                if transport.credentials.is_some() && !renew =>
            {
                renew = true;
            }
            answer => break answer?,
        }
    };
    let mut json = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|error| Failure::Broken(error.without_url().into()))?;
        let Ok(chunk) = frame.into_data() else { continue };
        if chunk.len() > limit.saturating_sub(json.len()) {
            return Err(Failure::TooLarge { limit });
        }
        json.extend_from_slice(&chunk);
    }
    Ok(json)
}

fn for_good(failure: Failure) -> Error {
    match failure {
        Failure::Refused { status: StatusCode::UNAUTHORIZED, .. } => Error::Unauthenticated,
        Failure::Refused { status: StatusCode::FORBIDDEN, .. } => Error::Forbidden,
        Failure::Refused { status: StatusCode::NOT_FOUND, .. } => Error::NotFound,
        failure => Error::Failed(failure),
    }
}
