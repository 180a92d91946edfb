//! The log: one JSON object a line on standard error, in the form in which core files it.
//!
//! Core falls over if `@level`, `@message` or `@timestamp` is not text, and reads no line beyond 64 KiB.

use crate::wire::printable;
use serde_json::{Map, Value};
use std::io::Write;
use std::time::SystemTime;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, registry};

/// Longest text of one field.
const FIELD: usize = 4 << 10;
/// Longest line.
const LINE: usize = 60 << 10;
/// Libraries whose own talk is about bytes, not about what the provider does.
const QUIET: [&str; 6] = ["h2", "hyper", "hyper_util", "rustls", "tonic", "tower"];

/// Begins to log, if the environment asks for it; what comes from the targets in `unlogged` never.
pub(super) fn install(name: &str, unlogged: &[&str], environment: impl Fn(&str) -> Option<String>) {
    let level = level(name, environment);
    if level != LevelFilter::OFF {
        // Somebody else's log would be there already only in a test; it stays.
        let _ = registry().with(Lines.with_filter(targets(level, unlogged))).try_init();
    }
}

fn targets(level: LevelFilter, unlogged: &[&str]) -> Targets {
    let quiet = QUIET.into_iter().map(|target| (target, level.min(LevelFilter::WARN)));
    let silent = unlogged.iter().map(|target| (*target, LevelFilter::OFF));
    Targets::new().with_default(level).with_targets(quiet).with_targets(silent)
}

/// The level, from the most particular variable that is set.
fn level(name: &str, environment: impl Fn(&str) -> Option<String>) -> LevelFilter {
    let own = format!("TF_LOG_PROVIDER_{}", name.to_uppercase().replace('-', "_"));
    let names = [own.as_str(), "TF_LOG_PROVIDER", "TF_LOG"];
    let given = names.into_iter().find_map(|name| environment(name).filter(|level| !level.is_empty()));
    match given.map(|level| level.to_uppercase()).as_deref() {
        None | Some("OFF") => LevelFilter::OFF,
        Some("ERROR") => LevelFilter::ERROR,
        Some("WARN") => LevelFilter::WARN,
        Some("INFO") => LevelFilter::INFO,
        Some("DEBUG") => LevelFilter::DEBUG,
        // `TRACE`, `JSON`, and whatever core does not know either.
        Some(_) => LevelFilter::TRACE,
    }
}

struct Lines;

