//! From process start to the first invocation, and the boundary around every invocation.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

use futures_util::FutureExt as _;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use lambda_runtime_api_client::Client;
use lambda_runtime_api_client::body::Body;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::vars::{Problems, Vars};

/// What Lambda sets for every function, and the runtime cannot do without.
const LAMBDA_SETS: [&str; 4] = [
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
];

/// Notes what is missing of Lambda's own variables.
pub fn check_lambda(vars: &impl Vars, problems: &mut Problems) {
    for name in LAMBDA_SETS {
        problems.required(vars, name);
    }
    if vars.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").is_some_and(|size| size.parse::<i32>().is_err()) {
        problems.add("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "is not a number");
    }
    if vars.get("AWS_REGION").is_none() && vars.get("AWS_DEFAULT_REGION").is_none() {
        problems.add("AWS_REGION", "is not set");
    }
}

/// One invocation.
#[derive(Debug)]
pub struct Invocation {
    /// The event.
    pub event: Value,
    /// When it must be over, in Unix milliseconds.
    pub deadline: u64,
    /// The id that Lambda gave it.
    pub request_id: String,
}

/// Serves invocations until the sandbox ends. A panic becomes a failed invocation with a constant text.
///
/// # Errors
/// When the Runtime API cannot be reached.
pub async fn serve<H, F>(handler: H) -> Result<(), lambda_runtime::Error>
where
    H: Fn(Invocation) -> F,
    F: Future<Output = Result<Value, Failure>>,
{
    let handler = &handler;
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<Value>| {
        let LambdaEvent { payload, context } = event;
        let invocation = Invocation { event: payload, deadline: context.deadline, request_id: context.request_id };
        AssertUnwindSafe(handler(invocation)).catch_unwind().await.unwrap_or_else(|_panic| {
            Err(Failure::new("Internal.Defect", "a defect of this function stopped it; its logs name the place"))
        })
    }))
    .await
}

/// The life of a process: serves invocations with a function that could be composed, or tells the Runtime API why it could
/// not.
pub async fn run<H, F>(vars: &impl Vars, handler: Result<H, Failure>) -> ExitCode
where
    H: Fn(Invocation) -> F,
    F: Future<Output = Result<Value, Failure>>,
{
    let handler = match handler {
        Ok(handler) => handler,
        Err(failure) => {
            report_init_error(vars, failure).await;
            return ExitCode::FAILURE;
        }
    };
    match serve(handler).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("the Runtime API cannot be reached: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A file's text; `None` where there is no such file.
///
/// # Errors
/// When there is one and it cannot be read.
pub fn read_file(path: &str) -> std::io::Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Tells the Runtime API why the function cannot start. The caller ends the process.
pub async fn report_init_error(vars: &impl Vars, failure: Failure) {
    let Diagnostic { error_type, error_message } = failure.into();
    tracing::error!(error.code = error_type, "{error_message}");
    let Some(api) = vars.get("AWS_LAMBDA_RUNTIME_API") else {
        return;
    };
    let body = json!({"errorType": error_type, "errorMessage": error_message, "stackTrace": []});
    let request = http::Request::post("/2018-06-01/runtime/init/error")
        .header("content-type", "application/json")
        .header("lambda-runtime-function-error-type", &error_type)
        .body(Body::from(body.to_string()));
    let client =
        format!("http://{api}").parse().ok().and_then(|base| Client::builder().with_endpoint(base).build().ok());
    let sent = match (client, request) {
        (Some(client), Ok(request)) => client.call(request).await.is_ok(),
        (None, _) | (_, Err(_)) => false,
    };
    if !sent {
        tracing::error!("the Runtime API did not take the init error");
    }
}
