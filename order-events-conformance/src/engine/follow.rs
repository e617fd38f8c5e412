//! Tails: in order, once, and told at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use order_events_core::{CustomerId, Scope, Update};

use super::Outcome;
use super::lab::{Lab, customer, order, word};
use super::tail::{Heard, Recorder};

pub(super) async fn a_tail_hears_every_event_in_order(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    shop.fill(3).await;
    let tail = Recorder::new();
    let _follow = shop.follow(&tail);
    let interruptions = tail.interruptions();
    shop.fill(50).await;
    tail.until(lab, 53, interruptions).await;
    let known = tail.known(&shop, 3).await;
    assert_eq!(known, (4..=53).collect::<Vec<_>>());
    Ok(())
}

pub(super) async fn racing_publishers_are_heard_in_order(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let tail = Recorder::new();
    let _follow = shop.follow(&tail);
    let interruptions = tail.interruptions();
    let racer = |place: usize| {
        let shop = if place.is_multiple_of(2) { shop.clone() } else { shop.elsewhere() };
        async move {
            let order = order(&format!("order-{place}"));
            for _ in 0..10 {
                shop.publish(&order, word(&order)).await;
                super::yield_now().await;
            }
        }
    };
    lab.race((0..20).map(racer).collect()).await;
    tail.until(lab, 200, interruptions).await;
    assert_eq!(tail.known(&shop, 0).await, (1..=200).collect::<Vec<_>>());
    Ok(())
}

pub(super) async fn a_tail_hears_its_own_tenant_only(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let neighbour = shop.of("neighbour");
    let (ours, theirs) = (Recorder::new(), Recorder::new());
    let _follows = (shop.follow(&ours), neighbour.follow(&theirs));
    let before = (ours.interruptions(), theirs.interruptions());
    shop.fill(3).await;
    neighbour.fill(5).await;
    shop.fill(1).await;
    ours.until(lab, 4, before.0).await;
    theirs.until(lab, 5, before.1).await;
    assert_eq!(ours.known(&shop, 0).await, [1, 2, 3, 4]);
    assert_eq!(theirs.known(&neighbour, 0).await, [1, 2, 3, 4, 5]);
    Ok(())
}

pub(super) async fn a_tail_is_told_whose_the_order_is(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let tail = Recorder::new();
    let _follow = shop.follow(&tail);
    let interruptions = tail.interruptions();
    let (order, ada, bob) = (order("42"), customer("ada"), customer("bob"));
    let steps: Vec<(Update, Option<&CustomerId>)> = vec![
        (Update::create(&order), None),
        (Update::attach(&order, &ada), Some(&ada)),
        (Update::note(&order, "word"), Some(&ada)),
        (Update::delete(&order), Some(&ada)),
        (Update::create(&order).with_customer(&bob), Some(&bob)),
        (Update::note(&order, "word"), Some(&bob)),
    ];
    let mut wanted = Vec::new();
    for (update, whose) in steps {
        let record = shop.publish(&order, update).await;
        wanted.push((record.seq(), whose.cloned(), record.payload().to_owned()));
    }
    tail.until(lab, 6, interruptions).await;
    for heard in tail.heard() {
        if let Heard::Event(record, whose) = heard {
            let heard = (record.seq(), whose, record.payload().to_owned());
            assert!(wanted.contains(&heard), "heard {heard:?}, published {wanted:?}");
        }
    }
    Ok(())
}

pub(super) async fn many_tails_hear_the_same(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let tails: Vec<_> = (0..5).map(|_| Recorder::new()).collect();
    let mut follows: Vec<_> = tails
        .iter()
        .enumerate()
        .map(
            |(place, tail)| {
                if place < 3 { shop.follow(tail) } else { shop.elsewhere().follow(tail) }
            },
        )
        .collect();
    let before: Vec<_> = tails.iter().map(|tail| tail.interruptions()).collect();
    shop.fill(10).await;
    for (tail, before) in tails.iter().zip(&before) {
        tail.until(lab, 10, *before).await;
        assert_eq!(tail.known(&shop, 0).await, (1..=10).collect::<Vec<_>>());
    }
    // One that goes leaves the others where they are.
    drop(follows.remove(1));
    let before: Vec<_> = tails.iter().map(|tail| tail.interruptions()).collect();
    shop.fill(10).await;
    for (place, (tail, before)) in tails.iter().zip(before).enumerate() {
        if place != 1 {
            tail.until(lab, 20, before).await;
            assert_eq!(tail.known(&shop, 0).await, (1..=20).collect::<Vec<_>>());
        }
    }
    Ok(())
}

