//! Which key is meant, and by what it is known to be this secret's.

use std::collections::BTreeMap;

use function_kit::Failure;
use key_lifecycle::{Class, Record};
use retirement::{Held, read_version};
use rotation::Mark;
use secret_store::{Description, Error, SecretStore, Stage};
use sentry_binding::{Allowed, Claims, Remembered, locate, of_store};
use sentry_client::{Api, ClientKey, Project};

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
            // Secrets Manager withholds the values of such a secret, from applications too.
            if description.scheduled_for_deletion {
                versions.insert(id.clone(), Held::Nothing);
                continue;
            }
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

    /// Whether the value of AWSCURRENT is still to become visible: it may be any key. Values of a secret that is scheduled for
    /// deletion are withheld from everybody.
    pub(crate) fn hides_current(&self) -> bool {
        let current = self.version_at(Stage::Current).and_then(|id| self.versions.get(id));
        matches!(current, Some(Held::Nothing)) && !self.description.scheduled_for_deletion
    }

    /// A version that holds this key.
    pub(crate) fn holder(&self, key_id: &str) -> Option<(&str, &Held)> {
        self.versions.iter().find(|(_, held)| held.key_id() == Some(key_id)).map(|(id, held)| (id.as_str(), held))
    }

    /// Whether the key is in the version of an unfinished rotation and in no other that has a label: no application has read
    /// it there.
    pub(crate) fn is_only_pending(&self, key_id: &str) -> bool {
        let mut holders = self.versions.iter().filter(|(_, held)| held.key_id() == Some(key_id));
        holders.next().is_some_and(|(id, _)| Some(id.as_str()) == self.version_at(Stage::Pending))
            && holders.next().is_none()
    }

    /// What the secret says of itself; while its current value is hidden, the value that holds the key does.
    fn claims(&self, key_id: &str) -> Claims {
        let current = self.version_at(Stage::Current).and_then(|id| self.versions.get(id));
        let current = if self.hides_current() { self.holder(key_id).map(|(_, held)| held) } else { current };
        let document = current.and_then(Held::document);
        Claims::of(
            |name| self.description.tags.get(name).cloned(),
            document.and_then(secret_store::Document::organization),
            document.and_then(secret_store::Document::project),
            current.and_then(Held::dsn).cloned(),
        )
    }
}

pub(crate) fn in_words(error: Error) -> Failure {
    of_store(error, &ROLE)
}

/// What the ledger says of the key.
#[derive(Debug, Clone)]
pub(crate) enum Recorded {
    /// It was not asked, or has no record.
    Nothing,
    /// It could not be asked.
    Unreadable,
    /// The newest record.
    Last(Box<Record>),
}

