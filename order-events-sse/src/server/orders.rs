//! Orders as they stand: one, and pages of many.

use http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use order_events_core::engine::PageToken;
use order_events_core::{Audience, Cursor, Grant, Hub, Lifecycle, Scope};

use super::body::Body;
use super::head;
use super::open::{in_time, refused};
use super::problem::Problem;
use super::query::Query;
use super::settings::Settings;

/// One order, with the cursor to watch it from.
///
/// Its tag is made of the place of the order's last event, so it stays as long as nothing happens
/// to the order, whatever happens to others.
pub(crate) async fn one<L: Lifecycle>(
    hub: &Hub<L>,
    grant: &Grant,
    headers: &HeaderMap,
    settings: &Settings,
) -> Result<Response<Body>, Problem> {
    if !matches!(grant.scope(), Scope::Order(_)) {
        return Err(Problem::NotFound);
    }
    let page = in_time(hub, settings, hub.snapshots(grant, None, 1)).await?;
    let page = page.map_err(|error| refused(hub, &error, settings))?;
    let order = page.orders.first().ok_or(Problem::NotFound)?;
    let last = Cursor { epoch: page.cursor.epoch, seq: order.seq() };
    let view = match grant.audience() {
        Audience::Public => 'p',
        Audience::Staff => 's',
    };
    let tag = format!("\"{last}{view}\"");
    let mut response = if is_known(headers, &tag) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        head::document(Body::full(with_cursor(&order.json(), &last.to_string())))
    };
    let headers = response.headers_mut();
    // Whoever may keep it asks each time whether it still holds, and is authorised anew.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(ETAG, tag);
    }
    Ok(response)
}

/// Orders that are asked for at once: what a page may exceed its bytes by.
const PORTION: usize = 8;

/// A page of a scope's orders, with the cursor to watch them from: that of the first page counts.
pub(crate) async fn many<L: Lifecycle>(
    hub: &Hub<L>,
    grant: &Grant,
    query: &Query<'_>,
    settings: &Settings,
) -> Result<Response<Body>, Problem> {
    let mut token = query.get("page").map(|page| PageToken(page.to_owned()));
    let most = settings.page_orders.max(1);
    let limit = query.number("limit").and_then(|limit| limit.try_into().ok()).unwrap_or(most);
    let limit = limit.clamp(1, most);
    let mut orders = Vec::new();
    let (mut bytes, mut first) = (0, None);
    // A few at a time: how long an order's timeline is shows only when it is written.
    while orders.len() < limit && bytes < settings.page_bytes {
        let portion = PORTION.min(limit - orders.len());
        let asked = hub.snapshots(grant, token.as_ref(), portion);
        let page = in_time(hub, settings, asked).await?;
        let page = page.map_err(|error| refused(hub, &error, settings))?;
        first.get_or_insert(page.cursor);
        for order in &page.orders {
            let json = order.json();
            bytes += json.len();
            orders.push(json);
        }
        token = page.next;
        if token.is_none() {
            break;
        }
    }
    let next = match token {
        // A text always has a JSON form.
        Some(PageToken(token)) => {
            let token = serde_json::to_string(&token).unwrap_or_default();
            format!(",\"next\":{token}")
        }
        None => String::new(),
    };
    let orders = orders.join(",");
    let cursor = first.map(|cursor| cursor.to_string()).unwrap_or_default();
    let json = format!("{{\"orders\":[{orders}],\"cursor\":\"{cursor}\"{next}}}");
    let mut response = head::document(Body::full(json));
    head::not_stored(response.headers_mut());
    Ok(response)
}

/// Whether the caller has what the tag stands for, as RFC 9110 compares for `If-None-Match`.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let tags = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    tags.flat_map(|tags| tags.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// `{…}` with one field more.
fn with_cursor(object: &str, cursor: &str) -> String {
    let fields = object.strip_suffix('}').unwrap_or(object);
    format!("{fields},\"cursor\":\"{cursor}\"}}")
}
