"""AWS on loopback: ministack, with the parts filled in that a rotation needs and that it lacks.

usage: python ministack_host.py WORK_FOLDER

It writes {"url"} on standard output when it serves, then answers each line that it reads with one JSON object:
  rotations          every rotation and test of one so far, with the steps' replies and errors
  credentials NAME   what the function of that name calls AWS with
  fire               makes every schedule due, now; their names
It ends with its standard input. Everything that it stores lies in WORK_FOLDER.

What is filled in, each with the documented behaviour that it follows:
  Secrets Manager    RotateSecret and CancelRotateSecret; what PutSecretValue and GetSecretValue refuse; the function in ListSecrets
  CloudFormation     AWS::SecretsManager::RotationSchedule; Ref of a secret is its ARN
  IAM                condition keys of Secrets Manager and S3 (ministack enforces policies with AUTH=true); whoever starts a
                     rotation must be allowed to invoke its function; aws:SecureTransport is true, for loopback has no TLS
  Lambda             layers under /opt; no variable of this process reaches a function; the variables of LoggingConfig
"""

import contextvars
import io
import json
import os
import re
import socket
import sys
import threading
import time
import uuid
import zipfile

STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"]
# Secrets Manager repeats a failed rotation; how often and how soon is not documented.
ATTEMPTS = 2

WORK = os.path.abspath(sys.argv[1])


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


PORT = free_port()
URL = f"http://127.0.0.1:{PORT}"
# ministack reads its configuration from the environment when it is imported, so that comes first.
KEPT = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
os.environ.clear()
os.environ.update(
    KEPT,
    AUTH="true",
    BIND_HOST="127.0.0.1",
    GATEWAY_PORT=str(PORT),
    AWS_ENDPOINT_URL=URL,
    LOG_LEVEL="ERROR",
    TMPDIR=WORK,
)

from ministack import app  # noqa: E402
from ministack.core import iam_actions, iam_evaluator, lambda_runtime  # noqa: E402
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response  # noqa: E402
from ministack.services import eventbridge, lambda_svc, scheduler  # noqa: E402
from ministack.services import secretsmanager as store  # noqa: E402
from ministack.services.cloudformation import provisioners  # noqa: E402


# ---- Secrets Manager ----------------------------------------------------------------------------------------------------

# Every rotation and every test of one, in order.
rotations = []
# Rotation tokens by (ARN of the secret, version): who may write the pending version.
rotation_tokens = {}


def refuse(code, message):
    return error_response_json(code, message, 400)


def invalid(message):
    return refuse("InvalidRequestException", message)


def holder(secret, label):
    return next((version for version, it in secret["Versions"].items() if label in it["Stages"]), None)


def find(data):
    _, secret = store._resolve(data.get("SecretId"))
    return secret if secret and not secret.get("DeletedDate") else None


plain_put = store._put_secret_value


def put_secret_value(data):
    """A version has one value for ever; a label is on one version; only the invoked function writes a pending version."""
    secret, token = find(data), data.get("ClientRequestToken")
    if secret is None:
        return plain_put(data)
    expected = rotation_tokens.get((secret["ARN"], token))
    if expected is not None and data.get("RotationToken") != expected:
        # Stricter than AWS, which asks for it from assumed roles and other accounts: whoever forwards it always is safe there.
        return refuse("InvalidParameterException", "The RotationToken is missing or not the one of this rotation.")
    stored = secret["Versions"].get(token)
    if stored is not None and stored.get("SecretString") is not None:
        if stored["SecretString"] != data.get("SecretString"):
            return refuse("ResourceExistsException", "A resource with the ID you requested already exists.")
        return json_response(
            {"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": token, "VersionStages": stored["Stages"]}
        )
    answer = plain_put(data)
    for label in data.get("VersionStages", []):
        for version, it in secret["Versions"].items():
            if version != token and label in it["Stages"]:
                it["Stages"].remove(label)
    return answer


plain_get = store._get_secret_value


