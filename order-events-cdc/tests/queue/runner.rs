//! What the runner does with jobs, and what the order's watchers see of it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use order_events_cdc::{
    Failed, Job, MemoryQueue, Provisioned, Provisioner, ProvisioningQueue, Ran, Runner, async_trait,
};
use order_events_core::{Audience, Hub, StageState, Update};
use serde_json::json;
use tokio::sync::Notify;

use crate::{job, stages};

const LONG: Duration = Duration::from_secs(3600);

/// Fails as often as it is told, then succeeds.
#[derive(Clone, Default)]
struct Shaky {
    failures: u32,
    for_good: bool,
    calls: Arc<AtomicU32>,
}

#[async_trait]
impl Provisioner for Shaky {
    async fn provision(&self, job: &Job, attempt: u32) -> Result<Provisioned, Failed> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if attempt <= self.failures {
            let reason = format!("{} was refused the {attempt}. time", job.order);
            return Err(Failed { reason, is_final: self.for_good });
        }
        Ok(Provisioned { result: Some(json!({"externalId": "EXT-1"})) })
    }
}

/// Never comes to an end, until it is let.
#[derive(Clone, Default)]
struct Stuck {
    begun: Arc<Notify>,
    go_on: Arc<Notify>,
}

#[async_trait]
impl Provisioner for Stuck {
    async fn provision(&self, _: &Job, _: u32) -> Result<Provisioned, Failed> {
        self.begun.notify_one();
        self.go_on.notified().await;
        Ok(Provisioned::default())
    }
}

struct Shop {
    queue: Arc<MemoryQueue>,
    hub: Hub,
}

impl Shop {
    async fn with_a_job() -> Self {
        let hub = Hub::builder().build();
        hub.publish(Update::create(&job("1", 1).order)).await.unwrap();
        let queue = Arc::new(MemoryQueue::new());
        queue.enqueue(job("1", 1)).await.unwrap();
        Self { queue, hub }
    }

    fn runner<P: Provisioner>(&self, provisioner: P) -> Runner<P> {
        Runner::new(
            Arc::clone(&self.queue) as Arc<dyn ProvisioningQueue>,
            self.hub.clone(),
            provisioner,
        )
    }

