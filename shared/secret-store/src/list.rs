//! Every secret of the account in one Region.

use std::collections::BTreeMap;

use aws_sdk_secretsmanager::types::{RotationRulesType, SecretListEntry};

use crate::description::tags;
use crate::error::Error;
use crate::stage::{self, Labels, Stage};
use crate::store::SecretStore;

const ACTION: &str = "ListSecrets";

/// The largest page that Secrets Manager gives.
const PER_PAGE: i32 = 100;

/// What `ListSecrets` says of a secret: never its value, and not whether its copies are in step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListedSecret {
    /// The full ARN.
    pub arn: String,
    /// The name.
    pub name: String,
    /// The tags.
    pub tags: BTreeMap<String, String>,
    /// The labels of every version that has any.
    pub stages: BTreeMap<String, Vec<String>>,
    /// Whether rotation is enabled; absent counts as no (facts/aws.md section 1.2).
    pub rotation_enabled: bool,
    /// The ARN of the function that rotates it, where it has one.
    pub rotation_function: Option<String>,
    /// The Region where it originated, where Secrets Manager says so. In any other Region the secret is a copy.
    pub primary_region: Option<String>,
    /// When Secrets Manager last completed a rotation, in Unix seconds; `None` where it never did.
    pub last_rotated: Option<i64>,
    /// Whether it is in its recovery window before deletion: then its values cannot be read, and it cannot be rotated.
    pub scheduled_for_deletion: bool,
    /// When it was made, in Unix seconds.
    pub created: Option<i64>,
    /// When anything of it was last changed, its tags and settings included, in Unix seconds.
    pub last_changed: Option<i64>,
    /// The day on which a value was last read in this Region, by anybody, as its beginning in Unix seconds; `None` where
    /// none ever was.
    pub last_accessed: Option<i64>,
    /// When the next rotation is due at the latest, in Unix seconds; `None` where none is planned. It lies in the past where
    /// the last one failed.
    pub next_rotation: Option<i64>,
    /// When it is to be rotated, where that is set.
    pub rotation_rules: Option<RotationRules>,
    /// The KMS key that encrypts it, by ARN, id or alias; `None` for the key that Secrets Manager has for the account.
    pub kms_key: Option<String>,
}

/// When a secret is to be rotated, as Secrets Manager keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RotationRules {
    /// The days between two rotations, where they were given so.
    pub automatically_after_days: Option<i64>,
    /// A `cron(...)` or `rate(...)` expression, where one was given.
    pub schedule: Option<String>,
    /// How long the window is in which a rotation may begin, such as `4h`.
    pub duration: Option<String>,
}

impl From<RotationRulesType> for RotationRules {
    fn from(rules: RotationRulesType) -> Self {
        Self {
            automatically_after_days: rules.automatically_after_days,
            schedule: rules.schedule_expression,
            duration: rules.duration,
        }
    }
}

impl ListedSecret {
    /// The version that carries a label.
    #[must_use]
    pub fn version_at(&self, stage: Stage) -> Option<&str> {
        stage::version_at(&self.stages, stage)
    }

    /// Whether a version carries a label.
    #[must_use]
    pub fn has_stage(&self, version_id: &str, stage: Stage) -> bool {
        stage::has_stage(&self.stages, version_id, stage)
    }

    fn read(entry: SecretListEntry) -> Result<Self, Error> {
        Ok(Self {
            // A secret that cannot be named must not pass for one that is not there.
            arn: entry.arn.ok_or_else(|| Error::unusable_answer(ACTION))?,
            name: entry.name.ok_or_else(|| Error::unusable_answer(ACTION))?,
            tags: tags(entry.tags),
            stages: entry.secret_versions_to_stages.map(Labels::from_iter).unwrap_or_default(),
            rotation_enabled: entry.rotation_enabled.unwrap_or(false),
            rotation_function: entry.rotation_lambda_arn,
            primary_region: entry.primary_region,
            last_rotated: entry.last_rotated_date.map(|date| date.secs()),
            scheduled_for_deletion: entry.deleted_date.is_some(),
            created: entry.created_date.map(|date| date.secs()),
            last_changed: entry.last_changed_date.map(|date| date.secs()),
            last_accessed: entry.last_accessed_date.map(|date| date.secs()),
            next_rotation: entry.next_rotation_date.map(|date| date.secs()),
            rotation_rules: entry.rotation_rules.map(RotationRules::from),
            kms_key: entry.kms_key_id,
        })
    }
}

/// The pages of a list that is under way.
#[derive(Debug)]
pub struct SecretPages<'a> {
    store: &'a SecretStore,
    next: Next,
}

#[derive(Debug)]
enum Next {
    First,
    After(String),
    Nothing,
}

impl SecretStore {
    /// Every secret that the role may list, those that are scheduled for deletion too, page by page: an account can
    /// hold half a million.
    ///
    /// The list is late: by AWS's documentation of `ListSecrets` it may miss what happened in the last five minutes, a
    /// label that moved as well as a secret that was made. Look with [`SecretStore::describe`] before labels decide.
    #[must_use]
    pub fn secrets(&self) -> SecretPages<'_> {
        SecretPages { store: self, next: Next::First }
    }
}

impl SecretPages<'_> {
    /// The next page of at most a hundred secrets, which may be empty; `None` after the last one, and after a failure.
    ///
    /// # Errors
    /// [`Error`] of `ListSecrets`: what came before is then a part of the list, not the whole.
    pub async fn next(&mut self) -> Option<Result<Vec<ListedSecret>, Error>> {
        let token = match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::First => None,
            Next::After(token) => Some(token),
            Next::Nothing => return None,
        };
        Some(self.page(token).await)
    }

    async fn page(&mut self, token: Option<String>) -> Result<Vec<ListedSecret>, Error> {
        let answer = self
            .store
            .client
            .list_secrets()
            .include_planned_deletion(true)
            .max_results(PER_PAGE)
            .set_next_token(token.clone())
            .send()
            .await
            .map_err(|error| Error::from_sdk(ACTION, &error))?;
        let secrets = answer.secret_list.unwrap_or_default();
        let secrets = secrets.into_iter().map(ListedSecret::read).collect::<Result<_, _>>()?;
        self.next = match answer.next_token.filter(|next| !next.is_empty()) {
            None => Next::Nothing,
            // The same page for ever: a part of the list must not pass for the whole, and no list is endless.
            repeated if repeated == token => return Err(Error::unusable_answer(ACTION)),
            Some(next) => Next::After(next),
        };
        Ok(secrets)
    }
}
