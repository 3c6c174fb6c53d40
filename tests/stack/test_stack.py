"""Deploys the unchanged template.yaml into AWS on loopback; rotates, retires, revokes and audits through the deployed functions.

scripts/test.sh builds what this needs and runs it. Each check is a function; they run in order and all together, because a
deployment is one story: deploy, rotate, import, observe, audit, fail, act, revoke, update, remove. With words as arguments nothing runs
unless a name has them.
"""

import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from world import AUDIT, FUNCTION, FUNCTIONS, RETIRE, REVOKE, ROOT, STACK, World, architecture, refused

EXAMPLE = "sentry/acme/storefront"
IMPORTED = "shop/sentry"
BROKEN = "shop/renamed"
UNTAGGED = "shop/untagged"
TAGS = [{"Key": "sentry:kind", "Value": "client-key"}]
SCHEDULE = {"ScheduleExpression": "cron(0 8 10 1,4,7,10 ? *)", "Duration": "4h"}
# Everything is due at once, so that nobody waits.
AT_ONCE = """version = 1
mode = "%s"
[use_case.sdk]
kind = "client-key"
preset = "sdk-store-only"
grace = "0s"
grace_max = "0s"
at_grace_max = "disable"
"""


def the_stack_deploys(world):
    tokens = {
        purpose: world.secrets.create_secret(
            Name=f"sentry/management/{purpose}", SecretString=json.dumps({"token": world.token})
        )["ARN"]
        for purpose in ("rotation", "retirement", "revocation", "audit")
    }
    world.template = world.upload()
    world.parameters = {
        "SentryUrl": world.sentry.started["url"],
        "SentryOrganization": "acme",
        "RotationAuthSecretArn": tokens["rotation"],
        "RetirementAuthSecretArn": tokens["retirement"],
        "RevocationAuthSecretArn": tokens["revocation"],
        "AuditAuthSecretArn": tokens["audit"],
        "Architecture": architecture(),
        "ExampleSecretProject": "storefront",
    }
    world.outputs = world.deploy(world.template, "CREATE", **world.parameters)
    assert world.outputs["RotateClientKeyFunctionArn"].endswith(f":function:{FUNCTION}"), world.outputs
    assert world.outputs["ExampleSecretArn"] == world.secrets.describe_secret(SecretId=EXAMPLE)["ARN"]
    for name, timeout in ((FUNCTION, 300), (RETIRE, 900), (REVOKE, 900), (AUDIT, 900)):
        configuration = world.client("lambda").get_function_configuration(FunctionName=name)
        assert (configuration["Runtime"], configuration["Timeout"]) == ("provided.al2023", timeout), name
        variables = configuration["Environment"]["Variables"]
        assert "SENTRY_DELETE_AUTH_SECRET_ID" not in variables, "no parameter, no variable"
    alarms = world.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert len(alarms) == world.template.count("Type: AWS::CloudWatch::Alarm"), [alarm["AlarmName"] for alarm in alarms]
    assert all(alarm["AlarmActions"] == [world.outputs["TopicArn"]] for alarm in alarms)
    world.subscribe(world.outputs["TopicArn"])


def a_deployment_tests_the_settings_and_rotates_nothing(world):
    test = world.ended(EXAMPLE, 1)
    assert (test["kind"], test["succeeded"]) == ("test", True), test
    assert world.value(EXAMPLE) == {"dsn": None, "organization": "acme", "project": "storefront"}
    assert len(world.keys()) == 1, "only the key Default, which a person made"
    assert world.secrets.describe_secret(SecretId=EXAMPLE)["RotationRules"] == SCHEDULE


def the_schedules_start_runs_that_only_look(world):
    for name in (AUDIT, RETIRE):
        schedule = world.client("scheduler").get_schedule(Name=name)
        assert (schedule["Target"]["Input"], schedule["State"]) == ("{}", "ENABLED"), schedule
    keys, before = world.keys(), world.evidence("runs/retire-keys/")
    assert world.aws.ask("fire") == [f"default/{AUDIT}", f"default/{RETIRE}"]
    world.until("the first review is written", lambda: world.evidence("reviews/"))
    world.until("the schedule's run is over", lambda: len(world.evidence("runs/retire-keys/")) > len(before))
    runs = world.evidence("runs/retire-keys/")
    run = json.loads(runs[max(runs)])
    # The key Default of the project: no secret holds it yet.
    assert (run["complete"], run["counts"]["ownership"]) == (True, {"foreign": 1}), run
    assert world.keys() == keys


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