    async fn stages(&self, audience: Audience) -> Vec<(StageState, Option<String>)> {
        stages::seen(&self.hub, audience).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_is_done_and_its_watchers_see_it_start_and_end() {
    let shop = Shop::with_a_job().await;
    let ran = shop.runner(Shaky::default()).run_once(LONG).await.unwrap();
    assert_eq!(ran, Some(Ran::Done));
    let seen = shop.stages(Audience::Public).await;
    assert_eq!(seen, [(StageState::Started, None), (StageState::Completed, None)]);
    assert_eq!(shop.queue.take(LONG).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_fails_is_tried_again_and_its_watchers_see_one_beginning() {
    let shop = Shop::with_a_job().await;
    let shaky = Shaky { failures: 3, ..Shaky::default() };
    let runner = shop.runner(shaky.clone());
    for attempt in 1..=3 {
        let ran = runner.run_once(LONG).await.unwrap();
        let reason = format!("1 was refused the {attempt}. time");
        assert_eq!(ran, Some(Ran::Again { reason }));
    }
    assert_eq!(runner.run_once(LONG).await.unwrap(), Some(Ran::Done));
    assert_eq!(shaky.calls.load(Ordering::Relaxed), 4);
    let seen = shop.stages(Audience::Public).await;
    assert_eq!(seen, [(StageState::Started, None), (StageState::Completed, None)]);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_fails_too_often_is_dead_and_only_staff_see_why() {
    let shop = Shop::with_a_job().await;
    let shaky = Shaky { failures: 99, ..Shaky::default() };
    let runner = shop.runner(shaky.clone()).retrying(|retries| retries.attempts = 3);
    for _ in 0..2 {
        assert!(matches!(runner.run_once(LONG).await.unwrap(), Some(Ran::Again { .. })));
    }
    let reason = "1 was refused the 3. time".to_owned();
    let ran = runner.run_once(LONG).await.unwrap();
    assert_eq!(ran, Some(Ran::Dead { reason: reason.clone() }));
    let dead = shop.queue.dead(9).await.unwrap();
    assert_eq!((dead.len(), dead[0].attempts, &dead[0].reason), (1, 3, &reason));
    let public = shop.stages(Audience::Public).await;
    assert_eq!(public, [(StageState::Started, None), (StageState::Failed, None)]);
    assert_eq!(shop.stages(Audience::Staff).await[1], (StageState::Failed, Some(reason)));
    assert_eq!(runner.run_once(LONG).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn what_fails_for_good_is_not_tried_again() {
    let shop = Shop::with_a_job().await;
    let shaky = Shaky { failures: 99, for_good: true, ..Shaky::default() };
    let ran = shop.runner(shaky.clone()).run_once(LONG).await.unwrap();
    assert!(matches!(ran, Some(Ran::Dead { .. })));
    assert_eq!(shaky.calls.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_job_whose_worker_dies_is_taken_over_and_nobody_sees_a_second_beginning() {
    let shop = Shop::with_a_job().await;
    let stuck = Stuck::default();
    let runner = shop.runner(stuck.clone());
    let dying = tokio::spawn(async move { runner.run_once(LONG).await });
    stuck.begun.notified().await;
    dying.abort();
    assert!(dying.await.unwrap_err().is_cancelled());
    assert_eq!(shop.stages(Audience::Public).await, [(StageState::Started, None)]);

    let other = Shaky::default();
    assert_eq!(shop.runner(other.clone()).run_once(LONG).await.unwrap(), Some(Ran::Done));
    assert_eq!(other.calls.load(Ordering::Relaxed), 1);
    let seen = shop.stages(Audience::Public).await;
    assert_eq!(seen, [(StageState::Started, None), (StageState::Completed, None)]);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_takes_many_leases_stays_with_its_worker() {
    let shop = Shop::with_a_job().await;
    let stuck = Stuck::default();
    let runner = shop.runner(stuck.clone());
    let working = tokio::spawn(async move { runner.run_once(LONG).await });
    stuck.begun.notified().await;
    let lease = shop.queue.lease();
    assert_eq!(shop.queue.take(lease * 10).await.unwrap(), None);
    stuck.go_on.notify_one();
    assert_eq!(working.await.unwrap().unwrap(), Some(Ran::Done));
}

#[tokio::test(start_paused = true)]
async fn a_job_that_kills_its_workers_is_given_up() {
    let shop = Shop::with_a_job().await;
    for _ in 0..3 {
        // Dies before it says anything.
        shop.queue.take(LONG).await.unwrap().unwrap();
    }
    let runner = shop.runner(Shaky::default()).retrying(|retries| retries.attempts = 3);
    let ran = runner.run_once(LONG).await.unwrap();
    assert_eq!(ran, Some(Ran::Dead { reason: "no worker came to its end".to_owned() }));
}

#[tokio::test(start_paused = true)]
async fn a_runner_works_until_it_is_told_to_stop_and_finishes_what_it_has() {
    let shop = Shop::with_a_job().await;
    shop.queue.enqueue(job("2", 1)).await.unwrap();
    let (stuck, stop) = (Stuck::default(), Arc::new(Notify::new()));
    let runner = shop.runner(stuck.clone());
    let ending = Arc::clone(&stop);
    let running =
        tokio::spawn(async move { runner.run(async move { ending.notified().await }).await });
    stuck.begun.notified().await;
    stop.notify_one();
    stuck.go_on.notify_one();
    running.await.unwrap();
    let seen = shop.stages(Audience::Public).await;
    assert_eq!(seen, [(StageState::Started, None), (StageState::Completed, None)]);
    assert_eq!(shop.queue.take(LONG).await.unwrap().unwrap().job, job("2", 1));
}

#[tokio::test(start_paused = true)]
async fn runners_beside_each_other_do_each_job_once() {
    let hub = Hub::builder().build();
    let queue = Arc::new(MemoryQueue::new());
    let done = Arc::new(Mutex::new(Vec::new()));

    #[derive(Clone)]
    struct Recording(Arc<Mutex<Vec<Job>>>);

    #[async_trait]
    impl Provisioner for Recording {
        async fn provision(&self, job: &Job, _: u32) -> Result<Provisioned, Failed> {
            tokio::task::yield_now().await;
            self.0.lock().unwrap().push(job.clone());
            Ok(Provisioned::default())
        }
    }

    let jobs: Vec<_> = (0..50).map(|n| job(&n.to_string(), 1)).collect();
    for job in jobs.iter().chain(&jobs) {
        queue.enqueue(job.clone()).await.unwrap();
    }
    let runners: Vec<_> = (0..4)
        .map(|_| {
            let queue = Arc::clone(&queue) as Arc<dyn ProvisioningQueue>;
            let runner = Runner::new(queue, hub.clone(), Recording(Arc::clone(&done)));
            tokio::spawn(async move {
                while runner.run_once(Duration::ZERO).await.unwrap().is_some() {}
            })
        })
        .collect();
    for runner in runners {
        runner.await.unwrap();
    }
    let mut done = done.lock().unwrap().clone();
    done.sort_by_key(|job| job.order.as_str().parse::<u32>().unwrap());
    assert_eq!(done, jobs);
}
