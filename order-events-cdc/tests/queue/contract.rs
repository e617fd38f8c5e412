//! What any queue must keep. Times are in leases, so that a queue with a clock of its own keeps it
//! in real time and one in memory in paused time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use order_events_cdc::{Dead, Enqueued, Lease, ProvisioningQueue};

use crate::job;

const AT_ONCE: Duration = Duration::ZERO;

type Queue = Arc<dyn ProvisioningQueue>;

/// A queue that is empty, for each case anew.
pub(crate) async fn holds<F: Future<Output = Queue>>(empty: impl Fn() -> F) {
    a_trigger_is_taken_in_once_whatever_became_of_its_job(empty().await).await;
    of_many_who_enqueue_one_trigger_at_once_one_is_new(empty().await).await;
    a_job_is_with_one_worker_at_a_time(empty().await).await;
    a_job_whose_worker_died_is_given_to_another(empty().await).await;
    a_lease_that_is_extended_goes_on(empty().await).await;
    a_job_that_is_tried_again_waits_first(empty().await).await;
    a_job_that_is_given_up_is_kept_with_its_reason(empty().await).await;
    who_lost_a_job_can_neither_retry_nor_bury_it(empty().await).await;
    who_waits_is_given_what_comes(empty().await).await;
    many_workers_take_each_job_once(empty().await).await;
}

async fn taken(queue: &Queue) -> Lease {
    queue.take(queue.lease() * 20).await.unwrap().expect("a job is there")
}

async fn a_trigger_is_taken_in_once_whatever_became_of_its_job(queue: Queue) {
    for (order, becomes) in [("1", "done"), ("2", "dead"), ("3", "waiting")] {
        assert_eq!(queue.enqueue(job(order, 1)).await.unwrap(), Enqueued::New);
        assert_eq!(queue.enqueue(job(order, 1)).await.unwrap(), Enqueued::Known);
        let lease = taken(&queue).await;
        assert_eq!((&lease.job, lease.attempt), (&job(order, 1), 1));
        assert_eq!(queue.enqueue(job(order, 1)).await.unwrap(), Enqueued::Known);
        match becomes {
            "done" => queue.done(&lease).await.unwrap(),
            "dead" => assert!(queue.bury(&lease, "why").await.unwrap()),
            _ => assert!(queue.retry(&lease, queue.lease() * 50).await.unwrap()),
        }
        assert_eq!(queue.enqueue(job(order, 1)).await.unwrap(), Enqueued::Known, "{becomes}");
        assert_eq!(queue.take(AT_ONCE).await.unwrap(), None, "{becomes}");
    }
    assert_eq!(queue.enqueue(job("1", 2)).await.unwrap(), Enqueued::New);
}

async fn of_many_who_enqueue_one_trigger_at_once_one_is_new(queue: Queue) {
    let racers: Vec<_> = (0..50)
        .map(|_| {
            let queue = Arc::clone(&queue);
            tokio::spawn(async move { queue.enqueue(job("1", 1)).await.unwrap() })
        })
        .collect();
    let mut new = 0;
    for racer in racers {
        new += usize::from(racer.await.unwrap() == Enqueued::New);
    }
    assert_eq!(new, 1);
    taken(&queue).await;
    assert_eq!(queue.take(AT_ONCE).await.unwrap(), None);
}

async fn a_job_is_with_one_worker_at_a_time(queue: Queue) {
    queue.enqueue(job("1", 1)).await.unwrap();
    queue.enqueue(job("2", 1)).await.unwrap();
    let (one, other) = (taken(&queue).await, taken(&queue).await);
    assert_ne!(one.job, other.job);
    assert_ne!(one.receipt, other.receipt);
    assert_eq!(queue.take(AT_ONCE).await.unwrap(), None);
}

