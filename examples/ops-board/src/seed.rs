//! Orders that are on the board when it opens, so that there is something to see in each column.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use order_events_actix::{
    Clock, Invalid, MemoryEngine, OrderId, OrderStatus, SystemClock, TenantId, Timestamp, Update,
};

use crate::tickets::{Item, Ticket, Tickets};

use OrderStatus::{Cancelled, Delivered, Processing, Refunded, Shipped};
use Told::{Assigned, Moved, Note, Placed};

struct Ordered {
    number: u32,
    recipient: &'static str,
    items: &'static [(&'static str, u32)],
    /// Minutes from now, or ago.
    due: i64,
    message: Option<&'static str>,
}

#[rustfmt::skip]
const ORDERED: &[Ordered] = &[
    Ordered { number: 2031, recipient: "Hotel Aurora", items: &[("Lobby arrangement", 2)], due: -170, message: None },
    Ordered { number: 2032, recipient: "Jonas Weber", items: &[("Dozen red roses", 1)], due: -120, message: Some("Forgive me. J.") },
    Ordered { number: 2033, recipient: "Amara Diallo", items: &[("Spring bouquet", 1)], due: -60, message: Some("To the best aunt there is!") },
    Ordered { number: 2034, recipient: "Café Lumen", items: &[("Table posy", 8)], due: -45, message: None },
    Ordered { number: 2035, recipient: "Priya Nair", items: &[("Sunflower bunch", 1), ("Glass vase", 1)], due: 25, message: Some("Well done, Doctor Nair!") },
    Ordered { number: 2036, recipient: "Lena Fischer", items: &[("Peony bouquet", 1)], due: -10, message: Some("Happy 40th, Lena!") },
    Ordered { number: 2037, recipient: "Studio Nord", items: &[("Weekly vase", 3)], due: 75, message: None },
    Ordered { number: 2038, recipient: "Tom & Yusuf", items: &[("Wedding table wreath", 4)], due: 190, message: None },
    Ordered { number: 2039, recipient: "Mara Klein", items: &[("White lilies", 1)], due: 100, message: Some("Thinking of you.") },
    Ordered { number: 2040, recipient: "Oskar Lind", items: &[("Tulip bunch", 2)], due: 130, message: Some("Get well soon!") },
    Ordered { number: 2041, recipient: "Sofia Rossi", items: &[("Orchid in a pot", 1)], due: 240, message: None },
];

enum Told {
    Placed,
    Moved(&'static str, OrderStatus),
    Assigned(&'static str, &'static str),
    Note(&'static str, &'static str),
}

const FLORA: &str = "Flora Haas";
const INES: &str = "Ines Duarte";
const MILO: &str = "Milo Sato";

/// How many minutes ago what was told of which order: the log's own order, oldest first.
const STORY: &[(u64, u32, Told)] = &[
    (420, 2031, Placed),
    (400, 2031, Assigned(FLORA, FLORA)),
    (395, 2031, Moved(FLORA, Processing)),
    (350, 2032, Placed),
    (330, 2033, Placed),
    (300, 2032, Assigned(INES, INES)),
    (295, 2032, Moved(INES, Processing)),
    (290, 2034, Placed),
    (240, 2031, Moved(FLORA, Shipped)),
    (230, 2032, Note(INES, "He called: they have made up without the roses.")),
    (225, 2032, Moved(INES, Refunded)),
    (220, 2033, Assigned(MILO, MILO)),
    (215, 2033, Moved(MILO, Processing)),
    (180, 2034, Moved(FLORA, Cancelled)),
    (172, 2031, Moved(FLORA, Delivered)),
    (160, 2035, Placed),
    (150, 2036, Placed),
    (140, 2033, Moved(MILO, Shipped)),
    (130, 2037, Placed),
    (95, 2035, Assigned(INES, INES)),
    (92, 2035, Moved(INES, Processing)),
    (80, 2036, Assigned(FLORA, MILO)),
    (74, 2036, Moved(MILO, Processing)),
    (66, 2033, Moved(MILO, Delivered)),
    (58, 2038, Placed),
    (50, 2036, Note(FLORA, "No scented flowers: she is allergic.")),
    (41, 2037, Assigned(FLORA, FLORA)),
    (40, 2037, Moved(FLORA, Processing)),
    (35, 2039, Placed),
    (30, 2035, Moved(INES, Shipped)),
    (18, 2040, Placed),
    (9, 2039, Note(MILO, "Rings the bell at the back, please.")),
    (3, 2041, Placed),
];

/// Writes them into the log, and what they are of into the table.
pub(crate) async fn fill(
    engine: &Arc<MemoryEngine>,
    tenant: &TenantId,
    tickets: &Tickets,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let now = SystemClock.now();
    for ordered in ORDERED {
        tickets.settle(ordered.ticket(now)?);
    }
    let update = |(minutes, number, told): &(u64, u32, Told)| {
        Ok((*minutes, told.update(OrderId::new(number.to_string())?).in_tenant(tenant)))
    };
    shop::tell(engine, STORY.iter().map(update).collect::<Result<Vec<_>, Invalid>>()?).await
}

impl Ordered {
    fn ticket(&self, now: Timestamp) -> Result<Ticket, Invalid> {
        let item = |&(name, count): &(&str, u32)| Item { name: name.to_owned(), count };
        Ok(Ticket {
            order_id: OrderId::new(self.number.to_string())?,
            recipient: self.recipient.to_owned(),
            items: self.items.iter().map(item).collect(),
            due: quarter(now, self.due),
            message: self.message.map(str::to_owned),
        })
    }
}

/// So many minutes from now, at a full quarter of an hour.
fn quarter(now: Timestamp, minutes: i64) -> Timestamp {
    const QUARTER: i64 = Duration::from_secs(15 * 60).as_millis() as i64;
    let then = now.as_millis() + minutes * 60_000;
    Timestamp::from_millis(then - then.rem_euclid(QUARTER))
}

impl Told {
    fn update(&self, order: OrderId) -> Update {
        match *self {
            Placed => Update::create(order).with_actor("Web shop"),
            Moved(by, to) => Update::status(order, to).with_actor(by),
            Assigned(by, to) => Update::assign(order, to).with_actor(by),
            Note(by, note) => Update::note(order, note).with_actor(by),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use order_events_actix::{Grant, Hub, Lifecycle, Principal, Scope};

    use super::*;

    #[tokio::test]
    async fn every_column_has_an_order_and_every_order_its_ticket() {
        let (engine, tenant) = (Arc::new(MemoryEngine::new()), TenantId::new("t").unwrap());
        let tickets = Tickets::default();
        fill(&engine, &tenant, &tickets).await.unwrap();
        let hub = Hub::builder().engine(engine).build();
        let grant = Grant::new(Principal::new("flora").unwrap(), Scope::Tenant).in_tenant(tenant);
        let orders = hub.snapshots(&grant, None, 100).await.unwrap().orders;
        let orders: Vec<_> =
            orders.iter().map(|order| order.decode::<OrderStatus>().unwrap()).collect();
        let statuses: BTreeSet<_> = orders.iter().map(|order| order.status).collect();
        assert_eq!(statuses, OrderStatus::ALL.iter().copied().collect());
        let known: BTreeSet<_> = tickets.all().into_iter().map(|ticket| ticket.order_id).collect();
        assert_eq!(known, orders.into_iter().map(|order| order.order_id).collect());
    }

    #[test]
    fn the_story_is_told_in_the_order_in_which_it_happened() {
        assert!(STORY.is_sorted_by(|one, next| one.0 >= next.0));
    }
}
