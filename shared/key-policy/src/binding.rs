//! Bindings: which organization and projects a secret may name (the guard against a confused deputy).

use std::collections::BTreeSet;

use crate::errors::Problems;
use crate::read::{Node, name, names};

/// A secret whose name starts with the prefix may name this organization and these projects, nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Binding {
    /// Start of the secret's name, never empty; the longest one that matches wins.
    pub secret_prefix: String,
    /// Slug or numeric id.
    pub organization: String,
    /// Slugs or numeric ids; empty = any project of the organization.
    pub projects: Vec<String>,
}

impl Binding {
    /// Whether a secret under this binding may name the project, as a slug or a numeric id, exactly as written.
    #[must_use]
    pub fn allows_project(&self, project: &str) -> bool {
        self.projects.is_empty() || self.projects.iter().any(|allowed| allowed == project)
    }
}

pub(crate) fn longest<'a>(bindings: &'a [Binding], secret_name: &str) -> Option<&'a Binding> {
    bindings
        .iter()
        .filter(|binding| secret_name.starts_with(&binding.secret_prefix))
        .max_by_key(|binding| binding.secret_prefix.len())
}

pub(crate) fn bindings(node: &Node<'_>, problems: &mut Problems) -> Option<Vec<Binding>> {
    let tables = node.tables(problems)?;
    let mut prefixes = BTreeSet::new();
    let mut bindings = Vec::new();
    for mut table in tables {
        let prefix = table.required(problems, "secret_prefix", name);
        let organization = table.required(problems, "organization", name);
        let projects = table.optional(problems, "projects", names);
        table.finish(problems);
        if let Some(prefix) = prefix.as_good()
            && !prefixes.insert(prefix.value.clone())
        {
            let message = format!("the prefix {:?} has a binding already", prefix.value);
            prefix.fail::<()>(problems, message);
        }
        if let (Some(secret_prefix), Some(organization)) = (prefix.value(), organization.value()) {
            bindings.push(Binding { secret_prefix, organization, projects: projects.value().unwrap_or_default() });
        }
    }
    Some(bindings)
}
