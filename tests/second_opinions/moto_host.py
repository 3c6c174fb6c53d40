"""moto's Secrets Manager with one rotation under way, for the test `moto.rs`.

Speaks one JSON document a line: it reads {"management", "document"} and writes {"url", "arn", "token"}; then, for each further line
that it reads, it writes the versions. It ends with its standard input.
"""

import json
import logging
import sys
import time
import uuid

import boto3
from moto.secretsmanager.models import secretsmanager_backends
from moto.server import ThreadedMotoServer


logging.getLogger("werkzeug").setLevel(logging.ERROR)


def say(message):
    print(json.dumps(message), flush=True)


def main():
    asked = json.loads(sys.stdin.readline())
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client(
        "secretsmanager",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    client.create_secret(Name="sentry/management", SecretString=asked["management"])
    arn = client.create_secret(Name="acme/storefront", SecretString=asked["document"])["ARN"]

    # What RotateSecret does before the first step: moto's own would call a Lambda function in Docker.
    secret = secretsmanager_backends["123456789012"]["us-east-1"].secrets["acme/storefront"]
    token = str(uuid.uuid4())
    secret.rotation_requested = secret.rotation_enabled = True
    secret.versions[token] = {
        "createdate": int(time.time()),
        "version_id": token,
        "version_stages": ["AWSPENDING"],
    }
    say({"url": url, "arn": arn, "token": token})

    for _ in sys.stdin:
        say(
            {
                stage: version.get("secret_string")
                for version in secret.versions.values()
                for stage in version["version_stages"]
            }
        )
    server.stop()


main()
