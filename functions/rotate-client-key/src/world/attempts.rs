//! What createSecret sees: the keys that earlier attempts made.

use std::time::Duration;

use function_kit::Failure;
use jiff::Timestamp;
use rotation::{EarlierAttempts, MAX_UNPROMOTED, Mark, MarkedKey, Observed, Settings, earlier_attempts};
use secret_store::{Document, Stage, Version};
use sentry_client::{ClientKey, Project};
use tokio::time::{Instant, sleep};

use super::{RotationWorld, dsn_of};
use crate::failure::Error;
use crate::settings::wanted;

/// The longest `SecretString` (facts/aws.md section 1.1).
const LARGEST_VALUE: usize = 65_536;

/// More than any DSN is longer than the one before it.
const ROOM_FOR_A_DSN: usize = 512;

/// A creation that got no answer in time is looked for after these waits before it is given up: what arrives later still
/// is found by the retry, or left with its mark.
const ARRIVAL: [Duration; 4] =
    [Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8), Duration::from_secs(16)];

impl RotationWorld<'_> {
    pub(super) async fn observe_create(&mut self, mut observed: Observed) -> Result<Observed, Error> {
        let located = self.locate().await?;
        let use_case = self.use_case()?.clone();
        self.check_size()?;
        if self.seen.keys.is_none() {
            self.seen.keys = Some(self.list_keys(&located.project).await?);
        }
        let keys = self.seen.keys.clone().unwrap_or_default();
        self.check_project(&located.project, &keys)?;
        let current_id = self.current_dsn().map(|dsn| dsn.key_id().to_owned());
        let current = keys.iter().find(|key| Some(&key.id) == current_id.as_ref());
        let wanted = wanted(current.map(|key| &key.settings), &use_case);
        if wanted.rate_limit_required && located.project.offers_rate_limits() == Some(false) {
            observed.settings = Settings::RequiredLimitDroppedByPlan;
        }
        self.seen.wanted = Some(wanted);
        let attempts =
            self.attempts(&keys, current_id.as_deref(), current.and_then(|key| key.date_created.clone())).await?;
        self.seen.adopt = attempts.adopt.and_then(|id| keys.into_iter().find(|key| key.id == id));
        observed.earlier_attempt = self.seen.adopt.is_some();
        observed.too_many_unpromoted = attempts.unpromoted > MAX_UNPROMOTED;
        Ok(observed)
    }

    /// A value that could not hold the new DSN is refused before a key is made for it.
    fn check_size(&self) -> Result<(), Failure> {
        match &self.seen.current {
            Some(current) if current.document.len() > LARGEST_VALUE - ROOM_FOR_A_DSN => Err(Failure::new(
                "Rotation.DocumentInvalid",
                format!(
                    "the current value of {} has no room for another DSN: {LARGEST_VALUE} bytes are the most",
                    self.secret()
                ),
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// Every key says which project it belongs to. A slug that was given to another project, after a warm sandbox resolved
    /// it, shows here before anything is made; so does a project without any key, which is looked up afresh.
    fn check_project(&self, project: &Project, keys: &[ClientKey]) -> Result<(), Failure> {
        let foreign = keys.iter().any(|key| key.project_id != project.id);
        if foreign || keys.is_empty() && self.seen.used_memory {
            return Err(Failure::new(
                "Rotation.BindingMismatch",
                format!(
                    "{} is refused because the project {} is not the one with id {} any more: its slug was given to another \
                     project; correct `project` in the secret's value, or its tag",
                    self.secret(),
                    project.slug,
                    project.id
                ),
            ));
        }
        Ok(())
    }

    /// Every key of the project. After a creation the newest suffice beside those that were listed before it, and the
    /// made one counts whether the list shows it yet or not.
    async fn list_keys(&mut self, project: &Project) -> Result<Vec<ClientKey>, Error> {
        let mark = self.mark();
        let mut waits = ARRIVAL.iter();
        let mut keys = loop {
            let listed = match &self.seen.before_creation {
                None => self.api.keys(project).await,
                Some(_) => self.api.newest_keys(project).await,
            };
            let keys = match listed {
                Ok(keys) => keys,
                Err(error) => return Err(self.explain(error).await),
            };
            let arrived = keys.iter().any(|key| Mark::in_label(&key.label).as_ref() == Some(&mark));
            match waits.next() {
                Some(wait) if self.seen.creation_may_arrive && !arrived && Instant::now() + *wait < self.deadline => {
                    sleep(*wait).await;
                }
                Some(_) | None => break keys,
            }
        };
        for known in self.seen.created.iter().chain(self.seen.before_creation.iter().flatten()) {
            if !keys.iter().any(|key| key.id == known.id) {
                keys.push(known.clone());
            }
        }
        Ok(keys)
    }

    /// Judges the keys that carry this secret's mark. Which of them were promoted is looked up only where it matters.
    async fn attempts(
        &self,
        keys: &[ClientKey],
        current_id: Option<&str>,
        current_made: Option<String>,
    ) -> Result<EarlierAttempts, Error> {
        let mark = self.mark();
        let mut marked: Vec<MarkedKey> = keys
            .iter()
            .filter(|key| key.is_active)
            .filter_map(|key| {
                let mark = Mark::in_label(&key.label).filter(|found| found.same_secret(&mark))?;
                let promoted = Some(key.id.as_str()) == current_id;
                Some(MarkedKey { id: key.id.clone(), mark, created: key.date_created.clone(), promoted })
            })
            .collect();
        let made_here = |key: &MarkedKey| self.seen.created.iter().any(|made| made.id == key.id);
        let doubtful = marked.iter().any(|key| key.mark == mark && !key.promoted && !made_here(key));
        let open = marked.iter().filter(|key| !key.promoted).count();
        if doubtful || open > MAX_UNPROMOTED {
            // A key is adopted only where it is the value of no other version at all.
            let versions = if doubtful { self.versions().await? } else { self.labelled_versions() };
            let versions: Vec<String> = versions.into_iter().map(|version| version.id).collect();
            let held = self.keys_of_others(&versions).await?;
            for key in &mut marked {
                key.promoted |= held.contains(&key.id);
            }
        }
        if marked.iter().filter(|key| !key.promoted).count() > MAX_UNPROMOTED {
            self.find_superseded(&mut marked, current_made.as_deref()).await?;
        }
        Ok(earlier_attempts(&marked, &mark))
    }

    fn labelled_versions(&self) -> Vec<Version> {
        let ids = self.seen.description.iter().flat_map(|description| description.stages.keys());
        ids.map(|id| Version { id: id.clone(), created: None }).collect()
    }

    /// The versions that Secrets Manager still has, those without labels too, as far as they may be listed.
    async fn versions(&self) -> Result<Vec<Version>, Error> {
        match self.store.version_ids(&self.event.secret_id).await {
            Ok(versions) => Ok(versions),
            Err(error) if error.is_unclear() => Err(error.into()),
            Err(error) => {
                tracing::warn!(error = %error, "versions cannot be listed; those without labels are not looked at");
                Ok(self.labelled_versions())
            }
        }
    }

    /// The keys in these versions, other than the pending one.
    async fn keys_of_others(&self, versions: &[String]) -> Result<Vec<String>, Error> {
        let mut keys = Vec::new();
        for version in versions.iter().filter(|version| **version != self.event.version_id) {
            keys.extend(self.key_of_version(version).await?);
        }
        Ok(keys)
    }

    async fn key_of_version(&self, version: &str) -> Result<Option<String>, Error> {
        let value = self.store.value_of(&self.event.secret_id, version).await?;
        let document = value.and_then(|value| Document::parse(&value).ok());
        Ok(document.as_ref().and_then(dsn_of).map(|dsn| dsn.key_id().to_owned()))
    }

    /// Superseded keys never block a rotation: a key is one where the version that its mark names held it.
    ///
    /// A version that Secrets Manager has deleted meanwhile cannot be asked. Then a key older than the current one counts as
    /// superseded; where the current key is gone, one older than the current version; where nothing is known, any.
    async fn find_superseded(&self, marked: &mut [MarkedKey], current_made: Option<&str>) -> Result<(), Error> {
        let description = self.seen.description.as_ref();
        let arn = description.map_or(&self.event.secret_id, |description| &description.arn);
        let current = description.and_then(|description| description.version_at(Stage::Current));
        let versions = self.versions().await?;
        let registered = versions.iter().find(|version| Some(version.id.as_str()) == current).and_then(|it| it.created);
        for key in marked.iter_mut().filter(|key| !key.promoted) {
            let version = versions.iter().find(|version| Mark::new(arn, &version.id) == key.mark);
            key.promoted = match (version, key.created.as_deref(), current_made, registered) {
                (Some(version), _, _, _) => self.key_of_version(&version.id).await?.as_deref() == Some(&*key.id),
                (None, Some(made), Some(current), _) => made < current,
                (None, Some(made), None, Some(registered)) => {
                    made.parse::<Timestamp>().is_ok_and(|made| made.as_second() < registered)
                }
                (None, None, _, _) => false,
                (None, Some(_), None, None) => true,
            };
        }
        Ok(())
    }
}
