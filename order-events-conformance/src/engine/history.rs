//! Histories: complete, or saying so.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use order_events_core::engine::HistoryLimit;
use order_events_core::{Audience, OrderStatus, Scope, Update};

use super::Outcome;
use super::lab::{Lab, NO_LIMIT, Shop, customer, order, word};

/// Nothing was trimmed: every event of the tenant is there, seqs and versions have no holes, and
/// what is said of each order is what its last event made of it.
pub(super) async fn check_whole(shop: &Shop) {
    let history = shop.history(&Scope::Tenant, 0).await;
    assert_eq!(history.dropped, 0, "nothing was trimmed");
    let seqs: Vec<_> = history.records.iter().map(|record| record.seq()).collect();
    assert_eq!(seqs, (1..=history.head).collect::<Vec<_>>(), "the tenant's seqs");
    let mut orders = HashMap::<_, Vec<_>>::new();
    for record in history.records {
        orders.entry(record.order().clone()).or_default().push(record);
    }
    for (order, records) in orders {
        let versions: Vec<_> = records.iter().map(|record| record.version()).collect();
        assert_eq!(versions, (1..=records.len() as u64).collect::<Vec<_>>(), "of order {order}");
        let state = shop.state(&order).await.expect("an order with events is known");
        let last = records.last().expect("one at least");
        assert_eq!((state.version, state.seq), (last.version(), last.seq()), "of order {order}");
        let seqs: Vec<_> = records.iter().map(|record| record.seq()).collect();
        assert_eq!(shop.seqs(&Scope::Order(order), 0).await, seqs);
    }
}

pub(super) async fn history_begins_after_the_place_asked_for(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let (ada, bob) = (customer("ada"), customer("bob"));
    let scopes = [
        (Scope::Order(order("0")), vec![1, 4, 7, 10]),
        (Scope::Customer(ada.clone()), vec![1, 3, 4, 6, 7, 9, 10, 12]),
        (Scope::Customer(bob.clone()), vec![2, 5, 8, 11]),
        (Scope::Tenant, (1..=12).collect()),
    ];
    for seq in 0..12 {
        let order = order(&format!("{}", seq % 3));
        let update = word(&order);
        let whose = if seq % 3 == 1 { &bob } else { &ada };
        let update = if seq < 3 { update.with_customer(whose) } else { update };
        shop.publish(&order, update).await;
    }
    for (scope, seqs) in scopes {
        for after in 0..=13 {
            let history = shop.history(&scope, after).await;
            let found: Vec<_> = history.records.iter().map(|record| record.seq()).collect();
            let wanted: Vec<_> = seqs.iter().copied().filter(|seq| *seq > after).collect();
            assert_eq!(found, wanted, "{scope} after {after}");
            assert_eq!((history.head, history.dropped), (12, 0), "{scope} after {after}");
        }
        assert!(shop.seqs(&scope, u64::MAX).await.is_empty(), "{scope} after the end of time");
    }
    Ok(())
}

pub(super) async fn a_limit_cuts_short_and_says_so(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let (order, ada) = (order("42"), customer("ada"));
    shop.publish(&order, Update::create(&order).with_customer(&ada)).await;
    for _ in 1..10 {
        shop.publish(&order, Update::note(&order, "word")).await;
    }
    let all = shop.history(&Scope::Tenant, 0).await.records;
    for scope in [Scope::Order(order), Scope::Customer(ada), Scope::Tenant] {
        for events in 1..=11 {
            let limit = HistoryLimit { events, ..NO_LIMIT };
            let history = shop.history_within(&scope, 0, limit).await;
            assert_eq!(history.records.len(), events.min(10), "{scope}, {events} events at most");
            assert_eq!(history.complete, events >= 10, "{scope}, {events} events at most");
            assert_eq!(history.records[0].seq(), 1, "the oldest come first");
            assert_eq!(history.head, 10, "the head is the tenant's last, whatever is returned");
        }
        for bytes in [0, 1, all[0].weight(), 300, 500, 1_000] {
            let limit = HistoryLimit { bytes, ..NO_LIMIT };
            let history = shop.history_within(&scope, 0, limit).await;
            let weight: usize = history.records.iter().map(|record| record.weight()).sum();
            let count = history.records.len();
            assert!(count == 1 || (count > 1 && weight <= bytes), "{count} of {weight} bytes");
            assert_eq!(history.complete, count == 10, "{scope}, {bytes} bytes at most");
        }
        // Page by page everything comes once.
        let mut seqs = Vec::new();
        loop {
            let limit = HistoryLimit { events: 3, ..NO_LIMIT };
            let after = seqs.last().copied().unwrap_or(0);
            let history = shop.history_within(&scope, after, limit).await;
            seqs.extend(history.records.iter().map(|record| record.seq()));
            if history.complete || seqs.len() > 10 {
                break;
            }
        }
        assert_eq!(seqs, (1..=10).collect::<Vec<_>>());
    }
    Ok(())
}

