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
    insta::assert_snapshot!(errors, @r#""#);
    let places: Vec<_> = errors.errors().iter().map(|e| (e.line, e.column)).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(format!("{errors:?}"), errors.to_string());
}

#[test]
fn a_mistake_of_syntax_is_reported_alone_with_its_place() {
    let errors = Policy::parse("version = 1\nmode = act\nnonsense = 1\n", "p.toml").unwrap_err();
    insta::assert_snapshot!(errors, @r#""#);
}
