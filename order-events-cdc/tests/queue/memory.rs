//! The queue in memory.

use std::sync::Arc;
use std::time::Duration;

use order_events_cdc::{Enqueued, MemoryQueue, ProvisioningQueue};

use crate::{contract, job};

#[tokio::test(start_paused = true)]
async fn a_queue_in_memory_keeps_the_contract() {
    contract::holds(async || Arc::new(MemoryQueue::new()) as Arc<dyn ProvisioningQueue>).await;
}

#[tokio::test(start_paused = true)]
async fn a_trigger_is_forgotten_after_its_time_and_not_before() {
    let queue = MemoryQueue::new().remembering(Duration::from_secs(60));
    queue.enqueue(job("1", 1)).await.unwrap();
    tokio::time::advance(Duration::from_secs(59)).await;
    assert_eq!(queue.enqueue(job("1", 1)).await.unwrap(), Enqueued::Known);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(queue.enqueue(job("1", 1)).await.unwrap(), Enqueued::New);
}
