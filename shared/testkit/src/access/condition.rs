//! Conditions
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html> and
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>).

use serde_json::Value;

use super::keys::is_known;
use super::pattern::{fits, fits_resource};
use super::policy::{Unreadable, texts};
use super::question::Question;

/// Whether one value of the context fits one of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    StringEquals,
    StringLike,
    /// `ArnEquals` and `ArnLike` are the same.
    ArnLike,
    Bool,
}

impl Operator {
    fn holds(self, wanted: &str, value: &str) -> bool {
        match self {
            Self::StringEquals => wanted == value,
            Self::StringLike => fits(wanted, value),
            Self::ArnLike => fits_resource(wanted, value),
            Self::Bool => wanted.eq_ignore_ascii_case(value),
        }
    }
}

/// What is asked of the values of a key, of which there may be several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    /// The key has one value, and it fits one of the policy's.
    One(Operator),
    /// The key has no value that fits, or is not there at all.
    No(Operator),
    /// One of the values fits. A key that is not there has none.
    Any(Operator),
    /// All of the values fit. A key that is not there has none that does not.
    All(Operator),
    /// The key is not there (`true`), or is there (`false`).
    Null,
}

/// One key under one operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    test: Test,
    key: String,
    wanted: Vec<String>,
}

impl Condition {
    /// Reads the `Condition` of a statement. All that is in it must hold.
    pub(super) fn read(block: &Value) -> Result<Vec<Self>, Unreadable> {
        let operators = block.as_object().ok_or_else(|| Unreadable::new("a Condition is no object"))?;
        let mut conditions = Vec::new();
        for (operator, keys) in operators {
            let test = test(operator)?;
            let keys = keys.as_object().ok_or_else(|| Unreadable::new(format!("{operator} has no keys")))?;
            for (key, wanted) in keys {
                if !is_known(key) {
                    return Err(Unreadable::new(format!("the condition key {key} is not known")));
                }
                let wanted = texts(wanted, key)?;
                if wanted.iter().any(|value| value.contains("${")) {
                    return Err(Unreadable::new(format!(
                        "{key} is compared with a policy variable, which is not known"
                    )));
                }
                conditions.push(Self { test, key: key.clone(), wanted });
            }
        }
        Ok(conditions)
    }

    pub(super) fn holds(&self, question: &Question) -> bool {
        let values = question.values(&self.key);
        let fit = |operator: Operator, value: &String| self.wanted.iter().any(|wanted| operator.holds(wanted, value));
        match self.test {
            Test::One(operator) => matches!(values, [value] if fit(operator, value)),
            Test::No(operator) => !values.iter().any(|value| fit(operator, value)),
            Test::Any(operator) => values.iter().any(|value| fit(operator, value)),
            Test::All(operator) => values.iter().all(|value| fit(operator, value)),
            Test::Null => {
                let absent = if values.is_empty() { "true" } else { "false" };
                self.wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(absent))
            }
        }
    }
}

fn test(operator: &str) -> Result<Test, Unreadable> {
    let unknown = || Unreadable::new(format!("the condition operator {operator} is not known"));
    if let Some((set, operator)) = operator.split_once(':') {
        let operator = match operator {
            "StringEquals" => Operator::StringEquals,
            "StringLike" => Operator::StringLike,
            "ArnEquals" | "ArnLike" => Operator::ArnLike,
            _ => return Err(unknown()),
        };
        return match set {
            "ForAnyValue" => Ok(Test::Any(operator)),
            "ForAllValues" => Ok(Test::All(operator)),
            _ => Err(unknown()),
        };
    }
    match operator {
        "StringEquals" => Ok(Test::One(Operator::StringEquals)),
        "StringNotEquals" => Ok(Test::No(Operator::StringEquals)),
        "StringLike" => Ok(Test::One(Operator::StringLike)),
        "StringNotLike" => Ok(Test::No(Operator::StringLike)),
        "ArnEquals" | "ArnLike" => Ok(Test::One(Operator::ArnLike)),
        "ArnNotEquals" | "ArnNotLike" => Ok(Test::No(Operator::ArnLike)),
        "Bool" => Ok(Test::One(Operator::Bool)),
        "Null" => Ok(Test::Null),
        _ => Err(unknown()),
    }
}
