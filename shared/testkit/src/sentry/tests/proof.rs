//! Whether a key lives: the DSN question and ingestion.

use serde_json::json;

use super::{body, rig};
use crate::sentry::{Flavor, Ingest, Key};

#[test]
fn the_dsn_question_tells_the_living_from_the_dead() {
    let rig = rig();
    rig.sentry.add_project("acme", "api");
    let key = rig.default_key();
    let dsn = rig.sentry.public_dsn(&key);
    assert_eq!(dsn, format!("http://{}@127.0.0.1:9000/{}", key.id, key.project_id));
    let alive = rig.ask(&dsn, "acme/web");
    assert_eq!(alive.status, 400);
    assert!(body(&alive)["event_id"].is_array());
    let elsewhere = rig.ask(&dsn, "acme/api");
    assert_eq!((elsewhere.status, elsewhere.body.len()), (400, 0));
    assert_eq!(rig.ask(&dsn, "umbrella/lab").status, 403);
    assert_eq!(rig.ask(&dsn, "acme/none").status, 404);
    rig.sentry.edit_key(&key.id, |key| key.is_active = false);
    for project in ["acme/web", "acme/none"] {
        let dead = rig.ask(&dsn, project);
        assert_eq!((dead.status, &body(&dead)["detail"]), (401, &json!("Invalid dsn")));
    }
    rig.sentry.set_flavor(Flavor::V2026);
    rig.sentry.edit_key(&key.id, |key| key.is_active = true);
    let elsewhere = rig.ask(&dsn, "acme/api");
    assert_eq!((elsewhere.status, elsewhere.body.len()), (401, 0));
    assert_eq!(rig.ask(&dsn, &format!("acme/{}", key.project_id)).status, 400);
    rig.sentry.set_question(Some((404, String::new())));
    assert_eq!(rig.ask(&dsn, "acme/web").status, 404);
}

#[test]
fn ingestion_accepts_what_it_has_not_looked_up_and_learns_late() {
    let rig = rig();
    let key = rig.default_key();
    let unknown = Key { id: "b".repeat(32), ..key.clone() };
    assert_eq!((rig.ingest(&unknown), rig.ingest(&unknown)), (200, 403));
    assert_eq!(rig.sentry.events().len(), 0, "the pending envelope was dropped");
    assert_eq!(rig.ingest(&key), 200);
    assert_eq!(rig.sentry.events()[0].item_types, ["client_report"]);
    rig.sentry.set_ingest(Ingest { delay_requests: 2 });
    rig.sentry.edit_key(&key.id, |key| key.is_active = false);
    let after = [rig.ingest(&key), rig.ingest(&key), rig.ingest(&key), rig.ingest(&key)];
    assert_eq!(after, [200, 200, 403, 403]);
    let empty = format!("/api/{}/envelope/?sentry_key={}", key.project_id, key.id);
    assert_eq!(rig.send("POST", &empty, &[], "{}\n").status, 200, "an envelope without items proves nothing");
    assert_eq!(rig.send("POST", "/api/2/envelope/", &[], "{}\n").status, 401);
    rig.sentry.edit_key(&key.id, |key| key.is_active = true);
    rig.sentry.refresh_ingest_cache();
    assert_eq!(rig.ingest(&key), 200);
    rig.sentry.set_ingest_answers(&key.id, vec![(503, String::new())]);
    assert_eq!((rig.ingest(&key), rig.ingest(&key)), (503, 200));
    let elsewhere = Key { project_id: key.project_id + 100, ..key };
    assert_eq!(rig.ingest(&elsewhere), 403);
}
