//! The life of a superseded key, from its birth record to its end.

use super::stage::World;

#[test]
fn a_key_of_ours_is_disabled_proven_and_its_whole_life_is_on_record() {
    let world = World::new();
    world.rotation();
    world.run();
    let old = world.rotation();
    let new = world.stage.key_id("AWSCURRENT").unwrap();
    let row = world.row(&old);
    assert_eq!(
        (&row["ownership"], &row["state"], &row["action"], &row["result"]),
        (&"ours".into(), &"disabled".into(), &"disable".into(), &"done".into()),
        "{row:#}"
    );
    assert!(!world.key(&old).is_active);
    assert!(world.key(&new).is_active);
    assert_eq!(world.kinds(&old), ["current", "superseded", "disabling", "disabled", "proven", "refused"]);
    assert_eq!(row["proof"]["grade"], "question");
    let row = world.row(&old);
    assert_eq!((&row["action"], &row["proof"]["grade"]), (&"prove".into(), &"ingestion".into()), "{row:#}");
    let row = world.row(&old);
    assert_eq!((&row["action"], &row["result"]), (&serde_json::Value::Null, &"none".into()), "{row:#}");
}
