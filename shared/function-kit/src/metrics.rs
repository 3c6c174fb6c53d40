//! Metrics by CloudWatch's embedded metric format: one JSON line on standard output.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::io::Write as _;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

const NAMESPACE: &str = "SentryKeyRotation";

/// A metric's unit, in CloudWatch's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// How many.
    Count,
    /// How long.
    Milliseconds,
}

/// The metrics of one invocation.
#[derive(Debug)]
pub struct Metrics {
    function: &'static str,
    values: Vec<(&'static str, Unit, f64)>,
}

impl Metrics {
    /// No metrics yet, with the dimension `Function`.
    #[must_use]
    pub fn new(function: &'static str) -> Self {
        Self { function, values: Vec::new() }
    }

    /// Notes one value.
    pub fn add(&mut self, name: &'static str, unit: Unit, value: f64) {
        self.values.push((name, unit, value));
    }

    /// The line that CloudWatch reads.
    #[must_use]
    pub fn line(&self, now: Timestamp) -> String {
        let definitions: Vec<Value> = self
            .values
            .iter()
            .map(|(name, unit, _)| {
                let unit = match unit {
                    Unit::Count => "Count",
                    Unit::Milliseconds => "Milliseconds",
                };
                json!({"Name": name, "Unit": unit})
            })
            .collect();
        let mut line = Map::new();
        line.insert(
            "_aws".to_owned(),
            json!({
                "Timestamp": now.as_millisecond(),
                "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [["Function"]], "Metrics": definitions}],
            }),
        );
        line.insert("Function".to_owned(), self.function.into());
        line.extend(self.values.iter().map(|(name, _, value)| ((*name).to_owned(), json!(value))));
        Value::from(line).to_string()
    }

    /// Writes the line, if there is anything to write.
    pub fn publish(&self, now: Timestamp) {
        if !self.values.is_empty() && writeln!(std::io::stdout(), "{}", self.line(now)).is_err() {
            tracing::warn!("standard output is closed: metrics are lost");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_what_the_format_asks_for() {
        let mut metrics = Metrics::new("rotate-client-key");
        metrics.add("SentryCalls", Unit::Count, 4.0);
        metrics.add("StepDuration", Unit::Milliseconds, 12.5);
        let line: Value = serde_json::from_str(&metrics.line(Timestamp::from_second(1_700_000_000).unwrap())).unwrap();
        assert_eq!(
            line,
            json!({
                "_aws": {
                    "Timestamp": 1_700_000_000_000_i64,
                    "CloudWatchMetrics": [{
                        "Namespace": "SentryKeyRotation",
                        "Dimensions": [["Function"]],
                        "Metrics": [
                            {"Name": "SentryCalls", "Unit": "Count"},
                            {"Name": "StepDuration", "Unit": "Milliseconds"},
                        ],
                    }],
                },
                "Function": "rotate-client-key",
                "SentryCalls": 4.0,
                "StepDuration": 12.5,
            })
        );
    }
}
