//! What ties a key to a secret, case by case. The marks are those that rotation writes.

use key_lifecycle::{Created, KeySeen, Labels, MarkedVersion, SecretSeen, Tie, Value, VersionSeen, tie};
use rotation::Mark;

const SHOP: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop-AbCdEf";
const CHECKOUT: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:checkout-GhIjKl";

/// When the versions of these cases were registered, in Unix seconds.
const REGISTERED: i64 = 1_767_268_800_000_000;
/// When the rotation of such a version was over.
const SETTLED: i64 = REGISTERED + 310;

const CURRENT: Labels = Labels { current: true, pending: false };
const PENDING: Labels = Labels { current: false, pending: true };
const BOTH: Labels = Labels { current: true, pending: true };
const NONE: Labels = Labels { current: false, pending: false };

fn holds(key: &str) -> Value {
    Value::Key(key.to_owned())
}

/// A version that was registered and settled at the usual times.
fn version(arn: &str, id: &str, labels: Labels, value: Value) -> VersionSeen<Mark> {
    VersionSeen {
        id: id.to_owned(),
        mark: Mark::new(arn, id),
        labels,
        value,
        created: Some(REGISTERED),
        settled: Some(SETTLED),
    }
}

fn secret(arn: &str, versions: Vec<VersionSeen<Mark>>) -> SecretSeen<Mark> {
    SecretSeen { arn: arn.to_owned(), versions }
}

/// A key that was made ten seconds after the versions of these cases were registered.
fn key(id: &str, mark: Option<Mark>) -> KeySeen<Mark> {
    made_at(id, mark, Some(REGISTERED + 10))
}

fn made_at(id: &str, mark: Option<Mark>, created: Created) -> KeySeen<Mark> {
    KeySeen { id: id.to_owned(), mark, created }
}

/// The tie, and to which secret and version.
fn found<'a>(key: &KeySeen<Mark>, secrets: &'a [SecretSeen<Mark>]) -> Option<(Tie, &'a str, &'a str)> {
    tie(key, secrets).map(|(tie, secret, version)| (tie, secret.arn.as_str(), version.id.as_str()))
}

#[test]
fn value_and_mark_of_one_version() {
    for labels in [CURRENT, PENDING, BOTH, NONE] {
        let secrets = [secret(SHOP, vec![version(SHOP, "v1", labels, holds("key"))])];
        let ours = key("key", Some(Mark::new(SHOP, "v1")));
        assert_eq!(found(&ours, &secrets), Some((Tie::ValueAndMark, SHOP, "v1")), "{labels:?}");
    }
}

#[test]
fn value_and_mark_count_whenever_the_key_was_made() {
    // A retry adopts a key of an earlier attempt; both facts together need no date.
    let secrets = [secret(SHOP, vec![version(SHOP, "v1", CURRENT, holds("key"))])];
    for created in [None, Some(0), Some(REGISTERED - 1_000), Some(SETTLED + 1_000)] {
        let ours = made_at("key", Some(Mark::new(SHOP, "v1")), created);
        assert_eq!(found(&ours, &secrets), Some((Tie::ValueAndMark, SHOP, "v1")), "{created:?}");
    }
}

#[test]
fn the_value_of_one_secret_with_the_mark_of_another_is_a_value() {
    let secrets = [
        secret(SHOP, vec![version(SHOP, "v1", CURRENT, holds("key"))]),
        secret(CHECKOUT, vec![version(CHECKOUT, "v1", CURRENT, holds("other"))]),
    ];
    let mixed = key("key", Some(Mark::new(CHECKOUT, "v1")));
    assert_eq!(found(&mixed, &secrets), Some((Tie::Value, SHOP, "v1")));
}

#[test]
fn the_value_of_one_version_with_the_mark_of_another_is_a_value() {
    // A key that was pasted back under a new version, whose own version was purged or holds something else.
    let secrets =
        [secret(SHOP, vec![version(SHOP, "v1", NONE, holds("other")), version(SHOP, "v2", CURRENT, holds("key"))])];
    let mixed = key("key", Some(Mark::new(SHOP, "v1")));
    assert_eq!(found(&mixed, &secrets), Some((Tie::Value, SHOP, "v2")));
}

#[test]
fn a_pasted_dsn_is_a_value() {
    let secrets =
        [secret(SHOP, vec![version(SHOP, "v1", NONE, holds("key")), version(SHOP, "v2", CURRENT, holds("x"))])];
    assert_eq!(found(&key("key", None), &secrets), Some((Tie::Value, SHOP, "v1")));
}

