//! For whom a call was made: what the words of a failure depend on.

/// What a call needs of the token: any one of these scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// The scopes that Sentry accepts.
    pub scopes: &'static [&'static str],
    /// The least of them.
    pub least: &'static str,
    /// What a person chooses in Sentry's settings to grant it.
    pub permission: &'static str,
}

impl Need {
    /// To make, change and disable client keys (facts/endpoint-scopes.csv).
    pub const WRITE: Self = Self {
        scopes: &["project:write", "project:admin"],
        least: "project:write",
        permission: "Project: Read & Write",
    };

    /// To delete client keys.
    pub const ADMIN: Self = Self { scopes: &["project:admin"], least: "project:admin", permission: "Project: Admin" };
}

/// What a function does with its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Role {
    /// The variable that names the secret with the token.
    pub variable: &'static str,
    /// What the token is for: "rotating a client key".
    pub task: &'static str,
    /// What it must be able to do for that.
    pub need: Need,
    /// Who tries again after a failure, as a clause: "Secrets Manager retries by itself".
    pub again: &'static str,
}

/// A role with the secret that holds its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Principal<'a> {
    /// What the token is for.
    pub role: &'a Role,
    /// The secret that holds it.
    pub secret_id: &'a str,
}
