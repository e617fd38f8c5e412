//! Futures that are dropped half way.

use order_events_core::engine::Appended;
use order_events_core::{Scope, Update};

use super::lab::{Lab, key, order};
use super::tail::Recorder;
use super::{Outcome, history};

/// Polls after which a future is dropped: each number up to this.
const POLLS: usize = 24;

pub(super) async fn a_cancelled_append_is_whole_or_nothing(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let tail = Recorder::new();
    let _follow = shop.follow(&tail);
    let interruptions = tail.interruptions();
    let order = order("42");
    shop.publish(&order, Update::create(&order)).await;
    for polls in 0..POLLS {
        let key = key(&format!("k{polls}"));
        let update = Update::note(&order, "half way").with_key(&key);
        let draft = shop.draft(&order, update).await;
        let _ = lab.poll_at_most(polls, shop.try_append(draft.clone())).await;

        // Nobody holds a lock, and a retry finds the whole of it or nothing.
        let again = lab.finish("a retry after a cancelled append", shop.append(draft)).await;
        let seq = match again {
            Appended::Committed { record, .. } => record.seq(),
            Appended::KeySeen { prior, .. } => prior.record.seq(),
            other => panic!("after a cancelled append a retry is told {other:?}"),
        };
        assert_eq!(shop.head().await, seq);
        assert_eq!(shop.version(&order).await, polls as u64 + 2);
    }
    history::check_whole(&shop).await;
    tail.until(lab, shop.head().await, interruptions).await;
    assert_eq!(tail.known(&shop, 0).await, shop.seqs(&Scope::Tenant, 0).await);
    Ok(())
}

pub(super) async fn cancelled_reads_leave_nothing_behind(lab: &Lab<'_>) -> Outcome {
    let shop = lab.open().await?;
    let order = order("42");
    shop.publish(&order, Update::create(&order)).await;
    let scope = Scope::Tenant;
    for polls in 0..POLLS {
        let _ = lab.poll_at_most(polls, shop.current(&order, Some(&key("k")))).await;
        let _ = lab.poll_at_most(polls, shop.history(&scope, 0)).await;
        let _ = lab.poll_at_most(polls, shop.page(&scope, None, 10)).await;
        let update = Update::note(&order, "goes on");
        lab.finish("a publish after cancelled reads", shop.publish(&order, update)).await;
    }
    history::check_whole(&shop).await;
    Ok(())
}