def get_secret_value(data):
    """Id and label must agree, and a version that was only registered reads as if it were not there."""
    secret = find(data)
    if secret is not None:
        version = data.get("VersionId") or holder(secret, data.get("VersionStage", "AWSCURRENT"))
        it = secret["Versions"].get(version)
        label = data.get("VersionStage")
        if it is None or it.get("SecretString") is None or (label and label not in it["Stages"]):
            return refuse(
                "ResourceNotFoundException",
                f"Secrets Manager can't find the specified secret value for {version or label or 'AWSCURRENT'}",
            )
    return plain_get(data)


def rotate_secret(data):
    """Registers the rotation and answers; the steps run afterwards."""
    secret = find(data)
    if secret is None:
        return refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    function_arn = data.get("RotationLambdaARN") or secret.get("RotationLambdaARN")
    if not function_arn:
        return invalid("No Lambda rotation function ARN is associated with this secret.")
    function = lambda_svc._functions.get(function_arn.split(":function:")[-1])
    if function is None or not may_be_invoked(function):
        return refuse("AccessDeniedException", "Secrets Manager cannot invoke the specified Lambda function.")
    rules = data.get("RotationRules") or secret.get("RotationRules") or {}
    mistake = rules_mistake(rules)
    if mistake:
        return refuse("InvalidParameterException", mistake)
    pending = holder(secret, "AWSPENDING")
    if pending is not None and pending != holder(secret, "AWSCURRENT"):
        return invalid("A previous rotation isn't complete. That rotation will be reattempted.")
    secret.update(RotationEnabled=True, RotationLambdaARN=function_arn, RotationRules=rules)
    token = data.get("ClientRequestToken") or str(uuid.uuid4())
    immediately = data.get("RotateImmediately", True)
    # The version exists from now on, and has no value.
    secret["Versions"][token] = {
        "SecretString": None,
        "SecretBinary": None,
        "CreatedDate": int(time.time()),
        "Stages": ["AWSPENDING"],
    }
    rotation = {
        "secret": secret["Name"],
        "version": token,
        "kind": "rotation" if immediately else "test",
        "attempts": [],
        "succeeded": False,
        "done": False,
    }
    rotations.append(rotation)
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(rotate, secret, function, rotation), daemon=True).start()
    answer = {"ARN": secret["ARN"], "Name": secret["Name"]}
    if immediately:
        answer["VersionId"] = token
    return json_response(answer)


def may_be_invoked(function):
    for statement in function["policy"]["Statement"]:
        condition = json.dumps(statement.get("Condition", {})).lower()
        if (
            statement["Effect"] == "Allow"
            and statement["Principal"] == {"Service": "secretsmanager.amazonaws.com"}
            and statement["Action"] == "lambda:InvokeFunction"
            and ("aws:sourceaccount" not in condition or get_account_id() in condition)
        ):
            return True
    return False


def rules_mistake(rules):
    schedule, days = rules.get("ScheduleExpression"), rules.get("AutomaticallyAfterDays")
    if (schedule is None) == (days is None):
        return "RotationRules must have either AutomaticallyAfterDays or ScheduleExpression."
    # Minutes must be 0 and the year must be *.
    if schedule is not None and not re.fullmatch(r"cron\(0 \S+ \S+ \S+ \S+ \*\)|rate\(\d+ (hours?|days?)\)", schedule):
        return f"The ScheduleExpression {schedule} is not valid."
    duration = rules.get("Duration")
    if duration is not None and not re.fullmatch(r"[0-9]{1,2}h", duration):
        return f"The Duration {duration} is not valid."
    return None


def rotate(secret, function, rotation):
    version, test_only = rotation["version"], rotation["kind"] == "test"
    while len(rotation["attempts"]) < (1 if test_only else ATTEMPTS) and not rotation["succeeded"]:
        attempt = []
        rotation["attempts"].append(attempt)
        for step in ["testSecret"] if test_only else STEPS:
            rotation_token = str(uuid.uuid4())
            rotation_tokens[secret["ARN"], version] = rotation_token
            event = {
                "Step": step,
                "SecretId": secret["ARN"],
                "ClientRequestToken": version,
                "RotationToken": rotation_token,
            }
            result = lambda_svc._execute_function(function, event)
            failed = bool(result.get("error"))
            attempt.append({"step": step, "failed": failed, "answer": result.get("body")})
            if failed:
                break
        last = attempt[-1]
        rotation["succeeded"] = not last["failed"] and (test_only or holder(secret, "AWSCURRENT") == version)
    rotation_tokens.pop((secret["ARN"], version), None)
    if test_only:
        secret["Versions"].pop(version, None)
    elif rotation["succeeded"]:
        labels = secret["Versions"][version]["Stages"]
        if "AWSPENDING" in labels:
            labels.remove("AWSPENDING")
        tell("RotationSucceeded", secret)
    else:
        tell("RotationFailed", secret)
    rotation["done"] = True


