//! What a review saw: the organization's projects with their client keys, the managed secrets, the stored tokens, the
//! integrations. No secret is in it.
//!
//! `None` means "not known", never "none": why, and which scope would show it, stands in the list of unknowns beside it.

use jiff::Timestamp;

use crate::rate_limit::RateLimit;
use crate::scope::ScopeSet;
use crate::use_case::Kind;
use crate::words::words;

/// The organization that is reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// The numeric id.
    pub id: u64,
    /// The slug.
    pub slug: String,
}

/// A project and its client keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The numeric id, which stands in every DSN.
    pub id: u64,
    /// The slug.
    pub slug: String,
    /// Whether the plan has rate limits for client keys.
    pub offers_rate_limits: Option<bool>,
    /// The domains from which browsers may send; `*` is every domain.
    pub allowed_domains: Option<Vec<String>>,
    /// Every client key, active or not.
    pub keys: Option<Vec<ClientKey>>,
}

words! {
    /// How a client key stands to the managed secrets.
    Ownership {
        /// The value of AWSCURRENT of a managed secret: what applications read.
        Current = "current",
        /// The value of AWSPENDING: a rotation is under way.
        Pending = "pending",
        /// The value of AWSPREVIOUS: superseded by the last rotation.
        Previous = "previous",
        /// Made by a rotation and superseded by later ones, as retirement has on record.
        Superseded = "superseded",
        /// The value of an earlier version, made by somebody else, as retirement has on record.
        Adopted = "adopted",
        /// Made by a rotation that never came to use it.
        Orphan = "orphan",
        /// It bears the mark of a secret that does not exist any more.
        Abandoned = "abandoned",
        /// It bears the mark of a managed secret, and retirement has not said yet whether it is superseded, an orphan or a copy.
        Marked = "marked",
        /// No managed secret holds it, in a project that has managed keys.
        Foreign = "foreign",
        /// No managed secret holds it, nor any other key of its project.
        Unmanaged = "unmanaged",
        /// No managed secret that could be read holds it, and one that could not be read may.
        Unknown = "unknown",
    }
}

/// A client key, as Sentry shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientKey {
    /// The public key: 32 hex digits.
    pub id: String,
    /// The label; anybody with `project:write` may write anything into it.
    pub label: String,
    /// Whether it is enabled.
    pub active: bool,
    /// The limit; `None` is no limit, for Sentry always shows it.
    pub rate_limit: Option<RateLimit>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// How it stands to the managed secrets.
    pub ownership: Ownership,
}

/// What a tag says, which anybody may write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said<T> {
    /// There is no such tag.
    Nothing,
    /// One of the known words.
    Known(T),
    /// Another word.
    Unknown(String),
}

/// A secret of Secrets Manager that this system manages, by its tag or by the function that rotates it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// The full ARN.
    pub arn: String,
    /// The name.
    pub name: String,
    /// The tag `sentry:kind`.
    pub kind: Said<Kind>,
    /// The tag `sentry:use-case`.
    pub use_case: Option<String>,
    /// The tag `sentry:owner`.
    pub owner: Option<String>,
    /// The tag `sentry:consumers`: which applications read it.
    pub consumers: Option<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// The day on which somebody last read a value, this audit and rotation included.
    pub last_accessed: Option<Timestamp>,
    /// How it is rotated.
    pub rotation: Rotation,
    /// The version at AWSCURRENT.
    pub current: Option<Version>,
    /// The version at AWSPENDING, where that is another one.
    pub pending: Option<Version>,
    /// The version at AWSPREVIOUS.
    pub previous: Option<Version>,
    /// The project that the previous review saw in its DSN, where none of its values can be read now.
    pub remembered_project: Option<u64>,
    /// Its copies in other Regions; `None` where that could not be read.
    pub replicas: Option<Vec<Replica>>,
    /// The Region of the original, where this is a copy.
    pub replica_of: Option<String>,
    /// Whether it waits for its deletion: then its values cannot be read.
    pub scheduled_for_deletion: bool,
}

