//! A refusal of each code, with the marker in whatever leads to it.

use integration_tests::TIMEOUT;
use testkit::fault::Fault;
use testkit::secrets_manager::rotation;
use testkit::sentry::Key;

use super::planted::{Build, MANAGEMENT_TOKEN, Planted, ROTATION_TOKEN};
use super::{Played, play};

/// What leads to a refusal.
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) what: &'static str,
    /// Before the rotation begins.
    before: fn(&mut Planted),
    /// Once it has begun under this token.
    pending: fn(&Planted, &str),
    steps: &'static [&'static str],
}

impl Refusal {
    pub(super) fn play(&self, build: Build) -> Played {
        let mut planted = Planted::new(build);
        (self.before)(&mut planted);
        let token = planted.stage.store.begin_rotation(&planted.stage.secret).unwrap();
        (self.pending)(&planted, &token);
        play(planted, &token, self.steps)
    }

    fn pending(self, pending: fn(&Planted, &str)) -> Self {
        Self { pending, ..self }
    }

    fn at(self, steps: &'static [&'static str]) -> Self {
        Self { steps, ..self }
    }
}

fn refusal(code: &'static str, what: &'static str, before: fn(&mut Planted)) -> Refusal {
    Refusal { code, what, before, pending: |_, _| {}, steps: &["createSecret"] }
}

/// A second key of the project, in the pending version.
fn pending_key(planted: &Planted, token: &str) -> Key {
    let key = planted.stage.sentry.add_key("acme", "storefront", "pending");
    planted.stage.sentry.edit_key(&key.id, |key| key.browser_sdk_version = "6.x".to_owned());
    pending_value(planted, token, &planted.document(&key.id, &key.secret, key.project_id));
    key
}

fn pending_value(planted: &Planted, token: &str, value: &str) {
    planted.stage.store.add_version(&planted.stage.secret, token, Some(value), &["AWSPENDING"]);
}

const TEST: &[&str] = &["testSecret"];
const SET: &[&str] = &["setSecret"];
const ABSENT: &str = "0123456789abcdef0123456789abcdef";

pub(super) fn all() -> Vec<Refusal> {
    let mut all = of_the_contract();
    all.extend(of_values());
    all.extend(of_the_token());
    all.extend(of_pending_keys());
    all.extend(of_services());
    all
}

fn of_the_contract() -> Vec<Refusal> {
    vec![
        refusal("Rotation.NotEnabled", "", |planted| planted.stage.store.enable_rotation(&planted.stage.secret, false)),
        refusal("Rotation.NotPending", "the label was removed", |_| {}).pending(|planted, _| {
            planted.stage.store.set_stage(&planted.stage.secret, "AWSPENDING", None);
        }),
        refusal("Rotation.UnknownVersion", "", |_| {}).pending(|planted, _| {
            planted.stage.store.set_stage(&planted.stage.secret, "AWSPENDING", None);
            planted.stage.store.deny("ListSecretVersionIds");
        }),
        refusal("Rotation.NotPending", "", |_| {}).pending(|planted, token| {
            planted.stage.store.set_stage(&planted.stage.secret, "AWSPENDING", None);
            planted.stage.store.set_stage(&planted.stage.secret, "OTHER", Some(token));
        }),
        refusal("Rotation.BindingMismatch", "the tag's organization", |planted| {
            planted.stage.store.set_tags(&planted.stage.secret, &[("sentry:organization", "umbrella")]);
        }),
        refusal("Rotation.BindingMismatch", "the tag's project", |planted| {
            planted.stage.sentry.add_project("acme", "other");
            planted.stage.store.set_tags(&planted.stage.secret, &[("sentry:project", "other")]);
        }),
        refusal("Rotation.TooManyUnpromoted", "", |planted| {
            let stage = &planted.stage;
            stage.store.deny("PutSecretValue");
            let lambda = stage.lambda();
            for _ in 0..4 {
                let token = stage.store.begin_rotation(&stage.secret).unwrap();
                let event = rotation::event("createSecret", &stage.secret, &token, Some(ROTATION_TOKEN));
                assert_eq!(lambda.invoke(&event, TIMEOUT).error_type(), Some("Rotation.StoreUnavailable"));
                stage.store.set_stage(&stage.secret, "AWSPENDING", None);
            }
            stage.store.allow("PutSecretValue");
        }),
    ]
}

