//! The world of one rotation step: what the decision rests on is gathered here, and its effects are carried out.
//!
//! What was read once is kept for the step; an effect drops what it may have changed, so the next look is a fresh one.

mod attempts;
mod effects;
mod keys;
mod read;

use function_kit::Failure;
use key_policy::UseCase;
use rotation::{Aftermath, Contract, Current, Effect, Mark, Observed, Pending, Settings, Step, Trial, World};
use secrecy::SecretString;
use secret_store::{Description, Document, SecretStore};
use sentry_binding::{Allowed, Claims, Located, Remembered, diagnose, locate};
use sentry_client::{Api, ClientKey, Dsn, Kind};
use tokio::time::Instant;

use crate::config::Config;
use crate::event::RotationEvent;
use crate::failure::Error;
use crate::settings::Wanted;

/// The current value of the secret.
#[derive(Debug)]
pub(crate) struct CurrentValue {
    pub(crate) document: Document,
    pub(crate) dsn: Option<Dsn>,
}

/// The DSN in a document that was stored earlier, if it holds a usable one.
pub(crate) fn dsn_of(document: &Document) -> Option<Dsn> {
    document.dsn()?.parse().ok()
}

/// One invocation's view.
pub(crate) struct RotationWorld<'a> {
    pub(crate) config: &'a Config,
    pub(crate) store: &'a SecretStore,
    pub(crate) api: &'a Api<'a>,
    pub(crate) remembered: &'a Remembered,
    pub(crate) event: &'a RotationEvent,
    pub(crate) deadline: Instant,
    pub(crate) seen: Seen,
}

/// What was read so far, and what this invocation did that the world does not show.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) description: Option<Description>,
    /// The pending value as it was last read: none yet, or one that never changes.
    pub(crate) pending: Option<Option<SecretString>>,
    pub(crate) current: Option<CurrentValue>,
    pub(crate) located: Option<Located>,
    /// The keys that matter to the step: all of the project for createSecret, the pending and the current one otherwise.
    pub(crate) keys: Option<Vec<ClientKey>>,
    /// The keys that were listed before this invocation made one.
    pub(crate) before_creation: Option<Vec<ClientKey>>,
    /// Whether a creation got no answer in time and may still be carried out.
    pub(crate) creation_may_arrive: bool,
    /// Keys that this invocation made, whether the list shows them yet or not.
    pub(crate) created: Vec<ClientKey>,
    pub(crate) adopt: Option<ClientKey>,
    /// The key that the step works with, once it is known.
    pub(crate) key_id: Option<String>,
    pub(crate) wanted: Option<Wanted>,
    /// The key to try.
    pub(crate) subject: Option<ClientKey>,
    /// Why there is no management token.
    pub(crate) no_token: Option<Failure>,
    /// Whether anything came from a warm sandbox's memory.
    pub(crate) used_memory: bool,
    pub(crate) value_stored: bool,
    pub(crate) updated: bool,
    pub(crate) promoted: bool,
    /// The version from which AWSCURRENT could not be moved, since it was elsewhere already.
    pub(crate) not_current: Option<String>,
    pub(crate) trial: Option<Trial>,
    /// Organization and project as the promoted document names them, where Sentry was not asked.
    pub(crate) promoted_names: Option<(Option<String>, Option<String>)>,
    /// The former slug in the document, where the project was renamed.
    pub(crate) renamed_from: Option<String>,
}

