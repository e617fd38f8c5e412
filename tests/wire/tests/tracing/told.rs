//! A subscriber that keeps what it is told, in parts.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};

/// A span that is over, or an event.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) level: Level,
    pub(crate) is_span: bool,
    /// Its name or message.
    pub(crate) text: String,
    pub(crate) fields: BTreeMap<&'static str, String>,
}

/// Everything of ours that was told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told(Arc<Mutex<Vec<Line>>>);

impl Told {
    /// Whoever is made the subscriber fills this.
    pub(crate) fn subscriber(&self) -> impl Subscriber + Send + Sync + 'static {
        Registry::default().with(self.clone())
    }

    pub(crate) fn lines(&self) -> Vec<Line> {
        self.0.lock().unwrap().clone()
    }

    fn keep(&self, line: Line) {
        self.0.lock().unwrap().push(line);
    }
}

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Told {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        context.span(id).unwrap().extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        record.record(span.extensions_mut().get_mut::<Fields>().unwrap());
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).unwrap();
        let about = span.metadata();
        if about.target() == "order_events" {
            let Fields(fields) = span.extensions_mut().remove().unwrap();
            let text = about.name().to_owned();
            self.keep(Line { level: *about.level(), is_span: true, text, fields });
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let about = event.metadata();
        if about.target() == "order_events" {
            let mut fields = Fields::default();
            event.record(&mut fields);
            let text = fields.0.remove("message").unwrap_or_default();
            self.keep(Line { level: *about.level(), is_span: false, text, fields: fields.0 });
        }
    }
}