fn of_values() -> Vec<Refusal> {
    vec![
        refusal("Rotation.DocumentInvalid", "broken JSON", |planted| {
            planted.current(r#"{"dsn":"https://QzLeak7x:QzLeak7x@sentry.example/1","password":QzLeak7x}"#);
        }),
        refusal("Rotation.DocumentInvalid", "no document", |planted| planted.current("QzLeak7x QzLeak7x")),
        refusal("Rotation.DocumentInvalid", "no DSN", |planted| planted.current(r#"{"dsn":"QzLeak7x://QzLeak7x"}"#)),
        refusal("Rotation.DocumentInvalid", "a bare DSN that is none", |planted| {
            planted.current("https://QzLeak7x:QzLeak7x@sentry.example/QzLeak7x");
        }),
        refusal("Rotation.DocumentInvalid", "a DSN of another type", |planted| {
            planted.current(r#"{"dsn":{"QzLeak7x":["QzLeak7x"]},"QzLeak7x":"QzLeak7x"}"#);
        }),
        refusal("Rotation.DocumentInvalid", "a member twice", |planted| {
            planted.current(r#"{"dsn":"QzLeak7x","dsn":"QzLeak7x"}"#);
        }),
        refusal("Rotation.DocumentInvalid", "no project", |planted| planted.current(r#"{"QzLeak7x":"QzLeak7x"}"#)),
    ]
}

fn of_the_token() -> Vec<Refusal> {
    vec![
        refusal("Rotation.TokenInvalid", "revoked", |planted| planted.stage.sentry.revoke_token(MANAGEMENT_TOKEN)),
        refusal("Rotation.TokenInvalid", "not in the value", |planted| {
            planted.management_secret(r#"{"tok":"QzLeak7x","QzLeak7x":"QzLeak7x"}"#);
        }),
        refusal("Rotation.TokenInvalid", "of another type", |planted| {
            planted.management_secret(r#"{"token":["QzLeak7x"],"QzLeak7x":"QzLeak7x"}"#);
        }),
        refusal("Rotation.TokenInvalid", "with a space", |planted| planted.management_secret("QzLeak7x QzLeak7x")),
        refusal("Rotation.TokenInvalid", "broken JSON", |planted| planted.management_secret(r#"{"token":"QzLeak7x"#)),
        refusal("Rotation.TokenInvalid", "another bare one", |planted| planted.management_secret("QzLeak7xQzLeak7x")),
        refusal("Rotation.ScopeMissing", "", |planted| planted.token(MANAGEMENT_TOKEN, "acme", &["project:read"])),
        refusal("Rotation.OrganizationNotVisible", "", |planted| {
            planted.token(MANAGEMENT_TOKEN, "umbrella", &["project:write"]);
        }),
        refusal("Rotation.ProjectNotFound", "", |planted| {
            planted.stage.sentry.add_project("acme", "other");
            planted.stage.sentry.delete_project("acme", "storefront");
        }),
    ]
}

fn of_pending_keys() -> Vec<Refusal> {
    vec![
        refusal("Rotation.PendingInvalid", "no value", |_| {}).at(SET),
        refusal("Rotation.PendingInvalid", "no document", |_| {})
            .pending(|planted, token| pending_value(planted, token, "{QzLeak7x"))
            .at(SET),
        refusal("Rotation.PendingInvalid", "the current value", |_| {})
            .pending(|planted, token| {
                let current = planted.stage.store.value_at(&planted.stage.secret, "AWSCURRENT").unwrap();
                pending_value(planted, token, &current);
            })
            .at(SET),
        refusal("Rotation.PendingInvalid", "another project", |_| {})
            .pending(|planted, token| pending_value(planted, token, &planted.document(ABSENT, "QzLeak7x", 999)))
            .at(SET),
        refusal("Rotation.PendingKeyGone", "", |_| {})
            .pending(|planted, token| {
                let document = planted.document(ABSENT, "QzLeak7x", planted.stage.project_id);
                pending_value(planted, token, &document);
            })
            .at(SET),
        refusal("Rotation.KeyInactive", "", |_| {})
            .pending(|planted, token| {
                let key = pending_key(planted, token);
                planted.stage.sentry.edit_key(&key.id, |key| key.is_active = false);
            })
            .at(TEST),
        refusal("Rotation.SettingsDiffer", "", |_| {})
            .pending(|planted, token| {
                let key = pending_key(planted, token);
                planted.stage.sentry.edit_key(&key.id, |key| key.browser_sdk_version = "5.x".to_owned());
            })
            .at(TEST),
        refusal("Rotation.KeyRefused", "", |planted| {
            let answer = r#"{"detail":"Invalid dsn","QzLeak7x":["QzLeak7x"]}"#;
            planted.stage.sentry.set_question(Some((401, answer.to_owned())));
        })
        .pending(|planted, token| drop(pending_key(planted, token)))
        .at(TEST),
        refusal("Rotation.IngestionRefused", "", |_| {})
            .pending(|planted, token| {
                let key = pending_key(planted, token);
                let answer = r#"{"detail":"QzLeak7x","causes":["QzLeak7x"]}"#.to_owned();
                planted.stage.sentry.refuse_ingest(&key.id, Some((401, answer)));
            })
            .at(TEST),
    ]
}

fn of_services() -> Vec<Refusal> {
    vec![
        refusal("Rotation.SentryUnavailable", "", |planted| {
            let answer = Fault::Answer(500, Vec::new(), "<html>QzLeak7x</html>".to_owned());
            planted.stage.sentry_server.faults().every("GET project", answer);
        }),
        refusal("Rotation.SentryRateLimited", "", |planted| planted.stage.sentry.limit_api(0, 4_102_444_800)),
        refusal("Rotation.StoreUnavailable", "", |planted| planted.stage.store.deny("DescribeSecret")),
        refusal("Rotation.StoreConflict", "", |planted| {
            let body = r#"{"__type":"ResourceNotFoundException","Message":"QzLeak7x"}"#.to_owned();
            // The token's value is read first, then the pending value, then the current one.
            planted.stage.store_server.faults().on("GetSecretValue", 2, Fault::Answer(400, Vec::new(), body));
        }),
        refusal("Rotation.DeadlineNear", "", |planted| {
            // Its deadline is over as soon as it is told, while the test waits on.
            planted.stage.function.clock_shift_seconds = -300;
        }),
    ]
}