def a_promotion_starts_a_run_that_writes_the_birth_of_the_key(world):
    key = world.keys()[-1]["id"]
    world.until("the key is on record", lambda: world.kinds(EXAMPLE, key))
    (record,) = world.records(EXAMPLE, key)
    assert (record["kind"], record["class"], record["function"]) == ("current", "ours", "retire-keys"), record
    assert record["version_id"] == world.labels(EXAMPLE)["AWSCURRENT"], record


def the_policy_is_the_layers(world):
    for name in (FUNCTION, RETIRE):
        assert f"/opt/{name}/key-policy.toml" in world.log(name), world.log(name)


def an_existing_dsn_is_imported_without_rotating(world):
    dsn = world.sentry.started["dsn"]
    document = {"dsn": dsn, "organization": "acme", "project": "storefront", "release": "r-1"}
    world.secrets.create_secret(Name=IMPORTED, SecretString=json.dumps(document), Tags=TAGS)
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


def in_mode_observe_retirement_says_what_it_sees_and_touches_nothing(world):
    keys = world.keys()
    old = keys[0]["id"]
    reply = world.invoke(RETIRE, {})
    assert (reply["complete"], reply["counts"]["ownership"]) == (True, {"adopted": 1, "untouchable": 2}), reply
    rows = json.loads(world.evidence(reply["record"])[reply["record"]])["rows"]
    (row,) = [row for row in rows if row["key_id"] == old]
    assert (row["state"], row["action"], row["code"]) == ("superseded", None, "Retirement.ConsentNeeded"), row
    assert world.keys() == keys
    assert world.kinds(IMPORTED, old)[-1] == "adopted"
    assert '"mode":"observe"' in world.log(RETIRE)


def a_secret_without_the_tag_stops_retirement_until_it_has_it(world):
    document = {"dsn": None, "organization": "acme", "project": "storefront"}
    secret = world.secrets.create_secret(Name=UNTAGGED, SecretString=json.dumps(document))
    world.secrets.rotate_secret(
        SecretId=UNTAGGED,
        RotationLambdaARN=world.outputs["RotateClientKeyFunctionArn"],
        RotationRules=SCHEDULE,
        RotateImmediately=False,
    )
    assert world.ended(UNTAGGED, 1)["succeeded"]
    # It may hold any key, and must not be read.
    assert world.invoke(RETIRE, {})["counts"]["state"] == {"frozen": 3}
    world.secrets.tag_resource(SecretId=UNTAGGED, Tags=TAGS)
    assert "frozen" not in world.invoke(RETIRE, {})["counts"]["state"]
    world.secrets.delete_secret(SecretId=secret["ARN"], ForceDeleteWithoutRecovery=True)


def an_audit_is_written_told_and_changes_nothing(world):
    before = world.keys(), world.labels(EXAMPLE), world.labels(IMPORTED)
    reply = world.invoke(AUDIT, {})
    assert reply["complete"], reply
    report = json.loads(world.evidence(reply["report"])[reply["report"]])
    assert report["review_id"] == reply["review_id"], reply
    assert world.told("Audit Completed")["function"] == "audit-keys"
    assert (world.keys(), world.labels(EXAMPLE), world.labels(IMPORTED)) == before


def an_audit_that_was_paused_goes_on_by_itself(world):
    reviews = len(world.evidence("reviews/"))
    paused = {"version": 1, "id": "1", "function": "audit-keys", "message": "said by nobody who knows"}
    world.client("events").put_events(
        Entries=[
            {"Source": "sentry-key-rotation", "DetailType": "Audit Paused", "Detail": json.dumps(paused | it)}
            # What another function says starts nothing.
            for it in ({}, {"function": "retire-keys"})
        ]
    )
    # The event decides nothing: with no audit under way this is a review like any other.
    world.until("another review is written", lambda: len(world.evidence("reviews/")) > reviews)


