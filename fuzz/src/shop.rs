//! A hub with orders of every kind, and a door. It is the same for every input, and is left as it was.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::header::{AUTHORIZATION, COOKIE};
use order_events_core::{
    Authorizer, Clock, Cursor, CustomerId, Denied, Epoch, Grant, Hub, ManualClock, MemoryEngine,
    OrderId, OrderStatus, Principal, Scope, TenantId, Timestamp, Update,
};
use order_events_sse::server::{AdminAction, AdminAuthorizer, AdminDoor, Door, Parts, Settings};

/// Orders that are there: new, on their way, delivered, final.
pub const ORDERS: [&str; 4] = ["a-1", "a-2", "a-3", "a-4"];
/// One that was deleted.
pub const DELETED: &str = "a-5";
pub const CUSTOMER: &str = "anna";

/// The log of the default tenant.
pub const EPOCH: Epoch = Epoch::from_u64(7);

/// Whoever says their name is known by it.
pub const PEOPLE: [&str; 8] =
    ["anna", "staff", "early", "late", "brief", "shopper", "stranger", "fails"];

#[derive(Clone)]
pub struct Shop {
    pub hub: Hub,
    pub door: Door,
    pub admin: AdminDoor,
    /// The place of the last event.
    pub head: u64,
}

impl Shop {
    /// To be awaited before anything else; nothing of it waits.
    pub async fn open() -> Self {
        let clock = ManualClock::new(Timestamp::from_millis(1_800_000_000_000));
        let engine = MemoryEngine::builder().retain_events(60).fixed_epoch(EPOCH).build();
        let hub = Hub::builder().engine(Arc::new(engine)).clock(clock.clone()).seed(1);
        let hub = hub.configure(|config| {
            config.window_events = 8;
            config.replay_events = 40;
            config.inline_snapshots = 3;
            config.max_per_principal = 2;
        });
        let hub = hub.build();
        let settings = Settings::default().configure(|settings| {
            settings.page_events = 5;
            settings.page_orders = 3;
            settings.max_wait = Duration::from_secs(2);
        });
        let door = Door::with_settings(&hub, Desk(clock.clone()), settings);
        let admin = AdminDoor::new(&hub, Desk(clock));
        let mut shop = Self { hub, door, admin, head: 0 };
        shop.stock().await;
        shop
    }

    async fn stock(&mut self) {
        for tenant in [TenantId::default(), TenantId::new("other").expect("a tenant")] {
            for id in ORDERS.into_iter().chain([DELETED]) {
                let order = OrderId::new(id).expect("an order");
                let anna = CustomerId::new(CUSTOMER).expect("a customer");
                let mut updates = vec![Update::create(&order).with_customer(anna)];
                let to = match id {
                    "a-2" => &[OrderStatus::Processing, OrderStatus::Shipped][..],
                    "a-3" => {
                        &[OrderStatus::Processing, OrderStatus::Shipped, OrderStatus::Delivered]
                    }
                    "a-4" => &[OrderStatus::Cancelled],
                    _ => &[],
                };
                updates.extend(to.iter().map(|to| Update::status(&order, *to)));
                for nth in 0..15 {
                    let note = Update::note(&order, format!("\r\ndata: {nth}\u{2028}"));
                    updates.push(if nth % 2 == 0 { note.public() } else { note });
                }
                if id == DELETED {
                    updates.push(Update::delete(&order));
                }
                for update in updates {
                    self.hub.publish(update.in_tenant(&tenant)).await.expect("it is legal");
                    self.head += u64::from(tenant == TenantId::default());
                }
            }
        }
    }

    /// The cursor at this place of the default tenant's log.
    pub fn cursor(&self, seq: u64) -> Cursor {
        Cursor { epoch: EPOCH, seq }
    }

    /// Nothing is left of anybody.
    pub fn is_empty(&self) -> bool {
        let stats = self.hub.stats();
        stats.subscriptions == 0 && stats.watch_points == 0
    }
}

/// Knows people by `authorization: Bearer` or a cookie.
struct Desk(ManualClock);

/// Who the caller says they are.
fn caller_of(caller: &Parts) -> Result<Principal, Denied> {
    let text = |name| caller.headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text(AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    let cookie = text(COOKIE).and_then(|cookies| {
        cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix("session="))
    });
    let name = bearer.or(cookie).ok_or(Denied::Unauthenticated)?;
    Principal::new(name).map_err(|_| Denied::Unauthenticated)
}

#[async_trait]
impl Authorizer<Parts> for Desk {
    async fn authorize(&self, caller: &Parts, wanted: &Scope) -> Result<Grant, Denied> {
        let principal = caller_of(caller)?;
        let name = principal.as_str();
        let grant = Grant::new(principal.clone(), wanted.clone());
        match (name, wanted) {
            ("staff", _) => Ok(grant.as_staff()),
            ("early", Scope::Order(_)) => Ok(grant.even_if_absent()),
            ("late", _) => Ok(grant.until(self.0.now())),
            ("brief", _) => Ok(grant.until(self.0.now().saturating_add(Duration::from_millis(5)))),
            ("shopper", _) => {
                Ok(grant.in_tenant(TenantId::new("other").map_err(|_| Denied::Failed)?))
            }
            ("anna", Scope::Order(_) | Scope::Customer(_)) => Ok(grant),
            ("anna", Scope::Tenant) => Err(Denied::Forbidden),
            ("fails", _) => Err(Denied::Failed),
            _ => Err(Denied::NotFound),
        }
    }
}

#[async_trait]
impl AdminAuthorizer for Desk {
    async fn admit(&self, caller: &Parts, action: &AdminAction) -> Result<Principal, Denied> {
        let principal = caller_of(caller)?;
        match (principal.as_str(), action) {
            // There is no way back from it, and more inputs are to come.
            (_, AdminAction::Drain) => Err(Denied::Forbidden),
            ("staff", _) => Ok(principal),
            ("fails", _) => Err(Denied::Failed),
            _ => Err(Denied::Forbidden),
        }
    }
}
