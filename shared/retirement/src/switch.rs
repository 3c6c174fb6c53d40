//! Disabling, enabling and deleting a key.

use sentry_client::{Api, ClientKey, Error, KeyUpdate, Kind, Project};

/// What became of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Switched {
    /// It is in the wanted state.
    Done {
        /// The key as Sentry shows it now.
        key: Box<ClientKey>,
        /// Whether it has all the settings that it had before.
        settings_kept: bool,
        /// Whether a request was sent for it, or it was in that state already.
        sent: bool,
    },
    /// Sentry took the request, and the key is as before.
    Unchanged,
    /// The project has no such key.
    Gone,
}

/// Enables or disables a key, and changes nothing else of it: it is read, written with one member changed, and compared.
///
/// Repeatable. After an unclear answer the key is looked at before the failure is believed.
///
/// # Errors
/// [`Error`] where it is open or known that the key is not in the wanted state.
pub async fn switch(api: &Api<'_>, project: &Project, key_id: &str, active: bool) -> Result<Switched, Error> {
    let Some(before) = api.key(project, key_id).await? else {
        return Ok(Switched::Gone);
    };
    if before.is_active == active {
        return Ok(Switched::Done { key: Box::new(before), settings_kept: true, sent: false });
    }
    let wanted = KeyUpdate { is_active: active, ..KeyUpdate::of(&before) };
    let after = match api.update_key(project, key_id, &wanted).await {
        Ok(after) => after,
        Err(error) if *error.kind() == Kind::NotFound => return Ok(Switched::Gone),
        Err(error) if error.is_unclear() => match api.key(project, key_id).await {
            Ok(Some(after)) if after.is_active == active => after,
            Ok(None) => return Ok(Switched::Gone),
            Ok(Some(_)) | Err(_) => return Err(error),
        },
        Err(error) => return Err(error),
    };
    if after.is_active != active {
        return Ok(Switched::Unchanged);
    }
    let settings_kept = after.settings == before.settings && after.label == before.label;
    if !settings_kept {
        tracing::warn!(key.id = key_id, "Sentry dropped a setting of a key that was switched: compare it in Sentry");
    }
    Ok(Switched::Done { key: Box::new(after), settings_kept, sent: true })
}

/// Deletes a key; gives back the status of the answer. One that is gone already is a success; after an unclear answer the
/// key is looked at, and there is no status.
///
/// # Errors
/// [`Error`] where the key is, or may be, still there.
pub async fn delete(api: &Api<'_>, project: &Project, key_id: &str) -> Result<Option<u16>, Error> {
    match api.delete_key(project, key_id).await {
        Err(error) if error.is_unclear() => match api.key(project, key_id).await {
            Ok(None) => Ok(None),
            Ok(Some(_)) | Err(_) => Err(error),
        },
        Ok(was_there) => Ok(Some(if was_there { 204 } else { 404 })),
        Err(error) => Err(error),
    }
}
