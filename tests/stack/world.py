"""What the tests of the stack play in: AWS on loopback, Sentry's stand-in, and a deployment of template.yaml."""

import hashlib
import io
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import time
import zipfile

import boto3
import botocore.exceptions
from botocore.config import Config

# Nothing of a real account is used, and nothing on loopback goes through a proxy.
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ["NO_PROXY"] = "127.0.0.1"

ROOT = pathlib.Path(__file__).resolve().parents[2]
REGION = "us-east-1"
STACK = "sentry"
BUCKET = "artifacts"
FUNCTIONS = ["audit-keys", "retire-keys", "revoke-key", "rotate-client-key"]
AUDIT, RETIRE, REVOKE, FUNCTION = (f"{STACK}-{name}" for name in FUNCTIONS)
# How long anything may take before the test fails; nothing here should need more than a second or two.
PATIENCE = 40


class Process:
    """A program that reads and writes one line at a time."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.started = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        assert line, f"{self.process.args} ended with {self.process.wait()}"
        return json.loads(line)

    def ask(self, question):
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        return self.answer()

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()


class World:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="sentry-stack-")
        self.sentry = Process(str(ROOT / "target/debug/sentry_stand_in"))
        self.aws = Process(sys.executable, str(ROOT / "tests/stack/ministack_host.py"), self.folder.name)
        self.token = self.sentry.started["token"]
        self.secrets = self.client("secretsmanager")
        self.cloudformation = self.client("cloudformation")
        self.queue = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.aws.stop()
        self.sentry.stop()
        self.folder.cleanup()

    def client(self, service, credentials=None):
        credentials = credentials or {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.aws.started["url"],
            aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=credentials.get("AWS_SESSION_TOKEN"),
            config=Config(retries={"total_max_attempts": 1}),
        )

    # ---- the deployment

    def upload(self):
        """What `sam package` does: the artifacts to S3, and their places into the template. Nothing else of it is touched."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        for name in FUNCTIONS:
            artifact = ROOT / f"target/lambda/{architecture()}/{name}/bootstrap.zip"
            assert artifact.exists(), f"{artifact} is missing: run scripts/build.sh --arch {architecture()}"
            s3.put_object(Bucket=BUCKET, Key=f"{name}.zip", Body=artifact.read_bytes())
        text = (ROOT / "template.yaml").read_text()
        # The build section of a function names its program, and comes before its code.
        code = re.compile(r"(\n        Binary: ([a-z-]+)\n(?:(?!  \w).*\n)*?      CodeUri: )\.\n")
        text, count = code.subn(rf"\1s3://{BUCKET}/\2.zip\n", text)
        assert count == len(FUNCTIONS), count
        return self.with_policy(text, (ROOT / "policy/key-policy.toml").read_bytes())

    def with_policy(self, template, policy):
        """The template with a layer that holds this key policy."""
        layer = io.BytesIO()
        with zipfile.ZipFile(layer, "w") as archive:
            archive.writestr("key-policy.toml", policy)
        key = f"policy-{hashlib.sha256(policy).hexdigest()[:12]}.zip"
        self.client("s3").put_object(Bucket=BUCKET, Key=key, Body=layer.getvalue())
        template, count = re.subn(r"ContentUri: .*\n", f"ContentUri: s3://{BUCKET}/{key}\n", template)
        assert count == 1, count
        return template

    def deploy(self, template, kind, **parameters):
        """A change set, as `sam deploy` makes it; the stack's outputs. The template is larger than a request may be."""
        key = f"{hashlib.sha256(template.encode()).hexdigest()[:12]}.template"
        self.client("s3").put_object(Bucket=BUCKET, Key=key, Body=template.encode())
        change_set = self.cloudformation.create_change_set(
            StackName=STACK,
            ChangeSetName=f"deployment-{time.monotonic_ns()}",
            ChangeSetType=kind,
            TemplateURL=f"{self.aws.started['url']}/{BUCKET}/{key}",
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        )["Id"]
        self.until("the change set is made", lambda: self.change_set(change_set) == "CREATE_COMPLETE")
        self.cloudformation.execute_change_set(ChangeSetName=change_set)
        self.until("the stack is deployed", lambda: self.stack_status() == f"{kind}_COMPLETE")
        outputs = self.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
        return {output["OutputKey"]: output["OutputValue"] for output in outputs}

    def change_set(self, arn):
        change_set = self.cloudformation.describe_change_set(ChangeSetName=arn)
        assert change_set["Status"] != "FAILED", change_set.get("StatusReason")
        return change_set["Status"]

    def stack_status(self):
        status = self.cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
        if "FAILED" in status or "ROLLBACK" in status:
            events = self.cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
            failed = [it for it in events if "FAILED" in it["ResourceStatus"]]
            raise AssertionError(f"{status}: {[(it['LogicalResourceId'], it.get('ResourceStatusReason')) for it in failed]}")
        return status

    # ---- secrets

    def value(self, name, label="AWSCURRENT"):
        return json.loads(self.secrets.get_secret_value(SecretId=name, VersionStage=label)["SecretString"])

    def labels(self, name):
        versions = self.secrets.describe_secret(SecretId=name)["VersionIdsToStages"]
        return {label: version for version, labels in versions.items() for label in labels}

    def rotations(self, name):
        return [rotation for rotation in self.aws.ask("rotations") if rotation["secret"] == name]

    def ended(self, name, number):
        """The rotation of that number, from 1, when it is over."""
        self.until(f"rotation {number} of {name} ends", lambda: sum(it["done"] for it in self.rotations(name)) >= number)
        rotations = self.rotations(name)
        assert len(rotations) == number, rotations
        return rotations[-1]

    # ---- Sentry

    def keys(self):
        """The keys of the project, in order of creation."""
        return self.sentry.ask("state")["keys"]

    def key(self, key_id):
        (key,) = [key for key in self.keys() if key["id"] == key_id]
        return key

    # ---- functions and evidence

    def invoke(self, function, event):
        """The reply to an event."""
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
        reply = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, reply
        return reply

    def evidence(self, prefix=""):
        """The objects of the evidence bucket, by name."""
        s3, bucket = self.client("s3"), self.outputs["EvidenceBucketName"]
        names = [it["Key"] for it in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]
        return {name: s3.get_object(Bucket=bucket, Key=name)["Body"].read() for name in names}

    def records(self, name, key_id):
        """The records of a key of this secret, in order."""
        suffix = self.secrets.describe_secret(SecretId=name)["ARN"].rsplit("-", 1)[1]
        objects = self.evidence(f"ledger/{suffix}/{key_id}/")
        return [json.loads(objects[name]) for name in sorted(objects)]

    def kinds(self, name, key_id):
        return [record["kind"] for record in self.records(name, key_id)]

    # ---- what is told

    def subscribe(self, topic):
        sqs, sns = self.client("sqs"), self.client("sns")
        self.queue = sqs.create_queue(QueueName="told")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
            },
        }
        sqs.set_queue_attributes(QueueUrl=self.queue, Attributes={"Policy": json.dumps(policy)})
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})

    def told(self, what):
        """Reads the topic until it has told this; the event's detail."""
        sqs, heard = self.client("sqs"), []
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for message in sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=1).get("Messages", []):
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
                event = json.loads(message["Body"])
                heard.append(event["detail-type"])
                if what in (event["detail-type"], event["detail"].get("eventName")):
                    return event["detail"]
            time.sleep(0.05)
        raise AssertionError(f"the topic never told {what!r}; it told {heard}")

    def log(self, function=FUNCTION):
        """A function's log so far."""
        events = self.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
        return "\n".join(event["message"] for event in events)

    @staticmethod
    def until(what, question):
        deadline = time.monotonic() + PATIENCE
        while not question():
            assert time.monotonic() < deadline, f"it never happened that {what}"
            time.sleep(0.05)


def architecture():
    """The function runs on this machine, so it is built for it."""
    return {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64")


def refused(call, code):
    """Checks that a call is refused with this code."""
    try:
        call()
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return
    raise AssertionError(f"not refused with {code}")
