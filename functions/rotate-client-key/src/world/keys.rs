//! What setSecret, testSecret and finishSecret see: the pending key beside the current one, as Sentry shows them now.

use rotation::{Current, Observed, Pending, Step};
use secrecy::SecretString;
use secret_store::{Document, InvalidDocument};
use sentry_binding::{Located, missing_scope};
use sentry_client::{ClientKey, Dsn};

use super::RotationWorld;
use crate::failure::Error;
use crate::settings::{compare, wanted};

impl RotationWorld<'_> {
    /// Sees the pending and the current key as Sentry shows them.
    pub(super) async fn observe_keys(
        &mut self,
        step: Step,
        value: Option<&SecretString>,
        mut observed: Observed,
    ) -> Result<Observed, Error> {
        let current_id = self.current_dsn().map(|dsn| dsn.key_id().to_owned());
        let document = value.map(Document::parse);
        let (pending, pending_dsn) = self.judge_value(document.as_ref());
        observed.pending = pending;
        let hopeless = match pending {
            Pending::Unreadable => true,
            Pending::Empty => step != Step::TestSecret,
            Pending::Foreign
            | Pending::CopyOfCurrent
            | Pending::KeyGone
            | Pending::KeyDisabled
            | Pending::KeyActive => false,
        };
        if hopeless {
            return Ok(observed);
        }
        let located = self.locate().await?;
        if self.is_foreign(document.as_ref().and_then(|it| it.as_ref().ok()), pending_dsn.as_ref(), &located) {
            observed.pending = Pending::Foreign;
            return Ok(observed);
        }
        let use_case = self.use_case()?.clone();
        let test_only = step == Step::TestSecret && matches!(pending, Pending::Empty | Pending::CopyOfCurrent);
        if test_only && self.seen.trial.is_none() {
            let identity = self.api.identity().await?;
            if let Some(failure) = missing_scope(&identity, self.config.principal()) {
                return Err(failure.into());
            }
        }
        let pending_id = pending_dsn.map(|dsn| dsn.key_id().to_owned());
        self.seen.key_id = pending_id.clone().or_else(|| current_id.clone());
        if self.seen.keys.is_none() {
            let mut ids: Vec<&str> = pending_id.iter().chain(&current_id).map(String::as_str).collect();
            ids.dedup();
            let found = match self.api.keys_by_id(&located.project, &ids).await {
                Ok(keys) => keys,
                Err(error) => return Err(self.explain(error).await),
            };
            self.seen.keys = Some(found);
        }
        let keys = self.seen.keys.as_deref().unwrap_or_default();
        let find = |id: &Option<String>| id.as_ref().and_then(|id| keys.iter().find(|key| key.id == *id)).cloned();
        let (pending_key, current_key) = (find(&pending_id), find(&current_id));
        if matches!(pending, Pending::KeyActive) {
            observed.pending = match &pending_key {
                None => Pending::KeyGone,
                Some(key) if key.project_id != located.project.id => Pending::Foreign,
                Some(key) if key.is_active => Pending::KeyActive,
                Some(_) => Pending::KeyDisabled,
            };
        }
        observed.current = match (&current_key, &current_id) {
            (None, None) => Current::None,
            (None, Some(_)) => Current::KeyGone,
            (Some(current), _) if other_destination(current, pending_key.as_ref()) => Current::OtherDestination,
            (Some(current), _) if current.is_active => Current::KeyActive,
            (Some(_), _) => Current::KeyDisabled,
        };
        let wanted = wanted(current_key.as_ref().map(|key| &key.settings), &use_case);
        if let Some(key) = &pending_key {
            observed.settings =
                compare(&wanted, &key.settings, located.project.offers_rate_limits(), self.seen.updated);
        }
        self.seen.wanted = Some(wanted);
        self.seen.subject = if test_only { current_key } else { pending_key };
        Ok(observed)
    }

    /// What the pending value is before Sentry is asked; [`Pending::KeyActive`] stands for a key still to be looked at.
    fn judge_value(&self, document: Option<&Result<Document, InvalidDocument>>) -> (Pending, Option<Dsn>) {
        let document = match document {
            None => return (Pending::Empty, None),
            Some(Err(_)) => return (Pending::Unreadable, None),
            Some(Ok(document)) => document,
        };
        match document.dsn().map(|text| text.parse::<Dsn>()) {
            // A copy of a current value without a key: as empty as that.
            None if self.current_dsn().is_none() => (Pending::Empty, None),
            None | Some(Err(_)) => (Pending::Unreadable, None),
            Some(Ok(dsn)) if self.current_dsn().is_some_and(|current| current.key_id() == dsn.key_id()) => {
                (Pending::CopyOfCurrent, Some(dsn))
            }
            Some(Ok(dsn)) => (Pending::KeyActive, Some(dsn)),
        }
    }

    fn is_foreign(&self, document: Option<&Document>, dsn: Option<&Dsn>, located: &Located) -> bool {
        let claimed = self.seen.current.as_ref().and_then(|current| current.document.organization());
        let organization = document.and_then(Document::organization);
        let project = document.and_then(Document::project);
        dsn.is_some_and(|dsn| dsn.project_id() != located.project.id)
            || organization.is_some_and(|name| {
                !located.project.organization.is_named(&name) && claimed.as_deref() != Some(name.as_str())
            })
            || project.is_some_and(|name| !located.is_named(&name))
    }
}

/// Whether the current key sends elsewhere than the pending one, by what Sentry says of both now. Hosts of stored
/// strings are no measure: Sentry changes the ingestion host of old keys as well.
fn other_destination(current: &ClientKey, pending: Option<&ClientKey>) -> bool {
    let Some(pending) = pending else {
        return false;
    };
    current.project_id != pending.project_id
        || matches!((&current.dsn, &pending.dsn), (Some(current), Some(pending)) if current.destination() != pending.destination())
}