/// Fields by name.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        let name = if field.name() == "message" { "@message" } else { field.name() };
        self.0.insert(name.to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.put(field, shortened(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, shortened(value.to_owned()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }
}

/// The text as a terminal may have it: core prints what the line's JSON only wraps.
fn shortened(text: String) -> String {
    let mut text = printable(&text).into_owned();
    if text.len() > FIELD {
        text.truncate(text.floor_char_boundary(FIELD));
        text.push_str("...");
    }
    text
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context.event_scope(event).into_iter().flatten().collect::<Vec<_>>().into_iter().rev() {
            if let Some(of_span) = span.extensions().get::<Fields>() {
                fields.0.extend(of_span.0.clone());
            }
        }
        event.record(&mut fields);
        let metadata = event.metadata();
        let line = line(fields.0, metadata.level(), metadata.target(), SystemTime::now());
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }
}

fn line(mut fields: Map<String, Value>, level: &Level, target: &str, time: SystemTime) -> String {
    let message = match fields.remove("@message") {
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let mut head = Map::new();
    head.insert("@level".to_owned(), level.to_string().to_lowercase().into());
    head.insert("@message".to_owned(), message.into());
    head.insert("@module".to_owned(), target.replace("::", ".").into());
    head.insert("@timestamp".to_owned(), humantime::format_rfc3339_micros(time).to_string().into());
    let short = Value::Object(head.clone());
    fields.extend(head);
    let mut line = Value::Object(fields).to_string();
    if line.len() > LINE {
        line = short.to_string();
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_most_particular_variable_counts() {
        let of = |pairs: &'static [(&str, &str)]| {
            level("my-cloud", move |name| {
                pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&[]), LevelFilter::OFF);
        assert_eq!(of(&[("TF_LOG", "debug")]), LevelFilter::DEBUG);
        assert_eq!(of(&[("TF_LOG", "JSON")]), LevelFilter::TRACE);
        assert_eq!(of(&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER", "warn")]), LevelFilter::WARN);
        assert_eq!(of(&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER_MY_CLOUD", "OFF")]), LevelFilter::OFF);
        assert_eq!(of(&[("TF_LOG_CORE", "TRACE")]), LevelFilter::OFF);
    }

    #[test]
    fn libraries_are_quiet_and_those_that_print_secrets_silent() {
        let targets = targets(LevelFilter::TRACE, &["chatty"]);
        for (target, level, logged) in [
            ("provider::ssh", Level::TRACE, true),
            ("h2::codec", Level::WARN, true),
            ("h2::codec", Level::INFO, false),
            ("chatty::client", Level::ERROR, false),
        ] {
            assert_eq!(targets.would_enable(target, &level), logged, "{target} {level}");
        }
        let errors_only = super::targets(LevelFilter::ERROR, &[]);
        assert!(!errors_only.would_enable("h2", &Level::WARN), "quiet is not louder than the rest");
    }

    #[test]
    fn what_core_needs_is_text_whatever_the_fields_say() {
        let mut fields = Map::new();
        fields.insert("@message".into(), 7.into());
        fields.insert("@level".into(), 7.into());
        fields.insert("@timestamp".into(), Value::Null);
        fields.insert("host".into(), "node\n1".into());
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1500);
        let line = line(fields, &Level::WARN, "provider::ssh", time);
        assert_eq!(
            line,
            "{\"@level\":\"warn\",\"@message\":\"7\",\"@module\":\"provider.ssh\",\
             \"@timestamp\":\"1970-01-01T00:00:01.500000Z\",\"host\":\"node\\n1\"}\n"
        );
    }

    #[test]
    fn no_terminal_obeys_a_line() {
        use std::sync::{Arc, Mutex};

        /// Keeps the fields of events as the log's lines would have them.
        #[derive(Clone, Default)]
        struct Kept(Arc<Mutex<Vec<Map<String, Value>>>>);

        impl<S: Subscriber> Layer<S> for Kept {
            fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
                let mut fields = Fields::default();
                event.record(&mut fields);
                self.0.lock().unwrap().push(fields.0);
            }
        }

        let kept = Kept::default();
        let _guard = tracing::subscriber::set_default(registry().with(kept.clone()));
        let said = "\u{1b}[2J\u{9b}\u{202e}";
        tracing::info!(said, shown = %said, debugged = ?Some(said), "the node said {said}");
        for fields in kept.0.lock().unwrap().drain(..) {
            let line = line(fields, &Level::INFO, "provider", SystemTime::UNIX_EPOCH);
            let read: Map<String, Value> = serde_json::from_str(&line).unwrap();
            for (name, value) in read {
                let text = value.as_str().unwrap();
                assert!(
                    !text.contains(|one: char| one.is_control() || one == '\u{202e}'),
                    "{name}: {text:?}"
                );
            }
            assert!(line.contains("the node said \\\\u{1b}[2J"), "{line}");
        }
    }

    #[test]
    fn no_line_is_longer_than_core_reads() {
        let mut fields: Map<String, Value> =
            (0..40).map(|at| (format!("field{at}"), shortened("é".repeat(9000)).into())).collect();
        fields.insert("@message".into(), shortened("m".repeat(1 << 20)).into());
        let line = line(fields, &Level::INFO, "provider", SystemTime::UNIX_EPOCH);
        assert!(line.len() < 64 << 10);
        assert!(line.contains("mmm...\"") && !line.contains("field1"));
    }
}
