//! Engines that are broken on purpose, each in one way: the suite must notice.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use async_trait::async_trait;
use order_events_conformance::engine::{Retention, Rig, run_some, yield_now};
use order_events_core::engine::{
    Answer, Append, Appended, Current, Draft, EngineError, Follow, History, HistoryLimit, Log,
    Node, Notice, PageToken, Record, Snapshot, Snapshots, Tail, Wakes,
};
use order_events_core::{
    Audience, Cursor, CustomerId, Epoch, IdempotencyKey, MemoryEngine, OrderId, Scope, TenantId,
    Timestamp,
};

const NO_LIMIT: HistoryLimit =
    HistoryLimit { audience: Audience::Staff, events: usize::MAX, bytes: usize::MAX };

fn memory(wanted: Retention) -> Arc<MemoryEngine> {
    let mut engine = MemoryEngine::builder();
    if let Some(events) = wanted.events {
        engine = engine.retain_events(events);
    }
    if let Some(window) = wanted.key_window {
        engine = engine.key_window(window);
    }
    Arc::new(engine.build())
}

/// A way of breaking the contract, and a case that must notice.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Break {
    DropsEverySeventhEventOfATail,
    RepeatsEventsOfATail,
    TellsTailsOfEveryTenant,
    NeverTellsWhoseTheOrderIs,
    IgnoresTheVersion,
    IgnoresTheEpoch,
    LooksAtTheVersionFirst,
    ForgetsKeys,
    ForgetsWhatWasAsked,
    ReadsOldState,
    HidesWhatWasDropped,
    JudgesExpiryByTenant,
    DeniesAForgottenPast,
    CallsEveryHistoryComplete,
    IgnoresTheAudience,
    IgnoresTheByteLimit,
    SkipsTheSecondPage,
    ClaimsAYoungerHead,
    CutsTimelines,
    ForgetsWork,
    ShowsDeletedOrders,
    SharesTenants,
    KeepsTheEpochOfALostLog,
    ChangesTheEpoch,
    NeverUnfollows,
    SwallowsAnnouncements,
    AnnouncesTwice,
    WakesUnderALock,
    HidesLostReplies,
    SaysUnavailableAfterwards,
    ForgetsOpenOrders,
    LosesTheSeam,
    AppendsByHalves,
    KeepsCursorsOfWhatIsLost,
}