def the_role_of_the_audit_reads_and_changes_nothing(world):
    role = world.aws.ask(f"credentials {AUDIT}")
    secrets, s3, functions = (world.client(service, role) for service in ("secretsmanager", "s3", "lambda"))
    bucket = {"Bucket": world.outputs["EvidenceBucketName"]}
    for name in (IMPORTED, *(f"sentry/management/{it}" for it in ("audit", "rotation", "retirement", "revocation"))):
        assert secrets.get_secret_value(SecretId=name)["SecretString"], name
    pending = {"SecretId": IMPORTED, "VersionStage": "AWSPENDING", "RemoveFromVersionId": "0" * 32}
    for call in (
        lambda: secrets.get_secret_value(SecretId="shop/database"),
        lambda: secrets.put_secret_value(SecretId=IMPORTED, SecretString="x"),
        lambda: secrets.put_secret_value(SecretId="sentry/management/rotation", SecretString="x"),
        lambda: secrets.update_secret_version_stage(**pending),
        lambda: secrets.rotate_secret(SecretId=IMPORTED),
        lambda: secrets.tag_resource(SecretId=IMPORTED, Tags=TAGS),
        lambda: secrets.delete_secret(SecretId=IMPORTED),
        *(lambda it=it: functions.invoke(FunctionName=it, Payload=b"{}") for it in (AUDIT, RETIRE, REVOKE, FUNCTION)),
    ):
        refused(call, "AccessDeniedException")
    run, record, review = (next(iter(world.evidence(it))) for it in ("runs/retire-keys/", "ledger/", "reviews/"))
    assert s3.get_object(**bucket, Key=run)["Body"].read()
    assert s3.get_object(**bucket, Key=review)["Body"].read()
    for call in (
        lambda: s3.get_object(**bucket, Key=record),
        lambda: s3.put_object(**bucket, Key=run, Body=b"{}"),
        lambda: s3.put_object(**bucket, Key="ledger/x", Body=b"{}", IfNoneMatch="*"),
        lambda: s3.put_object(**bucket, Key="state/retire-keys.json", Body=b"{}"),
        lambda: s3.delete_object(**bucket, Key=review),
    ):
        refused(call, "AccessDenied")


