"""Chooses free ports and the key pair of the ingestion front, and says them as lines for a shell to read."""

import socket
import uuid

from sentry_relay.auth import generate_key_pair

sockets = [socket.socket() for _ in range(3)]
for listener in sockets:
    listener.bind(("127.0.0.1", 0))
web, front, redis = (listener.getsockname()[1] for listener in sockets)
secret, public = generate_key_pair()
for name, value in {
    "WEB_PORT": web,
    "FRONT_URL": f"http://127.0.0.1:{front}",
    "REDIS_PORT": redis,
    "RELAY_ID": uuid.uuid4(),
    "RELAY_PUBLIC_KEY": public,
    "RELAY_SECRET_KEY": secret,
}.items():
    print(f"export CONFORMANCE_{name}={value}")
