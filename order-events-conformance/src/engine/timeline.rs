//! Timelines: bounded, and not shortened by trimming.

use order_events_core::config::TIMELINE_ENTRIES;
use order_events_core::engine::Snapshot;
use order_events_core::{OrderId, OrderStatus, Stage, StageState, Update};

use super::lab::{Lab, Shop, order, word};
use super::{Outcome, Retention};

async fn shown(shop: &Shop, order: &OrderId) -> Snapshot {
    shop.snapshot(order).await.expect("the order has a snapshot")
}

fn versions(snapshot: &Snapshot) -> Vec<u64> {
    snapshot.timeline.iter().map(|entry| entry.version()).collect()
}

pub(super) async fn a_timeline_holds_the_last_entries(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let order = order("42");
    shop.publish(&order, Update::create(&order)).await;
    for version in 2..=TIMELINE_ENTRIES as u64 * 3 {
        shop.publish(&order, Update::note(&order, format!("entry {version}"))).await;
        let first = (version + 1).saturating_sub(TIMELINE_ENTRIES as u64).max(1);
        let wanted: Vec<_> = (first..=version).collect();
        assert_eq!(versions(&shown(&shop, &order).await), wanted);
    }
    Ok(())
}

pub(super) async fn only_what_happened_is_in_a_timeline(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let order = order("42");
    let name = order_events_core::EventName::custom("weighed").expect("a name");
    let updates = [
        (true, Update::create(&order)),
        (true, Update::status(&order, OrderStatus::Processing)),
        (true, Update::note(&order, "word")),
        (true, Update::assign(&order, "bob")),
        (true, Update::tracking(&order, "DHL", "1", None)),
        (true, Update::fail(&order, "wet")),
        (false, Update::progress(&order, 10, None)),
        (false, Update::attach(&order, super::lab::customer("ada"))),
        (false, Update::custom(&order, name, serde_json::json!({}))),
    ];
    let mut wanted = Vec::new();
    for (is_entry, update) in updates {
        let record = shop.publish(&order, update).await;
        assert_eq!(record.is_timeline(), is_entry, "{}", record.name());
        wanted.extend(is_entry.then_some(record.version()));
        assert_eq!(versions(&shown(&shop, &order).await), wanted);
    }
    Ok(())
}

pub(super) async fn trimming_never_shortens_a_timeline(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open_with(Retention::default().events(16)).await?;
    let (short, long) = (order("short"), order("long"));
    shop.publish(&short, Update::create(&short).with_actor("anna")).await;
    shop.publish(&short, Update::note(&short, "staff's")).await;
    shop.publish(&short, Update::status(&short, OrderStatus::Processing)).await;
    for _ in 0..TIMELINE_ENTRIES + 20 {
        shop.publish(&long, word(&long)).await;
    }
    let before = (shown(&shop, &short).await, shown(&shop, &long).await);
    lab.trim_past(&shop, shop.head().await).await;
    let after = (shown(&shop, &short).await, shown(&shop, &long).await);
    for (before, after) in [(&before.0, &after.0), (&before.1, &after.1)] {
        assert_eq!(versions(before), versions(after));
        for (before, after) in before.timeline.iter().zip(&after.timeline) {
            assert_eq!(before.payload(), after.payload());
            assert_eq!(before.staff_fields(), after.staff_fields());
            assert_eq!((before.name(), before.visibility()), (after.name(), after.visibility()));
        }
    }
    // It goes on growing, though what it shows is long gone from the log.
    shop.publish(&short, Update::status(&short, OrderStatus::Shipped)).await;
    assert_eq!(versions(&shown(&shop, &short).await), [1, 2, 3, 4]);
    shop.publish(&long, Update::note(&long, "last")).await;
    assert_eq!(shown(&shop, &long).await.timeline.len(), TIMELINE_ENTRIES);
    Ok(())
}

pub(super) async fn the_latest_work_is_shown_and_outlives_the_log(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open_with(Retention::default().events(16)).await?;
    let order = order("42");
    let stage = |state| Stage {
        workflow: "w".to_owned(),
        stage: "packing".to_owned(),
        state,
        result: None,
        reason: None,
    };
    shop.publish(&order, Update::create(&order)).await;
    assert!(shown(&shop, &order).await.work.is_none());
    shop.publish(&order, Update::stage(&order, stage(StageState::Started))).await;
    shop.publish(&order, Update::progress(&order, 40, None)).await;
    let last = shop.publish(&order, Update::stage(&order, stage(StageState::Completed))).await;
    shop.publish(&order, Update::note(&order, "not work")).await;
    let work = shown(&shop, &order).await.work;
    assert_eq!(work.map(|work| work.version()), Some(last.version()));
    lab.trim_past(&shop, shop.head().await).await;
    for _ in 0..20 {
        shop.publish(&order, Update::note(&order, "not work either")).await;
    }
    let work = shown(&shop, &order).await.work.expect("trimming takes no work away");
    assert_eq!((work.version(), work.payload()), (last.version(), last.payload()));
    Ok(())
}

pub(super) async fn a_new_life_has_a_new_timeline(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open_with(Retention::default().events(16)).await?;
    let order = order("42");
    shop.publish(&order, Update::create(&order)).await;
    shop.publish(&order, Update::progress(&order, 40, None)).await;
    shop.publish(&order, Update::delete(&order)).await;
    lab.pass(std::time::Duration::from_secs(1)).await;
    let created = shop.publish(&order, Update::create(&order)).await;
    for _ in 0..2 {
        let snapshot = shown(&shop, &order).await;
        assert_eq!((versions(&snapshot), snapshot.work.is_none()), (vec![4], true));
        assert_eq!(snapshot.state.created_at, created.at(), "its life began then");
        lab.trim_past(&shop, created.seq()).await;
    }
    for version in 5..40 {
        shop.publish(&order, Update::note(&order, "word")).await;
        assert_eq!(versions(&shown(&shop, &order).await), (4..=version).collect::<Vec<_>>());
    }
    Ok(())
}
