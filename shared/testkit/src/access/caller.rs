//! Who calls, and what their policies say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::policy::{Grant, Policy, Verdict};
use super::question::Question;
use crate::http::Request;

/// The account of everything that the stand-ins make.
const ACCOUNT: &str = "123456789012";

/// A request that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// Who asked, as error messages name a role.
    caller: String,
    /// What was asked.
    question: Question,
    /// Whether a statement denies it, and it is not only that none allows it.
    is_explicit: bool,
}

impl Denial {
    /// The sentence of
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>, with the resource in these marks.
    pub(crate) fn message(&self, mark: &str) -> String {
        let Self { caller, question: Question { action, resource, .. }, is_explicit } = self;
        let why = if *is_explicit {
            "with an explicit deny in a resource-based policy".to_owned()
        } else {
            format!("because no identity-based policy allows the {action} action")
        };
        format!("User: {caller} is not authorized to perform: {action} on resource: {mark}{resource}{mark} {why}")
    }
}

#[derive(Debug)]
struct Role {
    name: String,
    policy: Policy,
    used: BTreeSet<Grant>,
    refused: Vec<Question>,
}

/// The roles of an account, and what was asked about them.
#[derive(Debug, Default)]
pub struct Access {
    roles: Mutex<BTreeMap<String, Role>>,
}

impl Access {
    /// An account without roles: everybody may do everything.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Adds a role and gives the access key id with which its requests are signed (`AWS_ACCESS_KEY_ID`).
    pub fn add_role(&self, name: &str, policy: Policy) -> String {
        let mut roles = self.lock();
        let key = format!("ASIATESTKITROLE{:05}", roles.len());
        let (used, refused) = (BTreeSet::new(), Vec::new());
        roles.insert(key.clone(), Role { name: name.to_owned(), policy, used, refused });
        key
    }

    /// Replaces the policy of a role.
    #[expect(clippy::panic, reason = "a test that names a role it never made is itself wrong")]
    pub fn set_policy(&self, key: &str, policy: Policy) {
        match self.lock().get_mut(key) {
            Some(role) => role.policy = policy,
            None => panic!("no role has the access key id {key}"),
        }
    }

    /// The grants that a role has made use of.
    #[must_use]
    pub fn used(&self, key: &str) -> BTreeSet<Grant> {
        self.lock().get(key).map(|role| role.used.clone()).unwrap_or_default()
    }

    /// What a role was refused, in order.
    #[must_use]
    pub fn refused(&self, key: &str) -> Vec<Question> {
        self.lock().get(key).map(|role| role.refused.clone()).unwrap_or_default()
    }

    /// Asks whether the sender of a request may do something.
    ///
    /// # Errors
    /// The refusal.
    pub(crate) fn ask(&self, request: &Request, question: Question) -> Result<(), Denial> {
        let mut roles = self.lock();
        let Some(role) = access_key(request).and_then(|key| roles.get_mut(key)) else { return Ok(()) };
        let is_explicit = match role.policy.judge(&question) {
            Verdict::Allowed(grant) => {
                role.used.insert(grant);
                return Ok(());
            }
            Verdict::NotAllowed => false,
            Verdict::Denied(_) => true,
        };
        role.refused.push(question.clone());
        let caller = format!("arn:aws:sts::{ACCOUNT}:assumed-role/{0}/{0}", role.name);
        Err(Denial { caller, question, is_explicit })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Role>> {
        self.roles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The access key id in a signature: `AWS4-HMAC-SHA256 Credential=<key id>/<date>/…`.
fn access_key(request: &Request) -> Option<&str> {
    let (_, credential) = request.header("authorization")?.split_once("Credential=")?;
    Some(credential.split_once('/')?.0)
}
