//! What a finding is about.

use crate::words::words;

words! {
    /// The sort of subject.
    SubjectKind {
        /// A client key; its id is the public key.
        ClientKey = "client-key",
        /// A project; its id is the numeric id.
        Project = "project",
        /// A secret of Secrets Manager; its id is the ARN.
        Secret = "secret",
        /// A stored token; its id is the ARN of its secret.
        Token = "token",
        /// An integration; its id is the slug.
        Integration = "integration",
        /// An organization token that Sentry lists; its id is Sentry's.
        OrganizationToken = "organization-token",
        /// A use case of the policy; its id is the name.
        UseCase = "use-case",
        /// An exception of the policy; its id is the code of its finding, a slash and its subject.
        Exception = "exception",
        /// The review itself; its id is `review`.
        Review = "review",
    }
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// The sort.
    pub kind: SubjectKind,
    /// What names it for ever.
    pub id: String,
    /// What people call it: a label, a slug, a secret's name. It may say anything.
    pub name: String,
    /// The slug of its project, where it belongs to one.
    pub project: Option<String>,
}

impl Subject {
    /// Whether an exception that names this text means it: by id or by name.
    #[must_use]
    pub fn is_named(&self, text: &str) -> bool {
        // A label is anybody's to write: a key is named by its id alone.
        self.id == text || (self.kind != SubjectKind::ClientKey && self.name == text)
    }
}
