//! A workflow's stages are told in order, each once, whatever is reported how often.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests too")]

use order_events_cdc::{Reported, Workflow};
use order_events_core::{
    Audience, Cursor, Delivery, EventKind, Grant, Hub, Invalid, OrderId, OrderStatus, Principal,
    PublishError, Resume, Scope, StageState, Update, Why,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const STAGES: [&str; 3] = ["ai-parsing", "database-save", "shop-sync"];

/// What watchers see of stages, in short.
#[derive(Debug, Clone, PartialEq)]
enum Seen {
    Stage(String, StageState, Option<Value>, Option<String>),
    Progress(String, u8),
}

fn order() -> OrderId {
    OrderId::new("po-7").unwrap()
}

fn workflow(hub: &Hub) -> Workflow {
    Workflow::new(hub, order(), "wf-1", STAGES).unwrap()
}

async fn seen(hub: &Hub, audience: Audience) -> Vec<Seen> {
    let grant = Grant::new(Principal::new("ada").unwrap(), Scope::Order(order()));
    let grant = if audience == Audience::Staff { grant.as_staff() } else { grant };
    let mut fresh = hub.subscribe(grant.clone(), Resume::Fresh).await.unwrap();
    fresh.next().await;
    let now = fresh.cursor();
    let beginning = Resume::After(Cursor { seq: 0, ..now });
    let mut watching = hub.subscribe(grant, beginning).await.unwrap();
    let mut seen = Vec::new();
    while watching.cursor() != now {
        let Some(Delivery::Event(event)) = watching.next().await else { break };
        match event.decode::<OrderStatus>().kind {
            EventKind::Stage { workflow, stage, state, result, reason } => {
                assert_eq!(workflow, "wf-1");
                seen.push(Seen::Stage(stage, state, result, reason));
            }
            EventKind::Progress { stage, percent, .. } => {
                seen.push(Seen::Progress(stage.unwrap(), percent));
            }
            _ => {}
        }
    }
    seen
}

fn stage(name: &str, state: StageState) -> Seen {
    Seen::Stage(name.to_owned(), state, None, None)
}

#[tokio::test]
async fn three_stages_are_told_from_beginning_to_end() {
    let hub = Hub::builder().build();
    let workflow = workflow(&hub);
    let found = json!({"lineItems": 12, "confidence": 0.97});
    workflow.start("ai-parsing").await.unwrap();
    workflow.progress("ai-parsing", 40, "page 2 of 5").await.unwrap();
    workflow.complete("ai-parsing", found.clone()).await.unwrap();
    workflow.progress("database-save", 50, "").await.unwrap();
    workflow.complete("database-save", Value::Null).await.unwrap();
    workflow.complete("shop-sync", Value::Null).await.unwrap();
    let expected = [
        stage("ai-parsing", StageState::Started),
        Seen::Progress("ai-parsing".to_owned(), 40),
        Seen::Stage("ai-parsing".to_owned(), StageState::Completed, Some(found), None),
        stage("database-save", StageState::Started),
        Seen::Progress("database-save".to_owned(), 50),
        stage("database-save", StageState::Completed),
        stage("shop-sync", StageState::Started),
        stage("shop-sync", StageState::Completed),
    ];
    assert_eq!(seen(&hub, Audience::Public).await, expected);
}

#[tokio::test]
async fn what_comes_late_or_again_tells_nothing() {
    let hub = Hub::builder().build();
    let workflow = workflow(&hub);
    let told = async |report: Result<Reported, PublishError>| report.unwrap() == Reported::Told;
    assert!(told(workflow.progress("ai-parsing", 40, "").await).await);
    assert!(!told(workflow.start("ai-parsing").await).await);
    assert!(!told(workflow.progress("ai-parsing", 40, "").await).await);
    assert!(!told(workflow.progress("ai-parsing", 30, "").await).await);
    // A later stage completes what runs before it.
    assert!(told(workflow.start("database-save").await).await);
    assert!(!told(workflow.progress("ai-parsing", 90, "").await).await);
    assert!(!told(workflow.complete("ai-parsing", Value::Null).await).await);
    assert!(!told(workflow.fail("ai-parsing", "late").await).await);
    assert!(!told(workflow.retry("database-save").await).await);
    let expected = [
        stage("ai-parsing", StageState::Started),
        Seen::Progress("ai-parsing".to_owned(), 40),
        stage("ai-parsing", StageState::Completed),
        stage("database-save", StageState::Started),
    ];
    assert_eq!(seen(&hub, Audience::Public).await, expected);
}

#[tokio::test]
async fn a_stage_that_is_passed_does_not_get_what_another_found() {
    let hub = Hub::builder().build();
    let workflow = workflow(&hub);
    workflow.start("ai-parsing").await.unwrap();
    workflow.complete("database-save", json!({"rows": 12})).await.unwrap();
    let seen = seen(&hub, Audience::Public).await;
    assert_eq!(seen[1], stage("ai-parsing", StageState::Completed));
    assert_ne!(seen[3], stage("database-save", StageState::Completed));
}

#[tokio::test]
async fn a_stage_that_failed_is_tried_again_and_only_staff_see_why() {
    let hub = Hub::builder().build();
    let workflow = workflow(&hub);
    workflow.progress("ai-parsing", 60, "").await.unwrap();
    workflow.fail("ai-parsing", "the model is away").await.unwrap();
    assert_eq!(workflow.progress("ai-parsing", 90, "").await.unwrap(), Reported::Late);
    workflow.retry("ai-parsing").await.unwrap();
    workflow.progress("ai-parsing", 10, "").await.unwrap();
    let expected = [
        stage("ai-parsing", StageState::Started),
        Seen::Progress("ai-parsing".to_owned(), 60),
        stage("ai-parsing", StageState::Failed),
        stage("ai-parsing", StageState::Started),
        Seen::Progress("ai-parsing".to_owned(), 10),
    ];
    assert_eq!(seen(&hub, Audience::Public).await, expected);
    let why = Some("the model is away".to_owned());
    let failed = Seen::Stage("ai-parsing".to_owned(), StageState::Failed, None, why);
    assert_eq!(seen(&hub, Audience::Staff).await[2], failed);
}

#[tokio::test]
async fn another_process_goes_on_and_tells_nothing_twice() {
    let hub = Hub::builder().build();
    let first = workflow(&hub);
    first.progress("ai-parsing", 40, "").await.unwrap();
    drop(first);
    let second = workflow(&hub);
    second.progress("ai-parsing", 40, "").await.unwrap();
    second.complete("ai-parsing", json!({"lineItems": 3})).await.unwrap();
    let seen = seen(&hub, Audience::Public).await;
    assert_eq!(seen.len(), 3, "{seen:?}");
}

#[tokio::test]
async fn a_pipeline_that_is_run_again_tells_only_what_was_not_told_and_no_less() {
    let hub = Hub::builder().build();
    // It is ended twice in the midst, and begins at its beginning each time.
    for ends_after in [4, 9, usize::MAX] {
        let workflow = workflow(&hub);
        let mut left = ends_after;
        for name in STAGES {
            for percent in [10, 30, 60, 90] {
                if left == 0 {
                    break;
                }
                left -= 1;
                workflow.progress(name, percent, "").await.unwrap();
            }
            if left > 0 {
                workflow.complete(name, json!({"of": name})).await.unwrap();
            }
        }
    }
    let mut expected = Vec::new();
    for name in STAGES {
        expected.push(stage(name, StageState::Started));
        expected.extend([10, 30, 60, 90].map(|percent| Seen::Progress(name.to_owned(), percent)));
        let found = Some(json!({"of": name}));
        expected.push(Seen::Stage(name.to_owned(), StageState::Completed, found, None));
    }
    assert_eq!(seen(&hub, Audience::Public).await, expected);
}

#[tokio::test]
async fn another_process_knows_which_attempt_it_is() {
    let hub = Hub::builder().build();
    let first = workflow(&hub);
    first.progress("ai-parsing", 60, "").await.unwrap();
    first.fail("ai-parsing", "the model is away").await.unwrap();
    let second = workflow(&hub);
    assert_eq!(second.progress("ai-parsing", 70, "").await.unwrap(), Reported::Late);
    second.retry("ai-parsing").await.unwrap();
    second.progress("ai-parsing", 30, "").await.unwrap();
    let third = workflow(&hub);
    assert_eq!(third.progress("ai-parsing", 20, "").await.unwrap(), Reported::Late);
    // As far as the first attempt was: that it was told then is no reason not to tell it now.
    assert_eq!(third.progress("ai-parsing", 60, "").await.unwrap(), Reported::Told);
    let seen = seen(&hub, Audience::Public).await;
    assert_eq!(seen.last(), Some(&Seen::Progress("ai-parsing".to_owned(), 60)));
}

#[tokio::test]
async fn what_is_late_says_the_log_and_not_what_a_process_remembers() {
    let hub = Hub::builder().build();
    let (one, other) = (workflow(&hub), workflow(&hub));
    one.fail("ai-parsing", "the model is away").await.unwrap();
    assert_eq!(one.start("ai-parsing").await.unwrap(), Reported::Late);
    other.retry("ai-parsing").await.unwrap();
    // It remembers the failure, after which nothing would be news.
    assert_eq!(one.progress("ai-parsing", 30, "").await.unwrap(), Reported::Told);
    // And that one was at 30 the other does not know.
    assert_eq!(other.progress("ai-parsing", 20, "").await.unwrap(), Reported::Late);
}

#[tokio::test]
async fn who_knew_no_order_yet_is_overtaken_by_who_creates_it() {
    let hub = Hub::builder().build();
    let (one, other) = (workflow(&hub), workflow(&hub));
    // It has looked, and there is nothing.
    assert_eq!(other.retry("shop-sync").await.unwrap(), Reported::Late);
    one.start("ai-parsing").await.unwrap();
    other.start("database-save").await.unwrap();
    let expected = [
        stage("ai-parsing", StageState::Started),
        stage("ai-parsing", StageState::Completed),
        stage("database-save", StageState::Started),
    ];
    assert_eq!(seen(&hub, Audience::Public).await, expected);
}

#[tokio::test]
async fn where_the_beginning_is_not_replayed_the_latest_word_counts() {
    for is_drained in [false, true] {
        let hub = Hub::builder().configure(|config| config.replay_events = 2).build();
        let first = workflow(&hub);
        first.progress("ai-parsing", 60, "").await.unwrap();
        first.fail("ai-parsing", "the model is away").await.unwrap();
        first.retry("ai-parsing").await.unwrap();
        first.progress("ai-parsing", 30, "").await.unwrap();
        if is_drained {
            // It lets nobody read along any more.
            drop(hub.drain(std::time::Duration::ZERO));
        }
        let second = workflow(&hub);
        assert_eq!(second.progress("ai-parsing", 20, "").await.unwrap(), Reported::Late);
        assert_eq!(second.start("ai-parsing").await.unwrap(), Reported::Late);
        assert_eq!(second.progress("ai-parsing", 60, "").await.unwrap(), Reported::Told);
        let version = hub.state(&Default::default(), &order()).await.unwrap().unwrap().version;
        assert_eq!(version, 7, "drained: {is_drained}");
    }
}

#[tokio::test]
async fn a_reason_that_is_too_long_is_cut_and_told() {
    let hub = Hub::builder().build();
    let workflow = workflow(&hub);
    workflow.fail("ai-parsing", "é".repeat(5_000)).await.unwrap();
    let seen = seen(&hub, Audience::Staff).await;
    let Some(Seen::Stage(_, StageState::Failed, _, Some(reason))) = seen.last() else {
        panic!("{seen:?}");
    };
    assert_eq!(reason.len(), 4096);
}

#[tokio::test]
async fn what_is_no_workflow_or_no_stage_is_refused() {
    let hub = Hub::builder().build();
    let none: [&str; 0] = [];
    let refused = Workflow::new(&hub, order(), "wf", none).unwrap_err();
    assert_eq!(refused, Invalid { field: "stages", why: Why::Empty });
    let refused = Workflow::new(&hub, order(), "wf", ["a", "b", "a"]).unwrap_err();
    assert_eq!(refused.to_string(), "stages: expected each stage once");
    let workflow = workflow(&hub);
    let refused = workflow.start("shop").await.unwrap_err();
    assert_eq!(refused.to_string(), "stage: expected one of the workflow's stages");
    let refused = workflow.progress("shop-sync", 101, "").await.unwrap_err();
    assert_eq!(refused.to_string(), "progress: must lie between 0 and 100, is 101");
}

proptest! {
    #[test]
    fn whatever_is_reported_stages_are_in_order_and_progress_grows(
        // By one of three processes, the last of which is started again each time.
        reports in prop::collection::vec((0..3_usize, 0..3_usize, 0..6_u8, 0..=100_u8), 0..40)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let hub = Hub::builder().build();
            let mut processes = [(); 3].map(|()| workflow(&hub));
            for (process, at, what, percent) in reports {
                let (workflow, name) = (&processes[process], STAGES[at]);
                match what {
                    5 => {
                        // Somebody else says something of the order.
                        hub.publish(Update::note(order(), "in between").public().or_create()).await.unwrap();
                        Ok(Reported::Late)
                    }
                    0 => workflow.start(name).await,
                    1 => workflow.progress(name, percent, "").await,
                    2 => workflow.complete(name, Value::Null).await,
                    3 => workflow.fail(name, "why").await,
                    _ => workflow.retry(name).await,
                }
                .unwrap();
                processes[2] = self::workflow(&hub);
            }
            if !hub.exists(&Default::default(), &order()).await.unwrap() {
                return;
            }
            let (mut stage, mut percent, mut runs) = (0, 0, false);
            for seen in seen(&hub, Audience::Public).await {
                let name = match &seen { Seen::Stage(name, ..) | Seen::Progress(name, _) => name };
                let at = STAGES.iter().position(|stage| stage == name).unwrap();
                assert!(at >= stage, "{seen:?} after {}", STAGES[stage]);
                if at > stage {
                    assert!(!runs, "{} still runs", STAGES[stage]);
                }
                stage = at;
                match seen {
                    Seen::Stage(_, StageState::Started, ..) => {
                        assert!(!runs);
                        (percent, runs) = (0, true);
                    }
                    Seen::Stage(..) => {
                        assert!(runs);
                        runs = false;
                    }
                    Seen::Progress(_, now) => {
                        assert!(runs && now > percent, "{now} after {percent}");
                        percent = now;
                    }
                }
            }
        });
    }
}
