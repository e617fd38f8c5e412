//! Forgetting what is finished, trimmed, and no longer kept by a key.

use order_events_core::{CustomerId, Epoch, OrderId};
use redis::cmd;

use crate::error::Failure;
use crate::keys::Keys;
use crate::link::Link;
use crate::script::{Scripts, run};
use crate::text::FORMAT;

/// Forgets one of those that an append named as due: `o<order>` or `c<customer>`. The scripts look
/// at everything once more.
pub(crate) async fn forget(
    link: &Link,
    scripts: &Scripts,
    keys: &Keys,
    member: &str,
) -> Result<(), Failure> {
    let epoch = Epoch::draw().to_string();
    let unknown = || Failure::Foreign(keys.finished());
    let (script, names, args) = match member.split_at_checked(1) {
        Some(("o", id)) => {
            let order = OrderId::new(id).map_err(|_| unknown())?;
            // Its customer's keys are to be named beforehand; the script sees whether it still is.
            let whose = cmd("HGET").arg(keys.order(&order)).arg("customer").to_owned();
            let whose = link.ask(keys.slot, whose).await?;
            let whose: Option<String> = redis::from_redis_value(whose).map_err(|_| unknown())?;
            let whose = whose.unwrap_or_default();
            let mut names = vec![keys.meta(), keys.log(), keys.finished(), keys.waiting()];
            names.extend([keys.orders(), keys.order(&order), keys.order_seqs(&order)]);
            names.push(keys.timeline(&order));
            if !whose.is_empty() {
                names.extend(of_customer(keys, &whose).ok_or_else(unknown)?);
            }
            (&scripts.forget_order, names, vec![id.to_owned(), whose])
        }
        Some(("c", id)) => {
            let mut names = vec![keys.meta(), keys.log(), keys.finished()];
            names.extend(of_customer(keys, id).ok_or_else(unknown)?);
            (&scripts.forget_customer, names, vec![id.to_owned()])
        }
        _ => return Err(unknown()),
    };
    let mut all = vec![FORMAT, &epoch];
    all.extend(args.iter().map(String::as_str));
    run(link, keys.slot, script, &names, &all).await?;
    Ok(())
}

fn of_customer(keys: &Keys, id: &str) -> Option<[String; 3]> {
    let customer = CustomerId::new(id).ok()?;
    let (its, seqs) = (keys.customer(&customer), keys.customer_seqs(&customer));
    Some([its, seqs, keys.customer_orders(&customer)])
}
