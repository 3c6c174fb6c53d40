//! What a good file means.

use std::time::Duration;

use jiff::civil::date;

use crate::{AtGraceMax, Exposure, Kind, Mode, Policy, Preset, RateLimit, Signal};

const DAY: Duration = Duration::from_secs(86_400);

fn read(text: &str) -> Policy {
    Policy::parse(text, "p.toml").unwrap()
}

#[test]
fn every_member_of_a_use_case_is_read() {
    let policy = read(
        r#"
        version = 1
        mode = "act"
        organization = "acme"
        [use_case.web]
        kind = "client-key"
        preset = "sdk-store-only"
        owner = "web"
        contact = "web@example.com"
        interval = "90d"
        rationale = "why"
        warn = "14d"
        grace = "7d"
        grace_max = "30d"
        at_grace_max = "keep"
        quiet_for = "2d"
        signals = ["errors", "replays"]
        quarantine = "30d"
        delete = true
        rate_limit = { count = 5, window = "1m" }
        rate_limit_required = true
        exposure = "browser"
        review_every = "180d"
        "#,
    );
    assert_eq!((policy.version, policy.mode), (1, Mode::Act));
    assert_eq!(policy.organization.as_deref(), Some("acme"));
    let case = policy.use_case(Some("web")).unwrap();
    assert_eq!((case.name.as_str(), case.kind), ("web", Kind::ClientKey));
    assert_eq!(case.preset, Some(Preset::SdkStoreOnly));
    assert_eq!(case.owner.as_deref(), Some("web"));
    assert_eq!(case.contact.as_deref(), Some("web@example.com"));
    assert_eq!(case.rationale.as_deref(), Some("why"));
    assert_eq!(case.interval, Some(DAY * 90));
    assert_eq!(case.warn, Some(DAY * 14));
    assert_eq!((case.grace, case.grace_max), (Some(DAY * 7), Some(DAY * 30)));
    assert_eq!(case.at_grace_max, Some(AtGraceMax::Keep));
    assert_eq!((case.quiet_for, case.quarantine), (Some(DAY * 2), Some(DAY * 30)));
    assert_eq!(case.signals, [Signal::Errors, Signal::Replays]);
    assert!(case.delete && case.rate_limit_required && !case.sends_errors_only());
    assert_eq!(case.rate_limit, RateLimit::new(5, 60).ok());
    assert_eq!(case.exposure, Some(Exposure::Browser));
    assert_eq!(case.review_every, Some(DAY * 180));
}

#[test]
fn a_use_case_takes_defaults_where_it_is_silent() {
    let policy = read(
        r#"
        version = 1
        [defaults]
        use_case = "server"
        owner = "platform"
        grace = "7d"
        preset = "sdk-store-only"
        [use_case.server]
        kind = "client-key"
        grace = "1d"
        [use_case.ci]
        kind = "organization-token"
        "#,
    );
    let server = policy.use_case(None).unwrap();
    assert_eq!(server.name, "server");
    assert_eq!((server.owner.as_deref(), server.grace), (Some("platform"), Some(DAY)));
    let ci = policy.use_case(Some("ci")).unwrap();
    assert_eq!((ci.preset, ci.grace), (None, Some(DAY * 7)));
    let names: Vec<_> = policy.use_cases().iter().map(|case| &case.name).collect();
    assert_eq!(names, ["server", "ci"], "in the order of the file");
}

#[test]
fn an_unknown_use_case_is_named_together_with_the_known_ones() {
    let policy = read("version = 1\n[use_case.ci]\nkind = \"oauth-token\"");
    let error = policy.use_case(None).unwrap_err();
    assert_eq!(error.to_string(), "the policy has no use case \"sdk\" (it has: ci)");
    let error = read("version = 1").use_case(Some("x")).unwrap_err();
    assert_eq!(error.to_string(), "the policy has no use case \"x\" (it has: none)");
}

#[test]
fn the_longest_matching_prefix_binds() {
    let policy = read(
        r#"
        version = 1
        [[binding]]
        secret_prefix = "sentry/shop/"
        organization = "shop"
        projects = ["web"]
        [[binding]]
        secret_prefix = "sentry/"
        organization = "acme"
        "#,
    );
    let rows = [
        ("the longer of two", "sentry/shop/web", Some("shop")),
        ("the shorter alone", "sentry/other", Some("acme")),
        ("the prefix itself", "sentry/shop/", Some("shop")),
        ("the whole prefix must match", "sentry/shop", Some("acme")),
        ("letters count", "Sentry/other", None),
        ("none", "other", None),
    ];
    for (sentence, secret, organization) in rows {
        let binding = policy.binding_for(secret);
        let found = binding.map(|binding| binding.organization.as_str());
        assert_eq!(found, organization, "{sentence}");
    }
    let shop = policy.binding_for("sentry/shop/web").unwrap();
    assert!(shop.allows_project("web") && !shop.allows_project("Web"));
    assert!(policy.binding_for("sentry/x").unwrap().allows_project("any"));
}

