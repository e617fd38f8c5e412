//! The scripts: each is one atomic step on one tenant's keys, all of which it is told.

use std::borrow::Cow;
use std::time::Duration;

use order_events_core::config::TIMELINE_ENTRIES;
use redis::{Cmd, Value, cmd};

use crate::builder::Settings;
use crate::error::Failure;
use crate::history::LAST_PLACE;
use crate::link::Link;
use crate::text::FORMAT;

/// Every script that there is.
pub(crate) struct Scripts {
    pub(crate) append: Script,
    pub(crate) read: Script,
    pub(crate) history: Script,
    pub(crate) page: Script,
    pub(crate) orders: Script,
    pub(crate) forget_order: Script,
    pub(crate) forget_customer: Script,
}

/// A script, and the name that a server knows it by.
#[derive(Debug)]
pub struct Script {
    code: Cow<'static, str>,
    hash: String,
}

impl Script {
    /// A script of this text.
    pub fn new(code: impl Into<Cow<'static, str>>) -> Self {
        let code = code.into();
        let hash = redis::Script::new(&code).get_hash().to_owned();
        Self { code, hash }
    }
}

macro_rules! after_birth {
    ($file:literal) => {
        Script::new(concat!(include_str!("scripts/birth.lua"), include_str!($file)))
    };
}

impl Scripts {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            append: Script::new([&told(settings), include_str!("scripts/append.lua")].concat()),
            read: after_birth!("scripts/read.lua"),
            history: after_birth!("scripts/history.lua"),
            page: after_birth!("scripts/page.lua"),
            orders: after_birth!("scripts/orders.lua"),
            forget_order: after_birth!("scripts/forget_order.lua"),
            forget_customer: after_birth!("scripts/forget_customer.lua"),
        }
    }
}

/// What an append goes by, as a line of Lua.
fn told(settings: &Settings) -> String {
    // Longer than this is for ever, and no number that Lua can write.
    let millis = |time: Duration| time.as_millis().min(LAST_PLACE.into());
    let (age, key_window) = (millis(settings.retain_age), millis(settings.key_window));
    let Settings { retain_events, max_keys, order_history, durability, .. } = settings;
    format!(
        "local format, retain, age, key_window = '{FORMAT}', {retain_events}, {age}, {key_window}\n\
         local max_keys, order_history, timeline_entries = {max_keys}, {order_history}, {TIMELINE_ENTRIES}\n\
         local waits = {}\n",
        durability.waits()
    )
}

/// Runs a script where the slot is.
pub async fn run(
    link: &Link,
    slot: u16,
    script: &Script,
    keys: &[String],
    args: &[&str],
) -> Result<Value, Failure> {
    let (said, _) = run_then(link, slot, script, keys, args, None).await?;
    Ok(said)
}

/// Runs a script, and then a command on the same connection. A server that does not know the script
/// yet is given its text.
pub(crate) async fn run_then(
    link: &Link,
    slot: u16,
    script: &Script,
    keys: &[String],
    args: &[&str],
    then: Option<(Cmd, Duration)>,
) -> Result<(Value, Option<Value>), Failure> {
    let (then, patience) = then.map_or((None, Duration::ZERO), |(cmd, wait)| (Some(cmd), wait));
    let deadline = link.deadline() + patience;
    let ask = async |verb, script: &str| {
        let mut request = vec![command(verb, script, keys, args)];
        request.extend(then.clone());
        link.ask_all(slot, &request, deadline).await
    };
    let answers = match ask("EVALSHA", &script.hash).await {
        Err(failure) if failure.code() == Some("NOSCRIPT") => ask("EVAL", &script.code).await?,
        answers => answers?,
    };
    let mut answers = answers.into_iter();
    Ok((answers.next().unwrap_or(Value::Nil), answers.next()))
}

fn command(verb: &str, script: &str, keys: &[String], args: &[&str]) -> Cmd {
    let mut command = cmd(verb);
    command.arg(script).arg(keys.len()).arg(keys).arg(args);
    command
}
