//! Carrying out what was decided. Nothing here makes a choice.

use function_kit::Failure;
use secret_store::Stage;
use sentry_client::{KeyUpdate, Kind, NewKey};

use super::RotationWorld;
use crate::failure::Error;
use crate::trial::try_key;

impl RotationWorld<'_> {
    pub(super) async fn create_key(&mut self) -> Result<(), Error> {
        let (Some(located), Some(wanted)) = (&self.seen.located, &self.seen.wanted) else {
            return Err(out_of_turn());
        };
        let key = NewKey { label: self.mark().label(self.secret()), rate_limit: wanted.settings.rate_limit };
        let project = located.project.clone();
        self.seen.before_creation = self.seen.keys.take();
        match self.api.create_key(&project, &key).await {
            Ok(created) => {
                self.seen.created.push(created);
                Ok(())
            }
            Err(error) if error.is_unclear() => {
                self.seen.creation_may_arrive = error.is_timeout();
                Err(error.into())
            }
            Err(error) => Err(self.explain(error).await),
        }
    }

    pub(super) async fn store_pending(&mut self) -> Result<(), Error> {
        let (Some(key), Some(current), Some(located)) = (&self.seen.adopt, &self.seen.current, &self.seen.located)
        else {
            return Err(out_of_turn());
        };
        let dsn = key.dsn.as_ref().ok_or_else(|| {
            Failure::new(
                "Rotation.SentryUnavailable",
                format!("Sentry gives no usable DSN for the key {}: a self-hosted server must know its own name (SENTRY_PUBLIC_ENDPOINT)", key.id),
            )
        })?;
        let mut document = current.document.with_dsn(&dsn.to_string());
        // What else stands in a document is its owner's; only a value that was not there is written whole.
        if current.document.is_empty() {
            document = document.with_organization(&located.project.organization.slug);
        }
        if current.document.is_empty() || self.seen.renamed_from.is_some() {
            document = document.with_project(&located.project.slug);
        }
        self.seen.key_id = Some(key.id.clone());
        let stored = self
            .store
            .put_pending(
                &self.event.secret_id,
                &self.event.version_id,
                &document.to_value(),
                self.event.rotation_token.as_ref(),
            )
            .await;
        // Another invocation was quicker: its value stands, and ours becomes an orphan.
        let taken = stored.as_ref().is_err_and(|error| error.kind() == secret_store::Kind::ValueExists);
        self.seen.value_stored |= stored.is_ok() || taken;
        self.seen.pending = None;
        Ok(stored?)
    }

    pub(super) async fn update_key(&mut self) -> Result<(), Error> {
        let (Some(located), Some(wanted), Some(key)) = (&self.seen.located, &self.seen.wanted, &self.seen.subject)
        else {
            return Err(out_of_turn());
        };
        let mut settings = wanted.settings.clone();
        // A PUT without the SDK version resets it, so what is not wanted otherwise is said again as it is.
        settings.browser_sdk_version =
            settings.browser_sdk_version.or_else(|| key.settings.browser_sdk_version.clone());
        let update = KeyUpdate { label: key.label.clone(), is_active: true, settings };
        let result = self.api.update_key(&located.project, &key.id, &update).await;
        self.seen.keys = None;
        self.seen.updated = true;
        match result {
            Ok(_) => Ok(()),
            Err(error) if error.is_unclear() || *error.kind() == Kind::NotFound => Err(error.into()),
            Err(error) => Err(self.explain(error).await),
        }
    }

    pub(super) async fn try_subject(&mut self) -> Result<(), Error> {
        let (Some(located), Some(key)) = (&self.seen.located, &self.seen.subject) else {
            return Err(out_of_turn());
        };
        let stored = self.current_dsn().filter(|dsn| dsn.key_id() == key.id);
        let dsn = key.dsn.as_ref().or(stored).ok_or_else(|| {
            Failure::new("Rotation.SentryUnavailable", format!("Sentry gives no usable DSN for the key {}", key.id))
        })?;
        self.seen.trial = Some(try_key(self.api, &located.project, dsn, self.deadline).await?);
        Ok(())
    }

    pub(super) async fn promote(&mut self) -> Result<(), Error> {
        let current = self.seen.description.as_ref().and_then(|description| description.version_at(Stage::Current));
        let current = current.map(str::to_owned);
        let result = self.store.promote(&self.event.secret_id, &self.event.version_id, current.as_deref()).await;
        match &result {
            Ok(()) => self.seen.promoted = true,
            // Somebody moved the label, or the answer is lost: look where it is, and at what is current now.
            Err(error) => {
                (self.seen.description, self.seen.current, self.seen.keys) = (None, None, None);
                self.seen.not_current = current.filter(|_| error.kind() == secret_store::Kind::LabelMoved);
            }
        }
        Ok(result?)
    }
}

/// An effect was asked for before anything was observed: a defect.
fn out_of_turn() -> Error {
    Failure::new("Internal.Defect", "an effect was carried out before anything was observed; please report this").into()
}
