//! Reading the secret: labels, the pending value, the current value.

use std::time::Duration;

use function_kit::Failure;
use rotation::{Contract, Step};
use secrecy::SecretString;
use secret_store::{Document, Stage};
use sentry_client::Dsn;
use tokio::time::sleep;

use super::{CurrentValue, RotationWorld};
use crate::failure::{Error, of_document};

/// Labels and values become visible late (facts/aws.md section 1.4): setSecret, testSecret and finishSecret look again
/// after these waits.
const LATE: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_millis(400), Duration::from_millis(800), Duration::from_millis(1600)];

impl RotationWorld<'_> {
    pub(super) async fn describe(&mut self) -> Result<Contract, Error> {
        if self.seen.description.is_none() {
            self.seen.description = Some(self.store.describe(&self.event.secret_id).await?);
        }
        Ok(self.contract())
    }

    pub(super) fn contract(&self) -> Contract {
        let version = &self.event.version_id;
        match &self.seen.description {
            Some(description) if !description.rotation_enabled => Contract::NotEnabled,
            _ if self.seen.promoted => Contract::AlreadyCurrent,
            Some(description) if description.has_stage(version, Stage::Current) => Contract::AlreadyCurrent,
            Some(description) if description.has_stage(version, Stage::Pending) => Contract::UnderWay,
            Some(description) if description.stages.contains_key(version) => Contract::NotPending,
            Some(_) | None => Contract::UnknownVersion,
        }
    }

    async fn pending_value(&self) -> Result<Option<SecretString>, Error> {
        Ok(self.store.value_at(&self.event.secret_id, &self.event.version_id, Stage::Pending).await?)
    }

    /// The labels and the pending value; for the steps after createSecret with a few more looks where they are missing.
    pub(super) async fn contract_and_value(&mut self, step: Step) -> Result<(Contract, Option<SecretString>), Error> {
        let patience: &[Duration] = if step == Step::CreateSecret { &[] } else { &LATE };
        let mut waits = patience.iter();
        loop {
            let contract = self.describe().await?;
            self.check_rival(contract)?;
            if contract == Contract::UnderWay && self.seen.pending.is_none() {
                self.seen.pending = Some(self.pending_value().await?);
            }
            let value = self.seen.pending.clone().flatten();
            let labels_late = match contract {
                Contract::UnknownVersion | Contract::NotPending => true,
                Contract::UnderWay => self.shows_outdated_current(),
                Contract::NotEnabled | Contract::AlreadyCurrent => false,
            };
            let late = labels_late || contract == Contract::UnderWay && value.is_none();
            match waits.next() {
                Some(wait) if late => {
                    sleep(*wait).await;
                    // A missing value does not make the labels doubtful.
                    if labels_late {
                        self.seen.description = None;
                    } else {
                        self.seen.pending = None;
                    }
                }
                Some(_) | None if contract == Contract::UnknownVersion => {
                    return Ok((self.without_labels().await, value));
                }
                Some(_) | None => return Ok((contract, value)),
            }
        }
    }

    /// A version without labels is missing from `DescribeSecret`, as one that never was: the list of versions tells.
    async fn without_labels(&self) -> Contract {
        match self.store.version_ids(&self.event.secret_id).await {
            Ok(versions) if versions.iter().any(|version| version.id == self.event.version_id) => Contract::NotPending,
            Ok(_) | Err(_) => Contract::UnknownVersion,
        }
    }

    /// After a promotion that lost its compare-and-swap: a person, or somebody's rollback, made another version current.
    /// That is not to be undone in passing; the next attempt begins from what is current then.
    fn check_rival(&self, contract: Contract) -> Result<(), Error> {
        let current = self.seen.description.as_ref().and_then(|description| description.version_at(Stage::Current));
        if contract != Contract::UnderWay || self.seen.not_current.is_none() || self.shows_outdated_current() {
            return Ok(());
        }
        Err(Failure::new(
            "Rotation.StoreConflict",
            format!(
                "AWSCURRENT of {} was moved to {} while this rotation was about to move it: if that was a rollback, end the \
                 rotation by removing AWSPENDING; else Secrets Manager retries by itself",
                self.secret(),
                current.unwrap_or("no version")
            ),
        )
        .into())
    }

    /// Whether the labels are still those on which a promotion failed because they had changed.
    fn shows_outdated_current(&self) -> bool {
        let current = self.seen.description.as_ref().and_then(|description| description.version_at(Stage::Current));
        self.seen.not_current.is_some() && self.seen.not_current.as_deref() == current
    }

    fn current_unreadable(&self) -> Failure {
        Failure::new(
            "Rotation.StoreConflict",
            format!(
                "the version of {} that is AWSCURRENT has no value that can be read: another invocation or a person changed \
                 the versions at the same time, or it is not visible yet; Secrets Manager retries by itself",
                self.secret()
            ),
        )
    }

    /// Reads AWSCURRENT's document; a secret without one gets an empty document.
    pub(super) async fn read_current(&mut self) -> Result<(), Error> {
        if self.seen.current.is_some() {
            return Ok(());
        }
        let version = self.seen.description.as_ref().and_then(|description| description.version_at(Stage::Current));
        let value = match version {
            // By the version alone: its label may be seen later than it was described, and a current value that seems
            // to be none would make a first key and drop what the value holds besides.
            Some(version) => match self.store.value_of(&self.event.secret_id, version).await? {
                Some(value) => Some(value),
                None => return Err(self.current_unreadable().into()),
            },
            None => None,
        };
        let document = match &value {
            Some(value) => Document::parse(value).map_err(|error| of_document(error, self.secret()))?,
            None => Document::empty(),
        };
        let dsn = match document.dsn() {
            Some(text) => Some(text.parse::<Dsn>().map_err(|error| {
                Failure::new(
                    "Rotation.DocumentInvalid",
                    format!(
                        "the `dsn` in the current value of {} {error}: store a valid one, or null to make a first key",
                        self.secret()
                    ),
                )
            })?),
            None => None,
        };
        self.seen.current = Some(CurrentValue { document, dsn });
        Ok(())
    }
}
