//! Statements, and what they come to.

use std::fmt;

use serde_json::{Map, Value};

use super::condition::Condition;
use super::pattern::{fits_action, fits_resource};
use super::question::Question;

/// What keeps a policy from being read: it names the element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable(String);

impl Unreadable {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

/// One action on one resource that a statement allows, as the policy words them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// The statement's `Sid`.
    pub sid: String,
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} on {}", self.sid, self.action, self.resource)
    }
}

/// What policies say to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// This allows it, and nothing denies it.
    Allowed(Grant),
    /// Nothing allows it.
    NotAllowed,
    /// A statement of this `Sid` denies it, whatever others allow.
    Denied(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Actions {
    One(String),
    AllBut(Vec<String>),
}

/// One resource, and one action or all but some: a statement that lists more says the same as one for each.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Statement {
    sid: String,
    denies: bool,
    actions: Actions,
    resource: String,
    conditions: Vec<Condition>,
}

impl Statement {
    fn concerns(&self, question: &Question) -> bool {
        let action = &question.action;
        let fits = match &self.actions {
            Actions::One(pattern) => fits_action(pattern, action),
            Actions::AllBut(patterns) => !patterns.iter().any(|pattern| fits_action(pattern, action)),
        };
        fits && fits_resource(&self.resource, &question.resource)
            && self.conditions.iter().all(|condition| condition.holds(question))
    }

    fn grant(&self) -> Option<Grant> {
        match &self.actions {
            Actions::One(action) if !self.denies => {
                Some(Grant { sid: self.sid.clone(), action: action.clone(), resource: self.resource.clone() })
            }
            Actions::One(_) | Actions::AllBut(_) => None,
        }
    }
}

/// The statements of one policy, or of several that apply to the same caller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    statements: Vec<Statement>,
}

impl Policy {
    /// Reads an identity policy: a document without principals. Every statement has a `Sid`, so that it can be named.
    ///
    /// # Errors
    /// What it has that is not known here.
    pub fn read(document: &Value) -> Result<Self, Unreadable> {
        let mut policy = Self::default();
        for statement in statements(document)? {
            if statement.contains_key("Principal") {
                return Err(Unreadable::new("an identity policy has no Principal"));
            }
            policy.add(statement)?;
        }
        Ok(policy)
    }

    /// Reads what a resource's policy says about one principal, named by its ARN.
    ///
    /// # Errors
    /// What it has that is not known here.
    pub fn read_about(document: &Value, principal: &str) -> Result<Self, Unreadable> {
        let mut policy = Self::default();
        for statement in statements(document)? {
            if is_about(statement.get("Principal"), principal)? {
                policy.add(statement)?;
            }
        }
        Ok(policy)
    }

    /// Both together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.statements.extend(other.statements);
        self
    }

    /// All that is allowed, one by one, in the order of the policy.
    #[must_use]
    pub fn grants(&self) -> Vec<Grant> {
        self.statements.iter().filter_map(Statement::grant).collect()
    }

    /// The same policy without this grant.
    #[must_use]
    pub fn without(&self, grant: &Grant) -> Self {
        let kept = self.statements.iter().filter(|statement| statement.grant().as_ref() != Some(grant));
        Self { statements: kept.cloned().collect() }
    }

    /// What the policy says.
    #[must_use]
    pub fn judge(&self, question: &Question) -> Verdict {
        let mut allowed = None;
        for statement in self.statements.iter().filter(|statement| statement.concerns(question)) {
            if statement.denies {
                return Verdict::Denied(statement.sid.clone());
            }
            allowed = allowed.or_else(|| statement.grant());
        }
        allowed.map_or(Verdict::NotAllowed, Verdict::Allowed)
    }

    fn add(&mut self, statement: &Map<String, Value>) -> Result<(), Unreadable> {
        let known = ["Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "Condition"];
        let sid = statement.get("Sid").and_then(Value::as_str).filter(|sid| !sid.is_empty());
        let sid = sid.ok_or_else(|| Unreadable::new("a statement has no Sid"))?;
        let wrong = |what: String| Unreadable::new(format!("{sid}: {what}"));
        if let Some(name) = statement.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(wrong(format!("the element {name} is not known")));
        }
        let denies = match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow") => false,
            Some("Deny") => true,
            _ => return Err(wrong("Effect is neither Allow nor Deny".to_owned())),
        };
        let actions: Vec<Actions> = match (statement.get("Action"), statement.get("NotAction")) {
            (Some(actions), None) => texts(actions, sid)?.into_iter().map(Actions::One).collect(),
            // What is allowed would not be known one by one.
            (None, Some(actions)) if denies => vec![Actions::AllBut(texts(actions, sid)?)],
            _ => return Err(wrong("it needs an Action, or a NotAction that is denied".to_owned())),
        };
        let resources = statement.get("Resource").ok_or_else(|| wrong("it has no Resource".to_owned()))?;
        let conditions = statement.get("Condition").map(Condition::read).transpose();
        let conditions = conditions.map_err(|error| wrong(error.to_string()))?.unwrap_or_default();
        for resource in texts(resources, sid)? {
            for actions in &actions {
                let (sid, actions, conditions) = (sid.to_owned(), actions.clone(), conditions.clone());
                self.statements.push(Statement { sid, denies, actions, resource: resource.clone(), conditions });
            }
        }
        Ok(())
    }
}

fn statements(document: &Value) -> Result<Vec<&Map<String, Value>>, Unreadable> {
    if document.get("Version").and_then(Value::as_str) != Some("2012-10-17") {
        return Err(Unreadable::new("the policy's Version is not 2012-10-17"));
    }
    let statements = document.get("Statement").ok_or_else(|| Unreadable::new("the policy has no Statement"))?;
    let statements = statements.as_array().map_or_else(|| vec![statements], |list| list.iter().collect());
    if !statements.iter().all(|statement| statement.is_object()) {
        return Err(Unreadable::new("a statement is no object"));
    }
    Ok(statements.into_iter().filter_map(Value::as_object).collect())
}

/// Whether a resource's policy speaks of this principal.
fn is_about(principal: Option<&Value>, arn: &str) -> Result<bool, Unreadable> {
    match principal {
        Some(Value::String(all)) if all == "*" => Ok(true),
        Some(Value::Object(kinds)) if kinds.keys().all(|kind| kind == "AWS" || kind == "Service") => {
            let named = kinds.get("AWS").map(|names| texts(names, "Principal")).transpose()?.unwrap_or_default();
            Ok(named.iter().any(|name| name == arn))
        }
        _ => Err(Unreadable::new("a Principal is neither * nor AWS or Service with names")),
    }
}

/// A text, or a list of texts, of which there is one at least. YAML's numbers and truth values are texts for IAM.
pub(super) fn texts(value: &Value, of: &str) -> Result<Vec<String>, Unreadable> {
    let list = value.as_array().map_or_else(|| vec![value], |list| list.iter().collect());
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    let texts: Option<Vec<String>> = list.into_iter().map(text).collect();
    texts
        .filter(|texts| !texts.is_empty())
        .ok_or_else(|| Unreadable::new(format!("{of} is neither a text nor a list of texts")))
}