impl RotationWorld<'_> {
    fn secret(&self) -> &str {
        self.seen.description.as_ref().map_or(&self.event.secret_id, |description| &description.name)
    }

    fn mark(&self) -> Mark {
        let arn = self.seen.description.as_ref().map_or(&self.event.secret_id, |description| &description.arn);
        Mark::new(arn, &self.event.version_id)
    }

    fn current_dsn(&self) -> Option<&Dsn> {
        self.seen.current.as_ref().and_then(|current| current.dsn.as_ref())
    }

    fn use_case(&self) -> Result<&UseCase, Error> {
        let tags = self.seen.description.as_ref().map(|description| &description.tags);
        let tag = |name: &str| tags.and_then(|tags| tags.get(name)).map(String::as_str);
        let refuse = |why: String| {
            Failure::new("Rotation.BindingMismatch", format!("{} is refused because {why}", self.secret()))
        };
        if let Some(kind) = tag("sentry:kind").filter(|kind| *kind != "client-key") {
            return Err(refuse(format!(
                "its tag sentry:kind is {kind}, and this function rotates client keys; correct the tag or the rotation function"
            ))
            .into());
        }
        let use_case =
            self.config.policy.use_case(tag("sentry:use-case")).map_err(|error| refuse(error.to_string()))?;
        if use_case.kind != key_policy::Kind::ClientKey {
            return Err(
                refuse(format!("its use case {} is for keys of the kind {}", use_case.name, use_case.kind)).into()
            );
        }
        Ok(use_case)
    }

    /// Finds the bound project; checks tags, documents, policy and environment against each other.
    async fn locate(&mut self) -> Result<Located, Error> {
        if let Some(located) = &self.seen.located {
            return Ok(located.clone());
        }
        if let Some(failure) = self.seen.no_token.take() {
            return Err(failure.into());
        }
        let description = self.seen.description.clone().unwrap_or_default();
        let allowed = Allowed::of(&self.config.policy, self.config.organization.as_deref(), &description.name)?;
        let current = self.seen.current.as_ref();
        let claims = Claims::of(
            |name| description.tags.get(name).cloned(),
            current.and_then(|current| current.document.organization()),
            current.and_then(|current| current.document.project()),
            self.current_dsn().cloned(),
        );
        let located =
            locate(self.api, self.remembered, &claims, &allowed, &description.name, self.config.principal()).await?;
        let written = current.and_then(|current| current.document.project());
        self.seen.renamed_from = written.filter(|name| !located.project.is_named(name));
        self.seen.located = Some(located.clone());
        Ok(located)
    }

    /// Puts a failed call about a key into words.
    async fn explain(&self, error: sentry_client::Error) -> Error {
        match &self.seen.located {
            Some(Located { project, .. }) => {
                let organization = &project.organization.slug;
                diagnose(self.api, error, organization, &project.slug, self.config.principal()).await.into()
            }
            None => error.into(),
        }
    }
}

impl World for RotationWorld<'_> {
    type Error = Error;

    async fn observe(&mut self, step: Step) -> Result<Observed, Error> {
        let mut observed = Observed {
            contract: Contract::UnknownVersion,
            pending: Pending::Empty,
            current: Current::None,
            settings: Settings::AsWanted,
            earlier_attempt: false,
            too_many_unpromoted: false,
            updated: self.seen.updated,
            trial: self.seen.trial.unwrap_or(Trial::NotYet),
        };
        let value = if self.seen.value_stored {
            observed.contract = self.contract();
            // Stored a moment ago, and perhaps not yet visible.
            observed.pending = Pending::KeyActive;
            None
        } else {
            let (contract, value) = self.contract_and_value(step).await?;
            observed.contract = contract;
            if contract != Contract::UnderWay {
                return Ok(observed);
            }
            value
        };
        if step == Step::CreateSecret {
            if value.is_some() || self.seen.value_stored {
                // createSecret does not judge a value: setSecret does.
                observed.pending = Pending::KeyActive;
                return Ok(observed);
            }
            self.read_current().await?;
            return self.observe_create(observed).await;
        }
        self.read_current().await?;
        self.observe_keys(step, value.as_ref(), observed).await
    }

    async fn apply(&mut self, effect: Effect) -> Result<(), Error> {
        match effect {
            Effect::CreateKey => self.create_key().await,
            Effect::StorePending => self.store_pending().await,
            Effect::UpdateKey => self.update_key().await,
            Effect::TryKey => self.try_subject().await,
            Effect::Promote => self.promote().await,
        }
    }

    fn aftermath(&self, error: &Error) -> Aftermath {
        match error {
            Error::Sentry(error) if error.is_unclear() => Aftermath::Unclear,
            // The key that a PUT was for is gone.
            Error::Sentry(error) if *error.kind() == Kind::NotFound => Aftermath::Overtaken,
            Error::Sentry(_) | Error::Stated(_) => Aftermath::Final,
            Error::Store(error) => {
                use secret_store::Kind;
                match error.kind() {
                    // The SDK repeats a promotion whose answer is lost, and then finds the label moved by itself.
                    Kind::LabelMoved | Kind::Unavailable => Aftermath::Unclear,
                    Kind::ValueExists => Aftermath::Overtaken,
                    Kind::NotFound | Kind::Denied | Kind::Throttled | Kind::Rejected => Aftermath::Final,
                }
            }
        }
    }
}