const BREAKS: &[(Break, &str)] = &[
    (Break::DropsEverySeventhEventOfATail, "a_tail_hears_every_event_in_order"),
    (Break::RepeatsEventsOfATail, "a_tail_hears_every_event_in_order"),
    (Break::TellsTailsOfEveryTenant, "a_tail_hears_its_own_tenant_only"),
    (Break::NeverTellsWhoseTheOrderIs, "a_tail_is_told_whose_the_order_is"),
    (Break::IgnoresTheVersion, "of_many_racers_for_one_version_one_wins"),
    (Break::IgnoresTheEpoch, "what_was_planned_in_another_epoch_stores_nothing"),
    (Break::LooksAtTheVersionFirst, "the_key_is_looked_at_before_the_version"),
    (Break::ForgetsKeys, "a_seen_key_answers_with_what_came_of_it"),
    (Break::ForgetsWhatWasAsked, "a_seen_key_answers_with_what_came_of_it"),
    (Break::ReadsOldState, "what_was_acknowledged_is_read"),
    (Break::HidesWhatWasDropped, "a_trimmed_log_says_so"),
    (Break::JudgesExpiryByTenant, "history_of_a_quiet_order_survives_a_busy_tenant"),
    (Break::DeniesAForgottenPast, "a_forgotten_past_is_not_denied"),
    (Break::CallsEveryHistoryComplete, "a_limit_cuts_short_and_says_so"),
    (Break::IgnoresTheAudience, "what_an_audience_may_not_see_does_not_count"),
    (Break::IgnoresTheByteLimit, "one_event_is_returned_however_large"),
    (Break::SkipsTheSecondPage, "pages_hold_every_order_that_lived_all_through"),
    (Break::ClaimsAYoungerHead, "snapshots_are_not_older_than_their_head"),
    (Break::CutsTimelines, "a_timeline_holds_the_last_entries"),
    (Break::ForgetsWork, "the_latest_work_is_shown_and_outlives_the_log"),
    (Break::ShowsDeletedOrders, "deleted_orders_are_absent_from_snapshots"),
    (Break::SharesTenants, "tenants_share_nothing"),
    (Break::KeepsTheEpochOfALostLog, "a_lost_log_interrupts_its_tails"),
    (Break::ChangesTheEpoch, "the_epoch_stays_while_nothing_is_lost"),
    (Break::NeverUnfollows, "a_follow_that_is_dropped_ends_the_tail"),
    (Break::SwallowsAnnouncements, "an_announcement_reaches_every_node"),
    (Break::AnnouncesTwice, "an_announcement_reaches_every_node"),
    (Break::WakesUnderALock, "nobody_is_woken_under_a_lock"),
    (Break::HidesLostReplies, "an_error_means_what_it_says"),
    (Break::SaysUnavailableAfterwards, "an_error_means_what_it_says"),
    (Break::ForgetsOpenOrders, "an_open_order_is_never_forgotten"),
    (Break::LosesTheSeam, "nothing_is_lost_at_the_seam"),
    (Break::AppendsByHalves, "a_cancelled_append_is_whole_or_nothing"),
    (Break::KeepsCursorsOfWhatIsLost, "a_lost_log_interrupts_its_tails"),
];

#[tokio::test]
async fn the_suite_finds_broken_engines() {
    for (how, noticed_by) in BREAKS {
        let open = |retention: Retention| async move {
            let engine = memory(retention);
            let broken = Arc::new(Broken::new(Arc::clone(&engine), *how));
            let rig = Rig::new(Arc::clone(&broken)).with_loss(move |tenant| {
                engine.lose(&tenant);
                Box::pin(async {})
            });
            Some(rig.with_trouble(move |begins| {
                broken.is_disturbed.store(begins, Ordering::SeqCst);
                Box::pin(async {})
            }))
        };
        let report = run_some(&open, |case| case.name == *noticed_by).await;
        assert!(!report.failed.is_empty(), "{how:?} is not noticed by {noticed_by}: {report:?}");
    }
}

struct Broken {
    inner: Arc<MemoryEngine>,
    how: Break,
    count: AtomicUsize,
    is_disturbed: AtomicBool,
}

impl Broken {
    fn new(inner: Arc<MemoryEngine>, how: Break) -> Self {
        Self { inner, how, count: 0.into(), is_disturbed: false.into() }
    }

    /// As good as never, and then again and again.
    fn every(&self, times: usize) -> bool {
        self.count.fetch_add(1, Ordering::SeqCst) % times == times - 1
    }

    fn tenant(&self, tenant: &TenantId) -> TenantId {
        if self.how == Break::SharesTenants { TenantId::default() } else { tenant.clone() }
    }

    fn epoch(&self, epoch: Epoch) -> Epoch {
        match self.how {
            Break::KeepsTheEpochOfALostLog => Epoch::from_u64(7),
            Break::ChangesTheEpoch => Epoch::draw(),
            _ => epoch,
        }
    }
}

