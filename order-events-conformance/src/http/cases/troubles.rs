//! A reader that changes between stream and page, while in the middle of either the log is trimmed,
//! orders are deleted, the grant expires, the node is drained, or its cursor is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use order_events_core::{Cursor, Update};
use serde_json::Value;

use super::switching::Dice;
use crate::http::client::{Block, Events, Request};
use crate::http::lab::{Lab, Shop, customer, order};
use crate::http::people::BRIEF;

const SEEDS: [u64; 3] = [1, 2, 3];
const ROUNDS: usize = 25;
const ORDERS: u64 = 3;

/// More than this is not replayed, and a little more is not kept.
const REPLAY: usize = 90;
const RETAIN: usize = 100;

/// What must have happened, or the case has tried nothing.
const TROUBLES: [&str; 5] =
    ["reset malformed", "reset expired", "end expired", "end draining", "deleted"];

pub(super) async fn switching_in_the_middle_of_trouble_loses_and_repeats_nothing_unsaid(
    lab: &Lab<'_>,
) {
    lab.is_not_recorded();
    let mut met = BTreeSet::new();
    for seed in SEEDS {
        let shop = lab
            .shop_with(|setup| {
                setup.retain_events = Some(RETAIN);
                setup.config.replay_events = REPLAY;
                setup.config.window_events = 16;
                setup.settings.page_events = 16;
            })
            .await;
        let (truth, now) = (BTreeMap::new(), Picture::new());
        let mut story = Story { shop, dice: Dice(seed), truth, now };
        let mut reader = Reader::default();
        for _ in 0..ROUNDS {
            story.goes_on().await;
            match story.dice.below(8) {
                0 => reader.stands_at = "nowhere".to_owned(),
                1..4 => reader.polls(&mut story, lab).await,
                _ => reader.watches(&mut story, lab).await,
            }
        }
        while reader.place() < story.last() {
            reader.polls(&mut story, lab).await;
        }
        assert_eq!(reader.picture, story.now, "seed {seed}");
        met.extend(reader.met);
    }
    for trouble in TROUBLES {
        assert!(met.contains(trouble), "{trouble} is not among {met:?}");
    }
}

/// The version of each order that there is.
type Picture = BTreeMap<String, u64>;

/// What happened to anna's orders, by place: to which, and its version unless it was deleted.
struct Story {
    shop: Shop,
    dice: Dice,
    truth: BTreeMap<u64, (String, Option<u64>)>,
    now: Picture,
}

impl Story {
    /// A little, a replay, or more than the log keeps.
    async fn goes_on(&mut self) {
        let many = match self.dice.below(8) {
            0 => RETAIN as u64 + self.dice.below(50),
            1..5 => 20 + self.dice.below(50),
            _ => self.dice.below(4),
        };
        for _ in 0..many {
            self.one_more().await;
        }
    }

    async fn one_more(&mut self) {
        let id = format!("anna-{}", self.dice.below(ORDERS));
        let order = order(&id);
        let is_there = self.now.contains_key(&id);
        let is_deleted = is_there && self.dice.below(16) == 0;
        // Long enough that a socket does not hold a replay.
        let text = "x".repeat(self.dice.below(2_000) as usize + 1);
        let update = match is_there {
            false => Update::create(order).with_customer(customer("anna")),
            true if is_deleted => Update::delete(order),
            true => Update::note(order, text).public(),
        };
        let applied = self.shop.apply(update).await;
        let version = (!is_deleted).then_some(applied.event.version);
        change(&mut self.now, &id, version);
        self.truth.insert(applied.cursor.seq, (id, version));
        if self.dice.below(8) == 0 {
            // A place that the reader never sees.
            self.shop.create(&format!("bob-{}", applied.cursor.seq)).await;
        }
    }

    /// What happens in the middle of a page or a stream.
    async fn is_troubled(&mut self, lab: &Lab<'_>) {
        match self.dice.below(4) {
            0 => {
                drop(self.shop.hub.drain(Duration::from_secs(60)));
                self.shop = lab.another_node(&self.shop).await;
            }
            1 => self.shop.clock.advance(BRIEF),
            _ => {}
        }
        self.goes_on().await;
    }

    fn last(&self) -> Option<u64> {
        self.truth.keys().next_back().copied()
    }

    fn first_after(&self, place: u64) -> Option<u64> {
        self.truth.range(place + 1..).next().map(|(place, _)| *place)
    }

    fn picture_at(&self, place: u64) -> Picture {
        let mut picture = Picture::new();
        for (id, version) in self.truth.range(..=place).map(|(_, told)| told) {
            change(&mut picture, id, *version);
        }
        picture
    }
}

fn change(picture: &mut Picture, id: &str, version: Option<u64>) {
    match version {
        Some(version) => picture.insert(id.to_owned(), version),
        None => picture.remove(id),
    };
}

#[derive(Default)]
struct Reader {
    stands_at: String,
    picture: Picture,
    /// Whether the present is being told, from its beginning or after a reset.
    begins: bool,
    met: BTreeSet<String>,
}

impl Reader {
    fn place(&self) -> Option<u64> {
        self.stands_at.parse().ok().map(|cursor: Cursor| cursor.seq)
    }

    fn request(&self, story: &mut Story) -> Request {
        let who = if story.dice.below(3) == 0 { "brief" } else { "anna" };
        Request::get("/customers/anna/events").by(who).after(&self.stands_at)
    }

