//! Recorded change events of Salesforce, through decisions and jobs, to what customers see. Ends by
//! itself, with a table of what happened.

mod org;
mod table;

use std::sync::Arc;
use std::time::Duration;

use order_events_cdc::{
    MemoryPositions, MemoryQueue, Pipeline, PlatformEvents, ProvisioningQueue, Rules, Runner,
    Salesforce, Source,
};
use order_events_core::{Grant, Hub, OrderStatus, Principal, Resume, Scope};

use org::{Desk, Org, Recording};

const CHANGES: &str = include_str!("../events/changes.jsonl");
const REQUESTS: &str = include_str!("../events/requests.jsonl");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let hub = Hub::builder().build();
    let queue = Arc::new(MemoryQueue::new());
    let everything = Grant::new(Principal::new("staff")?, Scope::Tenant).as_staff();
    let mut watching = hub.subscribe(everything, Resume::Fresh).await?;

    println!("What came, and what was done about it\n");
    take(Salesforce, CHANGES, &hub, &queue).await?;
    take(PlatformEvents::named("Fulfilment_Requested__e"), REQUESTS, &hub, &queue).await?;

    println!("\nJobs\n");
    let jobs = Arc::clone(&queue) as Arc<dyn ProvisioningQueue>;
    let runner = Runner::new(jobs, hub.clone(), Org)
        .retrying(|retries| retries.first = Duration::from_millis(50));
    while let Some(ran) = runner.run_once(Duration::from_millis(500)).await? {
        println!("  {ran:?}");
    }

    println!("\nWhat whoever watches saw, live\n");
    table::print(&mut watching).await;
    Ok(())
}

/// One channel of the recording.
async fn take(
    source: impl Source,
    recorded: &str,
    hub: &Hub<OrderStatus>,
    queue: &Arc<MemoryQueue>,
) -> Result<(), Box<dyn std::error::Error>> {
    let (queue, rules) = (Arc::clone(queue) as _, Rules::salesforce());
    let pipeline = Pipeline::new(source, rules, hub.clone(), queue, Desk, Desk).looking_up(Org);
    let mut recording = Recording::of(recorded);
    let mut count = 0;
    let seen = |carried: &[_]| {
        count += 1;
        for (n, done) in carried.iter().enumerate() {
            let event = if n == 0 { format!("{count:>3}") } else { "   ".to_owned() };
            println!("  {event}  {}", table::carried(done));
        }
    };
    Ok(pipeline.run(&mut recording, &MemoryPositions::default(), seen).await?)
}
