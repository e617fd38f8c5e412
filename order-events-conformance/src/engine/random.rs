//! Random histories against the naive model.

use std::collections::HashSet;

use order_events_core::engine::HistoryLimit;
use order_events_core::{Audience, Scope};

use super::drafting::{Cast, Dice, draft};
use super::lab::{Lab, NO_LIMIT, Shop, customer, key};
use super::model::{Model, same};
use super::{Outcome, Retention};

const CAST: Cast = Cast { orders: 6, customers: 3, keys: 60 };

pub(super) async fn random_histories_are_what_a_list_would_be(lab: &Lab<'_>) -> Outcome {
    for seed in 1..=6 {
        let shop = lab.open().await?;
        let shops = [shop.clone(), shop.of("neighbour")];
        let mut models = [Model::default(), Model::default()];
        let mut dice = Dice::new(seed);
        for step in 1..=120 {
            let at = dice.roll(2) as usize;
            let (shop, model) = (&shops[at], &mut models[at]);
            let draft = draft(&mut dice, CAST, model, shop.now());
            let node = if dice.roll(2) == 0 { shop.clone() } else { shop.elsewhere() };
            let answer = node.append(draft.clone()).await;
            model.append(draft, answer);
            if step % 40 == 0 {
                check(&mut dice, shop, model).await;
            }
        }
    }
    Ok(())
}

/// Every scope, every place, both audiences, some limits; every order and every key.
async fn check(dice: &mut Dice, shop: &Shop, model: &Model) {
    for scope in scopes() {
        let all: Vec<_> = model.records(&scope).cloned().collect();
        for after in 0..=model.head() + 1 {
            let audience = [Audience::Public, Audience::Staff][dice.roll(2) as usize];
            let limit = match dice.roll(3) {
                0 => HistoryLimit { audience, ..NO_LIMIT },
                1 => HistoryLimit { audience, events: dice.roll(8) as usize + 1, ..NO_LIMIT },
                _ => HistoryLimit { audience, bytes: dice.roll(2_000) as usize, ..NO_LIMIT },
            };
            let wanted: Vec<_> = all
                .iter()
                .filter(|record| record.seq() > after && record.is_visible_to(audience))
                .collect();
            let history = shop.history_within(&scope, after, limit).await;
            let found = &history.records;
            let what = format!("{scope} after {after} within {limit:?}");
            assert_eq!((history.head, history.dropped), (model.head(), 0), "{what}");
            assert!(found.len() <= wanted.len(), "{what}: more than there is");
            for (found, wanted) in found.iter().zip(&wanted) {
                same(found, wanted);
            }
            let weight: usize = found.iter().map(|record| record.weight()).sum();
            assert!(found.len() <= limit.events, "{what}: {} events", found.len());
            assert!(found.len() <= 1 || weight <= limit.bytes, "{what}: {weight} bytes");
            assert_eq!(history.complete, found.len() == wanted.len(), "{what}");
            assert!(!found.is_empty() || wanted.is_empty(), "{what}: one event at least");
        }
        let page_size = dice.roll(7) as usize + 1;
        check_snapshots(shop, model, &scope, page_size).await;
    }
    for number in 0..CAST.orders {
        let order = CAST.order(number);
        assert_eq!(shop.state(&order).await.as_ref(), model.state(&order));
    }
}

fn scopes() -> Vec<Scope> {
    let orders = (0..CAST.orders).map(|number| Scope::Order(CAST.order(number)));
    let customers =
        (0..CAST.customers).map(|number| Scope::Customer(customer(&format!("customer-{number}"))));
    orders.chain(customers).chain([Scope::Tenant]).collect()
}

async fn check_snapshots(shop: &Shop, model: &Model, scope: &Scope, page_size: usize) {
    let orders = shop.snapshots(scope, page_size).await;
    let found: HashSet<_> = orders.iter().map(|snapshot| snapshot.order.clone()).collect();
    assert_eq!(found.len(), orders.len(), "{scope}: nothing moves, so each comes once");
    assert_eq!(found, model.shown(scope), "the orders of {scope}, {page_size} a page");
    for snapshot in &orders {
        model.check(snapshot);
    }
}

pub(super) async fn random_histories_are_trimmed_from_their_beginning(lab: &Lab<'_>) -> Outcome {
    for seed in 11..=16 {
        let retention = Retention::default().events(25);
        let shop = lab.open_with(retention).await?;
        let mut model = Model::default();
        let mut dice = Dice::new(seed);
        // Nothing is forgotten here, for every order carries a living key; see `forgetting` for
        // those that are.
        for number in 0..CAST.orders {
            let order = CAST.order(number);
            let update = order_events_core::Update::create(&order);
            let update = update.with_key(key(&format!("keeps-{number}")));
            let draft = shop.draft(&order, update).await;
            let answer = shop.append(draft.clone()).await;
            model.append(draft, answer);
        }
        for step in 1..=300_u64 {
            let draft = draft(&mut dice, CAST, &model, shop.now());
            let answer = shop.append(draft.clone()).await;
            model.append(draft, answer);
            if step % 10 == 0 {
                check_trimmed(&shop, &model).await;
            }
        }
        check_snapshots(&shop, &model, &Scope::Tenant, 4).await;
        assert!(shop.dropped(&Scope::Tenant).await > 0, "nothing was trimmed");
    }
    Ok(())
}

async fn check_trimmed(shop: &Shop, model: &Model) {
    let tenant = shop.dropped(&Scope::Tenant).await;
    for scope in scopes() {
        let all: Vec<_> = model.records(&scope).cloned().collect();
        for after in [0, tenant.saturating_sub(3), tenant, tenant + 5, model.head()] {
            let history = shop.history(&scope, after).await;
            let what = format!("{scope} after {after}, of which {} was dropped", history.dropped);
            assert!(history.dropped <= tenant, "{what}: the tenant dropped {tenant}");
            let from = after.max(history.dropped);
            let wanted: Vec<_> = all.iter().filter(|record| record.seq() > from).collect();
            assert_eq!(history.records.len(), wanted.len(), "{what}");
            for (found, wanted) in history.records.iter().zip(wanted) {
                same(found, wanted);
            }
            // Of what was before its first event an engine may not know whose it was.
            let is_before = all.first().is_none_or(|first| history.dropped < first.seq());
            let is_one_of_its = all.iter().any(|record| record.seq() == history.dropped);
            assert!(
                is_before || is_one_of_its || model.may_be_forgotten(&scope),
                "{what}: that is another's event"
            );
        }
    }
}
