//! What a service asks before it carries a request out.

use std::collections::BTreeMap;

/// May this action be done to this resource, under these circumstances?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The action, such as `s3:GetObject`.
    pub action: String,
    /// The ARN of what it is done to; `*` for an action that knows no resources.
    pub resource: String,
    context: BTreeMap<String, Vec<String>>,
}

impl Question {
    /// A question without circumstances.
    #[must_use]
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into(), context: BTreeMap::new() }
    }

    /// The same question with a value more for a key of the context.
    #[must_use]
    pub fn with(mut self, key: impl AsRef<str>, value: impl Into<String>) -> Self {
        self.context.entry(key.as_ref().to_lowercase()).or_default().push(value.into());
        self
    }

    /// The same question with a value more for a key, if there is a value.
    #[must_use]
    pub fn with_any(self, key: impl AsRef<str>, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// The values of a key; none where the context does not have it.
    pub(super) fn values(&self, key: &str) -> &[String] {
        self.context.get(&key.to_lowercase()).map(Vec::as_slice).unwrap_or_default()
    }
}