#[test]
fn a_copied_secret_holds_by_value_what_the_first_one_holds_by_value_and_mark() {
    let first = secret(SHOP, vec![version(SHOP, "v1", CURRENT, holds("key"))]);
    let copy = secret(CHECKOUT, vec![version(CHECKOUT, "v1", CURRENT, holds("key"))]);
    let ours = key("key", Some(Mark::new(SHOP, "v1")));
    for secrets in [[first.clone(), copy.clone()], [copy.clone(), first]] {
        assert_eq!(found(&ours, &secrets), Some((Tie::ValueAndMark, SHOP, "v1")));
    }
    // When the first one is gone, the value is all that is left.
    assert_eq!(found(&ours, &[copy]), Some((Tie::Value, CHECKOUT, "v1")));
}

#[test]
fn a_mark_counts_only_for_a_key_that_was_made_in_the_time_of_its_version() {
    let cases = [
        // Their clocks may differ by five seconds.
        (Some(REGISTERED - 6_000_000), MarkedVersion::OtherTime),
        (Some(REGISTERED - 5_000_000), MarkedVersion::Settled),
        (Some(REGISTERED), MarkedVersion::Settled),
        (Some(SETTLED), MarkedVersion::Settled),
        (Some(SETTLED + 1), MarkedVersion::OtherTime),
        (Some(SETTLED + 10_000_000), MarkedVersion::OtherTime),
        (None, MarkedVersion::OtherTime),
    ];
    for value in [holds("other"), Value::Other, Value::Empty] {
        for labels in [CURRENT, BOTH, NONE] {
            let secrets = [secret(SHOP, vec![version(SHOP, "v1", labels, value.clone())])];
            for (created, expected) in cases {
                let marked = made_at("key", Some(Mark::new(SHOP, "v1")), created);
                assert_eq!(
                    found(&marked, &secrets),
                    Some((Tie::Mark(expected), SHOP, "v1")),
                    "{value:?} {labels:?} {created:?}"
                );
            }
        }
    }
}

#[test]
fn a_time_of_settling_that_moves_turns_a_copy_into_an_orphan() {
    // Why it must be read from what does not change: neither from the date of a promotion, which counts only while the
    // version is current, nor from the next version of one that holds a key, whose date is lost with the key.
    let copy = made_at("copy", Some(Mark::new(SHOP, "v1")), Some(SETTLED + 60));
    let mut promoted = version(SHOP, "v1", CURRENT, holds("key"));
    assert_eq!(
        found(&copy, &[secret(SHOP, vec![promoted.clone()])]),
        Some((Tie::Mark(MarkedVersion::OtherTime), SHOP, "v1"))
    );
    promoted.settled = Some(SETTLED + 90 * 86_400);
    assert_eq!(found(&copy, &[secret(SHOP, vec![promoted])]), Some((Tie::Mark(MarkedVersion::Settled), SHOP, "v1")));
}

#[test]
fn without_the_dates_of_a_version_a_mark_proves_nothing() {
    for value in [holds("other"), Value::Other, Value::Empty] {
        for (created, settled) in [(None, None), (None, Some(SETTLED))] {
            let mut undated = version(SHOP, "v1", NONE, value.clone());
            (undated.created, undated.settled) = (created, settled);
            let secrets = [secret(SHOP, vec![undated])];
            let marked = key("key", Some(Mark::new(SHOP, "v1")));
            let expected = Some((Tie::Mark(MarkedVersion::OtherTime), SHOP, "v1"));
            assert_eq!(found(&marked, &secrets), expected, "{value:?} {created:?} {settled:?}");
        }
    }
}

#[test]
fn a_version_that_holds_something_and_was_never_seen_to_settle_proves_nothing() {
    for value in [holds("other"), Value::Other] {
        let mut open = version(SHOP, "v1", NONE, value);
        open.settled = None;
        let secrets = [secret(SHOP, vec![open])];
        let marked = key("key", Some(Mark::new(SHOP, "v1")));
        assert_eq!(found(&marked, &secrets), Some((Tie::Mark(MarkedVersion::OtherTime), SHOP, "v1")));
    }
}

#[test]
fn what_an_abandoned_rotation_made_is_an_orphan() {
    // Its version is empty and not pending any more; nothing came after it.
    let mut abandoned = version(SHOP, "v1", NONE, Value::Empty);
    abandoned.settled = None;
    let secrets = [secret(SHOP, vec![abandoned])];
    for (created, expected) in [
        (Some(REGISTERED - 6_000_000), MarkedVersion::OtherTime),
        (Some(REGISTERED - 5_000_000), MarkedVersion::Settled),
        (Some(REGISTERED + 10), MarkedVersion::Settled),
        (None, MarkedVersion::OtherTime),
    ] {
        let marked = made_at("key", Some(Mark::new(SHOP, "v1")), created);
        assert_eq!(found(&marked, &secrets), Some((Tie::Mark(expected), SHOP, "v1")), "{created:?}");
    }
}