def the_roles_may_do_no_more_than_their_functions_need(world):
    world.secrets.create_secret(Name="shop/database", SecretString="not yours")
    own = {FUNCTION: "rotation", RETIRE: "retirement", REVOKE: "revocation"}
    gone = world.secrets.describe_secret(SecretId=IMPORTED)["ARN"].replace("shop/sentry-", "shop/gone-")
    pending = {"SecretId": IMPORTED, "VersionStage": "AWSPENDING", "RemoveFromVersionId": "0" * 32}
    bucket = {"Bucket": world.outputs["EvidenceBucketName"]}
    record = next(iter(world.evidence("ledger/")))
    for name, purpose in own.items():
        role = world.aws.ask(f"credentials {name}")
        secrets, s3, functions = (world.client(service, role) for service in ("secretsmanager", "s3", "lambda"))
        assert secrets.describe_secret(SecretId=IMPORTED)["Name"] == IMPORTED
        assert secrets.get_secret_value(SecretId=IMPORTED)["SecretString"]
        # Only a rotation that failed often before, or a key in doubt, asks for this.
        assert len(secrets.list_secret_version_ids(SecretId=IMPORTED)["Versions"]) == 2
        assert secrets.get_secret_value(SecretId=f"sentry/management/{purpose}")["SecretString"]
        others = set(own.values()) - {purpose}
        for call in (
            # The tokens of other functions, and secrets that are none of theirs.
            *(lambda other=other: secrets.get_secret_value(SecretId=f"sentry/management/{other}") for other in others),
            lambda: secrets.get_secret_value(SecretId="shop/database"),
            # The management token is for reading.
            lambda: secrets.put_secret_value(SecretId=f"sentry/management/{purpose}", SecretString="x"),
            # What no function does.
            lambda: secrets.delete_secret(SecretId=IMPORTED),
            lambda: secrets.update_secret(SecretId=IMPORTED, SecretString="x"),
            lambda: secrets.tag_resource(SecretId="shop/database", Tags=TAGS),
            lambda: world.client("events", role).put_events(
                Entries=[{"Source": "sentry-key-rotation", "DetailType": "x", "Detail": "{}", "EventBusName": "other"}]
            ),
            *(lambda it=it: functions.invoke(FunctionName=it, Payload=b"{}") for it in own if (name, it) != (REVOKE, FUNCTION)),
        ):
            refused(call, "AccessDeniedException")
        rotates, revokes = name == FUNCTION, name == REVOKE
        # Where a secret that is gone must be known for gone, the tag is not asked for.
        missing = "AccessDeniedException" if rotates else "ResourceNotFoundException"
        refused(lambda: secrets.describe_secret(SecretId=gone), missing)
        if rotates:
            refused(lambda: secrets.describe_secret(SecretId="shop/database"), "AccessDeniedException")
            refused(lambda: s3.get_object(**bucket, Key=record), "AccessDenied")
        if rotates:
            refused(lambda: secrets.list_secrets(), "AccessDeniedException")
        if not rotates:
            refused(lambda: secrets.put_secret_value(SecretId=IMPORTED, SecretString="x"), "AccessDeniedException")
            current = {**pending, "VersionStage": "AWSCURRENT"}
            refused(lambda: secrets.update_secret_version_stage(**current), "AccessDeniedException")
            found = "ResourceNotFoundException" if revokes else "AccessDeniedException"
            refused(lambda: secrets.update_secret_version_stage(**pending), found)
            if not revokes:
                refused(lambda: secrets.rotate_secret(SecretId=IMPORTED), "AccessDeniedException")
            assert s3.get_object(**bucket, Key=record)["Body"].read()
            # A record is written once, into an empty place; nothing is deleted, and nothing of the bucket is changed.
            refused(lambda: s3.put_object(**bucket, Key=record, Body=b"{}"), "AccessDenied")
            refused(lambda: s3.put_object(**bucket, Key=record, Body=b"{}", IfNoneMatch="*"), "PreconditionFailed")
            for call in (
                lambda: s3.put_object(**bucket, Key="elsewhere/x", Body=b"{}"),
                lambda: s3.delete_object(**bucket, Key=record),
                lambda: s3.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Suspended"}),
                lambda: s3.delete_bucket_policy(**bucket),
            ):
                refused(call, "AccessDenied")


def what_the_bucket_denies_no_other_policy_can_allow(world):
    iam, role = world.client("iam"), world.client("lambda").get_function_configuration(FunctionName=RETIRE)["Role"]
    role, bucket = role.rsplit("/", 1)[1], {"Bucket": world.outputs["EvidenceBucketName"]}
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    iam.put_role_policy(RoleName=role, PolicyName="everything", PolicyDocument=json.dumps(everything))
    s3 = world.client("s3", world.aws.ask(f"credentials {RETIRE}"))
    record = next(iter(world.evidence("ledger/")))
    s3.put_object(**bucket, Key="elsewhere/x", Body=b"{}")
    for call in (
        lambda: s3.put_object(**bucket, Key=record, Body=b"{}"),
        lambda: s3.delete_object(**bucket, Key=record),
        lambda: s3.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Suspended"}),
        lambda: s3.put_bucket_policy(**bucket, Policy="{}"),
    ):
        refused(call, "AccessDenied")
    iam.delete_role_policy(RoleName=role, PolicyName="everything")
    world.client("s3").delete_object(**bucket, Key="elsewhere/x")


def a_failed_rotation_is_told_twice_and_changes_nothing(world):
    document = {"dsn": None, "organization": "acme", "project": "no-such-project"}
    world.secrets.create_secret(Name=BROKEN, SecretString=json.dumps(document), Tags=TAGS)
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


