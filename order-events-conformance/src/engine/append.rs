//! Appending: places, versions, races, and what is stored.

use order_events_core::engine::{Appended, Draft};
use order_events_core::{Epoch, EventName, OrderStatus, Scope, TenantId, Update};
use serde_json::json;

use super::lab::{Lab, Shop, customer, key, order, word};
use super::{Outcome, history};

/// As many as race for one thing.
const RACERS: usize = 100;

pub(super) async fn seq_is_contiguous_per_tenant(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let neighbour = shop.of("neighbour");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..12 {
        let order = order(&format!("order-{}", round % 5));
        ours.push(shop.publish(&order, Update::note(&order, "ours").or_create()).await.seq());
        if round % 3 == 0 {
            let update = Update::note(&order, "theirs").or_create();
            theirs.push(neighbour.publish(&order, update).await.seq());
        }
    }
    assert_eq!(ours, (1..=12).collect::<Vec<_>>());
    assert_eq!(theirs, (1..=4).collect::<Vec<_>>());
    assert_eq!(shop.seqs(&Scope::Tenant, 0).await, ours);
    assert_eq!(neighbour.seqs(&Scope::Tenant, 0).await, theirs);
    Ok(())
}

pub(super) async fn version_is_one_more_than_the_last(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let (one, two) = (order("one"), order("two"));
    for version in 1..=5 {
        for order in [&one, &two] {
            let record = shop.publish(order, word(order)).await;
            assert_eq!(record.version(), version);
            assert_eq!(shop.version(order).await, version);
        }
    }
    Ok(())
}

pub(super) async fn a_lost_race_stores_nothing(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let order = order("42");
    shop.publish(&order, Update::create(&order)).await;
    shop.publish(&order, Update::note(&order, "second")).await;
    let good = shop.draft(&order, Update::note(&order, "third").with_key(key("k"))).await;
    for expected in [0, 1, 3, u64::MAX - 1] {
        let late = Draft { expected, ..good.clone() };
        match shop.append(late).await {
            Appended::Conflict { version } => assert_eq!(version, 2, "the version it has"),
            other => panic!("version {expected} is not the order's, but: {other:?}"),
        }
    }
    assert_eq!(shop.seqs(&Scope::Tenant, 0).await, [1, 2]);
    assert_eq!(shop.version(&order).await, 2);
    // Nor is the loser's key taken.
    let current = shop.current(&order, Some(&key("k"))).await;
    assert!(current.prior.is_none(), "a lost race took the key");
    assert_eq!(shop.commit(good).await.seq(), 3);
    Ok(())
}

/// A part of the log may be lost between the reading and the append, and what is told anew may have
/// come as far.
pub(super) async fn what_was_planned_in_another_epoch_stores_nothing(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let order = order("42");
    shop.publish(&order, Update::create(&order)).await;
    let good = shop.draft(&order, Update::note(&order, "second")).await;
    let here = shop.current(&order, None).await.epoch;
    let another = Draft { epoch: Some(Epoch::from_u64(!here.as_u64())), ..good.clone() };
    match shop.append(another).await {
        Appended::Conflict { version } => assert_eq!(version, 1, "the version it has"),
        other => panic!("the version is another epoch's, but: {other:?}"),
    }
    assert_eq!(shop.head().await, 1);
    assert_eq!(shop.commit(Draft { epoch: Some(here), ..good }).await.seq(), 2);
    Ok(())
}

pub(super) async fn an_unknown_order_has_version_zero(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let order = order("42");
    assert!(shop.state(&order).await.is_none());
    let first = shop.draft(&order, Update::create(&order)).await;
    let late = Draft { expected: 1, ..first.clone() };
    match shop.append(late).await {
        Appended::Conflict { version } => assert_eq!(version, 0),
        other => panic!("the order does not exist, but: {other:?}"),
    }
    assert!(shop.state(&order).await.is_none(), "a lost race made the order known");
    assert_eq!(shop.commit(first).await.version(), 1);
    Ok(())
}

pub(super) async fn of_many_racers_for_one_version_one_wins(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let order = order("42");
    shop.publish(&order, Update::create(&order)).await;
    for round in 0..3_u64 {
        let draft = shop.draft(&order, Update::note(&order, "mine")).await;
        let racer = |place: usize| {
            // Half of them come by the other node.
            let shop = if place.is_multiple_of(2) { shop.clone() } else { shop.elsewhere() };
            let draft = draft.clone();
            async move { shop.append(draft).await }
        };
        let answers = lab.race((0..RACERS).map(racer).collect()).await;
        let won = answers.iter().filter(|a| matches!(a, Appended::Committed { .. })).count();
        assert_eq!(won, 1, "of {RACERS} racers for version {} one wins", round + 2);
        for answer in answers {
            match answer {
                Appended::Committed { record, .. } => assert_eq!(record.version(), round + 2),
                Appended::Conflict { version } => assert_eq!(version, round + 2),
                other => panic!("nobody used a key, but: {other:?}"),
            }
        }
        assert_eq!(shop.head().await, round + 2);
    }
    history::check_whole(&shop).await;
    Ok(())
}

pub(super) async fn racers_for_different_orders_all_win(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let racer = |place: usize| {
        let shop = if place.is_multiple_of(2) { shop.clone() } else { shop.elsewhere() };
        async move {
            let order = order(&format!("order-{place}"));
            let draft = shop.draft(&order, Update::create(&order)).await;
            shop.commit(draft).await.seq()
        }
    };
    let mut seqs = lab.race((0..RACERS).map(racer).collect()).await;
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=RACERS as u64).collect::<Vec<_>>());
    history::check_whole(&shop).await;
    Ok(())
}

