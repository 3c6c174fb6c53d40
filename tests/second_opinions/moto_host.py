"""moto's Secrets Manager with one rotation under way, for the test `moto.rs`.

Speaks one JSON document a line: it reads {"management", "document"} and writes {"url", "arn", "token"}; then, for each further line
that it reads, it writes the versions. It ends with its standard input.
"""

import json
import sys
import time
import uuid

from moto.secretsmanager.models import secretsmanager_backends

from moto_server import client, say, start


def main():
    asked = json.loads(sys.stdin.readline())
    server, url = start()
    manager = client(url, "secretsmanager")
    manager.create_secret(Name="sentry/management", SecretString=asked["management"])
    arn = manager.create_secret(Name="acme/storefront", SecretString=asked["document"])["ARN"]

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
