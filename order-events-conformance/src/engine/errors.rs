//! What an error says of the log.

use order_events_core::engine::{Appended, EngineError};
use order_events_core::{Scope, Update};

use super::lab::{Lab, key, order};
use super::{Outcome, history};

pub(super) async fn an_error_means_what_it_says(lab: &Lab<'_>) -> Outcome {
    const CALLS: usize = 300;
    let shop = lab.open().await?;
    let mut drafts = Vec::new();
    for call in 0..CALLS {
        let order = order(&format!("order-{call}"));
        let update = Update::create(&order).with_key(key(&format!("k{call}")));
        drafts.push(shop.draft(&order, update).await);
    }
    shop.disturb(true).await?;
    let mut answers = Vec::new();
    for draft in &drafts {
        answers.push(shop.try_append(draft.clone()).await);
    }
    shop.disturb(false).await?;

    let (mut failed, mut committed) = (0, 0);
    for (draft, answer) in drafts.into_iter().zip(answers) {
        let version = shop.version(&draft.order).await;
        match answer {
            Ok(Appended::Committed { .. }) => assert_eq!(version, 1, "it was acknowledged"),
            Ok(other) => panic!("a new order with a new key cannot be {other:?}"),
            Err(EngineError::Indeterminate { .. }) => {
                failed += 1;
                assert!(
                    shop.engine.replies_can_be_lost(),
                    "the engine says that none is ever lost"
                );
                // Trying again with the key tells.
                let again = shop.append(draft).await;
                match (version, again) {
                    (0, Appended::Committed { .. }) => committed += 1,
                    (1, Appended::KeySeen { .. }) => {}
                    (version, again) => panic!("at version {version} a retry is told {again:?}"),
                }
            }
            Err(EngineError::Unavailable { .. }) => {
                failed += 1;
                assert_eq!(version, 0, "unavailable, but it was committed");
            }
            Err(other) => panic!("an append cannot fail by {other}"),
        }
        committed += version;
    }
    assert!(failed > 0, "of {CALLS} calls none was disturbed");
    assert_eq!(shop.seqs(&Scope::Tenant, 0).await.len() as u64, committed);
    history::check_whole(&shop).await;
    Ok(())
}
