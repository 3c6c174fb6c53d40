"""A rotation function of the shape that AWS documents for Python: boto3, four steps, set and test doing nothing.

Written for the benchmark: it makes a value of its own instead of a Sentry key, so it does less than the function that it is measured
beside.
"""

import json
import os
import uuid

import boto3


def handler(event, context):
    client = boto3.client("secretsmanager", endpoint_url=os.environ["AWS_ENDPOINT_URL_SECRETS_MANAGER"])
    arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    metadata = client.describe_secret(SecretId=arn)
    if not metadata.get("RotationEnabled"):
        raise ValueError("rotation is not enabled")
    versions = metadata["VersionIdsToStages"]
    if token not in versions:
        raise ValueError("the token is no version")
    if "AWSCURRENT" in versions[token]:
        return {}
    if "AWSPENDING" not in versions[token]:
        raise ValueError("the version is not pending")
    {"createSecret": create, "setSecret": nothing, "testSecret": nothing, "finishSecret": finish}[step](
        client, arn, token, versions
    )
    return {}


def create(client, arn, token, versions):
    current = client.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")
    try:
        client.get_secret_value(SecretId=arn, VersionId=token, VersionStage="AWSPENDING")
    except client.exceptions.ResourceNotFoundException:
        document = json.loads(current["SecretString"])
        document["dsn"] = "https://%s@localhost/1" % uuid.uuid4().hex
        client.put_secret_value(
            SecretId=arn, ClientRequestToken=token, SecretString=json.dumps(document), VersionStages=["AWSPENDING"]
        )


def nothing(client, arn, token, versions):
    pass


def finish(client, arn, token, versions):
    current = next(version for version, stages in versions.items() if "AWSCURRENT" in stages)
    client.update_secret_version_stage(
        SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current
    )
