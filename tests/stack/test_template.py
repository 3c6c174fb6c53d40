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

PRIVATE_NETWORK = "for a Sentry in a private network, which needs more than a variable: docs/deploy.md says what to add"
# Read by the code, and not set by the template, each for a reason.
LEFT_TO_OTHERS = {
    "LOG_LEVEL": "LoggingConfig sets AWS_LAMBDA_LOG_LEVEL, which wins",
    "SSL_CERT_FILE": PRIVATE_NETWORK,
    "HTTPS_PROXY": PRIVATE_NETWORK,
    "NO_PROXY": PRIVATE_NETWORK,
}


def of_type(kind):
    return {name: it for name, it in RESOURCES.items() if it["Type"] == kind}


def shipped(*folders):
    """The Rust sources of what is deployed, without their unit tests."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("src/**/*.rs")):
            yield path, path.read_text().split("#[cfg(test)]")[0]


def pascal(name):
    return "".join(word.capitalize() for word in name.split("-"))


def statements(role):
    for policy in RESOURCES[role]["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            yield statement["Fn::If"][1] if "Fn::If" in statement else statement


def actions(statement):
    action = statement["Action"]
    return {action} if isinstance(action, str) else set(action)


def same(found, wanted, what):
    found, wanted = set(found), set(wanted)
    assert found == wanted, f"{what}: only here {sorted(found - wanted)}, only there {sorted(wanted - found)}"


def every_function_is_built_and_named_as_its_folder():
    folders = [path.parent.name for path in (ROOT / "functions").glob("*/Cargo.toml")]
    functions = of_type("AWS::Serverless::Function")
    same(functions, [pascal(name) + "Function" for name in folders], "functions and folders")
    for name in folders:
        function = functions[pascal(name) + "Function"]
        assert function["Metadata"] == {"BuildMethod": "rust-cargolambda", "BuildProperties": {"Binary": name}}, name
        properties = function["Properties"]
        assert properties["FunctionName"] == {"Fn::Sub": "${AWS::StackName}-" + name}
        assert (properties["Runtime"], properties["Handler"]) == ("provided.al2023", "bootstrap")
        assert properties["Architectures"] == [{"Ref": "Architecture"}]
        assert "ReservedConcurrentExecutions" not in properties
        assert properties["LoggingConfig"]["LogFormat"] == "JSON"


def the_timeout_is_the_one_that_the_tests_use():
    stage = (ROOT / "tests/src/stage.rs").read_text()
    seconds = int(re.search(r"TIMEOUT: Duration = Duration::from_secs\((\d+)\)", stage).group(1))
    assert RESOURCES["RotateClientKeyFunction"]["Properties"]["Timeout"] == seconds


def the_variables_that_are_read_are_the_variables_that_are_set():
    read = set()
    for _, text in shipped("functions/rotate-client-key", "shared/function-kit"):
        read |= set(re.findall(r'(?<!env!\()"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"', text))
    lambdas = {name for name in read if name.startswith("AWS_")}
    same(
        lambdas,
        {"AWS_REGION", "AWS_DEFAULT_REGION"} | {name for name in lambdas if name.startswith("AWS_LAMBDA_")},
        "variables of Lambda",
    )
    variables = RESOURCES["RotateClientKeyFunction"]["Properties"]["Environment"]["Variables"]
    same(read - lambdas - set(LEFT_TO_OTHERS), variables, "variables read and set")
    for name, why in LEFT_TO_OTHERS.items():
        assert name in read, f"{name} is not read any more"
        assert why != PRIVATE_NETWORK or f"`{name}`" in DEPLOY, f"docs/deploy.md lacks {name}"


def the_actions_that_are_called_are_the_actions_that_are_granted():
    # An SDK that is not listed here would call what nobody looks for.
    manifests = [*ROOT.glob("functions/*/Cargo.toml"), *ROOT.glob("shared/*/Cargo.toml")]
    manifests = "".join(path.read_text() for path in manifests if path.parent.name != "testkit")
    services = {"aws-sdk-secretsmanager": "secretsmanager", "aws-sdk-eventbridge": "events"}
    same(re.findall(r"^aws-sdk-[a-z]+", manifests, re.M), services, "SDK crates")
    session = botocore.session.get_session()
    called = set()
    source = "".join(text for path, text in shipped("functions", "shared") if "testkit" not in path.parts)
    for service in services.values():
        for operation in session.get_service_model(service).operation_names:
            if re.search(rf"\.{botocore.xform_name(operation)}\(\)", source):
                called.add(f"{service}:{operation}")
    granted = set().union(*map(actions, statements("RotateClientKeyRole")))
    beside_the_sdk = {"logs:CreateLogStream", "logs:PutLogEvents", "kms:Decrypt", "kms:GenerateDataKey"}
    same(granted - beside_the_sdk, called, "actions granted and called")
    assert beside_the_sdk <= granted, granted


def the_role_reaches_nothing_beyond_what_it_rotates():
    by_id = {statement["Sid"]: statement for statement in statements("RotateClientKeyRole")}
    name = RESOURCES["RotateClientKeyFunction"]["Properties"]["FunctionName"]["Fn::Sub"]
    function = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:" + name
    assert by_id["RotatedSecrets"]["Condition"] == {
        "StringEquals": {"secretsmanager:resource/AllowRotationLambdaArn": {"Fn::Sub": function}}
    }
    assert (actions(by_id["ManagementToken"]), by_id["ManagementToken"]["Resource"]) == (
        {"secretsmanager:GetSecretValue"},
        {"Ref": "RotationAuthSecretArn"},
    )
    assert by_id["OwnLogs"]["Resource"] == {"Fn::GetAtt": ["RotateClientKeyLogGroup", "Arn"]}
    assert "kms:ViaService" in by_id["KeyOfTheSecrets"]["Condition"]["StringEquals"]
    for statement in by_id.values():
        assert statement["Resource"] != "*" and not any("*" in action for action in actions(statement)), statement
    assert "ManagedPolicyArns" not in RESOURCES["RotateClientKeyRole"]["Properties"]


def only_secrets_manager_of_this_account_may_invoke():
    (permission,) = of_type("AWS::Lambda::Permission").values()
    properties = permission["Properties"]
    assert properties["Principal"] == "secretsmanager.amazonaws.com"
    assert properties["SourceAccount"] == {"Ref": "AWS::AccountId"}


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


def the_topic_hears_the_rules_and_the_alarms():
    rules, alarms = of_type("AWS::Events::Rule"), of_type("AWS::CloudWatch::Alarm")
    topic = {"Ref": "LifecycleTopic"}
    for name, rule in rules.items():
        assert [target["Arn"] for target in rule["Properties"]["Targets"]] == [topic], name
    for name, alarm in alarms.items():
        assert alarm["Properties"]["AlarmActions"] == [topic], name
        assert alarm["Properties"]["TreatMissingData"] == "notBreaching", name
    by_id = {it["Sid"]: it for it in RESOURCES["LifecycleTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]}
    sources = by_id["Rules"]["Condition"]["ArnEquals"]["aws:SourceArn"]
    same((arn["Fn::GetAtt"][0] for arn in sources), rules, "rules that the topic lets in")
    # A condition here would lose every event in silence: SNS supports none for EventBridge.
    (publishers,) = (
        it
        for it in RESOURCES["LifecycleTopicKey"]["Properties"]["KeyPolicy"]["Statement"]
        if it["Sid"] == "Publishers"
    )
    assert "Condition" not in publishers
    assert publishers["Principal"]["Service"] == ["events.amazonaws.com", "cloudwatch.amazonaws.com"]


def rules_and_alarms_match_what_the_code_sends():
    source = "".join(text for _, text in shipped("functions/rotate-client-key", "shared/function-kit"))
    (event_source,) = re.findall(r'const SOURCE: &str = "([^"]+)"', source)
    assert RESOURCES["LifecycleRule"]["Properties"]["EventPattern"]["source"] == [event_source]
    (namespace,) = re.findall(r'const NAMESPACE: &str = "([^"]+)"', source)
    alarms = [it["Properties"] for it in of_type("AWS::CloudWatch::Alarm").values()]
    own = [alarm for alarm in alarms if alarm["Namespace"] == namespace]
    assert own
    for alarm in own:
        assert f'"{alarm["MetricName"]}"' in source, alarm["MetricName"]
        (dimension,) = alarm["Dimensions"]
        assert dimension["Name"] == "Function" and f'"{dimension["Value"]}"' in source, dimension


def parameters_are_described_and_none_is_a_secret():
    for name, parameter in TEMPLATE["Parameters"].items():
        assert parameter["Description"].endswith("."), name
        assert "NoEcho" not in parameter, f"{name}: a secret value is never a parameter"
        assert "AllowedPattern" in parameter or "AllowedValues" in parameter, name


def the_policy_is_where_the_function_looks_for_it():
    path = RESOURCES["RotateClientKeyFunction"]["Properties"]["Environment"]["Variables"]["KEY_POLICY_PATH"]
    assert (ROOT / RESOURCES["KeyPolicyLayer"]["Properties"]["ContentUri"] / pathlib.Path(path).name).exists()
    assert path.startswith("/opt/")


def the_deploy_guide_names_everything_that_the_template_has():
    outputs = [name for name in TEMPLATE["Outputs"]]
    for name in [*TEMPLATE["Parameters"], *outputs, *of_type("AWS::CloudWatch::Alarm"), "RotationFailedRule"]:
        assert f"`{name}`" in DEPLOY, f"docs/deploy.md lacks {name}"
    for name, it in RESOURCES.items():
        if it.get("DeletionPolicy") == "Retain" or it["Properties"].get("RetentionPolicy") == "Retain":
            assert f"`{name}`" in DEPLOY.split("## Remove")[1], f"docs/deploy.md: Remove lacks {name}, which stays"


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
    the_role_reaches_nothing_beyond_what_it_rotates,
    only_secrets_manager_of_this_account_may_invoke,
    the_examples_rotation_cannot_surprise,
    the_topic_hears_the_rules_and_the_alarms,
    rules_and_alarms_match_what_the_code_sends,
    parameters_are_described_and_none_is_a_secret,
    the_policy_is_where_the_function_looks_for_it,
    the_deploy_guide_names_everything_that_the_template_has,
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