#[test]
fn a_first_key_is_born_with_the_stated_limit_else_the_presets() {
    let client = "version = 1\n[use_case.sdk]\nkind = \"client-key\"\npreset = \"sdk-store-only\"\n";
    let stated = "rate_limit = { count = 5, window = \"1m\" }\nrate_limit_required = true";
    let token = "version = 1\n[use_case.sdk]\nkind = \"oauth-token\"\npreset = \"key-rotator\"";
    let rows = [
        ("the preset's", client.to_owned(), RateLimit::new(1_000, 60).ok(), false),
        ("the lower one", client.replace("store-only", "client-side"), RateLimit::new(300, 60).ok(), false),
        ("the stated one", format!("{client}{stated}"), RateLimit::new(5, 60).ok(), true),
        ("none for a token", token.to_owned(), None, false),
    ];
    for (sentence, text, limit, required) in rows {
        let policy = read(&text);
        let born = policy.use_case(None).unwrap().birth_settings();
        assert_eq!((born.rate_limit, born.rate_limit_required), (limit, required), "{sentence}");
        assert_eq!((born.loader_options, born.browser_sdk_version), (None, None));
    }
}

#[test]
fn a_token_may_carry_the_stated_scopes_else_the_presets() {
    let base = "version = 1\n[use_case.t]\nkind = \"integration-token\"\n";
    let rows = [
        ("neither", "", vec![]),
        ("the preset's", "preset = \"key-rotator\"", vec!["org:read", "project:write"]),
        ("the stated ones", "preset = \"key-rotator\"\nscopes = [\"project:write\"]", vec!["project:write"]),
    ];
    for (sentence, members, scopes) in rows {
        let policy = read(&format!("{base}{members}"));
        let case = policy.use_case(Some("t")).unwrap();
        assert_eq!(case.allowed_scopes(), scopes, "{sentence}");
    }
}

#[test]
fn the_small_tables_have_defaults_and_are_read() {
    let policy = read("version = 1");
    assert_eq!(policy.mode, Mode::Observe);
    assert_eq!(policy.orphan.grace, DAY);
    assert_eq!((policy.proof.deadline, policy.proof.refusals), (DAY, 3));
    assert_eq!(policy.review.every, DAY * 90);
    assert!(policy.review.reviewers.is_empty());

    let policy = read(
        "version = 1\n[orphan]\ngrace = \"0s\"\n[proof]\ndeadline = \"0s\"\nrefusals = 1\n\
         [review]\nevery = \"0s\"\nreviewers = [\"kim\"]",
    );
    assert_eq!(policy.orphan.grace, Duration::ZERO);
    assert_eq!((policy.proof.deadline, policy.proof.refusals), (Duration::ZERO, 1));
    assert_eq!(policy.review.every, Duration::ZERO);
    assert_eq!(policy.review.reviewers, ["kim"]);
}

#[test]
fn consents_and_exceptions_hold_through_their_last_day() {
    let policy = read(
        r#"
        version = 1
        [[consent]]
        key_id = "0123456789abcdef0123456789abcdef"
        by = "robin"
        ticket = "OPS-1"
        until = "2027-12-31"
        [[exception]]
        finding = "f"
        subject = "s"
        reason = "r"
        requester = "robin"
        approver = "kim"
        ticket = "OPS-2"
        until = "2027-12-31"
        "#,
    );
    let consent = policy.consent_for("0123456789abcdef0123456789abcdef").unwrap();
    assert_eq!((consent.by.as_str(), consent.ticket.as_str()), ("robin", "OPS-1"));
    assert_eq!(policy.consent_for("0123"), None);
    let [exception] = policy.exceptions() else { panic!("one exception") };
    assert_eq!((exception.finding.as_str(), exception.subject.as_str()), ("f", "s"));
    for (day, holds) in [(date(2027, 12, 31), true), (date(2028, 1, 1), false)] {
        assert_eq!(consent.holds_on(day), holds);
        assert_eq!(exception.holds_on(day), holds);
    }
    assert_eq!(policy.consents().len(), 1);
}
