//! One project as a run sees it: its keys in Sentry, and the secrets that are bound to it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use key_lifecycle::{Created, KeySeen, Labels, SecretSeen, Tie, Value as Seen, VersionSeen, tie};
use retirement::{Held, read_version};
use rotation::Mark;
use secret_store::{SecretStore, Stage};
use sentry_client::{ClientKey, Project};

use crate::inventory::{Secret, Value};
use crate::state::State;

/// Sentry tells to the microsecond when a key was made, Secrets Manager to the second when a version was.
const SECOND: i64 = 1_000_000;

/// One project.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) id: u64,
    /// None where the project could not be found.
    pub(crate) project: Option<Project>,
    pub(crate) secrets: Vec<&'a Secret>,
    /// Secrets that should be and are not, and why: what they say of themselves is refused, or could not be checked.
    pub(crate) unbound: Vec<(&'a Secret, String)>,
    pub(crate) seen: Vec<SecretSeen<Mark>>,
    pub(crate) keys: Vec<ClientKey>,
    /// Why nothing is done here in this run.
    pub(crate) frozen: Option<String>,
}

/// What ties a key to a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) secret_arn: String,
    pub(crate) version_id: Option<String>,
    pub(crate) tie: Option<Tie>,
}

impl View<'_> {
    pub(crate) fn key(&self, id: &str) -> Option<&ClientKey> {
        self.keys.iter().find(|key| key.id == id)
    }

    pub(crate) fn secret(&self, arn: &str) -> Option<&Secret> {
        self.secrets.iter().find(|secret| secret.arn == arn).copied()
    }

    /// Why a secret that knows a key of this project has no say in it.
    pub(crate) fn why_not(&self, arn: &str) -> String {
        let unbound = self.unbound.iter().find(|(secret, _)| secret.arn == arn);
        let why = unbound.map(|(_, why)| why.clone());
        why.unwrap_or_else(|| "its secret is bound to another project now".to_owned())
    }

    /// Under which labels a secret of this project holds a key, by what was looked at after the secrets were listed: a
    /// rotation may have begun in between.
    pub(crate) fn held(&self, id: &str) -> key_lifecycle::Held {
        let mut held = key_lifecycle::Held::default();
        for version in self.seen.iter().flat_map(|secret| &secret.versions) {
            if matches!(&version.value, Seen::Key(key) if key == id) {
                held |= key_lifecycle::Held { current: version.labels.current, pending: version.labels.pending };
            }
        }
        held
    }

    /// The strongest tie of a key of the list.
    pub(crate) fn tie(&self, key: &ClientKey) -> Option<Claim> {
        let key = KeySeen { id: key.id.clone(), mark: Mark::in_label(&key.label), created: made(key) };
        let (tie, secret, version) = tie(&key, &self.seen)?;
        Some(Claim { secret_arn: secret.arn.clone(), version_id: Some(version.id.clone()), tie: Some(tie) })
    }
}

fn made(key: &ClientKey) -> Created {
    let made: Timestamp = key.date_created.as_deref()?.parse().ok()?;
    Some(made.as_microsecond())
}

fn seen(value: &Value) -> Seen {
    match value {
        Value::Key { id, .. } => Seen::Key(id.clone()),
        Value::Other => Seen::Other,
        Value::Empty => Seen::Empty,
        Value::Unreadable(_) => Seen::Unread,
    }
}

/// The versions of a secret that matter to these keys: those with labels, and those whose mark a key bears while it is not
/// the value of a labelled one. For the latter the list of versions is asked, which also tells when they were made.
pub(crate) async fn look(
    store: &SecretStore,
    state: &State,
    secret: &Secret,
    keys: &[ClientKey],
) -> Result<SecretSeen<Mark>, secret_store::Error> {
    let mut versions: Vec<VersionSeen<Mark>> = secret
        .versions
        .iter()
        .map(|version| VersionSeen {
            id: version.id.clone(),
            mark: Mark::new(&secret.arn, &version.id),
            labels: Labels { current: version.current, pending: version.pending },
            value: seen(&version.value),
            created: None,
            settled: None,
        })
        .collect();
    let doubtful = doubtful_marks(state, secret, keys, &versions);
    if doubtful.is_empty() {
        return Ok(SecretSeen { arn: secret.arn.clone(), versions });
    }
    let mut listed = store.version_ids(&secret.arn).await?;
    listed.sort_by_key(|version| version.created);
    // The list of secrets may be minutes late.
    let description = store.describe(&secret.arn).await?;
    for version in &listed {
        let mark = Mark::new(&secret.arn, &version.id);
        if versions.iter().any(|known| known.id == version.id) || !doubtful.contains(&mark.to_string()) {
            continue;
        }
        let value = match read_version(store, &secret.arn, &version.id).await? {
            Held::Dsn(dsn, _) => Seen::Key(dsn.key_id().to_owned()),
            Held::Other(_) => Seen::Other,
            Held::Nothing => Seen::Empty,
        };
        // The description is newer than the list of secrets, and older than the value: a rotation that began meanwhile is
        // seen to be under way, and a value that is missing after its end is missing for good.
        let labels = Labels {
            current: description.has_stage(&version.id, Stage::Current),
            pending: description.has_stage(&version.id, Stage::Pending),
        };
        versions.push(VersionSeen { id: version.id.clone(), mark, labels, value, created: None, settled: None });
    }
    for version in &mut versions {
        let registered = listed.iter().find(|listed| listed.id == version.id).and_then(|listed| listed.created);
        version.created = registered.map(|at| at.saturating_mul(SECOND));
        let bound = match &version.value {
            // Once that key is gone nothing bounds it.
            Seen::Key(id) => match keys.iter().find(|key| key.id == *id).and_then(made) {
                Some(made) => Some(made.saturating_sub(1)),
                None => continue,
            },
            // The whole second counts; and of two in one second nobody knows which was the first.
            Seen::Other | Seen::Empty => {
                let next = listed.iter().filter_map(|listed| listed.created).find(|next| Some(*next) > registered);
                next.map(|next| next.saturating_add(1).saturating_mul(SECOND))
            }
            Seen::Unread => continue,
        };
        version.settled = [bound, first_made(keys, &version.mark)].into_iter().flatten().min();
    }
    Ok(SecretSeen { arn: secret.arn.clone(), versions })
}

/// When the first key with this mark was made. A mark can be copied only from a key that has it: the first is ours, and of
/// the others nobody can tell.
fn first_made(keys: &[ClientKey], mark: &Mark) -> Created {
    keys.iter().filter(|key| Mark::in_label(&key.label).as_ref() == Some(mark)).filter_map(made).min()
}

/// The marks of this secret on keys of which it is not plain what they are.
fn doubtful_marks(
    state: &State,
    secret: &Secret,
    keys: &[ClientKey],
    versions: &[VersionSeen<Mark>],
) -> BTreeSet<String> {
    let any_version = Mark::new(&secret.arn, "");
    let decided = |id: &str| {
        let known = state.secrets.get(&secret.arn).and_then(|secret| secret.keys.get(id));
        known.is_some_and(|known| !known.history.may_become_a_value())
    };
    keys.iter()
        .filter_map(|key| Some((key, Mark::in_label(&key.label).filter(|mark| mark.same_secret(&any_version))?)))
        .filter(|(key, mark)| {
            let plain =
                versions.iter().any(|version| version.mark == *mark && version.value == Seen::Key(key.id.clone()));
            !plain && !decided(&key.id)
        })
        .map(|(_, mark)| mark.to_string())
        .collect()
}
