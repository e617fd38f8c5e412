//! What a server says of itself.

use redis::{Cmd, ErrorKind, RedisError, Value, cmd};

/// See the [module](self).
pub(crate) struct Info(String);

/// What it is asked for that. One section at a time: a server before 7.0 takes two for a mistake, and
/// would not say that it is too old.
pub(crate) fn questions() -> [Cmd; 2] {
    ["server", "memory"].map(|section| cmd("INFO").arg(section).to_owned())
}

impl Info {
    /// The answers to [`questions`]. A server that refuses to say any of it is not taken for fine.
    pub(crate) fn read(answers: Vec<Value>) -> Result<Self, RedisError> {
        let section =
            |answer: Value| Ok(redis::from_redis_value::<String>(answer.extract_error()?)?);
        answers.into_iter().map(section).collect::<Result<_, RedisError>>().map(Self)
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut lines = self.0.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim_end)
    }

    /// Whether it may evict what it was given, which no log can stand on: an order or a key that is
    /// gone looks as if it had never been. Keys that expire are not ours.
    pub(crate) fn evicts(&self) -> Option<RedisError> {
        let policy = self.field("maxmemory_policy");
        let policy = policy.filter(|policy| policy.starts_with("allkeys-"))?;
        let is_bounded = self.field("maxmemory").is_some_and(|bound| bound != "0");
        is_bounded.then(|| {
            let what = "it may evict keys, and so lose events: maxmemory-policy must be noeviction";
            RedisError::from((ErrorKind::Client, what, format!("it is {policy}")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(answers: [&str; 2]) -> Result<Info, RedisError> {
        let answers = answers.map(|answer| redis::parse_redis_value(answer.as_bytes()).unwrap());
        Info::read(answers.to_vec())
    }

    #[test]
    fn each_section_is_asked_for_by_itself() {
        for question in questions() {
            assert_eq!(question.args_iter().count(), 2);
        }
    }

    #[test]
    fn what_is_refused_is_not_taken_for_fine() {
        let server = "$21\r\nredis_version:7.0.1\r\n\r\n";
        assert!(said([server, "-NOPERM no\r\n"]).is_err());
        assert!(said(["-NOPERM no\r\n", server]).is_err());
        let info = said([server, "=27\r\ntxt:run_id:a\r\nmaxmemory:0\r\n\r\n"]).unwrap();
        assert_eq!(info.field("redis_version"), Some("7.0.1"));
    }

    #[test]
    fn who_may_evict_anything_of_a_bounded_memory_is_refused() {
        for (bound, policy, is_refused) in [
            (1, "allkeys-lru", true),
            (0, "allkeys-lru", false),
            (1, "noeviction", false),
            (1, "volatile-lru", false),
        ] {
            let info = Info(format!("maxmemory:{bound}\r\nmaxmemory_policy:{policy}\r\n"));
            assert_eq!(info.evicts().is_some(), is_refused, "{bound} {policy}");
        }
    }
}
