//! The policy file as a whole.

use crate::binding::{Binding, bindings, longest};
use crate::consent::{Consent, consents};
use crate::errors::{PolicyErrors, Problems};
use crate::exception::{Exception, exceptions};
use crate::read::{Member, Node, TableReader, integer, name, word};
use crate::sections::{Orphan, Proof, Review, orphan, proof, review};
use crate::syntax;
use crate::use_case::UseCase;
use crate::use_case_file::{Draft, finish, use_cases};
use crate::words::words;

/// The text of the built-in policy, `policy/key-policy.toml`.
pub const BUILT_IN: &str = include_str!("../../../policy/key-policy.toml");

const DEFAULT_USE_CASE: &str = "sdk";

words! {
    /// Whether retirement acts.
    Mode {
        /// It reports what it would do, and touches nothing.
        Observe = "observe",
        /// It disables, and deletes where the policy says so.
        Act = "act",
    }
}

/// A policy that was read without a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// The version of the format: 1.
    pub version: u32,
    /// Whether retirement acts; `observe` unless the file says otherwise.
    pub mode: Mode,
    /// Slug or numeric id of the organization whose keys these are, if stated.
    pub organization: Option<String>,
    /// Keys that are the value of no version.
    pub orphan: Orphan,
    /// How a disabled key is proven dead.
    pub proof: Proof,
    /// The periodic review.
    pub review: Review,
    default_use_case: String,
    use_cases: Vec<UseCase>,
    bindings: Vec<Binding>,
    consents: Vec<Consent>,
    exceptions: Vec<Exception>,
}

/// The policy has no use case of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the policy has no use case \"{name}\" (it has: {})", list(known))]
pub struct UnknownUseCase {
    /// The name that was asked for.
    pub name: String,
    /// The names that there are, in the order of the file.
    pub known: Vec<String>,
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

impl Policy {
    /// Reads a policy; `origin` is the file's name in messages.
    ///
    /// # Errors
    /// Every mistake of the file, with its position. If the text is no TOML, only the first, where the parser stopped.
    pub fn parse(text: &str, origin: &str) -> Result<Self, PolicyErrors> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let document = match toml_span::parse(text) {
            Ok(document) => document,
            Err(error) => return Err(syntax::report(text, &error).into_errors(text, origin)),
        };
        let mut problems = Problems::default();
        let policy = Node::root(&document).table(&mut problems).and_then(|table| read(table, &mut problems));
        match policy {
            Some(policy) if problems.is_empty() => Ok(policy),
            Some(_) | None => Err(problems.into_errors(text, origin)),
        }
    }

    /// The policy that applies when no file is deployed; its text is [`BUILT_IN`].
    ///
    /// # Errors
    /// Never in a released build: a test reads it.
    pub fn built_in() -> Result<Self, PolicyErrors> {
        Self::parse(BUILT_IN, "built-in key-policy.toml")
    }

    /// The binding of a secret: the one whose prefix is the longest that the secret's name starts with.
    #[must_use]
    pub fn binding_for(&self, secret_name: &str) -> Option<&Binding> {
        longest(&self.bindings, secret_name)
    }

    /// The use case of that name; without a name, that of `[defaults] use_case` (`sdk` unless the file says otherwise).
    ///
    /// # Errors
    /// [`UnknownUseCase`] when the policy has none of that name.
    pub fn use_case(&self, name: Option<&str>) -> Result<&UseCase, UnknownUseCase> {
        let name = name.unwrap_or(&self.default_use_case);
        let found = self.use_cases.iter().find(|case| case.name == name);
        found.ok_or_else(|| UnknownUseCase {
            name: name.to_owned(),
            known: self.use_cases.iter().map(|case| case.name.clone()).collect(),
        })
    }

    /// The name of the use case of a secret that names none: `sdk` unless the file says otherwise.
    #[must_use]
    pub fn default_use_case(&self) -> &str {
        &self.default_use_case
    }

    /// The consent to retire this key, if there is one; whether it still holds is [`Consent::holds_on`].
    #[must_use]
    pub fn consent_for(&self, key_id: &str) -> Option<&Consent> {
        self.consents.iter().find(|consent| consent.key_id == key_id)
    }

    /// Every use case, in the order of the file.
    #[must_use]
    pub fn use_cases(&self) -> &[UseCase] {
        &self.use_cases
    }

    /// Every binding, in the order of the file; no two have the same prefix.
    #[must_use]
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// Every consent, in the order of the file, ended ones included.
    #[must_use]
    pub fn consents(&self) -> &[Consent] {
        &self.consents
    }

    /// Every exception, in the order of the file, ended ones included.
    #[must_use]
    pub fn exceptions(&self) -> &[Exception] {
        &self.exceptions
    }
}

fn version(node: &Node<'_>, problems: &mut Problems) -> Option<u32> {
    match integer(node, problems)? {
        1 => Some(1),
        other => node.fail(problems, format!("version {other} is not known; this is version 1")),
    }
}

struct Defaults {
    draft: Draft,
    use_case: Member<String>,
}

fn defaults(node: &Node<'_>, problems: &mut Problems) -> Option<Defaults> {
    let mut table = node.table(problems)?;
    let use_case = table.optional(problems, "use_case", name);
    let draft = Draft::read(&mut table, problems);
    table.finish(problems);
    Some(Defaults { draft, use_case })
}

fn read(mut table: TableReader<'_>, problems: &mut Problems) -> Option<Policy> {
    let version = table.required(problems, "version", version);
    let mode = table.optional(problems, "mode", word);
    let organization = table.optional(problems, "organization", name);
    let defaults = table.optional(problems, "defaults", defaults).value();
    let drafts = table.optional(problems, "use_case", use_cases).value();
    let bindings = table.optional(problems, "binding", bindings);
    let consents = table.optional(problems, "consent", consents);
    let exceptions = table.optional(problems, "exception", exceptions);
    let orphan = table.optional(problems, "orphan", orphan);
    let proof = table.optional(problems, "proof", proof);
    let review = table.optional(problems, "review", review);
    table.finish(problems);

    let drafts = drafts.unwrap_or_default();
    let default_use_case = default_use_case(defaults.as_ref(), &drafts, problems);
    let template = defaults.as_ref().map(|defaults| &defaults.draft);
    let use_cases = drafts.into_iter().filter_map(|(name, draft)| finish(&name, draft, template, problems)).collect();
    Some(Policy {
        version: version.value()?,
        mode: mode.value().unwrap_or(Mode::Observe),
        organization: organization.value(),
        orphan: orphan.value().unwrap_or_default(),
        proof: proof.value().unwrap_or_default(),
        review: review.value().unwrap_or_default(),
        default_use_case,
        use_cases,
        bindings: bindings.value().unwrap_or_default(),
        consents: consents.value().unwrap_or_default(),
        exceptions: exceptions.value().unwrap_or_default(),
    })
}

fn default_use_case(defaults: Option<&Defaults>, drafts: &[(String, Draft)], problems: &mut Problems) -> String {
    let Some(named) = defaults.and_then(|defaults| defaults.use_case.as_good()) else {
        return DEFAULT_USE_CASE.to_owned();
    };
    if !drafts.iter().any(|(name, _)| *name == named.value) {
        let message = format!("there is no [use_case.{}]", named.value);
        named.fail::<()>(problems, message);
    }
    named.value.clone()
}
