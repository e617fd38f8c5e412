//! What is let go of, and that it is said.

use std::time::Duration;

use order_events_core::{Audience, Scope, Update};

use super::lab::{Lab, Shop, customer, order, word};
use super::{Outcome, Retention};

/// What the log says of a scope is true: it holds every event after what it says it dropped.
async fn check(shop: &Shop, scope: &Scope, all: &[u64]) {
    let history = shop.history(scope, 0).await;
    let held: Vec<_> = history.records.iter().map(|record| record.seq()).collect();
    let dropped = history.dropped;
    let wanted: Vec<_> = all.iter().copied().filter(|seq| *seq > dropped).collect();
    assert_eq!(held, wanted, "{scope}, of which {dropped} was dropped");
    assert!(dropped == 0 || all.contains(&dropped), "{dropped} is no event of {scope}");
}

pub(super) async fn a_trimmed_log_says_so(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open_with(Retention::default().events(20)).await?;
    lab.trim_past(&shop, 100).await;
    let all: Vec<_> = (1..=shop.head().await).collect();
    check(&shop, &Scope::Tenant, &all).await;
    check(&shop, &Scope::Order(order("busy")), &all).await;
    let held = shop.history(&Scope::Tenant, 0).await.records.len();
    assert!(held >= 20, "20 events are to be kept, {held} are");
    // Whoever asks from a place that is still held is told everything.
    let head = shop.head().await;
    for after in head - 20..=head {
        assert_eq!(shop.seqs(&Scope::Tenant, after).await.len() as u64, head - after);
    }
    Ok(())
}

pub(super) async fn history_of_a_quiet_order_survives_a_busy_tenant(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open_with(Retention::default().events(20)).await?;
    let (quiet, ada) = (order("quiet"), customer("ada"));
    shop.publish(&quiet, Update::create(&quiet).with_customer(&ada)).await;
    shop.fill(1).await;
    let last = shop.publish(&quiet, Update::note(&quiet, "staff's")).await.seq();
    let scopes = [Scope::Order(quiet.clone()), Scope::Customer(ada)];
    lab.trim_past(&shop, last + 50).await;
    for scope in &scopes {
        let history = shop.history(scope, last).await;
        assert!(history.records.is_empty());
        assert_eq!(history.dropped, last, "after {last} nothing of {scope} was missed");
        check(&shop, scope, &[1, last]).await;
    }
    // Nor once it moves again.
    let next = shop.publish(&quiet, Update::note(&quiet, "back").public()).await.seq();
    for scope in &scopes {
        let history = shop.history(scope, last).await;
        let seqs: Vec<_> = history.records.iter().map(|record| record.seq()).collect();
        assert_eq!((seqs, history.dropped), (vec![next], last), "of {scope}");
        check(&shop, scope, &[1, last, next]).await;
    }
    Ok(())
}

pub(super) async fn expiry_is_judged_per_scope_at_every_step(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open_with(Retention::default().events(12)).await?;
    let whose = |number: usize| customer(&format!("customer-{}", number % 2));
    let mut orders = vec![Vec::new(); 4];
    let mut customers = vec![Vec::new(); 2];
    for step in 0..400_usize {
        // Some seldom, some often.
        let number = if step % 37 == 0 { 0 } else { 1 + step % 3 };
        let order = order(&format!("order-{number}"));
        let update = word(&order);
        let update =
            if orders[number].is_empty() { update.with_customer(whose(number)) } else { update };
        let seq = shop.publish(&order, update).await.seq();
        orders[number].push(seq);
        customers[number % 2].push(seq);
        if step % 7 == 0 {
            for (number, all) in orders.iter().enumerate().filter(|(_, all)| !all.is_empty()) {
                check(&shop, &Scope::Order(super::lab::order(&format!("order-{number}"))), all)
                    .await;
            }
            for (number, all) in customers.iter().enumerate().filter(|(_, all)| !all.is_empty()) {
                check(&shop, &Scope::Customer(whose(number)), all).await;
            }
        }
    }
    Ok(())
}

pub(super) async fn old_events_go_by_age(lab: &Lab<'_>) -> Outcome {
    let age = Duration::from_secs(2);
    let shop = lab.open_with(Retention::default().age(age)).await?;
    let order = order("42");
    shop.publish(&order, Update::create(&order)).await;
    shop.fill(5).await;
    let scope = Scope::Order(order.clone());
    assert_eq!(shop.seqs(&scope, 0).await, [1], "nothing is old yet");
    lab.pass(age * 2).await;
    lab.trim_past(&shop, 6).await;
    assert!(shop.seqs(&scope, 0).await.is_empty());
    assert_eq!(shop.dropped(&scope).await, 1);
    assert!(shop.snapshot(&order).await.is_some(), "the order itself is still there");
    Ok(())
}

pub(super) async fn an_unknown_scope_may_have_missed_what_was_trimmed(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open_with(Retention::default().events(20)).await?;
    lab.trim_past(&shop, 50).await;
    let tenant = shop.dropped(&Scope::Tenant).await;
    for scope in [Scope::Order(order("x")), Scope::Customer(customer("x"))] {
        let history = shop.history(&scope, 0).await;
        assert!(history.records.is_empty());
        assert!(history.dropped <= tenant, "{scope} cannot have missed more than there was");
    }
    Ok(())
}

pub(super) async fn trimming_counts_what_the_public_may_not_see(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open_with(Retention::default().events(20)).await?;
    let order = order("42");
    let public = shop.publish(&order, Update::create(&order)).await.seq();
    lab.trim_past(&shop, public).await;
    let limit = super::lab::NO_LIMIT;
    let limit = order_events_core::engine::HistoryLimit { audience: Audience::Public, ..limit };
    let history = shop.history_within(&Scope::Order(order), 0, limit).await;
    assert!(history.records.is_empty() && history.complete);
    assert_eq!(history.dropped, public, "a public reader is told of the gap as well");
    Ok(())
}
