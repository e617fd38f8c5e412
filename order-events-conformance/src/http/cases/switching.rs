//! A reader that changes its mind: now a stream, now a page.

use order_events_core::Update;

use crate::http::client::Request;
use crate::http::lab::{Lab, Shop, customer, order};

const ROUNDS: usize = 60;
const ORDERS: u64 = 3;

/// A number that looks random; the same in every run.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        // Knuth's MMIX; the high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % bound
    }
}

pub(super) async fn switching_between_stream_and_poll_loses_and_repeats_nothing(lab: &Lab<'_>) {
    lab.is_not_recorded();
    for seed in [1, 2, 3] {
        let shop = lab.shop_with(|setup| setup.settings.page_events = 4).await;
        for number in 0..ORDERS {
            let update = Update::create(order(&format!("anna-{number}")));
            shop.publish(update.with_customer(customer("anna"))).await;
        }
        let fresh = shop.page(Request::get("/customers/anna/events").by("anna")).await;
        let mut reader = Reader {
            stands_at: fresh["cursor"].as_str().unwrap_or_default().to_owned(),
            seen: Vec::new(),
        };
        let (mut published, mut dice) = (Vec::new(), Dice(seed));
        for _ in 0..ROUNDS {
            publish_some(&shop, &mut dice, &mut published).await;
            match dice.below(3) {
                0 => reader.polls(&shop).await,
                _ => reader.watches(&shop, &mut dice, &mut published).await,
            }
        }
        while reader.seen.len() < published.len() {
            reader.polls(&shop).await;
        }
        assert_eq!(reader.seen, published, "seed {seed}");
    }
}

async fn publish_some(shop: &Shop, dice: &mut Dice, published: &mut Vec<String>) {
    for _ in 0..dice.below(4) {
        let id = format!("anna-{}", dice.below(ORDERS));
        published.push(shop.note(&id, "On we go").await.to_string());
        if dice.below(4) == 0 {
            // A place that the reader never sees.
            shop.create(&format!("bob-{}", published.len())).await;
        }
    }
}

struct Reader {
    stands_at: String,
    seen: Vec<String>,
}

impl Reader {
    fn request(&self) -> Request {
        Request::get("/customers/anna/events").by("anna").after(&self.stands_at)
    }

    /// Takes one page.
    async fn polls(&mut self, shop: &Shop) {
        let page = shop.page(self.request()).await;
        assert!(page.get("reset").is_none() && page.get("snapshots").is_none(), "{page}");
        for event in page["events"].as_array().into_iter().flatten() {
            self.seen.push(event["id"].as_str().unwrap_or_default().to_owned());
        }
        self.stands_at = page["cursor"].as_str().unwrap_or_default().to_owned();
    }

    /// Reads some of a stream, leaves in the middle of it, and goes on from there.
    async fn watches(&mut self, shop: &Shop, dice: &mut Dice, published: &mut Vec<String>) {
        let mut events = shop.watch(self.request()).await;
        events.resumed(&self.stands_at).await;
        publish_some(shop, dice, published).await;
        let due = published.len().saturating_sub(self.seen.len());
        for _ in 0..dice.below(due as u64 + 1) {
            let id = events.event("order.note").await.id.unwrap_or_default();
            self.stands_at.clone_from(&id);
            self.seen.push(id);
        }
    }
}
