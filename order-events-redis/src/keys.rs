//! Where what is kept: the names of keys, and the slot they share.

use order_events_core::{CustomerId, OrderId, TenantId};

/// The prefix of every key.
#[derive(Debug, Clone)]
pub(crate) struct Prefix {
    prefix: String,
    /// The number of the database, where it is not the first: wake-ups know no databases.
    database: i64,
}

/// The keys of one tenant. One hash tag in all of them puts them into one slot of a Cluster.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    base: String,
    database: i64,
    pub(crate) slot: u16,
}

impl Prefix {
    /// None where the prefix would cut the hash tag short.
    pub(crate) fn new(prefix: &str, database: i64) -> Option<Self> {
        let is_fit = !prefix.is_empty() && !prefix.contains(['{', '}']);
        is_fit.then(|| Self { prefix: prefix.to_owned(), database })
    }

    pub(crate) fn tenant(&self, tenant: &TenantId) -> Keys {
        let tag = tag(tenant.as_str());
        let base = format!("{}:{{{tag}}}:", self.prefix);
        Keys { base, database: self.database, slot: slot(tag.as_bytes()) }
    }

    /// What nodes tell each other. Its name has no brace, and so can be no tenant's.
    pub(crate) fn notices(&self) -> (String, u16) {
        let key = format!("{}:notices", self.prefix);
        let slot = slot(key.as_bytes());
        (key, slot)
    }
}

impl Keys {
    fn of(&self, what: &str) -> String {
        [&self.base, what].concat()
    }

    fn one(&self, what: &str, id: &str) -> String {
        [&self.base, what, ":", id].concat()
    }

    pub(crate) fn meta(&self) -> String {
        self.of("meta")
    }

    pub(crate) fn log(&self) -> String {
        self.of("log")
    }

    pub(crate) fn orders(&self) -> String {
        self.of("orders")
    }

    /// What was published with each idempotency key.
    pub(crate) fn keys(&self) -> String {
        self.of("keys")
    }

    /// The same keys, the oldest first.
    pub(crate) fn keyring(&self) -> String {
        self.of("keyring")
    }

    /// Orders and customers that may be forgotten once their last event is trimmed.
    pub(crate) fn finished(&self) -> String {
        self.of("finished")
    }

    /// Orders that only their keys keep.
    pub(crate) fn waiting(&self) -> String {
        self.of("waiting")
    }

    pub(crate) fn order(&self, order: &OrderId) -> String {
        self.one("o", order.as_str())
    }

    pub(crate) fn order_seqs(&self, order: &OrderId) -> String {
        self.one("s", order.as_str())
    }

    pub(crate) fn timeline(&self, order: &OrderId) -> String {
        self.one("t", order.as_str())
    }

    pub(crate) fn customer(&self, customer: &CustomerId) -> String {
        self.one("c", customer.as_str())
    }

    pub(crate) fn customer_seqs(&self, customer: &CustomerId) -> String {
        self.one("cs", customer.as_str())
    }

    pub(crate) fn customer_orders(&self, customer: &CustomerId) -> String {
        self.one("co", customer.as_str())
    }

    /// The channel of the tenant's wake-ups.
    pub(crate) fn channel(&self) -> String {
        match self.database {
            0 => self.of("wake"),
            database => self.one("wake", &database.to_string()),
        }
    }
}

/// A tenant's id without what could end a hash tag. No two ids have the same.
fn tag(id: &str) -> String {
    let mut tag = String::with_capacity(id.len());
    for char in id.chars() {
        match char {
            '%' => tag.push_str("%25"),
            '{' => tag.push_str("%7B"),
            '}' => tag.push_str("%7D"),
            other => tag.push(other),
        }
    }
    tag
}

/// The slot of a hash tag: CRC-16/XMODEM, modulo the number of slots.
pub fn slot(tag: &[u8]) -> u16 {
    let mut crc: u16 = 0;
    for byte in tag {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 };
        }
    }
    crc % 16_384
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(tenant: &str) -> String {
        Prefix::new("oe", 0).unwrap().tenant(&TenantId::new(tenant).unwrap()).base
    }

    #[test]
    fn slots_are_those_of_the_cluster_specification() {
        assert_eq!(slot(b"123456789"), 0x31c3);
        assert_eq!(slot(b"foo"), 12_182);
        assert_eq!(slot(b""), 0);
    }

    #[test]
    fn no_tenant_can_cut_its_hash_tag_short() {
        assert_eq!(base("shop"), "oe:{shop}:");
        assert_eq!(base("}"), "oe:{%7D}:");
        assert_eq!(base("a{b}%7D"), "oe:{a%7Bb%7D%257D}:");
    }

    #[test]
    fn a_prefix_with_a_brace_is_refused() {
        for prefix in ["", "{", "a}b", "{a}"] {
            assert!(Prefix::new(prefix, 0).is_none(), "{prefix:?}");
        }
    }

    #[test]
    fn another_database_has_another_channel() {
        let keys = |database| Prefix::new("oe", database).unwrap().tenant(&TenantId::default());
        assert_eq!(keys(0).channel(), "oe:{default}:wake");
        assert_eq!(keys(3).channel(), "oe:{default}:wake:3");
    }
}
