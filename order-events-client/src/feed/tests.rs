//! What a reader is given of what was said.

use order_events_core::OrderStatus;

use super::*;

fn feed(after: Option<&str>) -> Feed<OrderStatus> {
    Feed::new(&Settings::default(), false, after.map(Cursor::new))
}

fn event(order: &str, version: u64) -> String {
    format!(
        r#"{{"orderId":"{order}","version":{version},"status":"PENDING","note":"n","timestamp":"2026-11-21T12:00:00.000Z"}}"#
    )
}

fn snapshot(order: &str, version: u64) -> String {
    format!(
        r#"{{"orderId":"{order}","status":"PENDING","version":{version},"createdAt":"2026-11-21T12:00:00.000Z","updatedAt":"2026-11-21T12:00:00.000Z","timeline":[]}}"#
    )
}

/// Everything that is due, in a word each, and where the reader then stands.
fn given(feed: &mut Feed<OrderStatus>) -> Vec<String> {
    std::iter::from_fn(|| feed.next())
        .map(|Given { delivery, cursor }| {
            let what = match delivery {
                Delivery::Reset(why) => format!("reset {why:?}"),
                Delivery::Snapshot(order) => format!("{} is at {}", order.order_id, order.version),
                Delivery::Current => "current".to_owned(),
                Delivery::Event(event) => {
                    format!("{} {}@{}", event.kind.name(), event.order_id, event.version)
                }
                Delivery::Other(other) => format!("{}: {}", other.name, other.data),
            };
            match cursor {
                Some(cursor) => format!("{what}, then {cursor}"),
                None => what,
            }
        })
        .collect()
}

#[test]
fn a_beginning_is_told_whole() {
    let mut feed = feed(None);
    feed.begin(Why::New);
    assert!(given(&mut feed).is_empty());
    feed.snapshot(&snapshot("a", 2));
    feed.snapshot(&snapshot("b", 5));
    assert_eq!(feed.cursor(), "");
    feed.position("e.9");
    assert_eq!(given(&mut feed), ["reset New", "a is at 2", "b is at 5", "current, then e.9"]);
    assert_eq!(feed.cursor(), "e.9");
}

#[test]
fn a_beginning_without_orders_is_one() {
    let mut feed = feed(Some("old.1"));
    feed.begin(Why::Reset(order_events_core::ResetReason::Foreign));
    assert_eq!(feed.cursor(), "old.1");
    feed.position("e.0");
    assert_eq!(given(&mut feed), ["reset Reset(Foreign)", "current, then e.0"]);
}

#[test]
fn a_beginning_that_was_cut_off_begins_again_without_a_cursor() {
    let mut feed = feed(Some("e.1"));
    feed.begin(Why::Other("odd".to_owned()));
    feed.snapshot(&snapshot("a", 2));
    assert_eq!(feed.cursor(), "", "the old one would not bring back what was let go of");
    feed.begin(Why::New);
    feed.snapshot(&snapshot("a", 2));
    feed.position("e.4");
    assert_eq!(
        given(&mut feed),
        ["reset Other(\"odd\")", "a is at 2", "reset New", "a is at 2", "current, then e.4"]
    );
}

#[test]
fn a_beginning_that_ends_with_an_event_does_not_end_at_the_place_before_it() {
    let mut feed = feed(Some("e.1"));
    feed.begin(Why::Reset(order_events_core::ResetReason::Behind));
    feed.event("order.created", &event("a", 1), "e.9");
    assert_eq!(
        given(&mut feed),
        ["reset Reset(Behind)", "current", "order.created a@1, then e.9"],
        "who stops at `current` begins anew, for nothing would bring back what was let go of"
    );
}

#[test]
fn a_beginning_that_was_announced_and_taken_back_is_none() {
    let mut feed = feed(Some("e.1"));
    feed.begin(Why::Reset(order_events_core::ResetReason::Behind));
    feed.go_on();
    feed.position("e.1");
    feed.event("order.note", &event("a", 2), "e.2");
    assert_eq!(given(&mut feed), ["order.note a@2, then e.2"]);
}

#[test]
fn an_event_that_comes_twice_is_given_once() {
    let mut feed = feed(Some("e.1"));
    feed.event("order.created", &event("a", 1), "e.2");
    feed.event("order.created", &event("a", 1), "e.2");
    feed.event("order.note", &event("a", 2), "e.3");
    feed.event("order.created", &event("a", 1), "e.2");
    feed.event("order.note", &event("a", 2), "e.3");
    // At another place, but not newer.
    feed.event("order.note", &event("a", 2), "e.4");
    assert_eq!(given(&mut feed), ["order.created a@1, then e.2", "order.note a@2, then e.3"]);
    assert_eq!(feed.given().unwrap().as_str(), "e.4", "the reader is further all the same");
}

