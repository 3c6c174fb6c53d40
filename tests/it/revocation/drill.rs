//! "Our DSN leaked": the key is replaced first, then it dies.

use integration_tests::{AT_ONCE, Binary, Retirement, Stage, TIMEOUT};
use serde_json::Value;
use testkit::lambda::Restarting;

#[test]
fn a_leaked_key_is_replaced_disabled_and_proven_dead_and_a_repeat_changes_nothing() {
    let stage = Stage::new(Binary::Dev).unwrap();
    let retirement = Retirement::new(&stage, Binary::Dev, AT_ONCE).unwrap();
    Retirement::connect_rotation(&stage);
    let leaked = stage.key_id("AWSCURRENT").unwrap();
    let revoke = Restarting::new(retirement.revoke.clone());
    let order = Retirement::order(&stage, &leaked);
    let invocation = revoke.invoke(&order, TIMEOUT);
    let Some(reply) = invocation.clone().reply() else { panic!("{invocation:?}\n{}", revoke.all_logs()) };
    stage.store.join_rotations();
    let current = stage.key_id("AWSCURRENT").unwrap();
    assert_ne!(current, leaked);
    assert_eq!((&reply["state"], &reply["replacement_key_id"]), (&"disabled".into(), &Value::from(current.clone())));
    assert_eq!(reply["proof"]["grade"], "question", "{reply:#}");
    let active: Vec<_> = stage.sentry.keys("acme", "storefront").into_iter().filter(|key| key.is_active).collect();
    assert_eq!(active.iter().map(|key| &key.id).collect::<Vec<_>>(), [&current]);
    let again = revoke.invoke(&order, TIMEOUT).reply().unwrap();
    assert_eq!((&again["state"], &again["replacement_key_id"]), (&reply["state"], &reply["replacement_key_id"]));
    assert_eq!(stage.key_id("AWSCURRENT").unwrap(), current);
    let kinds: Vec<_> = retirement.ledger(&leaked).iter().map(|record| record["kind"].clone()).collect();
    assert_eq!(kinds, ["disabled", "proven"]);
    assert_eq!(
        (&again["times"]["disabled"], &again["proof"]),
        (
            &retirement.ledger(&leaked)[0]["time"],
            &serde_json::json!({
                "grade": "question", "at": retirement.ledger(&leaked)[1]["time"],
            })
        )
    );
}
