//! A worker that is killed as a process, in the midst of a job.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;

use order_events_cdc::{
    Failed, Job, Provisioned, Provisioner, ProvisioningQueue, Ran, RedisQueue, Runner, async_trait,
};
use order_events_core::{Audience, Hub, StageState, Update};
use order_events_redis::RedisEngine;

use crate::redis::LEASE;
use crate::support::redis::{Options, Redis};
use crate::support::wait::CAP;
use crate::{job, stages};

const URL: &str = "ORDER_EVENTS_CDC_WORKER_URL";
const BEGUN: &str = "the work has begun";

/// Never comes to an end.
struct Endless;

#[async_trait]
impl Provisioner for Endless {
    async fn provision(&self, _: &Job, _: u32) -> Result<Provisioned, Failed> {
        println!("{BEGUN}");
        std::future::pending().await
    }
}

/// Says which attempt it is.
struct Ready;

#[async_trait]
impl Provisioner for Ready {
    async fn provision(&self, _: &Job, attempt: u32) -> Result<Provisioned, Failed> {
        Ok(Provisioned { result: Some(attempt.into()) })
    }
}

async fn node(url: &str) -> (Hub, Arc<dyn ProvisioningQueue>) {
    let engine = RedisEngine::builder(url).connect().await.unwrap();
    let queue = RedisQueue::builder(url).lease(LEASE).connect().await.unwrap();
    (Hub::builder().engine(Arc::new(engine)).build(), Arc::new(queue))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs redis-server: run by scripts/test"]
async fn a_job_whose_worker_is_killed_is_taken_over_and_nobody_sees_a_second_beginning() {
    let redis = Redis::start(Options::forgetful()).await;
    let (hub, queue) = node(&redis.url()).await;
    hub.publish(Update::create(&job("1", 1).order)).await.unwrap();
    queue.enqueue(job("1", 1)).await.unwrap();

    let mut test = Command::new(std::env::current_exe().unwrap());
    test.args(["--ignored", "--exact", "killed::a_part_of_a_job", "--nocapture"]);
    let mut worker = test.env(URL, redis.url()).stdout(Stdio::piped()).spawn().unwrap();
    let told = BufReader::new(worker.stdout.take().unwrap()).lines();
    let begun = told.map_while(Result::ok).any(|line| line.contains(BEGUN));
    assert!(begun, "the worker did not begin");
    worker.kill().unwrap();
    worker.wait().unwrap();
    assert_eq!(stages::seen(&hub, Audience::Public).await, [(StageState::Started, None)]);

    let runner = Runner::new(Arc::clone(&queue), hub.clone(), Ready);
    assert_eq!(runner.run_once(CAP).await.unwrap(), Some(Ran::Done));
    let seen = stages::seen(&hub, Audience::Public).await;
    assert_eq!(seen, [(StageState::Started, None), (StageState::Completed, None)]);
}

/// Does nothing by itself.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a part of the test above, which kills it"]
async fn a_part_of_a_job() {
    let Ok(url) = std::env::var(URL) else { return };
    let (hub, queue) = node(&url).await;
    let _never = Runner::new(queue, hub, Endless).run_once(CAP).await;
}
