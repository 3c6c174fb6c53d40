//! How a function is invoked: as a library in this process, or as a binary under a Runtime API.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::config::{Credentials, Region};
use evidence_store::EvidenceStore;
use function_kit::boot::{self, Invocation};
use function_kit::{EventBus, Failure, Vars, aws};
use integration_tests::Binary;
use jiff::Timestamp;
use secret_store::SecretStore;
use sentry_client::Client;
use serde_json::Value;
use testkit::lambda::{self, Restarting};
use tokio::sync::Notify;

/// What is played on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The functions' libraries, in this process.
    Libraries,
    /// The binaries.
    Binaries(Binary),
}

/// Which function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Rotate,
    Retire,
    Audit,
}

/// A function that can be invoked, by one caller at a time, and killed.
pub(super) enum Function {
    Binary(Box<Restarting>),
    Library { name: Name, variables: Variables, killed: Arc<Notify> },
}

/// The function's variables.
#[derive(Clone)]
pub(super) struct Variables(BTreeMap<String, String>);

impl Vars for Variables {
    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
}

/// How an invocation ended: what was replied or said, or nothing where the process died.
pub(super) type Ended = Option<Result<Value, String>>;

#[expect(clippy::disallowed_methods, reason = "the stand-ins date what they make by the clock")]
fn now() -> Timestamp {
    Timestamp::now()
}

impl Function {
    pub(super) fn new(kind: Kind, name: Name, function: &lambda::Function) -> Self {
        match kind {
            Kind::Binaries(_) => Self::Binary(Box::new(Restarting::new(function.clone()))),
            Kind::Libraries => {
                let mut variables: BTreeMap<String, String> = function.environment.iter().cloned().collect();
                for (name, value) in [
                    ("AWS_LAMBDA_RUNTIME_API", "nobody"),
                    ("AWS_LAMBDA_FUNCTION_NAME", function.name.as_str()),
                    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
                    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
                    ("AWS_REGION", "us-east-1"),
                ] {
                    variables.insert(name.to_owned(), value.to_owned());
                }
                Self::Library { name, variables: Variables(variables), killed: Arc::default() }
            }
        }
    }

    /// Invokes the function; it must be over in this time.
    pub(super) fn invoke(&self, event: &Value, time: Duration) -> Ended {
        match self {
            Self::Binary(lambda) => match lambda.invoke(event, time) {
                lambda::Invocation::Reply(reply) => Some(Ok(reply)),
                lambda::Invocation::Failed { error_type, error_message } => {
                    Some(Err(format!("{error_type}: {error_message}")))
                }
                lambda::Invocation::InitFailed { error_type, error_message } => {
                    Some(Err(format!("{error_type}: {error_message}")))
                }
                lambda::Invocation::Exited(_) | lambda::Invocation::TimedOut => None,
            },
            Self::Library { name, variables, killed } => {
                let deadline = now() + jiff::SignedDuration::try_from(time).unwrap_or_default();
                let invocation = Invocation {
                    event: event.clone(),
                    deadline: u64::try_from(deadline.as_millisecond()).unwrap_or_default(),
                    request_id: format!("{:032x}", fastrand::u128(..)),
                };
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
                runtime.block_on(async {
                    tokio::select! {
                        // Whoever is killed does not see what came of its last call.
                        biased;
                        () = killed.notified() => None,
                        // Lambda ends what is not over by its deadline.
                        () = tokio::time::sleep(time) => None,
                        ended = Box::pin(handle(*name, variables, invocation)) => {
                            Some(ended.map_err(|failure| format!("{}: {}", failure.code(), failure.message())))
                        }
                    }
                })
            }
        }
    }

    /// A way to kill the process from a fault plan.
    pub(super) fn killer(&self) -> Box<dyn Fn() + Send + Sync> {
        match self {
            Self::Binary(lambda) => Box::new(lambda.killer()),
            Self::Library { killed, .. } => {
                let killed = Arc::clone(killed);
                Box::new(move || killed.notify_one())
            }
        }
    }

