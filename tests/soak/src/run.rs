//! The soak itself.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use order_events_axum::stopped;
use order_events_benches::load::machine::open_all_files;
use order_events_benches::server::{Args, runtime};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Duration;

use crate::Result;
use crate::report;
use crate::viewer::Wrong;
use crate::world::{PLANS, World};

/// How long chaos lasts before everything comes to rest.
const ROUND: Duration = Duration::from_secs(12);

const THREADS: usize = 2;

pub(crate) fn run(args: &Args) -> Result<()> {
    let span = Duration::from_secs(args.number("seconds")?);
    let seed: u64 = match args.optional("seed") {
        Some(_) => args.number("seed")?,
        None => SystemTime::now().duration_since(UNIX_EPOCH)?.subsec_nanos().into(),
    };
    let is_calm = args.optional("calm").is_some();
    println!("seed {seed}: the same one decides the same, as far as sockets let it");
    open_all_files()?;
    runtime(THREADS)?.block_on(async {
        tokio::select! {
            done = soak(span, seed, is_calm) => done,
            () = stopped() => Err("stopped".into()),
        }
    })
}

async fn soak(span: Duration, seed: u64, is_calm: bool) -> Result<()> {
    let began = Instant::now();
    let (wrong, mut is_wrong) = watch::channel(None);
    let mut worlds = JoinSet::new();
    for (plan, nth) in PLANS.iter().zip(0..) {
        let world = World::start(plan, seed.wrapping_add(nth), is_calm, wrong.clone()).await?;
        worlds.spawn(live(world, began, span));
    }
    let mut done = Vec::new();
    let mut failed = None;
    while failed.is_none() && !worlds.is_empty() {
        tokio::select! {
            found = async { is_wrong.wait_for(Option::is_some).await.ok()?.clone() } => {
                failed = found;
            }
            Some(ended) = worlds.join_next() => {
                let (world, ended) = ended?;
                done.push(world);
                if let Err(error) = ended {
                    // Whoever found it says more of it.
                    let found = wrong.borrow().clone();
                    let what = error.to_string();
                    failed = Some(found.unwrap_or(Wrong { what, recent: String::new() }));
                }
            }
        }
    }
    worlds.shutdown().await;
    done.sort_by_key(|world| PLANS.iter().position(|plan| plan.name == world.name()));
    report::print(&done, began.elapsed());
    match failed {
        None => Ok(()),
        Some(Wrong { what, recent }) => {
            Err(format!("seed {seed}, after {:?}: {what}\n    {recent}", began.elapsed()).into())
        }
    }
}

/// Rounds until the time is over.
async fn live(mut world: World, began: Instant, span: Duration) -> (World, Result<()>) {
    while began.elapsed() < span {
        let left = span.saturating_sub(began.elapsed());
        if let Err(error) = world.round(ROUND.min(left.max(Duration::from_secs(3)))).await {
            return (world, Err(error));
        }
    }
    let judged = world.judge().and_then(|()| match report::missing(&world) {
        None => Ok(()),
        Some(what) => Err(format!("{}: never: {what}", world.name()).into()),
    });
    (world, judged)
}
