//! Snapshots and their pages.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use order_events_core::engine::{EngineError, PageToken};
use order_events_core::{OrderStatus, Scope, Update};

use super::Outcome;
use super::lab::{Lab, Shop, customer, order, word};

pub(super) async fn a_snapshot_shows_an_order_as_it_stands(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let (order, ada) = (order("42"), customer("ada"));
    let created = shop.publish(&order, Update::create(&order).with_customer(&ada)).await;
    shop.publish(&order, Update::status(&order, OrderStatus::Processing)).await;
    let last = shop.publish(&order, Update::status(&order, OrderStatus::Shipped)).await;
    shop.fill(1).await;
    for scope in [Scope::Order(order.clone()), Scope::Customer(ada.clone()), Scope::Tenant] {
        let page = shop.page(&scope, None, 10).await;
        assert_eq!((page.head, page.epoch), (4, shop.epoch().await));
        assert!(page.next.is_none(), "all of {scope} is on the first page");
        let snapshot = page.orders.iter().find(|snapshot| snapshot.order == order);
        let snapshot = snapshot.expect("the order is on the page");
        assert_eq!(Some(&snapshot.state), shop.state(&order).await.as_ref());
        assert_eq!(snapshot.state.status, "SHIPPED");
        assert_eq!(snapshot.state.created_at, created.at());
        assert_eq!(snapshot.state.updated_at, last.at());
        let versions: Vec<_> = snapshot.timeline.iter().map(|entry| entry.version()).collect();
        assert_eq!(versions, [1, 2, 3]);
    }
    Ok(())
}

pub(super) async fn deleted_orders_are_absent_from_snapshots(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let (order, ada) = (order("42"), customer("ada"));
    shop.publish(&order, Update::create(&order).with_customer(&ada)).await;
    shop.publish(&order, Update::delete(&order)).await;
    for scope in [Scope::Order(order.clone()), Scope::Customer(ada), Scope::Tenant] {
        assert!(shop.snapshots(&scope, 10).await.is_empty(), "of {scope}");
    }
    shop.publish(&order, Update::create(&order)).await;
    assert_eq!(shop.snapshot(&order).await.map(|snapshot| snapshot.state.version), Some(3));
    Ok(())
}

pub(super) async fn pages_hold_every_order_that_lived_all_through(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let ada = customer("ada");
    for number in 0..60 {
        let order = order(&format!("order-{number}"));
        shop.publish(&order, Update::create(&order).with_customer(&ada)).await;
    }
    // Every third goes while the pages are read, and others come.
    for scope in [Scope::Tenant, Scope::Customer(ada.clone())] {
        let (mut next, mut seen, mut step) = (None, Vec::new(), 0);
        loop {
            let page = shop.page(&scope, next.as_ref(), 7).await;
            assert!(page.orders.len() <= 7, "a page is not longer than asked");
            seen.extend(page.orders.into_iter().map(|snapshot| snapshot.order));
            next = page.next;
            if next.is_none() {
                break;
            }
            for _ in 0..2 {
                let going = order(&format!("order-{}", (step * 3 + 2) % 60));
                if shop.state(&going).await.is_some_and(|state| !state.deleted) {
                    shop.publish(&going, Update::delete(&going)).await;
                } else {
                    shop.publish(&going, Update::create(&going).with_customer(&ada)).await;
                }
                let coming = order(&format!("new-{scope}-{step}"));
                shop.publish(&coming, Update::create(&coming).with_customer(&ada)).await;
                step += 1;
            }
            assert!(step < 1_000, "the pages do not come to an end");
        }
        for number in (0..60).filter(|number| number % 3 != 2) {
            let order = order(&format!("order-{number}"));
            let times = seen.iter().filter(|seen| **seen == order).count();
            assert!(times >= 1, "{scope}: order {number} lived all through and is on no page");
        }
    }
    Ok(())
}

pub(super) async fn pages_outlive_what_is_forgotten(lab: &Lab<'_>) -> Outcome {
    let retention = super::Retention::default().events(10);
    let shop = lab.open_with(retention).await?;
    let name = |number: usize| order(&format!("order-{number}"));
    for number in 0..40 {
        shop.publish(&name(number), Update::create(name(number))).await;
    }
    let first = shop.page(&Scope::Tenant, None, 10).await;
    let mut seen: Vec<_> = first.orders.into_iter().map(|snapshot| snapshot.order).collect();
    // Half of them are finished, trimmed and forgotten meanwhile.
    for number in (0..40).filter(|number| number % 2 == 1) {
        let update = Update::status(name(number), OrderStatus::Cancelled);
        shop.publish(&name(number), update).await;
    }
    lab.trim_past(&shop, shop.head().await).await;
    let mut next = first.next;
    while let Some(page) = next {
        let page = shop.page(&Scope::Tenant, Some(&page), 10).await;
        seen.extend(page.orders.into_iter().map(|snapshot| snapshot.order));
        next = page.next;
    }
    for number in (0..40).filter(|number| number % 2 == 0) {
        assert!(seen.contains(&name(number)), "order {number} lived all through, on no page");
    }
    Ok(())
}

pub(super) async fn snapshots_are_not_older_than_their_head(lab: &Lab<'_>) -> Outcome {
    const PUBLISHERS: usize = 6;
    let shop = lab.open().await?;
    let busy = Arc::new(AtomicUsize::new(PUBLISHERS));
    let task = |place: usize| {
        let shop = if place.is_multiple_of(2) { shop.clone() } else { shop.elsewhere() };
        let busy = Arc::clone(&busy);
        async move {
            if place < PUBLISHERS {
                publish_some(&shop, place).await;
                busy.fetch_sub(1, Ordering::SeqCst);
                return Vec::new();
            }
            let mut pages = Vec::new();
            while busy.load(Ordering::SeqCst) > 0 && pages.len() < 200 {
                pages.push(shop.page(&Scope::Tenant, None, 100).await);
                super::yield_now().await;
            }
            pages.push(shop.page(&Scope::Tenant, None, 100).await);
            pages
        }
    };
    let pages = lab.race((0..PUBLISHERS + 2).map(task).collect()).await;
    let mut last = HashMap::new();
    let log = shop.history(&Scope::Tenant, 0).await.records;
    for page in pages.into_iter().flatten() {
        last.clear();
        for record in log.iter().filter(|record| record.seq() <= page.head) {
            last.insert(record.order(), record.seq());
        }
        for (order, seq) in &last {
            let found = page.orders.iter().find(|snapshot| snapshot.order == **order);
            let shown = found.map(|snapshot| snapshot.state.seq);
            assert!(
                shown.is_some_and(|shown| shown >= *seq),
                "at head {} order {order} had event {seq}, its snapshot shows {shown:?}",
                page.head
            );
        }
    }
    Ok(())
}

async fn publish_some(shop: &Shop, place: usize) {
    for step in 0..20 {
        let order = order(&format!("order-{}", (place + step) % 8));
        shop.publish(&order, word(&order)).await;
        super::yield_now().await;
    }
}

pub(super) async fn a_token_of_no_page_is_refused(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    shop.fill(2).await;
    for text in ["", "not a page", "-1", "\u{1f9fe}", "99999999999999999999999999"] {
        for scope in [Scope::Tenant, Scope::Customer(customer("ada"))] {
            let token = PageToken(text.to_owned());
            let answer = shop.engine.snapshots(&shop.tenant, &scope, Some(&token), 10).await;
            assert!(
                matches!(answer, Err(EngineError::UnknownPage)),
                "the page {text:?} of {scope} should not be known, but: {answer:?}"
            );
        }
    }
    Ok(())
}
