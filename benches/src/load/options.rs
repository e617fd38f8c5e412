//! What the command line asks for.

use std::str::FromStr;

/// How the program is called.
pub const USAGE: &str = "\
usage: load SCENARIO [OPTIONS] -- COMMAND...     starts a server; {port} in it is a free port,
                                                 or the one given by --port
       load SCENARIO [OPTIONS] --port N --pid N  takes one that runs

scenarios
  fanout    one order: CPU per delivery, latency     --watchers --inflight --rounds
  paced     one order, 10 events a second            --watchers --seconds
  topics    a watcher per order, random publishes    --orders --inflight --rounds
  publish   nobody watching, against /discard        --orders --rounds
  idle      memory of an open stream, heartbeats     --watchers --seconds
  storm     all drop, miss events and come back      --watchers --events
  slow      some stop reading                        --watchers --stopped --seconds --inflight
  scale     time to write one event to all, with     --watchers --rounds
            the client out of the way

options
  --size N            bytes of a whole event on the wire, framing and all (200; slow: 1000)
  --server-cores A,B  where a server that is started runs (0)
  --load-core N       where the load runs (1)
  --label TEXT        a name for the report
";

/// What to do to which server.
#[derive(Debug, Clone)]
pub struct Options {
    /// The name of the scenario.
    pub scenario: String,
    /// Who watches the one order.
    pub watchers: usize,
    /// How many orders there are, where there are many.
    pub orders: usize,
    /// Events that are under way at once.
    pub inflight: usize,
    /// How often they are published.
    pub rounds: usize,
    /// How long, where time and not work is given.
    pub seconds: u64,
    /// Events that are missed.
    pub events: usize,
    /// Watchers who stop reading.
    pub stopped: usize,
    /// Bytes of an event on the wire.
    pub size: usize,
    /// The cores of the server.
    pub server_cores: Vec<usize>,
    /// The core of the load.
    pub load_core: usize,
    /// A name for the report.
    pub label: String,
    /// The port of the server, where it is not to be any that is free.
    pub port: Option<u16>,
    /// The process of a server that runs already.
    pub pid: Option<u32>,
    /// How to start one.
    pub command: Vec<String>,
}

impl Options {
    /// What a scenario does by default.
    pub fn of(scenario: &str) -> Self {
        let many = matches!(scenario, "paced" | "storm" | "scale");
        Self {
            scenario: scenario.to_owned(),
            watchers: match scenario {
                "idle" => 10_000,
                "slow" => 240,
                _ if many => 5_000,
                _ => 1_000,
            },
            orders: if scenario == "publish" { 1_000 } else { 10_000 },
            inflight: 1,
            rounds: if matches!(scenario, "topics" | "publish") { 10_000 } else { 100 },
            seconds: 10,
            events: 5,
            stopped: 60,
            size: if scenario == "slow" { 1_000 } else { 200 },
            server_cores: vec![0],
            load_core: 1,
            label: String::new(),
            port: None,
            pid: None,
            command: Vec::new(),
        }
    }

    /// Reads a command line, without the program's name.
    pub fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut words = words.into_iter();
        let mut options = Self::of(&words.next().ok_or("a scenario is missing")?);
        while let Some(name) = words.next() {
            if name == "--" {
                options.command.extend(words);
                break;
            }
            let value = words.next().ok_or_else(|| format!("{name} has no value"))?;
            match name.as_str() {
                "--watchers" => options.watchers = at_least_one(&name, &value)?,
                "--orders" => options.orders = at_least_one(&name, &value)?,
                "--inflight" => options.inflight = at_least_one(&name, &value)?,
                "--rounds" => options.rounds = at_least_one(&name, &value)?,
                "--seconds" => options.seconds = number(&name, &value)?,
                "--events" => options.events = number(&name, &value)?,
                "--stopped" => options.stopped = number(&name, &value)?,
                "--size" => options.size = number(&name, &value)?,
                "--load-core" => options.load_core = number(&name, &value)?,
                "--server-cores" => {
                    let cores = value.split(',').map(|core| number(&name, core));
                    options.server_cores = cores.collect::<Result<_, _>>()?;
                }
                "--label" => options.label = value,
                "--port" => options.port = Some(number(&name, &value)?),
                "--pid" => options.pid = Some(number(&name, &value)?),
                _ => return Err(format!("{name} is no option")),
            }
        }
        let runs = options.port.is_some() && options.pid.is_some();
        if options.command.is_empty() != runs || options.pid.is_some() != runs {
            return Err("either a command that starts a server, or the port and pid of one".into());
        }
        Ok(options)
    }
}

fn number<N: FromStr>(name: &str, value: &str) -> Result<N, String> {
    value.parse().map_err(|_| format!("{name} takes a number, not {value}"))
}

fn at_least_one(name: &str, value: &str) -> Result<usize, String> {
    match number(name, value)? {
        0 => Err(format!("{name} is at least 1")),
        number => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split(' ').map(str::to_owned))
    }

    #[test]
    fn options_come_before_the_command() {
        let options = parse("fanout --watchers 7 -- serve --watchers 9 --port {port}").unwrap();
        assert_eq!(options.watchers, 7);
        assert_eq!(options.command, ["serve", "--watchers", "9", "--port", "{port}"]);
    }

    #[test]
    fn a_server_is_started_or_runs_already() {
        for line in ["idle --port 80 --pid 7", "idle -- serve", "idle --port 80 -- serve"] {
            assert!(parse(line).is_ok(), "{line}");
        }
        for line in ["idle", "idle --port 80", "idle --pid 7", "idle --port 80 --pid 7 -- serve"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for line in ["idle --what 1 -- serve", "idle --watchers x -- serve", "idle --watchers"] {
            assert!(parse(line).is_err(), "{line}");
        }
        assert!(parse("idle --watchers 0 -- serve").is_err());
    }
}