def tell(name, secret):
    """The service event that CloudTrail passes on."""
    eventbridge._dispatch_event(
        {
            "EventId": str(uuid.uuid4()),
            "Source": "aws.secretsmanager",
            "DetailType": "AWS Service Event via CloudTrail",
            "Detail": json.dumps(
                {
                    "eventSource": "secretsmanager.amazonaws.com",
                    "eventName": name,
                    "additionalEventData": {"SecretId": secret["ARN"]},
                }
            ),
            "EventBusName": "default",
            "Time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "Resources": [],
            "Account": get_account_id(),
            "Region": get_region(),
        }
    )


def cancel_rotate_secret(data):
    secret = find(data)
    if secret is None:
        return refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    secret["RotationEnabled"] = False
    return json_response({"ARN": secret["ARN"], "Name": secret["Name"]})


plain_list = store._list_secrets


def list_secrets(data):
    answer = plain_list(data)
    if answer[0] != 200:
        return answer
    page = json.loads(answer[2])
    for entry in page["SecretList"]:
        secret = find({"SecretId": entry["ARN"]}) or {}
        if secret.get("RotationLambdaARN"):
            entry["RotationLambdaARN"] = secret["RotationLambdaARN"]
    return json_response(page)


def caller_may_rotate(data, headers, query_params):
    """Whoever calls RotateSecret must be allowed to invoke the function."""
    secret = find(data)
    function = data.get("RotationLambdaARN") or (secret or {}).get("RotationLambdaARN")
    key = app.extract_access_key_id(headers, query_params)
    return not function or not iam_evaluator.enforce(
        key, "lambda:InvokeFunction", "lambda", get_region(), resource_arn=function
    )


plain_handle = store.handle_request


async def handle_request(method, path, headers, body, query_params):
    action = headers.get("x-amz-target", "").rpartition(".")[2]
    if action == "CancelRotateSecret":
        return cancel_rotate_secret(json.loads(body))
    if action == "RotateSecret" and not caller_may_rotate(json.loads(body), headers, query_params):
        return refuse("AccessDeniedException", "Secrets Manager cannot invoke the specified Lambda function.")
    return await plain_handle(method, path, headers, body, query_params)


store._list_secrets = list_secrets
store._put_secret_value = put_secret_value
store._get_secret_value = get_secret_value
store._rotate_secret = rotate_secret
store.handle_request = handle_request


# ---- CloudFormation -----------------------------------------------------------------------------------------------------


def schedule_create(logical_id, properties, stack_name):
    # What CloudFormation does with the resource, as documented: one RotateSecret, at once unless it says otherwise.
    answer = rotate_secret(
        {
            "SecretId": properties["SecretId"],
            "RotationLambdaARN": properties["RotationLambdaARN"],
            "RotationRules": properties["RotationRules"],
            "RotateImmediately": str(properties.get("RotateImmediatelyOnUpdate", True)).lower() == "true",
        }
    )
    if answer[0] >= 400:
        raise ValueError(f"AWS::SecretsManager::RotationSchedule {logical_id}: {answer[2]!r}")
    arn = json.loads(answer[2])["ARN"]
    return arn, {"Id": arn}


def schedule_update(physical_id, old, new, stack_name):
    return (physical_id, {"Id": physical_id}) if old == new else schedule_create("update", new, stack_name)


def schedule_delete(physical_id, properties):
    cancel_rotate_secret({"SecretId": physical_id})


def secret_create(logical_id, properties, stack_name):
    _, attributes = provisioners._sm_secret_create(logical_id, properties, stack_name)
    return attributes["Arn"], attributes


def secret_update(physical_id, old, new, stack_name, logical_id=None):
    name, _ = store._resolve(physical_id)
    _, attributes = provisioners._sm_secret_update(name, old, new, stack_name, logical_id)
    return attributes["Arn"], attributes


