"""Deploys the unchanged template.yaml into AWS on loopback and rotates through the deployed function.

scripts/test.sh builds what this needs and runs it. Each check is a function; they run in order and all together, because a
deployment is one story: deploy, rotate, import, fail, update, remove. With words as arguments nothing runs unless a name has them.
"""

import json
import sys
import time

from world import FUNCTION, STACK, World, architecture, refused

EXAMPLE = "sentry/acme/storefront"
IMPORTED = "shop/sentry"
BROKEN = "shop/renamed"
SCHEDULE = {"ScheduleExpression": "cron(0 8 10 1,4,7,10 ? *)", "Duration": "4h"}


def the_stack_deploys(world):
    management = world.secrets.create_secret(Name="sentry/management", SecretString=json.dumps({"token": world.token}))
    world.template = world.upload()
    world.parameters = {
        "SentryUrl": world.sentry.started["url"],
        "SentryOrganization": "acme",
        "RotationAuthSecretArn": management["ARN"],
        "Architecture": architecture(),
        "ExampleSecretProject": "storefront",
    }
    world.outputs = world.deploy(world.template, "CREATE", **world.parameters)
    assert world.outputs["RotateClientKeyFunctionArn"].endswith(f":function:{FUNCTION}"), world.outputs
    assert world.outputs["ExampleSecretArn"] == world.secrets.describe_secret(SecretId=EXAMPLE)["ARN"]
    configuration = world.client("lambda").get_function_configuration(FunctionName=FUNCTION)
    assert (configuration["Runtime"], configuration["Timeout"]) == ("provided.al2023", 300)
    alarms = world.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert len(alarms) == 3, [alarm["AlarmName"] for alarm in alarms]
    assert all(alarm["AlarmActions"] == [world.outputs["TopicArn"]] for alarm in alarms)
    world.subscribe(world.outputs["TopicArn"])


def a_deployment_tests_the_settings_and_rotates_nothing(world):
    test = world.ended(EXAMPLE, 1)
    assert (test["kind"], test["succeeded"]) == ("test", True), test
    assert world.value(EXAMPLE) == {"dsn": None, "organization": "acme", "project": "storefront"}
    assert len(world.keys()) == 1, "only the key Default, which a person made"
    assert world.secrets.describe_secret(SecretId=EXAMPLE)["RotationRules"] == SCHEDULE


def the_first_rotation_makes_the_first_key_with_the_presets_settings(world):
    world.secrets.rotate_secret(SecretId=EXAMPLE)
    rotation = world.ended(EXAMPLE, 2)
    assert rotation["succeeded"], rotation
    assert len(rotation["attempts"]) == 1, rotation
    key = world.keys()[-1]
    assert world.value(EXAMPLE) == {"dsn": key["dsn"], "organization": "acme", "project": "storefront"}
    assert (key["is_active"], key["rate_limit"]) == (True, {"count": 1000, "window": 60})
    assert key["label"].startswith(EXAMPLE + " ["), key
    assert world.labels(EXAMPLE)["AWSCURRENT"] == rotation["version"]
    for what in ("Key Created", "Key Promoted"):
        told = world.told(what)
        assert (told["key_id"], told["version_id"]) == (key["id"], rotation["version"]), told


def the_policy_is_the_layers(world):
    assert f"/opt/{FUNCTION}/key-policy.toml" in world.log(), world.log()


def an_existing_dsn_is_imported_without_rotating(world):
    dsn = world.sentry.started["dsn"]
    document = {"dsn": dsn, "organization": "acme", "project": "storefront", "release": "r-1"}
    world.secrets.create_secret(Name=IMPORTED, SecretString=json.dumps(document))
    before = world.labels(IMPORTED), world.keys()
    world.secrets.rotate_secret(
        SecretId=IMPORTED,
        RotationLambdaARN=world.outputs["RotateClientKeyFunctionArn"],
        RotationRules=SCHEDULE,
        RotateImmediately=False,
    )
    test = world.ended(IMPORTED, 1)
    assert (test["kind"], test["succeeded"]) == ("test", True), test
    assert (world.labels(IMPORTED), world.keys()) == before
    assert world.value(IMPORTED) == document


def a_rotation_replaces_the_key_and_leaves_the_old_one_alive(world):
    before = world.value(IMPORTED)
    world.secrets.rotate_secret(SecretId=IMPORTED)
    rotation = world.ended(IMPORTED, 2)
    assert rotation["succeeded"], rotation
    steps = [step["step"] for step in rotation["attempts"][0]]
    assert steps == ["createSecret", "setSecret", "testSecret", "finishSecret"], rotation
    old, new = world.keys()[0], world.keys()[-1]
    assert world.value(IMPORTED) == {**before, "dsn": new["dsn"]}
    assert world.value(IMPORTED, "AWSPREVIOUS") == before
    assert (old["is_active"], new["is_active"]) == (True, True)
    assert old["rate_limit"] == new["rate_limit"] == {"count": 250, "window": 60}
    assert set(world.labels(IMPORTED)) == {"AWSCURRENT", "AWSPREVIOUS"}
    assert world.told("Key Promoted")["key_id"] == new["id"]


