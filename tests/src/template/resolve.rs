//! Functions of a template, for one stack.

use serde_json::{Map, Value};

use super::{Stack, Unresolved};

impl Stack {
    /// A value without functions; `None` for `AWS::NoValue`, which takes its member or item away.
    pub(super) fn resolve(&self, value: &Value) -> Result<Option<Value>, Unresolved> {
        match value {
            Value::Object(members) => match function(members) {
                Some((name, argument)) => self.call(name, argument).map_err(|error| error.within(name)),
                None => {
                    let mut resolved = Map::new();
                    for (name, member) in members {
                        if let Some(member) = self.resolve(member).map_err(|error| error.within(name))? {
                            resolved.insert(name.clone(), member);
                        }
                    }
                    Ok(Some(Value::Object(resolved)))
                }
            },
            Value::Array(items) => {
                let items: Result<Vec<_>, _> = items.iter().map(|item| self.resolve(item)).collect();
                Ok(Some(Value::Array(items?.into_iter().flatten().collect())))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(Some(value.clone())),
        }
    }

    fn call(&self, name: &str, argument: &Value) -> Result<Option<Value>, Unresolved> {
        match (name, argument) {
            ("Ref", Value::String(name)) if name == "AWS::NoValue" => Ok(None),
            ("Ref", Value::String(name)) => self.reference(name).map(|text| Some(text.into())),
            ("Fn::Sub", Value::String(text)) => self.substitute(text).map(|text| Some(text.into())),
            ("Fn::GetAtt", Value::Array(pair)) => match pair.as_slice() {
                [Value::String(name), Value::String(attribute)] => {
                    self.attribute(name, attribute).map(|text| Some(text.into()))
                }
                _ => Err(Unresolved::new(format!("{argument} is not understood"))),
            },
            ("Fn::If", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(condition), then, otherwise] => {
                    self.resolve(if self.holds(condition)? { then } else { otherwise })
                }
                _ => Err(Unresolved::new(format!("{argument} is not understood"))),
            },
            _ => Err(Unresolved::new(format!("{argument} is not understood"))),
        }
    }

    /// A text whose `${…}` are filled in. `${!…}` stands for itself.
    fn substitute(&self, text: &str) -> Result<String, Unresolved> {
        let mut parts = text.split("${");
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').ok_or_else(|| Unresolved::new(format!("{text} does not end")))?;
            match (name.strip_prefix('!'), name.split_once('.')) {
                (Some(literal), _) => filled.push_str(&format!("${{{literal}}}")),
                (None, Some((name, attribute))) => filled.push_str(&self.attribute(name, attribute)?),
                (None, None) => filled.push_str(&self.reference(name)?),
            }
            filled.push_str(rest);
        }
        Ok(filled)
    }

    /// Whether a condition of the template holds.
    pub(super) fn holds(&self, name: &str) -> Result<bool, Unresolved> {
        let condition = self.section("Conditions").get(name);
        let condition = condition.ok_or_else(|| Unresolved::new(format!("there is no condition {name}")))?;
        self.is_true(condition).map_err(|error| error.within(name))
    }

    fn is_true(&self, condition: &Value) -> Result<bool, Unresolved> {
        let unknown = || Unresolved::new(format!("the condition {condition} is not understood"));
        let (name, argument) = condition.as_object().and_then(function).ok_or_else(unknown)?;
        match (name, argument.as_array().map(Vec::as_slice)) {
            ("Fn::Not", Some([inner])) => Ok(!self.is_true(inner)?),
            ("Fn::Equals", Some([one, other])) => {
                // A number and its text are the same for CloudFormation.
                let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let one = self.resolve(one)?.ok_or_else(unknown)?;
                let other = self.resolve(other)?.ok_or_else(unknown)?;
                Ok(text(&one) == text(&other))
            }
            _ => Err(unknown()),
        }
    }
}

/// The function that an object of one member is.
fn function(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (name, argument) = members.iter().next().filter(|_| members.len() == 1)?;
    (name == "Ref" || name.starts_with("Fn::")).then_some((name, argument))
}
