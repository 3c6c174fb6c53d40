"""moto's IAM, for the test `roles.rs`.

Speaks one JSON document a line. The first that it reads is {"documents": {role: policy document}, "bucket"}, to which it answers
{"url"} once a user of each role's policies is there and moto asks IAM before it does anything. Then {"role", "action", "resource"}
is answered by {"allowed"} from moto's reading of the policy, and {"role", "call", "key"} by {"allowed"} from a call to moto's server.
It ends with its standard input.
"""

import json
import sys

from botocore.exceptions import ClientError
from moto import settings
from moto.iam.access_control import IAMPolicy, PermissionResult

from moto_server import client, say, start


def is_allowed(call):
    try:
        call()
    except ClientError as error:
        # Not by its code: moto refuses in XML whatever the service speaks.
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 403:
            return False
        # An object that is not there: the role may ask for it.
        assert error.response["Error"]["Code"] == "NoSuchKey", error
    return True


def main():
    asked = json.loads(sys.stdin.readline())
    server, url = start()
    bucket = asked["bucket"]
    client(url, "s3").create_bucket(Bucket=bucket)
    iam, clients = client(url, "iam"), {}
    for role, document in asked["documents"].items():
        iam.create_user(UserName=role)
        iam.put_user_policy(UserName=role, PolicyName=role, PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName=role)["AccessKey"]
        key = (key["AccessKeyId"], key["SecretAccessKey"])
        clients[role] = (client(url, "s3", *key), client(url, "secretsmanager", *key))
    # From now on moto asks IAM.
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    say({"url": url})

    for line in sys.stdin:
        question = json.loads(line)
        role = question["role"]
        if "action" in question:
            policy = IAMPolicy(json.dumps(asked["documents"][role]))
            result = policy.is_action_permitted(question["action"], question["resource"])
            say({"allowed": result == PermissionResult.PERMITTED})
            continue
        s3, secrets = clients[role]
        calls = {
            "s3:GetObject": lambda: s3.get_object(Bucket=bucket, Key=question["key"]),
            "s3:PutObject": lambda: s3.put_object(Bucket=bucket, Key=question["key"], Body=b"{}"),
            "s3:DeleteObject": lambda: s3.delete_object(Bucket=bucket, Key=question["key"]),
            "s3:ListBucket": lambda: s3.list_objects_v2(Bucket=bucket),
            "secretsmanager:ListSecrets": lambda: secrets.list_secrets(),
        }
        say({"allowed": is_allowed(calls[question["call"]])})
    server.stop()


main()
