//! Two reviews, of which the second compares itself with the first; a secret is replicated, and retirement has run.

use serde_json::{Value, json};
use testkit::secrets_manager::ReplicationStatus;

use super::deployment::{Deployment, Played, Work};

const FUNCTION: &str = "audit-keys";

pub(super) const WORK: Work = Work { function: FUNCTION, prepare, play, harm, unfinished };

fn prepare(deployment: &Deployment) {
    let store = &deployment.stage.store;
    store.set_replication(&deployment.stage.secret, &[("eu-central-1", ReplicationStatus::InSync)]);
    let now = crate::retirement::stage::now().strftime("%Y%m%dT%H%M%SZ");
    deployment.bucket.put(&format!("runs/retire-keys/{now}-1.json"), json!({"version": 1, "rows": []}).to_string());
}

fn play(deployment: &Deployment) -> Played {
    let mut played = Played::default();
    for _ in 0..2 {
        played.note(deployment.invoke(FUNCTION, &json!({})));
    }
    played
}

fn harm(deployment: &Deployment) -> Vec<String> {
    let mut harm = Vec::new();
    let asked = deployment.stage.sentry_server.call_names();
    harm.extend(
        asked.into_iter().filter(|name| !name.starts_with("GET")).map(|name| format!("{name} was sent to Sentry")),
    );
    let reads = ["ListSecrets", "DescribeSecret", "GetSecretValue"];
    let asked = deployment.stage.store_server.call_names();
    harm.extend(
        asked.into_iter().filter(|name| !reads.contains(&name.as_str())).map(|name| format!("{name} was called")),
    );
    // A review that stands is whole.
    for manifest in deployment.bucket.keys().into_iter().filter(|name| name.ends_with("/manifest.json")) {
        let text = deployment.bucket.object(&manifest).unwrap();
        let text: Value = serde_json::from_slice(&text).unwrap();
        let folder = manifest.trim_end_matches("manifest.json");
        for file in text["files"].as_array().unwrap() {
            let name = format!("{folder}{}", file["name"].as_str().unwrap());
            if deployment.bucket.object(&name).is_none() {
                harm.push(format!("{name} is in the manifest and not there"));
            }
        }
    }
    harm
}

/// The report of the last review that stands.
pub(super) fn report(deployment: &Deployment) -> Option<Value> {
    let state: Value = serde_json::from_slice(&deployment.bucket.object("state/audit-keys.json")?).ok()?;
    let report = format!("reviews/{}/report.json", state["last"]["review_id"].as_str()?);
    serde_json::from_slice(&deployment.bucket.object(&report)?).ok()
}

fn unfinished(deployment: &Deployment) -> Vec<String> {
    let mut wrong = harm(deployment);
    let Some(report) = report(deployment) else {
        wrong.push("there is no report".to_owned());
        return wrong;
    };
    if report["previous"]["compared"] != json!(true) {
        wrong.push(format!("it is not compared with the one before: {}", report["previous"]));
    }
    let text = |unknown: &Value, member: &str| unknown[member].as_str().unwrap_or_default().to_owned();
    for unknown in report["unknown"].as_array().into_iter().flatten() {
        // The audit log needs a scope that the audit's token is not given unless somebody wants to see it.
        let refused = text(unknown, "why").contains("403") && text(unknown, "shown_by") != "org:write";
        if refused || text(unknown, "why").contains("denied") {
            wrong.push(unknown.to_string());
        }
    }
    wrong
}
