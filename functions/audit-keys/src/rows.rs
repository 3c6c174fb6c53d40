//! Rows of the inventory: for `report.json` with all that is known, for `inventory.csv` in cells.

use jiff::Timestamp;
use key_policy::inventory::{
    ActsAs, Answer, ClientKey, Holds, Integration, OrganizationToken, Project, Said, Secret, Token, Unknown,
};
use key_policy::rules::TokenView;
use key_policy::{Facts, Kind, RateLimit, ScopeSet, UseCase, holder_could, holder_of_client_key_could};
use serde_json::{Value, json};

use crate::table::{ACTIVE, Item};

/// Whole days since then; none for what lies ahead.
pub(crate) fn age_days(facts: &Facts<'_>, since: Option<Timestamp>) -> Option<u64> {
    since.map(|since| facts.age(since).as_secs() / 86_400)
}

fn text(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

fn limit(limit: Option<RateLimit>) -> Option<Value> {
    limit.map(|limit| json!({"count": limit.count(), "window": limit.window()}))
}

fn said(kind: &Said<Kind>) -> Option<String> {
    match kind {
        Said::Nothing => None,
        Said::Known(kind) => Some(kind.word().to_owned()),
        Said::Unknown(word) => Some(word.clone()),
    }
}

fn use_case<'a>(facts: &Facts<'a>, tag: Option<&str>) -> Option<&'a UseCase> {
    facts.use_case(tag).ok()
}

fn words(scopes: &ScopeSet) -> Vec<String> {
    scopes.iter().map(str::to_owned).collect()
}

/// A client key.
pub(crate) fn client_key(facts: &Facts<'_>, project: &Project, key: &ClientKey) -> (Value, Item) {
    let holders: Vec<(String, &Secret)> =
        facts.holders(&key.id).map(|(label, secret)| (label.word().to_owned(), secret)).collect();
    let holder = holders.first().map(|(_, secret)| *secret);
    let case = holder.and_then(|secret| use_case(facts, secret.use_case.as_deref()));
    let owner = holder.and_then(|secret| secret.owner.clone()).or_else(|| case.and_then(|case| case.owner.clone()));
    let exposure = case.and_then(|case| case.exposure).map(|exposure| exposure.word());
    let value = json!({
        "key_id": key.id,
        "label": key.label,
        "project": {"id": project.id, "slug": project.slug},
        "active": key.active,
        "rate_limit": limit(key.rate_limit),
        "created": text(key.created),
        "age_days": age_days(facts, key.created),
        "ownership": key.ownership.word(),
        "managed_by": holders.iter().map(|(label, secret)| json!({"secret_arn": secret.arn, "label": label})).collect::<Vec<_>>(),
        "use_case": case.map(|case| &case.name),
        "owner": owner,
        "exposure": exposure,
        "holder_could": holder_of_client_key_could(&project.slug),
    });
    let item = Item {
        kind: "client-key".to_owned(),
        id: key.id.clone(),
        name: key.label.clone(),
        project_id: Some(project.id),
        project: project.slug.clone(),
        state: if key.active { ACTIVE } else { "inactive" }.to_owned(),
        rate_limit: key
            .rate_limit
            .map(|limit| format!("{} in {} s", limit.count(), limit.window()))
            .unwrap_or_default(),
        created: text(key.created).unwrap_or_default(),
        age_days: age_days(facts, key.created),
        managed_by: holders
            .iter()
            .map(|(label, secret)| format!("{} {label}", secret.name))
            .collect::<Vec<_>>()
            .join("; "),
        ownership: key.ownership.word().to_owned(),
        use_case: case.map(|case| case.name.clone()).unwrap_or_default(),
        owner: owner.unwrap_or_default(),
        contact: case.and_then(|case| case.contact.clone()).unwrap_or_default(),
        exposure: exposure.unwrap_or_default().to_owned(),
        ..Item::default()
    };
    (value, item)
}

/// A managed secret. `project` is the one in whose turn it comes.
pub(crate) fn secret(facts: &Facts<'_>, project: Option<&Project>, secret: &Secret) -> (Value, Item) {
    let case = use_case(facts, secret.use_case.as_deref());
    let owner = secret.owner.clone().or_else(|| case.and_then(|case| case.owner.clone()));
    let versions: Vec<Value> = secret
        .versions()
        .map(|(label, version)| {
            let (holds, key_id, project_id) = match &version.holds {
                Holds::Key { id, project, secret_part, token } => {
                    let holds = match (secret_part, token) {
                        (false, false) => "dsn",
                        (true, false) => "dsn-with-secret-part",
                        (false, true) => "dsn-and-token",
                        (true, true) => "dsn-with-secret-part-and-token",
                    };
                    (holds, Some(id), Some(project))
                }
                Holds::Token => ("token", None, None),
                Holds::Empty => ("nothing", None, None),
                Holds::Other => ("something else", None, None),
                Holds::Unreadable => ("unreadable", None, None),
            };
            json!({"label": label.word(), "version_id": version.id, "created": text(version.created), "holds": holds,
                "key_id": key_id, "project_id": project_id})
        })
        .collect();
    let replicas = secret.replicas.as_ref().map(|replicas| {
        replicas.iter().map(|copy| json!({"region": copy.region, "in_sync": copy.in_sync})).collect::<Vec<_>>()
    });
    let value = json!({
        "secret_arn": secret.arn,
        "name": secret.name,
        "kind": said(&secret.kind),
        "use_case": secret.use_case,
        "owner": owner,
        "consumers": secret.consumers,
        "project": project.map(|project| json!({"id": project.id, "slug": project.slug})),
        "created": text(secret.created),
        "last_accessed": text(secret.last_accessed),
        "rotation": {
            "enabled": secret.rotation.enabled,
            "function": secret.rotation.function,
            "schedule": secret.rotation.schedule,
            "last": text(secret.rotation.last),
            "next": text(secret.rotation.next),
        },
        "versions": versions,
        "replicas": replicas,
        "replica_of": secret.replica_of,
        "scheduled_for_deletion": secret.scheduled_for_deletion,
    });
    let rotation = if secret.rotation.enabled { "enabled" } else { "disabled" };
    let stored = secret.current.as_ref().and_then(|version| version.created);
    let item = Item {
        kind: "secret".to_owned(),
        id: secret.arn.clone(),
        name: secret.name.clone(),
        project_id: project.map(|project| project.id),
        project: project.map(|project| project.slug.clone()).unwrap_or_default(),
        state: if secret.scheduled_for_deletion { "scheduled for deletion" } else { ACTIVE }.to_owned(),
        created: text(stored).unwrap_or_default(),
        age_days: age_days(facts, stored),
        last_used: text(secret.last_accessed).unwrap_or_default(),
        managed_by: said(&secret.kind).unwrap_or_default(),
        use_case: secret.use_case.clone().unwrap_or_default(),
        owner: owner.unwrap_or_default(),
        contact: case.and_then(|case| case.contact.clone()).unwrap_or_default(),
        exposure: case.and_then(|case| case.exposure).map(|exposure| exposure.word().to_owned()).unwrap_or_default(),
        rotation: rotation.to_owned(),
        ..Item::default()
    };
    (value, item)
}