/// How Secrets Manager rotates a secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rotation {
    /// Whether it does.
    pub enabled: bool,
    /// The ARN of the function.
    pub function: Option<String>,
    /// When it last completed a rotation.
    pub last: Option<Timestamp>,
    /// By when it will rotate again.
    pub next: Option<Timestamp>,
    /// The schedule, in Secrets Manager's words: `cron(...)`, `rate(...)`, or a number of days.
    pub schedule: Option<String>,
}

/// A version of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// What it holds.
    pub holds: Holds,
}

/// What a version holds, without any secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holds {
    /// A DSN.
    Key {
        /// The public key.
        id: String,
        /// The project in the DSN.
        project: u64,
        /// Whether it is the deprecated form with a secret part.
        secret_part: bool,
        /// Whether a token, or what may be one, stands beside it in the same value.
        token: bool,
    },
    /// A token of Sentry's Web API.
    Token,
    /// No value yet, or a document that waits for its first DSN.
    Empty,
    /// Neither a DSN nor a token.
    Other,
    /// It could not be read.
    Unreadable,
}

/// A copy of a secret in another Region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replica {
    /// The Region.
    pub region: String,
    /// Whether it holds what the original holds.
    pub in_sync: bool,
}

/// A token that is stored in a secret, and what Sentry said of it when it was presented once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The ARN of the secret that holds it. A token has no id of its own that could be told.
    pub secret_arn: String,
    /// The name of that secret.
    pub secret_name: String,
    /// Which function of this system acts with it; `None` for a token of an application.
    pub function: Option<&'static str>,
    /// The tag `sentry:kind` of its secret.
    pub kind: Said<Kind>,
    /// The tag `sentry:use-case` of its secret.
    pub use_case: Option<String>,
    /// The tag `sentry:owner` of its secret.
    pub owner: Option<String>,
    /// What its shape says: `sntrys_…` is an organization's, `sntryu_…` a person's; bare hex may be anything.
    pub shape: Option<Kind>,
    /// What Sentry said.
    pub answer: Answer,
    /// When this version of the secret was made.
    pub stored: Option<Timestamp>,
}

/// What Sentry said of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It takes it.
    Alive {
        /// Its scopes, expanded by the hierarchy. For a person's token a ceiling: the role may allow less.
        scopes: ScopeSet,
        /// Who it acts as.
        acts_as: ActsAs,
    },
    /// It refuses it: the token is revoked, expired, or was never one.
    Refused,
    /// There was no usable answer.
    Unknown,
}

/// Who a token acts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActsAs {
    /// The organization itself.
    Organization,
    /// An integration, by its proxy user.
    Integration(String),
    /// A person: it ends with the person's account, and follows the person's role.
    Person(String),
}

/// A custom integration of the organization. Its tokens cannot be listed without being shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integration {
    /// The slug.
    pub slug: String,
    /// The name.
    pub name: String,
    /// `internal`, `unpublished` or `published`.
    pub status: String,
    /// What each of its tokens may do.
    pub scopes: ScopeSet,
    /// Whether it is installed.
    pub installed: Option<bool>,
}

/// An organization token, where the server lets it be listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationToken {
    /// Sentry's id of it.
    pub id: String,
    /// The name.
    pub name: String,
    /// Its scopes.
    pub scopes: ScopeSet,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it was last used, as far as Sentry knows.
    pub last_used: Option<Timestamp>,
}

/// When reviews were made and signed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reviews {
    /// The first review that is on record.
    pub first: Option<Timestamp>,
    /// The last one that a reviewer signed.
    pub last_signed: Option<Timestamp>,
}

/// Something that could not be seen, and what would show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// What.
    pub subject: String,
    /// Why it could not be seen.
    pub why: String,
    /// The scope or permission that would show it, where one would.
    pub shown_by: Option<String>,
}