impl Recorded {
    fn last(&self) -> Option<&Record> {
        match self {
            Self::Nothing | Self::Unreadable => None,
            Self::Last(record) => Some(record),
        }
    }
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

/// The project that the secret is bound to; where the secret does not say, the one that the ledger names.
pub(crate) async fn project(
    config: &Config,
    api: &Api<'_>,
    order: &Order,
    seen: Option<&Seen>,
    recorded: &Recorded,
) -> Result<Project, Failure> {
    let name = seen.map_or(order.secret_id.as_str(), |seen| &seen.description.name);
    let allowed = Allowed::of(&config.policy, config.organization.as_deref(), secret_name(name))?;
    let mut claims = seen.map_or_else(Claims::default, |seen| seen.claims(&order.key_id));
    if claims.project.is_empty() && claims.dsn.is_none() {
        match recorded.last() {
            Some(last) => {
                claims.project.push(sentry_binding::Claim { place: "ledger", name: last.project_id.to_string() });
            }
            None if seen.is_none() => return Err(not_ours(order, seen, recorded)),
            None => {}
        }
    }
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
/// `Revocation.NotOurs` where nothing says so, and where it is a key of another project: Sentry would say of it that the
/// bound project has no such key, which must not pass for its end.
pub(crate) async fn target(
    store: &SecretStore,
    api: &Api<'_>,
    order: &Order,
    project: Project,
    seen: Option<&Seen>,
    recorded: &Recorded,
) -> Result<Target, Failure> {
    let key = match api.key(&project, &order.key_id).await {
        Ok(key) => key,
        Err(error) => return Err(sentry_binding::of_sentry(error, &ROLE)),
    };
    let check = |id: u64| if id == project.id { Ok(()) } else { Err(of_another_project(order, id, &project)) };
    key.as_ref().map_or(Ok(()), |key| check(key.project_id))?;
    let last = recorded.last();
    let Some(seen) = seen else {
        let last = last.ok_or_else(|| not_ours(order, None, recorded))?;
        check(last.project_id)?;
        return Ok(Target { version_id: last.version_id.clone(), class: last.class, project, key });
    };
    let arn = &seen.description.arn;
    let mark = key.as_ref().and_then(|key| Mark::in_label(&key.label));
    let is_marked = |version: &str| mark.as_ref() == Some(&Mark::new(arn, version));
    let class_of = |version: &str| if is_marked(version) { Class::Ours } else { Class::Adopted };
    if let Some((version, held)) = seen.holder(&order.key_id) {
        project_in(held).map_or(Ok(()), check)?;
        let (version_id, class) = (Some(version.to_owned()), class_of(version));
        return Ok(Target { project, key, version_id, class });
    }
    if let Some(last) = last {
        check(last.project_id)?;
        return Ok(Target { version_id: last.version_id.clone(), class: last.class, project, key });
    }
    // A version without labels may hold it, or it may bear the mark of one.
    for version in store.version_ids(arn).await.map_err(in_words)? {
        if !seen.versions.contains_key(&version.id) && !seen.description.scheduled_for_deletion {
            let held = read_version(store, arn, &version.id).await.map_err(in_words)?;
            if held.key_id() == Some(&*order.key_id) {
                project_in(&held).map_or(Ok(()), check)?;
                let class = class_of(&version.id);
                return Ok(Target { project, key, version_id: Some(version.id), class });
            }
        }
        if is_marked(&version.id) {
            return Ok(Target { project, key, version_id: Some(version.id), class: Class::Orphan });
        }
    }
    Err(not_ours(order, Some(seen), recorded))
}

fn project_in(held: &Held) -> Option<u64> {
    match held {
        Held::Dsn(dsn, _) => Some(dsn.project_id()),
        Held::Other(_) | Held::Nothing => None,
    }
}

fn of_another_project(order: &Order, id: u64, bound: &Project) -> Failure {
    Failure::new(
        "Revocation.NotOurs",
        format!(
            "the key {} is a key of another project, whose id is {id}, than {} ({}), to which {} is bound; nothing was done; \
             revoke it by a secret of that project, or disable the key in Sentry",
            order.key_id, bound.slug, bound.id, order.secret_id
        ),
    )
}

fn not_ours(order: &Order, seen: Option<&Seen>, recorded: &Recorded) -> Failure {
    let ledger = match recorded {
        Recorded::Unreadable => {
            "the ledger could not be read: mend what the log says of it, and send the same event again"
        }
        Recorded::Nothing | Recorded::Last(_) if seen.is_none() && !order.secret_id.starts_with("arn:") => {
            "the ledger has no record of it: there is no secret of this name, and one that is gone is known by its ARN"
        }
        Recorded::Nothing | Recorded::Last(_) => "the ledger has no record of it",
    };
    Failure::new(
        "Revocation.NotOurs",
        format!(
            "nothing says that the key {} is a key of {}: no version holds it, it bears no mark of one, and {ledger}; check the \
             key id (the part of the DSN before the @) and the secret, or disable the key in Sentry",
            order.key_id, order.secret_id
        ),
    )
}