def in_mode_observe_a_run_names_what_is_due(world):
    world.template = world.with_policy(world.template, (AT_ONCE % "observe").encode())
    world.outputs = world.deploy(world.template, "UPDATE", **world.parameters)
    world.due = next(key for key in world.keys() if key["dsn"] == world.value(EXAMPLE)["dsn"])
    world.secrets.rotate_secret(SecretId=EXAMPLE)
    assert world.ended(EXAMPLE, 3)["succeeded"]
    record = world.invoke(RETIRE, {})["record"]
    # As docs/deploy.md looks for them: a line for each key.
    lines = [line for line in world.evidence(record)[record].decode().splitlines() if '"result":"observed"' in line]
    (row,) = [json.loads(line.rstrip(",")) for line in lines]
    assert (row["key_id"], row["action"], row["state"]) == (world.due["id"], "disable", "draining"), row
    assert world.key(world.due["id"])["is_active"]


def in_mode_act_a_superseded_key_is_disabled_and_proven_dead(world):
    world.template = world.with_policy(world.template, (AT_ONCE % "act").encode())
    world.outputs = world.deploy(world.template, "UPDATE", **world.parameters)
    old = world.due
    record = world.invoke(RETIRE, {})["record"]
    (row,) = [row for row in json.loads(world.evidence(record)[record])["rows"] if row["key_id"] == old["id"]]
    assert (row["ownership"], row["state"], row["action"], row["result"]) == ("ours", "disabled", "disable", "done"), row
    assert row["proof"]["grade"] in ("question", "ingestion"), row
    assert not world.key(old["id"])["is_active"]
    assert world.kinds(EXAMPLE, old["id"])[:5] == ["current", "superseded", "disabling", "disabled", "proven"]
    told = world.told("Key Disabled")
    assert (told["key_id"], told["function"]) == (old["id"], "retire-keys"), told
    assert world.told("Key Proven Dead")["key_id"] == old["id"]
    # The current keys live, and so does the one that a person made: nobody consented to its end.
    for name in (EXAMPLE, IMPORTED):
        (current,) = [key for key in world.keys() if key["dsn"] == world.value(name)["dsn"]]
        assert current["is_active"], current
    assert world.keys()[0]["is_active"]
    assert world.value(EXAMPLE, "AWSPREVIOUS")["dsn"] == old["dsn"]


def a_person_revokes_a_key_that_is_in_use(world):
    leaked = next(key for key in world.keys() if key["dsn"] == world.value(EXAMPLE)["dsn"])
    # With a grace of nothing, retirement would often be faster. What is held from it is not held from an order.
    world.secrets.tag_resource(SecretId=EXAMPLE, Tags=[{"Key": "sentry:hold", "Value": "until the test is over"}])
    order = {"secret_id": EXAMPLE, "key_id": leaked["id"], "reason": "posted in a public repository", "hold_seconds": 0}
    reply = world.invoke(REVOKE, order)
    assert (reply["key_id"], reply["state"]) == (leaked["id"], "disabled"), reply
    assert reply["proof"]["grade"] == "question", reply
    assert reply["evidence"]["missing"] is None, reply
    new = world.key(reply["replacement_key_id"])
    assert world.value(EXAMPLE)["dsn"] == new["dsn"]
    assert (world.key(leaked["id"])["is_active"], new["is_active"]) == (False, True)
    assert world.ended(EXAMPLE, 4)["succeeded"]
    assert world.told("Key Revoked")["key_id"] == leaked["id"]
    assert any(
        record["function"] == "revoke-key" and order["reason"] in record["why"]
        for record in world.records(EXAMPLE, leaked["id"])
    )
    # Again: nothing is left to do, and the key that took its place is not touched.
    again = world.invoke(REVOKE, order)
    assert (again["state"], again["replacement_key_id"]) == ("disabled", new["id"]), again
    assert world.key(new["id"])["is_active"]
    assert len(world.rotations(EXAMPLE)) == 4


