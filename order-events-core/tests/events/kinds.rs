//! The JSON of every kind, with its optional fields and without.

use insta::assert_snapshot;
use order_events_core::engine::Record;
use order_events_core::plan::{Plan, plan};
use order_events_core::{
    Audience, EventKind, EventName, Known, OrderEvent, OrderState, OrderStatus, RESERVED_NAMES,
    Stage, StageState, Update, Visibility, Why,
};
use serde_json::{Value, json};

use crate::{NOW, commit, customer, order, processing, stage};

fn readings_from(state: Option<&OrderState>, update: Update) -> String {
    let (_, record) = commit(state, &update);
    let public = match record.is_visible_to(Audience::Public) {
        true => record.data(Audience::Public),
        false => "hidden".into(),
    };
    format!("{}\nstaff:  {}\npublic: {public}", record.name(), record.data(Audience::Staff))
}

/// What staff and the public read of this update of an order that is being processed.
fn readings(update: Update) -> String {
    readings_from(Some(&processing()), update)
}

#[test]
fn a_created_event_says_the_first_status() {
    assert_snapshot!(readings_from(None, Update::create(order())), @r#"
    order.created
    staff:  {"orderId":"42","version":1,"status":"PENDING","timestamp":"2026-11-21T12:00:00.123Z"}
    public: {"orderId":"42","version":1,"status":"PENDING","timestamp":"2026-11-21T12:00:00.123Z"}
    "#);
    let full = Update::create_as(order(), OrderStatus::Shipped)
        .with_customer(customer("c-1"))
        .with_note("From the old shop")
        .with_actor("import");
    assert_snapshot!(readings_from(None, full), @r#"
    order.created
    staff:  {"orderId":"42","version":1,"status":"SHIPPED","timestamp":"2026-11-21T12:00:00.123Z","note":"From the old shop","customerId":"c-1","actor":"import"}
    public: {"orderId":"42","version":1,"status":"SHIPPED","timestamp":"2026-11-21T12:00:00.123Z","note":"From the old shop"}
    "#);
}

#[test]
fn a_status_event_says_what_was_before() {
    assert_snapshot!(readings(Update::status(order(), OrderStatus::Shipped)), @r#"
    order.status
    staff:  {"orderId":"42","version":4,"status":"SHIPPED","previousStatus":"PROCESSING","timestamp":"2026-11-21T12:00:00.123Z"}
    public: {"orderId":"42","version":4,"status":"SHIPPED","previousStatus":"PROCESSING","timestamp":"2026-11-21T12:00:00.123Z"}
    "#);
    let full = Update::status(order(), OrderStatus::Shipped)
        .with_note("Shipped via FedEx")
        .with_customer(customer("c-1"))
        .with_actor("anna");
    assert_snapshot!(readings(full), @r#"
    order.status
    staff:  {"orderId":"42","version":4,"status":"SHIPPED","previousStatus":"PROCESSING","timestamp":"2026-11-21T12:00:00.123Z","note":"Shipped via FedEx","customerId":"c-1","actor":"anna"}
    public: {"orderId":"42","version":4,"status":"SHIPPED","previousStatus":"PROCESSING","timestamp":"2026-11-21T12:00:00.123Z","note":"Shipped via FedEx"}
    "#);
}

#[test]
fn the_public_learns_that_a_customer_was_attached_but_not_which() {
    assert_snapshot!(readings(Update::attach(order(), customer("c-1"))), @r#"
    order.customer
    staff:  {"orderId":"42","version":4,"status":"PROCESSING","timestamp":"2026-11-21T12:00:00.123Z","customerId":"c-1"}
    public: {"orderId":"42","version":4,"status":"PROCESSING","timestamp":"2026-11-21T12:00:00.123Z"}
    "#);
}

#[test]
fn notes_are_staffs_unless_said_otherwise() {
    assert_snapshot!(readings(Update::note(order(), "Called twice")), @r#"
    order.note
    staff:  {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","note":"Called twice","visibility":"staff"}
    public: hidden
    "#);
    assert_snapshot!(readings(Update::note(order(), "It will be Friday").public()), @r#"
    order.note
    staff:  {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","note":"It will be Friday"}
    public: {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","note":"It will be Friday"}
    "#);
}

#[test]
fn an_assignment_may_be_of_nobody() {
    assert_snapshot!(readings(Update::assign(order(), "Ben")), @r#"
    order.assigned
    staff:  {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","assignee":"Ben","visibility":"staff"}
    public: hidden
    "#);
    assert_snapshot!(readings(Update::unassign(order()).public()), @r#"
    order.assigned
    staff:  {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z"}
    public: {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z"}
    "#);
}

#[test]
fn tracking_says_carrier_number_and_perhaps_the_page() {
    assert_snapshot!(readings(Update::tracking(order(), "FedEx", "7946", None)), @r#"
    order.tracking
    staff:  {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","carrier":"FedEx","trackingNumber":"7946"}
    public: {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","carrier":"FedEx","trackingNumber":"7946"}
    "#);
    let url = Some("https://fedex.example/7946".to_owned());
    assert_snapshot!(readings(Update::tracking(order(), "FedEx", "7946", url)), @r#"
    order.tracking
    staff:  {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","carrier":"FedEx","trackingNumber":"7946","trackingUrl":"https://fedex.example/7946"}
    public: {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","carrier":"FedEx","trackingNumber":"7946","trackingUrl":"https://fedex.example/7946"}
    "#);
}

#[test]
fn why_a_stage_failed_is_staffs_even_in_a_public_event() {
    assert_snapshot!(readings(Update::stage(order(), stage(StageState::Started, None, None))), @r#"
    order.stage
    staff:  {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","workflow":"wf-7","stage":"engrave","state":"started"}
    public: {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","workflow":"wf-7","stage":"engrave","state":"started"}
    "#);
    let done = stage(StageState::Completed, Some(json!({"depth": 3})), None);
    assert_snapshot!(readings(Update::stage(order(), done)), @r#"
    order.stage
    staff:  {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","workflow":"wf-7","stage":"engrave","state":"completed","result":{"depth":3}}
    public: {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","workflow":"wf-7","stage":"engrave","state":"completed","result":{"depth":3}}
    "#);
    let failed = stage(StageState::Failed, None, Some("the blade broke"));
    assert_snapshot!(readings(Update::stage(order(), failed)), @r#"
    order.stage
    staff:  {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","workflow":"wf-7","stage":"engrave","state":"failed","reason":"the blade broke"}
    public: {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","workflow":"wf-7","stage":"engrave","state":"failed"}
    "#);
}

#[test]
fn progress_may_belong_to_a_stage() {
    assert_snapshot!(readings(Update::progress(order(), 0, None)), @r#"
    order.progress
    staff:  {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","progress":0}
    public: {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","progress":0}
    "#);
    let full =
        Update::stage_progress(order(), "wf-7", "engrave", 100, Some("Nearly there".to_owned()));
    assert_snapshot!(readings(full), @r#"
    order.progress
    staff:  {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","workflow":"wf-7","stage":"engrave","progress":100,"message":"Nearly there"}
    public: {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","workflow":"wf-7","stage":"engrave","progress":100,"message":"Nearly there"}
    "#);
}

#[test]
fn failures_are_staffs_and_a_published_one_says_why() {
    assert_snapshot!(readings(Update::fail(order(), "Out of silver")), @r#"
    order.failed
    staff:  {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","reason":"Out of silver","visibility":"staff"}
    public: hidden
    "#);
    assert_snapshot!(readings(Update::fail(order(), "Out of silver").public()), @r#"
    order.failed
    staff:  {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","reason":"Out of silver"}
    public: {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","reason":"Out of silver"}
    "#);
}

#[test]
fn a_deletion_says_only_that() {
    assert_snapshot!(readings(Update::delete(order())), @r#"
    order.deleted
    staff:  {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z"}
    public: {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z"}
    "#);
}

#[test]
fn an_event_of_the_users_own_keeps_its_data_apart_from_ours() {
    let name = EventName::custom("gift.wrapped").unwrap();
    let data = json!({"ribbon": "red", "orderId": "mine", "actor": "an elf"});
    assert_snapshot!(readings(Update::custom(order(), name, data)), @r#"
    gift.wrapped
    staff:  {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","data":{"actor":"an elf","orderId":"mine","ribbon":"red"}}
    public: {"orderId":"42","version":4,"timestamp":"2026-11-21T12:00:00.123Z","data":{"actor":"an elf","orderId":"mine","ribbon":"red"}}
    "#);
}

#[test]
fn everybody_reads_an_actor_that_is_shown() {
    let shown = Update::status(order(), OrderStatus::Shipped).with_actor("anna").show_actor();
    assert_snapshot!(readings(shown), @r#"
    order.status
    staff:  {"orderId":"42","version":4,"status":"SHIPPED","previousStatus":"PROCESSING","timestamp":"2026-11-21T12:00:00.123Z","actor":"anna"}
    public: {"orderId":"42","version":4,"status":"SHIPPED","previousStatus":"PROCESSING","timestamp":"2026-11-21T12:00:00.123Z","actor":"anna"}
    "#);
}

/// One update for every kind, in the order of [`Known::ALL`], then a custom one.
fn one_of_each() -> Vec<Update> {
    vec![
        Update::create(order()),
        Update::status(order(), OrderStatus::Shipped),
        Update::attach(order(), customer("c-1")),
        Update::note(order(), "n"),
        Update::assign(order(), "Ben"),
        Update::tracking(order(), "FedEx", "7946", None),
        Update::stage(order(), stage(StageState::Started, None, None)),
        Update::progress(order(), 50, None),
        Update::fail(order(), "r"),
        Update::delete(order()),
        Update::custom(order(), EventName::custom("gift.wrapped").unwrap(), Value::Null),
    ]
}

fn event_of(update: &Update) -> (OrderEvent, Record) {
    // Only a new order can be created.
    match plan(None, update, NOW) {
        Ok(Plan::Append(_)) => commit(None, update),
        _ => commit(Some(&processing()), update),
    }
}

#[test]
fn every_kind_has_the_name_it_is_known_by() {
    let events: Vec<_> = one_of_each().iter().map(event_of).collect();
    let names: Vec<_> = events.iter().map(|(event, _)| event.kind.name().to_owned()).collect();
    assert!(events.iter().zip(&names).all(|((_, record), name)| record.name() == name));
    let known = Known::ALL.map(Known::name);
    assert_eq!(names, [&known[..], &["gift.wrapped"]].concat());
    for known in Known::ALL {
        assert_eq!(Known::parse(known.name()), Some(known));
        assert_eq!(EventName::stored(known.name()).known(), Some(known));
    }
}

#[test]
fn notes_assignments_and_failures_are_staffs_by_default() {
    for update in one_of_each() {
        let (event, record) = event_of(&update);
        let expected = match event.kind.name() {
            "order.note" | "order.assigned" | "order.failed" => Visibility::Staff,
            _ => Visibility::Public,
        };
        assert_eq!(event.kind.default_visibility(), expected, "{}", record.name());
        assert_eq!((event.visibility, record.visibility()), (expected, expected));
        let (public, _) = event_of(&update.clone().public());
        assert_eq!(public.visibility, Visibility::Public, "each report can say otherwise");
        // What an order is concerns all who may watch it.
        if event.kind.status().is_none() && event.kind != EventKind::Deleted {
            let (staff, _) = event_of(&update.staff_only());
            assert_eq!(staff.visibility, Visibility::Staff, "each report can say otherwise");
        }
    }
}

#[test]
fn only_events_that_move_the_machine_or_introduce_the_order_say_its_status() {
    for update in one_of_each() {
        let (event, _) = event_of(&update);
        let says = matches!(event.kind.name(), "order.created" | "order.status" | "order.customer");
        assert_eq!(event.kind.status().is_some(), says, "{}", event.kind.name());
    }
}

#[test]
fn names_that_mean_something_already_are_refused() {
    let ours = Known::ALL.map(Known::name);
    let reserved = RESERVED_NAMES.iter().chain(&ours).copied();
    for name in reserved.chain(["order.", "order.of.mine"]) {
        let refused = EventName::custom(name).unwrap_err();
        assert_eq!(
            (refused.field, refused.why),
            ("event", Why::Reserved { name: name.to_owned() })
        );
    }
    for name in ["open", "error", "ready", "snapshot", "reset", "end", "heartbeat"] {
        assert!(RESERVED_NAMES.contains(&name), "{name}");
    }
    for name in ["orders", "Open", "gift.wrapped", "заказ"] {
        assert_eq!(EventName::custom(name).unwrap().as_str(), name);
    }
}

#[test]
fn a_name_of_the_users_own_is_one_line_of_at_most_128_bytes() {
    let refusal = |name: &str| EventName::custom(name).unwrap_err().why;
    assert_eq!(refusal(""), Why::Empty);
    assert_eq!(refusal("a\nb"), Why::ControlCharacter { at: 1 });
    assert_eq!(refusal("a\rb"), Why::ControlCharacter { at: 1 });
    assert_eq!(refusal("\0"), Why::ControlCharacter { at: 0 });
    assert_eq!(refusal(&"x".repeat(129)), Why::TooLong { limit: 128, actual: 129 });
    assert!(EventName::custom("x".repeat(128)).is_ok());
}

#[test]
fn the_events_in_the_docs_are_those_of_the_code() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/events.md");
    let page = std::fs::read_to_string(path).expect("docs/events.md of the repository");
    let failed = Stage {
        result: Some(json!({"depth": 3})),
        ..stage(StageState::Failed, None, Some("the blade broke"))
    };
    let engraving = Some("Engraving".to_owned());
    let url = Some("https://fedex.example/7946".to_owned());
    let gift = EventName::custom("gift.wrapped").unwrap();
    let shown = [
        Update::create(order()).with_customer(customer("c-1")).with_note("Gift, please"),
        Update::status(order(), OrderStatus::Shipped)
            .with_note("Shipped via FedEx")
            .with_actor("anna"),
        Update::attach(order(), customer("c-1")),
        Update::note(order(), "Called twice"),
        Update::assign(order(), "Ben"),
        Update::tracking(order(), "FedEx", "7946", url),
        Update::stage(order(), failed),
        Update::stage_progress(order(), "wf-7", "engrave", 40, engraving),
        Update::fail(order(), "Out of silver"),
        Update::delete(order()),
        Update::custom(order(), gift, json!({"ribbon": "red"})),
    ];
    for update in shown {
        let (event, record) = event_of(&update);
        let block = format!("```json\n{}\n```\n", record.data(Audience::Staff));
        assert!(page.contains(&block), "docs/events.md does not have\n{block}");
        if !matches!(event.kind, EventKind::Custom { .. }) {
            let heading = format!("### `{}`\n", record.name());
            assert!(page.contains(&heading), "docs/events.md does not have {heading}");
        }
    }
}
