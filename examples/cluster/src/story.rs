//! What happens, step by step, and what came of it.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use order_events_axum::Hub;
use shop::{Role, Shop};

use crate::Result;
use crate::parts::{Cluster, until};
use crate::publisher::Publisher;
use crate::viewer::{Fact, Viewer};

/// Whose the orders are, in turns by their numbers.
const CUSTOMERS: [&str; 2] = ["anna", "bob"];

const ORDERS: usize = 12;

/// How often publishing is refused before Redis comes back.
const REFUSALS: usize = 10;

pub(crate) async fn tell() -> Result<()> {
    let mut cluster = Cluster::start().await?;
    let at = cluster.nginx.address;
    println!("redis at {}", cluster.redis.address);
    for node in &cluster.nodes {
        println!("node {} at {}", node.name, node.address);
    }
    println!("nginx before both at {at}\n");

    // The nodes know the same secret, so whoever knows it may give out tokens.
    let shop = Shop::new(Hub::builder().build(), &shop::secret()?);
    let token = |sub: &str, role| {
        let hour = Duration::from_secs(60 * 60);
        shop.token(sub, role, hour).map(|token| format!("Bearer {token}"))
    };
    let mut viewers = Vec::new();
    for nth in 0..2 {
        let sam = token("sam", Role::Admin)?;
        viewers.push(Viewer::new(at, &format!("staff {nth}"), "/events", sam));
        for name in CUSTOMERS {
            let path = format!("/customers/{name}/events");
            let token = token(name, Role::Customer)?;
            viewers.push(Viewer::new(at, &format!("{name} {nth}"), &path, token));
        }
    }
    everybody_watches(&viewers).await?;
    tell_where(&viewers);

    let mut publisher = Publisher::new(at, token("sam", Role::Admin)?);
    step("orders come in");
    round(&mut publisher, "PENDING", 0..ORDERS).await?;
    everybody_has_it(&viewers, &publisher.told).await?;

    round(&mut publisher, "PROCESSING", 0..ORDERS / 2).await?;
    step("node a is killed, orders go on");
    cluster.nodes[0].kill()?;
    round(&mut publisher, "PROCESSING", ORDERS / 2..ORDERS).await?;
    everybody_has_it(&viewers, &publisher.told).await?;
    tell_where(&viewers);

    step("node a comes back");
    cluster.nodes[0].start_again().await?;

    round(&mut publisher, "SHIPPED", 0..ORDERS / 2).await?;
    everybody_has_it(&viewers, &publisher.told).await?;
    step("redis is killed");
    let connections = connections(&viewers);
    cluster.redis.kill()?;
    outage(&mut cluster, &mut publisher).await?;
    round(&mut publisher, "SHIPPED", ORDERS / 2..ORDERS).await?;
    everybody_has_it(&viewers, &publisher.told).await?;
    println!("streams that were given up for it: {}", self::connections(&viewers) - connections);

    step("orders arrive");
    round(&mut publisher, "DELIVERED", 0..ORDERS).await?;
    everybody_has_it(&viewers, &publisher.told).await?;
    judge(&viewers, &publisher)
}

fn step(what: &str) {
    println!("--- {what}");
}

async fn round(
    publisher: &mut Publisher,
    status: &str,
    orders: std::ops::Range<usize>,
) -> Result<()> {
    let before = publisher.again.load(SeqCst);
    for order in orders {
        publisher.publish(&order.to_string(), customer_of(order), status).await?;
    }
    let again = publisher.again.load(SeqCst) - before;
    match again {
        0 => println!("{} events so far", publisher.told.len()),
        _ => println!("{} events so far, after {again} tries that failed", publisher.told.len()),
    }
    Ok(())
}

/// Publishing while there is no log: it is refused, tried again, and heals with the log.
async fn outage(cluster: &mut Cluster, publisher: &mut Publisher) -> Result<()> {
    let order = ORDERS / 2;
    let again = Arc::clone(&publisher.again);
    let before = again.load(SeqCst);
    let since = Instant::now();
    let publish =
        async { publisher.publish(&order.to_string(), customer_of(order), "SHIPPED").await };
    let restart = async {
        until("publishing is refused", || Ok(again.load(SeqCst) >= before + REFUSALS)).await?;
        step("redis comes back");
        cluster.redis.start_again().await
    };
    let (published, restarted) = tokio::join!(publish, restart);
    published.and(restarted)?;
    // Its round publishes it once more, and the key makes both one event.
    publisher.told.pop();
    let (took, again) = (since.elapsed(), again.load(SeqCst) - before);
    println!("an order was shipped after {took:.1?} and {again} refusals");
    Ok(())
}

async fn everybody_watches(viewers: &[Viewer]) -> Result<()> {
    until("everybody watches", || Ok(viewers.iter().all(|viewer| viewer.seen().is_connected))).await
}

/// Waits until every viewer has what was published for them.
async fn everybody_has_it(viewers: &[Viewer], told: &[Fact]) -> Result<()> {
    let since = Instant::now();
    until("every viewer has everything", || {
        Ok(viewers.iter().all(|viewer| {
            let seen = viewer.seen();
            seen.is_connected && seen.facts.len() >= concerning(viewer, told).len()
        }))
    })
    .await?;
    println!("every viewer has them, {:.1?} after the last", since.elapsed());
    Ok(())
}

fn concerning(viewer: &Viewer, told: &[Fact]) -> Vec<Fact> {
    let concerns = |fact: &&Fact| {
        let customer = fact.order.parse().map_or("", customer_of);
        viewer.path == "/events" || viewer.path == format!("/customers/{customer}/events")
    };
    told.iter().filter(concerns).cloned().collect()
}

fn customer_of(order: usize) -> &'static str {
    CUSTOMERS[order % CUSTOMERS.len()]
}

fn connections(viewers: &[Viewer]) -> usize {
    viewers.iter().map(|viewer| viewer.seen().nodes.len()).sum()
}

fn tell_where(viewers: &[Viewer]) {
    for viewer in viewers {
        let what = match viewer.path.split('/').nth(2) {
            Some(customer) => format!("{customer}'s orders"),
            None => "everything".to_owned(),
        };
        println!("{} watches {what} on node {}", viewer.name, viewer.seen().nodes.join(", then "));
    }
}

/// What every viewer saw, and whether it is what was published.
fn judge(viewers: &[Viewer], publisher: &Publisher) -> Result<()> {
    step("what every viewer saw");
    let mut all_true = true;
    for viewer in viewers {
        let seen = viewer.seen();
        let is_true = seen.facts == concerning(viewer, &publisher.told)
            && (seen.resets, seen.repeats) == (0, 0);
        all_true &= is_true;
        println!(
            "{}: {} events, {} resets, {} repeated, on node {}: {}",
            viewer.name,
            seen.facts.len(),
            seen.resets,
            seen.repeats,
            seen.nodes.join(", then "),
            if is_true { "as published" } else { "NOT as published" }
        );
    }
    if !all_true {
        return Err("somebody saw something else".into());
    }
    println!("{} events published, each seen once and in order", publisher.told.len());
    Ok(())
}