#[async_trait]
impl Log for Broken {
    fn read<'a>(
        &'a self,
        tenant: &'a TenantId,
        order: &'a OrderId,
        key: Option<&'a IdempotencyKey>,
        now: Timestamp,
    ) -> Answer<'a, Current> {
        Answer::later(async move {
            let tenant = self.tenant(tenant);
            let mut current = self.inner.read(&tenant, order, key, now).await?;
            current.epoch = self.epoch(current.epoch);
            if self.how == Break::ReadsOldState
                && let Some(state) = &mut current.state
                && self.every(5)
            {
                state.version = state.version.saturating_sub(1);
            }
            if self.how == Break::ForgetsOpenOrders
                && let Some(state) = &current.state
            {
                let all = self.inner.history(&tenant, &Scope::Tenant, u64::MAX, NO_LIMIT).await?;
                if state.seq < all.dropped {
                    current.state = None;
                }
            }
            Ok(current)
        })
    }

    async fn history(
        &self,
        tenant: &TenantId,
        scope: &Scope,
        after: u64,
        mut limit: HistoryLimit,
    ) -> Result<History, EngineError> {
        match self.how {
            Break::IgnoresTheAudience => limit.audience = Audience::Staff,
            Break::IgnoresTheByteLimit => limit.bytes = usize::MAX,
            _ => {}
        }
        let tenant = self.tenant(tenant);
        let mut history = self.inner.history(&tenant, scope, after, limit).await?;
        history.epoch = self.epoch(history.epoch);
        match self.how {
            Break::HidesWhatWasDropped => history.dropped = 0,
            Break::JudgesExpiryByTenant => {
                let whole = self.inner.history(&tenant, &Scope::Tenant, u64::MAX, limit).await?;
                history.dropped = whole.dropped;
            }
            Break::DeniesAForgottenPast
                if history.records.first().is_some_and(|first| first.version() == 1) =>
            {
                history.dropped = 0;
            }
            Break::CallsEveryHistoryComplete => history.complete = true,
            Break::KeepsCursorsOfWhatIsLost => {
                history.lineage = vec![Cursor { epoch: Epoch::from_u64(7), seq: 5 }];
            }
            _ => {}
        }
        Ok(history)
    }

    async fn snapshots(
        &self,
        tenant: &TenantId,
        scope: &Scope,
        page: Option<&PageToken>,
        limit: usize,
    ) -> Result<Snapshots, EngineError> {
        let tenant = self.tenant(tenant);
        let mut found = self.inner.snapshots(&tenant, scope, page, limit).await?;
        found.epoch = self.epoch(found.epoch);
        match self.how {
            Break::SkipsTheSecondPage if page.is_none() => {
                if let Some(second) = found.next.take() {
                    let second = self.inner.snapshots(&tenant, scope, Some(&second), limit).await?;
                    found.next = second.next;
                }
            }
            Break::ClaimsAYoungerHead => {
                // As an engine does that asks for its head after it has read the orders.
                yield_now().await;
                let all = NO_LIMIT;
                found.head = self.inner.history(&tenant, &Scope::Tenant, u64::MAX, all).await?.head;
            }
            _ => {}
        }
        for snapshot in &mut found.orders {
            match self.how {
                Break::CutsTimelines => snapshot.timeline.truncate(60),
                Break::ForgetsWork => snapshot.work = None,
                _ => {}
            }
        }
        if self.how == Break::ShowsDeletedOrders
            && let Scope::Order(order) = scope
            && found.orders.is_empty()
        {
            let current = self.inner.read(&tenant, order, None, Timestamp::UNIX_EPOCH).await?;
            found.orders.extend(current.state.map(|state| Snapshot {
                public_work: None,
                order: order.clone(),
                state,
                timeline: Vec::new(),
                work: None,
            }));
        }
        Ok(found)
    }

    fn follow(&self, tenant: &TenantId, tail: Arc<dyn Tail>) -> Follow {
        let tail = BrokenTail { inner: tail, how: self.how, misses: 1.into() };
        let mut tenants = vec![self.tenant(tenant)];
        if self.how == Break::TellsTailsOfEveryTenant {
            tenants.push(TenantId::new("neighbour").expect("a tenant's id"));
        }
        let tail: Arc<dyn Tail> = Arc::new(tail);
        let follows: Vec<_> =
            tenants.iter().map(|tenant| self.inner.follow(tenant, Arc::clone(&tail))).collect();
        if self.how == Break::NeverUnfollows {
            std::mem::forget(follows);
            return Follow::new(|| {});
        }
        Follow::new(move || drop(follows))
    }

    fn attend(&self, node: Weak<dyn Node>) {
        self.inner.attend(node);
    }
}