/// A stored token.
pub(crate) fn token(facts: &Facts<'_>, token: &Token) -> (Value, Item) {
    let case = use_case(facts, token.use_case.as_deref()).filter(|case| case.kind != Kind::ClientKey);
    let wanted = TokenView { facts, token }.wanted();
    let (state, scopes, acts_as) = match &token.answer {
        Answer::Alive { scopes, acts_as } => ("alive", Some(scopes), Some(acts_as)),
        Answer::Refused => ("refused", None, None),
        Answer::Unknown => ("unknown", None, None),
    };
    let acts_as = acts_as.map(|who| match who {
        ActsAs::Organization => json!({"kind": "organization"}),
        ActsAs::Integration(name) => json!({"kind": "integration", "name": name}),
        ActsAs::Person(name) => json!({"kind": "person", "name": name}),
    });
    let excess = scopes.zip(wanted.as_ref()).map(|(scopes, wanted)| words(&key_policy::excess(scopes, wanted)));
    let owner = token.owner.clone().or_else(|| case.and_then(|case| case.owner.clone()));
    let value = json!({
        "secret_arn": token.secret_arn,
        "secret_name": token.secret_name,
        "function": token.function,
        "kind": said(&token.kind),
        "shape": token.shape.map(Kind::word),
        "state": state,
        "scopes": scopes.map(words),
        "wanted": wanted.as_ref().map(words),
        "excess": excess,
        "acts_as": acts_as,
        "reaches": "every project of the organization",
        "stored": text(token.stored),
        "age_days": age_days(facts, token.stored),
        "use_case": token.use_case,
        "owner": owner,
        "holder_could": scopes.map(holder_could),
    });
    let item = Item {
        kind: "token".to_owned(),
        id: token.secret_arn.clone(),
        name: token.secret_name.clone(),
        state: state.to_owned(),
        scopes: scopes.map(|scopes| words(scopes).join(" ")).unwrap_or_default(),
        created: text(token.stored).unwrap_or_default(),
        age_days: age_days(facts, token.stored),
        managed_by: token.function.map(str::to_owned).unwrap_or_else(|| token.secret_name.clone()),
        use_case: token.use_case.clone().unwrap_or_default(),
        owner: owner.unwrap_or_default(),
        contact: case.and_then(|case| case.contact.clone()).unwrap_or_default(),
        ..Item::default()
    };
    (value, item)
}

/// An organization token that Sentry lists.
pub(crate) fn organization_token(facts: &Facts<'_>, token: &OrganizationToken) -> (Value, Item) {
    let value = json!({
        "id": token.id,
        "name": token.name,
        "kind": Kind::OrganizationToken.word(),
        "listed_by_sentry": true,
        "scopes": words(&token.scopes),
        "created": text(token.created),
        "age_days": age_days(facts, token.created),
        "last_used": text(token.last_used),
        "reaches": "every project of the organization",
        "holder_could": holder_could(&token.scopes),
    });
    let item = Item {
        kind: "organization-token".to_owned(),
        id: token.id.clone(),
        name: token.name.clone(),
        state: "alive".to_owned(),
        scopes: words(&token.scopes).join(" "),
        created: text(token.created).unwrap_or_default(),
        age_days: age_days(facts, token.created),
        last_used: text(token.last_used).unwrap_or_default(),
        ..Item::default()
    };
    (value, item)
}

/// A custom integration.
pub(crate) fn integration(integration: &Integration) -> (Value, Item) {
    let value = json!({
        "slug": integration.slug,
        "name": integration.name,
        "status": integration.status,
        "scopes": words(&integration.scopes),
        "installed": integration.installed,
        "holder_could": holder_could(&integration.scopes),
    });
    let item = Item {
        kind: "integration".to_owned(),
        id: integration.slug.clone(),
        name: integration.name.clone(),
        state: integration.status.clone(),
        scopes: words(&integration.scopes).join(" "),
        ..Item::default()
    };
    (value, item)
}

/// Something that could not be seen.
pub(crate) fn unknown(unknown: &Unknown) -> Value {
    json!({"subject": unknown.subject, "why": unknown.why, "shown_by": unknown.shown_by})
}
