//! A rotation from `RotateSecret` to the new key in use.

use integration_tests::{Binary, Stage};

#[test]
fn four_steps_make_one_new_key_with_the_old_ones_settings_and_move_the_secret_to_it() {
    let stage = Stage::new(Binary::Dev).unwrap();
    let old = stage.key_id("AWSCURRENT").unwrap();
    stage.sentry.edit_key(&old, |key| {
        key.rate_limit = Some((100, 60));
        key.browser_sdk_version = "6.x".to_owned();
        key.loader_options.insert("hasReplay".to_owned(), true);
    });
    let lambda = stage.lambda();

    let rotation = stage.rotate(&lambda, 1).unwrap();

    assert!(rotation.succeeded, "{:#?}\n{}", rotation.attempts, lambda.all_logs());
    let keys = stage.sentry.keys("acme", "storefront");
    assert_eq!(keys.len(), 2);
    let new = &keys[1];
    assert_eq!(stage.key_id("AWSCURRENT").as_ref(), Some(&new.id));
    assert_eq!(stage.key_id("AWSPREVIOUS").as_ref(), Some(&old));
    assert!(keys.iter().all(|key| key.is_active));
    assert_eq!(new.rate_limit, Some((100, 60)));
    assert_eq!(new.browser_sdk_version, "6.x");
    assert_eq!(new.loader_options.get("hasReplay"), Some(&true));
    let value = stage.store.value_at(&stage.secret, "AWSCURRENT").unwrap();
    let dsn = stage.sentry.public_dsn(new);
    assert_eq!(
        value,
        format!(
            r#"{{"dsn":"{dsn}","organization":"acme","project":"storefront","release":"r-1","sample_rate":0.250}}"#
        )
    );
    let types: Vec<_> = stage.bus.entries().into_iter().map(|entry| entry.detail_type).collect();
    assert_eq!(types, ["Key Created", "Key Promoted"]);
}

#[test]
fn a_whole_rotation_in_one_warm_sandbox_stays_within_its_budget_of_calls() {
    let stage = Stage::new(Binary::Dev).unwrap();
    let old = stage.key_id("AWSCURRENT").unwrap();
    stage.sentry.edit_key(&old, |key| key.browser_sdk_version = "6.x".to_owned());
    assert!(stage.rotate(&stage.lambda(), 1).unwrap().succeeded);
    let sentry = stage.sentry_server.call_names();
    assert_eq!(
        sentry,
        [
            "GET project",
            "GET keys",
            "POST keys",
            "GET keys",
            "GET keys",
            "PUT key",
            "GET keys",
            "GET keys",
            "POST question",
            "POST envelope",
            "GET keys",
        ]
    );
    let store = stage.store_server.call_names();
    assert_eq!(
        store,
        [
            "GetSecretValue",
            "DescribeSecret",
            "GetSecretValue",
            "GetSecretValue",
            "PutSecretValue",
            "DescribeSecret",
            "GetSecretValue",
            "GetSecretValue",
            "DescribeSecret",
            "GetSecretValue",
            "GetSecretValue",
            "DescribeSecret",
            "GetSecretValue",
            "GetSecretValue",
            "UpdateSecretVersionStage",
        ]
    );
}