pub(super) async fn a_follow_that_is_dropped_ends_the_tail(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let tail = Recorder::new();
    let follow = shop.follow(&tail);
    let witness = Recorder::new();
    let _follow = shop.follow(&witness);
    let before = (tail.interruptions(), witness.interruptions());
    shop.fill(5).await;
    tail.until(lab, 5, before.0).await;
    drop(follow);
    let heard = tail.len();
    shop.fill(5).await;
    witness.until(lab, 10, before.1).await;
    for _ in 0..20 {
        lab.settle().await;
    }
    assert_eq!(tail.len(), heard, "a tail was told after its follow was dropped");
    let gone = Arc::downgrade(&tail);
    drop(tail);
    lab.until("the engine lets go of a tail that is not followed any more", || async {
        gone.upgrade().is_none().then_some(())
    })
    .await;
    Ok(())
}

pub(super) async fn publishing_tells_the_tails_without_further_help(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let tail = Recorder::new();
    let _follow = shop.follow(&tail);
    for seq in 1..=20 {
        let interruptions = tail.interruptions();
        shop.fill(1).await;
        // Nothing is called here but the passing of time.
        tail.until(lab, seq, interruptions).await;
    }
    Ok(())
}

pub(super) async fn another_nodes_tails_are_told_too(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let (here, there) = (Recorder::new(), Recorder::new());
    let _follows = (shop.follow(&here), shop.elsewhere().follow(&there));
    for round in 1..=10 {
        let before = (here.interruptions(), there.interruptions());
        shop.fill(1).await;
        shop.elsewhere().fill(1).await;
        here.until(lab, round * 2, before.0).await;
        there.until(lab, round * 2, before.1).await;
    }
    let all: Vec<_> = (1..=20).collect();
    assert_eq!(here.known(&shop, 0).await, all);
    assert_eq!(there.known(&shop.elsewhere(), 0).await, all);
    Ok(())
}

pub(super) async fn a_lost_log_interrupts_its_tails(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let neighbour = shop.of("neighbour");
    let tail = Recorder::new();
    let _follow = shop.follow(&tail);
    let interruptions = tail.interruptions();
    shop.fill(5).await;
    neighbour.fill(2).await;
    tail.until(lab, 5, interruptions).await;
    let interruptions = tail.interruptions();
    let before = (shop.epoch().await, neighbour.epoch().await);
    shop.lose().await?;
    lab.until("a lost log has interrupted its tail", || async {
        (tail.interruptions() > interruptions).then_some(())
    })
    .await;
    assert_ne!(shop.epoch().await, before.0, "what was acknowledged is gone");
    assert_eq!(neighbour.epoch().await, before.1, "theirs is not");
    assert_eq!(shop.head().await, 0);
    assert!(shop.seqs(&Scope::Tenant, 0).await.is_empty());
    assert!(shop.state(&order("busy")).await.is_none());
    // It begins again, and goes on being followed.
    let (heard, interruptions) = (tail.len(), tail.interruptions());
    shop.fill(3).await;
    assert_eq!(shop.seqs(&Scope::Tenant, 0).await, [1, 2, 3]);
    lab.until("the new log is followed", || async {
        let last = tail.seqs().last().copied();
        let is_told = tail.len() > heard && last == Some(3);
        (is_told || tail.interruptions() > interruptions).then_some(())
    })
    .await;
    Ok(())
}

pub(super) async fn the_epoch_stays_while_nothing_is_lost(lab: &Lab<'_>) -> Outcome {
    let retention = super::Retention::default().events(20).key_window(Duration::from_secs(1));
    let shop = lab.open_with(retention).await?;
    // It may be drawn with the first event.
    shop.fill(1).await;
    let epoch = shop.epoch().await;
    for round in 0..10 {
        lab.pass(Duration::from_millis(300)).await;
        shop.fill(20).await;
        let order = order(&format!("order-{round}"));
        let draft = shop.draft(&order, Update::create(&order)).await;
        let appended = shop.append(draft.clone()).await;
        match appended {
            order_events_core::engine::Appended::Committed { epoch: its, .. } => {
                assert_eq!(its, epoch);
            }
            other => panic!("it should have been committed, not {other:?}"),
        }
        let _ = shop.append(draft).await;
        for shop in [&shop, &shop.elsewhere()] {
            assert_eq!(shop.epoch().await, epoch);
            assert_eq!(shop.current(&order, None).await.epoch, epoch);
            assert_eq!(shop.page(&Scope::Tenant, None, 5).await.epoch, epoch);
        }
    }
    Ok(())
}

pub(super) async fn follows_come_and_go_while_others_publish(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let done = Arc::new(AtomicUsize::new(0));
    let task = |place: usize| {
        let (shop, done) = (shop.clone(), Arc::clone(&done));
        async move {
            if place < 4 {
                let order = order(&format!("order-{place}"));
                for _ in 0..25 {
                    shop.publish(&order, word(&order)).await;
                    super::yield_now().await;
                }
                done.fetch_add(1, Ordering::SeqCst);
                return;
            }
            for _ in 0..200 {
                let tail = Recorder::new();
                let follow = shop.follow(&tail);
                super::yield_now().await;
                drop(follow);
                tail.check();
                if done.load(Ordering::SeqCst) == 4 {
                    return;
                }
            }
        }
    };
    lab.race((0..6).map(task).collect()).await;
    super::history::check_whole(&shop).await;
    Ok(())
}