pub(super) async fn one_event_is_returned_however_large(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let order = order("42");
    shop.publish(&order, Update::create(&order).with_note("n".repeat(4_000))).await;
    let limit = HistoryLimit { bytes: 10, ..NO_LIMIT };
    let scope = Scope::Order(order.clone());
    let history = shop.history_within(&scope, 0, limit).await;
    assert_eq!((history.records.len(), history.complete), (1, true));
    shop.publish(&order, Update::note(&order, "word")).await;
    let history = shop.history_within(&scope, 0, limit).await;
    assert_eq!((history.records.len(), history.complete), (1, false));
    Ok(())
}

pub(super) async fn what_an_audience_may_not_see_does_not_count(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let (order, ada) = (order("42"), customer("ada"));
    shop.publish(&order, Update::create(&order).with_customer(&ada)).await;
    for _ in 0..5 {
        shop.publish(&order, Update::note(&order, "staff's ".repeat(100))).await;
    }
    shop.publish(&order, Update::status(&order, OrderStatus::Processing)).await;
    shop.publish(&order, Update::note(&order, "staff's").staff_only()).await;
    for scope in [Scope::Order(order), Scope::Customer(ada), Scope::Tenant] {
        let limit = HistoryLimit { audience: Audience::Public, events: 2, bytes: 600 };
        let history = shop.history_within(&scope, 0, limit).await;
        let seqs: Vec<_> = history.records.iter().map(|record| record.seq()).collect();
        assert_eq!(seqs, [1, 7], "{scope} in public");
        assert!(history.complete, "{scope}: what is not shown does not count");
        assert_eq!(history.head, 8, "{scope}: the head is the log's, not the audience's");
        let history = shop.history_within(&scope, 7, limit).await;
        assert!(history.records.is_empty() && history.complete, "{scope} in public after 7");
    }
    Ok(())
}

pub(super) async fn an_unknown_scope_has_an_empty_history(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    for scope in [Scope::Order(order("x")), Scope::Customer(customer("x")), Scope::Tenant] {
        let history = shop.history(&scope, 0).await;
        assert!(history.records.is_empty() && history.head == 0 && history.dropped == 0);
        assert_eq!(shop.snapshots(&scope, 10).await.len(), 0);
    }
    shop.fill(3).await;
    for scope in [Scope::Order(order("x")), Scope::Customer(customer("x"))] {
        let history = shop.history(&scope, 1).await;
        assert!(history.records.is_empty() && history.complete, "of {scope}");
        assert_eq!((history.head, history.dropped), (3, 0), "of {scope}");
    }
    // Looking did not make it known.
    assert!(shop.state(&order("x")).await.is_none());
    Ok(())
}

pub(super) async fn history_costs_by_what_it_returns(lab: &Lab<'_>) -> Outcome {
    const MANY: usize = 10_000;
    /// A scan of so many events would cost hundreds of times as much as a look-up.
    const AT_MOST: u32 = 20;
    let shop = lab.open().await?;
    let (order, ada) = (order("42"), customer("ada"));
    shop.publish(&order, Update::create(&order).with_customer(&ada)).await;
    let scopes = [Scope::Order(order), Scope::Customer(ada)];
    let mut before = Vec::new();
    for scope in &scopes {
        before.push(least_time(&shop, scope).await);
    }
    shop.fill(MANY).await;
    for (scope, before) in scopes.iter().zip(before) {
        let after = least_time(&shop, scope).await;
        let limit = before.max(Duration::from_nanos(500)) * AT_MOST;
        assert!(after <= limit, "{scope}: {before:?}, with {MANY} events of others {after:?}");
    }
    Ok(())
}

/// The least of many: whatever else the machine does only adds to it.
async fn least_time(shop: &Shop, scope: &Scope) -> Duration {
    let mut least = Duration::MAX;
    for _ in 0..100 {
        let begun = Instant::now();
        assert_eq!(shop.history(scope, 0).await.records.len(), 1);
        least = least.min(begun.elapsed());
    }
    least
}