async fn a_job_whose_worker_died_is_given_to_another(queue: Queue) {
    queue.enqueue(job("1", 1)).await.unwrap();
    let dead = taken(&queue).await;
    let next = taken(&queue).await;
    assert_eq!((&next.job, next.attempt), (&dead.job, 2));
    assert_ne!(next.receipt, dead.receipt);
    // The other one was alive after all, and did it.
    queue.done(&dead).await.unwrap();
    assert!(!queue.extend(&next).await.unwrap());
    assert_eq!(queue.take(queue.lease() * 2).await.unwrap(), None);
}

async fn a_lease_that_is_extended_goes_on(queue: Queue) {
    queue.enqueue(job("1", 1)).await.unwrap();
    let lease = taken(&queue).await;
    for _ in 0..4 {
        assert_eq!(queue.take(queue.lease() / 2).await.unwrap(), None);
        assert!(queue.extend(&lease).await.unwrap());
    }
    let next = taken(&queue).await;
    assert_eq!(next.attempt, 2);
    assert!(!queue.extend(&lease).await.unwrap());
}

async fn a_job_that_is_tried_again_waits_first(queue: Queue) {
    queue.enqueue(job("1", 1)).await.unwrap();
    let lease = taken(&queue).await;
    assert!(queue.retry(&lease, queue.lease() * 2).await.unwrap());
    assert_eq!(queue.take(queue.lease()).await.unwrap(), None);
    let next = taken(&queue).await;
    assert_eq!((&next.job, next.attempt), (&lease.job, 2));
    assert!(queue.retry(&next, AT_ONCE).await.unwrap());
    assert_eq!(taken(&queue).await.attempt, 3);
}

async fn a_job_that_is_given_up_is_kept_with_its_reason(queue: Queue) {
    for order in ["1", "2", "3"] {
        queue.enqueue(job(order, 1)).await.unwrap();
        let lease = taken(&queue).await;
        assert!(queue.bury(&lease, &format!("{order} has no address\n")).await.unwrap());
        assert!(!queue.bury(&lease, "again").await.unwrap());
    }
    let dead = queue.dead(2).await.unwrap();
    let expected = ["1", "2"].map(|order| Dead {
        job: job(order, 1),
        attempts: 1,
        reason: format!("{order} has no address\n"),
    });
    assert_eq!(dead, expected);
    assert_eq!(queue.dead(9).await.unwrap().len(), 3);
}

async fn who_lost_a_job_can_neither_retry_nor_bury_it(queue: Queue) {
    queue.enqueue(job("1", 1)).await.unwrap();
    let lost = taken(&queue).await;
    let lease = taken(&queue).await;
    assert!(!queue.retry(&lost, AT_ONCE).await.unwrap());
    assert!(!queue.bury(&lost, "why").await.unwrap());
    assert_eq!(queue.dead(9).await.unwrap(), []);
    assert!(queue.extend(&lease).await.unwrap());
}

async fn who_waits_is_given_what_comes(queue: Queue) {
    let waiter = {
        let queue = Arc::clone(&queue);
        tokio::spawn(async move { taken(&queue).await })
    };
    tokio::task::yield_now().await;
    queue.enqueue(job("1", 1)).await.unwrap();
    assert_eq!(waiter.await.unwrap().job, job("1", 1));
}

async fn many_workers_take_each_job_once(queue: Queue) {
    const JOBS: usize = 100;
    for n in 0..JOBS {
        queue.enqueue(job(&n.to_string(), 1)).await.unwrap();
    }
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let queue = Arc::clone(&queue);
            tokio::spawn(async move {
                let mut orders = Vec::new();
                while let Some(lease) = queue.take(AT_ONCE).await.unwrap() {
                    orders.push(lease.job.order.clone());
                    queue.done(&lease).await.unwrap();
                }
                orders
            })
        })
        .collect();
    let mut orders = Vec::new();
    for worker in workers {
        orders.extend(worker.await.unwrap());
    }
    assert_eq!(orders.len(), JOBS);
    assert_eq!(orders.into_iter().collect::<BTreeSet<_>>().len(), JOBS);
}
