//! Reading and storing values.

use secrecy::{ExposeSecret as _, SecretString};

use crate::error::{Error, Kind};
use crate::stage::Stage;
use crate::store::SecretStore;

/// A value, and since when its version is there. Its `Debug` hides the value.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The value. Empty for a binary one, which is no document of ours.
    pub value: SecretString,
    /// When the version was registered, in Unix seconds (`CreatedDate` of `GetSecretValue`).
    pub created: Option<i64>,
}

impl SecretStore {
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
        self.get(secret_id, Some(version_id), Some(stage)).await.map(value)
    }

    /// The value of one version, whatever its labels; `None` where it has none or is gone.
    ///
    /// # Errors
    /// [`Error`] of `GetSecretValue`; [`Kind::Rejected`] where the secret is scheduled for deletion, which withholds
    /// its values without deleting them.
    pub async fn value_of(&self, secret_id: &str, version_id: &str) -> Result<Option<SecretString>, Error> {
        self.stored(secret_id, version_id).await.map(value)
    }

    /// The same, with the age of the version: who needs both asks once. As every reading of a value, it moves the secret's
    /// [`crate::ListedSecret::last_accessed`].
    ///
    /// # Errors
    /// As [`SecretStore::value_of`].
    pub async fn stored(&self, secret_id: &str, version_id: &str) -> Result<Option<Stored>, Error> {
        self.get(secret_id, Some(version_id), None).await
    }

    /// What applications would read now; `None` where there is no such secret or no value.
    ///
    /// # Errors
    /// [`Error`] of `GetSecretValue`.
    pub async fn current_value(&self, secret_id: &str) -> Result<Option<SecretString>, Error> {
        self.get(secret_id, None, None).await.map(value)
    }

    async fn get(
        &self,
        secret_id: &str,
        version_id: Option<&str>,
        stage: Option<Stage>,
    ) -> Result<Option<Stored>, Error> {
        const ACTION: &str = "GetSecretValue";
        let request = self
            .client
            .get_secret_value()
            .secret_id(secret_id)
            .set_version_id(version_id.map(str::to_owned))
            .set_version_stage(stage.map(|stage| stage.as_str().to_owned()));
        match request.send().await {
            Ok(answer) => Ok(Some(Stored {
                // A binary value is no document of ours: the empty text says so to whoever reads it as one.
                value: SecretString::from(answer.secret_string.unwrap_or_default()),
                created: answer.created_date.map(|date| date.secs()),
            })),
            Err(error) => match Error::from_sdk(ACTION, &error).about(secret_id) {
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
            .map_err(|error| Error::from_sdk("PutSecretValue", &error).about(secret_id))
    }
}

fn value(stored: Option<Stored>) -> Option<SecretString> {
    stored.map(|stored| stored.value)
}
