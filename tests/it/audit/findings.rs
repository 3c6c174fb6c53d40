//! What is wrong is found, at the wire.

use serde_json::json;

use super::scene::Scene;
use integration_tests::REVIEWED;

#[test]
fn what_is_wrong_on_the_stage_is_found_and_what_is_right_is_not() {
    let scene = Scene::spoiled();
    let review = scene.review();
    let billing = scene.audit.stage.sentry.keys("acme", "billing").remove(0).id;
    let web = scene.audit.stage.sentry.keys("acme", "web").remove(0).id;
    let forgotten = scene.audit.stage.sentry.keys("acme", "forgotten").remove(0).id;
    for (code, named) in [
        ("OVER_SCOPED", "acme/monitor"),
        ("ADMIN_KEY_IN_APP", "acme/monitor"),
        ("ORG_WIDE_KEY", "acme/monitor"),
        ("PERSONAL_TOKEN_IN_AUTOMATION", "acme/person"),
        ("TOKEN_REFUSED", "acme/dead"),
        ("PROJECT_WITHOUT_MANAGED_KEY", "forgotten"),
        ("UNMANAGED_KEY", forgotten.as_str()),
        ("SDK_SECRET_NOT_STORE_ONLY", "acme/billing"),
        ("NO_OWNER", "acme/billing"),
        ("NO_CONSUMER", "acme/billing"),
        ("ROTATION_OVERDUE", "acme/billing"),
        ("ROTATION_DISABLED", "acme/billing"),
        ("NO_RATE_LIMIT", billing.as_str()),
        ("DEFAULT_SETTINGS", forgotten.as_str()),
        ("CLIENT_SIDE_NO_RATE_LIMIT", web.as_str()),
        ("OPEN_DOMAINS", "web"),
        ("SHADOW_COPY", web.as_str()),
    ] {
        assert!(review.has(code, named), "{code} {named}: {:#?}", review.lines());
    }
    let of_the_good_one: Vec<String> =
        review.lines().into_iter().filter(|line| line.contains("storefront") || line.contains("sentry/")).collect();
    assert_eq!(of_the_good_one, [""; 0]);
    let severity = |code, named| review.finding(code, named).unwrap()["severity"].clone();
    assert_eq!(severity("ADMIN_KEY_IN_APP", "acme/monitor"), json!("critical"));
    assert!(
        ["high", "critical"].map(|word| json!(word)).contains(&severity("SDK_SECRET_NOT_STORE_ONLY", "acme/billing"))
    );
    for finding in review.findings() {
        for member in ["evidence", "owner", "remedy", "holder_could", "severity_inputs", "first_seen"] {
            assert!(finding.get(member).is_some(), "{member}: {finding}");
        }
        assert!(!finding["evidence"].as_array().unwrap().is_empty(), "{finding}");
        assert!(!finding["remedy"]["calls"].as_array().unwrap().is_empty(), "{finding}");
    }
    let counted = review.by_severity();
    for word in ["critical", "high", "medium", "low"] {
        assert_eq!(review.reply["findings"][word], json!(counted.get(word).copied().unwrap_or(0)), "{word}");
    }
}

#[test]
fn every_rule_stands_once_in_the_gap_section() {
    let scene = Scene::spoiled();
    let review = scene.review();
    let rules = review.report["rules"].as_array().unwrap();
    let mut codes: Vec<&str> = rules.iter().map(|rule| rule["code"].as_str().unwrap()).collect();
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert!(count > 30 && codes.len() == count, "{codes:?}");
    for rule in rules {
        let state = rule["state"].as_str().unwrap();
        let found = rule["found"].as_u64().unwrap();
        assert!(["met", "not-met", "unknown"].contains(&state), "{rule}");
        assert_eq!(state == "not-met", found > 0, "{rule}");
        let listed = review
            .findings()
            .iter()
            .filter(|finding| finding["code"] == rule["code"] && finding["status"] != json!("excepted"));
        assert_eq!(u64::try_from(listed.count()).unwrap(), found, "{rule}");
    }
}

