//! What an idempotency key stands for: the same for the same content, on every node, for ever.

use order_events_core::engine::Fingerprint;
use order_events_core::plan::fingerprint;
use order_events_core::{
    EventName, IdempotencyKey, OrderId, OrderStatus, Stage, StageState, TenantId, Update,
};
use serde_json::json;

use crate::{customer, gift, order, stage};

use OrderStatus::{Delivered, Pending, Processing, Shipped};

/// Updates that all ask for something else.
fn different() -> Vec<Update> {
    let elsewhere = || OrderId::new("7").unwrap();
    let url = |url: &str| Some(url.to_owned());
    let text = |text: &str| Some(text.to_owned());
    let staged = |change: fn(&mut Stage)| {
        let mut stage = stage();
        change(&mut stage);
        Update::stage(order(), stage)
    };
    let note = || Update::note(order(), "n");
    vec![
        Update::create(order()),
        Update::create(elsewhere()),
        Update::create_as(order(), Shipped),
        Update::create(order()).with_note("n"),
        Update::create(order()).with_customer(customer("c-1")),
        Update::create(order()).with_customer(customer("c-2")),
        Update::status(order(), Pending),
        Update::status(order(), Shipped),
        Update::status(order(), Shipped).with_note("n"),
        Update::status(order(), Shipped).with_note("m"),
        Update::status(order(), Shipped).assuming(Processing),
        Update::status(order(), Shipped).assuming(Delivered),
        Update::attach(order(), customer("c-1")),
        Update::attach(order(), customer("c-2")),
        note(),
        Update::note(order(), "m"),
        note().with_actor("a"),
        note().with_actor("b"),
        note().with_actor("a").show_actor(),
        note().show_actor(),
        note().public(),
        note().staff_only(),
        Update::assign(order(), "n"),
        Update::assign(order(), "Ben"),
        Update::unassign(order()),
        Update::tracking(order(), "FedEx", "7946", None),
        Update::tracking(order(), "UPS", "7946", None),
        Update::tracking(order(), "FedEx", "7947", None),
        Update::tracking(order(), "FedE", "x7946", None),
        Update::tracking(order(), "FedEx", "7946", url("https://a")),
        Update::tracking(order(), "FedEx", "7946", url("https://b")),
        staged(|_| {}),
        staged(|stage| stage.workflow.push('x')),
        staged(|stage| stage.stage.push('x')),
        staged(|stage| stage.state = StageState::Started),
        staged(|stage| stage.state = StageState::Failed),
        staged(|stage| stage.result = None),
        staged(|stage| stage.result = Some(json!({"depth": 4}))),
        staged(|stage| stage.reason = Some("r".to_owned())),
        Update::progress(order(), 40, None),
        Update::progress(order(), 41, None),
        Update::progress(order(), 40, text("m")),
        Update::stage_progress(order(), "w", "s", 40, None),
        Update::stage_progress(order(), "w", "t", 40, None),
        Update::stage_progress(order(), "v", "s", 40, None),
        Update::fail(order(), "n"),
        Update::fail(order(), "m"),
        Update::delete(order()),
        Update::custom(order(), gift(), json!({"ribbon": "red"})),
        Update::custom(order(), gift(), json!({"ribbon": "blue"})),
        Update::custom(order(), EventName::custom("gift").unwrap(), json!({"ribbon": "red"})),
    ]
}

#[test]
fn equal_content_has_an_equal_fingerprint() {
    for (once, again) in different().iter().zip(different()) {
        assert_eq!(fingerprint(once), fingerprint(&again), "{again:?}");
    }
}

#[test]
fn whatever_changes_the_event_changes_the_fingerprint() {
    let updates = different();
    for (i, one) in updates.iter().enumerate() {
        for other in &updates[i + 1..] {
            assert_ne!(fingerprint(one), fingerprint(other), "{one:?} and {other:?}");
        }
    }
}

#[test]
fn key_tenant_and_expectation_are_no_part_of_it() {
    for update in different() {
        let content = fingerprint(&update);
        let key = |key: &str| IdempotencyKey::new(key).unwrap();
        for same in [
            update.clone().with_key(key("a")),
            update.clone().with_key(key("b")),
            update.clone().in_tenant(TenantId::new("t").unwrap()),
            update.clone().expecting_absent(),
            update.clone().expecting_version(7),
            update.clone().expecting_status(Pending),
            update.clone().or_create(),
        ] {
            assert_eq!(fingerprint(&same), content, "{same:?}");
        }
    }
}

#[test]
fn the_order_of_keys_in_data_is_no_part_of_it() {
    let read = |text| serde_json::from_str(text).unwrap();
    let one: Update = Update::custom(order(), gift(), read(r#"{"a":1,"b":[{"c":2,"d":3}]}"#));
    let other: Update =
        Update::custom(order(), gift(), read(r#"{ "b" : [{"d":3,"c":2}], "a" : 1 }"#));
    assert_eq!(fingerprint(&one), fingerprint(&other));
    let swapped: Update = Update::custom(order(), gift(), read(r#"{"a":1,"b":[{"c":3,"d":2}]}"#));
    assert_ne!(fingerprint(&one), fingerprint(&swapped));
    let staged = |text| Update::stage(order(), Stage { result: Some(read(text)), ..stage() });
    let one: Update = staged(r#"{"a":1,"b":[{"c":2,"d":3}]}"#);
    assert_eq!(fingerprint(&one), fingerprint(&staged(r#"{"b":[{"d":3,"c":2}],"a":1}"#)));
}

/// Fingerprints are stored, and compared by later versions: these numbers may never change. They
/// were computed from the definition by another program.
#[test]
fn fingerprints_are_the_same_in_every_version() {
    let failed = Stage {
        state: StageState::Failed,
        result: None,
        reason: Some("the blade broke".to_owned()),
        ..stage()
    };
    let pinned: [(Update, u64); 8] = [
        (Update::create(order()), 0xbb54_da52_b7c9_a51b),
        (
            Update::status(order(), Shipped).with_note("Shipped via FedEx").with_actor("anna"),
            0x9c9d_5707_0891_db83,
        ),
        (Update::attach(order(), customer("c-1")), 0x3cc5_35fb_5b5f_019d),
        (Update::note(order(), "é\n").public().with_actor("a").show_actor(), 0x1aa2_1e4b_8b35_04bf),
        (Update::unassign(order()).assuming(Delivered), 0xa528_6868_b8ad_e66c),
        (Update::stage(order(), failed), 0x8f29_8605_e9ce_f541),
        (Update::stage_progress(order(), "w", "s", 7, None), 0x8bf1_a832_173f_0054),
        (
            Update::custom(order(), gift(), json!({"b": [1, null], "a": "x"})).staff_only(),
            0x6d3b_4a05_3232_9da8,
        ),
    ];
    for (update, number) in pinned {
        assert_eq!(fingerprint(&update), Fingerprint(number), "{update:?}");
    }
}
