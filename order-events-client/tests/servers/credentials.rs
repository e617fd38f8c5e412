//! Who asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use order_events_axum::{Hub, Update};
use order_events_client::http::{HeaderMap, HeaderValue};
use order_events_client::{BoxError, Client, Credentials, Error, async_trait};
use tokio::time::timeout;

use crate::host::{CAP, Host, brisk, client, order, publish, words};

/// A session that has expired, and can be renewed.
struct Session {
    renewals: Arc<AtomicUsize>,
    is_broken: bool,
}

#[async_trait]
impl Credentials for Session {
    async fn headers(&self, renew: bool) -> Result<HeaderMap, BoxError> {
        if renew && self.renewals.fetch_add(1, Ordering::SeqCst) == 0 && self.is_broken {
            return Err("the identity provider has a hiccup".into());
        }
        let token = match self.renewals.load(Ordering::SeqCst) {
            0 => "expired",
            _ => "staff",
        };
        let value = HeaderValue::try_from(format!("Bearer {token}"))?;
        Ok(HeaderMap::from_iter([(order_events_client::http::header::AUTHORIZATION, value)]))
    }
}

#[tokio::test]
async fn an_expired_session_is_renewed_and_goes_on() {
    let hub = Hub::builder().build();
    let server = Host::start(&hub, brisk()).await;
    publish(&hub, Update::create(order("a"))).await;
    for is_broken in [false, true] {
        let renewals = Arc::new(AtomicUsize::new(0));
        let session = Session { renewals: Arc::clone(&renewals), is_broken };
        let client = Client::builder(format!("http://{}/live", server.address))
            .credentials(session)
            .build()
            .unwrap();
        let mut events = client.tenant().open().await.unwrap();
        assert_eq!(words(&mut events, 3).await, ["reset New", "a at 1", "current"]);
        assert_eq!(renewals.load(Ordering::SeqCst), 1);
    }
    let renewals = Arc::new(AtomicUsize::new(0));
    let client = Client::builder(format!("http://{}/live", server.address))
        .credentials(Session { renewals, is_broken: false })
        .build()
        .unwrap();
    assert!(client.snapshot(&order("a")).await.is_ok());
    server.stop().await;
}

#[tokio::test]
async fn a_refusal_is_said_by_its_name_and_is_the_end() {
    let hub = Hub::builder().build();
    let server = Host::start(&hub, brisk()).await;
    for (token, scope) in [("nobody", None), ("stranger", None), ("staff", Some("absent"))] {
        let client = client(server.address, token);
        let watching = match scope {
            None => client.tenant(),
            Some(id) => client.order(order(id)),
        };
        let mut events = watching.open().await.unwrap();
        let error = timeout(CAP, events.next()).await.unwrap().unwrap().unwrap_err();
        match token {
            "nobody" => assert!(matches!(error, Error::Unauthenticated), "{error:?}"),
            "stranger" => assert!(matches!(error, Error::Forbidden), "{error:?}"),
            _ => assert!(matches!(error, Error::NotFound), "{error:?}"),
        }
        assert!(events.next().await.is_none());
    }
    server.stop().await;
}

#[tokio::test]
async fn the_public_and_other_tenants_are_given_what_is_theirs() {
    let hub = Hub::builder().build();
    let server = Host::start(&hub, brisk()).await;
    publish(&hub, Update::create(order("a"))).await;
    let mut public = client(server.address, "public").tenant().open().await.unwrap();
    let mut acme = client(server.address, "acme").tenant().open().await.unwrap();
    words(&mut public, 3).await;
    assert_eq!(words(&mut acme, 2).await, ["reset New", "current"]);
    publish(&hub, Update::note(order("a"), "for staff")).await;
    publish(&hub, Update::note(order("a"), "for all").public()).await;
    assert_eq!(words(&mut public, 1).await, ["order.note a@3"]);
    server.stop().await;
}
