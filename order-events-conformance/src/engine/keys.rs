//! Idempotency keys: looked at first, and for a while.

use std::time::Duration;

use order_events_core::engine::{Appended, Draft, Fingerprint};
use order_events_core::{Scope, Update};

use super::lab::{Lab, key, order, word};
use super::{Outcome, Retention};

const WINDOW: Duration = Duration::from_secs(2);

pub(super) async fn a_seen_key_answers_with_what_came_of_it(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let order = order("42");
    shop.publish(&order, Update::create(&order)).await;
    let draft = shop.draft(&order, Update::note(&order, "once").with_key(key("k"))).await;
    let asked = draft.key.clone().expect("it has a key").1;
    let record = shop.commit(draft).await;
    shop.publish(&order, Update::note(&order, "later")).await;

    // The same wish again, planned on what the order is by now; and another wish with that key.
    let again = shop.draft(&order, Update::note(&order, "once").with_key(key("k"))).await;
    let other = Draft { key: Some((key("k"), Fingerprint(!asked.0))), ..again.clone() };
    for draft in [again, other] {
        match shop.append(draft).await {
            Appended::KeySeen { prior, epoch } => {
                assert_eq!(epoch, shop.epoch().await);
                assert_eq!(prior.fingerprint, asked, "what was asked the first time");
                assert_eq!(prior.record.seq(), record.seq());
                assert_eq!(prior.record.version(), record.version());
                assert_eq!(prior.record.payload(), record.payload());
            }
            other => panic!("the key was used before, but: {other:?}"),
        }
    }
    assert_eq!(shop.head().await, 3, "a seen key stores nothing");
    let current = shop.elsewhere().current(&order, Some(&key("k"))).await;
    let prior = current.prior.expect("reading tells of the key as well");
    assert_eq!((prior.fingerprint, prior.record.seq()), (asked, record.seq()));
    assert!(shop.current(&order, Some(&key("K"))).await.prior.is_none(), "another key");
    Ok(())
}

pub(super) async fn the_key_is_looked_at_before_the_version(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let order = order("42");
    shop.publish(&order, Update::create(&order)).await;
    let draft = shop.draft(&order, Update::note(&order, "once").with_key(key("k"))).await;
    let record = shop.commit(draft.clone()).await;
    for expected in [0, draft.expected, draft.expected + 1, 99] {
        match shop.append(Draft { expected, ..draft.clone() }).await {
            Appended::KeySeen { prior, .. } => assert_eq!(prior.record.seq(), record.seq()),
            other => panic!("with version {expected} expected the answer is {other:?}"),
        }
    }
    assert_eq!(shop.head().await, 2);
    Ok(())
}

pub(super) async fn a_key_is_the_tenants_not_the_orders(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let (one, two) = (order("one"), order("two"));
    let first = shop.publish(&one, Update::create(&one).with_key(key("k"))).await;
    let prior = shop.current(&two, Some(&key("k"))).await.prior;
    assert_eq!(prior.map(|prior| prior.record.seq()), Some(first.seq()));
    let draft = shop.draft(&two, Update::create(&two).with_key(key("k"))).await;
    match shop.append(draft).await {
        Appended::KeySeen { prior, .. } => assert_eq!(prior.record.order(), &one),
        other => panic!("the key was used before, but: {other:?}"),
    }
    assert!(shop.state(&two).await.is_none());
    Ok(())
}

pub(super) async fn racers_with_one_key_store_one_event(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    // Whoever plans after the order exists has nothing to create: all plan first.
    let mut drafts = Vec::new();
    for place in 0..50 {
        let order = order(&format!("order-{}", place % 5));
        drafts.push(shop.draft(&order, Update::create(&order).with_key(key("k"))).await);
    }
    let racers = drafts.into_iter().enumerate().map(|(place, draft)| {
        let shop = if place.is_multiple_of(2) { shop.clone() } else { shop.elsewhere() };
        async move { shop.append(draft).await }
    });
    let answers = lab.race(racers.collect()).await;
    let mut won = None;
    for answer in &answers {
        if let Appended::Committed { record, .. } = answer {
            assert!(won.replace(record.seq()).is_none(), "one key was committed twice");
        }
    }
    let won = won.expect("one of them wins");
    for answer in answers {
        match answer {
            Appended::Committed { .. } => {}
            Appended::KeySeen { prior, .. } => assert_eq!(prior.record.seq(), won),
            other => panic!("the key was used before, but: {other:?}"),
        }
    }
    assert_eq!(shop.seqs(&Scope::Tenant, 0).await, [won]);
    Ok(())
}

pub(super) async fn a_key_is_remembered_for_its_window(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open_with(Retention::default().key_window(WINDOW)).await?;
    let order = order("42");
    let first = shop.publish(&order, Update::create(&order).with_key(key("k"))).await;
    lab.pass(WINDOW / 4).await;
    let seen = shop.current(&order, Some(&key("k"))).await.prior;
    assert_eq!(seen.map(|prior| prior.record.seq()), Some(first.seq()), "within the window");

    lab.pass(WINDOW).await;
    lab.until("the key has expired", || async {
        shop.current(&order, Some(&key("k"))).await.prior.is_none().then_some(())
    })
    .await;
    let second = shop.publish(&order, Update::note(&order, "anew").with_key(key("k"))).await;
    let seen = shop.current(&order, Some(&key("k"))).await.prior;
    assert_eq!(seen.map(|prior| prior.record.seq()), Some(second.seq()), "a new use, a new window");
    Ok(())
}

pub(super) async fn of_too_many_keys_the_oldest_go(lab: &Lab<'_>) -> Outcome {
    const KEPT: usize = 8;
    let shop = lab.open_with(Retention::default().keys(KEPT)).await?;
    let order = order("42");
    let name = |number: usize| key(&format!("k{number}"));
    for number in 0..2_000 {
        let update = word(&order).with_key(name(number));
        shop.publish(&order, update).await;
        for kept in number.saturating_sub(KEPT - 1)..=number {
            let prior = shop.current(&order, Some(&name(kept))).await.prior;
            assert!(
                prior.is_some(),
                "of {number} keys number {kept} is forgotten, {KEPT} are kept"
            );
        }
        if number > KEPT && shop.current(&order, Some(&name(0))).await.prior.is_none() {
            return Ok(());
        }
        lab.settle().await;
    }
    panic!("no key was forgotten, though {KEPT} are kept");
}
