//! Orders that are there when the shop opens, so that there is something to see of each status.

use std::error::Error;
use std::sync::Arc;

use order_events_axum::{CustomerId, MemoryEngine, OrderId, OrderStatus, Update};

use crate::book::Book;
use crate::goods::Good;
use crate::staff::CarrierId;

use OrderStatus::{Cancelled, Delivered, Processing, Refunded, Shipped};
use Told::{Assigned, Moved, Parcel, Placed, Remark, StaffOnly};

struct Sold {
    number: u64,
    customer: &'static str,
    items: &'static [(&'static str, u32)],
}

const SOLD: &[Sold] = &[
    Sold { number: 1041, customer: "anna", items: &[("candle", 3)] },
    Sold { number: 1042, customer: "anna", items: &[("board", 1)] },
    Sold { number: 1043, customer: "ben", items: &[("mug", 4), ("board", 1)] },
    Sold { number: 1044, customer: "anna", items: &[("mug", 2)] },
    Sold { number: 1045, customer: "anna", items: &[("apron", 1), ("candle", 1)] },
    Sold { number: 1046, customer: "anna", items: &[("mug", 1), ("board", 1)] },
    Sold { number: 1047, customer: "ben", items: &[("apron", 2)] },
    Sold { number: 1048, customer: "anna", items: &[("mug", 2), ("candle", 2)] },
];

enum Told {
    Placed,
    Moved(OrderStatus, Option<&'static str>),
    Remark(&'static str),
    StaffOnly(&'static str),
    Assigned(&'static str),
    Parcel(CarrierId, &'static str),
}

/// How many minutes ago what was told of which order: the log's own order, oldest first.
const STORY: &[(u64, u64, Told)] = &[
    (2870, 1041, Placed),
    (2850, 1041, Moved(Processing, None)),
    (2700, 1041, StaffOnly("Two of three candles are cracked. Out of stock until spring.")),
    (2640, 1042, Placed),
    (2635, 1041, Moved(Refunded, Some("They were flawed. Your money is on its way back."))),
    (1720, 1043, Placed),
    (1700, 1042, Moved(Cancelled, Some("Cancelled at your request. Nothing was charged."))),
    (1650, 1043, Moved(Processing, None)),
    (1600, 1044, Placed),
    (1580, 1044, Moved(Processing, Some("Your mugs are being wrapped."))),
    (1500, 1044, Parcel(CarrierId::Dhl, "1234567890")),
    (1490, 1044, Moved(Shipped, Some("Handed to the driver."))),
    (1210, 1043, Parcel(CarrierId::Ups, "1Z999AA10123456784")),
    (1200, 1043, Moved(Shipped, None)),
    (1150, 1045, Placed),
    (900, 1045, Moved(Processing, Some("We are hemming your apron."))),
    (310, 1044, Moved(Delivered, Some("Left with your neighbour."))),
    (260, 1045, Remark("We put a spare button in the pocket.")),
    (245, 1045, Parcel(CarrierId::Fedex, "794698201634")),
    (240, 1045, Moved(Shipped, Some("On the evening truck."))),
    (190, 1046, Placed),
    (95, 1046, Moved(Processing, Some("The board is oiled and drying."))),
    (90, 1046, Assigned("Rita")),
    (60, 1046, StaffOnly("The glaze on the first mug ran; take the second from shelf 4.")),
    (41, 1047, Placed),
    (12, 1047, Moved(Processing, None)),
    (6, 1048, Placed),
];

/// Writes them into the log, and what was bought into the book.
pub(crate) async fn fill(
    engine: &Arc<MemoryEngine>,
    book: &Book,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    for Sold { number, customer, items } in SOLD {
        let items = items.iter().filter_map(|&(id, count)| Some((Good::of(id)?, count)));
        let (order, customer) = (OrderId::new(number.to_string())?, CustomerId::new(*customer)?);
        book.enter(*number, &order, &customer, &items.collect::<Vec<_>>());
    }
    let story = STORY.iter().map(|(minutes, number, told)| Ok((*minutes, update(*number, told)?)));
    shop::tell(engine, story.collect::<Result<Vec<_>, Box<dyn Error + Send + Sync>>>()?).await
}

fn update(number: u64, told: &Told) -> Result<Update, Box<dyn Error + Send + Sync>> {
    let order = OrderId::new(number.to_string())?;
    let update = match told {
        Placed => {
            let sold = SOLD.iter().find(|sold| sold.number == number);
            let customer = sold.ok_or("an order that nobody placed")?.customer;
            return Ok(Update::create(order).with_customer(CustomerId::new(customer)?));
        }
        Moved(status, None) => Update::status(order, *status),
        Moved(status, Some(note)) => Update::status(order, *status).with_note(*note),
        Remark(note) => Update::note(order, *note).public(),
        StaffOnly(note) => Update::note(order, *note),
        Assigned(who) => Update::assign(order, *who),
        Parcel(carrier, number) => {
            let carrier = carrier.carrier();
            let page = Some(carrier.page(number));
            Update::tracking(order, carrier.name(), *number, page)
        }
    };
    Ok(update.with_actor("Rita Novak"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use order_events_axum::{Grant, Hub, Lifecycle, Principal, Scope};

    use super::*;

    #[tokio::test]
    async fn the_first_customer_has_an_order_of_each_status() {
        let engine = Arc::new(MemoryEngine::new());
        fill(&engine, &Book::default()).await.unwrap();
        let hub = Hub::builder().engine(engine).build();
        let anna = CustomerId::new("anna").unwrap();
        let grant = Grant::new(Principal::from(&anna), Scope::Customer(anna));
        let orders = hub.snapshots(&grant, None, 100).await.unwrap().orders;
        let statuses: BTreeSet<_> =
            orders.iter().map(|order| order.decode::<OrderStatus>().unwrap().status).collect();
        assert_eq!(statuses, OrderStatus::ALL.iter().copied().collect());
    }

    #[test]
    fn the_story_is_told_in_the_order_in_which_it_happened() {
        assert!(STORY.is_sorted_by(|one, next| one.0 >= next.0));
    }
}
