//! Beginning, ending and clearing a rotation.

use crate::error::Error;
use crate::stage::Stage;
use crate::store::SecretStore;

impl SecretStore {
    /// Moves AWSCURRENT to a version, from the version that carries it now: a compare-and-swap. Secrets Manager moves
    /// AWSPREVIOUS by itself, and takes care of AWSPENDING.
    ///
    /// # Errors
    /// [`Kind::LabelMoved`](crate::Kind::LabelMoved) where `from` does not carry the label any more.
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
            .map_err(|error| Error::from_sdk("UpdateSecretVersionStage", &error).about(secret_id))
    }

    /// Begins a rotation now, by the function that the secret has, and gives the id of the version that it makes. Its
    /// steps run later: watch the labels.
    ///
    /// `token` becomes the version's id, 32 to 64 characters; the same token again begins no second rotation, so ask
    /// again with it where the answer was unclear.
    ///
    /// # Errors
    /// [`Kind::Rejected`](crate::Kind::Rejected) where Secrets Manager will not rotate it: an earlier rotation is not
    /// complete, the secret is scheduled for deletion, or it has no function. AWS has one code for all of them
    /// (facts/aws.md section 1.5); [`SecretStore::describe`] tells them apart: AWSPENDING is on a version that is not
    /// AWSCURRENT, `scheduled_for_deletion`, not `rotation_enabled`.
    pub async fn start_rotation(&self, secret_id: &str, token: &str) -> Result<String, Error> {
        const ACTION: &str = "RotateSecret";
        let answer = self
            .client
            .rotate_secret()
            .secret_id(secret_id)
            .client_request_token(token)
            .rotate_immediately(true)
            .send()
            .await
            .map_err(|error| Error::from_sdk(ACTION, &error).about(secret_id))?;
        answer.version_id.ok_or_else(|| Error::unusable_answer(ACTION))
    }

    /// Takes AWSPENDING off a version, which abandons its rotation and lets another begin (facts/aws.md section 1.5).
    ///
    /// # Errors
    /// [`Kind::LabelMoved`](crate::Kind::LabelMoved) where that version does not carry the label any more.
    pub async fn remove_pending(&self, secret_id: &str, from_version: &str) -> Result<(), Error> {
        self.client
            .update_secret_version_stage()
            .secret_id(secret_id)
            .version_stage(Stage::Pending.as_str())
            .remove_from_version_id(from_version)
            .send()
            .await
            .map(drop)
            .map_err(|error| Error::from_sdk("UpdateSecretVersionStage", &error).about(secret_id))
    }
}
