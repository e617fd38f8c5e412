//! The bounds of an update's fields: at the limit it is taken, above it is refused by name.

use order_events_core::config::{
    MAX_EVENT_BYTES, MAX_JSON_DEPTH, MAX_NAME_BYTES, MAX_NOTE_BYTES, MAX_URL_BYTES,
};
use order_events_core::plan::{Plan, Refusal, plan};
use order_events_core::{OrderState, OrderStatus, Stage, Update, Why};
use serde_json::{Value, json};

use crate::{NOW, customer, gift, having, invalid, order, planned, refused, reports, stage};

fn state() -> OrderState {
    having(OrderStatus::Processing)
}

/// A field by name, its limit, and an update that has this text in it.
type Field = (&'static str, usize, fn(&str) -> Update);

/// Free text.
const PROSE: &[Field] = &[
    ("note", MAX_NOTE_BYTES, |text| Update::note(order(), text)),
    ("note", MAX_NOTE_BYTES, |text| Update::status(order(), OrderStatus::Shipped).with_note(text)),
    ("message", MAX_NOTE_BYTES, |text| Update::progress(order(), 1, Some(text.to_owned()))),
    ("reason", MAX_NOTE_BYTES, |text| Update::fail(order(), text)),
    ("reason", MAX_NOTE_BYTES, |text| {
        Update::stage(order(), Stage { reason: Some(text.to_owned()), ..stage() })
    }),
];

/// Names, which have one line.
const NAMES: &[Field] = &[
    ("actor", MAX_NAME_BYTES, |text| Update::note(order(), "n").with_actor(text)),
    ("assignee", MAX_NAME_BYTES, |text| Update::assign(order(), text)),
    ("carrier", MAX_NAME_BYTES, |text| Update::tracking(order(), text, "7946", None)),
    ("trackingNumber", MAX_NAME_BYTES, |text| Update::tracking(order(), "FedEx", text, None)),
    ("workflow", MAX_NAME_BYTES, |text| {
        Update::stage(order(), Stage { workflow: text.to_owned(), ..stage() })
    }),
    ("stage", MAX_NAME_BYTES, |text| {
        Update::stage(order(), Stage { stage: text.to_owned(), ..stage() })
    }),
    ("workflow", MAX_NAME_BYTES, |text| Update::stage_progress(order(), text, "s", 1, None)),
    ("stage", MAX_NAME_BYTES, |text| Update::stage_progress(order(), "w", text, 1, None)),
];

#[test]
fn a_text_may_fill_its_limit_and_no_more() {
    for (field, limit, update) in PROSE.iter().chain(NAMES) {
        planned(Some(&state()), &update(&"x".repeat(*limit)));
        let why = Why::TooLong { limit: *limit, actual: limit + 1 };
        let over = refused(Some(&state()), &update(&"x".repeat(limit + 1)));
        assert_eq!(over, invalid(field, why));
        assert_eq!(
            over.to_string(),
            format!("{field}: may have at most {limit} bytes, has {}", limit + 1)
        );
        // Bytes, not characters.
        planned(Some(&state()), &update(&"é".repeat(limit / 2)));
        refused(Some(&state()), &update(&"é".repeat(limit / 2 + 1)));
        assert_eq!(refused(Some(&state()), &update("")), invalid(field, Why::Empty));
    }
}

#[test]
fn a_note_on_a_new_order_has_the_same_limit() {
    let create = |bytes| Update::create(order()).with_note("x".repeat(bytes));
    planned(None, &create(MAX_NOTE_BYTES));
    let why = Why::TooLong { limit: MAX_NOTE_BYTES, actual: MAX_NOTE_BYTES + 1 };
    assert_eq!(refused(None, &create(MAX_NOTE_BYTES + 1)), invalid("note", why));
}

#[test]
fn a_name_has_one_line() {
    for (field, _, update) in NAMES {
        for control in ['\n', '\r', '\0', '\u{7f}', '\u{85}'] {
            let refusal = refused(Some(&state()), &update(&format!("ab{control}c")));
            assert_eq!(refusal, invalid(field, Why::ControlCharacter { at: 2 }));
        }
    }
}

#[test]
fn prose_takes_any_character() {
    for (_, _, update) in PROSE {
        planned(Some(&state()), &update("a\r\nb\0c\u{2028}d\u{85}🦀\"\\"));
    }
}

#[test]
fn the_limits_of_texts_are_these() {
    assert_eq!((MAX_NAME_BYTES, MAX_NOTE_BYTES, MAX_URL_BYTES), (128, 4096, 2048));
    assert_eq!(MAX_EVENT_BYTES, 65_536);
}

fn tracked(url: &str) -> Update {
    Update::tracking(order(), "FedEx", "7946", Some(url.to_owned()))
}

#[test]
fn a_tracking_url_is_a_web_address() {
    for url in ["https://fedex.example/7946?a=b#c", "http://x", "HTTPS://x", "hTTp://x"] {
        planned(Some(&state()), &tracked(url));
    }
    let scripts = ["javascript:alert(1)", "javascript://x/%0aalert(1)", "data:text/html,x"];
    let others = ["ftp://x", "//x", "x", "https:/x", "https:x", " https://x", "mailto:a@b"];
    for url in scripts.into_iter().chain(others) {
        let why = Why::Malformed { expected: "an http or https address" };
        assert_eq!(refused(Some(&state()), &tracked(url)), invalid("trackingUrl", why), "{url}");
    }
}

#[test]
fn a_tracking_url_may_fill_its_limit_and_no_more() {
    let long = |bytes: usize| format!("https://{}", "x".repeat(bytes - "https://".len()));
    planned(Some(&state()), &tracked(&long(MAX_URL_BYTES)));
    let refusal = refused(Some(&state()), &tracked(&long(MAX_URL_BYTES + 1)));
    let why = Why::TooLong { limit: MAX_URL_BYTES, actual: MAX_URL_BYTES + 1 };
    assert_eq!(refusal, invalid("trackingUrl", why));
    assert_eq!(refused(Some(&state()), &tracked("")), invalid("trackingUrl", Why::Empty));
    let broken = refused(Some(&state()), &tracked("https://x\r\ny"));
    assert_eq!(broken, invalid("trackingUrl", Why::ControlCharacter { at: 9 }));
}

#[test]
fn progress_ends_at_a_hundred() {
    planned(Some(&state()), &Update::progress(order(), 0, None));
    planned(Some(&state()), &Update::progress(order(), 100, None));
    for percent in [101, 255] {
        let why = Why::OutOfRange { min: 0, max: 100, actual: percent.into() };
        let update = Update::progress(order(), percent, None);
        assert_eq!(refused(Some(&state()), &update), invalid("progress", why.clone()));
        let update = Update::stage_progress(order(), "w", "s", percent, None);
        assert_eq!(refused(Some(&state()), &update), invalid("progress", why));
    }
}

#[test]
fn a_note_where_it_means_nothing_is_refused_not_ignored() {
    let others = [Update::attach(order(), customer("c-1")), Update::delete(order())];
    // The first report is a note itself.
    for update in reports().into_iter().skip(1).chain(others) {
        let refusal = refused(Some(&state()), &update.with_note("n"));
        assert_eq!(refusal, invalid("note", Why::Misplaced));
    }
}

#[test]
fn a_customer_where_it_means_nothing_is_refused_not_ignored() {
    for update in reports().into_iter().chain([Update::delete(order())]) {
        let update = update.with_customer(customer("c-1"));
        assert_eq!(refused(Some(&state()), &update), invalid("customer", Why::Misplaced));
        assert_eq!(refused(None, &update), invalid("customer", Why::Misplaced));
    }
}

#[test]
fn what_an_order_is_cannot_be_staffs_alone() {
    for update in [
        Update::create(order()),
        Update::status(order(), OrderStatus::Shipped),
        Update::status(order(), OrderStatus::Processing).with_note("n"),
        Update::attach(order(), customer("c-1")),
        Update::delete(order()),
    ] {
        for state in [None, Some(&state())] {
            let refusal = refused(state, &update.clone().staff_only());
            assert_eq!(refusal, invalid("visibility", Why::Misplaced));
        }
    }
    for update in reports() {
        planned(Some(&state()), &update.staff_only());
    }
}

/// As deep as it says: `[[[…]]]`, or every other level an object.
fn nested(levels: usize) -> Value {
    (1..levels).fold(json!([]), |inner, level| match level % 2 {
        0 => json!([1, inner]),
        _ => json!({"a": 1, "b": inner}),
    })
}

#[test]
fn json_may_nest_to_its_limit_and_no_deeper() {
    let updates = |levels| {
        let result = Some(nested(levels));
        [
            ("data", Update::custom(order(), gift(), nested(levels))),
            ("result", Update::stage(order(), Stage { result, ..stage() })),
        ]
    };
    for (_, update) in updates(MAX_JSON_DEPTH) {
        planned(Some(&state()), &update);
    }
    for (field, update) in updates(MAX_JSON_DEPTH + 1) {
        let refusal = refused(Some(&state()), &update);
        assert_eq!(refusal, invalid(field, Why::TooDeep { limit: MAX_JSON_DEPTH }));
        assert_eq!(refusal.to_string(), format!("{field}: may nest at most 64 levels deep"));
    }
}

#[test]
fn fields_are_checked_though_the_order_is_unknown() {
    assert_eq!(refused(None, &Update::note(order(), "")), invalid("note", Why::Empty));
}

#[test]
fn a_whole_event_may_fill_its_limit_and_no_more() {
    let custom = |bytes| Update::custom(order(), gift(), Value::from("x".repeat(bytes)));
    let overhead = planned(Some(&state()), &custom(0)).draft.event.payload.len();
    let full = planned(Some(&state()), &custom(MAX_EVENT_BYTES - overhead)).draft.event;
    assert_eq!(full.payload.len(), MAX_EVENT_BYTES);
    let over = custom(MAX_EVENT_BYTES - overhead + 1);
    let why = Why::TooLong { limit: MAX_EVENT_BYTES, actual: MAX_EVENT_BYTES + 1 };
    assert_eq!(refused(Some(&state()), &over), invalid("event", why));

    // What only staff read counts as well.
    let with_actor = custom(MAX_EVENT_BYTES - overhead).with_actor("a");
    let Err(Refusal::Invalid(refused)) = plan(Some(&state()), &with_actor, NOW) else { panic!() };
    let staff = r#"{"actor":"a"}"#.len();
    assert_eq!(
        refused.why,
        Why::TooLong { limit: MAX_EVENT_BYTES, actual: MAX_EVENT_BYTES + staff }
    );
}

#[test]
fn a_text_counts_as_it_is_written() {
    // A NUL takes six bytes in JSON.
    let custom = |count| Update::custom(order(), gift(), Value::from("\0".repeat(count)));
    assert!(matches!(plan(Some(&state()), &custom(10_000), NOW), Ok(Plan::Append(_))));
    assert!(matches!(plan(Some(&state()), &custom(11_000), NOW), Err(Refusal::Invalid(_))));
}