#[test]
fn the_mark_of_a_pending_version_is_under_way_whatever_it_holds_and_whenever_the_key_was_made() {
    for value in [holds("other"), Value::Other, Value::Empty] {
        let secrets = [secret(SHOP, vec![version(SHOP, "v1", PENDING, value)])];
        for created in [None, Some(0), Some(REGISTERED + 10), Some(SETTLED + 1)] {
            let marked = made_at("key", Some(Mark::new(SHOP, "v1")), created);
            assert_eq!(found(&marked, &secrets), Some((Tie::Mark(MarkedVersion::Pending), SHOP, "v1")));
        }
    }
}

#[test]
fn a_promoted_version_that_still_carries_awspending_is_settled() {
    let secrets = [secret(SHOP, vec![version(SHOP, "v1", BOTH, holds("other"))])];
    let twin = key("key", Some(Mark::new(SHOP, "v1")));
    assert_eq!(found(&twin, &secrets), Some((Tie::Mark(MarkedVersion::Settled), SHOP, "v1")));
}

#[test]
fn the_mark_of_a_version_that_was_not_read_proves_nothing() {
    for labels in [CURRENT, PENDING, BOTH, NONE] {
        let secrets = [secret(SHOP, vec![version(SHOP, "v1", labels, Value::Unread)])];
        let marked = key("key", Some(Mark::new(SHOP, "v1")));
        assert_eq!(found(&marked, &secrets), Some((Tie::Mark(MarkedVersion::Unread), SHOP, "v1")));
        assert_eq!(found(&key("key", None), &secrets), None);
    }
}

#[test]
fn no_value_and_no_mark_is_no_tie() {
    let secrets = [secret(SHOP, vec![version(SHOP, "v1", CURRENT, holds("other"))])];
    for stranger in [
        key("key", None),
        // The version has been purged, or was another secret's of the same name.
        key("key", Some(Mark::new(SHOP, "v0"))),
        key("key", Some(Mark::new(CHECKOUT, "v1"))),
    ] {
        assert_eq!(found(&stranger, &secrets), None);
    }
    assert_eq!(found(&key("key", None), &[]), None);
}

#[test]
fn the_strongest_tie_wins_in_any_order_of_secrets_and_versions() {
    // By value and mark to v1, by value to v2 and to the other secret.
    let versions = [version(SHOP, "v1", NONE, holds("key")), version(SHOP, "v2", CURRENT, holds("key"))];
    let other = secret(CHECKOUT, vec![version(CHECKOUT, "v1", CURRENT, holds("key"))]);
    let ours = key("key", Some(Mark::new(SHOP, "v1")));
    for reversed in [false, true] {
        let mut versions = versions.to_vec();
        if reversed {
            versions.reverse();
        }
        let shop = secret(SHOP, versions);
        for secrets in [[shop.clone(), other.clone()], [other.clone(), shop]] {
            assert_eq!(found(&ours, &secrets), Some((Tie::ValueAndMark, SHOP, "v1")));
        }
    }
}

#[test]
fn among_equal_ties_current_comes_before_pending_and_the_newer_before_the_older() {
    let of = |labels: [Labels; 3]| {
        let versions = ["v1", "v2", "v3"].iter().zip(labels);
        [secret(SHOP, versions.map(|(id, labels)| version(SHOP, id, labels, holds("key"))).collect())]
    };
    for (labels, expected) in [
        ([NONE, NONE, NONE], "v3"),
        ([NONE, PENDING, NONE], "v2"),
        ([CURRENT, PENDING, NONE], "v1"),
        ([CURRENT, NONE, PENDING], "v1"),
        ([NONE, BOTH, NONE], "v2"),
    ] {
        assert_eq!(found(&key("key", None), &of(labels)), Some((Tie::Value, SHOP, expected)), "{labels:?}");
    }
}

#[test]
fn one_secret_of_a_project_never_lends_its_mark_to_another() {
    // Both have a version of the same id, as after a copy by infrastructure as code.
    let secrets = [
        secret(SHOP, vec![version(SHOP, "v1", CURRENT, holds("key"))]),
        secret(CHECKOUT, vec![version(CHECKOUT, "v1", CURRENT, holds("other"))]),
    ];
    let ours = key("key", Some(Mark::new(SHOP, "v1")));
    let theirs = key("other", Some(Mark::new(CHECKOUT, "v1")));
    assert_eq!(found(&ours, &secrets), Some((Tie::ValueAndMark, SHOP, "v1")));
    assert_eq!(found(&theirs, &secrets), Some((Tie::ValueAndMark, CHECKOUT, "v1")));
    // An orphan of one of them is an orphan of that one.
    let orphan = key("orphan", Some(Mark::new(CHECKOUT, "v1")));
    assert_eq!(found(&orphan, &secrets), Some((Tie::Mark(MarkedVersion::Settled), CHECKOUT, "v1")));
}
