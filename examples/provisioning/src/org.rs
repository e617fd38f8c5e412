//! What a service has around the pipeline: the feed, look-ups, dead letters, and the system where
//! orders are provisioned.

use order_events_cdc::{
    BoxError, DeadLetter, DeadLetters, Delivered, Failed, Feed, FeedError, Fields, Job, LookUp,
    LookUps, Position, Provisioned, Provisioner, Refresh, Stale, async_trait,
};
use serde_json::json;

/// Recorded events, one a line.
pub(crate) struct Recording {
    lines: Vec<String>,
    next: usize,
}

impl Recording {
    pub(crate) fn of(text: &str) -> Self {
        Self { lines: text.lines().map(str::to_owned).collect(), next: 0 }
    }
}

#[async_trait]
impl Feed for Recording {
    async fn open(&mut self, _: Option<&Position>) -> Result<(), FeedError> {
        self.next = 0;
        Ok(())
    }

    async fn next(&mut self) -> Result<Option<Delivered>, FeedError> {
        let line = self.lines.get(self.next).cloned();
        self.next += 1;
        Ok(line.map(|line| Delivered { raw: line.into_bytes(), position: None }))
    }
}

/// Salesforce as it answers queries, and the system behind it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Org;

#[async_trait]
impl LookUps for Org {
    async fn look_up(&self, wanted: &LookUp) -> Result<Option<Fields>, BoxError> {
        let record = json!({"OrderId": "8013h0000010001AAA"});
        Ok(record.as_object().filter(|_| wanted.entity == "OrderItem").cloned())
    }
}

#[async_trait]
impl Provisioner for Org {
    /// The second order's address is mended after its first attempt.
    async fn provision(&self, job: &Job, attempt: u32) -> Result<Provisioned, Failed> {
        if job.order.as_str().contains("0002") && attempt == 1 {
            return Err(Failed::for_now("the address is not known"));
        }
        let id = format!("EXT-{}", &job.order.as_str()[11..15]);
        Ok(Provisioned { result: Some(json!({"externalId": id})) })
    }
}

/// Where somebody looks at what could not be carried out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Desk;

#[async_trait]
impl DeadLetters for Desk {
    async fn keep(&self, letter: DeadLetter) -> Result<(), BoxError> {
        println!("       ({} bytes on the desk)", letter.raw.len());
        Ok(())
    }
}

#[async_trait]
impl Refresh for Desk {
    async fn refresh(&self, why: Stale<'_>) -> Result<(), BoxError> {
        println!("       (all orders would be read anew: {why:?})");
        Ok(())
    }
}
