//! Whatever stands in the fields: nothing is lost, and nothing of staff's is told to the public.

use order_events_core::plan::plan;
use order_events_core::{
    Audience, CustomerId, Delivery, EventKind, EventName, JsonCodec, Lifecycle, OrderEvent,
    OrderId, OrderStatus, Published, Resume, Stage, StageState, TenantId, Timestamp, Update,
    Visibility,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{NOW, commit, customer, grant, hub, order, processing};

/// Any text at all, and often the characters that encoders stumble over.
fn any_text() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "\"",
        "\\",
        "\r",
        "\n",
        "\r\n",
        "\0",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{2029}",
        "\u{b}",
        "\u{c}",
        "\u{feff}",
        "🦀",
        "e\u{301}",
        "{\"a\":1}",
        "data: x",
        "<script>",
        "/",
    ]);
    prop_oneof![
        any::<String>(),
        prop::collection::vec(nasty, 0..6).prop_map(|parts| parts.concat()),
    ]
}

fn any_id() -> impl Strategy<Value = String> {
    "[^\\p{Cc}]{1,30}"
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any_text(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_status() -> impl Strategy<Value = OrderStatus> {
    prop::sample::select(OrderStatus::ALL)
}

fn any_stage_state() -> impl Strategy<Value = StageState> {
    prop::sample::select(vec![StageState::Started, StageState::Completed, StageState::Failed])
}

fn any_customer() -> impl Strategy<Value = Option<CustomerId>> {
    prop::option::of(any_id().prop_map(|id| customer(&id)))
}

fn any_kind() -> impl Strategy<Value = EventKind> {
    let text = || prop::option::of(any_text());
    prop_oneof![
        (any_status(), any_customer(), text())
            .prop_map(|(status, customer, note)| EventKind::Created { status, customer, note }),
        (any_status(), any_status(), any_customer(), text()).prop_map(
            |(status, previous, customer, note)| EventKind::Status {
                status,
                previous,
                customer,
                note
            }
        ),
        (any_customer(), any_status())
            .prop_map(|(customer, status)| EventKind::CustomerAttached { customer, status }),
        any_text().prop_map(|note| EventKind::Note { note }),
        text().prop_map(|assignee| EventKind::Assigned { assignee }),
        (any_text(), any_text(), text()).prop_map(|(carrier, number, url)| EventKind::Tracking {
            carrier,
            number,
            url
        }),
        (any_text(), any_text(), any_stage_state(), prop::option::of(any_json()), text()).prop_map(
            |(workflow, stage, state, result, reason)| EventKind::Stage {
                workflow,
                stage,
                state,
                result,
                reason
            }
        ),
        (0..=100_u8, text(), text(), text()).prop_map(|(percent, message, workflow, stage)| {
            EventKind::Progress { percent, message, workflow, stage }
        }),
        any_text().prop_map(|reason| EventKind::Failed { reason }),
        Just(EventKind::Deleted),
        ("[^\\p{Cc}]{1,20}", any_json()).prop_filter_map("reserved", |(name, data)| {
            Some(EventKind::Custom { name: EventName::custom(name).ok()?, data })
        }),
    ]
}

prop_compose! {
    fn any_event()(
        id in any_id(),
        version in any::<u64>(),
        millis in any::<i64>(),
        actor in prop::option::of(any_text()),
        visibility in prop::sample::select(vec![Visibility::Public, Visibility::Staff]),
        kind in any_kind(),
    ) -> OrderEvent {
        OrderEvent {
            order_id: OrderId::new(id).unwrap(),
            version,
            timestamp: Timestamp::from_millis(millis),
            actor,
            visibility,
            kind,
        }
    }
}

/// What an update may carry besides its kind. The marks occur nowhere else.
#[derive(Debug, Clone)]
struct Extras {
    actor: Option<String>,
    shows_actor: bool,
    customer: bool,
    visibility: Option<Visibility>,
}

const ACTOR: &str = "ⒶACTORⒶ";
const CUSTOMER: &str = "ⒸCUSTOMERⒸ";
const REASON: &str = "ⓇREASONⓇ";

fn any_extras() -> impl Strategy<Value = Extras> {
    let actor = prop::option::of(Just(ACTOR.to_owned()));
    let visibility =
        prop::option::of(prop::sample::select(vec![Visibility::Public, Visibility::Staff]));
    (actor, any::<bool>(), any::<bool>(), visibility).prop_map(
        |(actor, shows_actor, customer, visibility)| Extras {
            actor,
            shows_actor,
            customer,
            visibility,
        },
    )
}

impl Extras {
    fn add_to(&self, mut update: Update) -> Update {
        if let Some(actor) = &self.actor {
            update = update.with_actor(actor);
        }
        if self.shows_actor {
            update = update.show_actor();
        }
        match self.visibility {
            Some(Visibility::Public) => update.public(),
            Some(Visibility::Staff) => if_taken(&update, Update::staff_only),
            None => update,
        }
    }
}

/// The update with a change, if it has use for that.
fn if_taken(update: &Update, change: impl FnOnce(Update) -> Update) -> Update {
    let changed = change(update.clone());
    if plan(Some(&processing()), &changed, NOW).is_ok() { changed } else { update.clone() }
}

/// An update that an order in processing takes, with anything in its fields that they may hold.
fn any_update() -> impl Strategy<Value = (Update, Extras)> {
    let prose = || any_text().prop_filter("empty", |text| !text.is_empty());
    let note = || prop::option::of(prose());
    let name = || "[^\\p{Cc}]{1,20}";
    let status = prop::sample::select(vec![
        OrderStatus::Shipped,
        OrderStatus::Cancelled,
        OrderStatus::Refunded,
    ]);
    let base = prop_oneof![
        (status, note()).prop_map(|(status, note)| {
            let update = Update::status(order(), status);
            if let Some(note) = note { update.with_note(note) } else { update }
        }),
        Just(Update::attach(order(), customer(CUSTOMER))),
        prose().prop_map(|note| Update::note(order(), note)),
        prop::option::of(name()).prop_map(|assignee| match assignee {
            Some(assignee) => Update::assign(order(), assignee),
            None => Update::unassign(order()),
        }),
        (name(), name()).prop_map(|(carrier, number)| {
            Update::tracking(order(), carrier, number, Some("https://x.example/".to_owned()))
        }),
        (name(), name(), any_stage_state(), prop::option::of(any_json()), any::<bool>()).prop_map(
            |(workflow, stage, state, result, fails)| {
                let reason = fails.then(|| REASON.to_owned());
                Update::stage(order(), Stage { workflow, stage, state, result, reason })
            }
        ),
        (0..=100_u8, note()).prop_map(|(percent, message)| Update::progress(
            order(),
            percent,
            message
        )),
        prose().prop_map(|reason| Update::fail(order(), reason)),
        Just(Update::delete(order())),
        any_json().prop_map(|data| {
            Update::custom(order(), EventName::custom("gift.wrapped").unwrap(), data)
        }),
    ];
    (base, any_extras()).prop_map(|(update, extras)| {
        let mut update = extras.add_to(update);
        // Only a status has use for one, apart from `attach`, which always has it.
        if extras.customer {
            update = if_taken(&update, |update| update.with_customer(customer(CUSTOMER)));
        }
        (update, extras)
    })
}

/// Nothing of staff's may be in here.
fn assert_public(name: &str, data: &str, extras: &Extras) -> Result<(), TestCaseError> {
    let parsed: Value = serde_json::from_str(data).unwrap();
    prop_assert_eq!(parsed.get("customerId"), None);
    let shows_actor = extras.shows_actor && extras.actor.is_some();
    prop_assert_eq!(parsed.get("actor").is_some(), shows_actor);
    prop_assert!(name != "order.stage" || parsed.get("reason").is_none());
    prop_assert!(!data.contains(CUSTOMER) && !data.contains(REASON), "{}", data);
    prop_assert!(shows_actor || !data.contains(ACTOR), "{}", data);
    Ok(())
}

proptest! {
    #[test]
    fn a_typed_event_round_trips_whatever_its_texts_hold(event in any_event()) {
        let json = serde_json::to_string(&event).unwrap();
        let read: OrderEvent = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(&read, &event);
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), json);
    }

    #[test]
    fn the_data_of_an_event_is_one_line(event in any_event()) {
        let json = serde_json::to_string(&event).unwrap();
        prop_assert!(!json.contains(['\n', '\r', '\0']), "{}", json);
    }

    #[test]
    fn an_unknown_kind_round_trips_whatever_its_data_holds(
        name in "order\\.x[a-z]{0,8}",
        more in prop::collection::btree_map("x[a-zé\"\\\\]{0,5}", any_json(), 0..5),
    ) {
        let mut data = json!({"orderId": "42", "version": 4, "timestamp": NOW});
        data.as_object_mut().unwrap().extend(more);
        let whole = json!({"event": name, "data": data});
        let read: OrderEvent = serde_json::from_value(whole.clone()).unwrap();
        let is_unknown = matches!(read.kind, EventKind::Unknown { .. });
        prop_assert!(is_unknown);
        prop_assert_eq!(serde_json::to_value(&read).unwrap(), whole);
    }

    #[test]
    fn staff_read_what_was_published_and_the_public_read_it_without_staffs_fields(
        (update, extras) in any_update()
    ) {
        let (event, record) = commit(Some(&processing()), &update);
        prop_assert_eq!(&OrderEvent::of_record(&record, Audience::Staff), &event);

        let mut public = event;
        if !extras.shows_actor {
            public.actor = None;
        }
        match &mut public.kind {
            EventKind::Created { customer, .. }
            | EventKind::Status { customer, .. }
            | EventKind::CustomerAttached { customer, .. } => *customer = None,
            EventKind::Stage { reason, .. } => *reason = None,
            _ => {}
        }
        prop_assert_eq!(OrderEvent::of_record(&record, Audience::Public), public);
    }

    #[test]
    fn a_public_reading_never_has_staffs_fields((update, extras) in any_update()) {
        let (_, record) = commit(Some(&processing()), &update);
        assert_public(record.name(), &record.data(Audience::Public), &extras)?;
    }

    #[test]
    fn a_public_stream_never_carries_what_is_staffs(
        updates in prop::collection::vec(any_update(), 1..8)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let hub = hub();
            hub.publish(Update::create_as(order(), OrderStatus::Processing)).await.unwrap();
            let mut live = hub.subscribe(grant(), Resume::Fresh).await.unwrap();
            let Some(Delivery::Snapshot(first)) = live.next().await else { panic!() };
            let begin = first.cursor().unwrap();
            let mut told = Vec::new();
            for (update, extras) in updates {
                if let Ok(Published::Applied(applied)) = hub.publish(update).await
                    && applied.event.visibility == Visibility::Public
                {
                    told.push((applied.event.version, extras));
                }
            }
            let mut replayed = hub.subscribe(grant(), Resume::After(begin)).await.unwrap();
            let mut status = Some(OrderStatus::Processing);
            for (version, extras) in told {
                for reader in [&mut live, &mut replayed] {
                    let Some(Delivery::Event(event)) = reader.next().await else { panic!() };
                    prop_assert_eq!(event.version(), version);
                    let kind = event.decode::<OrderStatus>().kind;
                    status = kind.status().or(status.filter(|_| kind != EventKind::Deleted));
                    assert_public(event.name(), &event.data(), &extras)?;
                    let frame = event.frame(&JsonCodec);
                    prop_assert!(std::str::from_utf8(&frame).unwrap().contains(&*event.data()));
                }
            }
            let state = hub.state(&TenantId::default(), &order()).await.unwrap();
            prop_assert_eq!(status, state.map(|state| state.status), "the public missed a move");
            let page = hub.snapshots(&grant(), None, 1).await.unwrap();
            let json = page.orders.first().map(|order| order.json()).unwrap_or_default();
            prop_assert!(!json.contains(CUSTOMER) && !json.contains(REASON), "{}", json);
            prop_assert!(!json.contains("\"visibility\":\"staff\""), "{}", json);
            Ok(())
        })?;
    }
}
