"""moto's server, and how its hosts speak: one JSON document a line."""

import json
import logging

import boto3
from moto.server import ThreadedMotoServer


logging.getLogger("werkzeug").setLevel(logging.ERROR)


def say(message):
    print(json.dumps(message), flush=True)


def start():
    """Starts it on a free port; gives the server and its URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    return server, f"http://{host}:{port}"


def client(url, service, key="test", secret="test"):
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
    )