def secret_delete(physical_id, properties):
    name, _ = store._resolve(physical_id)
    provisioners._sm_secret_delete(name, properties)


provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::RotationSchedule"] = {
    "create": schedule_create,
    "update": schedule_update,
    "delete": schedule_delete,
}
provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"] = {
    "create": secret_create,
    "update": secret_update,
    "update_with_logical_id": True,
    "delete": secret_delete,
}


# ---- IAM ----------------------------------------------------------------------------------------------------------------

plain_condition_key = iam_evaluator._resolve_condition_key


def condition_key(key, request):
    name = key.lower()
    if name == "aws:securetransport":
        return "true"
    if name.startswith("secretsmanager:resource"):
        _, secret = store._resolve(request.resource_arn)
        if name == "secretsmanager:resource/allowrotationlambdaarn":
            return secret.get("RotationLambdaARN") if secret else None
        tags = {tag["Key"]: tag["Value"] for tag in (secret or {}).get("Tags", [])}
        return tags.get(key.partition("/")[2])
    return plain_condition_key(key, request)


plain_request_context = iam_actions.request_tag_context
plain_s3_context = iam_actions.s3_service_context


def request_context(service, action, body, parameters):
    context = plain_request_context(service, action, body, parameters)
    if action == "secretsmanager:UpdateSecretVersionStage":
        context["secretsmanager:VersionStage"] = json.loads(body).get("VersionStage")
    return context


def s3_context(action, query_parameters, path="", headers=None):
    context = plain_s3_context(action, query_parameters, path, headers)
    if action == "s3:PutObject" and (headers or {}).get("if-none-match"):
        context["s3:if-none-match"] = headers["if-none-match"]
    return context


iam_evaluator._resolve_condition_key = condition_key
iam_actions.request_tag_context = request_context
iam_actions.s3_service_context = s3_context


# ---- Lambda -------------------------------------------------------------------------------------------------------------

plain_worker_env = lambda_svc._provided_worker_env


def worker_env(config, code_folder, port):
    variables = plain_worker_env(config, code_folder, port)
    own = lambda_svc._runtime_env_vars(config)
    lambdas = ("AWS_", "_LAMBDA", "LAMBDA_", "_HANDLER")
    variables = {name: value for name, value in variables.items() if name in own or name.startswith(lambdas)}
    variables["PATH"] = "/usr/local/bin:/usr/bin:/bin"
    logging = config.get("LoggingConfig") or {}
    variables["AWS_LAMBDA_LOG_FORMAT"] = logging.get("LogFormat", "Text")
    variables["AWS_LAMBDA_LOG_LEVEL"] = logging.get("ApplicationLogLevel", "INFO")
    layers = os.path.join(WORK, "opt", config["FunctionName"])
    for layer in config.get("Layers") or []:
        content = lambda_svc._resolve_layer_zip(layer)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(layers)
    # A process on this machine has no /opt of its own.
    return {name: re.sub(r"^/opt/", f"{layers}/", value) for name, value in variables.items()}


lambda_svc._provided_worker_env = worker_env


# ---- the process --------------------------------------------------------------------------------------------------------


def say(message):
    print(json.dumps(message), flush=True)


def credentials(name):
    # What a request's context would say; this one comes from the test.
    config = lambda_svc._functions.get_scoped("000000000000", "us-east-1", name)["config"]
    return lambda_runtime.execution_credentials(config)


def fire():
    """The schedules that are due when each last fired in 1970."""
    for key in list(scheduler._schedules._data):
        scheduler._schedule_last_fired[key] = 0
    scheduler._tick_schedules()
    return sorted(key[-1] for key in scheduler._schedules._data)


def converse():
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", PORT)) == 0:
                break
        time.sleep(0.05)
    say({"url": URL})
    for line in sys.stdin:
        question, _, argument = line.strip().partition(" ")
        if question == "rotations":
            say(rotations)
        elif question == "credentials":
            say(credentials(argument))
        elif question == "fire":
            say(fire())
        else:
            say({"error": "ask for rotations, credentials NAME, or fire"})
    lambda_runtime.reset()
    os._exit(0)


threading.Thread(target=converse, daemon=True).start()
sys.argv = ["ministack"]
app.main()
