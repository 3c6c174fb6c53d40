//! One row per rule: what is refused, where, and in which words.

use crate::Policy;

/// `line:column path: message`, one per line; empty if the file is accepted.
fn mistakes(text: &str) -> String {
    let Err(errors) = Policy::parse(text, "p.toml") else {
        return String::new();
    };
    let line = |e: &crate::PolicyError| format!("{}:{} {}: {}", e.line, e.column, e.path, e.message);
    errors.errors().iter().map(line).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn check(rows: &[(&str, &str, &str)]) {
    for (sentence, text, expected) in rows {
        assert_eq!(mistakes(text), *expected, "{sentence}");
    }
}

/// `rows` about the lines of `[use_case.sdk]` from line 5 on.
#[track_caller]
fn check_client_key(rows: &[(&str, &str, &str)]) {
    for (sentence, members, expected) in rows {
        let head = "version = 1\n[use_case.sdk]\nkind = \"client-key\"\npreset = \"sdk-store-only\"";
        assert_eq!(mistakes(&format!("{head}\n{members}\n")), *expected, "{sentence}");
    }
}

#[test]
fn the_file_as_a_whole() {
    check(&[
        ("the least that is accepted", "version = 1", ""),
        ("a byte order mark is ignored", "\u{feff}version = 1", ""),
        ("Windows line ends are accepted", "version = 1\r\nmode = \"act\"\r\n", ""),
        ("an empty file", "", "1:1 : missing member \"version\""),
        ("another version", "version = 2", "1:11 version: version 2 is not known; this is version 1"),
        ("a version as a string", "version = \"1\"", "1:11 version: expected an integer, found a string"),
        ("an unknown mode", "version = 1\nmode = \"Act\"", "2:8 mode: \"Act\" is not one of observe, act"),
        (
            "an unknown member near a known one",
            "version = 1\norganisation = \"acme\"",
            "2:1 organisation: unknown member \"organisation\"; did you mean \"organization\"?",
        ),
        (
            "an unknown member far from any",
            "version = 1\n[orphan]\ncolour = 1",
            "3:1 orphan.colour: unknown member \"colour\"; known here: grace",
        ),
        ("an empty string", "version = 1\norganization = \" \"", "2:16 organization: must not be empty"),
        (
            "columns count characters",
            "version = 1\norphan = { \"größe\" = 1, b = 2 }",
            "2:12 orphan.größe: unknown member \"größe\"; known here: grace\n\
             2:25 orphan.b: unknown member \"b\"; known here: grace",
        ),
        (
            "a table where a list of tables belongs",
            "version = 1\n[binding]",
            "2:1 binding: expected an array of tables, found a table",
        ),
        ("a member twice (TOML)", "version = 1\nversion = 1", "2:1 : \"version\" is given twice"),
        ("a table twice (TOML)", "version = 1\n[proof]\n[proof]", "3:1 : the table \"proof\" is given twice"),
    ]);
}

#[test]
fn bindings() {
    check(&[
        (
            "two equal prefixes, and a missing member",
            "version = 1\n[[binding]]\nsecret_prefix = \"a/\"\norganization = \"o\"\n[[binding]]\nsecret_prefix = \"a/\"",
            "5:1 binding[1]: missing member \"organization\"\n\
             6:17 binding[1].secret_prefix: the prefix \"a/\" has a binding already",
        ),
        (
            "an empty prefix would bind every secret",
            "version = 1\n[[binding]]\nsecret_prefix = \"\"\norganization = \"o\"",
            "3:17 binding[0].secret_prefix: must not be empty",
        ),
        (
            "a project twice, and one of another type",
            "version = 1\n[[binding]]\nsecret_prefix = \"a/\"\norganization = \"o\"\nprojects = [\"p\", 42, \"p\"]",
            "5:18 binding[0].projects[1]: expected a string, found an integer\n\
             5:22 binding[0].projects[2]: is in the list twice",
        ),
    ]);
}

#[test]
fn client_keys() {
    check_client_key(&[
        ("the least that is accepted", "", ""),
        ("no scopes, in words", "scopes = []", ""),
        (
            "scopes",
            "scopes = [\"event:read\"]",
            "5:10 use_case.sdk.scopes: a client key has no scopes; leave scopes out",
        ),
        (
            "a required limit that is not stated",
            "rate_limit_required = true",
            "5:23 use_case.sdk.rate_limit_required: rate_limit_required = true needs rate_limit: the limit that is required",
        ),
        (
            "a refused limit is not a missing one",
            "rate_limit_required = true\nrate_limit = 7",
            "6:14 use_case.sdk.rate_limit: expected a table, found an integer",
        ),
    ]);
    check(&[
        ("the other preset", "version = 1\n[use_case.web]\nkind = \"client-key\"\npreset = \"sdk-client-side\"", ""),
        (
            "without preset",
            "version = 1\n[use_case.sdk]\nkind = \"client-key\"",
            "2:1 use_case.sdk: a client-key use case needs preset = \"sdk-store-only\" or \"sdk-client-side\"",
        ),
        (
            "another preset",
            "version = 1\n[use_case.sdk]\nkind = \"client-key\"\npreset = \"ci-release\"",
            "4:10 use_case.sdk.preset: a client-key use case needs preset = \"sdk-store-only\" or \"sdk-client-side\"",
        ),
        ("without kind", "version = 1\n[use_case.sdk]", "2:1 use_case.sdk: missing member \"kind\""),
        (
            "an unknown kind",
            "version = 1\n[use_case.sdk]\nkind = \"dsn\"",
            "3:8 use_case.sdk.kind: \"dsn\" is not one of client-key, installation-token, oauth-token, organization-token, integration-token, personal-token",
        ),
        (
            "without a name",
            "version = 1\n[use_case.\"\"]\nkind = \"oauth-token\"",
            "2:1 use_case.: a use case needs a name",
        ),
    ]);
}

#[test]
fn tokens() {
    let head = "version = 1\n[use_case.t]\nkind = \"integration-token\"";
    let rows = [
        ("scopes of Sentry", "scopes = [\"event:read\", \"org:ci\"]", ""),
        ("a preset for tokens", "preset = \"auditor-read\"", ""),
        (
            "a scope that Sentry has not, and one twice",
            "scopes = [\"event:reed\", \"org:ci\", \"org:ci\"]",
            "4:11 use_case.t.scopes[0]: \"event:reed\" is no scope of Sentry; did you mean \"event:read\"?\n\
             4:35 use_case.t.scopes[2]: is in the list twice",
        ),
        (
            "the client keys' preset",
            "preset = \"sdk-store-only\"",
            "4:10 use_case.t.preset: preset sdk-store-only is for client keys, not for integration-token",
        ),
        (
            "the client keys' other preset",
            "preset = \"sdk-client-side\"",
            "4:10 use_case.t.preset: preset sdk-client-side is for client keys, not for integration-token",
        ),
        (
            "a rate limit",
            "rate_limit = { count = 1, window = 1 }\nrate_limit_required = true",
            "4:14 use_case.t.rate_limit: a rate limit belongs to a client key, not to integration-token\n\
             5:23 use_case.t.rate_limit_required: a rate limit belongs to a client key, not to integration-token",
        ),
    ];
    for (sentence, members, expected) in rows {
        assert_eq!(mistakes(&format!("{head}\n{members}")), expected, "{sentence}");
    }
}

#[test]
fn the_life_of_a_key() {
    check_client_key(&[
        (
            "zero is a duration everywhere",
            "interval = \"0s\"\nwarn = \"0s\"\ngrace = \"0s\"\ngrace_max = \"0s\"\nat_grace_max = \"disable\"\n\
             quiet_for = \"0s\"\nquarantine = \"0s\"\ndelete = true\nreview_every = \"0s\"",
            "",
        ),
        (
            "a number is no duration",
            "grace = 14",
            "5:9 use_case.sdk.grace: expected a duration string such as \"90d\", found an integer",
        ),
        (
            "a negative duration",
            "grace = \"-1d\"",
            "5:9 use_case.sdk.grace: \"-1d\" is negative; a duration is zero or more",
        ),
        (
            "a grace_max below grace",
            "grace = \"2d\"\ngrace_max = \"36h\"\nat_grace_max = \"keep\"",
            "6:13 use_case.sdk.grace_max: grace_max (1d12h) is shorter than grace (2d)",
        ),
        (
            "a warning that never ends",
            "interval = \"7d\"\nwarn = \"7d\"",
            "6:8 use_case.sdk.warn: warn (7d) is not shorter than interval (7d): every key would always be due soon",
        ),
        ("equal ones are fine", "grace = \"24h\"\ngrace_max = \"1d\"\nat_grace_max = \"keep\"", ""),
        (
            "a grace_max without its consequence",
            "grace_max = \"2d\"",
            "5:13 use_case.sdk.grace_max: grace_max needs at_grace_max: disable or keep",
        ),
        (
            "another consequence",
            "at_grace_max = \"delete\"",
            "5:16 use_case.sdk.at_grace_max: \"delete\" is not one of disable, keep",
        ),
        (
            "delete without quarantine",
            "delete = true",
            "5:10 use_case.sdk.delete: delete = true needs quarantine: how long a disabled key is kept",
        ),
        ("quarantine without delete", "quarantine = \"30d\"\ndelete = false", ""),
        ("delete as a string", "delete = \"true\"", "5:10 use_case.sdk.delete: expected true or false, found a string"),
        (
            "an unknown signal",
            "signals = [\"errors\", \"crashes\"]",
            "5:22 use_case.sdk.signals[1]: \"crashes\" is not one of errors, transactions, spans, sessions, replays, profiles, logs, metrics, check-ins, feedback, attachments, security-reports",
        ),
        (
            "no signal at all",
            "signals = []",
            "5:11 use_case.sdk.signals: name a signal, or leave signals out if unknown",
        ),
        (
            "an unknown exposure",
            "exposure = \"desktop\"",
            "5:12 use_case.sdk.exposure: \"desktop\" is not one of server, browser, mobile",
        ),
    ]);
}

#[test]
fn rate_limits() {
    check_client_key(&[
        ("a window as a string", "rate_limit = { count = 1, window = \"60s\" }", ""),
        ("a window in seconds", "rate_limit = { count = 4294967295, window = 86400 }", ""),
        ("the longest window", "rate_limit = { count = 1, window = \"1d\" }", ""),
        (
            "no member at all",
            "rate_limit = {}",
            "5:14 use_case.sdk.rate_limit: missing member \"count\"\n\
             5:14 use_case.sdk.rate_limit: missing member \"window\"",
        ),
        (
            "zero, which Sentry takes for unlimited, and no window",
            "rate_limit = { count = 0, window = \"0s\" }",
            "5:24 use_case.sdk.rate_limit.count: count must be 1 or more (Sentry reads 0 as no limit)\n\
             5:36 use_case.sdk.rate_limit.window: window must be between 1s and 86400s (1d)",
        ),
        (
            "too much of both",
            "rate_limit = { count = 4294967296, window = 86401 }",
            "5:24 use_case.sdk.rate_limit.count: count is too large\n\
             5:45 use_case.sdk.rate_limit.window: window must be between 1s and 86400s (1d)",
        ),
        (
            "negative, and of another type",
            "rate_limit = { count = \"many\", window = -1 }",
            "5:24 use_case.sdk.rate_limit.count: expected an integer, found a string\n\
             5:41 use_case.sdk.rate_limit.window: window must be between 1s and 86400s (1d)",
        ),
    ]);
}

#[test]
fn defaults() {
    check(&[
        (
            "a use case that does not exist",
            "version = 1\n[defaults]\nuse_case = \"web\"",
            "3:12 defaults.use_case: there is no [use_case.web]",
        ),
        (
            "a mistake in a default is reported once",
            "version = 1\n[defaults]\nkind = \"dsn\"\n[use_case.a]\n[use_case.b]",
            "3:8 defaults.kind: \"dsn\" is not one of client-key, installation-token, oauth-token, organization-token, integration-token, personal-token",
        ),
        (
            "a contradiction with a default is shown at the use case",
            "version = 1\n[defaults]\ngrace_max = \"1d\"\nat_grace_max = \"keep\"\n[use_case.t]\nkind = \"oauth-token\"\ngrace = \"2d\"",
            "5:1 use_case.t: grace_max (1d) is shorter than grace (2d)",
        ),
        (
            "a scope that no organization token has",
            "version = 1\n[use_case.t]\nkind = \"organization-token\"\nscopes = [\"org:ci\", \"org:admin\"]",
            "4:10 use_case.t.scopes: an organization token carries org:ci alone: Sentry lets nobody choose its scopes",
        ),
        (
            "a name with a line break stays on its line",
            "version = 1\n[use_case.\"a\\nb\"]\nkind = \"oauth-token\"\nfoo = 1",
            "4:1 use_case.\"a\\nb\".foo: unknown member \"foo\"; known here: kind, preset, scopes, owner, contact, interval, rationale, warn, grace, grace_max, at_grace_max, quiet_for, signals, quarantine, delete, rate_limit, rate_limit_required, exposure, review_every",
        ),
        (
            "what cannot apply to a kind is not inherited",
            "version = 1\n[defaults]\npreset = \"sdk-store-only\"\nrate_limit = { count = 1, window = 1 }\nrate_limit_required = true\nscopes = [\"org:ci\"]\n[use_case.t]\nkind = \"oauth-token\"\n[use_case.sdk]\nkind = \"client-key\"",
            "",
        ),
        (
            "an unknown default",
            "version = 1\n[defaults]\nname = \"x\"",
            "3:1 defaults.name: unknown member \"name\"; known here: use_case, kind, preset, scopes, owner, contact, interval, rationale, warn, grace, grace_max, at_grace_max, quiet_for, signals, quarantine, delete, rate_limit, rate_limit_required, exposure, review_every",
        ),
    ]);
}

#[test]
fn consents_and_exceptions() {
    let consent = "[[consent]]\nkey_id = \"0123456789abcdef0123456789abcdef\"\nby = \"b\"\nticket = \"t\"\nuntil = \"2027-12-31\"\n";
    let exception = "[[exception]]\nfinding = \"f\"\nsubject = \"s\"\nreason = \"r\"\nrequester = \"q\"\napprover = \"a\"\nticket = \"t\"\nuntil = \"2027-12-31\"\n";
    let version = "version = 1\n";
    let same = exception.replace("\"a\"", "\" Q\"");
    let rows = [
        ("both are accepted", format!("{version}{consent}{exception}"), ""),
        (
            "a second consent for a key",
            format!("{version}{consent}{consent}"),
            "8:10 consent[1].key_id: this key has a consent already",
        ),
        (
            "a key id in upper case",
            format!("{version}{}", consent.replace("abcdef", "ABCDEF")),
            "3:10 consent[0].key_id: a key id has 32 digits of 0-9 and a-f (the part of the DSN before the @)",
        ),
        (
            "a second exception for a finding and subject",
            format!("{version}{exception}{exception}"),
            "10:1 exception[1]: \"f\" of \"s\" has an exception already",
        ),
        (
            "an approver who asked, in other letters",
            format!("{version}{same}"),
            "7:12 exception[0].approver: the approver must be somebody other than the requester",
        ),
        (
            "no member at all",
            format!("{version}[[consent]]"),
            "2:1 consent[0]: missing member \"key_id\"\n2:1 consent[0]: missing member \"by\"\n\
             2:1 consent[0]: missing member \"ticket\"\n2:1 consent[0]: missing member \"until\"",
        ),
    ];
    for (sentence, text, expected) in rows {
        assert_eq!(mistakes(&text), expected, "{sentence}");
    }
    for no_date in ["2027-02-30", "20271231", "2027-12-31T00:00", "31.12.2027"] {
        let text = format!("{version}{}", consent.replace("2027-12-31", no_date));
        let expected = format!("6:9 consent[0].until: {no_date:?} is no date; write it as \"2026-12-31\"");
        assert_eq!(mistakes(&text), expected);
    }
    let bare = consent.replace("\"2027-12-31\"", "2027-12-31");
    assert_eq!(mistakes(&format!("{version}{bare}")), "6:9 : write a date as a string: \"2026-12-31\"");
    // Another number that is none gets no advice about dates.
    for no_number in ["1.2.3", "2027-12", "12_"] {
        let said = mistakes(&format!("{version}{}", consent.replace("\"2027-12-31\"", no_number)));
        assert!(said.contains("not TOML") && !said.contains("date"), "{no_number}: {said}");
    }
}

#[test]
fn proof_and_review() {
    check(&[
        ("refusals below one", "version = 1\n[proof]\nrefusals = 0", "3:12 proof.refusals: must be between 1 and 100"),
        (
            "a reviewer twice",
            "version = 1\n[review]\nreviewers = [\"kim\", \"kim\"]",
            "3:21 review.reviewers[1]: is in the list twice",
        ),
        (
            "a bad duration",
            "version = 1\n[review]\nevery = \"quarterly\"",
            "3:9 review.every: \"quarterly\" is no duration; write whole numbers with the units d, h, m, s, for example \"90d\", \"1d12h\" or \"0s\"",
        ),
    ]);
}