#[test]
fn what_the_stored_cursor_stands_for_is_not_given_again() {
    let mut feed = feed(Some("e.3"));
    feed.event("order.note", &event("a", 2), "e.3");
    assert!(given(&mut feed).is_empty());
}

#[test]
fn an_event_that_a_snapshot_has_already_is_not_given() {
    let mut feed = feed(None);
    feed.begin(Why::New);
    feed.snapshot(&snapshot("a", 5));
    feed.position("e.3");
    feed.event("order.note", &event("a", 5), "e.4");
    feed.event("order.note", &event("a", 6), "e.5");
    let given = given(&mut feed);
    assert_eq!(given.last().unwrap(), "order.note a@6, then e.5");
    assert_eq!(given.len(), 4);
}

#[test]
fn of_two_pages_the_newer_snapshot_counts() {
    let mut feed = feed(None);
    feed.begin(Why::New);
    for version in [5, 4, 5, 6] {
        feed.snapshot(&snapshot("a", version));
    }
    assert_eq!(given(&mut feed), ["reset New", "a is at 5", "a is at 6"]);
}

#[test]
fn a_beginning_of_an_order_replaces_what_was_known() {
    let mut feed = feed(Some("e.0"));
    for (name, version, cursor) in [
        ("order.note", 7, "e.1"),
        ("order.created", 3, "e.2"),
        ("order.note", 4, "e.3"),
        ("order.customer", 2, "e.4"),
        ("order.note", 3, "e.5"),
        ("order.status", 1, "e.6"),
    ] {
        feed.event(name, &event("a", version), cursor);
        assert_eq!(given(&mut feed), [format!("{name} a@{version}, then {cursor}")]);
    }
}

#[test]
fn on_the_stream_of_one_order_its_customer_is_an_event_like_others() {
    let mut feed: Feed<OrderStatus> = Feed::new(&Settings::default(), true, None);
    feed.event("order.note", &event("a", 7), "e.1");
    feed.event("order.customer", &event("a", 2), "e.2");
    assert_eq!(given(&mut feed), ["order.note a@7, then e.1"]);
}

#[test]
fn what_is_not_known_is_kept() {
    let mut feed = feed(Some("e.0"));
    feed.event("order.invented", &event("a", 1), "e.1");
    feed.event("gift.wrapped", &event("a", 2), "e.2");
    feed.event("notice", "not even JSON", "e.2");
    feed.event("order.status", r#"{"half":"#, "e.3");
    feed.event("order.note", &event("a", 3), "e.4");
    assert_eq!(
        given(&mut feed),
        [
            "order.invented a@1, then e.1",
            "gift.wrapped a@2, then e.2",
            "notice: not even JSON, then e.2",
            "order.status: {\"half\":, then e.3",
            "order.note a@3, then e.4",
        ]
    );
    feed.begin(Why::New);
    feed.snapshot(&snapshot("b", 1).replace("PENDING", "ENGRAVED"));
    feed.position("e.5");
    let given = given(&mut feed);
    assert!(given[1].starts_with("snapshot: {"), "{given:?}");
}

#[test]
fn after_a_reset_the_same_places_may_come_again() {
    let mut feed = feed(Some("e.0"));
    feed.event("order.note", &event("a", 2), "e.1");
    feed.begin(Why::Reset(order_events_core::ResetReason::Future));
    feed.position("e.0");
    feed.event("order.note", &event("a", 2), "e.1");
    assert_eq!(given(&mut feed).last().unwrap(), "order.note a@2, then e.1");
}

#[test]
fn what_is_remembered_is_bounded() {
    let settings = Settings::default().configure(|settings| {
        settings.remembered_cursors = 10;
        settings.remembered_orders = 10;
    });
    let mut feed: Feed<OrderStatus> = Feed::new(&settings, false, None);
    for order in 0..1000 {
        feed.event("order.note", &event(&order.to_string(), 2), &format!("e.{order}"));
    }
    assert!(feed.cursors.known.len() <= 10 && feed.cursors.order.len() <= 10);
    assert!(feed.versions.young.len() + feed.versions.old.len() <= 20);
    // The latest are known.
    feed.event("order.note", &event("999", 2), "elsewhere");
    assert_eq!(std::iter::from_fn(|| feed.next()).count(), 1000);
}
