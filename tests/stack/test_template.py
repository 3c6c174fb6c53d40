"""What template.yaml, the code, the scripts and the documents must say alike. Reads files only.

scripts/test.sh runs it. Each check is a function; words as arguments choose those whose names contain them.
"""

import ast
import json
import pathlib
import re
import sys

import botocore
import botocore.session
from cfnlint.decode import cfn_yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEMPLATE = cfn_yaml.load(str(ROOT / "template.yaml"))
RESOURCES = TEMPLATE["Resources"]
DEPLOY = (ROOT / "docs/deploy.md").read_text()
POLICY = (ROOT / "policy/key-policy.toml").read_text()

PRIVATE_NETWORK = "for a Sentry in a private network, which needs more than a variable: docs/deploy.md says what to add"
# Read by the code, and not set by the template, each for a reason.
LEFT_TO_OTHERS = {
    "LOG_LEVEL": "LoggingConfig sets AWS_LAMBDA_LOG_LEVEL, which wins",
    "SSL_CERT_FILE": PRIVATE_NETWORK,
    "HTTPS_PROXY": PRIVATE_NETWORK,
    "NO_PROXY": PRIVATE_NETWORK,
    "EVIDENCE_PREFIX": "the bucket is the stack's own, so its root is free",
}

LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
READS = {"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"}
# What a role is granted: every action by statement, and nothing else. The deployment on loopback shows that it is enough.
GRANTED = {
    "RotateClientKeyRole": {
        "RotatedSecrets": {
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:ListSecretVersionIds",
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
        },
        "ManagementToken": {"secretsmanager:GetSecretValue"},
        "LifecycleEvents": {"events:PutEvents"},
        "OwnLogs": LOGS,
        "KeyOfTheSecrets": {"kms:Decrypt", "kms:GenerateDataKey"},
    },
    "RetireKeysRole": {
        "FindSecrets": {"secretsmanager:ListSecrets"},
        "SeeWhatBecameOfSecrets": {"secretsmanager:DescribeSecret"},
        "ManagedSecrets": {"secretsmanager:GetSecretValue", "secretsmanager:ListSecretVersionIds"},
        "ManagementToken": {"secretsmanager:GetSecretValue"},
        "DeletionToken": {"secretsmanager:GetSecretValue"},
        "ListEvidence": {"s3:ListBucket"},
        "LedgerAndState": {"s3:GetObject", "s3:PutObject"},
        "Runs": {"s3:PutObject"},
        "FailedInvocations": {"sqs:SendMessage"},
        "LifecycleEvents": {"events:PutEvents"},
        "OwnLogs": LOGS,
        "KeyOfTheSecrets": {"kms:Decrypt"},
        "KeyOfTheEvidence": {"kms:Decrypt", "kms:GenerateDataKey"},
    },
    "RevokeKeyRole": {
        "FindSecrets": {"secretsmanager:ListSecrets"},
        "SeeWhatBecameOfSecrets": {"secretsmanager:DescribeSecret"},
        "ManagedSecrets": {
            "secretsmanager:GetSecretValue",
            "secretsmanager:ListSecretVersionIds",
            "secretsmanager:RotateSecret",
        },
        "PendingVersions": {"secretsmanager:UpdateSecretVersionStage"},
        "RotationFunction": {"lambda:InvokeFunction"},
        "ManagementToken": {"secretsmanager:GetSecretValue"},
        "ListEvidence": {"s3:ListBucket"},
        "MemoryOfRetirement": {"s3:GetObject"},
        "Ledger": {"s3:GetObject", "s3:PutObject"},
        "LifecycleEvents": {"events:PutEvents"},
        "OwnLogs": LOGS,
        "KeyOfTheSecrets": {"kms:Decrypt"},
        "KeyOfTheEvidence": {"kms:Decrypt", "kms:GenerateDataKey"},
    },
    # Nothing that changes a secret, a label or a key.
    "AuditKeysRole": {
        "FindSecrets": {"secretsmanager:ListSecrets"},
        "ManagedSecrets": READS,
        "ManagementToken": READS,
        "RotationToken": READS,
        "RetirementToken": READS,
        "RevocationToken": READS,
        "DeletionToken": READS,
        "ListEvidence": {"s3:ListBucket"},
        "ReviewsAndState": {"s3:GetObject", "s3:PutObject"},
        "RunsOfRetirement": {"s3:GetObject"},
        "FailedInvocations": {"sqs:SendMessage"},
        "LifecycleEvents": {"events:PutEvents"},
        "OwnLogs": LOGS,
        "KeyOfTheSecrets": {"kms:Decrypt"},
        "KeyOfTheEvidence": {"kms:Decrypt", "kms:GenerateDataKey"},
    },
}
# Statements for which AWS has no narrower resource.
ON_EVERYTHING = {(role, "FindSecrets") for role in GRANTED if "FindSecrets" in GRANTED[role]}
TOKENS = {
    "RotateClientKeyRole": {"ManagementToken": "RotationAuthSecretArn"},
    "RetireKeysRole": {"ManagementToken": "RetirementAuthSecretArn", "DeletionToken": "DeletionAuthSecretArn"},
    "RevokeKeyRole": {"ManagementToken": "RevocationAuthSecretArn"},
    "AuditKeysRole": {
        "ManagementToken": "AuditAuthSecretArn",
        "RotationToken": "RotationAuthSecretArn",
        "RetirementToken": "RetirementAuthSecretArn",
        "RevocationToken": "RevocationAuthSecretArn",
        "DeletionToken": "DeletionAuthSecretArn",
    },
}
# By these the audit finds the tokens of the other functions.
AUDITED = {
    "SENTRY_ROTATION_AUTH_SECRET_ID": {"Ref": "RotationAuthSecretArn"},
    "SENTRY_RETIREMENT_AUTH_SECRET_ID": {"Ref": "RetirementAuthSecretArn"},
    "SENTRY_REVOCATION_AUTH_SECRET_ID": {"Ref": "RevocationAuthSecretArn"},
}
USE_CASE = (ROOT / "shared/key-policy/src/use_case.rs").read_text()
KINDS = re.findall(r' = "([a-z-]+)",', re.search(r"^    Kind \{$.*?^    \}$", USE_CASE, re.S | re.M).group())
KIND_TAG = {"StringEquals": {"secretsmanager:ResourceTag/sentry:kind": "client-key"}}
MANAGED = {
    "Fn::Sub": "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${ManagedSecretNamePrefix}*"
}
# Another kind of resource, or another property of these two, may grant what no check here looks at: a policy that is attached from
# outside, a function URL, the policy of a secret.
KINDS_OF_RESOURCES = {
    "AWS::CloudWatch::Alarm",
    "AWS::Events::Rule",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::SecretsManager::RotationSchedule",
    "AWS::SecretsManager::Secret",
    "AWS::Serverless::Function",
    "AWS::Serverless::LayerVersion",
}
PROPERTIES = {
    "AWS::IAM::Role": {"AssumeRolePolicyDocument", "Description", "Policies"},
    "AWS::Serverless::Function": {
        "Architectures",
        "CodeUri",
        "Description",
        "Environment",
        "EphemeralStorage",
        "EventInvokeConfig",
        "Events",
        "FunctionName",
        "Handler",
        "Layers",
        "LoggingConfig",
        "MemorySize",
        "Role",
        "Runtime",
        "Timeout",
    },
}
# Alarms for which silence is the alarm.
LOUD_WHEN_SILENT = {"RetireKeysIdleAlarm", "AuditKeysIdleAlarm"}


