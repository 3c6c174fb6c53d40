//! Which key is meant, and by what it is known to be this secret's.

use std::collections::BTreeMap;

use function_kit::Failure;
use key_lifecycle::Class;
use retirement::{Chain, Held, read_version};
use rotation::Mark;
use secret_store::{Description, Error, SecretStore, Stage};
use sentry_binding::{Allowed, Claims, Remembered, locate, of_store};
use sentry_client::{Api, ClientKey, Dsn, Project};

use crate::config::Config;
use crate::event::Order;
use crate::failure::ROLE;

/// A secret as it is now: its labels, and the keys of its labelled versions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) description: Description,
    pub(crate) versions: BTreeMap<String, Held>,
}

impl Seen {
    /// Describes the secret and reads what its labelled versions hold; `None` where there is no such secret. `known` holds
    /// the values that were read before: they never change.
    pub(crate) async fn look(
        store: &SecretStore,
        secret_id: &str,
        known: Option<&Self>,
    ) -> Result<Option<Self>, Failure> {
        let description = match store.describe(secret_id).await {
            Ok(description) => description,
            Err(error) if error.kind() == secret_store::Kind::NotFound => return Ok(None),
            Err(error) => return Err(in_words(error)),
        };
        let mut versions = BTreeMap::new();
        for id in description.stages.keys() {
            let held = match known.and_then(|known| known.versions.get(id)) {
                Some(held @ (Held::Dsn(_, _) | Held::Other(_))) => held.clone(),
                Some(Held::Nothing) | None => read_version(store, &description.arn, id).await.map_err(in_words)?,
            };
            versions.insert(id.clone(), held);
        }
        Ok(Some(Self { description, versions }))
    }

    /// The version under a label.
    pub(crate) fn version_at(&self, stage: Stage) -> Option<&str> {
        self.description.version_at(stage)
    }

    /// The key id in the version under a label.
    pub(crate) fn key_at(&self, stage: Stage) -> Option<&str> {
        self.versions.get(self.version_at(stage)?)?.key_id()
    }

    /// A version that holds this key.
    pub(crate) fn holder(&self, key_id: &str) -> Option<&str> {
        self.versions.iter().find(|(_, held)| held.key_id() == Some(key_id)).map(|(id, _)| id.as_str())
    }

    fn claims(&self) -> Claims {
        let current = self.version_at(Stage::Current).and_then(|id| self.versions.get(id));
        let document = current.and_then(Held::document);
        let dsn: Option<Dsn> = match current {
            Some(Held::Dsn(dsn, _)) => Some((**dsn).clone()),
            Some(Held::Other(_) | Held::Nothing) | None => None,
        };
        Claims::of(
            &self.description.tags,
            document.and_then(secret_store::Document::organization),
            document.and_then(secret_store::Document::project),
            dsn,
        )
    }
}

pub(crate) fn in_words(error: Error) -> Failure {
    of_store(error, &ROLE)
}

/// The key at hand.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) project: Project,
    /// None where Sentry has no such key any more.
    pub(crate) key: Option<ClientKey>,
    pub(crate) version_id: Option<String>,
    pub(crate) class: Class,
}

/// The project that the secret is bound to; for a secret that is gone, the one that the ledger names.
pub(crate) async fn project(
    config: &Config,
    api: &Api<'_>,
    order: &Order,
    seen: Option<&Seen>,
    chain: Option<&Chain>,
) -> Result<Project, Failure> {
    let name = seen.map_or(order.secret_id.as_str(), |seen| &seen.description.name);
    let allowed = Allowed::of(&config.policy, config.organization.as_deref(), secret_name(name))?;
    let claims = match (seen, chain.and_then(|chain| chain.last.as_ref())) {
        (Some(seen), _) => seen.claims(),
        (None, Some(last)) => {
            let project = sentry_binding::Claim { place: "ledger", name: last.project_id.to_string() };
            Claims { project: vec![project], ..Claims::default() }
        }
        (None, None) => return Err(not_ours(order)),
    };
    let located = locate(api, &Remembered::default(), &claims, &allowed, secret_name(name), config.principal()).await?;
    Ok(located.project)
}

/// The name in an ARN: without what stands before it, and without the six characters after its last hyphen.
fn secret_name(id: &str) -> &str {
    let name = id.split_once(":secret:").map(|(_, name)| name);
    name.map_or(id, |name| name.rsplit_once('-').map_or(name, |(name, _)| name))
}

/// By what the key is known to be this secret's: a version that holds it, its mark, or the ledger.
///
/// # Errors
/// `Revocation.NotOurs` where nothing says so.
pub(crate) async fn target(
    store: &SecretStore,
    api: &Api<'_>,
    order: &Order,
    project: Project,
    seen: Option<&Seen>,
    chain: Option<&Chain>,
) -> Result<Target, Failure> {
    let key = match api.key(&project, &order.key_id).await {
        Ok(key) => key.filter(|key| key.project_id == project.id),
        Err(error) => return Err(sentry_binding::of_sentry(error, &ROLE)),
    };
    let recorded = chain.and_then(|chain| chain.last.as_ref()).map(|last| (last.version_id.clone(), last.class));
    let Some(seen) = seen else {
        let (version_id, class) = recorded.ok_or_else(|| not_ours(order))?;
        return Ok(Target { project, key, version_id, class });
    };
    let arn = &seen.description.arn;
    let mark = key.as_ref().and_then(|key| Mark::in_label(&key.label));
    let class_of = |version: &str| {
        let marked = mark.as_ref() == Some(&Mark::new(arn, version));
        if marked { Class::Ours } else { Class::Adopted }
    };
    if let Some(version) = seen.holder(&order.key_id) {
        let class = recorded.map_or_else(|| class_of(version), |(_, class)| class);
        return Ok(Target { project, key, version_id: Some(version.to_owned()), class });
    }
    if let Some((version_id, class)) = recorded {
        return Ok(Target { project, key, version_id, class });
    }
    // A version without labels may hold it, or it may bear the mark of one.
    for version in store.version_ids(arn).await.map_err(in_words)? {
        if seen.versions.contains_key(&version.id) && mark.as_ref() != Some(&Mark::new(arn, &version.id)) {
            continue;
        }
        let holds = !seen.versions.contains_key(&version.id)
            && read_version(store, arn, &version.id).await.map_err(in_words)?.key_id() == Some(&*order.key_id);
        if holds {
            let class = class_of(&version.id);
            return Ok(Target { project, key, version_id: Some(version.id), class });
        }
        if mark.as_ref() == Some(&Mark::new(arn, &version.id)) {
            return Ok(Target { project, key, version_id: Some(version.id), class: Class::Orphan });
        }
    }
    Err(not_ours(order))
}

fn not_ours(order: &Order) -> Failure {
    Failure::new(
        "Revocation.NotOurs",
        format!(
            "nothing says that the key {} is a key of {}: no version holds it, it bears no mark of one, and the ledger has no \
             record of it; check the key id (the part of the DSN before the @) and the secret, or disable the key in Sentry",
            order.key_id, order.secret_id
        ),
    )
}