    /// What it wrote to its logs, where it is a process of its own.
    pub(super) fn logs(&self) -> String {
        match self {
            Self::Binary(lambda) => lambda.all_logs(),
            Self::Library { .. } => String::new(),
        }
    }
}

/// A cold start and one invocation.
async fn handle(name: Name, variables: &Variables, invocation: Invocation) -> Result<Value, Failure> {
    // The first provider to be installed stays: this is the only one.
    drop(rustls::crypto::ring::default_provider().install_default());
    let endpoint = |of: &str| variables.get(&format!("AWS_ENDPOINT_URL_{of}")).unwrap_or_default();
    match name {
        Name::Rotate => {
            let config = rotate_client_key::config::Config::read(variables, boot::read_file)?;
            let aws = aws::config(&config.roots).await;
            let sentry = sentry(Client::new(config.sentry_url.clone(), AGENT, now, config.roots.pem()))?;
            let store = store(&aws, &endpoint("SECRETS_MANAGER"));
            let events = EventBus::new(&at(&aws, &endpoint("EVENTBRIDGE")), config.event_bus.clone());
            let function = rotate_client_key::function::Function::new(config, store, sentry, events, now);
            function.handle(invocation.event, invocation.deadline).await
        }
        Name::Retire => {
            let config = retire_keys::config::Config::read(variables, boot::read_file)?;
            let aws = aws::config(&config.roots).await;
            let sentry = sentry(Client::new(config.sentry_url.clone(), AGENT, now, config.roots.pem()))?;
            let store = store(&aws, &endpoint("SECRETS_MANAGER"));
            let evidence = evidence(&aws, &endpoint("S3"), &config.evidence.bucket, &config.evidence.prefix);
            let events = EventBus::new(&at(&aws, &endpoint("EVENTBRIDGE")), config.event_bus.clone());
            retire_keys::function::Function::new(config, store, sentry, evidence, events, now).handle(invocation).await
        }
        Name::Audit => {
            // Each process has a folder of its own; here all are one process.
            let folder = tempfile::tempdir()
                .map_err(|error| Failure::new("Configuration.Invalid", "no folder for the report").because(error))?;
            let spool = audit_keys::spool::folder(folder.path());
            let config = audit_keys::config::Config::read(variables, boot::read_file, spool)?;
            let aws = aws::config(&config.roots).await;
            let sentry = sentry(Client::new(config.sentry_url.clone(), AGENT, now, config.roots.pem()))?;
            let store = store(&aws, &endpoint("SECRETS_MANAGER"));
            let evidence = evidence(&aws, &endpoint("S3"), &config.evidence.bucket, &config.evidence.prefix);
            let events = EventBus::new(&at(&aws, &endpoint("EVENTBRIDGE")), config.event_bus.clone());
            audit_keys::function::Function::new(config, store, sentry, evidence, events, now).handle(invocation).await
        }
    }
}

/// How the functions name themselves here.
const AGENT: &str = "sentry-key-rotation/exploration";

fn sentry<E: std::error::Error + Send + Sync + 'static>(client: Result<Client, E>) -> Result<Client, Failure> {
    client.map_err(|error| Failure::new("Configuration.Invalid", "the HTTP client cannot be set up").because(error))
}

/// The SDK's settings for a service of this world.
fn at(aws: &SdkConfig, endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("ASIATESTKITTESTKIT00", "testkit-secret-access-key", None, None, "exploration");
    aws.clone()
        .into_builder()
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(aws_sdk_secretsmanager::config::SharedCredentialsProvider::new(credentials))
        .build()
}

fn store(aws: &SdkConfig, endpoint: &str) -> SecretStore {
    SecretStore::new(aws_sdk_secretsmanager::Client::new(&at(aws, endpoint)))
}

fn evidence(aws: &SdkConfig, endpoint: &str, bucket: &str, prefix: &str) -> EvidenceStore {
    EvidenceStore::new(aws_sdk_s3::Client::new(&at(aws, endpoint)), bucket.to_owned(), prefix.to_owned())
}