def of_type(kind):
    return {name: it for name, it in RESOURCES.items() if it["Type"] == kind}


def shipped(*folders):
    """The Rust sources of what is deployed, without their unit tests."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("src/**/*.rs")):
            yield path, path.read_text().split("#[cfg(test)]")[0]


def functions():
    return sorted(path.parent.name for path in (ROOT / "functions").glob("*/Cargo.toml"))


def table(path, name):
    """The names in a table of variables of the code."""
    declared = re.search(rf"pub const {name}: .*? = \[(.*?)\];\n", (ROOT / path).read_text(), re.S).group(1)
    names = re.findall(r'\(\s*"([A-Z0-9_]+)",', declared)
    assert names, (path, name)
    return set(names)


def pascal(name):
    return "".join(word.capitalize() for word in name.split("-"))


def statements(role):
    for policy in RESOURCES[role]["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            yield statement["Fn::If"][1] if "Fn::If" in statement else statement


def statements_by_id(role):
    return {statement["Sid"]: statement for statement in statements(role)}


def actions(statement):
    action = statement["Action"]
    return {action} if isinstance(action, str) else set(action)


def same(found, wanted, what):
    found, wanted = set(found), set(wanted)
    assert found == wanted, f"{what}: only here {sorted(found - wanted)}, only there {sorted(wanted - found)}"


def every_function_is_built_and_named_as_its_folder():
    deployed = of_type("AWS::Serverless::Function")
    same(deployed, [pascal(name) + "Function" for name in functions()], "functions and folders")
    for name in functions():
        function = deployed[pascal(name) + "Function"]
        assert function["Metadata"] == {"BuildMethod": "rust-cargolambda", "BuildProperties": {"Binary": name}}, name
        properties = function["Properties"]
        assert properties["FunctionName"] == {"Fn::Sub": "${AWS::StackName}-" + name}
        assert (properties["Runtime"], properties["Handler"]) == ("provided.al2023", "bootstrap")
        assert properties["Architectures"] == [{"Ref": "Architecture"}]
        assert "ReservedConcurrentExecutions" not in properties
        assert properties["LoggingConfig"]["LogFormat"] == "JSON"
        group = f"{pascal(name)}LogGroup"
        assert properties["LoggingConfig"]["LogGroup"] == {"Ref": group}
        assert RESOURCES[group]["Properties"]["RetentionInDays"] == 365
        assert RESOURCES[group]["Properties"]["LogGroupName"] == {"Fn::Sub": "/aws/lambda/${AWS::StackName}-" + name}
        assert properties["Role"] == {"Fn::GetAtt": [f"{pascal(name)}Role", "Arn"]}
        assert properties["Layers"] == [{"Ref": "KeyPolicyLayer"}]


def the_timeout_is_the_one_that_the_tests_use():
    stage = (ROOT / "tests/src/stage.rs").read_text()
    seconds = int(re.search(r"TIMEOUT: Duration = Duration::from_secs\((\d+)\)", stage).group(1))
    assert RESOURCES["RotateClientKeyFunction"]["Properties"]["Timeout"] == seconds
    # Lambda's longest: a hold of the longest kind and a rotation must fit into it.
    assert RESOURCES["RetireKeysFunction"]["Properties"]["Timeout"] == 900
    assert RESOURCES["RevokeKeyFunction"]["Properties"]["Timeout"] == 900
    assert RESOURCES["AuditKeysFunction"]["Properties"]["Timeout"] == 900


def the_variables_that_are_read_are_the_variables_that_are_set():
    common = table("shared/sentry-binding/src/config.rs", "COMMON_VARIABLES")
    used = set()
    for name in functions():
        declared = common | table(f"functions/{name}/src/config.rs", "VARIABLES")
        read = set()
        for _, text in shipped(f"functions/{name}"):
            read |= set(re.findall(r'(?<!env!\()"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"', text))
        ours = {variable for variable in read if not variable.startswith("AWS_")}
        assert ours <= declared, f"{name} reads what no table has: {sorted(ours - declared)}"
        wanted = {variable for variable in declared if not variable.startswith("AWS_")} - set(LEFT_TO_OTHERS)
        variables = RESOURCES[pascal(name) + "Function"]["Properties"]["Environment"]["Variables"]
        same(wanted, variables, f"variables of {name} read and set")
        used |= declared
        token = {"Ref": TOKENS[pascal(name) + "Role"]["ManagementToken"]}
        assert variables["SENTRY_AUTH_SECRET_ID"] == token, name
        assert variables.get("EVIDENCE_BUCKET", {"Ref": "EvidenceBucket"}) == {"Ref": "EvidenceBucket"}, name
    deletion = {"Fn::If": ["HasDeletionToken", {"Ref": "DeletionAuthSecretArn"}, {"Ref": "AWS::NoValue"}]}
    for name in ("RetireKeysFunction", "AuditKeysFunction"):
        variables = RESOURCES[name]["Properties"]["Environment"]["Variables"]
        assert variables["SENTRY_DELETE_AUTH_SECRET_ID"] == deletion, name
    assert AUDITED.items() <= variables.items(), "the audit is given the tokens of the others"
    read = set()
    for _, text in shipped("shared/function-kit", "shared/sentry-binding"):
        read |= set(re.findall(r'(?<!env!\()"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"', text))
    lambdas = {name for name in read if name.startswith("AWS_")}
    same(
        lambdas,
        {"AWS_REGION", "AWS_DEFAULT_REGION"} | {name for name in lambdas if name.startswith("AWS_LAMBDA_")},
        "variables of Lambda",
    )
    assert read - lambdas <= used, f"read and in no table: {sorted(read - lambdas - used)}"
    for name, why in LEFT_TO_OTHERS.items():
        assert name in used, f"{name} is not read any more"
        assert why != PRIVATE_NETWORK or f"`{name}`" in DEPLOY, f"docs/deploy.md lacks {name}"


def the_actions_that_are_called_are_the_actions_that_are_granted():
    # An SDK that is not listed here would call what nobody looks for.
    manifests = [*ROOT.glob("functions/*/Cargo.toml"), *ROOT.glob("shared/*/Cargo.toml")]
    manifests = "".join(path.read_text() for path in manifests if path.parent.name != "testkit")
    services = {"aws-sdk-secretsmanager": "secretsmanager", "aws-sdk-eventbridge": "events", "aws-sdk-s3": "s3"}
    same(re.findall(r"^aws-sdk-[a-z0-9]+", manifests, re.M), services, "SDK crates")
    # The one call whose permission has another name.
    named = {"s3:ListObjectsV2": "s3:ListBucket"}
    session = botocore.session.get_session()
    called = set()
    source = "".join(text for path, text in shipped("functions", "shared") if "testkit" not in path.parts)
    for service in services.values():
        for operation in session.get_service_model(service).operation_names:
            if re.search(rf"\.{botocore.xform_name(operation)}\(\)", source):
                called.add(named.get(f"{service}:{operation}", f"{service}:{operation}"))
    granted = set().union(*(actions(it) for role in GRANTED for it in statements(role)))
    # By Lambda and Secrets Manager on behalf of a function.
    beside_the_sdk = LOGS | {"kms:Decrypt", "kms:GenerateDataKey", "sqs:SendMessage", "lambda:InvokeFunction"}
    same(granted - beside_the_sdk, called, "actions granted and called")
    assert beside_the_sdk <= granted, granted


def a_role_is_granted_exactly_what_is_listed_here():
    roles = of_type("AWS::IAM::Role")
    same(roles, GRANTED, "roles")
    for role, resource in roles.items():
        same(statements_by_id(role), GRANTED[role], f"statements of {role}")
        assert "ManagedPolicyArns" not in resource["Properties"], role
        for sid, statement in statements_by_id(role).items():
            assert statement["Effect"] == "Allow", (role, sid)
            same(actions(statement), GRANTED[role][sid], f"actions of {role}, {sid}")
            assert (statement["Resource"] == "*") == ((role, sid) in ON_EVERYTHING), (role, sid)
        (trust,) = resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}, role


def a_role_reaches_no_secret_but_its_own():
    function = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${AWS::StackName}-rotate-client-key"
    rotated = statements_by_id("RotateClientKeyRole")["RotatedSecrets"]
    assert rotated["Condition"] == {"StringEquals": {"secretsmanager:resource/AllowRotationLambdaArn": {"Fn::Sub": function}}}
    for role, tokens in TOKENS.items():
        by_id = statements_by_id(role)
        for sid, parameter in tokens.items():
            assert by_id[sid]["Resource"] == {"Ref": parameter}, (role, sid)
        log_group = role.removesuffix("Role") + "LogGroup"
        assert by_id["OwnLogs"]["Resource"] == {"Fn::GetAtt": [log_group, "Arn"]}, role
        secrets = {"StringEquals": {"kms:ViaService": {"Fn::Sub": "secretsmanager.${AWS::Region}.amazonaws.com"}}}
        assert by_id["KeyOfTheSecrets"]["Condition"] == secrets, role
    for role in ("RetireKeysRole", "RevokeKeyRole"):
        by_id = statements_by_id(role)
        # Metadata without the tag, values only with it: a secret that is gone has no tag.
        assert by_id["SeeWhatBecameOfSecrets"]["Resource"] == MANAGED and "Condition" not in by_id["SeeWhatBecameOfSecrets"]
        assert (by_id["ManagedSecrets"]["Resource"], by_id["ManagedSecrets"]["Condition"]) == (MANAGED, KIND_TAG), role
    for role in ("RetireKeysRole", "RevokeKeyRole", "AuditKeysRole"):
        by_id = statements_by_id(role)
        evidence = {"StringEquals": {"kms:ViaService": {"Fn::Sub": "s3.${AWS::Region}.amazonaws.com"}}}
        assert by_id["KeyOfTheEvidence"]["Condition"] == evidence, role
    # The audit alone looks at every kind of secret that the field knows.
    audited = statements_by_id("AuditKeysRole")["ManagedSecrets"]
    assert audited["Resource"] == MANAGED
    assert audited["Condition"] == {"StringEquals": {"secretsmanager:ResourceTag/sentry:kind": KINDS}}
    revoke = statements_by_id("RevokeKeyRole")
    assert revoke["PendingVersions"]["Resource"] == MANAGED
    assert revoke["PendingVersions"]["Condition"] == {
        **KIND_TAG,
        "ForAnyValue:StringEquals": {"secretsmanager:VersionStage": "AWSPENDING"},
    }
    assert revoke["RotationFunction"]["Resource"] == {"Fn::GetAtt": ["RotateClientKeyFunction", "Arn"]}


def a_role_reaches_only_its_part_of_the_evidence():
    below = {
        ("RetireKeysRole", "LedgerAndState"): ["ledger/*", "state/retire-keys.json"],
        ("RetireKeysRole", "Runs"): "runs/retire-keys/*",
        ("RevokeKeyRole", "Ledger"): "ledger/*",
        ("RevokeKeyRole", "MemoryOfRetirement"): "state/retire-keys.json",
        ("AuditKeysRole", "ReviewsAndState"): ["reviews/*", "state/audit-keys*"],
        ("AuditKeysRole", "RunsOfRetirement"): "runs/retire-keys/*",
    }
    bucket = {"Fn::GetAtt": ["EvidenceBucket", "Arn"]}
    for role in GRANTED:
        for sid, statement in statements_by_id(role).items():
            if actions(statement) == {"s3:ListBucket"}:
                # A condition on the prefix would make S3 call every missing object denied.
                assert statement["Resource"] == bucket and "Condition" not in statement, role
            elif any(action.startswith("s3:") for action in actions(statement)):
                paths = below[role, sid]
                wanted = [{"Fn::Sub": "${EvidenceBucket.Arn}/" + path} for path in paths] if isinstance(paths, list) else {
                    "Fn::Sub": "${EvidenceBucket.Arn}/" + paths
                }
                assert statement["Resource"] == wanted, (role, sid)
    # The paths are those that the code writes.
    source = "".join(text for _, text in shipped("functions/retire-keys", "shared/key-lifecycle", "shared/retirement"))
    for path in ('"state/retire-keys.json"', '"runs/{FUNCTION}/{run_id}.json"', '"ledger/'):
        assert path in source, path
    source = "".join(text for _, text in shipped("functions/audit-keys"))
    for path in ('"state/audit-keys', '"reviews/'):
        assert path in source, path


def nothing_is_granted_but_by_what_is_looked_at():
    assert TEMPLATE["Transform"] == "AWS::Serverless-2016-10-31" and "Globals" not in TEMPLATE
    same((it["Type"] for it in RESOURCES.values()), KINDS_OF_RESOURCES, "kinds of resources")
    for kind, properties in PROPERTIES.items():
        for name, it in of_type(kind).items():
            assert set(it["Properties"]) <= properties, f"{name} has {sorted(set(it['Properties']) - properties)}"


def others_may_deliver_and_nothing_else():
    def publishes(service, condition):
        return ({"Service": service}, {"sns:Publish"}, {"Ref": "LifecycleTopic"}, condition)

    def from_rules(*rules):
        arns = [{"Fn::GetAtt": [rule, "Arn"]} for rule in rules]
        return {"ArnEquals": {"aws:SourceArn": arns if len(arns) > 1 else arns[0]}}

    def keeps(queue, rule):
        return ({"Service": "events.amazonaws.com"}, {"sqs:SendMessage"}, {"Fn::GetAtt": [queue, "Arn"]}, from_rules(rule))

    account = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    # A condition would lose every event in silence: SNS supports none for EventBridge on the key of a topic.
    publishers = {"Service": ["events.amazonaws.com", "cloudwatch.amazonaws.com"]}
    alarms = {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnLike": {
            "aws:SourceArn": {"Fn::Sub": "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*"}
        },
    }
    wanted = {
        ("RetirementDeadLetterQueuePolicy", "Rule"): keeps("RetirementDeadLetterQueue", "SecretLabelUpdatedRule"),
        ("AuditDeadLetterQueuePolicy", "Rule"): keeps("AuditDeadLetterQueue", "AuditPausedRule"),
        ("LifecycleTopicKey", "Administration"): (account, {"kms:*"}, "*", None),
        ("LifecycleTopicKey", "Publishers"): (publishers, {"kms:Decrypt", "kms:GenerateDataKey*"}, "*", None),
        ("LifecycleTopicPolicy", "Rules"): publishes(
            "events.amazonaws.com", from_rules("LifecycleRule", "FindingsRule", "RotationFailedRule")
        ),
        ("LifecycleTopicPolicy", "Alarms"): publishes("cloudwatch.amazonaws.com", alarms),
    }
    found = {}
    for name, it in RESOURCES.items():
        properties = it["Properties"]
        for document in (properties[member] for member in ("PolicyDocument", "KeyPolicy") if member in properties):
            for statement in document["Statement"]:
                if statement["Effect"] != "Deny":
                    assert not {"NotAction", "NotResource", "NotPrincipal"} & set(statement), (name, statement["Sid"])
                    what = (statement["Principal"], actions(statement), statement["Resource"], statement.get("Condition"))
                    found[name, statement["Sid"]] = what
    same(found, wanted, "statements that allow others something")
    for statement, what in wanted.items():
        assert found[statement] == what, f"{statement}: {found[statement]}"
    assert of_type("AWS::SNS::Subscription")["LifecycleEmail"]["Properties"] == {
        "TopicArn": {"Ref": "LifecycleTopic"},
        "Protocol": "email",
        "Endpoint": {"Ref": "AlarmEmail"},
    }
    same(of_type("AWS::SNS::Subscription"), {"LifecycleEmail"}, "who hears of it")


def the_evidence_bucket_keeps_what_it_has():
    bucket = RESOURCES["EvidenceBucket"]
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Retain", "Retain")
    properties = bucket["Properties"]
    # With a name of its own the bucket of an earlier stack would stop the deployment.
    assert "BucketName" not in properties
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    (encryption,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == {"Fn::If": ["HasKmsKey", "aws:kms", "AES256"]}
    # From the beginning: then a retention is only a setting, whenever it comes.
    assert properties["ObjectLockEnabled"] is True
    condition, lock, without = properties["ObjectLockConfiguration"]["Fn::If"]
    assert (condition, without) == ("LocksEvidence", {"Ref": "AWS::NoValue"})
    assert lock["Rule"]["DefaultRetention"] == {
        "Mode": {"Ref": "EvidenceRetentionMode"},
        "Days": {"Ref": "EvidenceRetentionDays"},
    }
    assert TEMPLATE["Parameters"]["EvidenceRetentionDays"]["Default"] == 0
    # Only what is no evidence expires.
    for rule in properties["LifecycleConfiguration"]["Rules"]:
        expiring = {name for name in rule if "Expiration" in name}
        assert not expiring or (expiring, rule["Prefix"]) == ({"NoncurrentVersionExpiration"}, "state/"), rule


def the_evidence_buckets_policy_only_denies():
    policy = RESOURCES["EvidenceBucketPolicy"]["Properties"]
    assert policy["Bucket"] == {"Ref": "EvidenceBucket"}
    by_id = {it["Sid"]: it for it in policy["PolicyDocument"]["Statement"]}
    assert {it["Effect"] for it in by_id.values()} == {"Deny"}
    everything = [{"Fn::GetAtt": ["EvidenceBucket", "Arn"]}, {"Fn::Sub": "${EvidenceBucket.Arn}/*"}]
    tls = by_id["OnlyOverTls"]
    assert (tls["Principal"], tls["Action"], tls["Resource"]) == ("*", "s3:*", everything)
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    writers = {"AWS": [{"Fn::GetAtt": [role, "Arn"]} for role in GRANTED if "ListEvidence" in GRANTED[role]]}
    functions_only = by_id["FunctionsReadListAndWriteOnly"]
    assert (functions_only["Principal"], functions_only["Resource"]) == (writers, everything)
    # Everything else is denied: s3:DeleteObject, s3:DeleteObjectVersion, s3:PutBucketVersioning, retention, policy and the rest.
    same(functions_only["NotAction"], {"s3:GetObject", "s3:ListBucket", "s3:PutObject"}, "not denied")
    once = by_id["RecordsAreWrittenOnce"]
    assert (once["Principal"], once["Action"]) == (writers, "s3:PutObject")
    assert once["Resource"] == [{"Fn::Sub": "${EvidenceBucket.Arn}/" + path} for path in ("ledger/*", "reviews/*")]
    assert once["Condition"] == {"Null": {"s3:if-none-match": "true"}}


def only_secrets_manager_and_the_rules_may_invoke():
    properties = {name: it["Properties"] for name, it in of_type("AWS::Lambda::Permission").items()}
    same(properties, {"RotateClientKeyPermission", "RetireKeysPermission", "AuditKeysPermission"}, "permissions")
    rotate = properties["RotateClientKeyPermission"]
    assert rotate["FunctionName"] == {"Fn::GetAtt": ["RotateClientKeyFunction", "Arn"]}
    assert rotate["Principal"] == "secretsmanager.amazonaws.com"
    assert rotate["SourceAccount"] == {"Ref": "AWS::AccountId"}
    for name, rule in (("RetireKeys", "SecretLabelUpdatedRule"), ("AuditKeys", "AuditPausedRule")):
        permission = properties[f"{name}Permission"]
        assert permission["FunctionName"] == {"Fn::GetAtt": [f"{name}Function", "Arn"]}
        assert permission["Principal"] == "events.amazonaws.com"
        assert permission["SourceArn"] == {"Fn::GetAtt": [rule, "Arn"]}
    # An emergency is declared by a person.
    triggered = {name for name, it in of_type("AWS::Serverless::Function").items() if "Events" in it["Properties"]}
    assert triggered == {"RetireKeysFunction", "AuditKeysFunction"}


def retirement_looks_every_hour_and_after_every_promotion():
    properties = RESOURCES["RetireKeysFunction"]["Properties"]
    (schedule,) = properties["Events"].values()
    assert schedule["Type"] == "ScheduleV2"
    schedule = schedule["Properties"]
    # Once in every hour of the clock, at a fixed minute: alarms count by such hours.
    assert re.fullmatch(r"cron\(\d+ \* \* \* \? \*\)", schedule["ScheduleExpression"])
    assert json.loads(schedule["Input"]) == {}
    assert schedule["Name"] == {"Fn::Sub": "${AWS::StackName}-retire-keys"}
    pattern = RESOURCES["SecretLabelUpdatedRule"]["Properties"]["EventPattern"]
    assert pattern == {
        "source": ["aws.secretsmanager"],
        "detail-type": ["Secret Label Updated"],
        "detail": {"labelUpdated": ["AWSCURRENT"], "name": [{"prefix": {"Ref": "ManagedSecretNamePrefix"}}]},
    }
    what_is_not_delivered_is_kept("RetireKeys", schedule, "SecretLabelUpdatedRule", "RetirementDeadLetterQueue")


def the_audit_begins_every_day_and_goes_on_where_it_stopped():
    properties = RESOURCES["AuditKeysFunction"]["Properties"]
    (schedule,) = properties["Events"].values()
    assert schedule["Type"] == "ScheduleV2"
    schedule = schedule["Properties"]
    assert re.fullmatch(r"cron\(\d+ \d+ \* \* \? \*\)", schedule["ScheduleExpression"])
    assert (json.loads(schedule["Input"]), schedule["State"]) == ({}, "ENABLED")
    assert schedule["Name"] == {"Fn::Sub": "${AWS::StackName}-audit-keys"}
    # What it says of itself, and nobody else: an audit of another kind must not start this one.
    assert RESOURCES["AuditPausedRule"]["Properties"]["EventPattern"] == {
        "source": ["sentry-key-rotation"],
        "detail-type": ["Audit Paused"],
        "detail": {"function": ["audit-keys"]},
    }
    what_is_not_delivered_is_kept("AuditKeys", schedule, "AuditPausedRule", "AuditDeadLetterQueue")
    # The report is put together there, and may be as large as evidence-store takes.
    limit = re.search(r"FILE_LIMIT: u64 = 1 << (\d+)", (ROOT / "shared/evidence-store/src/store.rs").read_text()).group(1)
    assert properties["EphemeralStorage"]["Size"] << 20 > 1 << int(limit)


def what_is_not_delivered_is_kept(name, schedule, rule, queue_name):
    queue = {"Fn::GetAtt": [queue_name, "Arn"]}
    (target,) = RESOURCES[rule]["Properties"]["Targets"]
    assert target["Arn"] == {"Fn::GetAtt": [f"{name}Function", "Arn"]}
    for delivery in (schedule, target):
        assert delivery["DeadLetterConfig"] == {"Arn": queue}
        assert delivery["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 3600
    asynchronous = RESOURCES[f"{name}Function"]["Properties"]["EventInvokeConfig"]
    assert asynchronous["MaximumRetryAttempts"] <= 1
    assert asynchronous["DestinationConfig"] == {"OnFailure": {"Type": "SQS", "Destination": queue}}
    assert statements_by_id(f"{name}Role")["FailedInvocations"]["Resource"] == queue
    (send,) = RESOURCES[f"{queue_name}Policy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (send["Principal"], send["Resource"]) == ({"Service": "events.amazonaws.com"}, queue)
    assert send["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [rule, "Arn"]}}}


def the_examples_rotation_cannot_surprise():
    (rotation,) = of_type("AWS::SecretsManager::RotationSchedule").values()
    assert rotation["DependsOn"] == "RotateClientKeyPermission"
    assert rotation["Properties"]["RotateImmediatelyOnUpdate"] is False
    assert rotation["Properties"]["RotationRules"]["ScheduleExpression"].startswith("cron(0 ")
    (secret,) = of_type("AWS::SecretsManager::Secret").values()
    assert (secret["DeletionPolicy"], secret["UpdateReplacePolicy"]) == ("Retain", "Retain")
    # CloudFormation writes the value again when it changes: every parameter in it must also be in the name, so that another value
    # is another secret.
    value, name = (secret["Properties"][member]["Fn::Sub"] for member in ("SecretString", "Name"))
    parameters = set(re.findall(r"\$\{(\w+)\}", value))
    assert parameters <= set(re.findall(r"\$\{(\w+)\}", name)), (value, name)
    document = json.loads(re.sub(r"\$\{\w+\}", "x", value))
    assert document == {"dsn": None, "organization": "x", "project": "x"}, document
    # Without it, retirement may not read the secret.
    assert {"Key": "sentry:kind", "Value": "client-key"} in secret["Properties"]["Tags"]


def the_topic_hears_the_rules_and_the_alarms():
    rules, alarms = of_type("AWS::Events::Rule"), of_type("AWS::CloudWatch::Alarm")
    topic = {"Ref": "LifecycleTopic"}
    rules = {name: rule for name, rule in rules.items() if name not in ("SecretLabelUpdatedRule", "AuditPausedRule")}
    for name, rule in rules.items():
        assert [target["Arn"] for target in rule["Properties"]["Targets"]] == [topic], name
    for name, alarm in alarms.items():
        assert alarm["Properties"]["AlarmActions"] == alarm["Properties"]["OKActions"] == [topic], name
        silence = "breaching" if name in LOUD_WHEN_SILENT else "notBreaching"
        assert alarm["Properties"]["TreatMissingData"] == silence, name
    by_id = {it["Sid"]: it for it in RESOURCES["LifecycleTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]}
    sources = by_id["Rules"]["Condition"]["ArnEquals"]["aws:SourceArn"]
    same((arn["Fn::GetAtt"][0] for arn in sources), rules, "rules that the topic lets in")


def rules_and_alarms_match_what_the_code_sends():
    kit = "".join(text for _, text in shipped("shared/function-kit"))
    (event_source,) = re.findall(r'const SOURCE: &str = "([^"]+)"', kit)
    # Every type of event, those of later functions too, but for findings, which are many, and what is for a rule alone.
    findings = ["Finding Opened", "Finding Changed"]
    silent = [*findings, "Finding Closed", "Audit Paused"]
    assert RESOURCES["LifecycleRule"]["Properties"]["EventPattern"] == {
        "source": [event_source],
        "detail-type": [{"anything-but": silent}],
    }
    assert RESOURCES["FindingsRule"]["Properties"]["EventPattern"] == {
        "source": [event_source],
        "detail-type": findings,
        "detail": {"severity": ["critical", "high"]},
    }
    sent = set(re.findall(r'=> "([A-Z][A-Za-z ]+)",', (ROOT / "shared/function-kit/src/event.rs").read_text()))
    assert set(silent) <= sent, set(silent) - sent
    (namespace,) = re.findall(r'const NAMESPACE: &str = "([^"]+)"', kit)
    source = {name: "".join(text for _, text in shipped(f"functions/{name}")) for name in functions()}
    own = set()
    for logical_id, it in of_type("AWS::CloudWatch::Alarm").items():
        alarm = it["Properties"]
        (dimension,) = alarm["Dimensions"]
        if alarm["Namespace"] != namespace:
            continue
        assert dimension["Name"] == "Function"
        name = dimension["Value"]
        assert logical_id.startswith(pascal(name)), logical_id
        assert f'"{name}"' in source[name], dimension
        # Either in the list of a call or the first argument of one.
        assert re.search(rf'(add|\()\(?\s*"{alarm["MetricName"]}"', source[name]), (name, alarm["MetricName"])
        own.add((name, alarm["MetricName"]))
    assert own == {
        ("rotate-client-key", "EventsFailed"),
        ("retire-keys", "ActionsFailed"),
        ("retire-keys", "EventsFailed"),
        ("retire-keys", "KeysFrozen"),
        ("retire-keys", "KeysStillInUse"),
        ("retire-keys", "OrphanKeys"),
        ("retire-keys", "ProofOverdue"),
        ("retire-keys", "StepDuration"),
        ("audit-keys", "AuditAgeDays"),
        ("audit-keys", "EventsFailed"),
        ("audit-keys", "FindingsCritical"),
        ("revoke-key", "EventsFailed"),
        ("revoke-key", "EvidenceMissing"),
    }, own


def every_function_has_an_alarm_for_errors_and_for_throttles():
    alarms = {name: it["Properties"] for name, it in of_type("AWS::CloudWatch::Alarm").items()}
    for name in functions():
        for metric in ("Errors", "Throttles"):
            alarm = alarms[f"{pascal(name)}{metric}Alarm"]
            assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", metric)
            assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": f"{pascal(name)}Function"}}]


def alarms_last_as_long_as_cloudwatch_allows():
    for name, it in of_type("AWS::CloudWatch::Alarm").items():
        alarm = it["Properties"]
        seconds = alarm["Period"] * alarm["EvaluationPeriods"]
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
        assert seconds <= (604_800 if alarm["Period"] >= 3600 else 86_400), name
    orphans = RESOURCES["RetireKeysOrphansAlarm"]["Properties"]
    grace = re.search(r'^\[orphan\]\n#?grace = "(\d+)d"', POLICY.replace("#[", "["), re.M)
    assert orphans["Period"] * orphans["EvaluationPeriods"] > int(grace.group(1)) * 86_400


def parameters_are_described_and_none_is_a_secret():
    for name, parameter in TEMPLATE["Parameters"].items():
        assert parameter["Description"].endswith("."), name
        assert "NoEcho" not in parameter, f"{name}: a secret value is never a parameter"
        assert {"AllowedPattern", "AllowedValues", "MaxValue"} & set(parameter), name
        if name.endswith("AuthSecretArn"):
            pattern = parameter["AllowedPattern"]
            assert re.fullmatch(pattern, "arn:aws:secretsmanager:eu-central-1:123456789012:secret:sentry/x-AbCdEf"), name
            assert not re.fullmatch(pattern, "sntrys_" + "0" * 60), name
            # Deletion alone is a choice; a function without its token would be found out too late.
            assert ("Default" in parameter) == bool(re.fullmatch(pattern, "")) == (name == "DeletionAuthSecretArn"), name


def the_policy_is_where_the_function_looks_for_it():
    for function in of_type("AWS::Serverless::Function").values():
        path = function["Properties"]["Environment"]["Variables"]["KEY_POLICY_PATH"]
        assert (ROOT / RESOURCES["KeyPolicyLayer"]["Properties"]["ContentUri"] / pathlib.Path(path).name).exists()
        assert path.startswith("/opt/")


def the_first_deployment_only_observes():
    assert re.findall(r"^mode = .*", POLICY, re.M) == ['mode = "observe"']


def the_deploy_guide_names_everything_that_the_template_has():
    outputs = [name for name in TEMPLATE["Outputs"]]
    for name in [*TEMPLATE["Parameters"], *outputs, *of_type("AWS::CloudWatch::Alarm"), "RotationFailedRule"]:
        assert f"`{name}`" in DEPLOY, f"docs/deploy.md lacks {name}"
    for name, it in RESOURCES.items():
        if it.get("DeletionPolicy") == "Retain" or it["Properties"].get("RetentionPolicy") == "Retain":
            assert f"`{name}`" in DEPLOY.split("## Remove")[1], f"docs/deploy.md: Remove lacks {name}, which stays"
    for name in ("scripts/verify-ledger.sh", "sentry:kind", "sentry:hold", 'mode = "observe"', 'mode = "act"'):
        assert name in DEPLOY, f"docs/deploy.md lacks {name}"
    assert (ROOT / "scripts/verify-ledger.sh").exists()


def the_commands_of_the_deploy_guide_name_what_the_stack_makes():
    stack = re.search(r'^stack_name = "([^"]+)"', (ROOT / "samconfig.toml.example").read_text(), re.M).group(1)
    made = {f"{stack}-{name}" for name in functions()} | {f"{stack}-retire-keys-failed", f"{stack}-audit-keys-failed"}
    named = set(re.findall(rf"{stack}-[a-z-]*[a-z]", DEPLOY))
    same(named, made, "names in docs/deploy.md and what the template makes")
    # An order that revoke-key would refuse is worse than none.
    event = (ROOT / "functions/revoke-key/src/event.rs").read_text()
    members = set(re.findall(r'"(\w+)"', re.search(r"MEMBERS: \[&str; \d+\] = \[(.*?)\]", event, re.S).group(1)))
    orders = [json.loads(order) for order in re.findall(r"--payload '(\{[^']+\})'", DEPLOY)]
    assert any("key_id" in order for order in orders), orders
    for order in orders:
        assert set(order) <= members, order
    outputs = set(re.findall(r"OutputKey=='(\w+)'", DEPLOY))
    assert outputs <= set(TEMPLATE["Outputs"]), outputs


def the_first_rotation_is_at_most_15_commands_away():
    section = DEPLOY.split("## Deploy")[1].split("\n## ")[0]
    blocks = "".join(re.findall(r"```sh\n(.*?)```", section, re.S))
    commands = [line for line in blocks.replace("\\\n", " ").splitlines() if line.strip() and not line.startswith("#")]
    assert 5 <= len(commands) <= 15, f"{len(commands)} commands:\n" + "\n".join(commands)


def the_worked_examples_follow_the_same_rules():
    for path in sorted((ROOT / "docs/examples").glob("*.yaml")):
        assert f"examples/{path.name}" in DEPLOY, f"docs/deploy.md does not lead to {path.name}"
        for name, it in cfn_yaml.load(str(path))["Resources"].items():
            properties = it["Properties"] if "Properties" in it else {}
            if it["Type"] == "AWS::SecretsManager::RotationSchedule":
                assert properties["RotateImmediatelyOnUpdate"] is False, (path.name, name)
                assert properties["RotationRules"]["ScheduleExpression"].startswith("cron(0 "), (path.name, name)
            if it["Type"] == "AWS::SecretsManager::Secret":
                assert (it["DeletionPolicy"], it["UpdateReplacePolicy"]) == ("Retain", "Retain"), (path.name, name)
                assert {"Key": "sentry:kind", "Value": "client-key"} in properties["Tags"], (path.name, name)
            if "InlineCode" in properties:
                ast.parse(properties["InlineCode"])


def the_example_configuration_fits_the_template():
    text = (ROOT / "samconfig.toml.example").read_text()
    named = set(re.findall(r'^\s*#?\s*"(\w+)=', text, re.M))
    same(named, TEMPLATE["Parameters"], "parameters in samconfig.toml.example")


CHECKS = [
    every_function_is_built_and_named_as_its_folder,
    the_timeout_is_the_one_that_the_tests_use,
    the_variables_that_are_read_are_the_variables_that_are_set,
    the_actions_that_are_called_are_the_actions_that_are_granted,
    a_role_is_granted_exactly_what_is_listed_here,
    a_role_reaches_no_secret_but_its_own,
    a_role_reaches_only_its_part_of_the_evidence,
    nothing_is_granted_but_by_what_is_looked_at,
    others_may_deliver_and_nothing_else,
    the_evidence_bucket_keeps_what_it_has,
    the_evidence_buckets_policy_only_denies,
    only_secrets_manager_and_the_rules_may_invoke,
    retirement_looks_every_hour_and_after_every_promotion,
    the_audit_begins_every_day_and_goes_on_where_it_stopped,
    the_examples_rotation_cannot_surprise,
    the_topic_hears_the_rules_and_the_alarms,
    rules_and_alarms_match_what_the_code_sends,
    every_function_has_an_alarm_for_errors_and_for_throttles,
    alarms_last_as_long_as_cloudwatch_allows,
    parameters_are_described_and_none_is_a_secret,
    the_policy_is_where_the_function_looks_for_it,
    the_first_deployment_only_observes,
    the_deploy_guide_names_everything_that_the_template_has,
    the_commands_of_the_deploy_guide_name_what_the_stack_makes,
    the_first_rotation_is_at_most_15_commands_away,
    the_worked_examples_follow_the_same_rules,
    the_example_configuration_fits_the_template,
]


def main(words):
    checks = [check for check in CHECKS if all(word in check.__name__ for word in words)]
    failed = 0
    for check in checks:
        try:
            check()
            print(f"ok {check.__name__}")
        except Exception as error:
            failed += 1
            print(f"FAILED {check.__name__}\n  {type(error).__name__}: {error}")
    print(f"test result: {'FAILED' if failed else 'ok'}. {len(checks) - failed} passed")
    return failed


sys.exit(main(sys.argv[1:]))
