//! The calls of a rotation.

use std::collections::BTreeMap;
use std::fmt;

use aws_sdk_secretsmanager::Client;
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::{Error, Kind};

/// A staging label that the rotation contract knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// What applications read.
    Current,
    /// The version that a rotation is making.
    Pending,
}

impl Stage {
    /// The label's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "AWSCURRENT",
            Self::Pending => "AWSPENDING",
        }
    }
}

/// What `DescribeSecret` says of a secret: never its value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Description {
    /// The full ARN.
    pub arn: String,
    /// The name.
    pub name: String,
    /// Whether rotation is enabled; absent counts as no (facts/aws.md section 1.2).
    pub rotation_enabled: bool,
    /// The labels of every version that has any.
    pub stages: BTreeMap<String, Vec<String>>,
    /// The tags.
    pub tags: BTreeMap<String, String>,
}

impl Description {
    /// The version that carries a label.
    #[must_use]
    pub fn version_at(&self, stage: Stage) -> Option<&str> {
        self.stages.iter().find(|(_, labels)| labels.iter().any(|label| label == stage.as_str())).map(|(id, _)| &**id)
    }

    /// Whether a version carries a label.
    #[must_use]
    pub fn has_stage(&self, version_id: &str, stage: Stage) -> bool {
        self.stages.get(version_id).is_some_and(|labels| labels.iter().any(|label| label == stage.as_str()))
    }
}

/// A version, with labels or without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its id.
    pub id: String,
    /// When it was registered, in Unix seconds.
    pub created: Option<i64>,
}

/// Secrets Manager in one Region.
#[derive(Clone)]
pub struct SecretStore {
    client: Client,
}

impl fmt::Debug for SecretStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretStore")
    }
}

impl SecretStore {
    /// Uses a client of the SDK; its retries and timeouts are the caller's choice.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Labels, tags and whether rotation is enabled.
    ///
    /// # Errors
    /// [`Error`] of `DescribeSecret`.
    pub async fn describe(&self, secret_id: &str) -> Result<Description, Error> {
        const ACTION: &str = "DescribeSecret";
        let answer = self
            .client
            .describe_secret()
            .secret_id(secret_id)
            .send()
            .await
            .map_err(|error| Error::from_sdk(ACTION, &error))?;
        let tags = answer.tags.unwrap_or_default();
        Ok(Description {
            arn: answer.arn.ok_or_else(|| Error::unusable_answer(ACTION))?,
            name: answer.name.ok_or_else(|| Error::unusable_answer(ACTION))?,
            rotation_enabled: answer.rotation_enabled.unwrap_or(false),
            stages: answer.version_ids_to_stages.unwrap_or_default().into_iter().collect(),
            tags: tags.into_iter().filter_map(|tag| Some((tag.key?, tag.value?))).collect(),
        })
    }

    /// The value of one version that carries a label; `None` where it has none, or is not (yet) seen to carry it.
    ///
    /// # Errors
    /// [`Error`] of `GetSecretValue`.
    pub async fn value_at(
        &self,
        secret_id: &str,
        version_id: &str,
        stage: Stage,
    ) -> Result<Option<SecretString>, Error> {
        self.get(secret_id, Some(version_id), Some(stage)).await
    }

    /// The value of one version, whatever its labels; `None` where it has none or is gone.
    ///
    /// # Errors
    /// [`Error`] of `GetSecretValue`.
    pub async fn value_of(&self, secret_id: &str, version_id: &str) -> Result<Option<SecretString>, Error> {
        self.get(secret_id, Some(version_id), None).await
    }

    /// What applications would read now; `None` where there is no such secret or no value.
    ///
    /// # Errors
    /// [`Error`] of `GetSecretValue`.
    pub async fn current_value(&self, secret_id: &str) -> Result<Option<SecretString>, Error> {
        self.get(secret_id, None, None).await
    }

    async fn get(
        &self,
        secret_id: &str,
        version_id: Option<&str>,
        stage: Option<Stage>,
    ) -> Result<Option<SecretString>, Error> {
        const ACTION: &str = "GetSecretValue";
        let request = self
            .client
            .get_secret_value()
            .secret_id(secret_id)
            .set_version_id(version_id.map(str::to_owned))
            .set_version_stage(stage.map(|stage| stage.as_str().to_owned()));
        match request.send().await {
            // A binary value is no document of ours: the empty text says so to whoever reads it as one.
            Ok(answer) => Ok(Some(SecretString::from(answer.secret_string.unwrap_or_default()))),
            Err(error) => match Error::from_sdk(ACTION, &error) {
                error if error.kind() == Kind::NotFound => Ok(None),
                error => Err(error),
            },
        }
    }

    /// Stores the value of the version that a rotation is making, as AWSPENDING. The same value again is no change;
    /// `rotation_token` is passed on, because Secrets Manager checks by it who makes a version
    /// (facts/aws.md section 1.1).
    ///
    /// # Errors
    /// [`Kind::ValueExists`] where the version has another value.
    pub async fn put_pending(
        &self,
        secret_id: &str,
        version_id: &str,
        value: &SecretString,
        rotation_token: Option<&SecretString>,
    ) -> Result<(), Error> {
        #[expect(clippy::disallowed_methods, reason = "the bytes go into the SDK's PutSecretValue, which redacts them")]
        let (value, rotation_token) =
            (value.expose_secret().to_owned(), rotation_token.map(|token| token.expose_secret().to_owned()));
        self.client
            .put_secret_value()
            .secret_id(secret_id)
            .client_request_token(version_id)
            .secret_string(value)
            .version_stages(Stage::Pending.as_str())
            .set_rotation_token(rotation_token)
            .send()
            .await
            .map(drop)
            .map_err(|error| Error::from_sdk("PutSecretValue", &error))
    }

    /// Moves AWSCURRENT to a version, from the version that carries it now: a compare-and-swap. Secrets Manager moves
    /// AWSPREVIOUS by itself, and takes care of AWSPENDING.
    ///
    /// # Errors
    /// [`Kind::LabelMoved`] where `from` does not carry the label any more.
    pub async fn promote(&self, secret_id: &str, to: &str, from: Option<&str>) -> Result<(), Error> {
        self.client
            .update_secret_version_stage()
            .secret_id(secret_id)
            .version_stage(Stage::Current.as_str())
            .move_to_version_id(to)
            .set_remove_from_version_id(from.map(str::to_owned))
            .send()
            .await
            .map(drop)
            .map_err(|error| Error::from_sdk("UpdateSecretVersionStage", &error))
    }

    /// Every version that Secrets Manager still has, those without labels too.
    ///
    /// # Errors
    /// [`Error`] of `ListSecretVersionIds`.
    pub async fn version_ids(&self, secret_id: &str) -> Result<Vec<Version>, Error> {
        const ACTION: &str = "ListSecretVersionIds";
        let mut ids = Vec::new();
        let mut pages =
            self.client.list_secret_version_ids().secret_id(secret_id).include_deprecated(true).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Error::from_sdk(ACTION, &error))?;
            ids.extend(page.versions.unwrap_or_default().into_iter().filter_map(|version| {
                let created = version.created_date.map(|date| date.secs());
                Some(Version { id: version.version_id?, created })
            }));
        }
        Ok(ids)
    }
}
