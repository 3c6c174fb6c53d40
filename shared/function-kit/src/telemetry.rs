//! Logs: structured where Lambda asks for it, and silent about what libraries see.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::vars::{Problems, Vars};

/// The crates whose logs follow the configured level. At DEBUG and TRACE, libraries write requests, events and headers:
/// theirs never go beyond WARN, whatever is asked for.
const OURS: [&str; 9] = [
    "evidence_store",
    "function_kit",
    "key_lifecycle",
    "key_policy",
    "retirement",
    "rotation",
    "secret_store",
    "sentry_binding",
    "sentry_client",
];

/// How a function logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Logging {
    level: LevelFilter,
    json: bool,
}

impl Logging {
    /// Reads `AWS_LAMBDA_LOG_LEVEL`, which wins, or `LOG_LEVEL`, and `AWS_LAMBDA_LOG_FORMAT`.
    #[must_use]
    pub fn read(vars: &impl Vars, problems: &mut Problems) -> Self {
        let (name, word) = match vars.get("AWS_LAMBDA_LOG_LEVEL") {
            Some(word) => ("AWS_LAMBDA_LOG_LEVEL", Some(word)),
            None => ("LOG_LEVEL", vars.get("LOG_LEVEL")),
        };
        let level = match word.map(|word| word.to_ascii_lowercase()).as_deref() {
            None | Some("info") => LevelFilter::INFO,
            Some("trace") => LevelFilter::TRACE,
            Some("debug") => LevelFilter::DEBUG,
            Some("warn") => LevelFilter::WARN,
            // What Lambda calls FATAL is an error here.
            Some("error" | "fatal") => LevelFilter::ERROR,
            Some(_) => {
                problems.add(name, "must be trace, debug, info, warn or error");
                LevelFilter::INFO
            }
        };
        let json = vars.get("AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| format.eq_ignore_ascii_case("json"));
        Self { level, json }
    }

    /// Starts logging to standard output. `function` is the crate of the binary.
    ///
    /// A panic is reported by its place alone: its text may hold what the code was working on.
    pub fn start(self, function: &'static str) {
        let libraries = self.level.min(LevelFilter::WARN);
        let targets = Targets::new()
            .with_default(libraries)
            .with_target(function, self.level)
            .with_targets(OURS.map(|name| (name, self.level)));
        let registry = tracing_subscriber::registry().with(targets);
        let layer = tracing_subscriber::fmt::layer().with_ansi(false);
        // A subscriber that is set already is a test's own.
        drop(if self.json {
            registry.with(layer.json().flatten_event(true).with_current_span(true).with_span_list(false)).try_init()
        } else {
            registry.with(layer.without_time()).try_init()
        });
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(panic.place = place, "a defect: the function panicked");
        }));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Logging, String> {
        let vars: BTreeMap<String, String> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut problems = Problems::default();
        let logging = Logging::read(&vars, &mut problems);
        problems.into_result().map(|()| logging).map_err(|failure| failure.sentence().to_owned())
    }

    #[test]
    fn lambdas_own_level_wins_and_a_word_that_is_none_is_named() {
        let info = Logging { level: LevelFilter::INFO, json: false };
        assert_eq!(read(&[]), Ok(info));
        assert_eq!(read(&[("LOG_LEVEL", "DEBUG")]), Ok(Logging { level: LevelFilter::DEBUG, ..info }));
        assert_eq!(
            read(&[("LOG_LEVEL", "trace"), ("AWS_LAMBDA_LOG_LEVEL", "WARN"), ("AWS_LAMBDA_LOG_FORMAT", "JSON")]),
            Ok(Logging { level: LevelFilter::WARN, json: true })
        );
        assert_eq!(
            read(&[("LOG_LEVEL", "loud")]),
            Err("the configuration cannot be used: LOG_LEVEL must be trace, debug, info, warn or error".to_owned())
        );
    }
}