pub(super) async fn what_random_callers_leave_is_one_history(lab: &Lab<'_>) -> Outcome {
    const EACH: usize = 10;
    let shop = lab.open().await?;
    let racer = |place: usize| {
        let shop = if place.is_multiple_of(2) { shop.clone() } else { shop.elsewhere() };
        async move {
            for step in 0..EACH {
                let order = order(&format!("order-{}", (place + step) % 3));
                shop.publish(&order, word(&order)).await;
                super::yield_now().await;
            }
        }
    };
    lab.race((0..20).map(racer).collect()).await;
    assert_eq!(shop.head().await, 20 * EACH as u64);
    history::check_whole(&shop).await;
    Ok(())
}

pub(super) async fn what_was_drafted_is_what_is_stored(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let order = order("№ 42/é {order}:*");
    let name = || EventName::custom("parcel weighed").expect("a name");
    let updates = [
        Update::create(&order).with_customer(customer("ada@example.com")).with_actor("anna"),
        Update::note(&order, "\r\n\"data: \u{2028}{}\\ 🧾\ttab").public(),
        Update::custom(&order, name(), json!({"grams": 812, "note": null})).staff_only(),
        Update::status(&order, OrderStatus::Processing).with_key(key("scan {1}")).show_actor(),
        Update::assign(&order, "bob"),
        Update::custom(&order, name(), json!("x".repeat(60_000))),
        Update::delete(&order).with_actor("anna"),
    ];
    for update in updates {
        let draft = shop.draft(&order, update).await;
        let record = shop.commit(draft.clone()).await;
        let elsewhere = shop.elsewhere();
        let found = elsewhere.history(&Scope::Tenant, record.seq() - 1).await.records;
        for stored in [&record, &found[0]] {
            assert_eq!(stored.order(), &draft.order);
            assert_eq!(stored.version(), draft.expected + 1);
            assert_eq!(stored.name(), draft.event.name.as_str());
            assert_eq!(stored.at(), draft.event.at);
            assert_eq!(stored.visibility(), draft.event.visibility);
            assert_eq!(stored.payload(), &*draft.event.payload);
            assert_eq!(stored.staff_fields(), draft.event.staff.as_deref());
            assert_eq!(stored.finality(), draft.becomes.finality);
            assert_eq!(stored.is_deletion(), draft.becomes.deleted);
            assert_eq!(stored.key(), draft.key.as_ref().map(|(key, _)| key));
            assert_eq!(stored.seq(), record.seq());
        }
        let state = elsewhere.state(&order).await.expect("deleted orders have a state, too");
        assert_eq!(state.status, draft.becomes.status);
        assert_eq!(state.customer, draft.becomes.customer);
        assert_eq!(state.finality, draft.becomes.finality);
        assert_eq!(state.deleted, draft.becomes.deleted);
        assert_eq!(state.version, draft.expected + 1);
        assert_eq!(state.seq, record.seq());
        assert_eq!(state.updated_at, draft.event.at);
    }
    Ok(())
}

pub(super) async fn what_was_acknowledged_is_read(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let (order, ada) = (order("42"), customer("ada"));
    for round in 0..20 {
        let update = word(&order);
        let update = if round == 0 { update.with_customer(&ada) } else { update };
        let update = update.with_key(key(&format!("k{round}")));
        let record = shop.publish(&order, update).await;
        for reader in [&shop, &shop.elsewhere()] {
            read_it(reader, &record, &format!("k{round}")).await;
        }
    }
    Ok(())
}

async fn read_it(shop: &Shop, record: &order_events_core::engine::Record, its_key: &str) {
    let current = shop.current(record.order(), Some(&key(its_key))).await;
    assert_eq!(current.state.expect("the order is known").version, record.version());
    assert_eq!(current.prior.expect("the key is known").record.seq(), record.seq());
    for scope in
        [Scope::Order(record.order().clone()), Scope::Customer(customer("ada")), Scope::Tenant]
    {
        assert_eq!(shop.seqs(&scope, record.seq() - 1).await, [record.seq()], "history of {scope}");
        let page = shop.page(&scope, None, 10).await;
        assert!(page.head >= record.seq(), "a head before an acknowledged event");
        assert_eq!(page.orders[0].state.version, record.version(), "snapshot of {scope}");
    }
}

pub(super) async fn tenants_share_nothing(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let (order, ada) = (order("42"), customer("ada"));
    let update = Update::create(&order).with_customer(&ada).with_key(key("k"));
    shop.publish(&order, update.clone()).await;
    for name in ["neighbour", "42", "ada", "default:42", "{default}"] {
        let other = shop.of(name);
        assert_ne!(other.tenant, TenantId::default());
        let current = other.current(&order, Some(&key("k"))).await;
        assert!(current.state.is_none() && current.prior.is_none(), "{name} sees default's");
        for scope in [Scope::Order(order.clone()), Scope::Customer(ada.clone()), Scope::Tenant] {
            let history = other.history(&scope, 0).await;
            assert!(history.records.is_empty() && history.head == 0, "{name} sees default's");
            assert!(other.snapshots(&scope, 10).await.is_empty(), "{name} sees default's");
        }
    }
    let other = shop.of("neighbour");
    assert_eq!(other.publish(&order, update).await.version(), 1, "their key, their order");
    Ok(())
}