def the_role_may_do_no_more_than_a_rotation_needs(world):
    role = world.aws.ask(f"credentials {FUNCTION}")
    secrets = world.client("secretsmanager", role)
    world.secrets.create_secret(Name="shop/database", SecretString="not yours")
    assert secrets.describe_secret(SecretId=IMPORTED)["Name"] == IMPORTED
    # Only a rotation that failed often before asks for this.
    assert len(secrets.list_secret_version_ids(SecretId=IMPORTED)["Versions"]) == 2
    assert secrets.get_secret_value(SecretId="sentry/management")["SecretString"]
    for call in (
        # A secret that it does not rotate.
        lambda: secrets.get_secret_value(SecretId="shop/database"),
        lambda: secrets.describe_secret(SecretId="shop/database"),
        # The management token is for reading.
        lambda: secrets.put_secret_value(SecretId="sentry/management", SecretString="x"),
        # What no step does.
        lambda: secrets.delete_secret(SecretId=IMPORTED),
        lambda: secrets.update_secret(SecretId=IMPORTED, SecretString="x"),
        lambda: secrets.list_secrets(),
        lambda: world.client("events", role).put_events(
            Entries=[{"Source": "sentry-key-rotation", "DetailType": "x", "Detail": "{}", "EventBusName": "other"}]
        ),
        lambda: world.client("lambda", role).invoke(FunctionName=FUNCTION, Payload=b"{}"),
    ):
        refused(call, "AccessDeniedException")


def a_failed_rotation_is_told_twice_and_changes_nothing(world):
    document = {"dsn": None, "organization": "acme", "project": "no-such-project"}
    world.secrets.create_secret(Name=BROKEN, SecretString=json.dumps(document))
    keys = world.keys()
    world.secrets.rotate_secret(
        SecretId=BROKEN, RotationLambdaARN=world.outputs["RotateClientKeyFunctionArn"], RotationRules=SCHEDULE
    )
    rotation = world.ended(BROKEN, 1)
    assert not rotation["succeeded"], rotation
    failures = [attempt[-1]["answer"]["errorType"] for attempt in rotation["attempts"]]
    assert failures == ["Rotation.ProjectNotFound"] * 2, rotation
    assert (world.value(BROKEN), world.keys()) == (document, keys)
    assert world.told("Rotation Refused")["code"] == "Rotation.ProjectNotFound"
    arn = world.secrets.describe_secret(SecretId=BROKEN)["ARN"]
    assert world.told("RotationFailed")["additionalEventData"]["SecretId"] == arn
    # As Secrets Manager does while a pending version waits.
    refused(lambda: world.secrets.rotate_secret(SecretId=BROKEN), "InvalidRequestException")


def no_secret_is_in_the_log(world):
    log = world.log()
    assert "createSecret" in log
    assert world.token not in log
    for rotation in world.aws.ask("rotations"):
        assert world.token not in json.dumps(rotation)


def an_update_of_the_stack_leaves_the_value_alone(world):
    before = world.labels(EXAMPLE), world.value(EXAMPLE)
    world.outputs = world.deploy(world.template, "UPDATE", AlarmEmail="oncall@example.com", **world.parameters)
    assert (world.labels(EXAMPLE), world.value(EXAMPLE)) == before
    assert len(world.rotations(EXAMPLE)) == 2
    topics = world.client("sns").list_subscriptions_by_topic(TopicArn=world.outputs["TopicArn"])["Subscriptions"]
    assert "oncall@example.com" in [subscription["Endpoint"] for subscription in topics]


def the_secret_stays_when_the_stack_goes(world):
    before = world.labels(EXAMPLE), world.value(EXAMPLE), world.keys()
    world.cloudformation.delete_stack(StackName=STACK)
    world.until("the function is gone", lambda: not world.client("lambda").list_functions()["Functions"])
    world.until("rotation is off", lambda: not world.secrets.describe_secret(SecretId=EXAMPLE)["RotationEnabled"])
    assert (world.labels(EXAMPLE), world.value(EXAMPLE), world.keys()) == before
    assert world.value("sentry/management") == {"token": world.token}


CHECKS = [
    the_stack_deploys,
    a_deployment_tests_the_settings_and_rotates_nothing,
    the_first_rotation_makes_the_first_key_with_the_presets_settings,
    the_policy_is_the_layers,
    an_existing_dsn_is_imported_without_rotating,
    a_rotation_replaces_the_key_and_leaves_the_old_one_alive,
    the_role_may_do_no_more_than_a_rotation_needs,
    a_failed_rotation_is_told_twice_and_changes_nothing,
    no_secret_is_in_the_log,
    an_update_of_the_stack_leaves_the_value_alone,
    the_secret_stays_when_the_stack_goes,
]


def main(words):
    if not any(all(word in check.__name__ for word in words) for check in CHECKS):
        return
    with World() as world:
        for check in CHECKS:
            started = time.monotonic()
            try:
                check(world)
            except Exception:
                print(f"FAILED {check.__name__}", flush=True)
                raise
            print(f"ok {check.__name__} ({time.monotonic() - started:.1f} s)", flush=True)
    print(f"test result: ok. {len(CHECKS)} passed")


sys.exit(main(sys.argv[1:]))