#[async_trait]
impl Append for Broken {
    fn append<'a>(&'a self, tenant: &'a TenantId, mut draft: Draft) -> Answer<'a, Appended> {
        Answer::later(async move {
            let tenant = self.tenant(tenant);
            let asked = draft.clone();
            match self.how {
                Break::ForgetsKeys => draft.key = None,
                Break::IgnoresTheEpoch => draft.epoch = None,
                Break::LooksAtTheVersionFirst => {
                    let now = draft.event.at;
                    let state = self.inner.read(&tenant, &draft.order, None, now).await?.state;
                    let version = state.map_or(0, |state| state.version);
                    if version != draft.expected {
                        return Ok(Appended::Conflict { version });
                    }
                }
                _ => {}
            }
            if self.how == Break::AppendsByHalves {
                // The order moves on first, and the key follows later.
                let key = draft.key.take();
                let answer = self.inner.append(&tenant, draft).await?;
                yield_now().await;
                return match key {
                    Some(_) => self.inner.append(&tenant, asked).await.map(|_| answer),
                    None => Ok(answer),
                };
            }
            let mut answer = self.inner.append(&tenant, draft).await?;
            if self.is_disturbed.load(Ordering::SeqCst) && self.every(3) {
                let what = "disturbed".to_owned();
                return Err(match self.how {
                    Break::SaysUnavailableAfterwards => EngineError::unavailable(what),
                    _ => EngineError::Indeterminate { what, source: None },
                });
            }
            if self.how == Break::IgnoresTheVersion
                && let Appended::Conflict { version } = answer
            {
                answer = self
                    .inner
                    .append(&tenant, Draft { expected: version, ..asked.clone() })
                    .await?;
            }
            match &mut answer {
                Appended::Committed { epoch, .. } => *epoch = self.epoch(*epoch),
                Appended::KeySeen { prior, .. } if self.how == Break::ForgetsWhatWasAsked => {
                    prior.fingerprint = asked.key.map_or(prior.fingerprint, |(_, asked)| asked);
                }
                _ => {}
            }
            Ok(answer)
        })
    }

    async fn announce(&self, notice: Notice) -> Result<(), EngineError> {
        if self.how == Break::SwallowsAnnouncements {
            return Ok(());
        }
        if self.how == Break::AnnouncesTwice {
            self.inner.announce(notice.clone()).await?;
        }
        self.inner.announce(notice).await
    }

    fn replies_can_be_lost(&self) -> bool {
        self.how != Break::HidesLostReplies
    }
}

struct BrokenTail {
    inner: Arc<dyn Tail>,
    how: Break,
    misses: AtomicUsize,
}

impl Tail for BrokenTail {
    fn committed(&self, record: &Arc<Record>, customer: Option<&CustomerId>, wakes: &mut Wakes) {
        let customer = customer.filter(|_| self.how != Break::NeverTellsWhoseTheOrderIs);
        if self.how == Break::DropsEverySeventhEventOfATail && record.seq().is_multiple_of(7) {
            return;
        }
        // As an engine does that finds its place only some time after it said so.
        if self.how == Break::LosesTheSeam && self.misses.swap(0, Ordering::SeqCst) > 0 {
            return;
        }
        if self.how == Break::WakesUnderALock {
            self.inner.committed(record, customer, &mut Wakes::new());
            return;
        }
        self.inner.committed(record, customer, wakes);
        if self.how == Break::RepeatsEventsOfATail && record.seq().is_multiple_of(7) {
            self.inner.committed(record, customer, wakes);
        }
    }

    fn interrupted(&self, wakes: &mut Wakes) {
        self.inner.interrupted(wakes);
    }
}
