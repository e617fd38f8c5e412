//! Writing JSON objects, to memory or to any serializer, from one list of fields.
//!
//! An event is written on every publish, whoever watches, so memory has a way of its own: a text
//! that needs no escaping, which is nearly every one, is copied as it is.

use serde::Serialize;
use serde::ser::SerializeMap;

/// Where fields go.
pub(super) trait Object {
    type Error;

    fn text(&mut self, name: &'static str, text: &str) -> Result<(), Self::Error>;

    fn value(&mut self, name: &'static str, value: &impl Serialize) -> Result<(), Self::Error>;

    fn maybe(&mut self, name: &'static str, text: Option<&str>) -> Result<(), Self::Error> {
        text.map_or(Ok(()), |text| self.text(name, text))
    }

    fn maybe_value(
        &mut self,
        name: &'static str,
        value: Option<&impl Serialize>,
    ) -> Result<(), Self::Error> {
        value.map_or(Ok(()), |value| self.value(name, value))
    }
}

/// Any serializer.
pub(super) struct Serialized<'a, M>(pub(super) &'a mut M);

impl<M: SerializeMap> Object for Serialized<'_, M> {
    type Error = M::Error;

    fn text(&mut self, name: &'static str, text: &str) -> Result<(), M::Error> {
        self.0.serialize_entry(name, text)
    }

    fn value(&mut self, name: &'static str, value: &impl Serialize) -> Result<(), M::Error> {
        self.0.serialize_entry(name, value)
    }
}

/// Memory.
pub(super) struct Written(Vec<u8>);

impl Written {
    pub(super) fn new() -> Self {
        /// What an event's JSON seldom exceeds.
        const USUAL_BYTES: usize = 512;
        Self(Vec::with_capacity(USUAL_BYTES))
    }

    /// The object, without room to spare.
    pub(super) fn finish(mut self) -> Box<str> {
        if self.0.is_empty() {
            self.0.push(b'{');
        }
        self.0.push(b'}');
        // Texts and what serde_json writes are UTF-8.
        Box::from(std::str::from_utf8(&self.0).unwrap_or_default())
    }

    fn name(&mut self, name: &'static str) {
        self.0.extend_from_slice(if self.0.is_empty() { b"{\"" } else { b",\"" });
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }
}

impl Object for Written {
    type Error = serde_json::Error;

    fn text(&mut self, name: &'static str, text: &str) -> Result<(), serde_json::Error> {
        let is_plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
        // Without an early end the loop looks at many bytes at once.
        if !text.bytes().fold(true, |plain, byte| plain & is_plain(byte)) {
            return self.value(name, &text);
        }
        self.name(name);
        self.0.push(b'"');
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(b'"');
        Ok(())
    }

    fn value(&mut self, name: &'static str, value: &impl Serialize) -> Result<(), Self::Error> {
        self.name(name);
        serde_json::to_writer(&mut self.0, value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_what_serde_json_would_write(text in any::<String>()) {
            let mut object = Written::new();
            object.text("a", &text).unwrap();
            object.value("b", &1).unwrap();
            let expected = serde_json::json!({ "a": text, "b": 1 }).to_string();
            prop_assert_eq!(&*object.finish(), expected);
        }
    }

    #[test]
    fn an_object_of_nothing_is_empty() {
        assert_eq!(&*Written::new().finish(), "{}");
    }
}
