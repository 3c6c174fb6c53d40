//! The four functions, each as the template deploys it: its name, its variables, its role, its token.

use std::collections::BTreeSet;
use std::sync::Arc;

use integration_tests::roles::{FUNCTIONS, Granted, Told, Without};
use integration_tests::template::{Stack, Template};
use integration_tests::{AUDIT_TIMEOUT, BUCKET, Binary, Stage, binary};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::access::{Access, Grant, Policy, Question};
use testkit::http::Server;
use testkit::lambda::{Function, Invocation, Restarting};
use testkit::s3::S3;

use super::{audit, retirement, revocation, rotation};
use crate::retirement::stage::{DUE, TABLES, policy};

/// The customer managed key of everything.
const KMS_KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// How the names of managed secrets begin.
pub(super) const PREFIX: &str = "acme/";

/// One function's whole work: what is there before, how it is done, and what must hold.
pub(super) struct Work {
    pub(super) function: &'static str,
    pub(super) prepare: fn(&Deployment),
    /// Does everything once more, as far as it goes.
    pub(super) play: fn(&Deployment) -> Played,
    /// What must hold at any time.
    pub(super) harm: fn(&Deployment) -> Vec<String>,
    /// What must hold in the end.
    pub(super) unfinished: fn(&Deployment) -> Vec<String>,
}

pub(super) const WORKS: [Work; 4] = [rotation::WORK, retirement::WORK, revocation::WORK, audit::WORK];

/// The work of a function.
pub(super) fn work_of(function: &str) -> &'static Work {
    WORKS.iter().find(|work| work.function == function).unwrap()
}

/// What invocations came to.
#[derive(Debug, Default)]
pub(super) struct Played {
    pub(super) failures: Vec<(String, String)>,
    pub(super) replies: Vec<Value>,
}

impl Played {
    pub(super) fn note(&mut self, invocation: Invocation) {
        match invocation {
            Invocation::Reply(reply) => self.replies.push(reply),
            Invocation::Failed { error_type, error_message } => self.failures.push((error_type, error_message)),
            no_answer @ (Invocation::InitFailed { .. } | Invocation::Exited(_) | Invocation::TimedOut) => {
                self.failures.push(("no answer".to_owned(), format!("{no_answer:?}")));
            }
        }
    }
}

impl Played {
    /// What went otherwise than it should without something, and the texts in which it must be named; `told` gives those
    /// of a place.
    pub(super) fn without(
        &self,
        without: Without,
        told: impl FnOnce(Told) -> Vec<String>,
    ) -> (Vec<String>, Vec<String>) {
        let wrong = |expected: Option<&str>| {
            let others = self.failures.iter().filter(|(code, _)| Some(code.as_str()) != expected);
            others.map(|it| format!("failed with {it:?}")).collect()
        };
        match without {
            Without::Fails(code) => {
                (wrong(Some(code)), self.failures.iter().map(|(_, message)| message.clone()).collect())
            }
            Without::Tells(place) => (wrong(None), told(place)),
            Without::Lambda => (Vec::new(), Vec::new()),
        }
    }
}

/// What a deployment is made of.
pub(super) struct Plan {
    /// Whether there is a customer managed key.
    pub(super) with_kms_key: bool,
    /// The scopes of a function's token, and of the one that deletes.
    pub(super) scopes: fn(&str) -> Vec<&'static str>,
    /// One scope that this token lacks.
    pub(super) without: Option<(&'static str, &'static str)>,
}

/// The token that deletes, by the name of its purpose.
pub(super) const DELETION: &str = "deletion";

/// The scopes that the documentation asks for.
pub(super) fn documented(token: &str) -> Vec<&'static str> {
    let function = FUNCTIONS.iter().find(|function| function.name == token);
    function.map_or(vec!["project:admin"], |function| function.scopes.iter().map(|(scope, _)| *scope).collect())
}

impl Plan {
    pub(super) const FULL: Self = Self { with_kms_key: true, scopes: documented, without: None };
}

struct Deployed {
    granted: &'static Granted,
    access_key: String,
    policy: Policy,
    lambda: Arc<Restarting>,
}

/// A stage with all functions deployed.
pub(super) struct Deployment {
    pub(super) stage: Stage,
    pub(super) bucket: Arc<S3>,
    pub(super) access: Arc<Access>,
    pub(super) stack: Stack,
    with_kms_key: bool,
    deployed: Vec<Deployed>,
    bucket_server: Server,
    _folder: TempDir,
}