    /// Takes a page or two, with trouble in between.
    async fn polls(&mut self, story: &mut Story, lab: &Lab<'_>) {
        self.takes_page(story).await;
        if story.dice.below(3) == 0 {
            story.is_troubled(lab).await;
            self.takes_page(story).await;
        }
    }

    async fn takes_page(&mut self, story: &mut Story) {
        let request = self.request(story);
        let page = story.shop.page(request).await;
        self.starts();
        if let Some(reset) = page.get("reset") {
            self.is_reset(reset);
        }
        for snapshot in page["snapshots"].as_array().into_iter().flatten() {
            self.is_shown(snapshot);
        }
        let events = page["events"].as_array().cloned().unwrap_or_default();
        if self.begins {
            // The present was that before the events which are on the same page.
            let first = events.first().and_then(|event| place(&event["id"]));
            let at = first.map(|first| first - 1).or_else(|| place(&page["cursor"]));
            self.has_begun(story, at);
        }
        for event in &events {
            self.is_told(story, event["id"].as_str(), &event["event"], &event["data"]);
        }
        self.moves_to(story, page["cursor"].as_str().unwrap_or_default());
    }

    /// Reads some of a stream, has trouble in the middle of it, and reads some of the rest.
    async fn watches(&mut self, story: &mut Story, lab: &Lab<'_>) {
        let request = self.request(story);
        // A peer that takes little at a time is in the middle of its replay for longer.
        let connection = match story.dice.below(2) {
            0 => story.shop.connect().await,
            _ => story.shop.connect_narrow().await,
        };
        let mut events = connection.watch(&request).await;
        let ready = events.ready().await;
        assert!(ready.get("resumed").is_none_or(|at| *at == self.stands_at), "{ready}");
        self.starts();
        let some = story.dice.below(20);
        if !self.reads(story, &mut events, some).await {
            return;
        }
        story.is_troubled(lab).await;
        let some = story.dice.below(120);
        self.reads(story, &mut events, some).await;
    }

    /// Reads that many blocks, fewer where no more will come, and more where half a state would be
    /// left; says whether the stream goes on.
    async fn reads(&mut self, story: &Story, events: &mut Events, mut some: u64) -> bool {
        while self.begins || (some > 0 && self.place() < story.last()) {
            let block = events.block().await;
            if !self.takes(story, &block) {
                let after = events.next().await;
                assert!(after.is_none(), "nothing follows the end: {after:?}");
                return false;
            }
            some = some.saturating_sub(1);
        }
        true
    }

    /// Takes one block; says whether another follows.
    fn takes(&mut self, story: &Story, block: &Block) -> bool {
        match &*block.name {
            "reset" => self.is_reset(&block.json()),
            "end" => {
                self.met.insert(format!("end {}", word(&block.json()["reason"])));
                return false;
            }
            "snapshot" | "" => {
                if block.name == "snapshot" {
                    self.is_shown(&block.json());
                }
                if let Some(id) = &block.id {
                    self.has_begun(story, place(&id.as_str().into()));
                    self.moves_to(story, id);
                }
            }
            name => {
                let id = block.id.as_deref();
                self.is_told(story, id, &name.into(), &block.json());
            }
        }
        true
    }

    /// Who stands nowhere knows nothing, and is told the present first.
    fn starts(&mut self) {
        self.begins = self.stands_at.is_empty();
        if self.begins {
            self.picture.clear();
        }
    }

    fn is_reset(&mut self, reset: &Value) {
        self.met.insert(format!("reset {}", word(&reset["reason"])));
        self.stands_at.clear();
        self.starts();
    }

    fn is_shown(&mut self, snapshot: &Value) {
        assert!(self.begins, "a state that was not announced: {}", snapshot["orderId"]);
        let version = snapshot["version"].as_u64().unwrap_or_default();
        self.picture.insert(word(&snapshot["orderId"]), version);
    }

    /// The present was told whole: it is that of this place.
    fn has_begun(&mut self, story: &Story, at: Option<u64>) {
        assert_eq!(self.picture, story.picture_at(at.unwrap_or_default()), "at {at:?}");
        self.begins = false;
    }

    /// The next event, and no other.
    fn is_told(&mut self, story: &Story, id: Option<&str>, name: &Value, data: &Value) {
        assert!(!self.begins, "half a state, and then {name} at {id:?}");
        let at = place(&id.into());
        if let Some(stood) = self.place() {
            assert_eq!(at, story.first_after(stood), "{name} after {stood}");
        }
        let order = word(&data["orderId"]);
        let is_deleted = name == "order.deleted";
        if is_deleted {
            self.met.insert("deleted".to_owned());
        }
        let version = data["version"].as_u64().filter(|_| !is_deleted);
        change(&mut self.picture, &order, version);
        self.stands_at = id.unwrap_or_default().to_owned();
    }

    /// A place without an event, before which nothing is left untold.
    fn moves_to(&mut self, story: &Story, cursor: &str) {
        let at = place(&cursor.into()).unwrap_or_default();
        if let Some(stood) = self.place() {
            let skipped = story.first_after(stood).filter(|next| *next <= at);
            assert_eq!(skipped, None, "moved from {stood} to {at}");
        }
        self.stands_at = cursor.to_owned();
    }
}

fn word(json: &Value) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

fn place(id: &Value) -> Option<u64> {
    id.as_str()?.parse().ok().map(|cursor: Cursor| cursor.seq)
}