def the_ledger_is_whole(world):
    # The run that the last promotion started may still be writing.
    world.invoke(RETIRE, {})
    world.until("nothing is written any more", lambda: world.evidence("ledger/") == world.evidence("ledger/"))
    objects = world.evidence()
    chains = {}
    for name in sorted(name for name in objects if name.startswith("ledger/")):
        chains.setdefault(name.rsplit("/", 1)[0], []).append(objects[name])
    # Default, the first key of the imported secret, and three of the example.
    assert len(chains) == 5, chains.keys()
    for records in chains.values():
        digests = [None] + [hashlib.sha256(record).hexdigest() for record in records]
        assert [json.loads(record)["previous"] for record in records] == digests[:-1]
    with tempfile.TemporaryDirectory(prefix="sentry-ledger-") as folder:
        for name, content in objects.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        verdict = subprocess.run([ROOT / "scripts/verify-ledger.sh", folder], capture_output=True, text=True)
        assert verdict.returncode == 0, verdict.stdout + verdict.stderr
        path = next(pathlib.Path(folder).glob("ledger/*/*/00000001.json"))
        path.write_bytes(path.read_bytes().replace(b'"why":"', b'"why":"not ', 1))
        assert subprocess.run([ROOT / "scripts/verify-ledger.sh", folder], capture_output=True).returncode == 1


def no_secret_is_in_a_log_or_in_the_evidence(world):
    assert "createSecret" in world.log()
    for name in FUNCTIONS:
        assert world.token not in world.log(f"{STACK}-{name}"), name
    for rotation in world.aws.ask("rotations"):
        assert world.token not in json.dumps(rotation)
    for name, content in world.evidence().items():
        assert world.token.encode() not in content, name
        # A review has links, to Sentry and to schemas; a DSN has a key before its host.
        dsn = rb"://[0-9a-f]{32}" if name.startswith("reviews/") else b"://"
        assert not re.search(dsn, content), f"{name}: a DSN"


def an_update_of_the_stack_leaves_the_value_alone(world):
    before = world.labels(EXAMPLE), world.value(EXAMPLE)
    world.outputs = world.deploy(world.template, "UPDATE", AlarmEmail="oncall@example.com", **world.parameters)
    assert (world.labels(EXAMPLE), world.value(EXAMPLE)) == before
    assert len(world.rotations(EXAMPLE)) == 4
    topics = world.client("sns").list_subscriptions_by_topic(TopicArn=world.outputs["TopicArn"])["Subscriptions"]
    assert "oncall@example.com" in [subscription["Endpoint"] for subscription in topics]


def secret_and_evidence_stay_when_the_stack_goes(world):
    before = world.labels(EXAMPLE), world.value(EXAMPLE), world.keys(), world.evidence()
    world.cloudformation.delete_stack(StackName=STACK)
    world.until("the function is gone", lambda: not world.client("lambda").list_functions()["Functions"])
    world.until("rotation is off", lambda: not world.secrets.describe_secret(SecretId=EXAMPLE)["RotationEnabled"])
    assert (world.labels(EXAMPLE), world.value(EXAMPLE), world.keys(), world.evidence()) == before
    assert world.value("sentry/management/retirement") == {"token": world.token}


CHECKS = [
    the_stack_deploys,
    a_deployment_tests_the_settings_and_rotates_nothing,
    the_schedules_start_runs_that_only_look,
    the_first_rotation_makes_the_first_key_with_the_presets_settings,
    a_promotion_starts_a_run_that_writes_the_birth_of_the_key,
    the_policy_is_the_layers,
    an_existing_dsn_is_imported_without_rotating,
    a_rotation_replaces_the_key_and_leaves_the_old_one_alive,
    in_mode_observe_retirement_says_what_it_sees_and_touches_nothing,
    a_secret_without_the_tag_stops_retirement_until_it_has_it,
    an_audit_is_written_told_and_changes_nothing,
    an_audit_that_was_paused_goes_on_by_itself,
    the_roles_may_do_no_more_than_their_functions_need,
    the_role_of_the_audit_reads_and_changes_nothing,
    what_the_bucket_denies_no_other_policy_can_allow,
    a_failed_rotation_is_told_twice_and_changes_nothing,
    in_mode_observe_a_run_names_what_is_due,
    in_mode_act_a_superseded_key_is_disabled_and_proven_dead,
    a_person_revokes_a_key_that_is_in_use,
    the_ledger_is_whole,
    no_secret_is_in_a_log_or_in_the_evidence,
    an_update_of_the_stack_leaves_the_value_alone,
    secret_and_evidence_stay_when_the_stack_goes,
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
