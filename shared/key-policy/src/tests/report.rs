//! The whole report of a file with a mistake of every sort.

use crate::Policy;

const MANY_MISTAKES: &str = r##"version = 2
mode = "dry-run"
organisation = "acme"

[defaults]
use_case = "server"
interval = "90 days"

[use_case.sdk]
kind = "client-key"
scopes = ["project:read"]
grace = "30d"
grace_max = "7d"
delete = true
rate_limit_required = true

[use_case.web]
preset = "sdk-store-only"
rate_limit = { count = 0, window = "2d" }
exposure = 3

[[binding]]
secret_prefix = "sentry/"
organization = "acme"
projects = ["a", "", "a"]

[[binding]]
secret_prefix = "sentry/"

[[exception]]
finding = "STALE"
subject = "key"
reason = "Frost über Nacht"
requester = "Kim"
approver = "kim"
ticket = "OPS-1"
until = "31.12.2027"
"##;

#[test]
fn every_mistake_is_reported_at_once_in_the_order_of_the_file() {
    let errors = Policy::parse(MANY_MISTAKES, "key-policy.toml").unwrap_err();
    insta::assert_snapshot!(errors, @r#"
    error: version 2 is not known; this is version 1
     --> key-policy.toml:1:11
      |
    1 | version = 2
      |           ^ version

    error: "dry-run" is not one of observe, act
     --> key-policy.toml:2:8
      |
    2 | mode = "dry-run"
      |        ^^^^^^^^^ mode

    error: unknown member "organisation"; did you mean "organization"?
     --> key-policy.toml:3:1
      |
    3 | organisation = "acme"
      | ^^^^^^^^^^^^ organisation

    error: there is no [use_case.server]
     --> key-policy.toml:6:12
      |
    6 | use_case = "server"
      |            ^^^^^^^^ defaults.use_case

    error: "90 days" is no duration; write whole numbers with the units d, h, m, s, for example "90d", "1d12h" or "0s"
     --> key-policy.toml:7:12
      |
    7 | interval = "90 days"
      |            ^^^^^^^^^ defaults.interval

    error: a client-key use case needs preset = "sdk-store-only" or "sdk-client-side"
     --> key-policy.toml:9:1
      |
    9 | [use_case.sdk]
      | ^^^^^^^^^^^^^^ use_case.sdk

    error: a client key has no scopes; leave scopes out
      --> key-policy.toml:11:10
       |
    11 | scopes = ["project:read"]
       |          ^^^^^^^^^^^^^^^^ use_case.sdk.scopes

    error: grace_max (7d) is shorter than grace (30d)
      --> key-policy.toml:13:13
       |
    13 | grace_max = "7d"
       |             ^^^^ use_case.sdk.grace_max

    error: grace_max needs at_grace_max: disable or keep
      --> key-policy.toml:13:13
       |
    13 | grace_max = "7d"
       |             ^^^^ use_case.sdk.grace_max

    error: delete = true needs quarantine: how long a disabled key is kept
      --> key-policy.toml:14:10
       |
    14 | delete = true
       |          ^^^^ use_case.sdk.delete

    error: rate_limit_required = true needs rate_limit: the limit that is required
      --> key-policy.toml:15:23
       |
    15 | rate_limit_required = true
       |                       ^^^^ use_case.sdk.rate_limit_required

    error: missing member "kind"
      --> key-policy.toml:17:1
       |
    17 | [use_case.web]
       | ^^^^^^^^^^^^^^ use_case.web

    error: count must be 1 or more (Sentry reads 0 as no limit)
      --> key-policy.toml:19:24
       |
    19 | rate_limit = { count = 0, window = "2d" }
       |                        ^ use_case.web.rate_limit.count

    error: window must be between 1s and 86400s (1d)
      --> key-policy.toml:19:36
       |
    19 | rate_limit = { count = 0, window = "2d" }
       |                                    ^^^^ use_case.web.rate_limit.window

    error: expected a string, found an integer
      --> key-policy.toml:20:12
       |
    20 | exposure = 3
       |            ^ use_case.web.exposure

    error: must not be empty
      --> key-policy.toml:25:18
       |
    25 | projects = ["a", "", "a"]
       |                  ^ binding[0].projects[1]

    error: is in the list twice
      --> key-policy.toml:25:22
       |
    25 | projects = ["a", "", "a"]
       |                      ^^^ binding[0].projects[2]

    error: missing member "organization"
      --> key-policy.toml:27:1
       |
    27 | [[binding]]
       | ^^^^^^^^^^^ binding[1]

    error: the prefix "sentry/" has a binding already
      --> key-policy.toml:28:17
       |
    28 | secret_prefix = "sentry/"
       |                 ^^^^^^^^^ binding[1].secret_prefix

    error: the approver must be somebody other than the requester
      --> key-policy.toml:35:12
       |
    35 | approver = "kim"
       |            ^^^^^ exception[0].approver

    error: "31.12.2027" is no date; write it as "2026-12-31"
      --> key-policy.toml:37:9
       |
    37 | until = "31.12.2027"
       |         ^^^^^^^^^^^^ exception[0].until

    key-policy.toml: 21 errors
    "#);
    let places: Vec<_> = errors.errors().iter().map(|e| (e.line, e.column)).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(format!("{errors:?}"), errors.to_string());
}

#[test]
fn a_mistake_of_syntax_is_reported_alone_with_its_place() {
    let errors = Policy::parse("version = 1\nmode = act\nnonsense = 1\n", "p.toml").unwrap_err();
    insta::assert_snapshot!(errors, @r#"
    error: a string needs quotes
     --> p.toml:2:8
      |
    2 | mode = act
      |        ^^^

    p.toml: 1 error
    "#);
}