#[test]
fn an_exception_accepts_a_finding_until_its_day_and_is_shown() {
    let exception = |until: &str| {
        format!(
            "{REVIEWED}[[exception]]\nfinding = \"NO_OWNER\"\nsubject = \"acme/billing\"\nreason = \"sold in spring\"\n\
             requester = \"robin@example.com\"\napprover = \"kim@example.com\"\nticket = \"OPS-18\"\nuntil = \"{until}\"\n"
        )
    };
    let scene = Scene::with_policy(&exception("2099-12-31"));
    scene.audit.spoil();
    let review = scene.review();
    let finding = review.finding("NO_OWNER", "acme/billing").unwrap();
    assert_eq!((&finding["status"], &finding["exception"]), (&json!("excepted"), &json!("OPS-18")));
    assert_eq!(review.report["exceptions"][0]["holds"], json!(true));
    assert_eq!(review.report["exceptions"][0]["accepts"], json!(1));
    assert_eq!(review.report["metrics"]["findings"]["excepted"], json!(1));

    let scene = Scene::with_policy(&exception("2020-12-31"));
    scene.audit.spoil();
    let review = scene.review();
    assert_eq!(review.finding("NO_OWNER", "acme/billing").unwrap()["status"], json!("opened"));
    assert!(review.findings().iter().any(|finding| finding["code"] == json!("EXCEPTION_EXPIRED")));
}

#[test]
fn a_rotation_and_retirement_are_seen_for_what_they_are() {
    let scene = Scene::new();
    let first = scene.audit.stage.key_id("AWSCURRENT").unwrap();
    assert!(scene.audit.rotate().unwrap().succeeded);
    let second = scene.audit.stage.key_id("AWSCURRENT").unwrap();
    let review = scene.review();
    let ownership = |id: &str| {
        review.rows("client_keys").iter().find(|row| row["key_id"] == json!(id)).unwrap()["ownership"].clone()
    };
    assert_eq!((ownership(&first), ownership(&second)), (json!("previous"), json!("current")));
    // A person writes the same DSN anew: the vault is young, the key is not.
    let value = scene.audit.stage.store.value_at(&scene.audit.stage.secret, "AWSCURRENT").unwrap();
    scene.audit.stage.sentry.set_key_created(&second, "2024-01-01T00:00:00Z");
    scene.audit.stage.store.add_version(
        &scene.audit.stage.secret,
        &crate::support::version(77),
        Some(&value),
        &["AWSCURRENT"],
    );
    let review = scene.review();
    assert!(review.has("ROTATION_FAKED", "acme/storefront"), "{:?}", review.lines());
    assert!(review.has("ROTATION_OVERDUE", "acme/storefront"), "{:?}", review.lines());
}

#[test]
fn a_token_beside_a_dsn_in_an_sdks_secret_is_found_and_reviewed() {
    let scene = Scene::with(REVIEWED, |audit| {
        let sentry = &audit.stage.sentry;
        sentry.add_project("acme", "leaky");
        let key = sentry.keys("acme", "leaky").remove(0);
        let token = sentry.add_token("acme", &["event:admin"]);
        let value = json!({"dsn": sentry.public_dsn(&key), "organization": "acme", "project": "leaky", "token": token});
        audit.stage.store.create_secret("acme/leaky", Some(&value.to_string()), &[("sentry:kind", "client-key")]);
    });
    let review = scene.review();
    let finding = review.finding("SDK_SECRET_NOT_STORE_ONLY", "acme/leaky").unwrap();
    assert!(finding["evidence"][0].as_str().unwrap().contains("beside the DSN a token"), "{finding}");
    let token = review.rows("tokens").iter().find(|row| row["secret_name"] == json!("acme/leaky")).unwrap();
    assert_eq!((&token["state"], &token["scopes"]), (&json!("alive"), &json!(["event:admin"])));
}

#[test]
fn a_secret_whose_project_is_elsewhere_is_not_called_dead() {
    let scene = Scene::with(REVIEWED, |audit| {
        let dsn = "https://0123456789abcdef0123456789abcdef@sentry.example/424242";
        audit.stage.store.create_secret("acme/elsewhere", Some(dsn), &[("sentry:kind", "client-key")]);
        audit.stage.store.create_secret("acme/no-token", Some("a b"), &[("sentry:kind", "integration-token")]);
    });
    let review = scene.review();
    assert!(review.has("PROJECT_NOT_FOUND", "acme/elsewhere") && !review.has("CURRENT_KEY_DEAD", "acme/elsewhere"));
    assert!(review.has("TOKEN_REFUSED", "acme/no-token"), "{:?}", review.lines());
}