impl Deployment {
    pub(super) fn new(plan: &Plan) -> Self {
        let stage = Stage::new(Binary::Release).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let key_policy = folder.path().join("key-policy.toml");
        std::fs::write(&key_policy, policy("act", &format!("{DUE}delete = true\n"), TABLES)).unwrap();
        let bucket = S3::new(BUCKET);
        let bucket_server = Server::start(Arc::clone(&bucket)).unwrap();
        let token = |name: &str| {
            let mut scopes = (plan.scopes)(name);
            scopes.retain(|scope| plan.without != Some((token_name(name), scope)));
            let token = json!({"token": stage.sentry.add_token("acme", &scopes)}).to_string();
            stage.store.create_secret(&format!("sentry/management/{name}"), Some(&token), &[])
        };
        let tokens = ["rotate-client-key", "retire-keys", "revoke-key", "audit-keys", DELETION].map(token);
        let parameters = [
            ("SentryUrl", stage.sentry_server.url()),
            ("SentryOrganization", "acme".to_owned()),
            ("RotationAuthSecretArn", tokens[0].clone()),
            ("RetirementAuthSecretArn", tokens[1].clone()),
            ("RevocationAuthSecretArn", tokens[2].clone()),
            ("AuditAuthSecretArn", tokens[3].clone()),
            ("DeletionAuthSecretArn", tokens[4].clone()),
            ("ManagedSecretNamePrefix", PREFIX.to_owned()),
            ("KmsKeyArn", if plan.with_kms_key { KMS_KEY.to_owned() } else { String::new() }),
        ];
        let parameters: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let stack =
            Stack::new(&Template::shipped().unwrap(), "keys", &parameters, &[("EvidenceBucket", BUCKET)]).unwrap();
        let access = Access::new();
        stage.store.enforce(&access);
        stage.bus.enforce(&access);
        bucket.enforce(&access);
        let mut deployed = Vec::new();
        for granted in &FUNCTIONS {
            let policy = stack.policy_of(granted.id).unwrap();
            let name = stack.function_name(granted.id).unwrap();
            let access_key = access.add_role(&name, policy.clone());
            let mut function = Function::new(binary(Binary::Release, granted.name), &name);
            function.environment.extend(stack.variables(granted.id).unwrap());
            function.environment.extend([
                ("KEY_POLICY_PATH".to_owned(), key_policy.display().to_string()),
                ("AWS_ACCESS_KEY_ID".to_owned(), access_key.clone()),
                ("AWS_ENDPOINT_URL_S3".to_owned(), bucket_server.url()),
            ]);
            let surroundings = ["SSL_CERT_FILE", "AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL_EVENTBRIDGE"];
            let of_stage = stage.function.environment.iter();
            function.environment.extend(of_stage.filter(|(name, _)| surroundings.contains(&name.as_str())).cloned());
            let lambda = Arc::new(Restarting::new(function));
            deployed.push(Deployed { granted, access_key, policy, lambda });
        }
        let with_kms_key = plan.with_kms_key;
        let deployment = Self { stage, bucket, access, stack, with_kms_key, deployed, bucket_server, _folder: folder };
        if with_kms_key {
            tokens.iter().for_each(|arn| deployment.stage.store.set_kms_key(arn, KMS_KEY));
            deployment.bucket.set_kms_key(KMS_KEY);
        }
        let secret = deployment.stage.secret.clone();
        deployment.manage(&secret);
        deployment
    }

    /// A deployment on which a function has something to do.
    pub(super) fn prepared(work: &Work, plan: &Plan) -> Self {
        let deployment = Self::new(plan);
        (work.prepare)(&deployment);
        deployment
    }

    /// Makes a secret one that these functions look after.
    pub(super) fn manage(&self, secret: &str) {
        let store = &self.stage.store;
        store.set_tags(secret, &[("sentry:kind", "client-key"), ("sentry:owner", "storefront-team")]);
        store.set_rotation_lambda(secret, &self.rotation_function());
        store.enable_rotation(secret, true);
        if self.with_kms_key {
            store.set_kms_key(secret, KMS_KEY);
        }
    }

    /// The ARN of the function that rotates.
    pub(super) fn rotation_function(&self) -> String {
        let name = self.stack.function_name("RotateClientKeyFunction").unwrap();
        format!("arn:aws:lambda:us-east-1:123456789012:function:{name}")
    }

    fn deployed(&self, function: &str) -> &Deployed {
        self.deployed.iter().find(|deployed| deployed.granted.name == function).unwrap()
    }

    pub(super) fn lambda(&self, function: &str) -> Arc<Restarting> {
        Arc::clone(&self.deployed(function).lambda)
    }

    pub(super) fn invoke(&self, function: &str, event: &Value) -> Invocation {
        self.deployed(function).lambda.invoke(event, AUDIT_TIMEOUT)
    }

    /// With what a function signs.
    pub(super) fn access_key(&self, function: &str) -> String {
        self.deployed(function).access_key.clone()
    }

    pub(super) fn bucket_address(&self) -> std::net::SocketAddr {
        self.bucket_server.address()
    }

    /// All that a function's role may do.
    pub(super) fn policy(&self, function: &str) -> &Policy {
        &self.deployed(function).policy
    }

    pub(super) fn take_away(&self, function: &str, grant: &Grant) {
        let deployed = self.deployed(function);
        let less = deployed.policy.without(grant);
        assert_eq!(less.grants().len() + 1, deployed.policy.grants().len(), "{grant} is granted once");
        self.access.set_policy(&deployed.access_key, less);
    }

    pub(super) fn give_back(&self, function: &str) {
        let deployed = self.deployed(function);
        self.access.set_policy(&deployed.access_key, deployed.policy.clone());
    }

    pub(super) fn used(&self, function: &str) -> BTreeSet<Grant> {
        self.access.used(&self.deployed(function).access_key)
    }

    pub(super) fn refused(&self, function: &str) -> Vec<Question> {
        self.access.refused(&self.deployed(function).access_key)
    }

    pub(super) fn logs(&self, function: &str) -> String {
        self.deployed(function).lambda.all_logs()
    }

    /// The text of all objects below a folder of the bucket whose names end so.
    pub(super) fn objects(&self, folder: &str, ending: &str) -> String {
        let names = self.bucket.keys().into_iter().filter(|name| name.starts_with(folder) && name.ends_with(ending));
        names.filter_map(|name| String::from_utf8(self.bucket.object(&name)?).ok()).collect()
    }

    pub(super) fn is_active(&self, project: &str, key: &str) -> Option<bool> {
        self.stage.sentry.keys("acme", project).into_iter().find(|other| other.id == key).map(|key| key.is_active)
    }
}

fn token_name(name: &str) -> &'static str {
    FUNCTIONS.iter().find(|function| function.name == name).map_or(DELETION, |function| function.name)
}
